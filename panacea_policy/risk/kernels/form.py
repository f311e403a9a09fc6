"""What the inner loops of the simulation work on, and what they do, whichever form they have.

Facts, instances and trials are numbers. A word holds one bit for each of 64 trials that follow each other:
bit l of word w is trial 64 w + l.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: How an instance succeeds: never, always, or by its draw.
NEVER, ALWAYS, DRAWN = 0, 1, 2

#: Laws are drawn from so many equally likely quantiles: two to this power.
QUANTILE_BITS = 11
QUANTILES = 1 << QUANTILE_BITS


@dataclass(frozen=True)
class Links:
    """What the instances of a graph need and bring about, and which need a fact: lists behind each other."""

    premise_start: Shorts
    premise: Shorts
    result_start: Shorts
    result: Shorts
    user_start: Shorts
    user: Shorts


@dataclass(frozen=True, eq=False)
class Plan:
    """Some instances of a graph in an order in which each depends on earlier ones, but for cycles.

    ``instances[n]`` are their numbers in the graph; everything else counts in this order. Segment s holds
    the instances ``segment[s]`` to ``segment[s + 1]``, which depend on one another where ``cyclic[s]``. The
    other fields are lists behind each other: what an instance needs, what it brings about, and which
    instances need a fact.
    """

    facts: int
    instances: Ints
    segment: Shorts
    cyclic: Bytes
    premise_start: Shorts
    premise: Shorts
    result_start: Shorts
    result: Shorts
    user_start: Shorts
    user: Shorts

    def __len__(self) -> int:
        return len(self.instances)

    @cached_property
    def makers(self) -> tuple[Shorts, Shorts]:
        """For every fact the instances that bring it about, as lists behind each other."""
        start = np.zeros(self.facts + 1, np.int32)
        np.cumsum(np.bincount(self.result, minlength=self.facts), out=start[1:])
        owner = np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.result_start))
        return start, owner[np.argsort(self.result, kind="stable")]

    @property
    def edges(self) -> int:
        """How many premises and results all instances have."""
        return len(self.premise) + len(self.result)


@dataclass(frozen=True, eq=False)
class Draws:
    """What the draws of the instances of a plan come from, in its order.

    ``stream`` and ``effort_stream`` number the random numbers of success and of effort, with the seed mixed
    in. ``chance`` is the chance of one try before the controls that vary, ``tries`` how often it is tried
    (once for each who meets it, times each one's tries), ``sure`` the share of trials in which nothing need
    be tried; ``threshold`` and ``mode`` say the same for none of these controls active, in units of 2**-64.
    ``shift``: 2**shift trials that follow each other share the draw of success. ``law`` is a row of
    ``tables`` (seconds, shape (laws, QUANTILES)), -1 for no time at all; ``pace`` multiplies it.
    """

    stream: Words
    threshold: Words
    mode: Bytes
    shift: Bytes
    chance: Floats
    tries: Shorts
    sure: Floats
    effort_stream: Words
    law: Shorts
    pace: Floats
    tables: Floats


@dataclass(frozen=True)
class Controls:
    """Controls that vary from column to column: ``active[control, column]``.

    Instance n of a plan is hindered by ``hinder[hinder_start[n] : hinder_start[n + 1]]``: each that is active
    multiplies its chance by ``factor`` and its effort by ``slow``.
    """

    hinder_start: Shorts
    hinder: Shorts
    factor: Floats
    slow: Floats
    active: Bools

    def columns(self, chosen: slice) -> Controls:
        """The same for some of the columns."""
        return Controls(self.hinder_start, self.hinder, self.factor, self.slow, self.active[:, chosen])


class Kernels(Protocol):
    """The inner loops. INVARIANT: both forms give equal bits and equal times."""

    #: How many words, columns, and columns with times one call takes at most.
    width: int
    columns: int
    lanes: int
    #: Whether a state has to be exactly so many words wide.
    exact_width: bool
    #: Whether threads gain anything: NumPy's calls are too short to run beside each other.
    parallel: bool
    #: Whether taking out of a graph what does not matter pays before it is simulated.
    reduces: bool

    def resume(self, plan: Plan, draws: Draws, words: Ints, state: Words, dirty: Bytes) -> int:
        """Let everything fall that follows from ``state[fact, word]``, in place; ``words`` are the numbers of
        its words of trials.

        Only the instances that are ``dirty`` are looked at first, then those that what falls leads to;
        afterwards none is dirty. Returns how often an instance was looked at.
        """

    def spread(self, plan: Plan, draws: Draws, start: Sequence[int], words: Ints, wanted: Ints) -> Words:
        """In which trials the facts ``wanted`` fall, shape (wanted, words), from the facts ``start``."""

    def spread_columns(
        self,
        plan: Plan,
        draws: Draws,
        controls: Controls | None,
        start: Sequence[int],
        trials: Ints,
        wanted: Ints,
    ) -> Bools:
        """The same for single trials, in the order given, repeated or not: shape (wanted, trials).

        Fastest where equal trials stand next to each other.
        """

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
        """When the facts ``wanted`` fall in single trials, infinite for not within ``limits[trial]``.

        ``fell[wanted, trial]``: which of them ever fall, where that is known; a trial may end with the last.
        """

    def components(
        self, facts: int, user_start: Shorts, user: Shorts, result_start: Shorts, result: Shorts
    ) -> tuple[Shorts, Shorts]:
        """The strongly connected components of facts and instances (numbered behind the facts), numbered
        against the order of dependence, and the place of each node in the order of finishing.
        """

    def dominators(
        self, root: int, after_start: Shorts, after: Shorts, before_start: Shorts, before: Shorts
    ) -> tuple[Shorts, Shorts, Shorts]:
        """Of each node that ``root`` leads to the immediate dominator, -1 for the others; and the first and
        last place in the tree of dominators, in preorder, of those that it dominates, -1 and any for the
        others. ``after`` and ``before`` list what each node leads to and what leads to it.
        """

    def detours(self, links: Links, above: Shorts, certain: Bytes, goal: Bytes, most: int) -> Bools:
        """Which instances lead to no ``goal[fact]`` but by facts that hold whenever they can be taken.

        ``above`` are the dominators of facts and, behind them, instances: those of what an instance needs
        hold before it; so does what a ``certain`` instance, which takes no time, makes of them, if the
        instance asked about is none itself. It is looked ahead at ``most`` results; what leads further is
        taken to lead to a goal.
        """

    def cheapest(
        self, links: Links, price: Floats, effort: Floats, start: Ints, cost: Floats, wanted: Ints
    ) -> tuple[Ints, Ints]:
        """Of each fact the instance that derives it at the least price, that of its premises included; -1
        where it is given at a ``cost`` at the ``start``, -2 where it has not been settled before all that is
        ``wanted``; and the facts in the order of settling. An infinite price is that of what cannot be. Among
        equally cheap ones the quicker is taken, then the one with the lowest number.
        """
