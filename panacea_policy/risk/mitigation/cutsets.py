"""Minimal cut sets with their cost: the cheapest sets of controls, steps or assets that cut a goal off.

Implicit hitting sets: a program proposes the cheapest set that meets every way found so far; if the goal can
still be derived, that derivation (a minimal proof) is a new way that must be met. Nothing enumerates paths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from panacea_policy.risk.graph import Bools, Floats, Graph, Ints
from panacea_policy.risk.mitigation.program import Program, Row
from panacea_policy.risk.mitigation.sample import members


@dataclass(frozen=True)
class Blocked:
    """What each element takes away: instances (a step that cannot be taken) or facts held at the start."""

    instances: tuple[Ints, ...]
    facts: tuple[Ints, ...]
    cost: Floats

    def __len__(self) -> int:
        return len(self.cost)

    @classmethod
    def of_instances(cls, instances: Sequence[Sequence[int]], cost: Sequence[float]) -> Blocked:
        rows = tuple(np.array(sorted(each), dtype=np.int64) for each in instances)
        none = np.zeros(0, dtype=np.int64)
        return cls(rows, tuple(none for _ in rows), np.array(cost, dtype=np.float64))


@dataclass(frozen=True)
class Cuts:
    """Minimal cut sets as tuples of element numbers, cheapest first. ``possible``: whether there is any;
    ``complete``: whether these are all.
    """

    sets: tuple[tuple[int, ...], ...]
    possible: bool
    complete: bool


def minimal_cuts(
    graph: Graph, goal: int, start: Sequence[int], chance: Floats, blocked: Blocked, *, most: int = 10
) -> Cuts:
    """The ``most`` cheapest minimal sets of elements without which the goal cannot be derived from the start.

    An instance counts while its chance is above zero. Elements of no cost are taken as nearly free.
    """
    search = _Search(graph, goal, start, chance, blocked)
    if search.way(0) is None:
        return Cuts(((),), possible=True, complete=True)
    if search.way((1 << len(blocked)) - 1) is not None:
        return Cuts((), possible=False, complete=True)
    found: list[int] = []
    while len(found) < most:
        cut = search.cheapest(found)
        if cut is None:
            return Cuts(_ordered(found), possible=True, complete=True)
        found.append(cut)
    return Cuts(_ordered(found), possible=True, complete=search.cheapest(found) is None)


def _ordered(found: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(members(cut)) for cut in found)


class _Search:
    def __init__(
        self, graph: Graph, goal: int, start: Sequence[int], chance: Floats, blocked: Blocked
    ) -> None:
        _, used = graph.relevant([goal])
        self._graph, self._goal, self._start = graph, goal, tuple(start)
        self._live: Bools = (chance > 0) & used
        self._blocked = blocked
        floor = max(float(blocked.cost.max(initial=0.0)), 1.0) * 1e-4
        self._price = np.maximum(blocked.cost, floor)
        self._ways: list[int] = []
        self._of_instance = _takers(blocked.instances, len(graph))
        self._of_fact = _takers(blocked.facts, graph.facts)
        self._users = _rows_of(graph.premises.index, graph.premises.owners(), graph.facts)
        self._premises = [graph.premises.row(i) for i in range(len(graph))]
        self._results = [graph.results.row(i) for i in range(len(graph))]
        self._free = [i for i in np.flatnonzero(self._live).tolist() if not self._premises[i]]

    def cheapest(self, found: Sequence[int]) -> int | None:
        """The cheapest cut set that holds none of those found; None if there is none."""
        while True:
            program = self._program(found)
            solution = program.solve()
            if solution is None:
                return None
            way = self.way(solution.on)
            if way is None:
                return self._minimal(solution.on)
            taken = solution.on
            while way is not None and way:
                self._ways.append(way)
                taken |= way
                way = self.way(taken)

    def _minimal(self, cut: int) -> int:
        """Without what only the tolerance of the solver put in."""
        for element in sorted(members(cut), key=lambda e: -self._price[e]):
            if self.way(cut & ~(1 << element)) is None:
                cut &= ~(1 << element)
        return cut

    def _program(self, found: Sequence[int]) -> Program:
        m = len(self._blocked)
        rows = []
        for way in self._ways:
            coefficients = np.zeros(m)
            coefficients[members(way)] = 1.0
            rows.append(Row(coefficients, low=1.0))
        program = Program(m, [], np.zeros(0), 0.0, cost=self._price, price=1.0, rows=rows)
        for cut in found:
            program.forbid(cut)
        return program

    def way(self, taken: int) -> int | None:
        """The elements that one derivation of the goal uses with some elements taken away: a mask; None if
        there is no derivation. An empty mask is a way that no element can stop.
        """
        maker = self._derive(taken)
        if maker is None:
            return None
        mask, seen, agenda = 0, set(), [self._goal]
        while agenda:
            fact = agenda.pop()
            if fact in seen:
                continue
            seen.add(fact)
            i = maker[fact]
            if i < 0:
                mask |= self._of_fact[fact]
                continue
            mask |= self._of_instance[i]
            agenda.extend(self._premises[i])
        return mask

    def _derive(self, taken: int) -> dict[int, int] | None:
        """For each fact the instance that first made it (-1: held at the start), by breadth; None if the goal
        does not come to hold.
        """
        maker: dict[int, int] = {}
        missing: dict[int, int] = {}
        agenda: list[int] = []
        for fact in self._start:
            if not self._of_fact[fact] & taken:
                maker[fact] = -1
                agenda.append(fact)
        ready = [i for i in self._free if not self._of_instance[i] & taken]
        while agenda or ready:
            made: list[int] = []
            for i in ready:
                for fact in self._results[i]:
                    if fact not in maker:
                        maker[fact] = i
                        made.append(fact)
            agenda += made
            if self._goal in maker:
                return maker
            ready = []
            for fact in agenda:
                for i in self._users[fact]:
                    if self._live[i] and not self._of_instance[i] & taken:
                        missing[i] = missing.get(i, len(set(self._premises[i]))) - 1
                        if missing[i] == 0:
                            ready.append(i)
            agenda = []
        return maker if self._goal in maker else None


def _takers(rows: Sequence[Ints], n: int) -> list[int]:
    """For each of n things the elements, as a mask, that take it away."""
    masks = [0] * n
    for element, row in enumerate(rows):
        for i in row.tolist():
            masks[i] |= 1 << element
    return masks


def _rows_of(index: Ints, owners: Ints, n: int) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(n)]
    for fact, i in zip(index.tolist(), owners.tolist(), strict=True):
        if not rows[fact] or rows[fact][-1] != i:
            rows[fact].append(i)
    return rows
