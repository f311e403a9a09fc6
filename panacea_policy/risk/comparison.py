"""Comparing a graph with itself at lower chances, with common random numbers.

Every trial of the changed graph uses the draws of the same trial of the base run. Lowering chances can
only lose events, so only trials in which a goal fell, and in which some success is lost, are run again;
those of all sources are run together, each column being one trial of one source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from panacea_policy.risk.graph import Bools, Floats, Graph, Ints
from panacea_policy.risk.simulate import BLOCK, Draws, Plan, Success, draw

#: Columns that are run together: few enough to stay near the processor.
_WIDTH = 2048


@dataclass(frozen=True)
class Piece:
    """The trials of one source in one block in which a goal fell: their columns are ``first`` onwards."""

    source: int
    block: int
    chosen: Bools
    first: int

    @property
    def trial(self) -> Ints:
        """The numbers of the trials."""
        return self.block * BLOCK + np.flatnonzero(self.chosen)


@dataclass(frozen=True)
class Comparison:
    """The base run's fateful trials as columns. ``fell`` is (goals, columns); ``source`` and ``trial`` say
    which.
    """

    plan: Plan
    draws: Draws
    goals: Ints
    start: Bools
    limit: Floats
    fell: Bools
    source: Ints
    trial: Ints

    def lost(self, base: Floats, changed: Floats) -> tuple[Ints, Bools]:
        """The columns that lose something when chances go from ``base`` to ``changed``, and the goals lost
        there.
        """
        touched = np.flatnonzero(changed < base)
        flips = np.zeros(self.draws.trials, dtype=bool)
        for i in touched.tolist():
            success = self.draws.successes[i]
            if success is None:
                flips[:] = True
            else:
                flips[success.trials[success.uniform >= changed[i]]] = True
        columns = np.flatnonzero(flips)
        parts = [
            self._again(part, base, changed)
            for part in np.split(columns, range(_WIDTH, len(columns), _WIDTH))
        ]
        return columns, np.concatenate(parts, axis=1)

    def _again(self, columns: Ints, base: Floats, changed: Floats) -> Bools:
        """Run some columns again at the changed chances: the goals that no longer fall."""
        chosen = np.zeros(self.draws.trials, dtype=bool)
        chosen[columns] = True
        draws = self.draws.columns(chosen).lowered(base, changed)
        time = self.plan.run(draws, np.where(self.start[:, columns], 0.0, np.inf))[self.goals]
        lost: Bools = self.fell[:, columns] & ~(time <= self.limit[columns])
        return lost


def compare(
    graph: Graph,
    chance: Floats,
    starts: Sequence[Sequence[int]],
    mine: Sequence[Bools],
    limits: Sequence[Sequence[Floats]],
    fell: Sequence[Bools],
    goals: Sequence[int],
    seed: int,
) -> Comparison:
    """Gather the trials that matter. Per source: what it starts from, the instances within its reach, the
    limits of its trials by block, and which goals fell in the base run, shape (goals, trials).
    """
    blocks = max((len(limit) for limit in limits), default=0)
    pieces, width = _pieces(fell, blocks)
    drawn = [draw(graph, chance, seed, block) for block in range(blocks)]
    start = np.zeros((graph.facts, width), dtype=bool)
    for piece in pieces:
        end = piece.first + int(piece.chosen.sum())
        start[list(starts[piece.source]), piece.first : end] = True
    none = np.zeros(0, dtype=np.int64)
    return Comparison(
        plan=Plan.of(graph),
        draws=_joined(graph, pieces, drawn, mine, width),
        goals=np.array(goals, dtype=np.int64),
        start=start,
        limit=np.concatenate([limits[p.source][p.block][p.chosen] for p in pieces] or [none.astype(float)]),
        fell=np.concatenate(
            [fell[p.source][:, p.trial] for p in pieces] or [np.zeros((len(goals), 0), dtype=bool)], axis=1
        ),
        source=np.concatenate([np.full(int(p.chosen.sum()), p.source) for p in pieces] or [none]),
        trial=np.concatenate([p.trial for p in pieces] or [none]),
    )


def _pieces(fell: Sequence[Bools], blocks: int) -> tuple[list[Piece], int]:
    pieces = []
    width = 0
    for k, goals in enumerate(fell):
        for block in range(blocks):
            hit = np.flatnonzero(np.count_nonzero(goals[:, block * BLOCK : (block + 1) * BLOCK], axis=0))
            if len(hit):
                chosen = np.zeros(BLOCK, dtype=bool)
                chosen[hit] = True
                pieces.append(Piece(k, block, chosen, width))
                width += len(hit)
    return pieces, width


def _joined(
    graph: Graph, pieces: Sequence[Piece], drawn: Sequence[Draws], mine: Sequence[Bools], width: int
) -> Draws:
    """The draws of all pieces side by side; an instance out of a source's reach succeeds in none of its
    columns.
    """
    numbers = [np.cumsum(piece.chosen) - 1 + piece.first for piece in pieces]
    made: list[Success | None] = []
    for i in range(len(graph)):
        parts = []
        always = True
        for piece, number in zip(pieces, numbers, strict=True):
            success = drawn[piece.block].successes[i]
            if not mine[piece.source][i]:
                always = False
            elif success is None:
                columns = number[piece.chosen]
                parts.append(Success(columns, np.zeros(len(columns)), np.zeros(len(columns))))
            else:
                always = False
                parts.append(success.within(piece.chosen, number))
        made.append(None if always else _side_by_side(parts))
    return Draws(tuple(made), width)


def _side_by_side(parts: Sequence[Success]) -> Success:
    if not parts:
        return Success(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    return Success(
        np.concatenate([p.trials for p in parts]),
        np.concatenate([p.uniform for p in parts]),
        np.concatenate([p.effort for p in parts]),
    )
