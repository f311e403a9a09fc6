"""Identifiers, texts and dates as OSCAL wants them. Equal things have equal UUIDs: two runs compare."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from panacea_policy.compliance import Clause, own_organisations
from panacea_policy.formats.comply_run import ComplyRun, PackView, number
from panacea_policy.version import __version__

VERSION = "1.2.1"
#: The namespace of our properties.
NS = "urn:panacea-policy:oscal"
#: What XML 1.0 cannot hold: OSCAL is written as XML too.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ROOT = uuid5(NAMESPACE_URL, NS)

Json = dict[str, Any]

CATALOG = "catalog.json"
PROFILE = "profile.json"
COMPONENTS = "component-definition.json"
PLAN = "assessment-plan.json"
SSP = "ssp.json"
RESULTS = "assessment-results.json"
POAM = "poam.json"


def uuid(*words: str) -> str:
    """The UUID (version 5) of something by what it is and how it is called: never by place or time."""
    return str(uuid5(_ROOT, "\x1f".join(words)))


def control_id(clause: Clause) -> str:
    """The clause as the id of a control: a token that begins with a letter."""
    return token(clause.id)


def token(text: str) -> str:
    """A text as a token of XML schema."""
    found = re.sub(r"[^A-Za-z0-9_.-]", "_", text)
    return found if found[:1].isalpha() or found[:1] == "_" else f"_{found}"


def instant(day: date) -> str:
    """The beginning of a day in UTC."""
    return datetime.combine(day, time(), UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def prop(name: str, value: str, *, remarks: str = "") -> Json:
    """A property in our namespace; an empty value is not allowed."""
    found: Json = {"name": token(name), "ns": NS, "value": line(value) or "none"}
    return {**found, "remarks": remarks} if remarks else found


def line(text: str) -> str:
    """A text in one line without blanks around it, and without what no XML can hold."""
    return " ".join(_ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text).split())


def filled(name: str, values: list[Json]) -> Json:
    """A list under its name; OSCAL allows no empty one."""
    return {name: values} if values else {}


def metadata(run: ComplyRun, pack: PackView, title: str) -> Json:
    """The head of a document: who made it, for whom, as of when."""
    return {
        "title": f"{title}: {line(pack.title)}",
        "last-modified": instant(run.check.workspace.as_of),
        "version": __version__,
        "oscal-version": VERSION,
        "props": [
            prop("as-of", run.check.workspace.as_of.isoformat()),
            prop("law-of", run.law_of.isoformat()),
            prop("pack", f"{pack.name} {pack.says('version') or ''}"),
        ],
        "roles": [
            {"id": "assessor", "title": "Assessor"},
            {"id": "organisation", "title": "Organisation that is assessed"},
            {"id": "attester", "title": "Whoever attests or accepts"},
        ],
        "parties": parties(run),
        "responsible-parties": [
            {"role-id": "assessor", "party-uuids": [ASSESSOR]},
            {"role-id": "organisation", "party-uuids": [organisation_uuid(run)]},
        ],
    }


ASSESSOR = uuid("party", "assessor")


def parties(run: ComplyRun) -> list[Json]:
    """The assessor, the organisation, and whoever attested a clause or accepted a violation."""
    people = sorted(
        {clause.attestation.by for clause in run.clauses if clause.attestation is not None}
        | {approver(run, waiver) for clause in run.clauses for waiver in clause.waivers}
    )
    return [
        {"uuid": ASSESSOR, "type": "organization", "name": "Panacea Policy", "remarks": "A program."},
        {"uuid": organisation_uuid(run), "type": "organization", "name": organisation(run)},
        *(_party(run, name) for name in people),
    ]


#: Kinds of declarations that are no person and no role of one.
_BODIES = frozenset({"body", "organisation", "supplier", "authority", "department"})


def _party(run: ComplyRun, name: str) -> Json:
    """Whoever attests or accepts, by title and name: a person, a role of one, or a body."""
    entity = run.model.get(name)
    kind = "organization" if entity is not None and entity.kind.name in _BODIES else "person"
    title = line(entity.title or "") if entity is not None else ""
    return {"uuid": person_uuid(name), "type": kind, "name": title or name, "short-name": name}


def person_uuid(name: str) -> str:
    """The UUID of a person, role or body by name."""
    return uuid("party", "person", name)


def approver(run: ComplyRun, waiver: Any) -> str:
    """Who accepted a violation."""
    from panacea_policy.compliance import read_waiver

    return read_waiver(waiver, run.model).by


def organisation(run: ComplyRun) -> str:
    """The name of the organisation that is assessed."""
    ours = own_organisations(run.model)
    named = (line(ours[0].label) or ours[0].short) if ours else line(run.check.workspace.root.name)
    return named or "the organisation"


def organisation_uuid(run: ComplyRun) -> str:
    """Its UUID."""
    return uuid("party", "organisation", organisation(run))


def statement_of(clause: Clause) -> str:
    """The clause by number and our own name for it."""
    return f"{line(number(clause))}: {title_of(clause)}".removeprefix(": ")


def title_of(clause: Clause) -> str:
    """Our own name for a clause, or its id where that is blank."""
    return line(clause.title) or clause.id
