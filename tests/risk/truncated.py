"""Lognormal laws from registers that leave small cases out, such as breaches of fewer than 500 people.

Fitting a plain law to what a register shows takes its threshold for the world's: the law comes out too high.
Given that ln X is normal, what lies above the threshold is a truncated normal law; its maximum likelihood
estimate is that whose truncated mean and deviation are the observed ones (an exponential family).

What the library says of such a register (`people_per_breach`) is held against it.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from panacea_policy.model.distributions import Lognormal

_NORMAL = NormalDist()


def from_moments_above(mean: float, deviation: float, least: float) -> Lognormal:
    """The law of all cases, from mean and deviation of the logarithms of those of at least ``least``. Raises
    ValueError for a tail that no lognormal has.
    """
    cut = math.log(least)
    wanted = (mean - cut) / deviation
    if wanted <= 1.0:
        raise ValueError("the values have a heavier tail than any lognormal above this threshold")
    low, high = -40.0, 8.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        if _ratio(middle) > wanted:
            low = middle
        else:
            high = middle
    ratio = _mills(low)
    sigma = deviation / math.sqrt(1 - ratio * (ratio - low))
    return Lognormal(cut - low * sigma, sigma)


def share_above(law: Lognormal, least: float) -> float:
    """The share of all cases that such a register holds."""
    return 1.0 - _NORMAL.cdf((math.log(least) - law.mu) / law.sigma)


def percentile_above(law: Lognormal, p: float, least: float) -> float:
    """What a share ``p`` of the cases in the register does not exceed."""
    below = 1.0 - share_above(law, least)
    return law.percentile(below + p * (1.0 - below))


def _ratio(at: float) -> float:
    """(mean - threshold) / deviation of a standard normal law above ``at``; falls with it, towards 1."""
    ratio = _mills(at)
    return (ratio - at) / math.sqrt(1 - ratio * (ratio - at))


def _mills(at: float) -> float:
    """The inverse Mills ratio: density over the probability of more."""
    return _NORMAL.pdf(at) / (0.5 * math.erfc(at / math.sqrt(2)))
