"""People differ: how easily each is deceived follows a beta distribution over the members of a group.

One member with susceptibility p falls for a lure with probability p, for each lure anew; p is the member's
own and stays. Over the group p follows Beta(a, b). Then clicks of one member among n lures are beta-binomial
(a few fall again and again), while of n members who get one lure each anybody falls with
1 - product of (1 - p_i), whose expectation over independent members is 1 - (1 - a / (a + b))^n: how much
they differ does not matter then. Where one p holds for all n (they are alike, and what is uncertain is how
good the lure is) it is 1 - E[(1 - p)^n] = 1 - B(a, b + n) / B(a, b), which is less.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from panacea_policy.compiler import Entity
from panacea_policy.model import Distribution
from panacea_policy.model.distributions import Beta
from panacea_policy.risk import inputs
from panacea_policy.risk.graph import Floats, Ints
from panacea_policy.risk.results import GroupOfStaff
from panacea_policy.risk.severity import spread

if TYPE_CHECKING:
    from panacea_policy.compiler import AttackGraph, Model

#: How many clicks the table of repeat clickers counts up to.
REPEATS = 3

#: More members than these change no chance that is worth telling.
MOST_MEMBERS = 1_000_000

#: Points at which a law that is no beta is looked at.
_POINTS = 400


def clicks_of_one(law: Distribution, lures: int) -> Floats:
    """The probability that a random member clicks k of ``lures`` lures, k = 0 … lures, shape (lures + 1,).

    Beta-binomial for a beta law: C(n, k) B(a + k, b + n - k) / B(a, b) (Skellam 1948); other laws are
    averaged over their percentiles.
    """
    numbers = range(lures + 1)
    counts = np.arange(lures + 1)
    choose = np.array([_log_choose(lures, k) for k in numbers])
    if isinstance(law, Beta):
        logs = [
            choose[k] + _log_beta(law.a + k, law.b + lures - k) - _log_beta(law.a, law.b) for k in numbers
        ]
        return np.asarray(np.exp(logs), dtype=np.float64)
    points = np.clip([law.percentile((j + 0.5) / _POINTS) for j in range(_POINTS)], 0.0, 1.0)
    terms = np.exp(choose)[None, :] * points[:, None] ** counts * (1 - points[:, None]) ** (lures - counts)
    return np.asarray(terms.mean(axis=0), dtype=np.float64)


def repeat_clickers(law: Distribution, lures: int, most: int = REPEATS) -> tuple[float, ...]:
    """The expected share of members with at least 1, 2 … ``most`` clicks among ``lures`` lures."""
    chances = clicks_of_one(law, lures)
    return tuple(float(chances[k:].sum()) for k in range(1, most + 1))


def homogeneous(mean: float, lures: int, most: int = REPEATS) -> tuple[float, ...]:
    """The same if every member had the susceptibility ``mean``: binomial."""
    chances = [
        math.exp(_log_choose(lures, k)) * mean**k * (1 - mean) ** (lures - k) for k in range(lures + 1)
    ]
    return tuple(math.fsum(chances[k:]) for k in range(1, most + 1))


def any_lure(law: Distribution, lures: int) -> float:
    """That one random member falls for at least one of ``lures`` lures: 1 - B(a, b + n) / B(a, b)."""
    return 1.0 - float(clicks_of_one(law, lures)[0])


def anybody_alike(law: Distribution, members: int) -> float:
    """That of ``members`` who all have one and the same susceptibility, drawn from ``law``, at least one
    falls for a lure: 1 - E[(1 - p)^n]. It is :func:`any_lure`: n lures to one, or one lure to n alike.
    """
    return any_lure(law, members)


def anybody(mean: float, members: float, odds: float = 1.0) -> float:
    """That of ``members`` independent members who get one lure each at least one falls for it.

    ``odds``: how much this lure or campaign changes the odds for each of them. Raises ValueError for what is
    no probability or no number of members.
    """
    if not 0 <= mean <= 1 or members < 0 or odds < 0:
        raise ValueError("a mean in [0, 1], and members and odds of at least 0, are needed")
    return -math.expm1(members * math.log1p(-p)) if (p := by_odds(mean, odds)) < 1 else float(members > 0)


def by_odds(p: float, ratio: float) -> float:
    """The probability whose odds are ``ratio`` times those of ``p``."""
    return ratio * p / (1 - p + ratio * p) if p < 1 else (1.0 if ratio > 0 else 0.0)


def odds_ratio(hits: int, total: int, other_hits: int, other_total: int) -> float:
    """The odds of the first group over those of the second; infinite or zero where a cell is empty."""
    top, bottom = hits * (other_total - other_hits), (total - hits) * other_hits
    return math.inf if bottom == 0 else top / bottom


def effectiveness(hits: int, total: int, other_hits: int, other_total: int) -> float:
    """1 less the ratio of risks: by which share the first group's risk is below the second's."""
    return 1.0 - (hits / total) / (other_hits / other_total)


def members_met(attack: AttackGraph, model: Model) -> Ints:
    """How many people meet each step instance at once, shape (instances,): of a role's heads the share that
    the step says (`members`), rounded, and at least one; one where a step says nothing.

    They are independent of one another given what is common (that the lure came through is a fact by
    itself), so that the step succeeds with 1 - (1 - p)^n, where p is the mean of their law; how much they
    differ does not matter (:func:`anybody`). Controls lower p, not the chance of the group.
    """
    found = np.ones(len(attack.step), dtype=np.int64)
    for number, info in enumerate(attack.steps):
        step = model.get(info.id)
        share = model.value(step, "members") if step and "members" in step.kind.attributes else None
        if not isinstance(share, int | float):
            continue
        for i in np.flatnonzero(attack.step == number).tolist():
            role = next((v for _, v in attack.bindings[i] if _is_role(model, v)), None)
            heads = inputs.known(model, role, "headcount") if isinstance(role, Entity) else None
            if isinstance(heads, int | float):
                found[i] = min(max(round(share * heads), 1), MOST_MEMBERS)
    return found


def _is_role(model: Model, value: object) -> bool:
    return isinstance(value, Entity) and model.registry.is_a(value.kind.name, "role")


def groups_of_staff(model: Model) -> tuple[GroupOfStaff, ...]:
    """For each role how its members fall for the lures of a year, those most often deceived first."""
    found = []
    # Hundreds of roles may have one law.
    clickers, alike = cache(repeat_clickers), cache(homogeneous)
    for role in model.entities("role"):
        law = spread(inputs.known(model, role, "clicks"))
        lures = spread(inputs.known(model, role, "lures"))
        if law is None or lures is None or law.mean() <= 0 or round(lures.mean()) < 1:
            continue
        number, heads = min(round(lures.mean()), 1000), model.value(role, "headcount")
        headcount = int(heads) if isinstance(heads, int | float) else None
        found.append(
            GroupOfStaff(
                role=role.name,
                title=role.title or role.name,
                headcount=headcount,
                lures=number,
                mean=law.mean(),
                repeat=clickers(law, number),
                anybody=None if headcount is None else anybody(min(law.mean(), 1.0), headcount),
                homogeneous=alike(min(law.mean(), 1.0), number),
            )
        )
    return tuple(sorted(found, key=lambda g: (-g.repeat[-1], g.role)))


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
