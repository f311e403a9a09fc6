"""Exact probabilities, joint ones, and minimal cut sets of graphs of some dozens of draws, by
decision diagrams.

Whether a fact ever falls is a monotone Boolean function of which draws succeed: the least fixpoint of the
graph, found by applying the instances to functions instead of truth values. A function is kept as a binary
decision diagram (R. E. Bryant, "Graph-based algorithms for Boolean function manipulation", IEEE Transactions
on Computers C-35(8), 1986); its probability is one pass over the diagram's nodes, its minimal sets are
another (A. Rauzy, "New algorithms for fault trees analysis", Reliability Engineering and System Safety 40,
1993). The library ``dd`` does the diagrams; it is imported when one is made.

A common cause whose instances have the chances p1 < p2 < … is one draw: with probability p2 the second
succeeds, and if so, with probability p1 / p2 the first does, too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from panacea_policy.errors import PanaceaError
from panacea_policy.risk.exact import TooLarge
from panacea_policy.risk.graph import Floats, Graph, Ints
from panacea_policy.risk.kernels.plain import NumpyKernels
from panacea_policy.risk.simulate import Ability, plan_of

#: Above so many nodes the diagrams are given up.
MOST_NODES = 2_000_000
#: Above so many draws, too: a diagram is as deep as it has draws, and walked through by recursion.
MOST_DRAWS = 300
#: Above so many minimal sets they are given up.
MOST_SETS = 100_000

Sets = tuple[frozenset[int], ...]


class TooManyNodes(TooLarge):
    """The diagrams grew beyond the nodes that they may take."""


_TRUE, _FALSE = 1, -1


class Diagram:
    """What can fall from the facts ``start``, as functions of the draws that are uncertain.

    ``over``: the instances that count as uncertain whatever their chance; the others are certain, if possible
    at all. None: those whose chance lies between 0 and 1. Timing is left aside. Raises PanaceaError where the
    library ``dd`` is missing, :class:`TooLarge` where the diagrams grow too large.
    """

    def __init__(
        self,
        graph: Graph,
        start: Sequence[int],
        goals: Collection[int],
        chance: Floats | None = None,
        over: Collection[int] | None = None,
        *,
        most_nodes: int = MOST_NODES,
    ) -> None:
        self._most_nodes = most_nodes
        try:
            from dd.bdd import BDD
        except ImportError:
            raise PanaceaError(
                "exact computation by decision diagrams needs the library `dd`",
                "In the checkout: pip install '.[exact]'",
            ) from None
        chance = Ability.all_of(graph).chances(graph.chance) if chance is None else chance
        _, fires = graph.reachable(start, chance)
        _, used = graph.relevant(goals)
        self._graph = graph
        # Functions are numbers of nodes, negative for the complement; nothing is collected or reordered.
        self._bdd: Any = BDD()  # type: ignore[abstract]
        self._share: list[float] = []
        self._instances: list[frozenset[int]] = []
        plan = plan_of(graph, fires & used, NumpyKernels())
        draws = self._draws(plan.instances, chance, over)
        self._falls = self._fixpoint(plan.instances, draws, start)

    def _draws(self, order: Ints, chance: Floats, over: Collection[int] | None) -> dict[int, int]:
        """The success of each uncertain instance as a function, variables in the order of dependence."""
        chosen = None if over is None else set(over)
        groups: dict[int, list[int]] = {}
        for i in order.tolist():
            uncertain = 0 < chance[i] < 1 if chosen is None else i in chosen
            if uncertain:
                groups.setdefault(int(self._graph.group[i]), []).append(i)
        if len(groups) > MOST_DRAWS:
            raise TooLarge(f"{len(groups)} uncertain draws, and diagrams do {MOST_DRAWS}")
        made: dict[int, int] = {}
        for group, members in groups.items():
            above, success = 1.0, _TRUE
            for p in sorted({float(chance[i]) for i in members}, reverse=True):
                name = f"{group} below {p!r}"
                self._bdd.add_var(name)
                self._share.append(p / above)
                mine = frozenset(i for i in members if chance[i] == p)
                self._instances.append(mine)
                success = self._both(success, self._bdd.var(name))
                above = p
                made.update(dict.fromkeys(mine, success))
        return made

    def _both(self, one: int, other: int) -> int:
        made: int = self._bdd.ite(one, other, _FALSE)
        if len(self._bdd) > self._most_nodes:
            raise TooManyNodes(f"more than {self._most_nodes:,} nodes of decision diagrams")
        return made

    @property
    def nodes(self) -> int:
        """How many nodes the diagrams take."""
        return len(self._bdd)

    def _fixpoint(self, order: Ints, draws: dict[int, int], start: Sequence[int]) -> list[int]:
        falls = [_FALSE] * self._graph.facts
        for fact in start:
            falls[fact] = _TRUE
        changed = True
        while changed:
            changed = False
            for i in order.tolist():
                through = draws.get(i, _TRUE)
                for fact in self._graph.premises.row(i):
                    through = self._both(through, falls[fact])
                for fact in self._graph.results.row(i):
                    either = -self._both(-falls[fact], -through)
                    if either != falls[fact]:
                        falls[fact] = either
                        changed = True
        return falls

    # ------------------------------------------------------------------------------------------ probabilities

    def probability(self, goal: int) -> float:
        """The probability that a goal ever falls."""
        return self._probability(self._falls[goal])

    def joint(self, goals: Sequence[int]) -> Floats:
        """The probability of every combination of goals: shape (2,) * len(goals), index 1 = falls."""
        total = np.zeros((2,) * len(goals))
        for cell in np.ndindex(*total.shape):
            both = _TRUE
            for goal, falls in zip(goals, cell, strict=True):
                both = self._both(both, self._falls[goal] if falls else -self._falls[goal])
            total[cell] = self._probability(both)
        return total

    def _probability(self, function: int) -> float:
        known = {_TRUE: 1.0}

        def value(node: int) -> float:
            """Of a node, or of its complement."""
            if abs(node) not in known:
                level, low, high = self._bdd.succ(abs(node))
                share = self._share[level]
                known[abs(node)] = share * value(high) + (1.0 - share) * value(low)
            return known[node] if node > 0 else 1.0 - known[-node]

        return min(1.0, max(0.0, value(function)))

    # ------------------------------------------------------------------------------------------ minimal sets

    def cut_sets(self, goal: int) -> Sets:
        """The minimal sets of uncertain instances without which the goal cannot fall, small ones first.

        Instances of one common cause and chance fail together and stand together. No set at all: the goal
        falls in any case; the empty set alone: it cannot fall.
        """
        # Rauzy's minimal solutions of the dual function: those that need not a variable, and those that do
        # and contain none of the first.
        known: dict[int, Sets] = {_TRUE: (), _FALSE: (frozenset(),)}

        def of(node: int) -> Sets:
            if node not in known:
                level, low, high = self._bdd.succ(abs(node))
                if node < 0:
                    low, high = -low, -high
                without, within = of(high), of(low)
                more = (each | {level} for each in within if not any(less <= each for less in without))
                known[node] = (*without, *more)
                if len(known[node]) > MOST_SETS:
                    raise TooLarge(f"more than {MOST_SETS} minimal sets")
            return known[node]

        found = {
            frozenset(i for level in each for i in self._instances[level]) for each in of(self._falls[goal])
        }
        least = _without_larger(found)
        return tuple(sorted(least, key=lambda each: (len(each), sorted(each))))


def _without_larger(sets: set[frozenset[int]]) -> list[frozenset[int]]:
    kept: list[frozenset[int]] = []
    for each in sorted(sets, key=len):
        if not any(less <= each for less in kept):
            kept.append(each)
    return kept


def probability(graph: Graph, goal: int, start: Sequence[int], chance: Floats | None = None) -> float:
    """The probability that ``goal`` ever falls; see :class:`Diagram`."""
    return Diagram(graph, start, [goal], chance).probability(goal)
