"""A growing set of rows with its cached indexes.

Rows are held as columns, and those of a small relation as tuples too: joining a few rows in Python takes less
time than one call of a kernel.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.index import Index
from panacea_policy.engine.kernels import kernels_for
from panacea_policy.engine.keymap import KeyMap
from panacea_policy.engine.memory import reserve
from panacea_policy.engine.packing import Packer
from panacea_policy.engine.statistics import Statistics
from panacea_policy.engine.tuples import Row, keyer, picker
from panacea_policy.engine.values import Codes

#: Up to this size a relation is small; measured: above it the kernels win.
SMALL = 1_024

#: Up to this size a relation that has its rows as tuples takes in more of them; measured: a map of keys costs
#: more until then.
_MOST_TUPLES = 4_096


class Relation:
    """Rows are only ever appended, so a row's number never changes and a range of rows is a delta.

    A row that is retracted keeps its number and is found no more; `compacted` drops such rows.

    INVARIANT: no two rows that are not retracted are equal. Each of the two forms, columns and tuples, holds
    the first rows up to a number of its own, and one of them holds all; once a row has been retracted, the
    columns do.
    """

    __slots__ = (
        "_alive",
        "_buffers",
        "_dead",
        "_indexes",
        "_keys",
        "_lookups",
        "_map",
        "_packer",
        "_ranges",
        "_statistics",
        "_stored",
        "_tuples",
        "arity",
        "size",
    )

    def __init__(self, arity: int) -> None:
        self.arity = arity
        #: How many row numbers are taken.
        self.size = 0
        self._dead = 0
        #: Which rows are not retracted, for at least ``size`` rows; None while none is.
        self._alive: NDArray[np.bool_] | None = None
        self._buffers: list[Codes] = [_NONE] * arity
        #: How many rows the columns hold.
        self._stored = 0
        self._tuples: dict[Row, None] = {}
        self._lookups: dict[tuple[tuple[int, ...], tuple[int, ...]], Mapping[object, Sequence[Row]]] = {}
        self._keys: dict[tuple[int, ...], frozenset[object]] = {}
        self._packer: Packer | None = None
        self._map: KeyMap | None = None
        self._indexes: dict[tuple[int, ...], Index] = {}
        self._ranges: dict[int, tuple[int, int, int]] = {}
        self._statistics: Statistics | None = None

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.size - self._dead

    def alive(self, start: int = 0, stop: int | None = None) -> NDArray[np.bool_] | None:
        """Which of the rows [start, stop) are not retracted; None when none of the relation's is."""
        return None if self._alive is None else self._alive[start : self.size if stop is None else stop]

    @property
    def nbytes(self) -> int:
        """Bytes held by columns, map and indexes; columns shared with another relation count for both."""
        if not self.size and self._map is None:
            return 0
        held = sum(buffer.nbytes for buffer in self._buffers)
        held += sum(index.nbytes for index in self._indexes.values())
        if self._alive is not None:
            held += self._alive.nbytes
        if self._map is not None and self._packer is not None:
            held += self._map.nbytes + self._packer.nbytes
        return held

    def rows(self) -> Codes:
        """The numbers of the rows."""
        alive = self.alive()
        return np.arange(self.size) if alive is None else np.flatnonzero(alive)

    @property
    def is_small(self) -> bool:
        """Whether its rows may be had as tuples."""
        return self.count <= SMALL

    def stays_small(self, count: int) -> bool:
        """Whether its rows are held as tuples, also after so many more."""
        return self._map is None and not self._dead and self.size + count <= SMALL

    def column(self, position: int, start: int = 0, stop: int | None = None) -> Codes:
        """Codes of one column for the rows [start, stop), retracted ones too."""
        if self._stored < self.size:
            self._fill()
        return self._buffers[position][start : self.size if stop is None else stop]

    def columns(self, start: int = 0, stop: int | None = None) -> list[Codes]:
        """Codes of all columns for the rows [start, stop), retracted ones too."""
        return [self.column(position, start, stop) for position in range(self.arity)]

    def tuples(self) -> Mapping[Row, None]:
        """The rows in order, each a tuple of codes. Meant for small relations."""
        if len(self._tuples) < self.count:
            columns = self.columns()
            if self._dead:
                columns = [column[self.alive()] for column in columns]
            self._tuples = dict.fromkeys(_rows_of(columns, self.count))
        return self._tuples

    def keys(self, positions: tuple[int, ...]) -> Set[object]:
        """The distinct keys at ``positions``, as made by `keyer`.

        Meant for small relations, like `lookup`; both are kept until the relation grows.
        """
        found = self._keys.get(positions)
        if found is None:
            found = self._keys[positions] = frozenset(map(keyer(positions), self.tuples()))
        return found

    def lookup(self, positions: tuple[int, ...], outputs: tuple[int, ...]) -> Mapping[object, Sequence[Row]]:
        """The distinct tuples at ``outputs`` for each key at ``positions``."""
        found = self._lookups.get((positions, outputs))
        if found is None:
            distinct = len(positions) + len(outputs) >= self.arity
            found = self._lookups[positions, outputs] = group(self.tuples(), positions, outputs, distinct)
        return found

    def append(self, columns: Sequence[Codes], count: int, *, distinct: bool = False) -> int:
        """Appends the rows that are new; returns how many they are.

        ``distinct``: the caller knows that no two of the rows are equal.
        """
        if not count:
            return 0
        if distinct and not self.size:
            self._store(columns, count)
            return count
        if self.stays_small(count):
            level = self._stored == self.size
            new = self.add(_rows_of(columns, count))
            if level and new == count:
                self._store(columns, count)
            return new
        self._fill()
        keys, known = self._keys_of(columns, count)
        first = known.add(keys, self.size)
        if len(first):
            whole = len(first) == count
            self._store([column if whole else column[first] for column in columns], len(first))
            self._tuples = {}
            self._forget()
        return len(first)

    def add(self, rows: Collection[Row]) -> int:
        """Appends the rows that are new, given as tuples; returns how many they are."""
        most = _MOST_TUPLES if len(self._tuples) == self.size else SMALL
        if self._dead or self.size + len(rows) > most:
            first = not self.size
            if first:
                # What is alone needs no map to be told apart by.
                rows = dict.fromkeys(rows)
            codes = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * self.arity)
            return self.append(list(codes.reshape(len(rows), self.arity).T), len(rows), distinct=first)
        if not self.size:
            self._tuples = dict.fromkeys(rows)
        else:
            self.tuples()
            self._tuples.update(dict.fromkeys(rows))
        new = len(self._tuples) - self.size
        if new:
            self.size += new
            self._forget()
            self._packer = self._map = None
        return new

    def retract(self, rows: Codes) -> None:
        """Takes rows away, given by their numbers, each of a row that is there."""
        if not len(rows):
            return
        self._fill()
        if self._alive is None:
            self._alive = np.ones(max(self.size, 16), np.bool_)
        if self._map is not None and self._packer is not None:
            columns = [self._buffers[position][rows] for position in range(self.arity)]
            self._map.remove(self._packer.keys(columns, len(rows)))
        self._alive[rows] = False
        self._dead += len(rows)
        for index in self._indexes.values():
            index.remove(self._buffers, rows, self._alive)
        self._tuples = {}
        self._forget()

    def holds(self, columns: Sequence[Codes], count: int) -> bool:
        """Whether these are its rows, in their order, none of them retracted."""
        if self.size != count or self._dead or self.arity != len(columns):
            return False
        return all(np.array_equal(self.column(at), column) for at, column in enumerate(columns))

    def part(self, rows: Codes) -> Relation:
        """Some rows, by their numbers, as a relation of their own."""
        part = Relation(self.arity)
        part.append([column[rows] for column in self.columns()], len(rows), distinct=True)
        return part

    def compacted(self) -> tuple[Relation, Codes]:
        """The same rows without the retracted ones, and for each old row its number there, -1 for none."""
        alive = self.alive()
        if alive is None:
            return self, np.arange(self.size)
        other = Relation(self.arity)
        other._store([column[alive] for column in self.columns()], self.count)
        return other, np.where(alive, np.cumsum(alive) - 1, -1)

    def find(self, columns: Sequence[Codes], count: int) -> Codes:
        """The row number of each of these rows, -1 where there is none. Shape (count,)."""
        if not self.size:
            return np.full(count, -1, np.int64)
        packer, known = self._ready_for(self.columns(0, 0), 0)
        return known.find(packer.keys(columns, count))

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
        self._fill()
        index.extend(self._buffers, self.size, self._alive)
        return index

    def has_index(self, positions: tuple[int, ...]) -> bool:
        """Whether there is an index on these columns, if maybe not up to date."""
        return positions in self._indexes

    @property
    def is_mapped(self) -> bool:
        """Whether `find` needs no map to be built first."""
        return self._map is not None

    @property
    def indexed(self) -> tuple[tuple[int, ...], ...]:
        """The columns of each index that there is."""
        return tuple(self._indexes)

    def distinct(self, positions: tuple[int, ...]) -> float:
        """About how many distinct keys there are at these positions; at least 1."""
        statistics = self._known()
        known = statistics.known(positions, self.size)
        return statistics.distinct(positions, self.columns(), self.size) if known is None else known

    def share(self, position: int, code: int) -> float:
        """About which share of the rows has this code in a column."""
        return self._known().share(position, code, self.columns(), self.size)

    def _known(self) -> Statistics:
        if self._statistics is None:
            self._statistics = Statistics()
        return self._statistics

    def copy(self) -> Relation:
        """A relation with the same rows that can grow on its own."""
        if self._dead:
            return self.compacted()[0]
        other = Relation(self.arity)
        if self.size:
            other._store(self.columns(), self.size)
        return other

    def _keys_of(self, columns: Sequence[Codes], count: int) -> tuple[Codes, KeyMap]:
        """The keys of some rows that may be new, and the map that takes them."""
        if self._packer is not None and self._map is not None:
            keys = self._packer.keys_within(columns, count)
            if keys is not None:
                return keys, self._map
        packer, known = self._ready_for(columns, count)
        return packer.keys(columns, count), known

    def _ready_for(self, columns: Sequence[Codes], count: int) -> tuple[Packer, KeyMap]:
        """The packer and map, rebuilt with more room when the given rows do not fit the present ones."""
        packer, known = self._packer, self._map
        if packer is not None and known is not None and packer.covers(columns, count):
            return packer, known
        held = self._held()
        if count and self.size:
            both = [np.concatenate(pair) for pair in zip(held, columns, strict=True)]
        else:
            both = list(columns) if count else held
        # One spare bit on a rebuild, so that a column that keeps growing is repacked only as often as its
        # range doubles.
        packer = Packer(both, spare_bits=0 if self._packer is None else 1)
        return packer, self._rebuild(packer)

    def _held(self) -> list[Codes]:
        """The columns of the rows that are not retracted."""
        alive = self.alive()
        return self.columns() if alive is None else [column[alive] for column in self.columns()]

    def _rebuild(self, packer: Packer) -> KeyMap:
        """The map of the rows under another packer."""
        if self._map is not None and self._packer is not None:
            reserve(0, self._map.nbytes + self._packer.nbytes)
        self._packer, self._map = packer, None
        known = self._map = KeyMap(packer.bits, self.count)
        if self.count:
            alive = self.alive()
            rows = np.arange(self.size) if alive is None else np.flatnonzero(alive)
            known.put(packer.keys(self._held(), self.count), rows)
        return known

    def sums(self, ranges: Sequence[tuple[int, int]] | None) -> tuple[Packer, KeyMap] | None:
        """A packer whose keys are sums of codes, and the map of the rows under it.

        ``ranges``: where the values of rows to come lie; None when they suit the present packer. None for a
        small relation, and when the ranges are too wide.
        """
        packer, known = self._packer, self._map
        if packer is not None and known is not None:
            if not packer.ordered:
                return None
            if ranges is None or packer.includes(ranges):
                return packer, known
        if ranges is None:
            return None
        if self.size:
            held = [self.extent(position) for position in range(self.arity)]
            ranges = [(min(a, c), max(b, d)) for (a, b), (c, d) in zip(held, ranges, strict=True)]
        packer = Packer.of_ranges(ranges, 0 if self._packer is None else 1)
        return None if packer is None else (packer, self._rebuild(packer))

    def append_keys(self, keys: Codes) -> None:
        """Appends the rows of some keys, under the packer of `sums`, that its map has just been given."""
        assert self._packer is not None
        self._store(self._packer.unpack(keys), len(keys))
        self._tuples = {}
        self._forget()

    def extent(self, position: int) -> tuple[int, int]:
        """The least and the greatest code of a column, retracted rows among them; of at least one row."""
        done, low, high = self._ranges.get(position, (0, 0, 0))
        if done < self.size:
            part = self.column(position, done)
            least, most = kernels_for(len(part)).bounds(part)
            low, high = (min(low, least), max(high, most)) if done else (least, most)
            self._ranges[position] = self.size, low, high
        return low, high

    def _forget(self) -> None:
        """Drops what no longer holds after growth."""
        if self._lookups or self._keys:
            self._lookups, self._keys = {}, {}

    def _fill(self) -> None:
        """Brings the columns up to date with the tuples."""
        count = self.size - self._stored
        if not count:
            return
        rows = list(self._tuples)[self._stored :]
        self._store(np.array(rows, np.int64).reshape(count, self.arity).T, count)

    def _store(self, columns: Sequence[Codes] | Codes, count: int) -> None:
        """Appends to the columns."""
        needed = self._stored + count
        for position, column in enumerate(columns):
            buffer = self._buffers[position]
            if needed > len(buffer):
                if not self._stored:
                    # The first batch is kept as it is; columns are never written in place below `size`.
                    self._buffers[position] = np.ascontiguousarray(column, dtype=np.int64)
                    reserve(self._buffers[position].nbytes)
                    continue
                reserve(8 * max(2 * needed, 16), buffer.nbytes)
                grown = np.empty(max(2 * needed, 16), np.int64)
                grown[: self._stored] = buffer[: self._stored]
                buffer = self._buffers[position] = grown
            buffer[self._stored : needed] = column
        self.size = self._stored = needed
        if self._alive is not None and needed > len(self._alive):
            grown_alive = np.ones(max(2 * needed, 16), np.bool_)
            grown_alive[: len(self._alive)] = self._alive
            self._alive = grown_alive


def group(
    rows: Collection[Row], positions: tuple[int, ...], outputs: tuple[int, ...], distinct: bool
) -> Mapping[object, Sequence[Row]]:
    """The distinct tuples at ``outputs`` for each key at ``positions``, as made by `keyer`.

    ``distinct``: the key and the outputs tell the row.
    """
    key, pick = keyer(positions), picker(outputs)
    groups: dict[object, list[Row]] = {}
    for row in rows:
        found = groups.get(place := key(row))
        if found is None:
            groups[place] = [pick(row)]
        else:
            found.append(pick(row))
    if not distinct:
        return {place: list(dict.fromkeys(found)) for place, found in groups.items()}
    return groups


_NONE: Codes = np.empty(0, np.int64)


def _rows_of(columns: Sequence[Codes], count: int) -> list[Row]:
    if not columns:
        return [()] * count
    return list(zip(*(column.tolist() for column in columns), strict=True))
