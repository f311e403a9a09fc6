"""The compiled form of the kernels: machine code for the loops in `source`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.kernels.build import Library
from panacea_policy.engine.kernels.native import CannotLoad, Native
from panacea_policy.risk.kernels.form import (
    QUANTILE_BITS,
    Bools,
    Bytes,
    Controls,
    Draws,
    Floats,
    Ints,
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
    "components": 2 * "n" + 10 * "a",
    "dominators": 2 * "n" + 10 * "a",
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


def _at(array: NDArray[Any]) -> int:
    """Where the data of an array lie."""
    if not array.flags.c_contiguous:
        raise ValueError("the kernels need arrays in one piece")
    return int(array.ctypes.data)
