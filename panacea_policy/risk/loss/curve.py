"""The distribution of annual losses in figures, each with the error that trials and years leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from panacea_policy.risk.graph import Floats
from panacea_policy.risk.loss.compound import ANNUAL, Claims, annual, by_panjer, moments
from panacea_policy.risk.loss.insurance import Policy
from panacea_policy.risk.order_statistics import Z95
from panacea_policy.risk.results import Estimate, LossCurve, SecondMethod

#: Probabilities of which the curve tells the loss that is exceeded.
GRID = (
    0.9, 0.75, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.075, 0.05, 0.035, 0.02, 0.01, 0.005, 0.002, 0.001,
)  # fmt: skip

#: Percentiles that are told with their errors.
PERCENTILES = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995)

#: Batches for standard errors: each has its own trials and its own years.
BATCHES = 20


@dataclass(frozen=True)
class Years:
    """Simulated periods: losses and insured losses of all, and of batches with trials of their own."""

    claims: tuple[Claims, ...]
    horizon: float
    together: int
    whole: tuple[Floats, Floats]
    batches: tuple[tuple[Floats, Floats], ...]


def years_of(
    claims: Sequence[Claims],
    *,
    years: int,
    seed: int,
    horizon: float = 1.0,
    together: int = 1,
    in_force: float = 1.0,
) -> Years:
    """Simulate ``years`` periods of ``horizon`` years, and as many again in batches.

    ``together`` trials that follow each other share a world, in which a period takes place. ``in_force``: the
    share of a period in which losses are insured.
    """

    def simulated(part: Sequence[Claims], count: int, seed: int, key: bytes) -> tuple[Floats, Floats]:
        return annual(
            part, years=count, seed=seed, horizon=horizon, key=key, together=together, in_force=in_force
        )

    some = max(1, years // BATCHES)
    batches = [
        simulated(part, some, seed + b, b"batch %d" % b)
        for b, part in enumerate(_split(claims, together), start=1)
    ]
    whole = simulated(claims, years, seed, ANNUAL)
    return Years(tuple(claims), horizon, together, whole, tuple(batches))


def loss_curve(simulated: Years, mean: Estimate, policy: Policy | None = None) -> LossCurve:
    """The distribution of a period's loss, net of insurance if there is a ``policy``.

    ``mean``: the expected gross loss from closed forms; net, the simulated mean stands in its place. Standard
    errors come from batches with trials and years of their own, so they hold the error of both.
    """
    losses, *batches = (_borne(each, policy) for each in (simulated.whole, *simulated.batches))
    if policy is not None:
        mean = _estimate(float(losses.mean()), [float(b.mean()) for b in batches])
    shares = [*PERCENTILES, *(1 - share for share in GRID)]
    found = [
        _estimate(value, parts)
        for value, *parts in zip(
            *(np.quantile(each, shares).tolist() for each in (losses, *batches)), strict=True
        )
    ]
    percentiles = tuple(zip(PERCENTILES, found, strict=False))
    band = tuple(zip(GRID, found[len(PERCENTILES) :], strict=True))
    at = dict(percentiles)
    tail = [_tail(each, 0.95) for each in (losses, *batches)]
    worst = _estimate(tail[0], tail[1:])
    none = _estimate(float((losses <= 0).mean()), [float((b <= 0).mean()) for b in batches], top=1.0)
    closed = policy is None and simulated.together == 1
    return LossCurve(
        mean=mean,
        p5=at[0.05].value,
        p50=at[0.5].value,
        p90=at[0.9].value,
        p95=at[0.95].value,
        p99=at[0.99].value,
        tail_mean=tail[0],
        none=none.value,
        exceedance=tuple((share, each.value) for share, each in band),
        deviation=float(losses.std()),
        percentiles=percentiles,
        band=tuple((share, each.low, each.high) for share, each in band),
        value_at_risk=at[0.95],
        tail=worst,
        none_estimate=none,
        second=second_method(simulated.claims, simulated.horizon) if closed else None,
        p5_error=at[0.05].standard_error,
        p50_error=at[0.5].standard_error,
        p90_error=at[0.9].standard_error,
        p95_error=at[0.95].standard_error,
        p99_error=at[0.99].standard_error,
        tail_mean_error=worst.standard_error,
        none_error=none.standard_error,
    )


def second_method(claims: Sequence[Claims], horizon: float) -> SecondMethod:
    """Closed forms and Panjer's recursion over the same claims."""
    closed = moments(claims, horizon)
    lattice = by_panjer(claims, horizon=horizon)
    return SecondMethod(
        mean=closed.mean,
        deviation=closed.deviation,
        none=closed.none,
        p50=None if lattice is None else lattice.quantile(0.5),
        p95=None if lattice is None else lattice.quantile(0.95),
        p99=None if lattice is None else lattice.quantile(0.99),
        step=None if lattice is None else lattice.step,
    )


def _borne(simulated: tuple[Floats, Floats], policy: Policy | None) -> Floats:
    losses, insured = simulated
    return losses if policy is None else losses - policy.per_year(insured)


def _split(claims: Sequence[Claims], together: int) -> list[list[Claims]]:
    """The trials in batches: every 20th in one, or every 20th world."""
    size = min((len(each.losses) for each in claims), default=0)
    if size < BATCHES * together:
        return [list(claims) for _ in range(BATCHES)]
    world = np.arange(size) // together

    def part(each: Claims, b: int) -> Claims:
        mine = np.flatnonzero(world % BATCHES == b)
        insured = None if each.insured is None else each.insured[mine]
        return replace(each, losses=each.losses[mine], insured=insured)

    return [[part(each, b) for each in claims] for b in range(BATCHES)]


def _tail(losses: Floats, p: float) -> float:
    """The mean of the worst ``1 - p`` of the years (expected shortfall), counted, so that ties do not
    matter.
    """
    worst = max(1, round(len(losses) * (1 - p)))
    return float(np.partition(losses, len(losses) - worst)[len(losses) - worst :].mean())


def _estimate(value: float, parts: Sequence[float], *, top: float = float("inf")) -> Estimate:
    """A figure with the standard error that its batches show."""
    error = float(np.std(parts, ddof=1)) / len(parts) ** 0.5
    low, high = max(0.0, value - Z95 * error), min(top, value + Z95 * error)
    return Estimate(value=value, standard_error=error, low=low, high=high)
