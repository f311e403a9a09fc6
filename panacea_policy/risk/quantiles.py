"""Laws as tables of equally likely quantiles, from which the simulation draws."""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np

from panacea_policy.model.distributions import (
    Beta,
    Constant,
    Distribution,
    Lognormal,
    Pert,
    Uniform,
)
from panacea_policy.risk.kernels.form import QUANTILES, Floats

#: Points at which a beta distribution is integrated.
_FINE = 1 << 16


@lru_cache(maxsize=4096)
def table(law: Distribution) -> Floats:
    """The values of a law at the middles of ``QUANTILES`` equally likely parts; never below zero, as time
    does not run back.
    """
    made = np.maximum(_values(law), 0.0)
    made.flags.writeable = False
    return made


def known_beforehand(quantiles: Floats, share: float) -> Floats:
    """The table of a law that is zero in a share of the cases."""
    zeros = min(round(share * QUANTILES), QUANTILES)
    rest = QUANTILES - zeros
    places = ((np.arange(rest) + 0.5) / max(rest, 1) * QUANTILES).astype(np.int64)
    return np.concatenate([np.zeros(zeros), quantiles[places]])


@lru_cache(maxsize=1)
def _middles() -> Floats:
    return (np.arange(QUANTILES) + 0.5) / QUANTILES


@lru_cache(maxsize=1)
def _normal() -> Floats:
    standard = NormalDist()
    return np.array([standard.inv_cdf(p) for p in _middles().tolist()])


def _values(law: Distribution) -> Floats:
    p = _middles()
    if isinstance(law, Constant):
        return np.full(QUANTILES, law.value)
    if isinstance(law, Lognormal):
        return np.exp(law.mu + law.sigma * _normal())
    if isinstance(law, Uniform):
        return law.low + p * (law.high - law.low)
    if isinstance(law, Pert) and law.high > law.low:
        width = law.high - law.low
        a, b = 1 + 4 * (law.mode - law.low) / width, 1 + 4 * (law.high - law.mode) / width
        return law.low + width * _beta(a, b)
    if isinstance(law, Beta):
        return _beta(law.a, law.b)
    return np.array([law.percentile(each) for each in p.tolist()])


def _beta(a: float, b: float) -> Floats:
    """Quantiles of a beta distribution: the density summed over a fine grid, and read backwards.

    The grid is fine at both ends, where the density may have poles: x = sin(t)**2, dx = 2 sin t cos t dt.
    """
    t = (np.arange(_FINE) + 0.5) * (np.pi / 2 / _FINE)
    sine, cosine = np.sin(t), np.cos(t)
    log_density = (2 * a - 1) * np.log(sine) + (2 * b - 1) * np.log(cosine)
    mass = np.cumsum(np.exp(log_density - log_density.max()))
    edges = np.sin((np.arange(_FINE) + 1) * (np.pi / 2 / _FINE)) ** 2
    made: Floats = np.interp(_middles(), mass / mass[-1], edges)
    return made
