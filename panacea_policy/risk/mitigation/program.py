"""The mixed-integer program over switches, solved by HiGHS.

    minimise    what events still weigh (or the mean of the worst years) + price * cost
    subject to  an event is avoided only as far as every clause of it has a switch that is on;
                budget, prerequisites, exclusions and other limits.

The variables of events are continuous: with whole switches they take 0 or 1 by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from panacea_policy.errors import PanaceaError
from panacea_policy.risk.graph import Bools, Floats, Ints
from panacea_policy.risk.mitigation.sample import Family, members

if TYPE_CHECKING:
    import highspy

#: Weights are scaled to this sum before they are handed to the solver, whose tolerances are absolute.
_SCALE = 1000.0

#: Nodes of branch and bound after which a solution is taken with the gap that is left. A count and no time,
#: so that results do not depend on the speed of the machine.
MAX_NODES = 200_000


@dataclass(frozen=True)
class Row:
    """One linear condition: ``low <= sum of coefficient * switch <= high``."""

    coefficients: Floats
    low: float = -np.inf
    high: float = np.inf

    def met(self, on: Bools) -> bool:
        """Whether a set of switches meets it, to rounding."""
        value = float(self.coefficients[on].sum())
        slack = 1e-9 * max(1.0, float(np.abs(self.coefficients).sum()))
        return self.low - slack <= value <= self.high + slack


@dataclass(frozen=True)
class Tail:
    """Simulated years for the mean of the worst share ``worst`` of them (conditional value at risk).

    ``base[j]`` is what year j weighs with all switches off; ``least`` a lower bound of the value at risk.
    ``year``, ``event`` and ``loss`` list what each event contributes to its year.
    """

    base: Floats
    year: Ints
    event: Ints
    loss: Floats
    worst: float
    least: float


@dataclass(frozen=True)
class Solution:
    """The best set found; ``bound`` is what no set can go below, in the unit of the objective."""

    on: int
    objective: float
    bound: float

    @property
    def gap(self) -> float:
        """How far the objective may at most be from the best, relative to it."""
        if self.objective <= self.bound:
            return 0.0
        return (self.objective - self.bound) / max(abs(self.objective), 1e-12)


@dataclass(frozen=True)
class Relaxed:
    """The optimum with switches in parts: a bound, what a unit more of budget lowers it by, the parts."""

    objective: float
    slope: float
    switches: Floats


@dataclass
class _Matrix:
    """Rows under construction."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    index: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)

    def add(self, entries: Sequence[tuple[int, float]], low: float, high: float) -> None:
        self.start.append(len(self.index))
        self.index += [i for i, _ in entries]
        self.value += [v for _, v in entries]
        self.low.append(low)
        self.high.append(high)


class Program:
    """One program, to be solved under different budgets. Built from what a sample knows.

    ``price``: what one unit of ``cost`` weighs against one unit of the objective.
    """

    def __init__(
        self,
        m: int,
        families: Sequence[Family],
        weight: Floats,
        constant: float,
        *,
        cost: Floats,
        price: float,
        rows: Sequence[Row],
        tail: Tail | None = None,
        family_of: Ints | None = None,
        lasting: Bools | None = None,
    ) -> None:
        self._m = m
        self._cost = cost
        self._constant = constant
        self._matrix = _Matrix()
        self._price: list[float] = [0.0] * m
        self._upper: list[float] = [1.0] * m
        self._lower: list[float] = [0.0] * m
        self._hits: dict[int, int] = {}
        self._avoids: dict[Family, int | None] = {}
        self._offset = 0.0
        total = float(weight.sum()) if tail is None else float(tail.base.mean() / tail.worst)
        self._scale = _SCALE / max(total, abs(price) * float(np.abs(cost).sum()), 1e-300)
        if tail is None:
            self._expected(families, weight)
        else:
            assert family_of is not None
            assert lasting is not None
            self._tail(families, tail, family_of, lasting)
        for c in range(m):
            self._price[c] += price * float(cost[c])
        for row in rows:
            entries = [(int(c), float(row.coefficients[c])) for c in np.flatnonzero(row.coefficients)]
            self._matrix.add(entries, row.low, row.high)
        self._budget = len(self._matrix.low)
        unit = float(np.abs(cost).max(initial=0.0)) or 1.0
        self._cost_unit = unit
        entries = [(c, float(cost[c]) / unit) for c in range(m) if cost[c]]
        self._matrix.add(entries, -np.inf, np.inf)
        self._whole: highspy.Highs | None = None
        self._parts: highspy.Highs | None = None

    # ------------------------------------------------------------------------------------------ columns

    def _column(self, lower: float, upper: float, price: float) -> int:
        self._lower.append(lower)
        self._upper.append(upper)
        self._price.append(price)
        return len(self._price) - 1

    def _hit(self, clause: int) -> int:
        """The variable that says that some switch of the clause is on."""
        if clause & (clause - 1) == 0:
            return clause.bit_length() - 1
        if clause not in self._hits:
            z = self._column(0.0, 1.0, 0.0)
            self._hits[clause] = z
            self._matrix.add([(z, 1.0), *((c, -1.0) for c in members(clause))], -np.inf, 0.0)
        return self._hits[clause]

    def _avoid(self, family: Family) -> int | None:
        """The variable that says that every clause of the family is hit; None where nothing is asked."""
        if family not in self._avoids:
            if len(family) <= 1:
                self._avoids[family] = self._hit(family[0]) if family else None
            else:
                y = self._column(0.0, 1.0, 0.0)
                for clause in family:
                    self._matrix.add([(y, 1.0), *((c, -1.0) for c in members(clause))], -np.inf, 0.0)
                self._avoids[family] = y
        return self._avoids[family]

    def _expected(self, families: Sequence[Family], weight: Floats) -> None:
        for family, w in zip(families, weight.tolist(), strict=True):
            if w > 0.0:
                y = self._avoid(family)
                if y is not None:
                    self._offset += w
                    self._price[y] -= w

    def _tail(self, families: Sequence[Family], tail: Tail, family_of: Ints, lasting: Bools) -> None:
        """Rockafellar and Uryasev (J. Risk 2, 2000): min level + mean excess over it / worst."""
        level = self._column(tail.least, np.inf, 1.0)
        price = 1.0 / (tail.worst * len(tail.base))
        saved: dict[int, dict[int, float]] = {}
        for j, e, loss in zip(tail.year.tolist(), tail.event.tolist(), tail.loss.tolist(), strict=True):
            if tail.base[j] > tail.least and not lasting[e]:
                year = saved.setdefault(j, {})
                year[int(family_of[e])] = year.get(int(family_of[e]), 0.0) + loss
        for j in np.flatnonzero(tail.base > tail.least).tolist():
            excess = self._column(0.0, np.inf, price)
            entries, base = [(excess, 1.0), (level, 1.0)], float(tail.base[j])
            for number, loss in saved.get(j, {}).items():
                y = self._avoid(families[number])
                if y is None:
                    base -= loss
                else:
                    entries.append((y, loss))
            merged: dict[int, float] = {}
            for i, v in entries:
                merged[i] = merged.get(i, 0.0) + v
            unit = max(merged.values())
            scaled = [(i, v / unit) for i, v in merged.items()]
            self._matrix.add(scaled, base / unit, np.inf)

    # ------------------------------------------------------------------------------------------ solving

    def _load(self) -> highspy.Highs:
        highspy = solver()
        # Not highspy.Highs: making one prints a line to standard output before it can be told not to.
        highs = highspy._core._Highs()
        for name, value in (
            ("output_flag", False),
            ("threads", 1),
            ("random_seed", 1),
            ("mip_rel_gap", 0.0),
            ("mip_abs_gap", 1e-9),
            ("mip_feasibility_tolerance", 1e-9),
            ("primal_feasibility_tolerance", 1e-9),
            ("dual_feasibility_tolerance", 1e-9),
            ("mip_max_nodes", MAX_NODES),
            # Few whole variables and a tight relaxation: heuristics and restarts cost more than they save.
            ("mip_heuristic_effort", 0.0),
            ("mip_allow_restart", False),
        ):
            highs.setOptionValue(name, value)
        n = len(self._price)
        highs.addVars(n, np.array(self._lower), np.array(self._upper))
        prices = np.array(self._price) * self._scale
        highs.changeColsCost(n, np.arange(n, dtype=np.int32), prices)
        matrix = self._matrix
        highs.addRows(
            len(matrix.low),
            np.array(matrix.low),
            np.array(matrix.high),
            len(matrix.index),
            np.array(matrix.start, dtype=np.int32),
            np.array(matrix.index, dtype=np.int32),
            np.array(matrix.value),
        )
        return highs  # type: ignore[no-any-return]

    def _integer(self) -> highspy.Highs:
        """The program with whole switches."""
        if self._whole is None:
            self._whole = self._load()
            kinds = np.full(self._m, solver().HighsVarType.kInteger)
            self._whole.changeColsIntegrality(self._m, np.arange(self._m, dtype=np.int32), kinds)
        return self._whole

    def forbid(self, on: int) -> None:
        """No superset of these switches any more."""
        chosen = np.array(members(on), dtype=np.int32)
        self._integer().addRow(-np.inf, len(chosen) - 1.0, len(chosen), chosen, np.ones(len(chosen)))

    def solve(self, budget: float = np.inf) -> Solution | None:
        """The best set whose cost is within the budget; None if there is none at all."""
        highspy = solver()
        highs = self._integer()
        highs.changeRowBounds(self._budget, -np.inf, budget / self._cost_unit)
        # What an earlier solve left would be a start for this one, and HiGHS 1.16 can carry a start over into
        # its presolved space with an objective that is not the start's.
        highs.clearSolver()
        highs.run()
        status = highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        info = highs.getInfo()
        values = highs.getSolution().col_value
        on = sum(1 << c for c in range(self._m) if values[c] > 0.5)
        bound = info.mip_dual_bound if self._m else info.objective_function_value
        shift = self._offset + self._constant
        objective = info.objective_function_value / self._scale + shift
        return Solution(on, objective, min(bound / self._scale + shift, objective))

    def relaxation(self, on: int, off: int, budget: float) -> Relaxed | None:
        """The same with switches in parts, some of them fixed; None if there is none at all.

        By duality ``objective - slope * (b - budget)`` is a bound under any other budget b.
        """
        highspy = solver()
        if self._parts is None:
            self._parts = self._load()
        highs, m = self._parts, self._m
        low = np.array([float(on >> c & 1) for c in range(m)])
        high = np.array([float(not off >> c & 1) for c in range(m)])
        highs.changeColsBounds(m, np.arange(m, dtype=np.int32), low, high)
        highs.changeRowBounds(self._budget, -np.inf, budget / self._cost_unit)
        highs.run()
        status = highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise PanaceaError(f"the solver HiGHS gave up on a linear program: {status}")
        solution = highs.getSolution()
        value = highs.getInfo().objective_function_value / self._scale + self._offset + self._constant
        slope = max(0.0, -solution.row_dual[self._budget]) / self._scale / self._cost_unit
        return Relaxed(value, slope, np.array(solution.col_value[:m]))


def solver() -> Any:
    """The module highspy, imported only where a program is solved."""
    try:
        import highspy
    except ImportError as error:
        raise PanaceaError(
            "choosing controls needs the solver HiGHS, which is not installed",
            "In the checkout: pip install '.[mitigate]'",
        ) from error
    return highspy
