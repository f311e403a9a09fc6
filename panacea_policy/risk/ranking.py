"""What would change the result most: controls that are not in place, and assumptions nobody confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from panacea_policy.risk import inputs
from panacea_policy.risk.explain import place_of
from panacea_policy.risk.graph import Rows
from panacea_policy.risk.paths import Derivation
from panacea_policy.risk.results import AssumptionInfluence, ControlValue, Estimate

if TYPE_CHECKING:
    from panacea_policy.compiler import Assumption
    from panacea_policy.risk.case import Case

#: Below this number of standard errors a share counts as none.
_CLEAR = 2.0


def rank_controls(case: Case) -> tuple[tuple[ControlValue, ...], ControlValue | None]:
    """Every control that is not in place by what it saves per year, best first; and all of them together."""
    active = inputs.in_place(case.states)
    open_ones = [c for c in range(len(case.attack.controls)) if c not in set(active)]
    priced = any(g.severity.priced for g in case.goals)
    base = case.study.estimate([case.study.weights @ fell for fell in case.study.fallen()]).value
    values = [_value(case, [c], active, base, priced) for c in open_ones]
    together = _value(case, open_ones, active, base, priced) if len(open_ones) > 1 else None
    return tuple(sorted(values, key=lambda v: (-v.relative, v.name))), together


def _value(
    case: Case, added: Sequence[int], active: Sequence[int], base: float, priced: bool
) -> ControlValue:
    weight, events = case.study.difference(case.graph.controlled([*active, *added]))
    weight = _carried(weight, case.study.total().value, base)
    entity = case.attack.controls[added[0]]
    single = len(added) == 1
    prices = [inputs.costs(case.attack.controls[c], case.model) for c in added]
    return ControlValue(
        name=entity.name if single else "all",
        title=(entity.title or entity.name) if single else "All controls that are not yet in place",
        status=case.states[added[0]] if single else "",
        effectiveness=float(case.graph.effectiveness[added[0]]) if single else 0.0,
        steps=int(np.isin(case.graph.hinders.index, list(added)).sum()),
        saves_per_year=weight if priced else None,
        events_avoided_per_year=events if priced else weight,
        relative=min(1.0, weight.value / base) if base > 0 else 0.0,
        cost_once=_sum(p[0] for p in prices),
        cost_per_year=_sum(p[1] for p in prices),
        place=place_of(entity, case.locate) if single else None,
    )


def _carried(saved: Estimate, compared: float, base: float) -> Estimate:
    """What goes away in the compared trials, carried over to all in proportion (a ratio estimate), so that it
    fits the result that is told of all.
    """
    factor = base / compared if compared > 0 else 1.0
    return Estimate(
        value=saved.value * factor,
        standard_error=saved.standard_error * factor,
        low=saved.low * factor,
        high=saved.high * factor,
    )


def _sum(values: Iterable[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) if known else None


def rank_assumptions(case: Case, paths: Iterable[Derivation]) -> tuple[AssumptionInfluence, ...]:
    """Every assumed value by the share of the result that rests on it.

    One at a time: the trials are run again with every instance blocked that speaks of the entity whose
    attribute is assumed. What then goes away is the most that a better answer could remove. At most
    ``options.tested`` entities are tried, those on the most likely paths first; the others are listed as not
    tested.
    """
    total = case.study.total()
    names = list(dict.fromkeys(entity.name for entity in case.attack.assumptions.entities()))
    rows = _touched(case, names)
    ways = np.zeros(len(case.graph), dtype=bool)
    ways[sorted(set().union(*(path.instances for path in paths)))] = True
    owners = rows.owners()
    matter, here = (np.bincount(owners[m[rows.index]], minlength=len(names)) for m in (case.study.mask, ways))
    size = np.diff(rows.start)
    open_ones = [n for n in range(len(names)) if matter[n]]
    order = sorted(open_ones, key=lambda n: (-int(here[n]), -int(size[n]), names[n]))
    shares = {names[n]: _share(case, rows.row(n), total) for n in order[: case.options.tested]}
    known = {names[n] for n in open_ones}
    told = [
        _influence(case, a, shares.get(a.entity.name))
        for a in case.attack.assumptions
        if a.entity.name in known
    ]
    return tuple(sorted(told, key=lambda a: (-a.share, not a.tested, a.entity, a.attribute)))


def _touched(case: Case, names: Sequence[str]) -> Rows:
    """Of each entity the instances that speak of it: that build on, or bring about, a fact about it."""
    facts = inputs.names_of_facts(case.attack)
    about = Rows.of(facts(name) for name in names)
    pairs = [np.zeros(0, np.int64)]
    for lists in (case.graph.users, case.graph.makers):
        found = lists.taken(about.index)
        pairs.append(np.repeat(about.owners(), np.diff(found.start)) * len(case.graph) + found.index)
    distinct = np.unique(np.concatenate(pairs))
    start = np.searchsorted(distinct, np.arange(len(names) + 1) * len(case.graph))
    return Rows(start, distinct % max(1, len(case.graph)))


def _share(case: Case, instances: Sequence[int], total: Estimate) -> tuple[float, float]:
    if total.value <= 0:
        return 0.0, 0.0
    blocked = case.chance.copy()
    blocked[list(instances)] = 0.0
    weight, _ = case.study.difference(blocked)
    if weight.value < _CLEAR * weight.standard_error:
        return 0.0, weight.standard_error / total.value
    return min(1.0, weight.value / total.value), weight.standard_error / total.value


def _influence(case: Case, assumption: Assumption, share: tuple[float, float] | None) -> AssumptionInfluence:
    attribute = assumption.entity.kind.attributes.get(assumption.attribute)
    type = attribute.type if attribute is not None else None
    return AssumptionInfluence(
        entity=assumption.entity.name,
        attribute=assumption.attribute,
        value=inputs.shown(assumption.value, type, case.model.currencies.model),
        source=str(assumption.source),
        tested=share is not None,
        share=share[0] if share else 0.0,
        share_error=share[1] if share else 0.0,
        place=place_of(assumption.entity, case.locate),
    )
