"""Security use case views: who uses it, by which way, how proved, protected and written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from panacea_policy.compiler import Entity
from panacea_policy.secure_design.results import Table, View, ViewLink
from panacea_policy.secure_design.surroundings import Surroundings, known, many, one
from panacea_policy.secure_design.views import pieces

#: Uses that are drawn; the table holds all.
_DRAWN = 24
COLUMNS = ("Use", "Who", "By", "Proved by", "Protected by", "Written down")


@dataclass(frozen=True)
class _Use:
    """One use: who does what, by which way, and how that is secured."""

    what: str
    who: Entity | None
    way: str
    proof: str
    protection: str
    logged: str
    incoming: bool
    weak: bool


def use_view(around: Surroundings) -> View:
    """Exchange of data, work of people, administration, emergency access, remote service, each as a use."""
    model, subject = around.model, around.subject
    uses = [*_exchanges(around), *_rights(around), *_emergencies(around), *_services(around)]
    nodes = {subject.name: pieces.box(model, subject, subject=subject)}
    links = []
    for use in uses:
        if use.who is None or use.who is subject:
            continue
        if use.who.name not in nodes:
            if len(nodes) > _DRAWN:
                continue
            nodes[use.who.name] = pieces.box(model, use.who, subtitle=use.who.kind.name.replace("_", " "))
        ends = (use.who.name, subject.name) if use.incoming else (subject.name, use.who.name)
        links.append(ViewLink(source=ends[0], target=ends[1], label=use.way, broken=use.weak))
    rows = tuple((u.what, pieces.title(u.who), u.way, u.proof, u.protection, u.logged) for u in uses)
    return View(
        id="use",
        title="Security use case views",
        about="Each use of the system: who, by which way, how they prove themselves, how it is protected, "
        "and whether it is written down. A broken arrow is legible on its way or asks for no proof.",
        nodes=tuple(nodes.values()),
        links=tuple(links),
        tables=(Table(caption="Uses", columns=COLUMNS, rows=rows),),
        gaps=tuple(_gaps(uses)),
    )


def _exchanges(around: Surroundings) -> Iterator[_Use]:
    model, subject = around.model, around.subject
    own = f"{subject.name}."
    for flow in around.flows:
        source, target = one(model, flow, "source"), one(model, flow, "target")
        incoming = target is not None and (target is subject or target.name.startswith(own))
        endpoint = one(model, flow, "endpoint")
        proof = [
            word
            for attribute, word in (("source_authenticated", "sender"), ("target_authenticated", "receiver"))
            if known(model, flow, attribute) is True
        ]
        said = (
            " and ".join(proof) + " proved"
            if proof
            else (pieces.text(model, endpoint, "authentication") if endpoint is not None else pieces.UNSAID)
        )
        yield _Use(
            what=f"{'Receive' if incoming else 'Send'} {pieces.carried(model, flow)}",
            who=source if incoming else target,
            way=pieces.text(model, flow, "protocol"),
            proof=said,
            protection=pieces.protection(model, flow),
            logged=_logged(around, "network"),
            incoming=incoming,
            weak=pieces.unprotected(model, flow),
        )


def _rights(around: Surroundings) -> Iterator[_Use]:
    model = around.model
    authenticator = one(model, around.subject, "authentication")
    weak = authenticator is not None and known(model, authenticator, "factors") == 0
    for grant in around.of("grant"):
        actions = ", ".join(pieces.title(each) for each in many(model, grant, "actions"))
        yield _Use(
            what=actions or pieces.title(grant),
            who=one(model, grant, "role"),
            way="works with it",
            proof=pieces.title(authenticator),
            protection=f"approved by {pieces.text(model, grant, 'approved_by')}",
            logged=_logged(around, "change"),
            incoming=True,
            weak=weak,
        )


def _emergencies(around: Surroundings) -> Iterator[_Use]:
    model = around.model
    for access in around.of("break_glass"):
        for role in many(model, access, "roles") or (None,):
            yield _Use(
                what=f"Emergency access: {pieces.title(access)}",
                who=role,
                way="emergency access",
                proof=f"reason asked: {pieces.yes(model, access, 'reason_required')}",
                protection=f"reviewed by {pieces.text(model, access, 'reviewer')}",
                logged=pieces.yes(model, access, "logged"),
                incoming=True,
                weak=known(model, access, "logged") is False,
            )


def _services(around: Surroundings) -> Iterator[_Use]:
    model = around.model
    for access in around.of("remote_access"):
        host = one(model, access, "jump_host")
        yield _Use(
            what=f"Remote service: {pieces.title(access)}",
            who=one(model, access, "supplier"),
            way=f"through {pieces.title(host)}" if host is not None else "straight in",
            proof=pieces.text(model, access, "authentication"),
            protection=f"per request: {pieces.yes(model, access, 'per_request')}",
            logged=f"recorded: {pieces.yes(model, access, 'recorded')}",
            incoming=True,
            weak=known(model, access, "always_on") is True,
        )


def _logged(around: Surroundings, event: str) -> str:
    """Whether the system writes such events down."""
    model, subject = around.model, around.subject
    logging = one(model, subject, "logging")
    events = known(model, logging, "events") if logging is not None else None
    if isinstance(events, tuple):
        return "yes" if event in events else "no"
    return (
        pieces.yes(model, subject, "writes_audit_log")
        if "writes_audit_log" in subject.kind.attributes
        else pieces.UNSAID
    )


def _gaps(uses: list[_Use]) -> Iterator[str]:
    if not uses:
        yield "No flow, right, emergency access or remote access of it is declared."
    missing = sum(pieces.UNSAID in (use.proof, use.protection) for use in uses)
    if missing:
        yield (
            f"{missing} of {len(uses)} uses do not state how callers prove themselves or how the way is "
            "protected."
        )
