"""An attack path told step by step, with the place of every declaration it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from panacea_policy.risk.graph import Floats, Graph
from panacea_policy.risk.inputs import Locate
from panacea_policy.risk.paths import Derivation
from panacea_policy.risk.results import AttackPath, Hindrance, PathStep, Place, Premise, Quantiles

if TYPE_CHECKING:
    from panacea_policy.compiler import AttackFact, AttackGraph
    from panacea_policy.model import Distribution


def tell(
    attack: AttackGraph,
    graph: Graph,
    chance: Floats,
    states: Sequence[str],
    derivation: Derivation,
    actor: str,
    locate: Locate,
) -> AttackPath:
    """The derivation as numbered steps. ``chance`` is with the controls in place, ``states`` the controls'
    statuses.
    """
    number = {i: n for n, i in enumerate(derivation.instances, start=1)}
    made: dict[int, int] = {}
    finished: dict[int, float] = {}
    steps = []
    for i in derivation.instances:
        info = attack.steps[int(attack.step[i])]
        needs, gives = graph.premises.row(i), graph.results.row(i)
        law = graph.efforts[int(graph.effort[i])]
        begin = max((finished.get(fact, 0.0) for fact in needs), default=0.0)
        steps.append(
            PathStep(
                number=number[i],
                step=info.id,
                title=info.title or info.name,
                layer=info.layer,
                techniques=tuple(info.attack_ids),
                premises=tuple(_premise(attack.facts[f], made.get(f), locate) for f in needs),
                results=tuple(attack.facts[f].text for f in gives),
                subjects=_subjects(attack, gives),
                base_chance=float(graph.chance[i]),
                chance=float(chance[i]),
                effort=_effort(law),
                hindrances=tuple(_hindrance(attack, c, states) for c in graph.hinders.row(i)),
                place=locate(info.span),
                certain=bool(graph.chance[i] >= 1.0 and law.mean() == 0.0),
            )
        )
        for fact in gives:
            made.setdefault(fact, number[i])
            finished[fact] = min(finished.get(fact, float("inf")), begin + law.mean())
    return AttackPath(
        actor=actor, chance=derivation.chance, time=finished.get(derivation.goal, 0.0), steps=tuple(steps)
    )


def _premise(fact: AttackFact, by: int | None, locate: Locate) -> Premise:
    places = (locate(span) for span in (getattr(a, "span", None) for a in fact.args) if span is not None)
    return Premise(text=fact.text, by=by, places=tuple(dict.fromkeys(p for p in places if p is not None)))


def _subjects(attack: AttackGraph, facts: Sequence[int]) -> tuple[str, ...]:
    names = (getattr(a, "name", None) for f in facts for a in attack.facts[f].args)
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))


def _hindrance(attack: AttackGraph, control: int, states: Sequence[str]) -> Hindrance:
    entity = attack.controls[control]
    return Hindrance(
        name=entity.name,
        title=entity.title or entity.name,
        status=states[control],
        effectiveness=float(attack.effectiveness[control]),
    )


def _effort(law: Distribution) -> Quantiles:
    return Quantiles(
        mean=law.mean(), p5=law.percentile(0.05), p50=law.percentile(0.5), p95=law.percentile(0.95)
    )


def place_of(entity: object, locate: Locate) -> Place | None:
    """Where an entity is declared."""
    span = getattr(entity, "span", None)
    return None if span is None else locate(entity if getattr(entity, "row", None) else span)
