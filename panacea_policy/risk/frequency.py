"""How often attempts are made, and what stays the same from one to the next.

Attempts of source a arrive as a Poisson process of rate R_a per year. Where R_a is uncertain it has a law,
and the process is mixed: each year has its own rate. Where attempts share a world, what is common to many
steps is drawn once for all of them: trials ``A w`` to ``A w + A - 1`` are attempts in world w, and one year
takes place in one world. Both leave expected values as they are and change the distribution: a year without
any event has the probability E[exp(-sum of R_a p_a)] over worlds and rates, which is at least exp(-E[sum of
R_a p_a]) (Jensen).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from panacea_policy.model import Distribution
from panacea_policy.risk.attempts import Source
from panacea_policy.risk.graph import Bools, Floats
from panacea_policy.risk.losses import agreed
from panacea_policy.risk.order_statistics import Z95
from panacea_policy.risk.quantiles import table
from panacea_policy.risk.results import Estimate
from panacea_policy.risk.simulate import generator


class Recurring(Protocol):
    """What is tried again and again: at a rate per year, whose law is ``frequency`` where it is uncertain."""

    @property
    def name(self) -> str: ...
    @property
    def rate(self) -> float: ...
    @property
    def frequency(self) -> Distribution | None: ...


def yearly_rates(source: Recurring, years: int, seed: int) -> Floats:
    """The rate of attempts in each of some simulated years, shape (years,)."""
    if source.frequency is None:
        return np.full(years, source.rate)
    rng = generator(seed, b"rate of " + source.name.encode(), 0)
    return np.maximum(source.frequency.sample(rng, years), 0.0)


def rates_of(source: Recurring) -> Floats:
    """The rate of attempts at equally likely points of its law."""
    return np.array([source.rate]) if source.frequency is None else table(source.frequency)


def no_event(source: Source, chance: float, years: float) -> float:
    """The probability of no event within some years, when each attempt brings one with this chance."""
    return float(np.exp(-rates_of(source) * chance * years).mean())


def any_event(
    sources: Sequence[Source], fell: Sequence[Bools], rate: Estimate, years: float, together: int = 1
) -> Estimate:
    """The probability of at least one event within some years; ``fell[source][trial]``: whether it happened.

    ``rate`` is the simulated rate of events per year: its bounds and its standard error carry over. Where
    ``together`` attempts share a world, both come from the worlds.
    """
    if together > 1 and rate.value > 0:
        return _in_worlds(sources, fell, rate, years, together)
    chances = [float(f.mean()) if len(f) else 0.0 for f in fell]
    # What could still happen although no trial showed it is laid to the most active source.
    busiest = max(range(len(sources)), key=lambda k: sources[k].rate, default=0)

    def at(events: float) -> float:
        """The probability at another rate of events per year, all chances being higher or lower alike."""
        some = [c * events / rate.value for c in chances] if rate.value > 0 else [0.0] * len(chances)
        if rate.value <= 0 and events > 0:
            some[busiest] = events / sources[busiest].rate
        return 1.0 - math.prod(no_event(s, min(1.0, c), years) for s, c in zip(sources, some, strict=True))

    value = at(rate.value)
    step = 1e-4 * rate.value
    slope = (at(rate.value + step) - at(rate.value - step)) / (2 * step) if step else 0.0
    return Estimate(
        value=value, standard_error=slope * rate.standard_error, low=at(rate.low), high=at(rate.high)
    )


def _in_worlds(
    sources: Sequence[Source], fell: Sequence[Bools], rate: Estimate, years: float, together: int
) -> Estimate:
    worlds = len(fell[0]) // together
    if not worlds:
        return Estimate(value=0.0, standard_error=0.0, low=0.0, high=1.0)
    none = np.ones(worlds)
    for source, f in zip(sources, fell, strict=True):
        hits = f[: worlds * together].reshape(worlds, together).sum(axis=1)
        none *= _no_hit(source, together, years)[hits]
    value = 1.0 - float(none.mean())
    error = float(none.std(ddof=1)) / math.sqrt(worlds) if worlds > 1 else 0.0
    margin = Z95 * error
    low, high = (value - margin, value + margin) if none.min() < none.max() else agreed(value, worlds, 1.0)
    return Estimate(value=value, standard_error=error, low=max(0.0, low), high=min(1.0, high))


def _no_hit(source: Source, together: int, years: float) -> Floats:
    """By the number of hits among the attempts of a world, the probability that a year in it has none.

    The first n attempts of a year are n of the world's, drawn without putting back, so that the estimate is
    that of exp(-R p) without bias, but for years of more attempts than the world has: these show the whole.
    """
    counts = np.arange(together + 1)
    means = rates_of(source) * years
    with np.errstate(divide="ignore"):
        logs = np.log(means)[:, None] * counts
    logs[means == 0.0] = np.where(counts == 0, 0.0, -np.inf)
    factorials = np.array([math.lgamma(n + 1) for n in counts.tolist()])
    poisson = np.exp(logs - means[:, None] - factorials).mean(axis=0)
    poisson[together] += max(0.0, 1.0 - float(poisson.sum()))
    ways = np.array(
        [
            [math.comb(together - k, n) / math.comb(together, n) for n in counts.tolist()]
            for k in counts.tolist()
        ]
    )
    found: Floats = ways @ poisson
    return found


def losses_in_worlds(
    sources: Sequence[Recurring],
    per_attempt: Sequence[Floats],
    together: int,
    *,
    years: int,
    seed: int,
    horizon: float = 1.0,
    counted: float = 1.0,
) -> Floats:
    """The losses of some simulated periods of ``horizon`` years, each of which takes place in one world.

    ``per_attempt[source][trial]`` is what an attempt costs. A period's attempts are different ones of its
    world as long as there are such. ``counted``: the share of a period whose attempts count.
    """
    total = np.zeros(years)
    worlds = max(1, len(per_attempt[0]) // together) if per_attempt else 1
    rng, when = generator(seed, b"worlds", 0), generator(seed, b"worlds in part", 0)
    world = rng.integers(0, worlds, size=years)
    for source, losses in zip(sources, per_attempt, strict=True):
        number = rng.poisson(yearly_rates(source, years, seed) * horizon)
        period = np.repeat(np.arange(years), number)
        nth = np.arange(len(period)) - np.repeat(np.cumsum(number) - number, number)
        first = rng.integers(0, together, size=years)
        attempt = world[period] * together + (first[period] + nth) % together
        attempt = np.minimum(attempt, len(losses) - 1)
        cost = losses[attempt]
        if counted < 1.0:
            cost = cost * (when.random(len(cost)) < counted)
        total += np.bincount(period, weights=cost, minlength=years)
    return total
