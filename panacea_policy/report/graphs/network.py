"""The pictures of the network: zones with conduits, and data flows between systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from panacea_policy.report.graphs.picture import Link, Node, Picture, Row, Tone, merged
from panacea_policy.report.reading import (
    Group,
    grouped,
    kind,
    many,
    number,
    one,
    text,
    title,
    with_siblings,
    words,
)

if TYPE_CHECKING:
    from panacea_policy.compiler import Entity, Model

#: The tone of a zone by its type, with the words of the legend.
_ZONE_TONES: Mapping[str, Tone] = {
    "internet": "danger",
    "guest": "warning",
    "dmz": "warning",
    "partner": "warning",
    "vendor": "warning",
    "staff_byod": "warning",
    "clinical": "care",
    "laboratory": "care",
    "imaging": "device",
    "medical_device": "device",
    "management": "admin",
    "server": "admin",
    "backup": "good",
}
_LEGEND: tuple[tuple[Tone, str], ...] = (
    ("danger", "internet"),
    ("warning", "open to others"),
    ("care", "care and laboratory"),
    ("device", "medical devices"),
    ("admin", "servers, management"),
    ("good", "backup"),
    ("neutral", "other"),
)
_ROWS = 8
_UNPLACED = "(no zone)"


def zones(model: Model) -> Picture:
    """Zones as boxes with what stands in them, conduits as edges with what they let through."""
    inside = _by_zone(model)
    ordered = sorted(model.entities("zone"), key=lambda z: (_trust(model, z), z.name))
    nodes = [_zone(model, zone, grouped(inside.get(zone.name, ()))) for zone in ordered]
    links = []
    for conduit in model.entities("conduit"):
        source, target = one(model, conduit, "source"), one(model, conduit, "target")
        if source and target:
            label = ", ".join(title_of_protocol(p) for p in many(model, conduit, "allow"))
            if model.value(conduit, "any_traffic") is True:
                label = "any traffic"
            links.append(Link(source.name, target.name, label, model.value(conduit, "both_ways") is True))
    return Picture(
        "Zones and conduits",
        tuple(nodes),
        merged(links),
        ordered=True,
        legend=_legend(nodes),
        notes=_notes(nodes),
    )


def flows(model: Model) -> Picture:
    """Data flows between systems, laid out by zone; like devices are one line."""
    wanted: dict[str, Entity] = {}
    pairs: list[tuple[Entity, Entity, str]] = []
    for flow in model.entities("flow"):
        source, target = one(model, flow, "source"), one(model, flow, "target")
        if source is None or target is None:
            continue
        protocol = one(model, flow, "protocol")
        label = title_of_protocol(protocol) if protocol else ""
        if not label:
            label = ", ".join(title(d) for d in many(model, flow, "carries")[:2])
        wanted[source.name], wanted[target.name] = source, target
        pairs.append((source, target, label))
    groups = _groups_by_zone(model, with_siblings(model, wanted.values()))
    member = {m.name: g.id for _, gs in groups.values() for g in gs for m in g.members}
    nodes = []
    for zone, found in groups.values():
        rows = tuple(Row(g.id, g.text) for g in found)
        name = zone.name if zone else _UNPLACED
        tone = _tone(model, zone) if zone else "neutral"
        nodes.append(Node(f"zone {name}", title(zone) if zone else "Outside any zone", rows=rows, tone=tone))
    links = merged(Link(member[s.name], member[t.name], label) for s, t, label in pairs)
    return Picture("Data flows", tuple(nodes), links, rightwards=True, legend=_legend(nodes))


def title_of_protocol(protocol: Entity) -> str:
    """A protocol by its short name, as people in networks say it."""
    return words(protocol.name)


def _trust(model: Model, zone: Entity) -> float:
    trust = number(model, zone, "trust")
    return trust if trust is not None else 50.0


def _tone(model: Model, zone: Entity) -> Tone:
    return _ZONE_TONES.get(text(model, zone, "type") or "", "neutral")


def _by_zone(model: Model) -> dict[str, list[Entity]]:
    inside: dict[str, list[Entity]] = {}
    for asset in model.entities("asset"):
        zone = one(model, asset, "zone")
        if zone is not None and not _part_of_another(asset):
            inside.setdefault(zone.name, []).append(asset)
    return inside


def _part_of_another(asset: Entity) -> bool:
    return kind(asset) == "data_store"


def _groups_by_zone(
    model: Model, assets: Sequence[Entity]
) -> dict[str, tuple[Entity | None, tuple[Group, ...]]]:
    zones_found: dict[str, tuple[Entity | None, list[Entity]]] = {}
    for asset in assets:
        zone = asset if kind(asset) == "zone" else one(model, asset, "zone")
        zones_found.setdefault(zone.name if zone else _UNPLACED, (zone, []))[1].append(asset)
    ordered = sorted(zones_found.items(), key=lambda z: (_trust(model, z[1][0]) if z[1][0] else 99.0, z[0]))
    return {name: (zone, grouped(members)) for name, (zone, members) in ordered}


def _zone(model: Model, zone: Entity, groups: Sequence[Group]) -> Node:
    parent = one(model, zone, "parent")
    trust = number(model, zone, "trust")
    rows = [Row(f"{zone.name}: {g.id}", g.text) for g in groups[:_ROWS]]
    if len(groups) > _ROWS:
        rows[-1] = Row(f"{zone.name}: more", f"and {len(groups) - _ROWS + 1} more")
    return Node(
        zone.name,
        title(zone),
        subtitle=f"in {title(parent)}" if parent else "",
        rows=tuple(rows),
        tone=_tone(model, zone),
        mark=f"trust {trust:g}" if trust is not None else "",
    )


def _legend(nodes: Sequence[Node]) -> tuple[tuple[Tone, str], ...]:
    used = {node.tone for node in nodes}
    return tuple((tone, words_) for tone, words_ in _LEGEND if tone in used)


def _notes(nodes: Sequence[Node]) -> tuple[str, ...]:
    cut = any(row.id.endswith(": more") for node in nodes for row in node.rows)
    return ("Zones with many systems list the first ones.",) if cut else ()
