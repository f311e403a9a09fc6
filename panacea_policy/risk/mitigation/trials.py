"""The simulated case behind everything: samples to optimise over, and fresh ones to judge by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from panacea_policy.risk.case import Case, RiskOptions, event_losses, prepare
from panacea_policy.risk.graph import Bools, Floats
from panacea_policy.risk.inputs import Goal
from panacea_policy.risk.kernels import kernels_for
from panacea_policy.risk.loss.account import account
from panacea_policy.risk.mitigation.choose import worst_mean
from panacea_policy.risk.mitigation.oracle import Oracle
from panacea_policy.risk.mitigation.program import Tail
from panacea_policy.risk.mitigation.sample import Sample, Switches
from panacea_policy.risk.order_statistics import Z95
from panacea_policy.risk.results import Estimate
from panacea_policy.risk.simulate import generator

if TYPE_CHECKING:
    from panacea_policy.compiler import AttackGraph, Model
    from panacea_policy.risk.inputs import Locate

#: Trials of each source by which it is decided how many more it needs.
PILOT = 512

#: How often the trials are asked again, roughly.
QUESTIONS = 64

#: The share of years that the tail is the mean of.
WORST = 0.05


@dataclass(frozen=True)
class Bench:
    """One simulated case, whose study is the oracle over its trials. ``weights``: what an event of each goal
    is booked with on average (or one each if nothing is priced).
    """

    case: Case
    weights: Floats

    @property
    def oracle(self) -> Oracle:
        return self.case.study

    @property
    def trials(self) -> int:
        """How many trials each source has."""
        return self.case.study.trials

    @property
    def priced(self) -> bool:
        return any(g.severity.priced for g in self.case.goals)

    def sample(self, switches: Switches, counts: Sequence[int], *, seed: int = 1) -> Sample:
        """The events under these switches, weighed by mean loss (or one each if nothing is priced)."""
        study = self.case.study
        return Sample(study, switches, study.rates, self.weights, counts=counts, seed=seed)

    def counts(self, fateful: int) -> tuple[int, ...]:
        """How many trials of each source to take, so that about ``fateful`` of them matter, for the smallest
        error (Neyman 1934): in proportion to what a trial's value varies by, and fewer where more of them
        matter. Never more than the trials of the study.
        """
        study = self.case.study
        pilot = min(PILOT, self.trials)
        spread, share = [], []
        for rate, fell in zip(study.rates, study.fallen(), strict=True):
            part = fell[:, :pilot]
            spread.append(rate * float((self.weights @ part).std()))
            share.append(float(part.any(axis=0).mean()))
        sizes = np.asarray(spread) / np.sqrt(np.maximum(share, 1.0 / pilot))
        costs = sizes * np.maximum(share, 1.0 / pilot)
        scale = fateful / costs.sum() if costs.sum() > 0 else 0.0
        wanted = np.ceil(sizes * scale).astype(np.int64)
        return tuple(int(n) for n in np.clip(wanted, pilot, self.trials))

    def losses(self) -> Floats:
        """What an event of each goal costs in each trial: shape (goals, trials); one each if unpriced."""
        if not self.priced:
            return np.repeat(self.weights[:, None], self.trials, axis=1)
        return np.stack(
            [
                self._losses_of(goal, weight)
                for goal, weight in zip(self.case.goals, self.weights, strict=True)
            ]
        )

    def _losses_of(self, goal: Goal, weight: float) -> Floats:
        """Draws of the loss of a goal's event, in proportion so that their mean is what is booked for it."""
        mean = goal.severity.mean()
        if mean <= 0:
            return np.full(self.trials, weight)
        return event_losses(self.case, goal) * (weight / mean)


def set_up(
    attack: AttackGraph,
    model: Model,
    *,
    trials: int,
    seed: int,
    locate: Locate,
    precision: float | None = None,
    weights: Floats | None = None,
) -> Bench:
    """Simulate as many trials as asked for, or as the precision needs. ``weights``: those of another bench
    of the same case; None to book what falls here.
    """
    # The trials are asked again many times over: which kernels are worth loading is a matter of that work.
    kernels_for(len(attack.premise) * -(-trials // 64) * QUESTIONS)
    options = RiskOptions(trials=trials, seed=seed, ranked=False, precision=precision)
    case = prepare(attack, model, options, locate)
    return Bench(case, account(case, case.study.fallen()).weights if weights is None else weights)


def estimate(by_trial: Sequence[Floats], *, possible: bool = True) -> Estimate:
    """The sum of the sources' means, with its standard error; sources are independent.

    Where nothing fell in any trial although it could, the upper bound is left to :func:`rate_estimate`.
    """
    found = estimate_of_difference(by_trial)
    low = max(0.0, found.low)
    return found.model_copy(update={"low": low if possible else 0.0})


def estimate_of_difference(by_trial: Sequence[Floats]) -> Estimate:
    """The same for differences trial by trial, which may be negative."""
    value = sum(float(v.mean()) for v in by_trial if len(v))
    error = sum(float(v.var(ddof=1)) / len(v) for v in by_trial if len(v) > 1) ** 0.5
    return Estimate(value=value, standard_error=error, low=value - Z95 * error, high=value + Z95 * error)


def less(first: Sequence[Floats], second: Sequence[Floats]) -> list[Floats]:
    """First less second, trial by trial."""
    return [a - b for a, b in zip(first, second, strict=True)]


# ------------------------------------------------------------------------------------------------ years


def tail_of(sample: Sample, losses: Floats, *, years: int, seed: int, worst: float = WORST) -> Tail:
    """Simulated years of attempts, for the mean of the worst of them.

    Attempts that could cost something arrive as a Poisson process (thinning); each is a random such trial of
    its source. One attempt falls into one year, whatever its events.
    """
    random = generator(seed, b"years of mitigation", 0)
    year, event, loss = [], [], []
    order = np.lexsort((sample.goal, sample.trial, sample.source))
    for s, rate in enumerate(sample.rates):
        mine = order[sample.source[order] == s]
        if not len(mine) or rate <= 0:
            continue
        trials, start, count = np.unique(sample.trial[mine], return_index=True, return_counts=True)
        number = random.poisson(rate * len(trials) / sample.counts[s], size=years)
        when = np.repeat(np.arange(years), number)
        which = random.integers(0, len(trials), size=len(when))
        repeated = count[which]
        ends = np.cumsum(repeated)
        within = np.arange(int(repeated.sum())) - np.repeat(ends - repeated, repeated)
        chosen = mine[np.repeat(start[which], repeated) + within]
        year.append(np.repeat(when, repeated))
        event.append(chosen)
        loss.append(losses[sample.goal[chosen], sample.trial[chosen]])
    none = np.zeros(0, dtype=np.int64)
    years_of, events = np.concatenate([*year, none]), np.concatenate([*event, none])
    amounts = np.concatenate([*loss, none.astype(np.float64)])
    base = np.bincount(years_of, weights=amounts, minlength=years).astype(np.float64)
    lasting = sample.lasting[events]
    least = np.bincount(years_of[lasting], weights=amounts[lasting], minlength=years).astype(np.float64)
    return Tail(base, years_of, events, amounts, worst, _level(least, worst))


def _level(losses: Floats, worst: float) -> float:
    """The loss that at most the worst share of years exceeds: a lower end of the value at risk."""
    ordered = np.sort(losses)
    return float(ordered[max(0, int(np.ceil((1 - worst) * len(ordered) - 1e-9)) - 1)])


def tail_years(tail: Tail, still: Bools) -> Floats:
    """The loss of each simulated year with some events still happening."""
    kept = still[tail.event]
    return np.bincount(tail.year[kept], weights=tail.loss[kept], minlength=len(tail.base)).astype(np.float64)


def tail_difference(before: Floats, after: Floats, worst: float = WORST) -> Estimate:
    """By how much the mean of the worst years falls, with its standard error by ten groups of years.

    The same years are compared; groups are disjoint, so that their differences are independent.
    """
    groups = np.arange(len(before)) % 10
    parts = np.array(
        [worst_mean(before[groups == g], worst) - worst_mean(after[groups == g], worst) for g in range(10)]
    )
    value = worst_mean(before, worst) - worst_mean(after, worst)
    error = float(parts.std(ddof=1)) / len(parts) ** 0.5
    return Estimate(value=value, standard_error=error, low=value - Z95 * error, high=value + Z95 * error)
