"""The NumPy form of the kernels: an instance at a time, all trials of a call at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from panacea_policy.risk.kernels import plain_flow as flow
from panacea_policy.risk.kernels.form import (
    ALWAYS,
    DRAWN,
    NEVER,
    QUANTILE_BITS,
    Bools,
    Bytes,
    Controls,
    Draws,
    Floats,
    Ints,
    Links,
    Plan,
    Shorts,
    Words,
)
from panacea_policy.risk.kernels.numbers import lanes_below, thresholds, uniform_bits, world_lanes_below

#: Words whose draws are made together.
_DRAWN_WORDS = 1 << 15
_EVERYTHING = np.array([0xFFFFFFFFFFFFFFFF], np.uint64)
#: Of so many batches of draws the latest are kept.
_KEPT = 8

#: Applies one instance; returns the facts that came to fall, or to fall earlier, in some trial.
_Relax = Callable[[int], list[int]]


class NumpyKernels:
    """See `Kernels`."""

    width = 160
    columns = 8192
    lanes = 2048
    exact_width = False
    parallel = False
    reduces = False

    def resume(self, plan: Plan, draws: Draws, words: Ints, state: Words, dirty: Bytes) -> int:
        successes = _Successes(plan, draws, words)
        nothing, everything = np.uint64(0), _EVERYTHING[0]

        def relax(i: int) -> list[int]:
            all_ = np.full(len(words), everything)
            for fact in plan.premise[plan.premise_start[i] : plan.premise_start[i + 1]]:
                all_ &= state[fact]
            results = plan.result[plan.result_start[i] : plan.result_start[i + 1]]
            if not (all_ & ~np.bitwise_and.reduce(state[results], axis=0, initial=everything)).any():
                return []
            if draws.mode[i] == DRAWN:
                all_ &= successes.of(i)
            grew = []
            for fact in results.tolist():
                new = all_ & ~state[fact]
                if (new != nothing).any():
                    state[fact] |= new
                    grew.append(fact)
            return grew

        return _run(plan, draws, relax, dirty)

    def spread(self, plan: Plan, draws: Draws, start: Sequence[int], words: Ints, wanted: Ints) -> Words:
        state = np.zeros((plan.facts, len(words)), np.uint64)
        state[list(start)] = ~np.uint64(0)
        self.resume(plan, draws, words, state, np.ones(len(plan), np.uint8))
        return state[wanted]

    def spread_columns(
        self,
        plan: Plan,
        draws: Draws,
        controls: Controls | None,
        start: Sequence[int],
        trials: Ints,
        wanted: Ints,
    ) -> Bools:
        state = np.zeros((plan.facts, len(trials)), np.bool_)
        state[list(start)] = True
        columns = _Columns(plan, draws, controls, trials)

        def relax(i: int) -> list[int]:
            all_ = np.ones(len(trials), np.bool_)
            for fact in plan.premise[plan.premise_start[i] : plan.premise_start[i + 1]]:
                all_ &= state[fact]
            results = plan.result[plan.result_start[i] : plan.result_start[i + 1]]
            where = np.flatnonzero(all_ & ~state[results].all(axis=0))
            if not len(where):
                return []
            where = where[columns.succeed(i, where)]
            grew = []
            for fact in results.tolist():
                if not state[fact, where].all():
                    state[fact, where] = True
                    grew.append(fact)
            return grew

        _run(plan, draws, relax, np.ones(len(plan), np.uint8))
        return state[wanted]

    def settle(
        self,
        plan: Plan,
        draws: Draws,
        controls: Controls | None,
        start: Sequence[int],
        trials: Ints,
        limits: Floats,
        wanted: Ints,
        fell: Bools | None = None,
    ) -> Floats:
        time = np.full((plan.facts, len(trials)), np.inf)
        time[list(start)] = 0.0
        columns = _Columns(plan, draws, controls, trials)

        def relax(i: int) -> list[int]:
            when = np.zeros(len(trials))
            for fact in plan.premise[plan.premise_start[i] : plan.premise_start[i + 1]]:
                np.maximum(when, time[fact], out=when)
            results = plan.result[plan.result_start[i] : plan.result_start[i + 1]]
            where = np.flatnonzero((when <= limits) & (when < time[results]).any(axis=0))
            if not len(where):
                return []
            where = where[columns.succeed(i, where)]
            through = when[where] + columns.efforts(i, where)
            inside = through <= limits[where]
            where, through = where[inside], through[inside]
            earlier = []
            for fact in results.tolist():
                better = through < time[fact, where]
                if better.any():
                    time[fact, where[better]] = through[better]
                    earlier.append(fact)
            return earlier

        _run(plan, draws, relax, np.ones(len(plan), np.uint8))
        return time[wanted]

    def components(
        self, facts: int, user_start: Shorts, user: Shorts, result_start: Shorts, result: Shorts
    ) -> tuple[Shorts, Shorts]:
        return flow.tarjan(facts, *(each.tolist() for each in (user_start, user, result_start, result)))

    def dominators(
        self, root: int, after_start: Shorts, after: Shorts, before_start: Shorts, before: Shorts
    ) -> tuple[Shorts, Shorts, Shorts]:
        return flow.dominators(root, *(each.tolist() for each in (after_start, after, before_start, before)))

    def detours(self, links: Links, above: Shorts, certain: Bytes, goal: Bytes, most: int) -> Bools:
        look = flow.Ahead(links, above, certain, goal, most)
        return np.array([not look.leads(i) for i in range(len(certain))], np.bool_)

    def cheapest(
        self, links: Links, price: Floats, effort: Floats, start: Ints, cost: Floats, wanted: Ints
    ) -> tuple[Ints, Ints]:
        return flow.cheapest(links, price, effort, start, cost, wanted)


def _run(plan: Plan, draws: Draws, relax: _Relax, dirty: Bytes) -> int:
    """Relaxes the dirty instances, segment by segment, until none is left."""
    users = [
        plan.user[first:last].tolist()
        for first, last in zip(plan.user_start[:-1].tolist(), plan.user_start[1:].tolist(), strict=True)
    ]
    never = draws.mode == NEVER
    done = 0
    for s, (first, last) in enumerate(
        zip(plan.segment[:-1].tolist(), plan.segment[1:].tolist(), strict=True)
    ):
        while True:
            again = False
            for i in range(first, last):
                if not dirty[i]:
                    continue
                dirty[i] = 0
                if never[i]:
                    continue
                done += 1
                for fact in relax(i):
                    for other in users[fact]:
                        dirty[other] = 1
                        again |= first <= other <= i
            if not (again and plan.cyclic[s]):
                break
    return done


class _Successes:
    """The words of trials in which instances succeed; drawn for some instances at once, as single calls cost
    more than what they draw.
    """

    def __init__(self, plan: Plan, draws: Draws, words: Ints) -> None:
        self._draws = draws
        self._numbers = words.astype(np.uint64)
        self._size = len(plan)
        self._ahead = max(1, _DRAWN_WORDS // max(1, len(words)))
        self._made: dict[int, Words] = {}

    def of(self, i: int) -> Words:
        if i not in self._made:
            if len(self._made) > _KEPT * self._ahead:
                self._made.clear()
            draws, shift = self._draws, int(self._draws.shift[i])
            some = np.arange(i, min(i + self._ahead, self._size))
            some = some[(draws.mode[some] == DRAWN) & (draws.shift[some] == shift)]
            stream, threshold = draws.stream[some, None], draws.threshold[some, None]
            drawn = world_lanes_below(stream, self._numbers, _EVERYTHING, threshold, shift)
            self._made.update(zip(some.tolist(), drawn, strict=True))
        return self._made[i]


class _Columns:
    """The draws of single trials, each with its own set of active controls."""

    def __init__(self, plan: Plan, draws: Draws, controls: Controls | None, trials: Ints) -> None:
        self._draws = draws
        self._controls = controls
        self._trials = trials
        words, self._word = np.unique(trials >> 6, return_inverse=True)
        self._lane = (trials & 63).astype(np.uint64)
        self._successes = _Successes(plan, draws, words)

    def succeed(self, i: int, where: Ints) -> Bools:
        """In which of the columns ``where`` an instance succeeds."""
        draws = self._draws
        chance = self._chances(i, where)
        if chance is None:
            if draws.mode[i] == ALWAYS:
                return np.ones(len(where), np.bool_)
            found = self._successes.of(i)[self._word[where]] >> self._lane[where]
            succeeds: Bools = (found & np.uint64(1)) != 0
            return succeeds
        certain = chance >= 1.0
        threshold = thresholds(np.where((chance > 0) & ~certain, chance, 0.0))
        world = self._trials[where] >> int(draws.shift[i])
        lane = np.uint64(1) << (world & 63).astype(np.uint64)
        below = lanes_below(draws.stream[i : i + 1], (world >> 6).astype(np.uint64), lane, threshold)
        decided: Bools = certain | (below != 0)
        return decided

    def _hindering(self, i: int) -> list[int]:
        if self._controls is None:
            return []
        start = self._controls.hinder_start
        found: list[int] = self._controls.hinder[start[i] : start[i + 1]].tolist()
        return found

    def _chances(self, i: int, where: Ints) -> Floats | None:
        """The chance of an instance in the columns ``where``; None where no control that varies hinders
        it.
        """
        hindering = self._hindering(i)
        if self._controls is None or not hindering:
            return None
        chance = np.full(len(where), self._draws.chance[i])
        for control in hindering:
            active = self._controls.active[control, where]
            np.multiply(chance, self._controls.factor[control], out=chance, where=active)
        return in_all(chance, int(self._draws.tries[i]), float(self._draws.sure[i]))

    def efforts(self, i: int, where: Ints) -> Floats:
        """The seconds that an instance takes in the columns ``where``."""
        draws = self._draws
        if draws.law[i] < 0:
            return np.zeros(len(where))
        trials = self._trials[where].astype(np.uint64)
        place = uniform_bits(draws.effort_stream[i : i + 1], trials, QUANTILE_BITS)
        pace = np.full(len(where), draws.pace[i])
        if self._controls is not None:
            for control in self._hindering(i):
                active = self._controls.active[control, where]
                np.multiply(pace, self._controls.slow[control], out=pace, where=active)
        spent: Floats = draws.tables[draws.law[i]][place] * pace
        return spent


def in_all(chance: Floats, tries: int, sure: float) -> Floats:
    """The chance that one of so many independent tries succeeds, or that none is needed (``sure``); worked
    out operation by operation as the compiled form does it.
    """
    if tries > 1:
        power = 1.0 - chance
        left = np.ones_like(power)
        while tries:
            if tries & 1:
                left = left * power
            power = power * power
            tries >>= 1
        chance = 1.0 - left
    return sure + (1.0 - sure) * chance
