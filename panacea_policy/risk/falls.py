"""How likely single things fall: the chance per year that some of the graph's facts come to be, by actor."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from panacea_policy.risk import inputs
from panacea_policy.risk.attempts import Source
from panacea_policy.risk.case import RiskOptions
from panacea_policy.risk.frequency import any_event
from panacea_policy.risk.graph import Bools, Floats, Graph, from_attack
from panacea_policy.risk.human import members_met
from panacea_policy.risk.losses import rate_estimate
from panacea_policy.risk.results import ActorFall, Estimate, Fall
from panacea_policy.risk.study import Study

if TYPE_CHECKING:
    from panacea_policy.compiler import AttackGraph, Model

#: States of controls that are compared, and the statuses that count as working in each.
STATES: Mapping[str, tuple[str, ...]] = {
    "bare": (),
    "in_place": ("in_place",),
    "planned": ("in_place", "planned"),
    "all": ("in_place", "planned", "candidate"),
}


def falls(
    attack: AttackGraph,
    model: Model,
    groups: Sequence[Sequence[int]],
    options: RiskOptions | None = None,
    without: Collection[str] = (),
) -> tuple[Mapping[str, Fall], ...]:
    """For each group of facts (positions in the graph): the chance that any of them falls within a year.

    The result maps each of :data:`STATES` of controls to a :class:`Fall`: of any actor, and actor by actor.
    States share their random numbers, so that a difference between them is one. A group whose facts nothing
    leads to has the chance 0 without error and is not ``reachable``. ``options`` gives trials, seed and
    worlds;
    the year is 365 days, whatever its horizon. ``without``: actors that are left out, by name.
    """
    options = options or RiskOptions()
    every, _ = inputs.sources(attack, model)
    sources = tuple(source for source in every if source.name not in without)
    given = [fact for source in sources for fact in source.start]
    graph = from_attack(attack, given, inputs.slows(attack.controls, model), members_met(attack, model))
    statuses = inputs.statuses(attack.controls, model)
    facts = sorted({fact for group in groups for fact in group})
    if not facts or not sources:
        return tuple({state: _nothing(sources) for state in STATES} for _ in groups)
    places = {fact: place for place, fact in enumerate(facts)}
    found: list[dict[str, Fall]] = [{} for _ in groups]
    for state, working in STATES.items():
        active = [number for number, status in enumerate(statuses) if status in working]
        study = _study(graph, active, sources, facts, options)
        fallen = study.fallen()
        possible = study.possible
        for made, group in zip(found, groups, strict=True):
            rows = [places[fact] for fact in group]
            reachable = bool(possible[list(group)].any()) if group else False
            fell: list[Bools] = [np.asarray(each[rows].any(axis=0), dtype=np.bool_) for each in fallen]
            made[state] = _fall(sources, fell, reachable, options)
    return tuple(found)


def _study(
    graph: Graph, active: Sequence[int], sources: Sequence[Source], facts: Sequence[int], options: RiskOptions
) -> Study:
    weights: Floats = np.ones(len(facts))
    return Study(
        graph,
        graph.controlled(active),
        sources,
        facts,
        weights,
        horizon=365.0 * 86400.0,
        trials=options.trials,
        seed=options.seed,
        pace=graph.slowed(active),
        shift=options.attempts_per_world.bit_length() - 1,
    )


def _fall(sources: Sequence[Source], fell: Sequence[Bools], reachable: bool, options: RiskOptions) -> Fall:
    together = options.attempts_per_world
    actors = [
        ActorFall(
            actor=source.name,
            title=source.title,
            attempts_per_year=source.rate,
            chance=_chance([source], [each], reachable, together),
        )
        for source, each in zip(sources, fell, strict=True)
    ]
    return Fall(
        reachable=reachable,
        chance=_chance(sources, fell, reachable, together),
        actors=tuple(sorted(actors, key=lambda a: (-a.chance.value, a.actor))),
    )


def _chance(sources: Sequence[Source], fell: Sequence[Bools], reachable: bool, together: int) -> Estimate:
    rates = [source.rate for source in sources]
    values = [each.astype(float) for each in fell]
    rate = rate_estimate(values, rates, possible=reachable, together=together)
    return any_event(sources, fell, rate, 1.0, together)


def _nothing(sources: Sequence[Source]) -> Fall:
    zero = Estimate(value=0.0, standard_error=0.0, low=0.0, high=0.0)
    actors = tuple(
        ActorFall(actor=s.name, title=s.title, attempts_per_year=s.rate, chance=zero) for s in sources
    )
    return Fall(reachable=False, chance=zero, actors=actors)
