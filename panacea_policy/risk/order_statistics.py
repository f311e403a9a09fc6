"""Percentiles of a sample, and how far they may be from those of the law it is drawn from."""

from __future__ import annotations

import math
from collections.abc import Sequence

from panacea_policy.risk.graph import Floats

#: Half width of a 90 % interval in standard errors: the 95th percentile of the standard normal distribution.
Z95 = 1.6448536269514722


def percentiles(ordered: Floats, shares: Sequence[float]) -> list[float]:
    """Percentiles of a sample in ascending order, interpolated linearly: those of `numpy.percentile`, to the
    last bit, in a tenth of its time for a few thousand values.
    """
    found = []
    last = len(ordered) - 1
    for p in shares:
        place = last * p
        below = min(math.floor(place), last)
        part = place - below
        low, high = float(ordered[below]), float(ordered[min(below + 1, last)])
        found.append(high - (high - low) * (1 - part) if part >= 0.5 else low + (high - low) * part)
    return found


def percentile_errors(ordered: Floats, shares: Sequence[float]) -> list[float]:
    """The standard errors of percentiles of a sample in ascending order, from the order statistics that hold
    the true one in 90 % of all cases.

    The number of values below the true percentile is binomial, whatever the law: n p values, give or take
    sqrt(n p (1 - p)) (David and Nagaraja, "Order Statistics", section 7.1). Half the distance between the
    order statistics at 1.645 of these above and below is divided by 1.645.
    """
    n = len(ordered)
    found = []
    for p in shares:
        margin = Z95 * math.sqrt(n * p * (1 - p))
        low = max(0, math.floor(n * p - margin) - 1)
        high = min(n - 1, math.ceil(n * p + margin) - 1)
        found.append(float(ordered[high] - ordered[low]) / (2 * Z95) if n > 1 else 0.0)
    return found


def mean_error(values: Floats) -> float:
    """The standard error of a mean."""
    return float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else 0.0
