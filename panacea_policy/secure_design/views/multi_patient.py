"""The multi-patient harm view: how one attack could harm many patients at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
            id="alike",
            title=f"{len(alike)} more of its kind",
            subtitle="products: see the table",
            role="device",
        )
        nodes.append(group)
        links.append(ViewLink(source=subject.name, target="alike", label="same class", strong=True))
    for each in shared[:_DRAWN]:
        box = f"shared {each.what.name}"
        nodes.append(ViewNode(id=box, title=pieces.title(each.what), subtitle=each.why, role="system"))
        links.append(ViewLink(source=box, target=subject.name, label=each.label, both_ways=True))
        if each.alike:
            links.append(ViewLink(source=box, target="alike", label=each.label, both_ways=True, strong=True))
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
        "for all, a way from one to the next, and care that waits for it.",
        nodes=tuple(nodes),
        links=tuple(links),
        tables=tuple(_tables(around, alike, shared, reached)),
        gaps=tuple(_gaps(around, attack)),
    )


@dataclass(frozen=True)
class _Shared:
    """Something that it has in common with others: ``alike`` where others of its very kind are among them."""

    what: Entity
    why: str
    label: str
    alike: bool


def _shared(around: Surroundings) -> Iterator[_Shared]:
    """What reaches it and others: the other ends of its flows, who proves identities, common software."""
    model, subject = around.model, around.subject
    likes = {each.name for each in around.siblings}
    twins = any(_twin(around, each) for each in around.siblings)
    ends: dict[str, dict[str, Entity]] = {}
    for flow in model.entities("flow"):
        both = [e for a in ("source", "target") if (e := one(model, flow, a)) is not None]
        for end in both:
            ends.setdefault(end.name, {}).update({e.name: e for e in both if e is not end})
    for other in ends.get(subject.name, {}).values():
        if other.name in likes:
            continue
        many_ends = len(ends[other.name])
        alike = twins or bool(likes & set(ends[other.name]))
        if many_ends > 1 or alike:
            why = f"exchanges data with {many_ends} systems" if many_ends > 1 else "at the end of its flow"
            yield _Shared(other, why, "flow", alike)
    provider = one(model, subject, "identity_provider")
    if provider is not None:
        alike = any(one(model, each, "identity_provider") is provider for each in around.siblings)
        yield _Shared(provider, "proves identities for it", "login", alike)
    for software in many(model, subject, "software"):
        if software.owner is not subject:
            alike = any(software in many(model, each, "software") for each in around.siblings)
            yield _Shared(software, "software that others may run too", "runs", alike)


def _twin(around: Surroundings, other: Entity) -> bool:
    """Whether another row of its inventory has the same templates: flows of one stand for those of all."""
    subject = around.subject
    same = subject.row is not None and other.row is not None and other.templates == subject.templates
    return same and one(around.model, other, "zone") is one(around.model, subject, "zone")


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
    shared: list[_Shared],
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
            columns=("What", "Why", "Others of its kind too"),
            rows=tuple((pieces.title(e.what), e.why, "yes" if e.alike else "not declared") for e in shared),
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
