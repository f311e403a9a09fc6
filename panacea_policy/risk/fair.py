"""One scenario of FAIR (Open Group C20B), vectorised: how often threats succeed, and what each one costs.

Threat events arrive as a Poisson process of rate TEF; each becomes a loss event with the vulnerability, given
outright or as the chance that threat capability exceeds resistance strength; each loss event has a primary
loss, and with the secondary frequency a secondary one. The annual loss is the sum over events, each with its
own severity: loss event frequency times one loss, as other tools have it, is not offered here.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from panacea_policy.model.distributions import (
    Beta,
    Constant,
    Distribution,
    Lognormal,
    Pert,
    Triangular,
    Uniform,
)
from panacea_policy.risk.graph import Floats
from panacea_policy.risk.simulate import generator

#: Years that are simulated together, so that what is held fits the cache.
_BLOCK = 16_384

#: Points on which the chance that capability exceeds resistance is worked out.
_POINTS = 2048


_ALWAYS = Constant(1.0)


@dataclass(frozen=True)
class Loss:
    """What one loss event costs, as laws of money; their sum is the loss. ``chance``: how often it comes."""

    magnitudes: tuple[Distribution, ...]
    chance: Distribution = _ALWAYS

    def mean(self) -> float:
        """Its expected value per loss event."""
        return self.chance.mean() * math.fsum(law.mean() for law in self.magnitudes)

    def second(self) -> float:
        """The expected square per loss event; parts are independent."""
        mean = math.fsum(law.mean() for law in self.magnitudes)
        variance = math.fsum(variance_of(law) for law in self.magnitudes)
        return self.chance.mean() * (variance + mean**2)


@dataclass(frozen=True)
class Scenario:
    """A scenario: ``frequency`` in threat events per year (a law: the rate is uncertain, and drawn once per
    year), ``vulnerability`` in [0, 1] or ``capability`` against ``resistance`` on one scale.
    """

    frequency: Distribution
    primary: Loss
    secondary: Loss | None = None
    vulnerability: Distribution | None = None
    capability: Distribution | None = None
    resistance: Distribution | None = None

    def __post_init__(self) -> None:
        by_strength = self.capability is not None and self.resistance is not None
        if (self.vulnerability is not None) == by_strength:
            raise ValueError("a vulnerability is needed, or a capability and a resistance, not both")
        if (
            self.vulnerability is not None
            and not 0 <= min(self.vulnerability.support()) <= max(self.vulnerability.support()) <= 1
        ):
            raise ValueError("a vulnerability must stay between 0 and 1")
        if self.frequency.support()[0] < 0:
            raise ValueError("a frequency must not be negative")

    def chance(self) -> float:
        """The expected chance that a threat event becomes a loss event."""
        if self.vulnerability is not None:
            return min(1.0, max(0.0, self.vulnerability.mean()))
        return exceeds(self.capability, self.resistance)  # type: ignore[arg-type]

    def mean(self) -> float:
        """The expected annual loss in closed form: E[TEF] E[V] E[X]."""
        return self.frequency.mean() * self.chance() * self._mean_loss()

    def variance(self) -> float:
        """The variance of the annual loss in closed form.

        Given rate and vulnerability the sum is compound Poisson: Var = E[R V] E[X^2] + Var[R V] E[X]^2.
        """
        rate, chance = self.frequency, self.chance()
        spread = variance_of(self.vulnerability) if self.vulnerability is not None else 0.0
        joint = (variance_of(rate) + rate.mean() ** 2) * (spread + chance**2) - (rate.mean() * chance) ** 2
        return rate.mean() * chance * self._second() + joint * self._mean_loss() ** 2

    def _mean_loss(self) -> float:
        return self.primary.mean() + (self.secondary.mean() if self.secondary else 0.0)

    def _second(self) -> float:
        if self.secondary is None:
            return self.primary.second()
        return (
            self.primary.second() + self.secondary.second() + 2 * self.primary.mean() * self.secondary.mean()
        )

    def simulate(self, years: int, seed: int = 1) -> Floats:
        """The losses of so many independent years, shape (years,)."""
        found = np.empty(years)

        def fill(block: int) -> None:
            part = found[block * _BLOCK : (block + 1) * _BLOCK]
            part[:] = self._years(generator(seed, b"fair", block), len(part))

        # Each block has a stream of its own, so the number of threads does not matter; NumPy leaves the lock.
        with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
            list(pool.map(fill, range(-(-years // _BLOCK))))
        return found

    def _years(self, rng: np.random.Generator, size: int) -> Floats:
        chance = self.vulnerability or Constant(self.chance())
        counts = _counts(self.frequency, chance)
        if counts is None:
            ends = _ends(draws(self.frequency, rng, size) * draws(chance, rng, size), rng)
        else:
            ends = np.cumsum(np.searchsorted(counts, rng.random(size), side="right"))
        events = int(ends[-1])
        losses = _drawn(self.primary, rng, events)
        if self.secondary is not None:
            losses += _drawn(self.secondary, rng, events)
        return _summed(losses, ends)


def _drawn(loss: Loss, rng: np.random.Generator, events: int) -> Floats:
    """The losses of so many events."""
    if isinstance(loss.chance, Constant) and loss.chance.value >= 1:
        chosen = None
        size = events
    else:
        chosen = np.flatnonzero(rng.random(events) < draws(loss.chance, rng, events))
        size = len(chosen)
    total = np.zeros(size)
    for law in loss.magnitudes:
        total += draws(law, rng, size)
    if chosen is None:
        return total
    spread = np.zeros(events)
    spread[chosen] = total
    return spread


#: Cells of equal probability of a rate or a chance, whose means stand for them in the law of counts.
_COARSE = 128


@lru_cache(maxsize=64)
def _counts(rate: Distribution, chance: Distribution) -> Floats | None:
    """The cumulative law of the number of loss events of a year, 0, 1 …; None where it is not worked out.

    Years are independent, and so are their rates: the number of events is Poisson at rate times chance, mixed
    over both, which is one law for all years. Taken over 128 x 128 cells of equal probability, each at its
    mean: the mean number is right, the variance to 1e-4. Unbounded laws and very many events are left out.
    """
    rates, chances = _coarse(rate), _coarse(chance)
    if rates is None or chances is None:
        return None
    expected = np.outer(rates, chances).ravel()
    top = float(expected.max())
    most = math.ceil(top + 12 * math.sqrt(top) + 20)
    if top > 500 or most * len(expected) > 5_000_000:
        return None
    term, found = np.exp(-expected), []
    for k in range(most):
        found.append(float(term.mean()))
        term *= expected / (k + 1)
    reached = np.cumsum(found)
    return np.asarray(np.minimum(reached / reached[-1], 1.0), dtype=np.float64)


def _coarse(law: Distribution) -> Floats | None:
    """The means of cells of equal probability of a bounded law; None for others."""
    if isinstance(law, Constant) or law.support()[0] == law.support()[1]:
        return np.array([law.mean()])
    if isinstance(law, Pert):
        low, width = _cells(law)
        return np.asarray((low + width / 2).reshape(_COARSE, -1).mean(axis=1))
    if isinstance(law, Uniform):
        return law.low + (law.high - law.low) * (np.arange(_COARSE) + 0.5) / _COARSE
    return None


def _ends(rate: Floats, rng: np.random.Generator) -> np.ndarray:
    """How many events there were by the end of each year, years having these rates.

    The years lie behind each other as stretches of the length of their rates, and the events are a Poisson
    process of unit rate over them: its gaps are exponential. That is three times faster than a draw of a
    count for every year.
    """
    whole = np.cumsum(rate)
    last = float(whole[-1])
    places = np.zeros(0)
    while not len(places) or places[-1] < last:
        missing = last - (float(places[-1]) if len(places) else 0.0)
        more = np.cumsum(rng.standard_exponential(int(missing + 6 * math.sqrt(missing)) + 20))
        places = np.concatenate([places, more + (places[-1] if len(places) else 0.0)])
    return np.searchsorted(places, whole)


def _summed(losses: Floats, ends: np.ndarray) -> Floats:
    """The sums of consecutive stretches that end there, by differences of running sums.

    Rounding is that of the running sum of one block: below 1e-10 of its total. A year without event is
    exactly zero.
    """
    running = np.empty(len(losses) + 1)
    running[0] = 0.0
    np.cumsum(losses, out=running[1:])
    return np.diff(running.take(ends), prepend=0.0)


def draws(law: Distribution, rng: np.random.Generator, size: int) -> Floats:
    """Draws of a law; of a PERT by its inverse, piecewise linear: six times faster than rejection."""
    if not isinstance(law, Pert) or law.high == law.low:
        return law.sample(rng, size)
    low, width = _cells(law)
    # 24 random bits: 12 for the cell, 12 for the place in it.
    place = rng.random(size, dtype=np.float32)
    place *= np.float32(_CELLS)
    cell = place.astype(np.int32)
    place -= cell
    drawn: Floats = width.take(cell)
    drawn *= place
    drawn += low.take(cell)
    return drawn


#: Cells of equal probability of the inverse, and points that the density of a PERT is integrated on.
_CELLS, _GRID = 4096, 65_537


@lru_cache(maxsize=64)
def _cells(law: Pert) -> tuple[Floats, Floats]:
    """Where cells of equal probability begin, and how wide they are: between percentiles 0, 1 / 4096 … 1 of
    a PERT, whose shapes are at least 1, by Simpson's rule over its density. The mean of what is drawn is
    within 1e-5 of the whole width.
    """
    whole = law.high - law.low
    a, b = 4 * (law.mode - law.low) / whole, 4 * (law.high - law.mode) / whole
    x = np.linspace(0.0, 1.0, 2 * _GRID - 1)
    density = x**a * (1 - x) ** b
    pieces = (density[:-2:2] + 4 * density[1:-1:2] + density[2::2]) / 6
    reached = np.concatenate([[0.0], np.cumsum(pieces)])
    edges = np.interp(np.linspace(0.0, 1.0, _CELLS + 1), reached / reached[-1], x[::2])
    edges = law.low + whole * edges
    return edges[:-1], np.diff(edges)


def exceeds(capability: Distribution, resistance: Distribution) -> float:
    """P(capability > resistance), independent, over equally likely points of both; ties count half."""
    points = [(k + 0.5) / _POINTS for k in range(_POINTS)]
    attack = np.sort([capability.percentile(p) for p in points])
    defence = np.sort([resistance.percentile(p) for p in points])
    below = np.searchsorted(defence, attack, side="left")
    up_to = np.searchsorted(defence, attack, side="right")
    return float((below + up_to).mean() / 2 / _POINTS)


def variance_of(law: Distribution) -> float:
    """The variance of a law: in closed form where there is one, over percentiles otherwise."""
    match law:
        case Constant():
            return 0.0
        case Uniform():
            return (law.high - law.low) ** 2 / 12
        case Triangular():
            a, b, c = law.low, law.high, law.mode
            return (a * a + b * b + c * c - a * b - a * c - b * c) / 18
        case Pert():
            return (law.mean() - law.low) * (law.high - law.mean()) / 7
        case Lognormal():
            return math.expm1(law.sigma**2) * law.mean() ** 2
        case Beta():
            total = law.a + law.b
            return law.a * law.b / (total**2 * (total + 1))
    points = np.array([law.percentile((k + 0.5) / _POINTS) for k in range(_POINTS)])
    return float(points.var())
