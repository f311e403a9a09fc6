"""A growing set of rows with its cached indexes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.index import Index
from panacea_policy.engine.keymap import KeyMap
from panacea_policy.engine.packing import Packer
from panacea_policy.engine.values import Codes


class Relation:
    """Rows are only ever appended, so a row's number never changes and a range of rows is a delta.

    INVARIANT: no two rows are equal.
    """

    __slots__ = ("_buffers", "_distinct", "_indexes", "_map", "_packer", "arity", "size")

    def __init__(self, arity: int) -> None:
        self.arity = arity
        self.size = 0
        self._buffers: list[Codes] = [np.empty(0, np.int64) for _ in range(arity)]
        self._packer: Packer | None = None
        self._map: KeyMap | None = None
        self._indexes: dict[tuple[int, ...], Index] = {}
        self._distinct: dict[int, tuple[int, int]] = {}

    def column(self, position: int, start: int = 0, stop: int | None = None) -> Codes:
        """Codes of one column for the rows [start, stop)."""
        return self._buffers[position][start : self.size if stop is None else stop]

    def columns(self, start: int = 0, stop: int | None = None) -> list[Codes]:
        """Codes of all columns for the rows [start, stop)."""
        return [self.column(position, start, stop) for position in range(self.arity)]

    def append(self, columns: Sequence[Codes], count: int) -> NDArray[np.intp]:
        """Appends the rows that are new; returns their positions among those given, ascending."""
        if not count:
            return np.empty(0, np.intp)
        if count == 1 and not self.size and self._map is None:
            self._store(columns, 1)
            return np.zeros(1, np.intp)
        packer, known = self._ready_for(columns, count)
        new = known.add(packer.keys(columns, count))
        if len(new):
            whole = len(new) == count
            self._store([column if whole else column[new] for column in columns], len(new))
        return new

    def find(self, columns: Sequence[Codes], count: int) -> Codes:
        """The row number of each of these rows, -1 where there is none. Shape (count,)."""
        if not self.size:
            return np.full(count, -1, np.int64)
        packer, known = self._ready_for(self.columns(0, 0), 0)
        keys = packer.keys(columns, count)
        found = known.find(np.maximum(keys, 0))
        found[keys < 0] = -1
        return found

    def contains(self, positions: tuple[int, ...], columns: Sequence[Codes], count: int) -> NDArray[np.bool_]:
        """Whether some row has these values, given by columns, at these positions. Shape (count,)."""
        if len(positions) == self.arity and self._map is not None:
            return self.find(columns, count) >= 0
        return self.index(positions).contains(columns, count)

    def index(self, positions: tuple[int, ...]) -> Index:
        """The index on these columns, brought up to date."""
        index = self._indexes.get(positions)
        if index is None:
            index = self._indexes[positions] = Index(positions)
        index.extend(self._buffers, self.size)
        return index

    def distinct(self, position: int) -> int:
        """About how many distinct values a column has.

        Exact when last counted, at most a doubling of the size ago.
        """
        counted_at, count = self._distinct.get(position, (0, 1))
        if self.size > 2 * counted_at:
            count = self.index((position,)).distinct
            self._distinct[position] = (self.size, count)
        return count

    def copy(self) -> Relation:
        """A relation with the same rows that can grow on its own."""
        other = Relation(self.arity)
        other._store(self.columns(), self.size)
        return other

    def _ready_for(self, columns: Sequence[Codes], count: int) -> tuple[Packer, KeyMap]:
        """The packer and map, rebuilt with more room when the given rows do not fit the present ones."""
        packer, known = self._packer, self._map
        if packer is not None and known is not None and packer.covers(columns, count):
            return packer, known
        held = self.columns()
        if count and self.size:
            both = [np.concatenate(pair) for pair in zip(held, columns, strict=True)]
        else:
            both = list(columns) if count else held
        # One spare bit on a rebuild, so that a column that keeps growing is repacked only as often as its
        # range doubles.
        packer = self._packer = Packer(both, spare_bits=0 if self._packer is None else 1)
        known = self._map = KeyMap(packer.bits, self.size)
        known.add(packer.keys(held, self.size))
        return packer, known

    def _store(self, columns: Sequence[Codes], count: int) -> None:
        needed = self.size + count
        for position, column in enumerate(columns):
            buffer = self._buffers[position]
            if needed > len(buffer):
                if not self.size:
                    # The first batch is kept as it is; columns are never written in place below `size`.
                    self._buffers[position] = np.ascontiguousarray(column, dtype=np.int64)
                    continue
                grown = np.empty(max(2 * needed, 16), np.int64)
                grown[: self.size] = buffer[: self.size]
                buffer = self._buffers[position] = grown
            buffer[self.size : needed] = column
        self.size = needed
