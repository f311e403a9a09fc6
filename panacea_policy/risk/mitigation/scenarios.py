"""Two scenarios compared with common random numbers: the difference is a difference, not noise.

The draws of a step come from its name, the seed and the trial. What two models share happens alike in the
same trial of both, so that it cancels; only what a scenario changes is left.
"""

from __future__ import annotations

import math

import numpy as np

from panacea_policy.risk.case import Case, weights
from panacea_policy.risk.graph import Floats
from panacea_policy.risk.loss.account import account
from panacea_policy.risk.losses import rate_estimate
from panacea_policy.risk.mitigation.results import Difference, GoalChange
from panacea_policy.risk.mitigation.trials import estimate_of_difference
from panacea_policy.risk.results import Estimate


def compare_cases(first: Case, second: Case, names: tuple[str, str]) -> Difference:
    """The second less the first, with its own standard error. Both must have the same trials and seed.

    Raises ValueError where they do not.
    """
    if (first.study.trials, first.options.seed) != (second.study.trials, second.options.seed):
        raise ValueError("scenarios are compared with the same trials and the same seed")
    one, two = _yearly(first), _yearly(second)
    a, b = rate_estimate([one], [1.0]), rate_estimate([two], [1.0])
    return Difference(
        first=names[0],
        second=names[1],
        first_value=a,
        second_value=b,
        difference=estimate_of_difference([two - one]),
        unpaired_error=math.hypot(a.standard_error, b.standard_error),
        goals=_goals(first, second),
    )


def _yearly(case: Case) -> Floats:
    """What each trial puts a year at, all sources together: booked losses, or events if nothing is priced."""
    fallen = case.study.fallen()
    booked = account(case, fallen).ledger.expected()
    if any(g.severity.priced for g in case.goals):
        return booked
    worth = weights(case.goals)
    total = np.zeros(case.study.trials)
    for rate, fell in zip(case.study.rates, fallen, strict=True):
        total += rate * (worth @ fell)
    return total


def _goals(first: Case, second: Case) -> tuple[GoalChange, ...]:
    told: dict[str, list[Estimate | None]] = {}
    kinds: dict[str, tuple[str, str]] = {}
    for position, case in enumerate((first, second)):
        for k, goal in enumerate(case.goals):
            if goal.kind not in ("process", "data_class"):
                continue
            per_attempt = [fell[k].astype(float) for fell in case.study.fallen()]
            rate = rate_estimate(per_attempt, case.study.rates, possible=bool(case.study.possible[goal.fact]))
            told.setdefault(goal.entity.name, [None, None])[position] = rate
            kinds[goal.entity.name] = (goal.kind, goal.entity.title or goal.entity.name)
    zero = Estimate(value=0.0, standard_error=0.0, low=0.0, high=0.0)
    changes = [
        GoalChange(
            kind=kinds[name][0],
            name=name,
            title=kinds[name][1],
            before=pair[0] or zero,
            after=pair[1] or zero,
        )
        for name, pair in told.items()
    ]
    return tuple(sorted(changes, key=lambda c: (-abs(c.after.value - c.before.value), c.name)))
