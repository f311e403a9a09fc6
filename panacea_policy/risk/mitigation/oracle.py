"""What would have happened in a trial under another set of controls: the question that everything here asks.

INVARIANT: the answer for one trial and goal is monotone: with more controls active, a goal that held out
still holds out. Controls only lower chances and lengthen efforts, and the draws of a trial stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from panacea_policy.risk.graph import Bools, Floats, Graph, Ints
from panacea_policy.risk.simulate import BLOCK, Draws, Plan, draw, generator
from panacea_policy.risk.study import Source

#: Columns that are run together.
_WIDTH = 2048


class Oracle(Protocol):
    """The simulated trials of one attack graph, each of which can be asked again under other controls."""

    @property
    def trials(self) -> int:
        """How many trials each source has, numbered from 0."""

    def fallen_with(self, source: int, trials: Ints, active: Bools) -> Bools:
        """Which goals fall in trial ``trials[k]`` of a source with the controls ``active[:, k]`` in place.

        ``active`` has the shape (controls, k), all controls of the graph counted; the answer (goals, k).
        """


class Replay:
    """An oracle that runs each column anew: slow, obvious, and right for any graph.

    ``floor``: the controls that are active in every question (the fewer, the more draws are kept).
    """

    def __init__(
        self,
        graph: Graph,
        sources: Sequence[Source],
        goals: Sequence[int],
        *,
        horizon: float,
        trials: int,
        seed: int,
        floor: Sequence[int] = (),
    ) -> None:
        chance = graph.controlled(floor)
        used = graph.relevant(goals)[1]
        self._graph = graph
        self._goals = list(goals)
        self._sources = tuple(sources)
        self._horizon = horizon
        self._seed = seed
        self._floor = chance
        self.trials = trials
        self._plans = []
        for source in sources:
            _, fires = graph.reachable(source.start, source.chances(chance))
            self._plans.append(Plan.of(graph, fires & used))
        self._drawn: dict[int, Draws] = {}

    def fallen_with(self, source: int, trials: Ints, active: Bools) -> Bools:
        answer = np.zeros((len(self._goals), len(trials)), dtype=bool)
        for block in np.unique(trials // BLOCK).tolist():
            mine = np.flatnonzero(trials // BLOCK == block)
            for first in range(0, len(mine), _WIDTH):
                part = mine[first : first + _WIDTH]
                answer[:, part] = self._run(source, block, trials[part] % BLOCK, active[:, part])
        return answer

    def _run(self, source: int, block: int, columns: Ints, active: Bools) -> Bools:
        draws = self._again(block, columns, active)
        time = self._plans[source].earliest(draws, self._sources[source].start)[self._goals]
        fell: Bools = time <= self._limits(source, block)[columns]
        return fell

    def _again(self, block: int, columns: Ints, active: Bools) -> Draws:
        """The draws of some trials of a block, trials repeated as asked, at each column's own chances."""
        if block not in self._drawn:
            self._drawn[block] = draw(self._graph, self._floor, self._seed, block)
        kept = self._drawn[block]
        hinders, shape = self._graph.hinders, (len(self._graph), len(columns))
        uniform, effort = np.full(shape, np.inf), np.zeros(shape)
        at = np.full(BLOCK, -1)
        for i, success in enumerate(kept.successes):
            if success is None:
                uniform[i] = 0.0
                continue
            at[:] = -1
            at[success.trials] = np.arange(len(success.trials))
            where = at[columns]
            hit = where >= 0
            uniform[i, hit] = success.uniform[where[hit]]
            effort[i, hit] = success.effort[where[hit]]
            mine = hinders.index[hinders.start[i] : hinders.start[i + 1]]
            if len(mine):
                held = np.where(active[mine], 1.0 - self._graph.effectiveness[mine, None], 1.0)
                left = held.prod(axis=0)
                uniform[i] = np.divide(uniform[i], left, where=left > 0, out=np.full(len(left), np.inf))
        return Draws.given(uniform, effort, self._graph.chance)

    def _limits(self, source: int, block: int) -> Floats:
        law = self._sources[source].patience
        if law is None:
            return np.full(BLOCK, self._horizon)
        rng = generator(self._seed, b"patience of " + self._sources[source].name.encode(), block)
        return np.minimum(law.sample(rng, BLOCK), self._horizon)


class Weighed:
    """An oracle written down by hand: item by item, which sets of controls save it. For tests and examples.

    ``fails[s][t][g]``: the maximal sets of controls (as bit masks) under which goal g still falls in trial t
    of source s; none where it never falls.
    """

    def __init__(self, fails: Sequence[Sequence[Sequence[Sequence[int]]]]) -> None:
        self._fails = fails
        self.trials = len(fails[0])

    def fallen_with(self, source: int, trials: Ints, active: Bools) -> Bools:
        bits = [sum(1 << c for c in np.flatnonzero(column).tolist()) for column in active.T]
        rows = [
            [any(s | m == m for m in goal) for goal in self._fails[source][t]]
            for t, s in zip(trials.tolist(), bits, strict=True)
        ]
        return np.array(rows, dtype=bool).reshape(len(bits), -1).T
