"""Two inverse distribution functions that Python's standard library lacks; for reports, never per sample."""

from __future__ import annotations

import math


def inverse_beta(p: float, a: float, b: float) -> float:
    """The ``p`` quantile of the beta distribution, by bisection of :func:`regularised_beta` to 1e-12."""
    low, high = 0.0, 1.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        if regularised_beta(middle, a, b) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def regularised_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - regularised_beta(1 - x, b, a)
    log_front = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(log_front) / a * _continued_fraction(x, a, b)


def _continued_fraction(x: float, a: float, b: float) -> float:
    """1 / (1 + d1 / (1 + d2 / (1 + …))) by the modified Lentz method (Thompson and Barnett 1986)."""
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d or tiny)
    value = d
    for m in range(1, 10_000):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / ((1 + numerator * d) or tiny)
            c = (1 + numerator / c) or tiny
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value


def inverse_poisson(p: float, rate: float) -> int:
    """The smallest count whose cumulative probability reaches ``p``.

    Summed term by term from a point ten standard deviations below the mean, where less than 1e-20 lies.
    """
    if rate == 0:
        return 0
    count = max(0, math.floor(rate - 10 * math.sqrt(rate) - 10))
    total = 0.0
    while True:
        total += math.exp(count * math.log(rate) - rate - math.lgamma(count + 1))
        if total >= p or count > rate + 40 * math.sqrt(rate) + 40:
            return count
        count += 1
