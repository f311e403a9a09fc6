"""What a control costs over time, and what it pays: present values, annuities, returns.

Payments: the price at the start, again whenever the lifetime ends within the horizon, and the running cost
at the end of each year (the last year counts as far as the horizon reaches into it). What is left of a
control's life at the end of the horizon is not credited.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from panacea_policy.model.distributions import Constant, Distribution
from panacea_policy.risk.graph import Floats

_NOTHING = Constant(0.0)


@dataclass(frozen=True)
class Horizon:
    """The time that is planned for, in years, and the yearly rate at which later money counts less."""

    years: float = 5.0
    discount: float = 0.04

    def __post_init__(self) -> None:
        if not 0 < self.years <= 100:
            raise ValueError("the horizon must be above 0 and at most 100 years")
        if not 0 <= self.discount < 1:
            raise ValueError("the discount rate must be at least 0 and below 1")

    def at(self, year: float) -> float:
        """What 1 paid after so many years is worth today."""
        return float((1.0 + self.discount) ** -year)

    def annuity(self) -> float:
        """What 1 a year, paid at the end of each year, is worth today."""
        whole = math.floor(self.years + 1e-9)
        part = max(0.0, self.years - whole)
        return sum(self.at(k) for k in range(1, whole + 1)) + (part * self.at(self.years) if part else 0.0)

    def purchases(self, lifetime: float | None) -> float:
        """How many times the price is paid, later ones discounted."""
        if lifetime is None or lifetime <= 0:
            return 1.0
        count = math.ceil(self.years / lifetime - 1e-9)
        return sum(self.at(k * lifetime) for k in range(max(1, count)))

    def present(self, once: float, yearly: float, lifetime: float | None = None) -> float:
        """The present value of everything paid within the horizon."""
        return once * self.purchases(lifetime) + yearly * self.annuity()

    def annual(self, once: float, yearly: float, lifetime: float | None = None) -> float:
        """The same as an equal amount at the end of every year (equivalent annual cost)."""
        return self.present(once, yearly, lifetime) / self.annuity()

    def payments(self, once: float, yearly: float, lifetime: float | None = None) -> tuple[float, ...]:
        """What is paid in each year of the horizon, undiscounted."""
        count = math.ceil(self.years - 1e-9)
        paid = [yearly * min(1.0, self.years - k) for k in range(count)]
        times = 1 if lifetime is None or lifetime <= 0 else max(1, math.ceil(self.years / lifetime - 1e-9))
        for k in range(times):
            paid[min(count - 1, int(k * (lifetime or 0.0) + 1e-9))] += once
        return tuple(paid)


@dataclass(frozen=True)
class Price:
    """What a control costs: laws of what is paid once and of what is paid each year; lifetime in years."""

    once: Distribution = _NOTHING
    yearly: Distribution = _NOTHING
    lifetime: float | None = None
    stated: bool = True

    def present(self, horizon: Horizon) -> float:
        """The expected present value within the horizon."""
        return horizon.present(self.once.mean(), self.yearly.mean(), self.lifetime)

    def sampled(self, horizon: Horizon, random: np.random.Generator, n: int) -> Floats:
        """``n`` draws of the present value; an offer is drawn once and holds for the whole horizon."""
        once, yearly = self.once.sample(random, n), self.yearly.sample(random, n)
        return np.asarray(
            once * horizon.purchases(self.lifetime) + yearly * horizon.annuity(), dtype=np.float64
        )


def rosi(saved: float, cost: float) -> float | None:
    """Return on security investment (ENISA 2012): what is saved beyond the cost, per unit of cost."""
    return (saved - cost) / cost if cost > 0 else None


def payback(saved_per_year: float, payments: tuple[float, ...], horizon: Horizon) -> float | None:
    """The year by which discounted savings have made up for discounted payments; None if never within it.

    Savings come evenly over each year; what is paid in a year is due at its start.
    """
    paid = saved = 0.0
    found: float | None = None
    for k, amount in enumerate(payments):
        paid += amount * horizon.at(k)
        length = min(1.0, horizon.years - k)
        gained = saved_per_year * length * horizon.at(k + length)
        missing = paid - saved
        if missing <= 0 and found is None:
            found = float(k)
        elif missing > 0:
            found = k + length * missing / gained if gained >= missing else None
        saved += gained
    return found
