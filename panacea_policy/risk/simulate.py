"""Trials on an attack graph: in each, every step instance succeeds or not and takes its time; when does each
goal fall?

Per trial the earliest time of an instance is the latest of its premises plus its effort, that of a fact the
earliest of the instances that result in it: the least fixpoint, found by relaxing from "never" along the
strongly connected components. From "never" a cycle cannot support itself, which is what a well-founded
derivation means.

INVARIANT: the draws of an instance come from its key, the seed and the block of trials alone. Adding
instances, reordering them or changing a chance leaves all other draws as they were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from panacea_policy.model.distributions import Constant, Distribution
from panacea_policy.risk.graph import Bools, Floats, Graph

#: Trials drawn together. Part of the definition of a seed's result: changing it changes every figure.
BLOCK = 1024

Matrix = NDArray[np.float64]


def generator(seed: int, key: bytes, block: int) -> np.random.Generator:
    """The stream of random numbers that belongs to ``key`` in one block of trials."""
    material = seed.to_bytes(16, "little", signed=True) + block.to_bytes(8, "little") + key
    words = np.frombuffer(hashlib.blake2b(material, digest_size=16).digest(), dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=words))


@dataclass(frozen=True)
class Draws:
    """One block of trials: ``uniform[n, t]`` decides success (below the chance), ``effort[n, t]`` is in
    seconds.
    """

    uniform: Matrix
    effort: Matrix

    def columns(self, chosen: Bools) -> Draws:
        """The draws of some of the trials."""
        return Draws(self.uniform[:, chosen], self.effort[:, chosen])

    @staticmethod
    def joined(parts: Sequence[Draws]) -> Draws:
        return Draws(
            np.concatenate([p.uniform for p in parts], axis=1),
            np.concatenate([p.effort for p in parts], axis=1),
        )


def draw(graph: Graph, seed: int, block: int) -> Draws:
    """The draws of one block of :data:`BLOCK` trials. Instances of one group share the draw of success."""
    n = len(graph)
    uniform = np.empty((n, BLOCK))
    effort = np.empty((n, BLOCK))
    leader = _leaders(graph)
    for i in range(n):
        rng = generator(seed, graph.key[i], block)
        uniform[i] = rng.random(BLOCK)
        effort[i] = _times(graph.efforts[graph.effort[i]], rng)
    return Draws(uniform[leader], effort)


def _times(law: Distribution, rng: np.random.Generator) -> Floats:
    if isinstance(law, Constant):
        return np.full(BLOCK, law.value)
    return np.maximum(law.sample(rng, BLOCK), 0.0)


def _leaders(graph: Graph) -> NDArray[np.int64]:
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
    """A graph ready to be run: components in an order in which each depends on earlier ones alone."""

    graph: Graph
    components: tuple[Component, ...]
    premises: tuple[tuple[int, ...], ...]
    results: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, graph: Graph) -> Plan:
        premises = tuple(graph.premises.row(i) for i in range(len(graph)))
        results = tuple(graph.results.row(i) for i in range(len(graph)))
        return cls(graph, tuple(_components(graph.facts, premises, results)), premises, results)

    def earliest(self, draws: Draws, chance: Floats, start: Sequence[int]) -> Matrix:
        """``time[fact, trial]`` in seconds from the start, infinite where the fact never falls."""
        trials = draws.uniform.shape[1]
        delay = np.where(draws.uniform < chance[:, None], draws.effort, np.inf)
        time = np.full((self.graph.facts, trials), np.inf)
        time[list(start)] = 0.0
        for component in self.components:
            if component.cyclic:
                self._settle(component.instances, delay, time)
            else:
                self._relax(component.instances[0], delay, time)
        return time

    def _relax(self, i: int, delay: Matrix, time: Matrix) -> list[int]:
        """Apply one instance; returns the facts that came to fall earlier in some trial."""
        needs = self.premises[i]
        when = delay[i] if not needs else time[needs[0]]
        for fact in needs[1:]:
            when = np.maximum(when, time[fact])
        if needs:
            when = when + delay[i]
        earlier = []
        for fact in self.results[i]:
            if (when < time[fact]).any():
                np.minimum(time[fact], when, out=time[fact])
                earlier.append(fact)
        return earlier

    def _settle(self, instances: Sequence[int], delay: Matrix, time: Matrix) -> None:
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
                for fact in self._relax(i, delay, time):
                    waiting.update(dict.fromkeys(users.get(fact, ())))


def _components(
    facts: int, premises: Sequence[tuple[int, ...]], results: Sequence[tuple[int, ...]]
) -> Iterator[Component]:
    """The instances in an order of dependence; nodes 0..facts-1 are facts, facts + i is instance i."""
    network = nx.DiGraph()
    network.add_nodes_from(range(facts + len(premises)))
    for i, (needs, gives) in enumerate(zip(premises, results, strict=True)):
        network.add_edges_from((fact, facts + i) for fact in needs)
        network.add_edges_from((facts + i, fact) for fact in gives)
    for members in reversed(list(nx.strongly_connected_components(network))):
        instances = sorted(node - facts for node in members if node >= facts)
        if instances:
            yield Component(tuple(instances), len(members) > 1)


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
        draws = draw(graph, seed, block)
        for source, start in enumerate(starts):
            collected[source].append(plan.earliest(draws, chance, start)[list(goals)])
    return Outcome(tuple(np.concatenate(parts, axis=1)[:, :trials] for parts in collected), trials)
