"""What plans need to know of the values of a relation's columns. No index is built to learn it.

Exact for few rows, else from a sample that is the same on every run.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from panacea_policy.engine.values import Codes, sorted_distinct

#: Up to this many rows all are looked at, above it so many of them.
_SAMPLE = 4_096

#: Up to this many rows, and codes not much larger, the values of a column are counted in one go.
_COUNTED = 1 << 16


class Statistics:
    """Counts for one relation; each is kept until the relation has doubled."""

    __slots__ = ("_columns", "_distinct", "_sample")

    def __init__(self) -> None:
        self._columns: dict[int, tuple[int, _Column]] = {}
        self._distinct: dict[tuple[int, ...], tuple[int, float]] = {}
        self._sample: tuple[int, Codes] = (0, np.empty(0, np.int64))

    def known(self, positions: tuple[int, ...], size: int) -> float | None:
        """What `distinct` found before, if that still serves for so many rows."""
        found = self._distinct.get(positions)
        return found[1] if found is not None and size <= 2 * found[0] else None

    def distinct(self, positions: tuple[int, ...], columns: Sequence[Codes], size: int) -> float:
        """About how many distinct keys there are at these positions; at least 1.

        ``columns``: all of the relation's, each of shape (size,).
        """
        if len(positions) == 1:
            count = self._column(positions[0], columns, size).distinct
        else:
            rows = self._rows(size)
            keys = np.zeros(len(rows), np.uint64)
            for position in positions:
                keys = _mixed(keys ^ columns[position][rows].view(np.uint64))
            count = _estimated(np.unique(keys, return_counts=True)[1], len(rows), size)
        self._distinct[positions] = (size, count)
        return count

    def share(self, position: int, code: int, columns: Sequence[Codes], size: int) -> float:
        """About which share of the rows has this code in a column, in [0, 1]."""
        return self._column(position, columns, size).share(code)

    def _column(self, position: int, columns: Sequence[Codes], size: int) -> _Column:
        found = self._columns.get(position)
        if found is None or size > 2 * found[0]:
            found = self._columns[position] = (size, _Column(columns[position], self._rows(size), size))
        return found[1]

    def _rows(self, size: int) -> Codes:
        if self._sample[0] != size:
            self._sample = size, _sampled(size)
        return self._sample[1]


class _Column:
    """The values of one column with how often each occurs, in all rows or in a sample."""

    __slots__ = ("_counts", "_looked_at", "_values", "distinct")

    def __init__(self, column: Codes, rows: Codes, size: int) -> None:
        self._looked_at = max(size, 1)
        self._values: Codes | None = None
        if 0 < size <= _COUNTED and column.min() >= 0 and column.max() < 16 * size:
            self._counts = np.bincount(column)
            self.distinct = float(np.count_nonzero(self._counts))
            return
        self._looked_at = max(len(rows), 1)
        self._values, self._counts = np.unique(column[rows], return_counts=True)
        self.distinct = _estimated(self._counts, len(rows), size)

    def share(self, code: int) -> float:
        if self._values is None:
            return float(self._counts[code]) / self._looked_at if 0 <= code < len(self._counts) else 0.0
        place = int(np.searchsorted(self._values, code))
        if place < len(self._values) and int(self._values[place]) == code:
            return float(self._counts[place]) / self._looked_at
        # Not seen: no more frequent than what a sample of this size misses, nor than the average.
        return min(1.0 / self._looked_at, 1.0 / self.distinct)


def _sampled(size: int) -> Codes:
    """Numbers of rows: all of few, else about `_SAMPLE` of them, spread without regard to their order."""
    if size <= _SAMPLE:
        return np.arange(size)
    # No row twice: that would look like a value that occurs twice.
    return sorted_distinct((_mixed(np.arange(_SAMPLE, dtype=np.uint64)) % np.uint64(size)).astype(np.int64))


def _estimated(counts: Codes, looked_at: int, size: int) -> float:
    """The distinct values of ``size`` rows, given how often each occurs among ``looked_at`` of them.

    The estimator Duj1 of Haas and Stokes (JASA 93, 1998), as PostgreSQL has it.
    """
    once = int(np.count_nonzero(counts == 1))
    if looked_at >= size or not once:
        return float(max(len(counts), 1))
    found = looked_at * len(counts) / (looked_at - once + once * looked_at / size)
    return min(max(found, float(len(counts))), float(size))


def _mixed(keys: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014): every bit in moves every bit out."""
    keys = keys + np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))
