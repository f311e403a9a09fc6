"""Judging a portfolio on trials that it was not chosen by, so that what is promised is not luck."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from panacea_policy.risk.explain import place_of
from panacea_policy.risk.graph import Bools, Floats
from panacea_policy.risk.inputs import Locate
from panacea_policy.risk.mitigation.candidates import Candidate
from panacea_policy.risk.mitigation.choose import Chooser, Point, worst_mean
from panacea_policy.risk.mitigation.portfolio import Problem
from panacea_policy.risk.mitigation.results import GoalChange, Objective, Portfolio, Purchase, Rejected
from panacea_policy.risk.mitigation.returns import Saved, payments, returns
from panacea_policy.risk.mitigation.sample import Sample, Switches
from panacea_policy.risk.mitigation.trials import (
    WORST,
    Bench,
    estimate,
    estimate_of_difference,
    less,
    tail_difference,
    tail_of,
    tail_years,
)
from panacea_policy.risk.mitigation.values import EXACT_PLAYERS, order_of_purchase, shapley
from panacea_policy.risk.results import Estimate

#: Kinds of goals that people are told of; others only mark what an event is like.
SHOWN = ("process", "data_class")

#: Trials that matter among the fresh ones, over all sources.
FATEFUL = 12_000


class Judge:
    """Fresh trials of the same case, the events in them, and simulated years of these."""

    def __init__(
        self,
        fresh: Bench,
        problem: Problem,
        counts: Sequence[int],
        years: int,
        seed: int,
        locate: Locate,
        *,
        tailed: bool,
    ) -> None:
        self.bench = fresh
        self.problem = problem
        self.seed = seed
        self.locate = locate
        self.sample = fresh.sample(problem.switches, counts)
        self.losses = fresh.losses()
        self.tail = tail_of(self.sample, self.losses, years=years, seed=seed) if tailed else None
        self._asked: dict[int, Bools] = {}

    def still(self, on: int) -> Bools:
        """Which events still happen with the switches of a mask on."""
        if on not in self._asked:
            self._asked[on] = self.sample.still(_mask(on, len(self.problem)))
        return self._asked[on]

    @property
    def today(self) -> Estimate:
        """The value per year with nothing bought."""
        return estimate(self.sample.by_trial(self.still(self.problem.today)))

    @property
    def today_tail(self) -> float | None:
        """The mean of the worst years with nothing bought."""
        return None if self.tail is None else self._tail_mean(self.problem.today)

    def _tail_mean(self, on: int) -> float:
        assert self.tail is not None
        return worst_mean(tail_years(self.tail, self.still(on)), WORST)

    # ------------------------------------------------------------------------------------------ a portfolio

    def portfolio(self, point: Point, chooser: Chooser, budget: float, objective: Objective) -> Portfolio:
        """Everything that is to be said of the set that was chosen."""
        problem, on, today = self.problem, point.on, self.problem.today
        before, after = self.still(today), self.still(on)
        saved = less(self.sample.by_trial(before), self.sample.by_trial(after))
        years = None if self.tail is None else [tail_years(self.tail, e) for e in (before, after)]
        given_up = [problem.kept[i - len(problem.open)] for i in problem.given_up(on)]
        bought = [problem.open[i] for i in problem.bought(on)]
        fallen_away = sum(float(problem.cost[i]) for i in problem.given_up(on))
        saving = saved_per_attempt(self.sample, self.losses, before, after, estimate_of_difference(saved))
        return Portfolio(
            controls=self._purchases(problem.bought(on)),
            given_up=tuple(c.name for c in given_up),
            payments=payments([c.price for c in bought], problem.horizon, self.seed),
            falls_away=fallen_away,
            promised=point.value,
            confirmed=self._objective(on, objective, chooser),
            gap=point.gap,
            saves=saving.yearly,
            left=estimate(self.sample.by_trial(after)),
            tail_before=None if years is None else worst_mean(years[0], WORST),
            tail_after=None if years is None else worst_mean(years[1], WORST),
            tail_saves=None if years is None else tail_difference(years[0], years[1]),
            returns=returns(
                saving, [c.price for c in bought], problem.horizon, seed=self.seed, less=fallen_away
            )
            if self.bench.priced and bought
            else None,
            care_time=sum(c.care_time for c in bought),
            rejected=self._rejected(on, chooser, budget),
            goals=self._goals(before, after),
        )

    def _objective(self, on: int, objective: Objective, chooser: Chooser) -> float:
        value = self._tail_mean(on) if "tail" in objective and self.tail is not None else None
        if value is None:
            value = float(self.sample.weight[self.still(on)].sum())
        return value + chooser.price * chooser.spent(on)

    # ------------------------------------------------------------------------------------------ its controls

    def _purchases(self, bought: Sequence[int]) -> tuple[Purchase, ...]:
        """The controls in the order of buying, each with what it is worth."""
        game = _Game(self, bought)
        position = {i: n for n, i in enumerate(bought)}
        by_name = {self.problem.open[i].name: i for i in bought}

        def needs(player: int) -> list[int]:
            names = self.problem.open[bought[player]].needs
            return [position[by_name[name]] for name in names if name in by_name]

        shares = shapley(
            len(bought), game.worth, seed=self.seed, exact_up_to=EXACT_PLAYERS if game.complete else 6
        )
        cost = self.problem.cost[list(bought)] if bought else np.zeros(0)
        order = order_of_purchase(range(len(bought)), cost, needs, game.worth)
        every = (1 << len(bought)) - 1
        told, so_far = [], 0
        for player, _ in order:
            bit = 1 << player
            candidate = self.problem.open[bought[player]]
            adds = game.difference(so_far, so_far | bit)
            told.append(
                self._purchase(
                    candidate,
                    adds=adds,
                    alone=game.difference(0, bit),
                    last=game.difference(every & ~bit, every),
                    share=(float(shares.value[player]), float(shares.error[player])),
                    saved=saved_per_attempt(
                        game.sample, self.losses, game.still(so_far), game.still(so_far | bit), adds
                    ),
                )
            )
            so_far |= bit
        return tuple(told)

    def _purchase(
        self,
        candidate: Candidate,
        *,
        adds: Estimate,
        alone: Estimate,
        last: Estimate,
        share: tuple[float, float],
        saved: Saved,
    ) -> Purchase:
        horizon = self.problem.horizon
        return Purchase(
            name=candidate.name,
            title=candidate.title,
            status=candidate.status,
            adds=adds,
            alone=alone,
            last=last,
            shapley=share[0],
            shapley_error=share[1],
            payments=payments([candidate.price], horizon, self.seed),
            returns=returns(saved, [candidate.price], horizon, seed=self.seed) if self.bench.priced else None,
            care_time=candidate.care_time,
            burden=candidate.burden,
            slows=candidate.slows,
            side_effects=candidate.side_effects,
            needs=candidate.needs,
            place=place_of(candidate.entity, self.locate),
        )

    # ------------------------------------------------------------------------------------------ the others

    def _rejected(self, on: int, chooser: Chooser, budget: float) -> tuple[Rejected, ...]:
        problem, told = self.problem, []
        base = self.sample.by_trial(self.still(problem.today))
        others = [i for i, c in enumerate(problem.open) if not on >> i & 1 and self._acts(c)]
        self._in_halves(others)
        for i, candidate in enumerate(problem.open):
            if on >> i & 1:
                continue
            idle = not self._acts(candidate)
            alone = self.still(problem.today if idle else problem.today | 1 << i)
            told.append(
                Rejected(
                    name=candidate.name,
                    title=candidate.title,
                    status=candidate.status,
                    alone=estimate_of_difference(less(base, self.sample.by_trial(alone))),
                    present=float(problem.cost[i]),
                    reason="leads nowhere: it hinders no step towards a loss here"
                    if idle
                    else self._why_not(i, on, chooser, budget),
                )
            )
        return tuple(sorted(told, key=lambda r: (-r.alone.value, r.name)))

    def _in_halves(self, some: Sequence[int]) -> None:
        """Ask about all of some controls, then about each half of them, and so on: what happens in spite of
        many need not be asked for each.
        """
        if len(some) > 1:
            self.still(self.problem.today | sum(1 << i for i in some))
            self._in_halves(some[: len(some) // 2])
            self._in_halves(some[len(some) // 2 :])

    def _acts(self, candidate: Candidate) -> bool:
        """Whether the control hinders anything that leads to a goal."""
        study = self.bench.case.study
        return candidate.number is not None and bool((study.graph.hinders.index == candidate.number).any())

    def _why_not(self, i: int, on: int, chooser: Chooser, budget: float) -> str:
        """Why the control is not bought, judged by what adding it would do."""
        more = on | 1 << i
        spent = chooser.spent(more)
        if any(not row.met(chooser.mask(more)) for row in chooser.rows):
            missing = [n for n in self.problem.open[i].needs if not self._bought(n, on)]
            numbers = [n for n, c in enumerate(self.problem.open) if c.name in missing]
            if missing and chooser.spent(more | sum(1 << n for n in numbers)) > budget:
                return f"needs {', '.join(missing)}: there is no money left for both"
            if missing:
                return f"needs {', '.join(missing)}, and the two are not worth it together here"
            return "does not go with what is chosen"
        gain = chooser.value(on) - chooser.value(more)
        if gain <= 0:
            return "costs more than it saves" if chooser.price else "adds nothing to what is chosen"
        if spent > budget:
            return "no money left for it: what is chosen saves more"
        return "saves too little for its cost"

    def _bought(self, name: str, on: int) -> bool:
        numbers = [n for n, c in enumerate(self.problem.open) if c.name == name]
        return all(on >> n & 1 for n in numbers)

    def _goals(self, before: Bools, after: Bools) -> tuple[GoalChange, ...]:
        sample, told = self.sample, []
        for k, goal in enumerate(self.bench.case.goals):
            if goal.kind not in SHOWN:
                continue
            weight = sample.weights[k]
            figures = []
            for still in (before, after):
                here = still & (sample.goal == k)
                yearly = [v / weight if weight else v for v in sample.by_trial(here)]
                figures.append(estimate(yearly))
            told.append(
                GoalChange(
                    kind=goal.kind,
                    name=goal.entity.name,
                    title=goal.entity.title or goal.entity.name,
                    before=figures[0],
                    after=figures[1],
                )
            )
        named = [g.entity.name for g in self.bench.case.goals if g.kind in SHOWN]
        shown = [
            w for g, w in zip(self.bench.case.goals, sample.weights.tolist(), strict=True) if g.kind in SHOWN
        ]
        worth = dict(zip(named, shown, strict=True))
        return tuple(sorted(told, key=lambda g: (-worth[g.name] * g.before.value, g.name)))


class _Game:
    """The controls of a portfolio as players: what any of them take off the value, on fresh trials.

    Clauses are learnt completely for these few switches, so that every subset has a closed form.
    """

    def __init__(self, judge: Judge, bought: Sequence[int]) -> None:
        problem = judge.problem
        switches = problem.switches
        kept = switches.turns[:, len(problem.open) :].any(axis=1)
        self._judge = judge
        self.sample = Sample(
            judge.bench.oracle,
            Switches(switches.turns[:, list(bought)], switches.fixed | kept),
            judge.sample.rates,
            judge.sample.weights,
            counts=judge.sample.counts,
        )
        self.complete = self.sample.complete() if bought else True
        self._known: dict[int, Bools] = {}

    def still(self, mask: int) -> Bools:
        if mask not in self._known:
            known = self.complete
            on = _mask(mask, len(self.sample))
            self._known[mask] = self.sample.known(mask) if known else self.sample.still(on)
        return self._known[mask]

    def worth(self, players: frozenset[int]) -> float:
        """What these take off the value per year."""
        mask = sum(1 << p for p in players)
        return float(self.sample.weight.sum() - self.sample.weight[self.still(mask)].sum())

    def difference(self, before: int, after: int) -> Estimate:
        return estimate_of_difference(less(self._by_trial(before), self._by_trial(after)))

    def _by_trial(self, mask: int) -> list[Floats]:
        return self.sample.by_trial(self.still(mask))


def saved_per_attempt(sample: Sample, losses: Floats, before: Bools, after: Bools, yearly: Estimate) -> Saved:
    """What single attempts lose less, by source; ``losses`` of shape (goals, trials)."""
    lists, rates = [], []
    for s, rate in enumerate(sample.rates):
        count = sample.counts[s]
        amounts = np.zeros(count)
        for still, sign in ((before, 1.0), (after, -1.0)):
            mine = np.flatnonzero(still & (sample.source == s))
            weights = sign * losses[sample.goal[mine], sample.trial[mine]]
            amounts += np.bincount(sample.trial[mine], weights=weights, minlength=count)
        changed = amounts[amounts != 0]
        lists.append(changed)
        rates.append(rate * len(changed) / max(count, 1))
    return Saved(yearly, tuple(lists), tuple(rates))


def _mask(on: int, m: int) -> Bools:
    return np.array([bool(on >> i & 1) for i in range(m)], dtype=bool)
