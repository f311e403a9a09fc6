"""From attempts to events to money: compound Poisson losses.

Attempts of threat actor a arrive as a Poisson process of rate r_a per year; each independently reaches the
goal with the simulated chance p_a. Then events have rate r_a p_a (thinning), the mean annual loss is the sum
of r_a E[loss of an attempt], and a year without event has probability exp(-sum r_a p_a).

Draws that are common within an attempt (does an exploit exist?) in truth persist between attempts. That
leaves all expected values as they are and makes the probability of at least one event smaller (Jensen's
inequality), so that probabilities err on the side of caution unless attempts share a world, see `frequency`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from panacea_policy.risk.graph import Floats
from panacea_policy.risk.order_statistics import mean_error, percentile_errors, tail_mean_error
from panacea_policy.risk.results import Estimate, LossCurve, Quantiles
from panacea_policy.risk.simulate import generator

#: Half width of a 90 % interval in standard errors: the 95th percentile of the standard normal distribution.
Z95 = 1.6448536269514722

#: How many simulated years are held in memory at once.
_YEARS = 100_000


def rate_estimate(
    per_attempt: Sequence[Floats], rates: Sequence[float], *, possible: bool = True, together: int = 1
) -> Estimate:
    """The rate per year of something of which each attempt of source a brings ``per_attempt[a][trial]``.

    Sources share their draws trial by trial, hence the standard error of the sum. ``together`` trials that
    follow each other may depend on each other: their mean counts as one. Where every trial came out
    zero although the thing is possible, the upper bound is that of zero successes in n trials (the rule of
    three).
    """
    n = len(per_attempt[0]) if per_attempt else 0
    if n == 0 or not possible:
        return Estimate(value=0.0, standard_error=0.0, low=0.0, high=0.0)
    yearly = sum((rate * values for rate, values in zip(rates, per_attempt, strict=True)), np.zeros(n))
    if together > 1:
        yearly = np.add.reduceat(yearly, np.arange(0, n, together)) / np.minimum(
            together, n - np.arange(0, n, together)
        )
        n = len(yearly)
    value = float(yearly.mean())
    error = float(yearly.std(ddof=1)) / math.sqrt(n) if n > 1 else 0.0
    high = value + Z95 * error if yearly.any() else sum(rates) * -math.log(0.05) / n
    return Estimate(value=value, standard_error=error, low=max(0.0, value - Z95 * error), high=high)


def quantiles(values: Floats) -> Quantiles | None:
    """Mean and percentiles of the finite values with their standard errors; None where there is none."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return None
    p5, p50, p95 = np.percentile(finite, [5, 50, 95]).tolist()
    errors = percentile_errors(finite, [0.05, 0.5, 0.95])
    return Quantiles(
        mean=float(finite.mean()),
        p5=p5,
        p50=p50,
        p95=p95,
        mean_error=mean_error(finite),
        p5_error=errors[0],
        p50_error=errors[1],
        p95_error=errors[2],
    )


def annual_losses(
    per_attempt: Sequence[Floats],
    rates: Sequence[float | Floats],
    *,
    years: int,
    seed: int,
    horizon: float = 1.0,
) -> Floats:
    """The losses of ``years`` independent simulated periods of ``horizon`` years, in money.

    Only attempts that cost something are drawn (thinning): their number is Poisson, their loss that of a
    random costly trial of the same source. A rate that is uncertain is given for each of the years.
    """
    rng = generator(seed, b"annual losses", 0)
    total = np.zeros(years)
    for losses, rate in zip(per_attempt, rates, strict=True):
        costly = losses[losses > 0]
        if not len(costly) or not np.any(np.asarray(rate) > 0):
            continue
        events = rng.poisson(rate * horizon * len(costly) / len(losses), size=years)
        for first in range(0, years, _YEARS):
            number = events[first : first + _YEARS]
            drawn = costly[rng.integers(0, len(costly), size=int(number.sum()))]
            year = np.repeat(np.arange(len(number)), number)
            total[first : first + _YEARS] += np.bincount(year, weights=drawn, minlength=len(number))
    return total


def loss_curve(losses: Floats, mean: Estimate) -> LossCurve:
    """The distribution of simulated annual losses, with ``mean`` from the closed form rate x severity."""
    p5, p50, p90, p95, p99 = np.percentile(losses, [5, 50, 90, 95, 99]).tolist()
    tail = losses[losses >= p95]
    grid = [
        0.9,
        0.75,
        0.5,
        0.4,
        0.3,
        0.25,
        0.2,
        0.15,
        0.1,
        0.075,
        0.05,
        0.035,
        0.02,
        0.01,
        0.005,
        0.002,
        0.001,
    ]
    exceeded = tuple((share, float(np.quantile(losses, 1 - share))) for share in grid)
    return LossCurve(
        mean=mean,
        p5=p5,
        p50=p50,
        p90=p90,
        p95=p95,
        p99=p99,
        tail_mean=float(tail.mean()) if len(tail) and p95 > 0 else 0.0,
        none=float((losses <= 0).mean()),
        exceedance=exceeded,
        **dict(
            zip(
                ("p5_error", "p50_error", "p90_error", "p95_error", "p99_error"),
                percentile_errors(losses, [0.05, 0.5, 0.9, 0.95, 0.99]),
                strict=True,
            )
        ),
        tail_mean_error=tail_mean_error(losses, 0.95),
        none_error=mean_error((losses <= 0).astype(float)),
    )
