"""The global system view: the system, all it talks with, their zones, and what crosses a border."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from panacea_policy.compiler import Entity
from panacea_policy.secure_design.results import Table, View, ViewLink, ViewNode
from panacea_policy.secure_design.surroundings import Surroundings, many, one
from panacea_policy.secure_design.views import pieces


def system_view(around: Surroundings) -> View:
    """Boxes are zones with what stands in them; arrows are flows and ways in of suppliers."""
    model, subject = around.model, around.subject
    partners = list(_partners(around))
    boxes: dict[str, list[Entity]] = {}
    zones: dict[str, Entity | None] = {}
    for each in [subject, *partners]:
        zone = one(model, each, "zone")
        key = zone.name if zone is not None else f"outside {each.name}"
        zones.setdefault(key, zone)
        boxes.setdefault(key, []).append(each)
    nodes = [_zone(around, key, zones[key], members) for key, members in boxes.items()]
    home = {each.name: key for key, members in boxes.items() for each in members}
    links = list(_links(around, home))
    return View(
        id="global",
        title="Global system view",
        about="The system with everything that it exchanges data with, zone by zone. Arrows cross the "
        "borders at which trust changes; a broken arrow is legible on its way.",
        nodes=tuple(nodes),
        links=tuple(links),
        tables=(_interfaces(around), _flows(around), _borders(around)),
        gaps=tuple(_gaps(around)),
    )


def _partners(around: Surroundings) -> Iterator[Entity]:
    """What flows join it with, and who comes in from outside; each once."""
    model, subject = around.model, around.subject
    seen = {subject.name}
    for flow in around.flows:
        for attribute in ("source", "target"):
            other = one(model, flow, attribute)
            if other is not None and other.name not in seen and not other.name.startswith(f"{subject.name}."):
                seen.add(other.name)
                yield other
    for access in around.of("remote_access"):
        for attribute in ("supplier", "jump_host"):
            other = one(model, access, attribute)
            if other is not None and other.name not in seen:
                seen.add(other.name)
                yield other


def _zone(around: Surroundings, key: str, zone: Entity | None, members: list[Entity]) -> ViewNode:
    mine = around.subject in members
    if zone is None:
        return pieces.box(around.model, members[0], subject=around.subject).model_copy(
            update={"id": key, "subtitle": members[0].kind.name.replace("_", " ")}
        )
    trust = pieces.text(around.model, zone, "trust")
    kind = pieces.text(around.model, zone, "type").replace("_", " ")
    role = "self" if mine else "outside" if kind in ("internet", "partner", "vendor", "guest") else "zone"
    return ViewNode(
        id=key,
        title=pieces.title(zone),
        subtitle=f"{kind}, trust {trust}",
        rows=tuple(("▶ " if each is around.subject else "") + pieces.title(each) for each in members),
        role=role,  # type: ignore[arg-type]
    )


def _links(around: Surroundings, home: dict[str, str]) -> Iterator[ViewLink]:
    model, subject = around.model, around.subject
    drawn: dict[tuple[str, str, bool], dict[str, None]] = {}
    for flow in around.flows:
        ends = [home.get(e.name) if (e := one(model, flow, a)) else None for a in ("source", "target")]
        if ends[0] and ends[1] and ends[0] != ends[1]:
            protocol = one(model, flow, "protocol")
            label = protocol.short if protocol is not None else "by hand"
            drawn.setdefault((ends[0], ends[1], pieces.unprotected(model, flow)), {})[label] = None
    for access in around.of("remote_access"):
        supplier, host = one(model, access, "supplier"), one(model, access, "jump_host")
        chain = [e.name for e in (supplier, host, subject) if e is not None]
        for start, end in pairwise(chain):
            if home.get(start) and home.get(end) and home[start] != home[end]:
                drawn.setdefault((home[start], home[end], False), {})["remote service"] = None
    for (source, target, broken), labels in drawn.items():
        yield ViewLink(source=source, target=target, label=", ".join(labels), broken=broken)


def _interfaces(around: Surroundings) -> Table:
    model = around.model
    rows = [
        (
            pieces.title(each),
            pieces.text(model, each, "protocol"),
            pieces.protection(model, each),
            pieces.text(model, each, "authentication"),
            pieces.yes(model, each, "administration"),
            pieces.text(model, each, "need"),
        )
        for each in many(model, around.subject, "endpoints")
    ]
    columns = ("End point", "Protocol", "Protection", "Callers prove themselves by", "Administration", "Need")
    return Table(caption="Interfaces", columns=columns, rows=tuple(rows))


def _flows(around: Surroundings) -> Table:
    model = around.model
    rows = []
    for flow in around.flows:
        source, target = one(model, flow, "source"), one(model, flow, "target")
        crosses = (
            source is not None
            and target is not None
            and (one(model, source, "zone") is not one(model, target, "zone"))
        )
        rows.append(
            (
                f"{pieces.title(source)} → {pieces.title(target)}",
                pieces.text(model, flow, "protocol"),
                pieces.carried(model, flow),
                pieces.protection(model, flow),
                "yes" if crosses else "no",
                pieces.text(model, flow, "need"),
            )
        )
    columns = ("Flow", "Protocol", "Carries", "Protection", "Crosses a border", "Need")
    return Table(caption="Data flows", columns=columns, rows=tuple(rows))


def _borders(around: Surroundings) -> Table:
    model = around.model
    rows = [
        (
            f"{pieces.title(one(model, c, 'source'))} "
            f"{'↔' if pieces.yes(model, c, 'both_ways') == 'yes' else '→'} "
            f"{pieces.title(one(model, c, 'target'))}",
            "any traffic" if pieces.yes(model, c, "any_traffic") == "yes" else pieces.text(model, c, "allow"),
            pieces.text(model, c, "inspected_by"),
            pieces.yes(model, c, "default_deny"),
            pieces.yes(model, c, "monitored"),
        )
        for c in around.conduits
    ]
    columns = ("Conduit", "Lets through", "Inspected by", "Refuses the rest", "Watched")
    return Table(caption="Borders of its zone", columns=columns, rows=tuple(rows))


def _gaps(around: Surroundings) -> Iterator[str]:
    if not around.zones:
        yield "No zone is stated for it, so no border can be shown."
    if not around.flows:
        yield "No flow to or from it is declared."
    if not many(around.model, around.subject, "endpoints"):
        yield "No end point is declared: on what it listens is not known."
