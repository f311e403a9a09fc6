"""Trials on an attack graph: in each, every step instance succeeds or not and takes its time; when does each
goal fall?

Per trial the earliest time of an instance is the latest of its premises plus its effort, that of a fact the
earliest of the instances that result in it: the least fixpoint, found by relaxing from "never" along the
strongly connected components. From "never" a cycle cannot support itself, which is what a well-founded
derivation means.

INVARIANT: the draws of an instance come from its key, the seed and the number of the trial alone (a
counter-based generator). Adding instances, reordering them or changing a chance leaves all other draws as
they were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import networkx as nx  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from panacea_policy.model.distributions import Constant, Distribution
from panacea_policy.risk.graph import Bools, Floats, Graph, Ints

#: Trials that are run together: enough that the cost of a call does not matter, few enough to stay in the
#: cache.
BLOCK = 2048

#: Laws of effort are drawn from so many equally likely quantiles.
_QUANTILES = 2048

#: Instances whose random numbers are made together.
_ROWS = 256

Matrix = NDArray[np.float64]
_Words = NDArray[np.uint64]


def generator(seed: int, key: bytes, block: int) -> np.random.Generator:
    """The stream of random numbers that belongs to ``key`` in one block of trials."""
    material = seed.to_bytes(16, "little", signed=True) + block.to_bytes(8, "little") + key
    words = np.frombuffer(hashlib.blake2b(material, digest_size=16).digest(), dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=words))


def _uniforms(words: _Words, trials: _Words, seed: int) -> Matrix:
    """Uniform numbers in [0, 1): each from its word, the number of its trial (broadcast together) and the
    seed.

    The finalizer of SplitMix64 over a counter (Steele, Lea and Flood, OOPSLA 2014), to 53 bits.
    """
    salt = hashlib.blake2b(seed.to_bytes(16, "little", signed=True), digest_size=8).digest()
    mixed = (words ^ np.frombuffer(salt, np.uint64)) + (trials + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.asarray((mixed >> np.uint64(11)) * 2.0**-53, dtype=np.float64)


@lru_cache(maxsize=4096)
def _quantiles(law: Distribution) -> Floats:
    """The values of a law at the middles of equally likely parts; never below zero, as time does not run
    back.
    """
    if isinstance(law, Constant):
        return np.array([max(law.value, 0.0)])
    return np.array([max(law.percentile((k + 0.5) / _QUANTILES), 0.0) for k in range(_QUANTILES)])


@dataclass(frozen=True)
class Success:
    """The trials of a block in which one instance succeeds, with its draw and its effort in seconds in
    each.
    """

    trials: Ints
    uniform: Floats
    effort: Floats

    def lowered(self, chance: float) -> Success:
        """What is left of it at a lower chance."""
        kept = self.uniform < chance
        return Success(self.trials[kept], self.uniform[kept], self.effort[kept])

    def within(self, chosen: Bools, number: Ints) -> Success:
        """What of it falls into the chosen trials, which are numbered anew."""
        kept = chosen[self.trials]
        return Success(number[self.trials[kept]], self.uniform[kept], self.effort[kept])


@dataclass(frozen=True)
class Draws:
    """One block of trials: for every instance where it succeeds; None where it always does, at once."""

    successes: tuple[Success | None, ...]
    trials: int

    def columns(self, chosen: Bools) -> Draws:
        """The draws of some of the trials."""
        number = np.cumsum(chosen) - 1
        kept = (s and s.within(chosen, number) for s in self.successes)
        return Draws(tuple(kept), int(chosen.sum()))

    def lowered(self, base: Floats, chance: Floats) -> Draws:
        """The draws with other chances, nowhere above ``base``, which they were made with."""
        changed = list(self.successes)
        for i in np.flatnonzero(chance < base).tolist():
            changed[i] = (self.successes[i] or _always(self.trials)).lowered(float(chance[i]))
        return Draws(tuple(changed), self.trials)

    @staticmethod
    def given(uniform: Matrix, effort: Matrix, chance: Floats) -> Draws:
        """Draws from numbers that were chosen elsewhere; both of shape (instances, trials)."""
        made = []
        for i in range(len(uniform)):
            trials = np.flatnonzero(uniform[i] < chance[i])
            made.append(Success(trials, uniform[i, trials], effort[i, trials]))
        return Draws(tuple(made), uniform.shape[1])


def _always(trials: int) -> Success:
    """A certain and immediate success as an ordinary one, which any chance above zero leaves as it is."""
    return Success(np.arange(trials), np.zeros(trials), np.zeros(trials))


def draw(graph: Graph, chance: Floats, seed: int, block: int) -> Draws:
    """The draws of one block of :data:`BLOCK` trials. Instances of one group share the draw of success.

    Certain and immediate instances are drawn too where their group has others, so that lowering their chance
    keeps what they have in common.
    """
    words = np.frombuffer(b"".join(graph.key), dtype=np.uint64).reshape(len(graph), 2)
    leader = words[_leaders(graph), 0]
    trials = np.arange(block * BLOCK, (block + 1) * BLOCK, dtype=np.uint64)
    tables = _tables(graph)
    timeless: Bools = np.asarray(tables.max(axis=1) == 0.0)
    certain: Bools = (chance >= 1.0) & (np.diff(graph.hinders.start) == 0) & timeless[graph.effort]
    made: list[Success | None] = []
    for first in range(0, len(graph), _ROWS):
        rows = np.arange(first, min(first + _ROWS, len(graph)))
        uniform = _uniforms(leader[rows, None], trials, seed)
        row, trial = np.nonzero((uniform < chance[rows, None]) & ~certain[rows, None])
        quantile = _uniforms(words[rows[row], 1], trials[trial], seed) * _QUANTILES
        effort = tables[graph.effort[rows[row]], quantile.astype(np.int64)]
        ends = np.searchsorted(row, np.arange(len(rows) + 1))
        for n, i in enumerate(rows.tolist()):
            mine = slice(ends[n], ends[n + 1])
            made.append(None if certain[i] else Success(trial[mine], uniform[n, trial[mine]], effort[mine]))
    return Draws(tuple(made), BLOCK)


def _tables(graph: Graph) -> Matrix:
    """The quantiles of every law of effort, one row each."""
    rows = [np.broadcast_to(_quantiles(law), _QUANTILES) for law in graph.efforts]
    return np.stack(rows) if rows else np.zeros((1, _QUANTILES))


def _leaders(graph: Graph) -> Ints:
    """For every instance the one whose draw it shares: the smallest key of its group, so that order is
    without effect.
    """
    first: dict[int, int] = {}
    members = graph.group.tolist()
    for i, group in enumerate(members):
        if group not in first or graph.key[i] < graph.key[first[group]]:
            first[group] = i
    return np.array([first[group] for group in members], dtype=np.int64)


@dataclass(frozen=True)
class Component:
    """Instances to be relaxed together; ``cyclic`` where they may feed each other."""

    instances: tuple[int, ...]
    cyclic: bool


@dataclass(frozen=True)
class Plan:
    """A graph, or some of its instances, ready to be run: components in an order in which each depends on
    earlier ones alone.
    """

    facts: int
    components: tuple[Component, ...]
    premises: tuple[tuple[int, ...], ...]
    results: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, graph: Graph, chosen: Bools | None = None) -> Plan:
        premises = tuple(graph.premises.row(i) for i in range(len(graph)))
        results = tuple(graph.results.row(i) for i in range(len(graph)))
        instances = range(len(graph)) if chosen is None else np.flatnonzero(chosen).tolist()
        return cls(
            graph.facts, tuple(_components(graph.facts, premises, results, instances)), premises, results
        )

    def earliest(self, draws: Draws, start: Sequence[int]) -> Matrix:
        """``time[fact, trial]`` in seconds from the start, infinite where the fact never falls."""
        time = np.full((self.facts, draws.trials), np.inf)
        time[list(start)] = 0.0
        return self.run(draws, time)

    def run(self, draws: Draws, time: Matrix) -> Matrix:
        """The same from given first times, which are overwritten and returned."""
        fallen: Bools = np.asarray(time.min(axis=1, initial=np.inf) < np.inf)
        for component in self.components:
            if component.cyclic:
                self._settle(component.instances, draws, time, fallen)
            else:
                self._relax(component.instances[0], draws.successes[component.instances[0]], time, fallen)
        return time

    def _relax(self, i: int, success: Success | None, time: Matrix, fallen: Bools) -> list[int]:
        """Apply one instance; returns the facts that came to fall earlier in some trial."""
        needs = self.premises[i]
        if not all(fallen[fact] for fact in needs):
            return []
        when = self._always(needs, time) if success is None else self._when(needs, success, time)
        earlier = []
        for fact in self.results[i]:
            row = time[fact]
            if success is None:
                better = when < row
                if better.any():
                    np.copyto(row, when, where=better)
                    earlier.append(fact)
            else:
                better = when < row[success.trials]
                if better.any():
                    row[success.trials[better]] = when[better]
                    earlier.append(fact)
        fallen[earlier] = True
        return earlier

    @staticmethod
    def _always(needs: Sequence[int], time: Matrix) -> Floats:
        """When an instance that always succeeds at once is through."""
        if not needs:
            return np.zeros(time.shape[1])
        when: Floats = time[needs[0]]
        for fact in needs[1:]:
            when = np.maximum(when, time[fact])
        return when

    @staticmethod
    def _when(needs: Sequence[int], success: Success, time: Matrix) -> Floats:
        """When an instance is through, in the trials in which it succeeds."""
        when = success.effort
        for n, fact in enumerate(needs):
            ready = time[fact].take(success.trials)
            when = ready + success.effort if n == 0 else np.maximum(when, ready + success.effort)
        return when

    def _settle(self, instances: Sequence[int], draws: Draws, time: Matrix, fallen: Bools) -> None:
        """Relax the instances of a cycle until nothing falls earlier.

        Ends because efforts are not negative: the k-th earliest fact of a trial is final after k rounds.
        """
        users: dict[int, list[int]] = {}
        for i in instances:
            for fact in self.premises[i]:
                users.setdefault(fact, []).append(i)
        waiting = dict.fromkeys(instances)
        while waiting:
            now, waiting = waiting, {}
            for i in now:
                for fact in self._relax(i, draws.successes[i], time, fallen):
                    waiting.update(dict.fromkeys(users.get(fact, ())))


def _components(
    facts: int,
    premises: Sequence[tuple[int, ...]],
    results: Sequence[tuple[int, ...]],
    instances: Iterable[int],
) -> Iterator[Component]:
    """The instances in an order of dependence; nodes 0..facts-1 are facts, facts + i is instance i."""
    network = nx.DiGraph()
    for i in instances:
        network.add_node(facts + i)
        network.add_edges_from((fact, facts + i) for fact in premises[i])
        network.add_edges_from((facts + i, fact) for fact in results[i])
    for members in reversed(list(nx.strongly_connected_components(network))):
        inside = sorted(node - facts for node in members if node >= facts)
        if inside:
            yield Component(tuple(inside), len(members) > 1)


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
) -> Outcome:
    """Simulate ``trials`` attempts from each of ``starts`` (facts held at the start), all with the same
    draws.
    """
    plan = Plan.of(graph)
    collected: list[list[Matrix]] = [[] for _ in starts]
    for block in range(-(-trials // BLOCK)):
        draws = draw(graph, chance, seed, block)
        for source, start in enumerate(starts):
            collected[source].append(plan.earliest(draws, start)[list(goals)])
    return Outcome(tuple(np.concatenate(parts, axis=1)[:, :trials] for parts in collected), trials)
