"""The attack graph as risk computes with it: numbers only, with a stable identity for every step instance.

A fact is an OR node: any instance that results in it suffices. An instance is an AND node: all its premises
must hold and its own draw must succeed. Cycles are allowed; a fact holds only by a well-founded derivation
from the facts that hold at the start.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from panacea_policy.model.distributions import Constant, Distribution

if TYPE_CHECKING:
    from panacea_policy.compiler import AttackGraph

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


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


@dataclass(frozen=True)
class Graph:
    """An AND/OR graph of n instances over m facts.

    ``chance[n]`` is the chance of success before controls, ``group[n]`` the draw that an instance takes part
    in (instances of one group share it), ``key[n]`` a stable identity from names alone: the same instance
    gets the same draws in every graph it occurs in, so that two graphs can be compared trial by trial.
    """

    facts: int
    premises: Rows
    results: Rows
    chance: Floats
    effort: Ints
    efforts: tuple[Distribution, ...]
    hinders: Rows
    effectiveness: Floats
    initial: Bools
    group: Ints
    key: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not (np.isfinite(self.chance).all() and ((self.chance >= 0) & (self.chance <= 1)).all()):
            raise ValueError("a chance outside 0 to 1")
        if not (
            np.isfinite(self.effectiveness).all()
            and ((self.effectiveness >= 0) & (self.effectiveness <= 1)).all()
        ):
            raise ValueError("an effectiveness outside 0 to 1")

    def __len__(self) -> int:
        return len(self.chance)

    def controlled(self, active: Iterable[int]) -> Floats:
        """The chances with the controls ``active`` in place: each multiplies by 1 - effectiveness."""
        on = np.zeros(len(self.effectiveness), dtype=bool)
        on[list(active)] = True
        factor = np.where(on, 1.0 - self.effectiveness, 1.0)
        chance = self.chance.copy()
        np.multiply.at(chance, self.hinders.owners(), factor[self.hinders.index])
        return chance

    def reachable(self, start: Iterable[int], chance: Floats | None = None) -> tuple[Bools, Bools]:
        """The facts and instances that can come to hold at all from the facts ``start``."""
        chance = self.chance if chance is None else chance
        holds = np.zeros(self.facts, dtype=bool)
        missing = np.diff(self.premises.start).copy()
        fires = np.zeros(len(self), dtype=bool)
        uses = self._users()
        agenda = list(dict.fromkeys(start))
        holds[agenda] = True
        ready = [i for i in range(len(self)) if missing[i] == 0 and chance[i] > 0]
        while agenda or ready:
            for i in ready:
                fires[i] = True
                for fact in self.results.row(i):
                    if not holds[fact]:
                        holds[fact] = True
                        agenda.append(fact)
            ready = []
            if agenda:
                for i in uses.get(agenda.pop(), ()):
                    missing[i] -= 1
                    if missing[i] == 0 and chance[i] > 0:
                        ready.append(i)
        return holds, fires

    def relevant(self, goals: Iterable[int]) -> tuple[Bools, Bools]:
        """The facts and instances that some derivation of ``goals`` may use."""
        makers: dict[int, list[int]] = {}
        for entry, i in zip(self.results.index.tolist(), self.results.owners().tolist(), strict=True):
            makers.setdefault(entry, []).append(i)
        wanted = np.zeros(self.facts, dtype=bool)
        used = np.zeros(len(self), dtype=bool)
        agenda = list(dict.fromkeys(goals))
        wanted[agenda] = True
        while agenda:
            for i in makers.get(agenda.pop(), ()):
                if used[i]:
                    continue
                used[i] = True
                for fact in self.premises.row(i):
                    if not wanted[fact]:
                        wanted[fact] = True
                        agenda.append(fact)
        return wanted, used

    def _users(self) -> dict[int, list[int]]:
        uses: dict[int, list[int]] = {}
        for fact, i in zip(self.premises.index.tolist(), self.premises.owners().tolist(), strict=True):
            uses.setdefault(fact, []).append(i)
        return uses

    def only(self, instances: Bools) -> Graph:
        """The graph with the other instances left out. Facts keep their numbers, instances their keys."""
        kept = np.flatnonzero(instances).tolist()
        return replace(
            self,
            premises=Rows.of(self.premises.row(i) for i in kept),
            results=Rows.of(self.results.row(i) for i in kept),
            hinders=Rows.of(self.hinders.row(i) for i in kept),
            chance=self.chance[kept],
            effort=self.effort[kept],
            group=self.group[kept],
            key=tuple(self.key[i] for i in kept),
        )

    def with_chance(self, chance: Floats) -> Graph:
        """The graph with other chances."""
        return replace(self, chance=chance)


def from_attack(attack: AttackGraph, given: Collection[int] = ()) -> Graph:
    """The compiler's attack graph in this form. Facts ``given`` hold or not by decree: nothing derives
    them.
    """
    premises = Rows(attack.premise_start.astype(np.int64), attack.premise.astype(np.int64))
    results = Rows(attack.result_start.astype(np.int64), attack.result.astype(np.int64))
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
        hinders=Rows(attack.hinder_start.astype(np.int64), attack.hinder.astype(np.int64)),
        effectiveness=np.asarray(attack.effectiveness, dtype=np.float64),
        initial=np.asarray(attack.initial, dtype=bool),
        group=groups(np.asarray(attack.common_cause, dtype=np.int64)),
        key=tuple(hashlib.blake2b(each.tobytes(), digest_size=16).digest() for each in attack.key),
    )


def groups(common_cause: Ints) -> Ints:
    """The draw of each instance: one per common cause, and one of its own where there is none (-1)."""
    return np.where(common_cause >= 0, common_cause, len(common_cause) + np.arange(len(common_cause)))


def keys(identities: Sequence[str]) -> tuple[bytes, ...]:
    """16 bytes per instance from its identity; equal identities are told apart by their order."""
    seen: Counter[str] = Counter()
    made = []
    for identity in identities:
        made.append(hashlib.blake2b(f"{identity}#{seen[identity]}".encode(), digest_size=16).digest())
        seen[identity] += 1
    return tuple(made)


@dataclass
class GraphBuilder:
    """A graph written by hand: for tests, teaching and published examples."""

    names: dict[str, int] = field(default_factory=dict)
    steps: list[tuple[str, tuple[int, ...], tuple[int, ...], float, Distribution, tuple[int, ...], int]] = (
        field(default_factory=list)
    )
    controls: list[float] = field(default_factory=list)

    def fact(self, name: str) -> int:
        return self.names.setdefault(name, len(self.names))

    def control(self, effectiveness: float) -> int:
        self.controls.append(effectiveness)
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
        name: str = "",
    ) -> GraphBuilder:
        """One instance: from all of ``premises`` to ``result``."""
        law = Constant(float(effort)) if isinstance(effort, int | float) else effort
        needs = tuple(self.fact(p) for p in premises)
        identity = f"{name}|{sorted(self._name(i) for i in needs)}|{result}"
        self.steps.append((identity, needs, (self.fact(result),), chance, law, tuple(hindered), cause))
        return self

    def _name(self, fact: int) -> str:
        return next(name for name, number in self.names.items() if number == fact)

    def build(self, initial: Iterable[str]) -> Graph:
        """The graph; the facts ``initial`` hold at the start."""
        held = [self.fact(name) for name in initial]
        mask = np.zeros(len(self.names), dtype=bool)
        mask[held] = True
        return Graph(
            facts=len(self.names),
            premises=Rows.of(s[1] for s in self.steps),
            results=Rows.of(s[2] for s in self.steps),
            chance=np.array([s[3] for s in self.steps], dtype=np.float64),
            effort=np.arange(len(self.steps), dtype=np.int64),
            efforts=tuple(s[4] for s in self.steps),
            hinders=Rows.of(s[5] for s in self.steps),
            effectiveness=np.array(self.controls, dtype=np.float64),
            initial=mask,
            group=groups(np.array([s[6] for s in self.steps], dtype=np.int64)),
            key=keys([s[0] for s in self.steps]),
        )

    def numbers(self) -> Mapping[str, int]:
        """The number of every fact by its name."""
        return dict(self.names)
