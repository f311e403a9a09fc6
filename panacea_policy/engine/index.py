"""Join indexes: for a key, the rows of a relation that have it. The engine's other hot kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.keymap import KeyMap
from panacea_policy.engine.packing import Packer
from panacea_policy.engine.values import Codes


@dataclass(frozen=True, slots=True)
class Matches:
    """For each probe i, the rows ``rows[starts[i] : starts[i] + counts[i]]``."""

    rows: Codes
    starts: Codes
    counts: Codes


class _Run:
    """An immutable index over the rows [start, stop) of a relation."""

    __slots__ = ("_keys", "_map", "_packer", "_probes", "_starts", "distinct", "rows", "start", "stop")

    def __init__(self, columns: Sequence[Codes], start: int, stop: int) -> None:
        count = stop - start
        self.start, self.stop = start, stop
        self._packer = Packer(columns)
        keys = self._packer.keys(columns, count)
        bits = self._packer.bits
        ordered, order = sorted_keys(keys, bits)
        self.rows = order + start if start else order
        self._keys: Codes | None = None
        self._map: KeyMap | None = None
        self._probes = 0
        if bits < 40 and 1 << bits <= max(1024, 4 * count):
            per_key = np.bincount(keys, minlength=1 << bits)
            self._starts: Codes = np.zeros((1 << bits) + 1, np.int64)
            np.cumsum(per_key, out=self._starts[1:])
            self.distinct = int(np.count_nonzero(per_key))
        else:
            first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
            self._keys = ordered[first]
            self._starts = np.append(first, count)
            self.distinct = len(first)

    def find(self, columns: Sequence[Codes], count: int) -> Matches:
        keys = self._packer.keys(columns, count)
        if self._keys is None:
            # A key of -1 reads the last start twice over: start = stop = the number of rows.
            starts = self._starts[keys]
            stops = self._starts[1:][keys] if len(keys) == 0 or keys.min() >= 0 else self._stops(keys)
            return Matches(self.rows, starts, stops - starts)
        place = self._place(self._keys, keys)
        starts = self._starts[place]
        stops = self._starts[1:][place]
        stops[place < 0] = starts[place < 0]
        return Matches(self.rows, starts, stops - starts)

    def _place(self, held: Codes, keys: Codes) -> Codes:
        """The position of each key among those held, -1 where there is none."""
        self._probes += len(keys)
        if self._map is None and 2 * self._probes > len(held):
            # Many probes pay for a map, which is faster than a search by halves.
            self._map = KeyMap(self._packer.bits, len(held))
            self._map.add(held)
        if self._map is not None:
            if len(keys) and keys.min() >= 0:
                return self._map.find(keys)
            return np.where(keys < 0, -1, self._map.find(np.maximum(keys, 0)))
        place = np.searchsorted(held, keys)
        place[place == len(held)] = 0
        return np.where(held[place] == keys, place, -1)

    def _stops(self, keys: Codes) -> Codes:
        return self._starts[np.where(keys < 0, -1, keys + 1)]


def sorted_keys(keys: Codes, bits: int) -> tuple[Codes, Codes]:
    """Keys below 2**bits in order, and the positions they came from."""
    count = len(keys)
    row_bits = count.bit_length()
    if bits + row_bits <= 62:
        # Sorting one packed number is several times faster than an argsort.
        packed = (keys << row_bits) | np.arange(count)
        packed.sort()
        return packed >> row_bits, packed & ((1 << row_bits) - 1)
    order = np.argsort(keys)
    return keys[order], order


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

    def extend(self, buffers: Sequence[Codes], size: int) -> None:
        """Takes in the rows up to ``size``."""
        start = self._runs[-1].stop if self._runs else 0
        if start == size:
            return
        while self._runs and 2 * (size - start) > self._runs[-1].stop - self._runs[-1].start:
            start = self._runs.pop().start
        self._runs.append(_Run([buffers[position][start:size] for position in self.positions], start, size))

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
    most = int(counts.max(initial=0))
    if most <= 1:
        if most and int(counts.min()) == 1:
            return None, matches.rows[matches.starts]
        probes = np.flatnonzero(counts)
        return probes, matches.rows[matches.starts[probes]]
    probes = np.repeat(np.arange(len(counts)), counts)
    ends = np.cumsum(counts)
    offsets = matches.starts - (ends - counts)
    return probes, matches.rows[np.arange(int(ends[-1])) + offsets[probes]]
