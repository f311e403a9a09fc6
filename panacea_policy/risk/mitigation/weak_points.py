"""Cut sets and single points of failure of a model, told in its names."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np

from panacea_policy.compiler import Entity
from panacea_policy.errors import PanaceaError
from panacea_policy.risk import inputs
from panacea_policy.risk.case import Case
from panacea_policy.risk.explain import place_of
from panacea_policy.risk.inputs import Goal
from panacea_policy.risk.mitigation.candidates import OPEN, Candidate
from panacea_policy.risk.mitigation.cutsets import Blocked, minimal_cuts
from panacea_policy.risk.mitigation.failures import Failed, failures, losses_that_stop
from panacea_policy.risk.mitigation.money import Horizon
from panacea_policy.risk.mitigation.needs import needs_of
from panacea_policy.risk.mitigation.results import (
    CutElement,
    CutSet,
    CutSets,
    Failure,
    SinglePoints,
)
from panacea_policy.risk.mitigation.trials import Bench

#: Fateful trials that failing controls are judged by.
FATEFUL = 8_000


def goal_named(case: Case, name: str) -> Goal:
    """The goal of this name. Raises PanaceaError where there is none, with the nearest."""
    exact = [g for g in case.goals if g.entity.name == name]
    loose = [g for g in case.goals if g.entity.name.rsplit(".", 1)[-1] == name]
    found = next(iter(exact or loose), None)
    if found is not None:
        return found
    names = [g.entity.name for g in case.goals]
    near = get_close_matches(name, names, n=1)
    raise PanaceaError(
        f"nothing in the attack graph leads to a process or class of data `{name}`",
        f"did you mean `{near[0]}`?" if near else f"it knows {', '.join(sorted(names)[:8])}",
    )


# ------------------------------------------------------------------------------------------------ cut sets


def cut_sets(
    bench: Bench, found: Sequence[Candidate], goal: Goal, horizon: Horizon, *, most: int = 5
) -> tuple[CutSets, ...]:
    """The cheapest sets of controls, kinds of steps and assets that make a goal unreachable for everybody.

    Controls are taken at their word here: each stops for certain what it hinders. What is left with their
    real effectiveness is said beside each set. Steps and assets cost one each.
    """
    case = bench.case
    start = sorted({fact for source in case.sources for fact in source.start})
    kinds = {
        "controls": _of_controls(case, found, horizon),
        "steps": _of_steps(case),
        "assets": _of_assets(case, start),
    }
    told = []
    for kind, (elements, blocked) in kinds.items():
        cuts = minimal_cuts(case.graph, goal.fact, start, case.chance, blocked, most=most)
        sets = tuple(
            CutSet(
                elements=tuple(elements[e] for e in cut),
                cost=float(sum(elements[e].cost for e in cut)),
                remaining=_remaining(bench, found, goal, [elements[e].name for e in cut])
                if kind == "controls"
                else None,
            )
            for cut in cuts.sets
        )
        told.append(
            CutSets(
                goal=goal.entity.name,
                title=goal.entity.title or goal.entity.name,
                of=kind,  # type: ignore[arg-type]
                sets=sets,
                possible=cuts.possible,
                complete=cuts.complete,
            )
        )
    return tuple(told)


def _of_controls(
    case: Case, found: Sequence[Candidate], horizon: Horizon
) -> tuple[list[CutElement], Blocked]:
    hinders = case.graph.hinders
    owners = hinders.owners()
    open_ = [c for c in found if c.status in OPEN and c.number is not None]
    elements = [
        CutElement(
            name=c.name, title=c.title, cost=c.price.present(horizon), place=place_of(c.entity, case.locate)
        )
        for c in open_
    ]
    rows = [owners[hinders.index == c.number].tolist() for c in open_]
    return elements, Blocked.of_instances(rows, [e.cost for e in elements])


def _of_steps(case: Case) -> tuple[list[CutElement], Blocked]:
    """Kinds of steps; what merely follows is no step that could be stopped."""
    elements, rows = [], []
    for number, info in enumerate(case.attack.steps):
        if info.name != "derived":
            elements.append(CutElement(name=info.id, title=info.title, cost=1.0))
            rows.append(np.flatnonzero(case.attack.step == number).tolist())
    return elements, Blocked.of_instances(rows, [1.0] * len(rows))


def _of_assets(case: Case, start: Sequence[int]) -> tuple[list[CutElement], Blocked]:
    """Assets: hardening one means that no step brings about anything about it."""
    facts = inputs.names_of_facts(case.attack)
    results, owners = case.graph.results.index, case.graph.results.owners()
    deed = np.array([info.name != "derived" for info in case.attack.steps])[case.attack.step]
    elements, rows = [], []
    for asset in case.model.entities("asset"):
        own = np.setdiff1d(facts(asset.name), start)
        instances = np.unique(owners[np.isin(results, own)])
        instances = instances[deed[instances]] if len(instances) else instances
        if len(instances):
            place = place_of(asset, case.locate)
            elements.append(CutElement(name=asset.name, title=_title(asset), cost=1.0, place=place))
            rows.append(instances.tolist())
    return elements, Blocked.of_instances(rows, [1.0] * len(rows))


def _remaining(bench: Bench, found: Sequence[Candidate], goal: Goal, names: Sequence[str]) -> float:
    """Events per year of a goal with these controls as effective as the model says."""
    case, study = bench.case, bench.case.study
    active = np.zeros(len(case.graph.effectiveness), dtype=bool)
    active[[c.number for c in found if c.number is not None and c.status == "in_place"]] = True
    active[[c.number for c in found if c.number is not None and c.name in names]] = True
    k = [g.fact for g in case.goals].index(goal.fact)
    total = 0.0
    for s, (rate, fell) in enumerate(zip(study.rates, study.fallen(), strict=True)):
        trials = np.flatnonzero(fell[k])
        if len(trials):
            columns = np.repeat(active[:, None], len(trials), axis=1)
            total += rate * float(study.fallen_with(s, trials, columns)[k].sum()) / study.trials
    return total


# ------------------------------------------------------------------------------------------------ failures


def single_points(bench: Bench) -> SinglePoints:
    """What one or two failing controls, and one or two lost assets, do."""
    case = bench.case
    standing = inputs.in_place(case.states)
    singles, pairs = failures(bench, standing, bench.counts(FATEFUL))
    web = needs_of(case.model)
    one, two = losses_that_stop(web.needs, web.assets, web.processes)
    return SinglePoints(
        controls=tuple(_failure(case, f) for f in singles),
        pairs=tuple(_failure(case, f) for f in pairs),
        assets=tuple(web.told(stops) for stops in one),
        asset_pairs=tuple(web.told(stops) for stops in two),
    )


def _failure(case: Case, failed: Failed) -> Failure:
    controls = [case.attack.controls[c] for c in failed.controls]
    return Failure(
        controls=tuple(c.name for c in controls),
        titles=tuple(_title(c) for c in controls),
        raises=failed.raises,
        opens=tuple(case.goals[g].entity.name for g in failed.opens),
    )


def _title(entity: Entity) -> str:
    return entity.title or entity.name
