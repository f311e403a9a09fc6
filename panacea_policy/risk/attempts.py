"""The attempts of one threat actor on one graph: who makes them, and what comes of them trial by trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from panacea_policy.model.distributions import Distribution
from panacea_policy.risk.graph import Bools, Floats, Graph, Ints, Words
from panacea_policy.risk.increment import Run, facts_of, resumed, successes
from panacea_policy.risk.kernels import Controls, Draws, Plan
from panacea_policy.risk.kernels.numbers import key_of
from panacea_policy.risk.simulate import (
    Ability,
    Matrix,
    Runner,
    at_chances,
    controls_of,
    drawn,
    draws_of,
    limits_of,
    plan_of,
    unpacked,
)

#: Words of draws that are made at once.
_TOGETHER = 1 << 15


@dataclass(frozen=True)
class Source:
    """Where attacks start: a threat actor and what it brings along.

    ``rate``: its attempts per year, the mean of ``frequency`` where that is uncertain. ``start``: the facts
    it holds from the start. ``able[n]``: which instances are within its skill (None: all). ``patience``: how
    long it goes on working; ``tries``: how often it tries a step that fails, if the step's draw is its own;
    ``knowledge``: the share of the network it knows beforehand, by which it is spared the instances
    ``finds[n]``; ``hidden``: how long it waits, between entering and striking. An accident or mistake is not
    ``hostile``.
    """

    name: str
    title: str
    rate: float
    start: tuple[int, ...]
    able: Bools | None = None
    patience: Distribution | None = None
    hostile: bool = True
    frequency: Distribution | None = None
    tries: int = 1
    knowledge: float = 0.0
    finds: Bools | None = None
    hidden: Distribution | None = None

    def ability(self, graph: Graph) -> Ability:
        """What it can do on its graph, instance by instance."""
        n = len(graph)
        finds = np.zeros(n, bool) if self.finds is None else self.finds
        return Ability(
            np.ones(n, bool) if self.able is None else self.able,
            np.where(graph.shared, 1, self.tries),
            np.where(finds, self.knowledge, 0.0),
            graph.members,
        )


class Attempts:
    """The attempts of one source on a graph from which what does not matter has been taken away.

    ``chance`` and ``pace`` are those with the controls in place; ``shift``: 2**shift trials that follow each
    other share what is common. ``numbers``: those of the instances where the graph was taken from. Facts are
    told by their numbers in ``graph``, those that ``source`` starts from included.
    """

    def __init__(
        self,
        source: Source,
        graph: Graph,
        ability: Ability,
        chance: Floats,
        pace: Floats,
        goals: Sequence[int],
        runner: Runner,
        *,
        seed: int,
        horizon: float,
        shift: int = 0,
        numbers: Ints,
    ) -> None:
        self.source = source
        self.graph = graph
        self.numbers = numbers
        self.plan: Plan = plan_of(graph, np.ones(len(graph), bool), runner.kernels)
        self._ability = ability
        self._chance = chance
        self._pace = pace
        self._goals = np.array(goals, dtype=np.int64)
        self._runner = runner
        self._seed = seed
        self._horizon = horizon
        self._shift = shift

    @cached_property
    def draws(self) -> Draws:
        """The draws with the controls in place."""
        return self._draws(self._chance, self._pace)

    @cached_property
    def _bare(self) -> Draws:
        """The draws without any control."""
        return self._draws(self.graph.chance, np.ones(len(self.graph)))

    def _draws(self, chance: Floats, pace: Floats) -> Draws:
        return draws_of(
            self.plan, self.graph, chance, self._seed, ability=self._ability, pace=pace, shift=self._shift
        )

    def limits(self, trials: Ints) -> Floats:
        """How long each trial lasts: the horizon, or the patience where that ends sooner."""
        key = key_of(f"patience of {self.source.name}")
        return limits_of(self.source.patience, key, trials, self._seed, self._horizon)

    def hidden(self, trials: Ints) -> Floats:
        """How long the actor waits in each trial before it strikes."""
        if self.source.hidden is None:
            return np.zeros(len(trials))
        return drawn(self.source.hidden, key_of(f"waiting of {self.source.name}"), trials, self._seed)

    def times(self, first: int, last: int) -> Matrix:
        """When each goal falls in the trials from ``first``, a multiple of 64, to ``last``; infinite for
        never or too late.
        """
        trials = np.arange(first, last)
        if self._runner.kernels.parallel:
            return self._settled_alone(self.draws, trials)
        return self.settled(self.draws, None, self.ever(first, last), trials)

    def _settled_alone(self, draws: Draws, trials: Ints) -> Matrix:
        """The times in some trials by the compiled form, which learns on its way which goals fall."""
        limits = self.limits(trials)
        return self._runner.settle(self.plan, draws, None, self.source.start, trials, limits, self._goals)

    def ever(self, first: int, last: int) -> Bools:
        """Which goals fall in these trials, however long it takes: shape (goals, trials)."""
        words = np.arange(first // 64, -(-last // 64))
        fell = self._runner.spread(self.plan, self.draws, self.source.start, words, self._goals)
        return unpacked(fell, last - first)

    # ------------------------------------------------------------------------------------------ increments

    def kept(self, trials: int, most: int) -> Run:
        """The base run with all that an increment needs, if its words take no more than ``most`` bytes."""
        facts = facts_of(self.plan, self._goals, np.array(self.source.start, dtype=np.int64))
        words = np.arange(-(-trials // 64))
        if len(facts) * len(words) * 8 > most:
            return self._run(facts, None, self.times(0, trials))
        rows = self._runner.spread(self.plan, self.draws, self.source.start, words, facts)
        fell = unpacked(rows[np.searchsorted(facts, self._goals)], trials)
        return self._run(facts, rows, self.settled(self.draws, None, fell, np.arange(trials)))

    def carried(self, before: Run, goals: Ints, trials: int) -> Run | None:
        """The base run made of that of an earlier graph, whose goals have the rows ``goals`` of its times (-1
        for none); None where nothing is gained by it.
        """
        facts = facts_of(self.plan, self._goals, np.array(self.source.start, dtype=np.int64))
        made = resumed(before, self.graph, self.plan, self.draws, self.source.start, facts, self._runner)
        if made is None:
            return None
        rows, touched = made
        times = np.where((goals >= 0)[:, None], before.times[goals], np.inf)
        again = np.flatnonzero(touched[:trials])
        fell = unpacked(rows[np.searchsorted(facts, self._goals)], trials)
        times[:, again] = self.settled(self.draws, None, fell[:, again], again)
        return self._run(facts, rows, times)

    def _run(self, facts: Ints, rows: Words | None, times: Matrix) -> Run:
        return Run(self.graph, self.plan, self.draws, self.source.start, facts, rows, times)

    # ------------------------------------------------------------------------------------------ what if

    def settled(self, draws: Draws, controls: Controls | None, fell: Bools, trials: Ints) -> Matrix:
        """When goals fall that ever do so in some trials, by ``fell[goal, trial]``; infinite for too late."""
        time = np.full(fell.shape, np.inf)
        some = np.flatnonzero(fell.any(axis=0))
        if len(some):
            chosen = controls and Controls(
                controls.hinder_start, controls.hinder, controls.factor, controls.slow,
                np.ascontiguousarray(controls.active[:, some]),
            )  # fmt: skip
            limits = self.limits(trials[some])
            time[:, some] = self._runner.settle(
                self.plan, draws, chosen, self.source.start, trials[some], limits, self._goals, fell[:, some]
            )
        return time

    def fallen_with(self, trials: Ints, active: Bools) -> Bools:
        """Which goals fall in some trials, each with its own controls: shape (goals, trials)."""
        order = np.argsort(trials, kind="stable")
        sorted_ = np.ascontiguousarray(trials[order], dtype=np.int64)
        controls = controls_of(self.plan, self.graph, np.ascontiguousarray(active[:, order]))
        fell = self._runner.spread_columns(
            self.plan, self._bare, controls, self.source.start, sorted_, self._goals
        )
        found = np.empty_like(fell)
        found[:, order] = np.isfinite(self.settled(self._bare, controls, fell, sorted_))
        return found

    def left(self, chance: Floats, trials: Ints) -> tuple[Ints, Bools]:
        """The trials, of some, in which an instance no longer succeeds at lower chances; and the goals that
        still fall there.
        """
        draws = at_chances(self.draws, self.plan, self._ability, chance)
        touched = trials[np.isin(trials, self._flipped(draws, trials))]
        if self._runner.kernels.parallel:
            return touched, np.isfinite(self._settled_alone(draws, touched))
        fell = self._runner.spread_columns(self.plan, draws, None, self.source.start, touched, self._goals)
        return touched, np.isfinite(self.settled(draws, None, fell, touched))

    def _flipped(self, changed: Draws, trials: Ints) -> Ints:
        """The trials in the words of ``trials`` in which an instance succeeds as before, but not so now."""
        words = np.unique(trials >> 6)
        flips = np.zeros(len(words), np.uint64)
        before = self.draws
        some = np.flatnonzero((before.mode != changed.mode) | (before.threshold != changed.threshold))
        size = max(1, _TOGETHER // max(1, len(words)))
        for first in range(0, len(some), size):
            part = some[first : first + size]
            lost = successes(before, part, words) & ~successes(changed, part, words)
            flips |= np.bitwise_or.reduce(lost, axis=0)
        return (words[:, None] * 64 + np.arange(64)).ravel()[unpacked(flips, 64 * len(words))]
