"""From attempts to events: rates, probabilities, percentiles. Costs: :mod:`panacea_policy.risk.loss`.

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
from panacea_policy.risk.order_statistics import Z95, mean_error, percentile_errors, percentiles
from panacea_policy.risk.results import Estimate, Quantiles


def rate_estimate(
    per_attempt: Sequence[Floats], rates: Sequence[float], *, possible: bool = True, together: int = 1
) -> Estimate:
    """The rate per year of something of which each attempt of source a brings ``per_attempt[a][trial]``.

    Sources share their draws trial by trial, hence the standard error of the sum. ``together`` trials that
    follow each other may depend on each other: their mean counts as one. Where all trials agree, no spread
    tells how far they may be from the truth: see `agreed`.
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
    if not yearly.any():
        return Estimate(
            value=0.0, standard_error=0.0, low=0.0, high=sum(rates) * min(1.0, -math.log(0.05) / n)
        )
    if yearly.min() == yearly.max():
        most = sum(
            rate * max(1.0, float(values.max())) for rate, values in zip(rates, per_attempt, strict=True)
        )
        low, high = agreed(value, n, most)
        return Estimate(value=value, standard_error=error, low=low, high=high)
    low = max(0.0, value - Z95 * error)
    return Estimate(value=value, standard_error=error, low=low, high=value + Z95 * error)


def agreed(value: float, n: int, most: float) -> tuple[float, float]:
    """The 90 % interval of a mean of which n trials all showed the same ``value``, and none can show less
    than zero or more than ``most``.

    If a trial is otherwise with probability q, n agree with (1 - q)**n, which is 5 % at q = 1 - 0.05**(1/n):
    that share may be zero, at one end, or ``most``, at the other. With a value of zero the upper end is that
    of the rule of three (J. A. Hanley and A. Lippman-Hand, "If nothing goes wrong, is everything all right?",
    JAMA 249(13), 1983).
    """
    unseen = -math.expm1(math.log(0.05) / n)
    return value * (1.0 - unseen), value + max(0.0, most - value) * unseen


def quantiles(values: Floats) -> Quantiles | None:
    """Mean and percentiles of the finite values with their standard errors; None where there is none."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return None
    ordered, shares = np.sort(finite), (0.05, 0.5, 0.95)
    p5, p50, p95 = percentiles(ordered, shares)
    errors = percentile_errors(ordered, shares)
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


def weighted_quantiles(values: Sequence[Floats], weights: Sequence[float]) -> Quantiles | None:
    """Mean and percentiles of the finite values of several samples, each value counting its sample's weight.

    None where nothing counts.
    """
    kept = [v[np.isfinite(v)] for v in values]
    every = np.concatenate([*kept, np.zeros(0)])
    weight = np.concatenate([*(np.full(len(v), w) for v, w in zip(kept, weights, strict=True)), np.zeros(0)])
    if not len(every) or weight.sum() <= 0:
        return None
    order = np.argsort(every, kind="stable")
    every, weight = every[order], weight[order]
    reached = np.cumsum(weight) / weight.sum()

    def at(p: float) -> float:
        return float(every[min(int(np.searchsorted(reached, p)), len(every) - 1)])

    mean = float(np.average(every, weights=weight))
    size = float(weight.sum() ** 2 / (weight**2).sum())  # as many values of equal weight tell as much (Kish)

    def error(p: float) -> float:
        margin = Z95 * math.sqrt(p * (1 - p) / size)
        return (at(min(1.0, p + margin)) - at(max(0.0, p - margin))) / (2 * Z95)

    spread = float(np.average((every - mean) ** 2, weights=weight))
    return Quantiles(
        mean=mean,
        p5=at(0.05),
        p50=at(0.5),
        p95=at(0.95),
        mean_error=math.sqrt(spread / size),
        p5_error=error(0.05),
        p50_error=error(0.5),
        p95_error=error(0.95),
    )
