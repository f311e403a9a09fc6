"""Percentiles of a sample, and how far they may be from those of the law it is drawn from."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from panacea_policy.risk.graph import Floats

#: Half of the widths, in standard errors, between the order statistics that a percentile lies between.
_WIDTH = 1.6448536269514722


def percentile_errors(values: Floats, shares: Sequence[float]) -> list[float]:
    """The standard errors of percentiles, from the order statistics that hold the true one in
    90 % of all cases.

    The number of values below the true percentile is binomial, whatever the law: n p values, give or take
    sqrt(n p (1 - p)) (David and Nagaraja, "Order Statistics", section 7.1). Half the distance between the
    order statistics at 1.645 of these above and below is divided by 1.645.
    """
    ordered = np.sort(values)
    n = len(ordered)
    found = []
    for p in shares:
        margin = _WIDTH * math.sqrt(n * p * (1 - p))
        low = max(0, math.floor(n * p - margin) - 1)
        high = min(n - 1, math.ceil(n * p + margin) - 1)
        found.append(float(ordered[high] - ordered[low]) / (2 * _WIDTH) if n > 1 else 0.0)
    return found


def mean_error(values: Floats) -> float:
    """The standard error of a mean."""
    return float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else 0.0


def tail_mean_error(values: Floats, share: float) -> float:
    """The standard error of the mean of the values beyond a percentile.

    Asymptotically (Var(X | X > q) + p (m - q)^2) / (n (1 - p)) is its square, with m the mean beyond q
    (Manistre and Hancock, "Variance of the CTE estimator", North American Actuarial Journal 9(2), 2005).
    """
    q = float(np.quantile(values, share))
    tail = values[values >= q]
    if len(tail) < 2:
        return 0.0
    spread = float(tail.var(ddof=1)) + share * (float(tail.mean()) - q) ** 2
    return math.sqrt(spread / len(tail))
