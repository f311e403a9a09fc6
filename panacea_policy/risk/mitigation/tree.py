"""Branch and bound that remembers: one tree of sets of switches for all budgets.

A leaf fixes some switches on and some off. Its relaxation, a linear program, is solved under one budget; by
duality that gives a line in the budget below which nothing in the leaf can lie under any budget. So what was
learnt under one budget bounds the next, and no set is divided twice. Clauses that are learnt later only raise
the objective, so that the lines stay valid when the program is replaced.
"""

from __future__ import annotations

import numpy as np

from panacea_policy.risk.graph import Floats, Ints
from panacea_policy.risk.mitigation.program import Program, Relaxed, Solution

#: Lines kept of each leaf, the latest ones.
LINES = 16

#: A switch counts as whole in a relaxation that is this close to it: budgets are told apart at 1e-6.
WHOLE = 1e-8

#: Relaxations solved for one budget before the rest is left to HiGHS, whose cuts do better on hard programs.
#: A count and no time, so that results do not depend on the speed of the machine.
PATIENCE = 5_000


class Tree:
    """The best set of ``m`` switches under any budget. ``most``: the cost of all that cost something."""

    def __init__(self, m: int, most: float) -> None:
        self._most = most
        self._leaves = _Leaves()
        self._leaves.add(0, 0)
        self._experience = _Experience(m)
        #: How many relaxations were solved.
        self.relaxed = 0

    def solve(self, program: Program, budget: float) -> Solution | None:
        """The best set whose cost is within the budget; None if there is none at all.

        Between calls the program may be replaced by one that knows more clauses.
        """
        budget = min(budget, self._most)
        leaves = self._leaves
        bounds = leaves.bounds(budget)
        known: dict[int, Relaxed] = {}
        last = self.relaxed + PATIENCE
        while self.relaxed < last:
            leaf = int(bounds.argmin())
            if bounds[leaf] == np.inf:
                return None
            if leaf not in known:
                bounds[leaf] = self._relax(program, leaf, budget, known)
                continue
            found = known[leaf]
            open_ = np.flatnonzero(np.abs(found.switches - np.round(found.switches)) > WHOLE)
            if not len(open_):
                on = sum(1 << int(c) for c in np.flatnonzero(found.switches > 0.5))
                return Solution(on, found.objective, min(found.objective, float(bounds.min())))
            switch = self._experience.choose(found.switches, open_)
            other = self._divide(program, leaf, switch, budget, known)
            bounds = np.append(bounds, other)
            bounds[leaf] = leaves.bound(leaf, budget)
        solution = program.solve(budget)
        if solution is None:
            return None
        return Solution(solution.on, solution.objective, max(solution.bound, float(bounds.min())))

    def _relax(self, program: Program, leaf: int, budget: float, known: dict[int, Relaxed]) -> float:
        """Solve the relaxation of a leaf, keep its line, and say its bound."""
        self.relaxed += 1
        leaves = self._leaves
        found = program.relaxation(leaves.on[leaf], leaves.off[leaf], budget)
        if found is None:
            leaves.empty[leaf] = max(leaves.empty[leaf], budget)
            known.pop(leaf, None)
            return np.inf
        known[leaf] = found
        leaves.line(leaf, found.objective + found.slope * budget, found.slope)
        return found.objective

    def _divide(
        self, program: Program, leaf: int, switch: int, budget: float, known: dict[int, Relaxed]
    ) -> float:
        """Set a switch on in the leaf, and off in a new one, whose bound is returned."""
        leaves, before = self._leaves, known.pop(leaf)
        part = float(before.switches[switch])
        other = leaves.add(leaves.on[leaf], leaves.off[leaf] | 1 << switch, leaf)
        leaves.on[leaf] |= 1 << switch
        up = self._relax(program, leaf, budget, known)
        down = self._relax(program, other, budget, known)
        for side, bound, gone in ((0, down, part), (1, up, 1 - part)):
            if np.isfinite(bound):
                self._experience.note(switch, side, (bound - before.objective) / max(gone, 1e-3))
        return down


class _Leaves:
    """The leaves by columns: switches fixed on and off (bit masks), lines ``height - slope * budget``, and
    the budget up to which a leaf holds no set.
    """

    def __init__(self) -> None:
        self.on: list[int] = []
        self.off: list[int] = []
        self._turn: list[int] = []
        self._height: Floats = np.full((64, LINES), -np.inf)
        self._slope: Floats = np.zeros((64, LINES))
        self.empty: Floats = np.full(64, -np.inf)

    def add(self, on: int, off: int, parent: int | None = None) -> int:
        """A new leaf within a parent, whose lines hold for it too."""
        new = len(self.on)
        self.on.append(on)
        self.off.append(off)
        self._turn.append(0 if parent is None else self._turn[parent])
        if new == len(self.empty):
            self._height = np.concatenate([self._height, np.full_like(self._height, -np.inf)])
            self._slope = np.concatenate([self._slope, np.zeros_like(self._slope)])
            self.empty = np.concatenate([self.empty, np.full_like(self.empty, -np.inf)])
        if parent is not None:
            self._height[new], self._slope[new] = self._height[parent], self._slope[parent]
            self.empty[new] = self.empty[parent]
        return new

    def line(self, leaf: int, height: float, slope: float) -> None:
        place = self._turn[leaf] % LINES
        self._turn[leaf] += 1
        self._height[leaf, place], self._slope[leaf, place] = height, slope

    def bound(self, leaf: int, budget: float) -> float:
        if self.empty[leaf] >= budget:
            return np.inf
        return float((self._height[leaf] - self._slope[leaf] * budget).max())

    def bounds(self, budget: float) -> Floats:
        """What no set of each leaf can go below."""
        n = len(self.on)
        found: Floats = (self._height[:n] - self._slope[:n] * budget).max(axis=1)
        found[self.empty[:n] >= budget] = np.inf
        return found


class _Experience:
    """By how much the bound rose when a switch was set, for each unit of what was cut away (pseudo-costs)."""

    def __init__(self, m: int) -> None:
        self._sum = np.zeros((2, m))
        self._count = np.zeros((2, m))

    def note(self, switch: int, side: int, rise: float) -> None:
        self._sum[side, switch] += max(rise, 0.0)
        self._count[side, switch] += 1

    def choose(self, values: Floats, open_: Ints) -> int:
        """The open switch by which dividing promises to raise both bounds most; untried ones come first."""
        tried = self._count[:, open_].min(axis=0) > 0
        part = values[open_]
        if not tried.all():
            untried = np.flatnonzero(~tried)
            return int(open_[untried[np.abs(part[untried] - 0.5).argmin()]])
        down, up = self._sum[:, open_] / self._count[:, open_]
        return int(open_[(np.maximum(down * part, 1e-12) * np.maximum(up * (1 - part), 1e-12)).argmax()])
