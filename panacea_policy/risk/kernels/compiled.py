"""The compiled form of the kernels: machine code for the loops in `source`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from panacea_policy.engine.kernels.build import Library
from panacea_policy.engine.kernels.native import CannotLoad, Native
from panacea_policy.risk.kernels.entries import Entries
from panacea_policy.risk.kernels.form import (
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
from panacea_policy.risk.kernels.numbers import lanes_below

_PLAN = "n" + 8 * "a"
#: Of each kernel its arguments: an array's address (a) or a number (n), as in `source`.
ARGUMENTS = {
    "spread": _PLAN + 9 * "a",
    "spread_columns": _PLAN + 11 * "a" + 3 * "n" + 6 * "a",
    "settle": 21 * "a" + "n" + 4 * "a" + "n" + 5 * "a" + "n" + "a" + "n" + "a" + "n" + 9 * "a",
    "leading": "n" + 14 * "a" + "n" + 3 * "a",
    "settle_word": 11 * "a" + "n" + 2 * "a" + "n" + 3 * "a" + 3 * "n" + "a" + "n" + 7 * "a" + "n" + 9 * "a",
    "components": 2 * "n" + 10 * "a",
    "dominators": 2 * "n" + 10 * "a",
    "cheapest": "n" + 10 * "a" + "n" + "a" + "n" + 9 * "a",
    "detours": 2 * "n" + 9 * "a" + "n" + 4 * "a",
}

_WIDTH, _COLUMNS, _LANES = 8, 512, 64


class CompiledKernels:
    """See `Kernels`. Made once for a process; holds the machine code, which any number of threads may run."""

    width = _WIDTH
    columns = _COLUMNS
    lanes = _LANES
    exact_width = True
    parallel = True
    reduces = True

    def __init__(self, library: Library) -> None:
        """Loads the code. Raises CannotLoad."""
        self._native = Native(library, ARGUMENTS)
        self._call = self._native.call
        self._check()

    def _check(self) -> None:
        """Tries whether the kernels draw as NumPy does."""
        stream, threshold = np.array([5], np.uint64), np.array([3 << 62], np.uint64)
        plan = Plan(
            1, np.zeros(1, np.int64), np.array([0, 1], np.int32), np.zeros(1, np.uint8),
            np.zeros(2, np.int32), np.zeros(0, np.int32), np.array([0, 1], np.int32), np.zeros(1, np.int32),
            np.zeros(2, np.int32), np.zeros(0, np.int32),
        )  # fmt: skip
        one = np.ones(1)
        byte = np.zeros(1, np.uint8)
        draws = Draws(
            stream, threshold, byte + np.uint8(2), byte, one, np.ones(1, np.int32), np.zeros(1), stream,
            np.full(1, -1, np.int32), one, one.reshape(1, 1),
        )  # fmt: skip
        words = np.arange(3)
        found = self.spread(plan, draws, (), words, np.zeros(1, np.int64))[0]
        if (
            found.tolist()
            != lanes_below(stream, words.astype(np.uint64), ~stream[:0].sum(), threshold).tolist()
        ):
            raise CannotLoad("the kernels do not draw as they should")

    def resume(self, plan: Plan, draws: Draws, words: Ints, state: Words, dirty: Bytes) -> int:
        if len(words) != _WIDTH or state.shape != (plan.facts, _WIDTH) or len(dirty) != len(plan):
            raise ValueError("the state is not that of eight words of trials")
        scratch = np.empty((2, _WIDTH), np.uint64)
        numbers = words.astype(np.uint64)
        return self._call["spread"](
            *_plan(plan), _at(draws.stream), _at(draws.threshold), _at(draws.mode), _at(draws.shift),
            _at(numbers), _at(state), _at(dirty), _at(scratch[0]), _at(scratch[1]),
        )  # fmt: skip

    def spread(self, plan: Plan, draws: Draws, start: Sequence[int], words: Ints, wanted: Ints) -> Words:
        state = np.zeros((plan.facts, _WIDTH), np.uint64)
        state[list(start)] = ~np.uint64(0)
        padded = np.resize(words, _WIDTH)
        self.resume(plan, draws, padded, state, np.ones(len(plan), np.uint8))
        return state[wanted, : len(words)]

    def spread_columns(
        self,
        plan: Plan,
        draws: Draws,
        controls: Controls | None,
        start: Sequence[int],
        trials: Ints,
        wanted: Ints,
    ) -> Bools:
        state = np.zeros((plan.facts, _WIDTH), np.uint64)
        state[list(start)] = ~np.uint64(0)
        dirty = np.ones(len(plan), np.uint8)
        scratch = np.empty((2, _WIDTH), np.uint64)
        bits = np.empty(64, np.uint64)
        trials = np.ascontiguousarray(trials, np.int64)
        varied = _Varied(plan, controls, len(trials))
        self._call["spread_columns"](
            *_plan(plan), _at(draws.stream), _at(draws.threshold), _at(draws.mode), _at(draws.shift),
            _at(draws.chance), _at(draws.tries), _at(draws.sure), _at(varied.start), _at(varied.hinder),
            _at(varied.factor), _at(varied.active), 0, len(trials), len(trials), _at(trials),
            _at(state), _at(dirty), _at(scratch[0]), _at(scratch[1]), _at(bits),
        )  # fmt: skip
        rows = np.ascontiguousarray(state[wanted]).astype("<u8").view(np.uint8)
        return np.unpackbits(rows, axis=1, bitorder="little", count=len(trials)).astype(np.bool_)

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
        columns = len(trials)
        varied = _Varied(plan, controls, columns)
        trials = np.ascontiguousarray(trials, np.int64)
        limits = np.ascontiguousarray(limits, np.float64)
        goals, place = np.unique(np.asarray(wanted, np.int64), return_inverse=True)
        if controls is None and (np.diff(trials) > 0).all():
            return self._settle_words(plan, draws, start, trials, limits, goals)[place]
        ever = np.ones((len(goals), columns), np.uint8)
        if fell is not None:
            ever[place] = fell
        found, goal = np.empty((len(goals), columns)), np.zeros(plan.facts, np.uint8)
        needs = np.diff(plan.premise_start)
        held, free = np.array(start, np.int32), np.flatnonzero(needs == 0).astype(np.int32)
        room = len(plan.result) + 1
        state = (
            np.full(plan.facts, np.inf), np.zeros(plan.facts, np.uint8), needs.copy(),
            np.empty(plan.facts, np.int32), np.empty(room), np.empty(room, np.int32),
            np.zeros(plan.facts, np.int32), np.empty(plan.facts, np.int32),
        )  # fmt: skip
        lists = (
            needs, plan.premise_start, plan.premise, plan.result_start, plan.result, plan.user_start,
            plan.user, *plan.makers,
        )  # fmt: skip
        self._call["settle"](
            *map(_at, lists),
            _at(draws.stream), _at(draws.threshold), _at(draws.mode), _at(draws.shift),
            _at(draws.chance), _at(draws.tries), _at(draws.sure), _at(varied.start), _at(varied.hinder),
            _at(varied.factor), _at(varied.slow), _at(varied.active), columns,
            _at(draws.effort_stream), _at(draws.law), _at(draws.pace), _at(draws.tables), QUANTILE_BITS,
            _at(trials), _at(limits), _at(ever), _at(goal), _at(held), len(held), _at(free), len(free),
            _at(goals), len(goals), *map(_at, state), _at(found),
        )  # fmt: skip
        return found[place]

    def _settle_words(
        self, plan: Plan, draws: Draws, start: Sequence[int], trials: Ints, limits: Floats, goals: Ints
    ) -> Floats:
        """The same for trials in rising order, by their words, of which eight are looked at together."""
        found = np.empty((len(goals), len(trials)))
        words, first = np.unique(trials >> 6, return_index=True)
        bounds = np.append(first, len(trials))
        asked = np.zeros(len(words), np.uint64)
        np.bitwise_or.at(asked, np.searchsorted(words, trials >> 6), _lanes(trials))
        work = _Settling(self._call, plan, draws, start, goals)
        for at in range(0, len(words), _WIDTH):
            some = words[at : at + _WIDTH]
            state = np.zeros((plan.facts, _WIDTH), np.uint64)
            state[list(start)] = ~np.uint64(0)
            padded = np.resize(some, _WIDTH)
            self.resume(plan, draws, padded, state, np.ones(len(plan), np.uint8))
            falls = np.bitwise_or.reduce(state[goals], axis=0, initial=np.uint64(0))
            wanted = np.resize(asked[at : at + _WIDTH], _WIDTH) & falls
            if not wanted.any():
                found[:, bounds[at] : bounds[at + len(some)]] = np.inf
                continue
            fires = work.leading(padded, state, wanted)
            for k in range(len(some)):
                chosen = slice(bounds[at + k], bounds[at + k + 1])
                found[:, chosen] = work.settled(fires[:, k], state[goals, k], trials[chosen], limits[chosen])
        return found

    def components(
        self, facts: int, user_start: Shorts, user: Shorts, result_start: Shorts, result: Shorts
    ) -> tuple[Shorts, Shorts]:
        instances = len(result_start) - 1
        nodes = facts + instances
        component, entered = np.full(nodes, -1, np.int32), np.full(nodes, -1, np.int32)
        finish, low, path = (np.zeros(nodes, np.int32) for _ in range(3))
        call = np.zeros(2 * nodes + 1, np.int32)
        arrays = (user_start, user, result_start, result, component, finish, low, entered, path, call)
        self._call["components"](facts, instances, *map(_at, arrays))
        return component, finish

    def dominators(
        self, root: int, after_start: Shorts, after: Shorts, before_start: Shorts, before: Shorts
    ) -> tuple[Shorts, Shorts, Shorts]:
        nodes = len(after_start) - 1
        above, first = np.full(nodes, -1, np.int32), np.full(nodes, -1, np.int32)
        last, order, place = (np.zeros(nodes, np.int32) for _ in range(3))
        call = np.zeros(2 * nodes, np.int32)
        arrays = (after_start, after, before_start, before, above, first, last, order, place, call)
        self._call["dominators"](nodes, root, *map(_at, arrays))
        return above, first, last

    def detours(self, links: Links, above: Shorts, certain: Bytes, goal: Bytes, most: int) -> Bools:
        facts, instances = len(goal), len(certain)
        held, seen = np.full(facts + instances + 1, -1, np.int32), np.full(facts, -1, np.int32)
        results = int(np.diff(links.result_start).max(initial=0))
        agenda, found = np.empty(most + results + 1, np.int32), np.empty(instances, np.uint8)
        lists = (
            links.premise_start, links.premise, links.result_start, links.result,
            links.user_start, links.user, above, certain, goal,
        )  # fmt: skip
        self._call["detours"](
            facts, instances, *map(_at, lists), most, _at(held), _at(seen), _at(agenda), _at(found)
        )
        return found.astype(np.bool_)

    def cheapest(
        self, links: Links, price: Floats, effort: Floats, start: Ints, cost: Floats, wanted: Ints
    ) -> tuple[Ints, Ints]:
        facts, instances = len(links.user_start) - 1, len(price)
        goal = np.zeros(facts, np.uint8)
        goal[wanted] = 1
        maker, order = np.full(facts, -2, np.int64), np.empty(facts, np.int64)
        room = len(links.result) + len(start) + 1
        arrays = (
            np.diff(links.premise_start), np.empty(facts), np.empty(facts), maker, order, np.empty(room),
            np.empty(room), np.empty(room, np.int32), np.empty(room, np.int32),
        )  # fmt: skip
        lists = (
            links.premise_start, links.premise, links.result_start, links.result,
            links.user_start, links.user, price, effort,
            np.asarray(start, np.int64), np.asarray(cost, np.float64),
        )  # fmt: skip
        settled = self._call["cheapest"](
            instances, *map(_at, lists), len(start), _at(goal), int(goal.sum()), *map(_at, arrays)
        )
        return maker, order[:settled]


class _Settling:
    """The times of one plan's goals; holds what the kernels need for any number of words."""

    def __init__(
        self,
        call: Mapping[str, Callable[..., int]],
        plan: Plan,
        draws: Draws,
        start: Sequence[int],
        goals: Ints,
    ) -> None:
        self._call, self._plan, self._draws, self._goals = call, plan, draws, goals
        self._entries = _entries(plan, draws)
        self._start = np.array(start, np.int32)
        room = len(self._entries.result) + 1
        self._state = (
            np.full(plan.facts, np.inf), np.zeros(plan.facts, np.uint8), self._entries.needs.copy(),
            np.empty(plan.facts, np.int32), np.empty(room), np.empty(room, np.int32),
            np.empty(len(self._entries.needs), np.int32), np.empty(plan.facts, np.int32),
        )  # fmt: skip
        self._goal = np.zeros(plan.facts, np.uint8)
        self._useful, self._stack = np.zeros(plan.facts, np.int32), np.empty(plan.facts, np.int32)
        self._epoch = 0

    def leading(self, words: Ints, state: Words, asked: Words) -> Words:
        """In which trials of 8 words, of those asked for, the instances fire and may lead to a goal."""
        plan, draws = self._plan, self._draws
        fires = np.empty((len(plan), _WIDTH), np.uint64)
        useful, need, numbers = np.zeros_like(state), np.empty(_WIDTH, np.uint64), words.astype(np.uint64)
        arrays = (
            plan.segment, plan.cyclic, plan.premise_start, plan.premise, plan.result_start, plan.result,
            draws.stream, draws.threshold, draws.mode, draws.shift, numbers, state, asked, self._goals,
        )  # fmt: skip
        rest = (useful, fires, need)
        self._call["leading"](len(plan.cyclic), *map(_at, arrays), len(self._goals), *map(_at, rest))
        return fires

    def settled(self, fires: Words, fallen: Words, trials: Ints, limits: Floats) -> Floats:
        """When the goals fall in trials of one word. ``fallen[goal]`` says in which they ever do."""
        entries, goals, draws, plan = self._entries, self._goals, self._draws, self._plan
        mine = fires[entries.instance]
        ever = ((fallen[:, None] & _lanes(trials)) != 0).astype(np.uint8)
        found = np.empty((len(goals), len(trials)))
        free = int(entries.start[plan.facts])
        going = np.ascontiguousarray(fires)
        makers = (*plan.makers, plan.premise_start, plan.premise, going, self._useful, self._stack)
        self._epoch = self._call["settle_word"](
            _at(entries.start), _at(entries.after), _at(entries.result), _at(entries.join),
            _at(entries.needs), _at(mine), _at(entries.effort_stream), _at(entries.law), _at(entries.pace),
            _at(entries.least), _at(draws.tables), QUANTILE_BITS,
            _at(trials), _at(limits), len(trials), _at(ever), _at(self._goal), _at(self._start),
            len(self._start), free, len(mine) - free, _at(goals), len(goals),
            *map(_at, makers), self._epoch, *map(_at, self._state), _at(found),
        )  # fmt: skip
        return found


_entries = lru_cache(maxsize=2)(Entries.of)


def _lanes(trials: Ints) -> Words:
    """The bit of each trial in its word."""
    found: Words = np.uint64(1) << (trials & 63).astype(np.uint64)
    return found


class _Varied:
    """The controls that vary, as the kernels need them; none of them where there are none."""

    def __init__(self, plan: Plan, controls: Controls | None, columns: int) -> None:
        if controls is None:
            self.start = np.zeros(len(plan) + 1, np.int32)
            self.hinder = np.zeros(1, np.int32)
            self.factor = self.slow = np.ones(1)
            self.active = np.zeros(1, np.uint8)
            return
        if controls.active.shape != (len(controls.factor), columns):
            raise ValueError("`active` has a row for each control and a column for each trial")
        self.start, self.hinder = controls.hinder_start, controls.hinder
        self.factor, self.slow = controls.factor, controls.slow
        self.active = np.ascontiguousarray(controls.active, np.uint8)


def _plan(plan: Plan) -> tuple[int, ...]:
    arrays = (
        plan.segment, plan.cyclic, plan.premise_start, plan.premise, plan.result_start, plan.result,
        plan.user_start, plan.user,
    )  # fmt: skip
    return (len(plan.cyclic), *(_at(each) for each in arrays))


def _at(array: Any) -> int:
    """Where the data of an array lie."""
    if not array.flags.c_contiguous:
        raise ValueError("the kernels need arrays in one piece")
    return int(array.ctypes.data)
