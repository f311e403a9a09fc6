"""Join indexes: for a key, the rows of a relation that have it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.kernels import Layout, kernels_for
from panacea_policy.engine.keymap import KeyMap
from panacea_policy.engine.memory import check, reserve
from panacea_policy.engine.packing import Packer
from panacea_policy.engine.values import Codes, sorted_distinct

#: Rows are taken out of a key with more rows than this when the index is next asked for it.
_LARGE = 256
#: Of so many keys at most, for each look-up looks through them.
_MOST_HOLES = 16


class Matches(msgspec.Struct, frozen=True):
    """For each probe i, the rows ``rows[starts[i] : starts[i] + counts[i]]``.

    ``total``: how many in all; -1 when they have not been counted.
    """

    rows: Codes
    starts: Codes
    counts: Codes
    total: int = -1


class Probing(msgspec.Struct, frozen=True):
    """How a key, made after ``layout``, leads to rows.

    Its place is its id in ``map``, or, without one, the key itself; the rows of a place are
    ``rows[starts[place] : ends[place]]``.
    """

    layout: Layout
    map: KeyMap | None
    starts: Codes
    ends: Codes
    rows: Codes


class _Run:
    """An immutable index over the rows [start, stop) of a relation."""

    __slots__ = (
        "_ends",
        "_holes",
        "_keys",
        "_map",
        "_packer",
        "_probes",
        "_starts",
        "distinct",
        "rows",
        "start",
        "stop",
    )

    def __init__(
        self, columns: Sequence[Codes], start: int, stop: int, alive: NDArray[np.bool_] | None
    ) -> None:
        """Over ``columns`` of the rows [start, stop), but for those that are not ``alive``."""
        self.start, self.stop = start, stop
        present: Codes | None = None
        if alive is not None and not alive.all():
            present = np.flatnonzero(alive)
            columns = [column[present] for column in columns]
        count = stop - start if present is None else len(present)
        # Keys, two sorted arrays and their like.
        check(5 * 8 * count)
        self._packer = Packer(columns)
        keys = self._packer.keys(columns, count)
        bits = self._packer.bits
        #: Where each key's rows end, once some have been removed; before, where the next key's start.
        self._ends: Codes | None = None
        #: By place the rows that have been removed and still stand among those of their key: they are taken
        #: out when somebody asks for that key, who has all its rows to go through anyway.
        self._holes: dict[int, list[int]] = {}
        self._keys: Codes | None = None
        self._map: KeyMap | None = None
        self._probes = 0
        self._starts: Codes
        if bits < 40 and 1 << bits <= max(1024, 4 * count):
            self._starts, order, self.distinct = kernels_for(count).group(keys, 1 << bits)
        else:
            ordered, order = sorted_keys(keys, bits)
            first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
            self._keys = ordered[first]
            self._starts = np.append(first, count)
            self.distinct = len(first)
        if present is not None:
            order = present[order]
        self.rows = order + start if start else order
        reserve(self._own_bytes())

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self._own_bytes() + self._packer.nbytes + (0 if self._map is None else self._map.nbytes)

    def _own_bytes(self) -> int:
        """Bytes held but for those of maps, which count themselves."""
        arrays = (self.rows, self._starts, self._ends, self._keys)
        return sum(array.nbytes for array in arrays if array is not None)

    def find(self, columns: Sequence[Codes], count: int) -> Matches:
        keys = self._packer.keys(columns, count)
        place = keys if self._keys is None else self._place(self._keys, keys)
        if self._holes:
            self._close(place)
        ends = self._starts[1:] if self._ends is None else self._ends
        starts, counts, total = kernels_for(count).match(place, self._starts, ends)
        return Matches(self.rows, starts, counts, total)

    def probing(self) -> Probing | None:
        """See `Index.probing`."""
        if not self._packer.ordered:
            return None
        if self._keys is not None and self._map is None:
            self._make_map(self._keys)
        self._close(None)
        ends = self._starts[1:] if self._ends is None else self._ends
        return Probing(self._packer.layout, self._map, self._starts, ends, self.rows)

    def remove(self, columns: Sequence[Codes], numbers: Codes, alive: NDArray[np.bool_]) -> None:
        """Takes out the rows of these numbers, given by columns too, which are no longer ``alive``."""
        keys = self._packer.keys(columns, len(numbers))
        places = keys if self._keys is None else self._place(self._keys, keys)
        if self._ends is None:
            self._ends = self._starts[1:].copy()
            reserve(self._ends.nbytes)
        distinct = sorted_distinct(places)
        large = self._ends[distinct] - self._starts[distinct] > _LARGE
        for place in distinct[large].tolist():
            self._holes.setdefault(place, []).extend(numbers[places == place].tolist())
        if len(self._holes) > _MOST_HOLES:
            self._close(None)
        places = distinct[~large]
        if not len(places):
            return
        starts, counts = self._starts[places], self._ends[places] - self._starts[places]
        group, rows = expand(Matches(self.rows, starts, counts))
        kept = alive[rows]
        if group is None:
            group = np.arange(len(places))
        group, rows = group[kept], rows[kept]
        left = np.bincount(group, minlength=len(places))
        within = np.arange(len(rows)) - np.repeat(np.cumsum(left) - left, left)
        self.rows[starts[group] + within] = rows
        self._ends[places] = starts + left

    def _close(self, places: Codes | None) -> None:
        """Takes removed rows out of some places, or of all. INVARIANT: the rows of a key are ascending."""
        if not self._holes:
            return
        assert self._ends is not None
        due = (
            list(self._holes) if places is None else [each for each in self._holes if (places == each).any()]
        )
        for place in due:
            start, end = int(self._starts[place]), int(self._ends[place])
            rows = self.rows[start:end]
            gone = np.array(self._holes.pop(place), np.int64)
            kept = np.delete(rows, np.searchsorted(rows, gone))
            self.rows[start : start + len(kept)] = kept
            self._ends[place] = start + len(kept)

    def _place(self, held: Codes, keys: Codes) -> Codes:
        """The position of each key among those held, -1 where there is none."""
        self._probes += len(keys)
        if self._map is None and 2 * self._probes > len(held):
            # Many probes pay for a map, which is faster than a search by halves.
            self._make_map(held)
        if self._map is not None:
            return self._map.find(keys)
        place = np.searchsorted(held, keys)
        place[place == len(held)] = 0
        return np.where(held[place] == keys, place, -1)

    def _make_map(self, held: Codes) -> None:
        self._map = KeyMap(self._packer.bits, len(held))
        self._map.add(held)


def sorted_keys(keys: Codes, bits: int) -> tuple[Codes, Codes]:
    """Keys below 2**bits in order, and the positions they came from; equal keys stay in order."""
    return kernels_for(len(keys)).sort(keys, bits)


class Index:
    """An index on some columns of a growing relation.

    Rows are indexed in runs whose sizes fall at least by half from one to the next, so that growth costs n
    log n in all and a probe looks into at most log n runs; a relation that does not grow has one.
    """

    __slots__ = ("_runs", "positions")

    def __init__(self, positions: tuple[int, ...]) -> None:
        self.positions = positions
        self._runs: list[_Run] = []

    @property
    def distinct(self) -> int:
        """At least how many distinct keys there are."""
        return max((run.distinct for run in self._runs), default=0)

    def extend(self, buffers: Sequence[Codes], size: int, alive: NDArray[np.bool_] | None = None) -> None:
        """Takes in the rows up to ``size``, but for those that are not ``alive``."""
        start = self._runs[-1].stop if self._runs else 0
        if start == size:
            return
        while self._runs and 2 * (size - start) > self._runs[-1].stop - self._runs[-1].start:
            dropped = self._runs.pop()
            reserve(0, dropped.nbytes)
            start = dropped.start
        columns = [buffers[position][start:size] for position in self.positions]
        self._runs.append(_Run(columns, start, size, None if alive is None else alive[start:size]))

    def remove(self, buffers: Sequence[Codes], rows: Codes, alive: NDArray[np.bool_]) -> None:
        """Takes out some rows, which are no longer ``alive``; those not taken in yet never will be."""
        for run in self._runs:
            inside = rows[(rows >= run.start) & (rows < run.stop)]
            if len(inside):
                run.remove([buffers[p][inside] for p in self.positions], inside, alive)

    def probing(self) -> Probing | None:
        """How to probe all rows at once; None where there are several runs, or keys are no sums of codes."""
        return self._runs[0].probing() if len(self._runs) == 1 else None

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(run.nbytes for run in self._runs)

    def find(self, columns: Sequence[Codes], count: int) -> list[Matches]:
        """The rows for each of ``count`` keys, given by columns; one `Matches` per run."""
        return [run.find(columns, count) for run in self._runs]

    def contains(self, columns: Sequence[Codes], count: int) -> NDArray[np.bool_]:
        """Whether each key occurs. Shape (count,)."""
        found = np.zeros(count, np.bool_)
        for run in self._runs:
            found |= run.find(columns, count).counts > 0
        return found


def expand(matches: Matches) -> tuple[Codes | None, Codes]:
    """All (probe, row) pairs of some matches; None for the probes when each has exactly one row."""
    counts = matches.counts
    total = int(counts.sum()) if matches.total < 0 else matches.total
    if total == len(counts) and int(counts.max(initial=1)) == 1:
        return None, matches.rows[matches.starts]
    return kernels_for(total).expand(matches.rows, matches.starts, counts, total)
