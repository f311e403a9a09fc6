"""The multi-patient harm view: how one attack could harm many patients at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from panacea_policy.compiler import AttackGraph, Entity
from panacea_policy.secure_design.moves import facts_about
from panacea_policy.secure_design.results import Table, View, ViewLink, ViewNode
from panacea_policy.secure_design.surroundings import Surroundings, known, many, one
from panacea_policy.secure_design.views import pieces

#: Boxes of one sort that are drawn; the tables hold all.
_DRAWN = 8


def multi_patient_view(around: Surroundings, attack: AttackGraph | None) -> View:
    """What is shared with others of its kind, what falls with it, and which care stops."""
    model, subject = around.model, around.subject
    alike = around.siblings
    shared = list(_shared(around))
    reached = _reached(around, attack)
    nodes = [pieces.box(model, subject, subject=subject, subtitle=pieces.zone_of(model, subject))]
    links = []
    if alike:
        group = ViewNode(
            id="alike", title=f"{len(alike)} more of its kind", subtitle="one attack fits all", role="device"
        )
        nodes.append(group)
        links.append(
            ViewLink(source=subject.name, target="alike", label="same product or class", strong=True)
        )
    for name, what, other in shared[:_DRAWN]:
        nodes.append(ViewNode(id=f"shared {name}", title=pieces.title(other), subtitle=what, role="system"))
        links.append(ViewLink(source=f"shared {name}", target=subject.name, label="reaches"))
        if alike:
            links.append(ViewLink(source=f"shared {name}", target="alike", label="reaches"))
    for other in reached[:_DRAWN]:
        if all(node.id not in (other.name, f"shared {other.name}") for node in nodes):
            nodes.append(pieces.box(model, other, subtitle="can be attacked next"))
            links.append(ViewLink(source=subject.name, target=other.name, label="next step"))
    for process in around.processes:
        nodes.append(pieces.box(model, process, subtitle="needs it"))
        links.append(ViewLink(source=subject.name, target=process.name, label="stops", strong=True))
    return View(
        id="multi_patient",
        title="Multi-patient harm view",
        about="What makes one attack harm many: the same product in many places, one server or one secret "
        "for all, "
        "a way from one to the next, and care that waits for it.",
        nodes=tuple(nodes),
        links=tuple(links),
        tables=tuple(_tables(around, alike, shared, reached)),
        gaps=tuple(_gaps(around, attack)),
    )


def _shared(around: Surroundings) -> Iterator[tuple[str, str, Entity]]:
    """What reaches it and others alike: servers at the other end of flows, identity providers, software."""
    model, subject = around.model, around.subject
    seen: set[str] = set()
    for flow in around.flows:
        for attribute in ("source", "target"):
            other = one(model, flow, attribute)
            if other is None or other is subject or other.name in seen:
                continue
            fan = sum(
                1
                for each in model.entities("flow")
                if other in (one(model, each, "source"), one(model, each, "target"))
            )
            seen.add(other.name)
            if fan > 1 or around.siblings:
                ends = f"at the end of {fan} flows" if fan > 1 else "at the other end of its flow"
                yield other.name, ends, other
    provider = one(model, subject, "identity_provider")
    if provider is not None:
        yield provider.name, "proves identities for it and others", provider
    for software in many(model, subject, "software"):
        if software.owner is not subject:
            yield software.name, "software that others run too", software


def _reached(around: Surroundings, attack: AttackGraph | None) -> tuple[Entity, ...]:
    """Other assets and roles that a step gives power over whose premises speak of the system."""
    if attack is None:
        return ()
    mine = np.zeros(len(attack.facts), bool)
    places = facts_about(attack, [around.subject.name])
    mine[list(places)] = True
    won: dict[str, Entity] = {}
    for instance in np.flatnonzero(attack.present).tolist():
        premises = attack.premise[attack.premise_start[instance] : attack.premise_start[instance + 1]]
        if not mine[premises].any():
            continue
        for result in attack.result[attack.result_start[instance] : attack.result_start[instance + 1]]:
            if not mine[result]:
                won.update(_assets(around, attack, int(result)))
    order = {e.name: n for n, e in enumerate(around.model.entities("asset"))}
    return tuple(sorted(won.values(), key=lambda e: (order.get(e.name, len(order)), e.name)))


def _assets(around: Surroundings, attack: AttackGraph, fact: int) -> dict[str, Entity]:
    ancestors = around.model.registry.ancestors
    return {
        each.name: each
        for each in attack.facts[fact].args
        if isinstance(each, Entity) and "asset" in ancestors(each.kind.name) and each is not around.subject
    }


def _tables(
    around: Surroundings,
    alike: tuple[Entity, ...],
    shared: list[tuple[str, str, Entity]],
    reached: tuple[Entity, ...],
) -> Iterator[Table]:
    model = around.model
    spread: dict[tuple[str, str], int] = {}
    for each in (around.subject, *alike):
        key = (
            pieces.text(model, each, "model") + " " + pieces.text(model, each, "version"),
            pieces.zone_of(model, each),
        )
        key = (key[0].replace(pieces.UNSAID, "").strip() or pieces.UNSAID, key[1])
        spread[key] = spread.get(key, 0) + 1
    yield Table(
        caption="Units of its kind",
        columns=("Model and version", "Zone", "Units"),
        rows=tuple((name, zone, str(count)) for (name, zone), count in sorted(spread.items())),
    )
    if shared:
        yield Table(
            caption="What many have in common",
            columns=("What", "Why"),
            rows=tuple((pieces.title(other), what) for _, what, other in shared),
        )
    if reached:
        yield Table(
            caption="What a step from it gives power over",
            columns=("Asset", "Zone", "What its failure can do"),
            rows=tuple(
                (pieces.title(e), pieces.zone_of(model, e), pieces.text(model, e, "safety").replace("_", " "))
                for e in reached
            ),
        )
    if around.processes:
        yield Table(
            caption="Care that needs it",
            columns=("Process", "Longest that can be borne", "Patients", "Fallback", "Fallback lasts"),
            rows=tuple(
                (
                    pieces.title(p),
                    pieces.text(model, p, "mtpd"),
                    pieces.text(model, p, "cases") if "cases" in p.kind.attributes else pieces.UNSAID,
                    pieces.text(model, p, "fallback"),
                    pieces.text(model, p, "fallback_lasts"),
                )
                for p in around.processes
            ),
        )


def _gaps(around: Surroundings, attack: AttackGraph | None) -> Iterator[str]:
    if attack is None:
        yield (
            "The attack rules are not in use: what could be attacked next is not shown (`use packs.attack`)."
        )
    if not around.processes:
        yield "No declared care process says that it needs this system."
    if known(around.model, around.subject, "works_offline") is None:
        yield "Whether it treats on without the network is not stated."
