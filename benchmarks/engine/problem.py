"""A program with its facts, ready for the engine and for every peer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.engine.notation import read_program
from panacea_policy.engine import Database, Program, Symbols

Ints = NDArray[np.int64]
Columns = Sequence[Ints]


@dataclass(frozen=True, slots=True)
class Problem:
    """A program, its facts, and the relations whose rows are counted.

    The first symbols are the ``words`` of the program; after them come the entities of the data, up to the
    id ``end`` - 1, each of which has its own id for its value. All columns are int64, ids and numbers alike:
    clingo knows no floats. Rows of a relation are distinct.
    """

    name: str
    program: Program
    facts: Mapping[str, Columns]
    asked: tuple[str, ...]
    words: tuple[str, ...]
    end: int

    def symbols(self) -> Symbols:
        return Symbols([*self.words, *range(len(self.words), self.end)])

    def value(self, id: int) -> str | int:
        """The Python value that a symbol of this problem stands for."""
        return self.words[id] if id < len(self.words) else id

    def database(self, symbols: Symbols | None = None) -> Database:
        """The facts in the engine's own store, a new one each time."""
        database = Database(symbols or self.symbols())
        for relation, columns in self.facts.items():
            database.insert(relation, columns)
        return database

    def engine(self) -> tuple[Program, Database, tuple[str, ...]]:
        """Program, facts and relations asked for, for the engine."""
        return self.program, self.database(), self.asked

    @property
    def size(self) -> int:
        """How many facts there are."""
        return sum(len(columns[0]) for columns in self.facts.values())


class Builder:
    """Reads a program, gives out ids of entities, collects facts, and makes the problem at the end."""

    def __init__(self, seed: int, text: str) -> None:
        self.random = np.random.default_rng(seed)
        self.facts: dict[str, Columns] = {}
        self._words: dict[str, int] = {}
        self.program = read_program(text, lambda word: self._words.setdefault(word, len(self._words)))
        self._end = len(self._words)

    def word(self, name: str) -> int:
        """The id of a symbol that the program names. Raises KeyError."""
        return self._words[name]

    def words(self, *names: str) -> Ints:
        """The ids of some symbols that the program names. Raises KeyError."""
        return np.array([self._words[name] for name in names], np.int64)

    def named(self, sort: str, count: int) -> Ints:
        """The symbols ``sort_0``, ``sort_1`` …, with new ones in the place of those that no rule names."""
        known = (self._words.get(f"{sort}_{number}") for number in range(count))
        return np.array([self.take(1)[0] if id is None else id for id in known], np.int64)

    def take(self, count: int) -> Ints:
        """The ids of so many new entities, at least one."""
        count = max(count, 1)
        self._end += count
        return np.arange(self._end - count, self._end)

    def pick(self, among: Ints, count: int) -> Ints:
        """So many of them at random, with repeats."""
        return np.take(among, self.random.integers(0, len(among), count))

    def some(self, among: Ints, share: float) -> Ints:
        """This share of them at random, at least one, each at most once."""
        count = max(1, round(len(among) * share))
        chosen: Ints = np.sort(self.random.permutation(among)[:count])
        return chosen

    def near(self, positions: Ints, among: Ints, reach: int) -> Ints:
        """For each position one of ``among`` at most ``reach`` places from it, around the end."""
        moved = positions + self.random.integers(-reach, reach + 1, len(positions))
        return np.take(among, moved % len(among))

    def add(self, relation: str, *columns: Ints) -> None:
        """Facts of a relation that has none yet; repeated rows are dropped."""
        if relation in self.facts:
            raise ValueError(f"`{relation}` has its facts already")
        self.facts[relation] = distinct(columns)

    def problem(self, name: str, *asked: str) -> Problem:
        """Raises ValueError for facts of a relation that rules derive: not every translation has that."""
        both = self.facts.keys() & {rule.head.relation for rule in self.program.rules}
        if both:
            raise ValueError(f"both facts and rules: {sorted(both)}")
        return Problem(name, self.program, self.facts, asked, tuple(self._words), self._end)


def distinct(columns: Columns) -> Columns:
    """The distinct rows, in ascending order."""
    stacked = np.stack([np.asarray(column, np.int64) for column in columns])
    ordered = stacked[:, np.lexsort(stacked[::-1])]
    kept = np.ones(ordered.shape[1], np.bool_)
    kept[1:] = (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)
    return [np.ascontiguousarray(column) for column in ordered[:, kept]]
