"""Annual losses as a compound process: a random number of events, each with its own severity.

Attempts of source a arrive as a Poisson process of rate R_a per year; each brings a loss X_a, zero where it
fails. Where the rate itself is uncertain, R_a has a law and the process is mixed: in every simulated year the
rate is drawn first. Beside the simulation stand closed forms (mean, variance, probability of a year without
loss) and, for known rates, the recursion of Panjer (1981): three ways to the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from panacea_policy.model import Distribution
from panacea_policy.risk.frequency import losses_in_worlds, rates_of, yearly_rates
from panacea_policy.risk.graph import Floats
from panacea_policy.risk.simulate import generator

#: What draws of simulated years are made under.
ANNUAL = b"annual losses"

#: How many simulated years are held in memory at once.
_YEARS = 100_000

#: Events of one block of years that are held in memory at once; more are drawn in turns.
_EVENTS = 4_000_000


@dataclass(frozen=True)
class Claims:
    """What attempts of one source bring, trial by trial: losses, and what an insurance would look at.

    ``rate``: attempts per year; ``frequency``: its law where it is uncertain, with the same mean.
    """

    rate: float
    losses: Floats
    insured: Floats | None = None
    frequency: Distribution | None = None
    name: str = ""


@dataclass(frozen=True)
class Moments:
    """Closed forms of a compound process over one horizon."""

    mean: float
    variance: float
    none: float

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        return math.sqrt(self.variance)


def moments(claims: Sequence[Claims], horizon: float = 1.0) -> Moments:
    """E = sum of E[R] h E[X]; Var = sum of E[R] h E[X^2] + Var[R] h^2 E[X]^2; P(0) = product of
    E[exp(-R h P(X > 0))]. Sources are independent.
    """
    mean = variance = 0.0
    none = 1.0
    for each in claims:
        first, second = float(each.losses.mean()), float((each.losses**2).mean())
        costly = float((each.losses > 0).mean())
        rates = np.maximum(rates_of(each), 0.0)
        mean += each.rate * horizon * first
        variance += each.rate * horizon * second + float(rates.var()) * (horizon * first) ** 2
        none *= float(np.exp(-rates * horizon * costly).mean())
    return Moments(mean, variance, none)


def annual(
    claims: Sequence[Claims],
    *,
    years: int,
    seed: int,
    horizon: float = 1.0,
    key: bytes = ANNUAL,
    together: int = 1,
    in_force: float = 1.0,
) -> tuple[Floats, Floats]:
    """Losses and insured losses of ``years`` independent periods of ``horizon`` years, each of shape
    (years,).

    Only attempts that cost something are drawn (thinning of the Poisson process): their number is Poisson,
    their loss that of a random costly trial of the same source. Where ``together`` trials share a world, each
    period takes place in one of these instead. ``in_force``: the share of a period in which losses are
    insured; an event falls into it with this chance.
    """
    if together > 1:
        total, insured = (
            losses_in_worlds(claims, losses, together, years=years, seed=seed, horizon=horizon, counted=share)
            for losses, share in (
                ([each.losses for each in claims], 1.0),
                ([np.zeros_like(e.losses) if e.insured is None else e.insured for e in claims], in_force),
            )
        )
        return total, insured
    # When events fall is drawn apart, so that gross losses do not depend on it.
    rng, when = generator(seed, key, 0), generator(seed, key + b" in force", 0)
    total, insured = np.zeros(years), np.zeros(years)
    for each in claims:
        costly = np.flatnonzero(each.losses > 0)
        if not len(costly) or each.rate <= 0:
            continue
        thinned = horizon * len(costly) / len(each.losses)
        events = rng.poisson(yearly_rates(each, years, seed) * thinned)
        for first, last in _turns(events):
            number = events[first:last]
            drawn = costly[rng.integers(0, len(costly), size=int(number.sum()))]
            year = np.repeat(np.arange(len(number)), number)
            total[first:last] += np.bincount(year, weights=each.losses[drawn], minlength=len(number))
            if each.insured is not None:
                paid = each.insured[drawn]
                if in_force < 1.0:
                    paid = paid * (when.random(len(paid)) < in_force)
                insured[first:last] += np.bincount(year, weights=paid, minlength=len(number))
    return total, insured


def _turns(events: np.ndarray) -> list[tuple[int, int]]:
    """Stretches of years with no more events than fit in memory."""
    if len(events) <= _YEARS and int(events.sum()) <= _EVENTS:
        return [(0, len(events))]
    turns, first, held = [], 0, 0
    for last, number in enumerate(events.tolist()):
        if last > first and (held + number > _EVENTS or last - first >= _YEARS):
            turns.append((first, last))
            first, held = last, 0
        held += number
    turns.append((first, len(events)))
    return turns


@dataclass(frozen=True)
class Lattice:
    """A distribution on 0, h, 2h …: ``probability[k]`` that of ``k * step``."""

    step: float
    probability: Floats

    def cumulative(self) -> Floats:
        """The probability of at most ``k * step``."""
        return np.cumsum(self.probability)

    def quantile(self, p: float) -> float:
        """The smallest point that a share ``p`` does not exceed; infinite where the lattice ends before."""
        reached = np.flatnonzero(self.cumulative() >= p)
        return float(reached[0]) * self.step if len(reached) else math.inf

    def mean(self) -> float:
        """The mean of the part that the lattice holds."""
        return float((np.arange(len(self.probability)) * self.probability).sum()) * self.step


def severity_lattice(claims: Sequence[Claims], step: float, size: int) -> tuple[float, Floats]:
    """The rate of events per year, and the law of their losses on a lattice that keeps each loss's mean.

    A loss between two points is split between them (dispersal that keeps the mean); what lies beyond the last
    point is put there.
    """
    masses = np.zeros(size)
    total = 0.0
    for each in claims:
        costly = each.losses[each.losses > 0]
        if not len(costly) or each.rate <= 0:
            continue
        weight = each.rate / len(each.losses)
        place = np.minimum(costly / step, size - 1.0)
        low = np.minimum(np.floor(place).astype(np.int64), size - 2)
        upper = place - low
        masses += np.bincount(low, weights=weight * (1 - upper), minlength=size)
        masses += np.bincount(low + 1, weights=weight * upper, minlength=size)
        total += weight * len(costly)
    return total, masses / total if total > 0 else masses


def panjer(rate: float, severity: Floats, step: float, horizon: float = 1.0) -> Lattice:
    """The law of a compound Poisson sum by Panjer's recursion (ASTIN Bulletin 12, 1981).

    g(0) = exp(L (f(0) - 1)); g(k) = L / k * sum of j f(j) g(k - j). Raises ValueError for so many events
    that g(0) is below the smallest number.
    """
    mean = rate * horizon
    start = mean * (float(severity[0]) - 1.0)
    if start < -700:
        raise ValueError("too many events for the recursion: the probability of none cannot be written")
    size = len(severity)
    weights = np.arange(size) * severity
    found = np.zeros(size)
    found[0] = math.exp(start)
    for k in range(1, size):
        found[k] = mean / k * float(weights[1 : k + 1] @ found[k - 1 :: -1][:k])
    return Lattice(step, found)


def by_panjer(claims: Sequence[Claims], *, size: int = 4096, horizon: float = 1.0) -> Lattice | None:
    """The law of the annual loss by recursion; None where a rate is uncertain or events are too many."""
    if any(each.frequency is not None for each in claims):
        return None
    closed = moments(claims, horizon)
    if closed.mean <= 0:
        return None
    step = (closed.mean + 12 * closed.deviation) / size
    rate, severity = severity_lattice(claims, step, size)
    try:
        return panjer(rate, severity, step, horizon)
    except ValueError:
        return None
