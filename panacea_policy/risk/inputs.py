"""What risk reads from the model: threat actors, controls, care processes, data classes, with documented
defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from panacea_policy.compiler import UNKNOWN
from panacea_policy.model import Dimension, Distribution, format_quantity
from panacea_policy.risk.graph import Graph
from panacea_policy.risk.results import Place
from panacea_policy.risk.severity import Severity, of_data_class, of_process, reader, spread
from panacea_policy.risk.study import Source

if TYPE_CHECKING:
    from panacea_policy.compiler import AttackGraph, Entity, Model

#: Attempts per year of a threat actor whose rate nobody set: an assumption, listed as such.
ATTEMPTS_PER_YEAR = 1.0

Locate = Callable[[object], Place | None]


@dataclass(frozen=True)
class Goal:
    """A goal of the attack graph that the business cares about."""

    kind: str
    fact: int
    entity: Entity
    severity: Severity


def sources(attack: AttackGraph, model: Model) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """The threat actors whose attempts the graph starts from, and notes about rates that were assumed.

    Facts held at the start other than attempts are common to all. A graph without attempts has one unnamed
    source.
    """
    held = [i for i, holds in enumerate(attack.initial) if holds]
    actors: dict[str, tuple[Entity, list[int]]] = {}
    common: list[int] = []
    for i in held:
        fact = attack.facts[i]
        if fact.relation.rsplit(".", 1)[-1] == "attempts" and fact.args and hasattr(fact.args[0], "name"):
            actors.setdefault(fact.args[0].name, (fact.args[0], []))[1].append(i)
        else:
            common.append(i)
    if not actors:
        return ((Source("", "Any attacker", ATTEMPTS_PER_YEAR, tuple(common)),) if common else ()), ()
    found, notes = [], []
    for name, (entity, facts) in sorted(actors.items()):
        rate = _mean(model.value(entity, "attempts"))
        if rate is None:
            notes.append(
                f"No rate of attempts is stated for {name}: {ATTEMPTS_PER_YEAR:g} per year is assumed."
            )
        found.append(
            Source(name, entity.title or name, ATTEMPTS_PER_YEAR if rate is None else rate, (*facts, *common))
        )
    return tuple(found), tuple(notes)


def goals(attack: AttackGraph, model: Model) -> tuple[Goal, ...]:
    """Every care process that can be disrupted and data class that can be disclosed, by the facts of the
    graph.
    """
    found = []
    for i, fact in enumerate(attack.facts):
        relation = fact.relation.rsplit(".", 1)[-1]
        if relation == "disrupted":
            found.append(Goal("process", i, fact.args[0], of_process(reader(model.value, fact.args[0]))))
        elif relation == "disclosed":
            found.append(
                Goal("data_class", i, fact.args[0], of_data_class(reader(model.value, fact.args[0])))
            )
    return tuple(sorted(found, key=lambda g: (g.kind, g.entity.name)))


def _mean(value: object) -> float | None:
    law = spread(value)
    return None if law is None else law.mean()


def statuses(controls: Sequence[Entity], model: Model) -> tuple[str, ...]:
    """The status of each control: in_place, planned, candidate. Unset counts as a candidate: what is not said
    to be in place protects nobody.
    """
    return tuple(str(v) if isinstance(v := model.value(c, "status"), str) else "candidate" for c in controls)


def in_place(states: Sequence[str]) -> tuple[int, ...]:
    """The numbers of the controls that work today."""
    return tuple(i for i, status in enumerate(states) if status == "in_place")


def costs(control: Entity, model: Model) -> tuple[float | None, float | None]:
    """What a control costs once and per year, in the model's currency."""
    cost = model.value(control, "cost")
    if cost is UNKNOWN or cost is None:
        return None, None
    if isinstance(cost, int | float | Distribution):
        return _mean(cost), None
    return _mean(model.value(cost, "once")), _mean(model.value(cost, "yearly"))


def currency(model: Model) -> str | None:
    """The currency the model counts in."""
    for organisation in model.entities("organisation"):
        code = model.value(organisation, "currency")
        if isinstance(code, str):
            return code
    return None


def names_of_facts(attack: AttackGraph) -> Mapping[str, tuple[int, ...]]:
    """For every entity the facts that speak of it."""
    found: dict[str, list[int]] = {}
    for i, fact in enumerate(attack.facts):
        for argument in fact.args:
            name = getattr(argument, "name", None)
            if isinstance(name, str):
                found.setdefault(name, []).append(i)
    return {name: tuple(facts) for name, facts in found.items()}


def touched(graph: Graph, facts: Sequence[int]) -> np.ndarray:
    """The instances that build on or bring about any of the facts."""
    chosen = np.zeros(graph.facts, dtype=bool)
    chosen[list(facts)] = True
    mask = np.zeros(len(graph), dtype=bool)
    mask[graph.premises.owners()[chosen[graph.premises.index]]] = True
    mask[graph.results.owners()[chosen[graph.results.index]]] = True
    return mask


def shown(value: object) -> str:
    """A value of the model for people."""
    if isinstance(value, Distribution):
        low, high = value.percentile(0.05), value.percentile(0.95)
        return f"{low:.3g} to {high:.3g}" if high > low else f"{low:.3g}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return format_quantity(value, Dimension.COUNT)
    name = getattr(value, "name", None)
    return name if isinstance(name, str) else str(value)
