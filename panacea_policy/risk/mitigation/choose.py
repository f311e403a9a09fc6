"""The best set of switches under a budget, and all that no other set beats: exact for the sample.

A program knows some clauses only, so it may promise too much. Each set that it proposes is checked against
the oracle; where events happen that it believed avoided, clauses are learnt and it is solved again. A set
that stands is the best there is: its value is true, and the program's bound holds for every set.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from panacea_policy.risk.graph import Bools, Floats
from panacea_policy.risk.mitigation.program import Program, Row, Solution, Tail
from panacea_policy.risk.mitigation.sample import Sample, columns
from panacea_policy.risk.mitigation.tree import Tree

#: The price of cost that decides between equal values: so many times the whole value for the whole cost.
TIE = 1e-6

#: Boxes that are searched from their middle, so that the first points lie far apart; the others from their
#: dear end, where every solved program gives a point or closes the box.
HALVES = 12

#: Sets whose costs differ by less than this share of the dearest switch count as equally dear.
STEP = 1e-6


@dataclass(frozen=True)
class Point:
    """A set of switches (a bit mask) with its cost, its objective and the relative optimality gap."""

    on: int
    cost: float
    value: float
    gap: float


@dataclass(frozen=True)
class Unexplored:
    """Costs between two points of a front where a better set may still hide, and by how much at most."""

    low: float
    high: float
    most: float


@dataclass(frozen=True)
class Front:
    """The sets that no other set beats in both cost and value, cheapest first."""

    points: tuple[Point, ...]
    unexplored: tuple[Unexplored, ...]

    @property
    def complete(self) -> bool:
        return not self.unexplored


class Chooser:
    """Chooses switches for one objective.

    ``cost`` of each switch in the unit of budgets; ``price`` what a unit of it weighs against the objective
    (0: cost is only limited). With a ``tail`` the objective is the mean of its worst years.
    """

    def __init__(
        self,
        sample: Sample,
        cost: Floats,
        rows: Sequence[Row] = (),
        *,
        price: float = 0.0,
        tail: Tail | None = None,
    ) -> None:
        self.sample = sample
        self.cost = np.asarray(cost, dtype=np.float64)
        self.rows = tuple(rows)
        self.price = price
        self.tail = tail
        self.solved = 0
        self._program: Program | None = None
        self._tree = Tree(len(sample), float(self.cost[self.cost > 0].sum()))
        whole = float(sample.weight.sum()) if tail is None else float(tail.base.mean() / tail.worst)
        spent = float(np.abs(self.cost).sum())
        self._tie = TIE * whole / spent if spent > 0 else 0.0
        self.step = STEP * float(np.abs(self.cost).max(initial=0.0))

    @property
    def relaxed(self) -> int:
        """How many linear programs were solved for that."""
        return self._tree.relaxed

    def mask(self, on: int) -> Bools:
        """The set as truth values, one per switch."""
        return columns([on], len(self.sample))[:, 0]

    def spent(self, on: int) -> float:
        """The cost of a set."""
        return float(self.cost[self.mask(on)].sum())

    def value(self, on: int) -> float:
        """The true objective of a set in the sample, price of its cost included."""
        still = self.sample.still(self.mask(on))
        paid = self.price * self.spent(on)
        if self.tail is None:
            return float(self.sample.weight[still].sum()) + paid
        return tail_mean(self.tail, still) + paid

    def best(self, budget: float = np.inf) -> Point | None:
        """The best set within a budget; None where even the conditions cannot be met."""
        while True:
            solution = self._tree.solve(self._current(), budget)
            self.solved += 1
            if solution is None:
                return None
            if not self.sample.refute(solution.on):
                return self._point(solution)
            self._program = None

    def _point(self, solution: Solution) -> Point:
        cost = self.spent(solution.on)
        return Point(solution.on, cost, self.value(solution.on), solution.gap)

    def _current(self) -> Program:
        if self._program is None:
            families, weight, lasting = self.sample.families()
            self._program = Program(
                len(self.sample),
                families,
                weight,
                float(lasting.sum()) if self.tail is None else 0.0,
                cost=self.cost,
                price=self.price + self._tie,
                rows=self.rows,
                tail=self.tail,
                family_of=self.sample.family,
                lasting=self.sample.lasting,
            )
        return self._program

    def cheapest(self) -> float | None:
        """The least that any allowed set costs."""
        program = Program(len(self.sample), [], np.zeros(0), 0.0, cost=self.cost, price=1.0, rows=self.rows)
        solution = program.solve()
        return None if solution is None else self.spent(solution.on)

    def front(
        self, budget: float = np.inf, most: int = 400, told: Callable[[int], None] = lambda _: None
    ) -> Front:
        """All sets within the budget that no other set beats in both cost and value.

        The price of cost must be 0. At most ``most`` sets are looked for, where the front has its widest gaps
        first; what is left unexplored is said. ``told`` hears how many are found.
        """
        least = self.cheapest()
        first = None if least is None else self.best(least + self.step)
        last = self.best(budget)
        if first is None or last is None:
            return Front((), ())
        points = {first.on: first, last.on: last}
        boxes: list[_Box] = []
        halves = HALVES
        _push(boxes, first, last, first.cost, last.cost - self.step, self.step)
        while boxes and len(points) < most:
            box = heapq.heappop(boxes)
            target = (box.low + box.high) / 2 if halves > 0 else box.high
            halves -= 1
            found = self.best(target)
            if found is None or found.cost <= box.left.cost + self.step:
                _push(boxes, box.left, box.right, target, box.high, self.step)
                continue
            points[found.on] = found
            told(len(points))
            _push(boxes, box.left, found, box.low, found.cost - self.step, self.step)
            _push(boxes, found, box.right, target, box.high, self.step)
        ordered = sorted(points.values(), key=lambda p: (p.cost, p.value))
        left = [Unexplored(b.low, b.high, b.left.value - b.right.value) for b in boxes]
        return Front(_undominated(ordered), tuple(sorted(left, key=lambda u: u.low)))


@dataclass(frozen=True)
class _Box:
    """Costs in (low, high] between two points, not yet searched. Ordered by area, largest first."""

    left: Point
    right: Point
    low: float
    high: float

    def __lt__(self, other: _Box) -> bool:
        return (-self.area, self.low) < (-other.area, other.low)

    @property
    def area(self) -> float:
        return (self.high - self.low) * (self.left.value - self.right.value)


def _push(boxes: list[_Box], left: Point, right: Point, low: float, high: float, step: float) -> None:
    """Keep a box unless it is empty, or its ends are equally good, so that nothing can lie between them."""
    if high > low + step / 2 and left.value > right.value:
        heapq.heappush(boxes, _Box(left, right, low, high))


def _undominated(points: Sequence[Point]) -> tuple[Point, ...]:
    """Those that are better than every cheaper one."""
    kept: list[Point] = []
    for point in points:
        if not kept or point.value < kept[-1].value:
            kept.append(point)
    return tuple(kept)


def tail_mean(tail: Tail, still: Bools) -> float:
    """The mean of the worst years with some events still happening (conditional value at risk)."""
    avoided = ~still[tail.event]
    years = tail.base - np.bincount(tail.year[avoided], weights=tail.loss[avoided], minlength=len(tail.base))
    return worst_mean(years, tail.worst)


def worst_mean(losses: Floats, share: float) -> float:
    """The mean of the worst share of equally likely losses, a fraction of one counted as such."""
    ordered = np.sort(losses)[::-1]
    count = share * len(ordered)
    whole = int(count)
    total = float(ordered[:whole].sum())
    if whole < len(ordered):
        total += (count - whole) * float(ordered[whole])
    return total / count
