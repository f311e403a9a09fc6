"""Trials on an attack graph: in each, every step instance succeeds or not and takes its time; when does each
goal fall?

Per trial the earliest time of an instance is the latest of its premises plus its effort, that of a fact the
earliest of the instances that result in it: the least fixpoint, found by relaxing from "never" along the
strongly connected components. From "never" a cycle cannot support itself, which is what a well-founded
derivation means. Whether a fact falls at all is found first, for 64 trials in each machine word; times are
worked out only for trials in which a goal falls.

INVARIANT: the draws of an instance come from its key, the seed and the number of the trial alone. Adding
instances, reordering them, changing a chance, asking for some trials only, or the number of threads leaves
all other draws as they were.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from panacea_policy.model.distributions import Distribution
from panacea_policy.risk.graph import Bools, Floats, Graph, Ints, Rows, Words
from panacea_policy.risk.kernels import Controls, Draws, Form, Kernels, Plan, kernels_for
from panacea_policy.risk.kernels.form import ALWAYS, DRAWN, NEVER, QUANTILE_BITS, QUANTILES
from panacea_policy.risk.kernels.numbers import effort_streams, success_streams, thresholds, uniform_bits
from panacea_policy.risk.kernels.plain import in_all
from panacea_policy.risk.quantiles import known_beforehand, table

#: Draws that are not those of instances are made in blocks of so many trials.
BLOCK = 2048

Matrix = NDArray[np.float64]

_S = TypeVar("_S")
_T = TypeVar("_T")


def generator(seed: int, key: bytes, block: int) -> np.random.Generator:
    """The stream of random numbers that belongs to ``key`` in one block of trials."""
    material = seed.to_bytes(16, "little", signed=True) + block.to_bytes(8, "little") + key
    words = np.frombuffer(hashlib.blake2b(material, digest_size=16).digest(), dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=words))


@dataclass(frozen=True)
class Ability:
    """What of an attempt depends on who makes it, instance by instance of a graph.

    ``able``: what is within reach. ``tries``: how often a step that fails is tried again, its own draw
    assumed; each try takes its effort. ``known``: the share of attempts in which the step need not be taken,
    because what it would find out is known. ``members``: how many people meet each try at once.
    """

    able: Bools
    tries: Ints
    known: Floats
    members: Ints

    @classmethod
    def all_of(cls, graph: Graph) -> Ability:
        """That of one who is able to do everything, once, and knows nothing beforehand."""
        n = len(graph)
        return cls(np.ones(n, bool), np.ones(n, np.int64), np.zeros(n), graph.members)

    @property
    def draws(self) -> Ints:
        """How many independent draws an instance has, of which one must succeed: one per try and member."""
        return self.tries * self.members

    def only(self, instances: Bools | Ints) -> Ability:
        """The same for some of the instances, by their numbers or by a mark for each."""
        return Ability(
            self.able[instances], self.tries[instances], self.known[instances], self.members[instances]
        )

    def chances(self, chance: Floats) -> Floats:
        """The chances of this actor from those of a single try on a single member."""
        made = np.where(self.able, chance, 0.0)
        draws = self.draws
        if draws.max(initial=1) <= 1 and not self.known.any():
            return made
        for count in np.unique(draws).tolist():
            often = (draws == count) & self.able
            for known in np.unique(self.known[often]).tolist():
                if (count, known) != (1, 0.0):
                    mine = often & (self.known == known)
                    made[mine] = in_all(chance[mine], count, known)
        return made


def plan_of(graph: Graph, chosen: Bools, kernels: Kernels) -> Plan:
    """The instances ``chosen`` in an order of dependence, ready to be run."""
    numbers = np.flatnonzero(chosen)
    premises, results = graph.premises.taken(numbers), graph.results.taken(numbers)
    users = premises.turned(graph.facts)
    component, finish = kernels.components(graph.facts, *_short(users), *_short(results))
    mine = component[graph.facts :]
    order = np.lexsort((-finish[graph.facts :], -mine))
    size = np.bincount(component, minlength=1)
    ordered = mine[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1) != 0) if len(ordered) else ordered
    position = np.empty(len(order), np.int64)
    position[order] = np.arange(len(order))
    return Plan(
        graph.facts,
        numbers[order],
        np.append(first, len(order)).astype(np.int32),
        (size[ordered[first]] > 1).astype(np.uint8),
        *_short(premises.taken(order)),
        *_short(results.taken(order)),
        users.start.astype(np.int32),
        position[users.index].astype(np.int32),
    )


def _short(rows: Rows) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    return rows.start.astype(np.int32), rows.index.astype(np.int32)


def draws_of(
    plan: Plan,
    graph: Graph,
    chance: Floats,
    seed: int,
    *,
    ability: Ability | None = None,
    pace: Floats | None = None,
    shift: int = 0,
) -> Draws:
    """What the draws of a plan's instances come from, at the chances ``chance[instance]`` of a single try on
    a single member.

    ``pace`` multiplies efforts, as do the tries that a step takes; how many, and how often none, is that
    without any control, so that a control changes times by what it says alone. 2**shift trials that follow
    each other share the draws of common causes.
    """
    ability = ability or Ability.all_of(graph)
    some = plan.instances
    tries, known = ability.tries[some], ability.known[some]
    laws, tables = _tables(graph, some, known, ability.chances(graph.chance)[some])
    spent = np.ones(len(some)) if pace is None else pace[some]
    one, threshold, mode = _successes(plan, ability, chance)
    return Draws(
        stream=success_streams(graph.draw[some], seed),
        threshold=threshold,
        mode=mode,
        shift=np.where(graph.shared[some], shift, 0).astype(np.uint8),
        chance=one,
        tries=ability.draws[some].astype(np.int32),
        sure=known,
        effort_stream=effort_streams(graph.key[some], seed),
        law=laws,
        pace=spent * _tried(graph.chance[some], tries),
        tables=tables,
    )


def _successes(plan: Plan, ability: Ability, chance: Floats) -> tuple[Floats, Words, NDArray[np.uint8]]:
    """The chance of one try, the threshold of all and the mode of a plan's instances."""
    some = plan.instances
    final = ability.chances(chance)[some]
    certain = final >= 1.0
    mode = np.where(certain, ALWAYS, np.where(final > 0, DRAWN, NEVER)).astype(np.uint8)
    return np.where(ability.able, chance, 0.0)[some], thresholds(np.where(certain, 0.0, final)), mode


def at_chances(draws: Draws, plan: Plan, ability: Ability, chance: Floats) -> Draws:
    """The same draws at other chances of a single try."""
    one, threshold, mode = _successes(plan, ability, chance)
    return replace(draws, chance=one, threshold=threshold, mode=mode)


def _tried(chance: Floats, tries: Ints) -> Floats:
    """How many tries a step takes that succeeds within ``tries``, on average: the mean of the geometric law
    cut off there, sum of k p q**(k - 1) over 1 - q**tries.
    """
    mean = np.ones(len(chance))
    again = (tries > 1) & (chance > 0) & (chance < 1)
    p, n = chance[again], tries[again]
    all_fail = (1 - p) ** n
    mean[again] = (1 - all_fail * (1 + n * p)) / (p * (1 - all_fail))
    return np.clip(mean, 1.0, tries)


def _tables(graph: Graph, some: Ints, known: Floats, bare: Floats) -> tuple[NDArray[np.int32], Floats]:
    """The law of effort of some instances as rows of tables, -1 for no effort at all.

    Where a step may not be needed its effort is zero in that share of its successes; ``bare`` is how often
    it succeeds.
    """
    laws, law = graph.laws
    share = np.divide(known, bare, out=np.zeros(len(known)), where=bare > 0)
    parts, part = np.unique(share, return_inverse=True)
    pairs, position = np.unique(law[some] * len(parts) + part, return_inverse=True)
    rows: list[Floats] = []
    number = np.full(len(pairs), -1, np.int32)
    for n, (which, spared) in enumerate(zip(*np.divmod(pairs, len(parts)), strict=True)):
        values = table(laws[which])
        if values[-1] > 0:
            number[n] = len(rows)
            rows.append(known_beforehand(values, float(parts[spared])) if parts[spared] else values)
    return number[position], np.stack(rows) if rows else np.zeros((1, QUANTILES))


def controls_of(plan: Plan, graph: Graph, active: Bools) -> Controls:
    """Controls that vary: ``active[control, column]``."""
    return Controls(
        *_short(graph.hinders.taken(plan.instances)),
        1.0 - graph.effectiveness,
        1.0 + graph.slows,
        active,
    )


@dataclass(frozen=True)
class Runner:
    """Runs kernels over many trials on some threads; the result is the same for any number of them."""

    kernels: Kernels
    threads: int = 1

    @classmethod
    def for_work(cls, work: int, *, form: Form | None = None, threads: int | None = None) -> Runner:
        """For so many edges times words of trials; ``threads``: None for one on each processor we may use."""
        return cls(kernels_for(work, form), threads or _processors())

    def spread(self, plan: Plan, draws: Draws, start: Sequence[int], words: Ints, wanted: Ints) -> Words:
        """In which trials the facts ``wanted`` ever fall, shape (wanted, words)."""

        def part(chosen: slice) -> Words:
            return self.kernels.spread(plan, draws, start, words[chosen], wanted)

        parts = self.in_parts(part, len(words), self.kernels.width)
        return np.concatenate([np.zeros((len(wanted), 0), np.uint64), *parts], axis=1)

    def spread_columns(
        self,
        plan: Plan,
        draws: Draws,
        controls: Controls | None,
        start: Sequence[int],
        trials: Ints,
        wanted: Ints,
    ) -> Bools:
        """The same for single trials, shape (wanted, trials)."""

        def part(chosen: slice) -> Bools:
            here = controls and controls.columns(chosen)
            return self.kernels.spread_columns(plan, draws, here, start, trials[chosen], wanted)

        parts = self.in_parts(part, len(trials), self.kernels.columns)
        return np.concatenate([np.zeros((len(wanted), 0), bool), *parts], axis=1)

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
    ) -> Matrix:
        """When the facts ``wanted`` fall in single trials, in seconds; infinite for not within the limits.
        ``fell[wanted, trial]``: which ever do, where that is known.
        """

        def part(chosen: slice) -> Matrix:
            here = controls and controls.columns(chosen)
            ever = None if fell is None else fell[:, chosen]
            return self.kernels.settle(plan, draws, here, start, trials[chosen], limits[chosen], wanted, ever)

        if controls is None and self.kernels.parallel:
            # What the trials of a word have in common is made once, and for as many words as go together.
            groups = np.flatnonzero(np.diff((trials >> 6) // self.kernels.width) != 0) + 1
            parts = self.over(part, [0, *groups.tolist(), len(trials)])
        else:
            size = max(self.kernels.lanes, min(512, -(-len(trials) // (4 * self.threads))))
            parts = self.in_parts(part, len(trials), size)
        return np.concatenate([np.zeros((len(wanted), 0)), *parts], axis=1)

    def in_parts(self, work: Callable[[slice], _T], count: int, size: int) -> Iterable[_T]:
        """What ``work`` gives for each stretch of at most ``size`` of ``count``, in order."""
        return self.over(work, [*range(0, count, size), count])

    def over(self, work: Callable[[slice], _T], bounds: Sequence[int]) -> Iterable[_T]:
        """The same for stretches from bound to bound; the empty ones are left out."""
        return self.each(work, [slice(first, last) for first, last in pairwise(bounds) if first < last])

    def each(self, work: Callable[[_S], _T], things: Sequence[_S]) -> list[_T]:
        """What ``work`` gives for each of some things, in order."""
        if self.threads == 1 or len(things) < 2 or not self.kernels.parallel:
            return [work(thing) for thing in things]
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(work, things))


def _processors() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def unpacked(words: Words, trials: int) -> Bools:
    """Words of trials as one column per trial: shape (rows, trials)."""
    raw = np.ascontiguousarray(words).astype("<u8").view(np.uint8)
    return np.unpackbits(raw, axis=-1, bitorder="little", count=trials).astype(np.bool_)


@dataclass(frozen=True)
class Outcome:
    """When each goal falls, per source of attack: ``time[source][goal, trial]`` in seconds, infinite for
    never.
    """

    time: tuple[Matrix, ...]
    trials: int


def run(
    graph: Graph,
    goals: Sequence[int],
    starts: Sequence[Sequence[int]],
    *,
    chance: Floats,
    trials: int,
    seed: int,
    form: Form | None = None,
    threads: int | None = None,
) -> Outcome:
    """Simulate ``trials`` attempts from each of ``starts`` (facts held at the start), all with the same
    draws and without a limit of time.
    """
    words = np.arange(-(-trials // 64))
    runner = Runner.for_work(
        (len(graph.premises.index) + len(graph)) * len(words), form=form, threads=threads
    )
    plan = plan_of(graph, np.ones(len(graph), bool), runner.kernels)
    draws = draws_of(plan, graph, chance, seed)
    wanted = np.array(goals, dtype=np.int64)
    times = []
    for start in starts:
        fell = unpacked(runner.spread(plan, draws, start, words, wanted), trials)
        time = np.full(fell.shape, np.inf)
        some = np.flatnonzero(fell.any(axis=0))
        time[:, some] = runner.settle(
            plan, draws, None, start, some, np.full(len(some), np.finfo(float).max), wanted, fell[:, some]
        )
        times.append(time)
    return Outcome(tuple(times), trials)


def limits_of(law: Distribution | None, key: np.uint64, trials: Ints, seed: int, most: float) -> Floats:
    """A draw of a law in each trial, in seconds, but no more than ``most``; ``most`` where there is no
    law.
    """
    if law is None:
        return np.full(len(trials), most)
    return np.minimum(drawn(law, key, trials, seed), most)


def drawn(law: Distribution, key: np.uint64, trials: Ints, seed: int) -> Floats:
    """A draw of a law in each trial, by its quantiles; equal keys share their randomness."""
    stream = effort_streams(np.array([key], np.uint64), seed)
    return table(law)[uniform_bits(stream, trials.astype(np.uint64), QUANTILE_BITS)]
