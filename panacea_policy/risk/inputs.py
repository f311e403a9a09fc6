"""What risk reads from the model: threat actors, controls, care processes, data classes, with documented
defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from panacea_policy.compiler import UNKNOWN, Entity
from panacea_policy.model import (
    Dimension,
    Distribution,
    DistributionType,
    NumberType,
    ValueType,
    format_quantity,
)
from panacea_policy.model.distributions import Constant, Poisson
from panacea_policy.risk.attempts import Source
from panacea_policy.risk.graph import Bools
from panacea_policy.risk.results import Place
from panacea_policy.risk.severity import Severity, of_corruption, of_data_class, of_process, spread

if TYPE_CHECKING:
    from panacea_policy.compiler import AttackGraph, Model

#: Attempts per year of a threat actor whose rate nobody set: an assumption, listed as such.
ATTEMPTS_PER_YEAR = 1.0

#: The relation of what an attack starts from: an attempt of one threat actor.
ATTEMPTS = "attempts"

Locate = Callable[[object], Place | None]


@dataclass(frozen=True)
class Goal:
    """A goal of the attack graph that the business cares about: a ``process`` disrupted, a ``data_class``
    disclosed, a class of data changed unnoticed (``corruption``); ``rebuilt`` is no loss by itself, but says
    that a process has to wait for what must be built anew.
    """

    kind: str
    fact: int
    entity: Entity
    severity: Severity


def sources(attack: AttackGraph, model: Model) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """The threat actors whose attempts the graph starts from, and notes about rates that were assumed.

    Facts held at the start other than attempts are common to all. A graph without attempts has one unnamed
    source.
    """
    actors: dict[str, tuple[Entity, list[int]]] = {}
    begun = np.array(attack.initial, dtype=bool)
    for i in _speaking_of(attack, ATTEMPTS):
        fact = attack.facts[i]
        actor = fact.args[0] if fact.args else None
        if isinstance(actor, Entity):
            actors.setdefault(actor.name, (actor, []))[1].append(i)
            begun[i] = False
    common: list[int] = np.flatnonzero(begun).tolist()
    if not actors:
        starts = bool(common) or bool((np.diff(attack.premise_start) == 0).any())
        return ((Source("", "Any attacker", ATTEMPTS_PER_YEAR, tuple(common)),) if starts else ()), ()
    demands = _demands(attack, model)
    finds = _discovering(attack, model)
    found, notes = [], []
    for name, (entity, facts) in sorted(actors.items()):
        rate = _mean(known(model, entity, "attempts"))
        patience = spread(known(model, entity, "patience"))
        if rate is None:
            notes.append(
                f"No rate of attempts is stated for {name}: {ATTEMPTS_PER_YEAR:g} per year is assumed."
            )
        yearly = ATTEMPTS_PER_YEAR if rate is None else rate
        able = _able(attack, demands, known(model, entity, "skill"))
        found.append(
            Source(
                name=name,
                title=entity.title or name,
                rate=yearly,
                start=(*facts, *common),
                able=able,
                patience=patience,
                hostile="accident" not in (known(model, entity, "motive"), known(model, entity, "type")),
                frequency=_uncertain(spread(known(model, entity, "attempts"))),
                tries=_tries(known(model, entity, "tries")),
                knowledge=_mean(known(model, entity, "knowledge")) or 0.0,
                finds=finds,
                hidden=spread(known(model, entity, "stays_hidden")),
            )
        )
    return tuple(found), tuple(notes)


def _speaking_of(attack: AttackGraph, relation: str) -> list[int]:
    """The facts of a relation, whatever package declares it."""
    names = [name for name in attack.facts.names() if name.rsplit(".", 1)[-1] == relation]
    return sorted(i for name in names for i in attack.positions(name).tolist())


#: More tries than these change nothing that is worth counting.
MOST_TRIES = 1000


def _tries(value: object) -> int:
    """How often a step is tried; once where nobody says so."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 1
    return min(max(int(value), 1), MOST_TRIES)


def _uncertain(law: Distribution | None) -> Distribution | None:
    """The law of a rate, if the rate is uncertain. A Poisson law is that of the number of attempts at a known
    rate, and a constant one is no uncertainty.
    """
    return None if isinstance(law, Constant | Poisson) else law


def _discovering(attack: AttackGraph, model: Model) -> Bools:
    """The instances of steps that only find out what is there."""
    found = []
    for info in attack.steps:
        step = model.get(info.id)
        asked = step is not None and "discovers" in step.kind.attributes
        found.append(step is not None and asked and model.value(step, "discovers") is True)
    finds: Bools = np.array(found, dtype=bool)[attack.step] if len(found) else np.zeros(0, dtype=bool)
    return finds


#: The skills of threat actors, in rising order.
SKILLS = ("naive", "advanced", "professional")


def _demands(attack: AttackGraph, model: Model) -> NDArray[np.int64]:
    """The skill that each step of the graph demands, as a position in :data:`SKILLS`; 0 where it demands
    none.
    """
    demands = []
    for info in attack.steps:
        step = model.get(info.id)
        known_skill = step is not None and "skill" in step.kind.attributes
        skill = model.value(step, "skill") if step is not None and known_skill else None
        demands.append(SKILLS.index(skill) if isinstance(skill, str) and skill in SKILLS else 0)
    return np.array(demands, dtype=np.int64)


def _able(attack: AttackGraph, demands: NDArray[np.int64], skill: object) -> Bools | None:
    """The instances within a skill; None for an actor of unknown skill, who is taken to be able to do
    everything.
    """
    if not isinstance(skill, str) or skill not in SKILLS:
        return None
    within: Bools = demands[attack.step] <= SKILLS.index(skill)
    return within


_GOALS: Mapping[str, tuple[str, Callable[[Callable[[str], Distribution | None]], Severity]]] = {
    "disrupted": ("process", of_process),
    "disclosed": ("data_class", of_data_class),
    "corrupted": ("corruption", of_corruption),
    "rebuilt": ("rebuilt", lambda _value: Severity()),
}


def goals(attack: AttackGraph, model: Model) -> tuple[Goal, ...]:
    """The care processes that can be disrupted and the data classes that can be disclosed or corrupted, by
    the graph.
    """
    found = []
    for relation, (kind, severity) in _GOALS.items():
        for i in _speaking_of(attack, relation):
            entity = next(iter(attack.facts[i].args), None)
            if isinstance(entity, Entity):
                found.append(Goal(kind, i, entity, severity(_reader(model, entity))))
    return tuple(sorted(found, key=lambda g: (g.kind, g.entity.name)))


def spared(model: Model, reached: Sequence[Goal]) -> tuple[Entity, ...]:
    """The care processes that no fact of the graph speaks of: nothing at all leads to their disruption."""
    names = {goal.entity.name for goal in reached}
    return tuple(p for p in model.entities("process") if p.name not in names)


def known(model: Model, entity: Entity, attribute: str) -> object:
    """What the model states of an attribute, or else what risk assumes of it; UNKNOWN where there is
    neither.
    """
    value = model.value(entity, attribute)
    if value is not UNKNOWN:
        return value
    prior = model.prior(entity, attribute)
    return prior.value if prior is not None else UNKNOWN


def _reader(model: Model, entity: Entity) -> Callable[[str], Distribution | None]:
    """Reads attributes of one entity as laws."""
    return lambda attribute: spread(known(model, entity, attribute))


def _mean(value: object) -> float | None:
    law = spread(value)
    return None if law is None else law.mean()


def statuses(controls: Sequence[Entity], model: Model) -> tuple[str, ...]:
    """The status of each control: in_place, planned, candidate. Unset counts as a candidate: what is not said
    to be in place protects nobody.
    """
    return tuple(str(v) if isinstance(v := known(model, c, "status"), str) else "candidate" for c in controls)


def in_place(states: Sequence[str]) -> tuple[int, ...]:
    """The numbers of the controls that work today."""
    return tuple(i for i, status in enumerate(states) if status == "in_place")


def slows(controls: Sequence[Entity], model: Model) -> tuple[float, ...]:
    """By which share each control lengthens the effort of what it hinders; none unless the model says so."""
    return tuple(_mean(known(model, control, "slows")) or 0.0 for control in controls)


def costs(control: Entity, model: Model) -> tuple[float | None, float | None]:
    """What a control costs once and per year, in the model's currency."""
    cost = known(model, control, "cost")
    if cost is UNKNOWN or cost is None:
        return None, None
    if isinstance(cost, Entity):
        return _mean(known(model, cost, "once")), _mean(known(model, cost, "yearly"))
    return _mean(cost), None


def currency(model: Model) -> str | None:
    """The currency the model counts in."""
    for organisation in model.entities("organisation"):
        code = model.value(organisation, "currency")
        if isinstance(code, str):
            return code
    return None


def names_of_facts(attack: AttackGraph) -> Callable[[str], Sequence[int]]:
    """The facts that speak of an entity, by its name."""
    return lambda name: attack.facts.about(name).tolist()


def shown(value: object, type: ValueType | None = None, currency: str | None = None) -> str:
    """A value of the model for people, with the unit that the type of its attribute has."""
    if isinstance(value, Distribution):
        low, high = (_quantity(value.percentile(p), type, currency) for p in (0.05, 0.95))
        return low if low == high else f"{low} to {high}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _quantity(float(value), type, currency)
    if isinstance(value, tuple | list):
        return ", ".join(shown(each, type, currency) for each in value) or "none"
    if value is None:
        return "none"
    name = getattr(value, "name", None)
    return name if isinstance(name, str) else str(value)


def _quantity(value: float, type: ValueType | None, currency: str | None) -> str:
    dimension = type.dimension if isinstance(type, NumberType | DistributionType) else Dimension.COUNT
    return format_quantity(value, dimension, currency)
