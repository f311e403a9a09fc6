"""Incidents from reports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from panacea_policy.compiler import Entity
from panacea_policy.feeds.base import Base, host_names
from panacea_policy.feeds.declarations import (
    Declared,
    Matched,
    Question,
    Told,
    day,
    listed,
    remark,
    speakable,
)
from panacea_policy.feeds.records import IncidentReport
from panacea_policy.language.writing import slug

_AFFECTED = (
    "asset",
    "process",
    "data_class",
    "dataset",
    "supplier",
    "credential",
    "certificate_authority",
    "agreement",
)


def tell_incident(base: Base, reports: Sequence[IncidentReport]) -> Told:
    """One incident, by the newest of its reports."""
    report = max(reports, key=lambda each: (str(each.origin.said_at or each.at), each.origin.document))
    hit: dict[str, Entity] = {}
    strangers: list[str] = []
    places = [e for e in base.called(report.where or "", ("party",)) if speakable(e.short)]
    elsewhere = any(base.value(each, "partner") is True for each in places)
    # What a report names of another organisation is theirs, whatever it is called.
    for subject in () if elsewhere else report.subjects:
        found = _named(base, subject)
        hit.update((each.short, each) for each in found)
        if not found:
            strangers.append(subject)
    name = f"incident_{slug(report.id)}"
    while name in base.names:
        name += "_feed"
    attributes = [("occurred_on", day(report.at)), *_more(report, sorted(hit), places)]
    matched = tuple(Matched(report.id, ref, 1.0, "exact", ("its name",), True, "hit") for ref in sorted(hit))
    questions = tuple(
        Question(
            f"incident {slug(report.id)} {slug(each)}",
            f"What is `{each}`, which incident {report.id} names?",
            "declare it, or state its host name or address",
        )
        for each in strangers
    )
    title = report.title or report.kind
    return Told(
        (Declared(name, "incident", title, tuple(attributes)),), (report.origin,), (), questions, matched
    )


def _more(report: IncidentReport, hit: Sequence[str], places: Sequence[Entity]) -> Iterator[tuple[str, str]]:
    if report.ended is not None:
        yield "recovered_on", day(report.ended)
    if hit:
        yield "affected", listed(hit)
    techniques = sorted({each for each in report.techniques if re.fullmatch(r"T\d{4}(\.\d{3})?", each)})
    if techniques:
        yield "techniques", listed(remark(each) for each in techniques)
    if len(places) == 1:
        yield "organisation", places[0].short
    yield "note", remark(f"{report.kind}; {report.detail}" if report.detail else report.kind)


def _named(base: Base, subject: str) -> list[Entity]:
    """The declarations that a subject of a report is: by name or title, else by host name or address."""
    found = [each for each in base.called(subject, _AFFECTED) if speakable(each.short)]
    if found:
        return found
    keys = [
        f"address {subject}",
        *(f"name {each}" for each in host_names([subject])),
        f"id {subject.lower()}",
    ]
    for key in keys:
        names = base.hosts.get(key, ())
        entity = base.model.get(names[0]) if len(names) == 1 else None
        if entity is not None and speakable(entity.short):
            return [entity]
    return []
