"""The attack graph as risk computes with it: numbers only, with a stable identity for every step instance.

A fact is an OR node: any instance that results in it suffices. An instance is an AND node: all its premises
must hold and its own draw must succeed. Cycles are allowed; a fact holds only by a well-founded derivation
from the facts that hold at the start.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from panacea_policy.model.distributions import Constant, Distribution
from panacea_policy.risk.kernels.form import Links
from panacea_policy.risk.kernels.numbers import key_of

if TYPE_CHECKING:
    from panacea_policy.compiler import AttackGraph

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Words = NDArray[np.uint64]


@dataclass(frozen=True)
class Rows:
    """Lists of integers behind each other (compressed sparse rows): row i is ``index[start[i]:start[i +
    1]]``.
    """

    start: Ints
    index: Ints

    @classmethod
    def of(cls, rows: Iterable[Sequence[int]]) -> Rows:
        kept = [tuple(row) for row in rows]
        start = np.zeros(len(kept) + 1, dtype=np.int64)
        np.cumsum([len(row) for row in kept], out=start[1:])
        return cls(start, np.array([i for row in kept for i in row], dtype=np.int64))

    def __len__(self) -> int:
        return len(self.start) - 1

    def row(self, i: int) -> tuple[int, ...]:
        return tuple(self.index[self.start[i] : self.start[i + 1]].tolist())

    def owners(self) -> Ints:
        """For every entry of ``index`` the row it belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    def taken(self, rows: Ints) -> Rows:
        """Some of the rows, in this order."""
        sizes = self.start[rows + 1] - self.start[rows]
        start = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(sizes, out=start[1:])
        return Rows(start, self.index[np.arange(start[-1]) + np.repeat(self.start[rows] - start[:-1], sizes)])

    def turned(self, columns: int) -> Rows:
        """For each of so many numbers the rows that hold it, in ascending order."""
        start = np.zeros(columns + 1, dtype=np.int64)
        np.cumsum(np.bincount(self.index, minlength=columns), out=start[1:])
        return Rows(start, self.owners()[np.argsort(self.index, kind="stable")])


@dataclass(frozen=True)
class Graph:
    """An AND/OR graph of n instances over m facts.

    ``chance[n]`` is the chance of success before controls. ``hinders``: the controls that hinder an instance;
    each that is active multiplies its chance by 1 - ``effectiveness`` and its effort by 1 + ``slows``.

    ``key[n]`` and ``fact_key[m]`` are stable identities made of names alone; ``draw[n]`` is that of the draw
    of success, which the instances of a common cause share, and else the instance's own key. ``members[n]``:
    how many people meet an instance at once, each with its chance; one who succeeds is enough. The same
    instance gets the same draws in every graph it occurs in, so that two graphs can be compared trial by
    trial.
    """

    facts: int
    premises: Rows
    results: Rows
    chance: Floats
    effort: Ints
    efforts: tuple[Distribution, ...]
    hinders: Rows
    effectiveness: Floats
    slows: Floats
    members: Ints
    initial: Bools
    key: Words
    draw: Words
    fact_key: Words

    def __post_init__(self) -> None:
        if not (np.isfinite(self.chance).all() and ((self.chance >= 0) & (self.chance <= 1)).all()):
            raise ValueError("a chance outside 0 to 1")
        if not (
            np.isfinite(self.effectiveness).all()
            and ((self.effectiveness >= 0) & (self.effectiveness <= 1)).all()
        ):
            raise ValueError("an effectiveness outside 0 to 1")
        if not (np.isfinite(self.slows).all() and (self.slows >= 0).all()):
            raise ValueError("a control that makes steps quicker")
        if not (self.members >= 1).all():
            raise ValueError("a step that nobody meets")

    def __len__(self) -> int:
        return len(self.chance)

    @cached_property
    def group(self) -> Ints:
        """The number of the draw that each instance takes part in."""
        return np.unique(self.draw, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def shared(self) -> Bools:
        """Which instances have a common cause, whether or not others of it are here."""
        found: Bools = self.draw != self.key
        return found

    @cached_property
    def users(self) -> Rows:
        """For every fact the instances that need it."""
        return self.premises.turned(self.facts)

    @cached_property
    def makers(self) -> Rows:
        """For every fact the instances that result in it."""
        return self.results.turned(self.facts)

    @cached_property
    def links(self) -> Links:
        """Premises, results and users as the kernels take them."""
        lists = (
            each for rows in (self.premises, self.results, self.users) for each in (rows.start, rows.index)
        )
        return Links(*(each.astype(np.int32) for each in lists))

    @cached_property
    def mean_effort(self) -> Floats:
        """The mean effort of each instance before controls, in seconds."""
        means = np.array([law.mean() for law in self.efforts])
        return means[self.effort] if len(means) else np.zeros(len(self))

    @cached_property
    def laws(self) -> tuple[tuple[Distribution, ...], Ints]:
        """The laws of effort without repetitions, and the position of each instance's among them."""
        number: dict[Distribution, int] = {}
        position = [number.setdefault(law, len(number)) for law in self.efforts]
        return tuple(number), np.array(position, dtype=np.int64)[self.effort]

    def controlled(self, active: Iterable[int]) -> Floats:
        """The chances with the controls ``active`` in place: each multiplies by 1 - effectiveness."""
        return self._with_active(self.chance, 1.0 - self.effectiveness, active)

    def slowed(self, active: Iterable[int]) -> Floats:
        """By what the effort of each instance is multiplied with the controls ``active`` in place."""
        return self._with_active(np.ones(len(self)), 1.0 + self.slows, active)

    def _with_active(self, values: Floats, factor: Floats, active: Iterable[int]) -> Floats:
        on = np.zeros(len(self.effectiveness), dtype=bool)
        on[list(active)] = True
        values = values.copy()
        mine = on[self.hinders.index]
        np.multiply.at(values, self.hinders.owners()[mine], factor[self.hinders.index[mine]])
        return values

    def reachable(self, start: Iterable[int], chance: Floats | None = None) -> tuple[Bools, Bools]:
        """The facts and instances that can come to hold at all from the facts ``start``."""
        possible = (self.chance if chance is None else chance) > 0
        holds = np.zeros(self.facts, dtype=bool)
        fires = np.zeros(len(self), dtype=bool)
        missing = np.diff(self.premises.start)
        new = np.unique(np.fromiter(start, dtype=np.int64))
        holds[new] = True
        ready = np.flatnonzero((missing == 0) & possible)
        while len(new) or len(ready):
            entries, counts = distinct(self.users.taken(new).index)
            missing[entries] -= counts
            ready = np.concatenate([ready, entries[(missing[entries] == 0) & possible[entries]]])
            fires[ready] = True
            results, _ = distinct(self.results.taken(ready).index)
            new = results[~holds[results]]
            holds[new] = True
            ready = ready[:0]
        return holds, fires

    def relevant(self, goals: Iterable[int]) -> tuple[Bools, Bools]:
        """The facts and instances that some derivation of ``goals`` may use."""
        wanted = np.zeros(self.facts, dtype=bool)
        used = np.zeros(len(self), dtype=bool)
        new = np.unique(np.fromiter(goals, dtype=np.int64))
        wanted[new] = True
        while len(new):
            makers, _ = distinct(self.makers.taken(new).index)
            makers = makers[~used[makers]]
            used[makers] = True
            needs, _ = distinct(self.premises.taken(makers).index)
            new = needs[~wanted[needs]]
            wanted[new] = True
        return wanted, used

    def only(self, instances: Bools) -> Graph:
        """The graph with the other instances left out. Facts keep their numbers, instances their keys."""
        kept = np.flatnonzero(instances)
        return replace(
            self,
            premises=self.premises.taken(kept),
            results=self.results.taken(kept),
            hinders=self.hinders.taken(kept),
            chance=self.chance[kept],
            effort=self.effort[kept],
            members=self.members[kept],
            draw=self.draw[kept],
            key=self.key[kept],
        )

    def with_chance(self, chance: Floats) -> Graph:
        """The graph with other chances."""
        return replace(self, chance=chance)


def distinct(numbers: Ints) -> tuple[Ints, Ints]:
    """The numbers without repetitions, ascending, and how often each is there."""
    ordered = np.sort(numbers)
    first = np.flatnonzero(np.diff(ordered, prepend=-1) != 0)
    return ordered[first], np.diff(first, append=len(ordered))


def from_attack(
    attack: AttackGraph,
    given: Collection[int] = (),
    slows: Sequence[float] | None = None,
    members: Ints | None = None,
) -> Graph:
    """The compiler's attack graph in this form. Facts ``given`` hold or not by decree: nothing derives
    them. ``slows``: by which share each control lengthens the effort of what it hinders; None for not at all.
    ``members[n]``: how many people meet each instance; None for one.
    """
    premises, results, hinders = (
        Rows(np.asarray(start, dtype=np.int64), np.asarray(index, dtype=np.int64))
        for start, index in (
            (attack.premise_start, attack.premise),
            (attack.result_start, attack.result),
            (attack.hinder_start, attack.hinder),
        )
    )
    decreed = np.zeros(len(attack.facts), dtype=bool)
    decreed[list(given)] = True
    chance = np.array(attack.chance, dtype=np.float64)
    chance[results.owners()[decreed[results.index]]] = 0.0
    return Graph(
        facts=len(attack.facts),
        premises=premises,
        results=results,
        chance=chance,
        effort=np.asarray(attack.effort, dtype=np.int64),
        efforts=tuple(attack.efforts),
        hinders=hinders,
        effectiveness=np.asarray(attack.effectiveness, dtype=np.float64),
        slows=np.zeros(len(attack.controls)) if slows is None else np.asarray(slows, dtype=np.float64),
        members=np.ones(len(chance), np.int64) if members is None else members,
        initial=np.asarray(attack.initial, dtype=bool),
        key=attack.key,
        draw=np.where(attack.cause_key != 0, attack.cause_key, attack.key),
        fact_key=attack.fact_key,
    )


def keys(identities: Sequence[str]) -> Words:
    """64 bits for each identity; equal identities are told apart by their order."""
    seen: Counter[str] = Counter()
    made = np.zeros(len(identities), dtype=np.uint64)
    for n, identity in enumerate(identities):
        made[n] = key_of(f"{identity}#{seen[identity]}")
        seen[identity] += 1
    return made


@dataclass
class GraphBuilder:
    """A graph written by hand: for tests, teaching and published examples."""

    names: dict[str, int] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    steps: list[
        tuple[str, tuple[int, ...], tuple[int, ...], float, Distribution, tuple[int, ...], int, int]
    ] = field(default_factory=list)
    controls: list[tuple[float, float]] = field(default_factory=list)

    def fact(self, name: str) -> int:
        if name not in self.names:
            self.names[name] = len(self.labels)
            self.labels.append(name)
        return self.names[name]

    def control(self, effectiveness: float, slows: float = 0.0) -> int:
        self.controls.append((effectiveness, slows))
        return len(self.controls) - 1

    def step(
        self,
        premises: Iterable[str],
        result: str,
        chance: float = 1.0,
        effort: float | Distribution = 0.0,
        *,
        hindered: Iterable[int] = (),
        cause: int = -1,
        members: int = 1,
        name: str = "",
    ) -> GraphBuilder:
        """One instance: from all of ``premises`` to ``result``, by any of ``members``."""
        law = Constant(float(effort)) if isinstance(effort, int | float) else effort
        needs = tuple(self.fact(p) for p in premises)
        identity = f"{name}|{sorted(self.labels[i] for i in needs)}|{result}"
        results, by = (self.fact(result),), tuple(hindered)
        self.steps.append((identity, needs, results, chance, law, by, cause, members))
        return self

    def build(self, initial: Iterable[str]) -> Graph:
        """The graph; the facts ``initial`` hold at the start."""
        held = [self.fact(name) for name in initial]
        mask = np.zeros(len(self.names), dtype=bool)
        mask[held] = True
        key = keys([s[0] for s in self.steps])
        return Graph(
            facts=len(self.names),
            premises=Rows.of(s[1] for s in self.steps),
            results=Rows.of(s[2] for s in self.steps),
            chance=np.array([s[3] for s in self.steps], dtype=np.float64),
            effort=np.arange(len(self.steps), dtype=np.int64),
            efforts=tuple(s[4] for s in self.steps),
            hinders=Rows.of(s[5] for s in self.steps),
            effectiveness=np.array([c[0] for c in self.controls], dtype=np.float64),
            slows=np.array([c[1] for c in self.controls], dtype=np.float64),
            members=np.array([s[7] for s in self.steps], dtype=np.int64),
            initial=mask,
            key=key,
            draw=np.array(
                [
                    key_of(f"cause {s[6]}") if s[6] >= 0 else own
                    for s, own in zip(self.steps, key, strict=True)
                ],
                dtype=np.uint64,
            ),
            fact_key=keys(self.labels),
        )

    def numbers(self) -> Mapping[str, int]:
        """The number of every fact by its name."""
        return dict(self.names)
