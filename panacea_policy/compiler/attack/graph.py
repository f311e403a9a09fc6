"""The attack graph as others read it: arrays, and lists that make their entries when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from panacea_policy.compiler.entities import Entity
from panacea_policy.compiler.facts import Assumptions, symbol_of
from panacea_policy.compiler.model import Model
from panacea_policy.engine import Symbols, Type
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.values import decode
from panacea_policy.language import Span
from panacea_policy.model import Distribution

Indices = NDArray[np.int64]
Bools = NDArray[np.bool_]
Words = NDArray[np.uint64]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AttackFact:
    """Something an attacker may have: a row of a relation that steps lead to, directly or not."""

    relation: str
    args: tuple[object, ...]
    text: str


@dataclass(frozen=True, slots=True)
class StepInfo:
    """An attack step as people see it; ``name`` is ``derived`` for what follows without doing anything.

    ``hindered_by``: qualified names of the classes of controls that it names, declared by the model or not.
    """

    id: str
    name: str
    title: str
    layer: str
    attack_ids: tuple[str, ...]
    span: Span
    doc: str | None
    hindered_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """How a graph differs from the one before it: positions of facts and instances that came and went.

    What is new has a position that nothing had before; what is gone keeps its own until the graph is built
    afresh. An instance of which a figure changed is gone, and there again under the same key.
    """

    facts_added: Indices
    facts_removed: Indices
    added: Indices
    removed: Indices


@dataclass(frozen=True)
class AttackGraph:
    """Arrays over n instances (AND nodes) and m facts (OR nodes); ``premise`` and ``result`` are positions
    in ``facts``, in CSR form.

    ``chance``: probability in [0, 1] before controls. ``effort``: position in ``efforts`` (seconds).
    ``hinder``: positions in ``controls``, whatever their status. ``common_cause``: instances with the same
    number (not -1) share one draw; ``cause_key`` is the same as an identity (0 for none). ``initial``:
    facts that hold from the start.

    ``fact_key`` (m) and ``key`` (n) are identities made of names alone, the same in every process and in
    every graph that the fact or instance occurs in.

    ``present`` (n) and ``facts.present`` (m) are all true in a graph that was built afresh. Where a graph
    was carried through a change, what is gone keeps its position: such an instance has chance 0 and such a
    fact no instance that leads to it. ``changed`` then tells what came and went since the graph before.

    ``as_of``: the day that it speaks of.
    """

    facts: AttackFacts
    steps: Sequence[StepInfo]
    step: Indices
    premise_start: Indices
    premise: Indices
    result_start: Indices
    result: Indices
    chance: NDArray[np.float64]
    effort: Indices
    efforts: Sequence[Distribution]
    hinder_start: Indices
    hinder: Indices
    controls: Sequence[Entity]
    effectiveness: NDArray[np.float64]
    initial: Bools
    common_cause: Indices
    assumptions: Assumptions
    bindings: Sequence[tuple[tuple[str, object], ...]]
    fact_key: Words
    key: Words
    cause_key: Words
    present: Bools
    as_of: date
    changed: Changed | None = None

    def positions(self, relation: str) -> Indices:
        """The facts of a relation, by its name in :attr:`AttackFact.relation`, in ascending order."""
        return self.facts.positions(relation)


@dataclass(frozen=True, slots=True)
class FactRelation:
    """A relation of the engine whose rows are facts of the graph."""

    name: str
    label: str
    rows: Relation
    types: tuple[Type, ...]


class _Lazy(Sequence[T]):
    """A list whose entries are made when asked for."""

    def __init__(self, size: int, make: Callable[[int], T]) -> None:
        self._size = size
        self._make = make

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return [self._make(each) for each in range(*index.indices(self._size))]
        place = int(index) + self._size if index < 0 else int(index)
        if not 0 <= place < self._size:
            raise IndexError(index)
        return self._make(place)

    def __iter__(self) -> Iterator[T]:
        return map(self._make, range(self._size))


class AttackFacts(_Lazy[AttackFact]):
    """The facts of a graph: fact i is row ``row[i]`` of the relation ``relation[i]`` of ``relations``."""

    def __init__(
        self,
        relations: Sequence[FactRelation],
        relation: NDArray[np.int16],
        row: Indices,
        present: Bools,
        symbols: Symbols,
        model: Model,
    ) -> None:
        super().__init__(len(row), self._fact)
        self.relations = relations
        self.relation = relation
        self.row = row
        self.present = present
        self._symbols = symbols
        self._model = model

    def positions(self, relation: str) -> Indices:
        """The facts of a relation, in ascending order."""
        found = self._by_relation.get(relation)
        if found is None:
            chosen = np.array([each.name == relation for each in self.relations], np.bool_)
            mask = chosen[self.relation] & self.present if len(chosen) else self.present
            found = self._by_relation[relation] = np.flatnonzero(mask)
        return found

    def names(self) -> Sequence[str]:
        """The relations that there are facts of, each once."""
        return list(dict.fromkeys(each.name for each in self.relations))

    def about(self, name: str) -> Indices:
        """The facts that speak of a declaration, by its qualified name, in ascending order."""
        symbol = self._symbols.find(symbol_of(name))
        if symbol is None:
            return np.empty(0, np.int64)
        ids, places = self._spoken_of
        start, stop = np.searchsorted(ids, [symbol, symbol + 1])
        return np.unique(places[start:stop])

    @cached_property
    def _by_relation(self) -> dict[str, Indices]:
        return {}

    @cached_property
    def _spoken_of(self) -> tuple[Indices, Indices]:
        """Symbols, sorted, and the fact that speaks of each."""
        ids: list[Indices] = [np.empty(0, np.int64)]
        places: list[Indices] = [np.empty(0, np.int64)]
        for number, each in enumerate(self.relations):
            of = np.flatnonzero((self.relation == number) & self.present)
            for position, type in enumerate(each.types):
                if type is Type.SYMBOL and len(of):
                    ids.append(each.rows.column(position)[self.row[of]])
                    places.append(of)
        every, where = np.concatenate(ids), np.concatenate(places)
        order = np.argsort(every, kind="stable")
        return every[order], where[order]

    def _fact(self, place: int) -> AttackFact:
        of = self.relations[int(self.relation[place])]
        row = int(self.row[place])
        args = tuple(
            value_of(each, row, type, self._symbols, self._model)
            for each, type in zip(of.rows.columns(), of.types, strict=True)
        )
        words = [each.short if isinstance(each, Entity) else str(each) for each in args]
        return AttackFact(of.name, args, f"{of.label} {', '.join(words)}")


@dataclass(frozen=True, slots=True)
class StepVariables:
    """The variables of a step, and the relation that has a row of their values for each instance.

    ``row``: the number of each such row, in the order in which instances speak of them.
    """

    names: tuple[str, ...]
    rows: Relation
    types: tuple[Type, ...]
    row: Indices


class Bindings(_Lazy[tuple[tuple[str, object], ...]]):
    """The variables of every instance, read off the steps' relations.

    ``step`` (n) is the position of the instance's step, ``place`` (n) its place among that step's rows.
    """

    def __init__(
        self,
        step: Indices,
        place: Indices,
        variables: Mapping[int, StepVariables],
        symbols: Symbols,
        model: Model,
    ) -> None:
        super().__init__(len(step), self._bindings)
        self._step = step
        self._place = place
        self._variables = variables
        self._symbols = symbols
        self._model = model

    def _bindings(self, place: int) -> tuple[tuple[str, object], ...]:
        known = self._variables.get(int(self._step[place]))
        if known is None:
            return ()
        row = int(known.row[self._place[place]])
        return tuple(
            (name, value_of(column, row, type, self._symbols, self._model))
            for name, column, type in zip(known.names, known.rows.columns(), known.types, strict=True)
        )


def value_of(column: Indices, row: int, type: Type, symbols: Symbols, model: Model) -> object:
    """What a row of a column stands for: a declaration, a word, a number."""
    if type is not Type.SYMBOL:
        return decode(column[row : row + 1], type)[0].item()
    value = symbols.value(int(column[row]))
    if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], str):
        return model.get(value[0]) or value[0]
    return value
