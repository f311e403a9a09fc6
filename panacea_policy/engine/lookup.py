"""Relations for those who look up a few rows: a key is sought by going through its column.

Sorting a column for an index pays only for many look-ups; a proof makes a few in each of many relations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.index import Index, Matches
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.values import Codes

#: More keys than this at once are looked up in an index.
_FEW = 8

#: After so many keys have been sought in a column one by one, an index has paid for itself.
_ENOUGH = 48

#: Rows that an estimate of the distinct values of a column looks at.
_SAMPLE = 1_024


class Lookups(Mapping[str, Relation]):
    """The relations of a run, each as a `_Sought`."""

    def __init__(self, relations: Mapping[str, Relation]) -> None:
        self._relations = relations
        self._made: dict[str, _Sought] = {}

    def __getitem__(self, name: str) -> Relation:
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = _Sought(self._relations[name])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._relations)

    def __len__(self) -> int:
        return len(self._relations)


class _Sought(Relation):
    """Shows the rows of another relation, which does not grow; of its indexes it builds those that pay."""

    __slots__ = ("_known", "_sought", "_whole")

    def __init__(self, whole: Relation) -> None:
        super().__init__(whole.arity)
        self.size = whole.size
        self._dead = whole.size - whole.count
        self._whole = whole
        self._sought: dict[tuple[int, ...], _Seeker] = {}
        self._known: dict[int, int] = {}

    def column(self, position: int, start: int = 0, stop: int | None = None) -> Codes:
        return self._whole.column(position, start, stop)

    def alive(self, start: int = 0, stop: int | None = None) -> NDArray[np.bool_] | None:
        return self._whole.alive(start, stop)

    def find(self, columns: Sequence[Codes], count: int) -> Codes:
        if self._whole.is_mapped or count > _FEW:
            return self._whole.find(columns, count)
        matches = self.index(tuple(range(self.arity))).find(columns, count)
        rows = np.full(count, -1, np.int64)
        for part in matches:
            has = part.counts > 0
            rows[has] = part.rows[part.starts[has]]
        return rows

    def contains(self, positions: tuple[int, ...], columns: Sequence[Codes], count: int) -> NDArray[np.bool_]:
        return self.index(positions).contains(columns, count)

    def index(self, positions: tuple[int, ...]) -> Index:
        found = self._sought.get(positions)
        if found is None:
            found = self._sought[positions] = _Seeker(self._whole, positions)
        return found

    def distinct(self, position: int) -> int:
        """From a sample: what few rows in many look like is enough to order joins by."""
        known = self._known.get(position)
        if known is None:
            sample = self.column(position)[:: max(1, self.size // _SAMPLE)]
            different = len(np.unique(sample))
            few = 2 * different < len(sample)
            known = different if few else self.size * different // max(1, len(sample))
            self._known[position] = known
        return known


class _Seeker(Index):
    """Finds rows by key, in the index once there is one and otherwise by going through the columns."""

    __slots__ = ("_relation", "_spent")

    def __init__(self, relation: Relation, positions: tuple[int, ...]) -> None:
        super().__init__(positions)
        self._relation = relation
        self._spent = 0

    def find(self, columns: Sequence[Codes], count: int) -> list[Matches]:
        relation = self._relation
        if relation.has_index(self.positions) or count > _FEW or self._spent > _ENOUGH:
            return relation.index(self.positions).find(columns, count)
        if len(self.positions) == relation.arity and relation.is_mapped:
            rows = relation.find(columns, count)
            return [Matches(rows, np.arange(count), (rows >= 0).astype(np.int64))]
        self._spent += count
        found = [self._seek([int(column[number]) for column in columns]) for number in range(count)]
        counts = np.array([len(rows) for rows in found], np.int64)
        rows = np.concatenate(found) if found else np.empty(0, np.int64)
        return [Matches(rows, np.cumsum(counts) - counts, counts)]

    def contains(self, columns: Sequence[Codes], count: int) -> NDArray[np.bool_]:
        found = np.zeros(count, np.bool_)
        for matches in self.find(columns, count):
            found |= matches.counts > 0
        return found

    def _seek(self, key: Sequence[int]) -> Codes:
        """The rows that have one key."""
        if not self.positions:
            return self._relation.rows()
        rows = np.flatnonzero(self._relation.column(self.positions[0]) == key[0])
        for position, code in zip(self.positions[1:], key[1:], strict=True):
            rows = rows[self._relation.column(position)[rows] == code]
        alive = self._relation.alive()
        return rows if alive is None else rows[alive[rows]]
