"""What a purchase brings beside what it costs, with everything that makes it uncertain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from panacea_policy.risk.graph import Floats
from panacea_policy.risk.mitigation.money import Horizon, Price, payback, rosi
from panacea_policy.risk.mitigation.results import Payments, Return, Spread
from panacea_policy.risk.results import Estimate, Quantiles
from panacea_policy.risk.simulate import generator

#: Draws behind every interval.
DRAWS = 4000


@dataclass(frozen=True)
class Saved:
    """What is saved per year, and the losses that single attempts lose: ``per_attempt[s]`` lists those of
    the trials of source s that lose something; ``rate[s]`` how many such attempts there are a year.
    """

    yearly: Estimate
    per_attempt: tuple[Floats, ...]
    rate: tuple[float, ...]


def payments(prices: Sequence[Price], horizon: Horizon, seed: int) -> Payments:
    """What some controls cost together; their offers vary independently."""
    present = sum(p.present(horizon) for p in prices)
    low, high = _bounds(_paid(prices, horizon, seed)) if prices else (0.0, 0.0)
    once, yearly = (sum(p.once.mean() for p in prices), sum(p.yearly.mean() for p in prices))
    by_year = [horizon.payments(p.once.mean(), p.yearly.mean(), p.lifetime) for p in prices]
    zeros = horizon.payments(0.0, 0.0)
    return Payments(
        present=Spread(value=present, low=min(low, present), high=max(high, present)),
        annual=present / horizon.annuity(),
        once=once,
        yearly=yearly,
        by_year=tuple(sum(column) for column in zip(zeros, *by_year, strict=True)),
    )


def _paid(prices: Sequence[Price], horizon: Horizon, seed: int) -> Floats:
    total = np.zeros(DRAWS)
    for number, price in enumerate(prices):
        random = generator(seed, b"prices of controls", number)
        total += price.sampled(horizon, random, DRAWS)
    return total


def returns(
    saved: Saved, prices: Sequence[Price], horizon: Horizon, *, seed: int, less: float = 0.0
) -> Return:
    """Net benefit, return and break-even of some controls; ``less`` is the present value that falls away."""
    annuity = horizon.annuity()
    paid = _paid(prices, horizon, seed) - less
    cost = sum(p.present(horizon) for p in prices) - less
    random = generator(seed, b"error of savings", 0)
    yearly = saved.yearly.value + saved.yearly.standard_error * random.standard_normal(DRAWS)
    worth = saved.yearly.value * annuity
    net = _spread(worth - cost, yearly * annuity - paid)
    lucky = _realised(saved, horizon, seed) - paid
    p5, p50, p95 = np.percentile(lucky, [5, 50, 95]).tolist()
    ratio = rosi(worth, cost)
    by_year = payments(prices, horizon, seed).by_year
    return Return(
        net_benefit=net,
        rosi=None if ratio is None else _spread(ratio, (yearly * annuity - paid) / np.maximum(paid, 1e-9)),
        realised=Quantiles(mean=worth - cost, p5=p5, p50=p50, p95=p95),
        pays_off=float((lucky >= 0).mean()),
        payback_years=payback(saved.yearly.value, by_year, horizon),
        break_even_cost=worth,
        break_even_effect=cost / worth if worth > 0 else None,
    )


def _realised(saved: Saved, horizon: Horizon, seed: int) -> Floats:
    """What is saved within one horizon as chance has it: compound Poisson, discounted to today."""
    random = generator(seed, b"realised savings", 0)
    total = np.zeros(DRAWS)
    for losses, rate in zip(saved.per_attempt, saved.rate, strict=True):
        if not len(losses) or rate <= 0:
            continue
        number = random.poisson(rate * horizon.years, size=DRAWS)
        drawn = losses[random.integers(0, len(losses), size=int(number.sum()))]
        when = np.minimum(np.ceil(random.uniform(0, horizon.years, len(drawn))), horizon.years)
        worth = drawn * (1.0 + horizon.discount) ** -when
        total += np.bincount(np.repeat(np.arange(DRAWS), number), weights=worth, minlength=DRAWS)
    return total


def _bounds(values: Floats) -> tuple[float, float]:
    low, high = np.percentile(values, [5, 95]).tolist()
    return float(low), float(high)


def _spread(value: float, draws: Floats) -> Spread:
    low, high = _bounds(draws)
    return Spread(value=value, low=min(low, value), high=max(high, value))
