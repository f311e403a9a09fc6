"""The NumPy form of the kernels: whole arrays at a time, no compilation, nothing but NumPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.kernels.form import Chase, Chased, ChaseLimits, Layout, Pairs, Place, Queue, Slots
from panacea_policy.engine.values import Codes, sorted_distinct

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_REMOVED = -1


class NumpyKernels:
    """See `Kernels`."""

    chases = False

    def find(self, slots: Slots, keys: Codes) -> Codes:
        if slots.direct:
            direct = slots.ids[keys].astype(np.int64) - 1
            if len(keys) and keys.min() < 0:
                direct[keys < 0] = -1
            return direct
        found = np.full(len(keys), -1, np.int64)
        if not slots.size:
            return found
        ids, held, mask = slots.ids, slots.keys, len(slots.ids) - 1
        position = _hash(keys, slots.shift)
        entry = ids[position]
        same = (held[position] == keys) & (entry > 0)
        found[same] = entry[same] - 1
        open_ = np.flatnonzero((entry != 0) & ~same)
        while len(open_):
            place = (position[open_] + 1) & mask
            position[open_] = place
            entry = ids[place]
            same = (held[place] == keys[open_]) & (entry > 0)
            found[open_[same]] = entry[same] - 1
            open_ = open_[(entry != 0) & ~same]
        return found

    def add(self, slots: Slots, keys: Codes, first_id: int) -> Codes:
        if slots.direct:
            candidates = np.flatnonzero(slots.ids[keys] == 0)
        else:
            candidates = np.flatnonzero(self.find(slots, keys) < 0)
        if not len(candidates):
            return candidates
        fresh = keys if len(candidates) == len(keys) else keys[candidates]
        if not slots.direct and slots.used + len(fresh) > len(slots.ids) // 2:
            slots.make_room(slots.size + len(fresh))
        first, places = _claim(slots, fresh)
        slots.ids[places] = np.arange(first_id + 1, first_id + 1 + len(first), dtype=np.int32)
        slots.size += len(first)
        return candidates[first]

    def put(self, slots: Slots, keys: Codes, ids: Codes) -> None:
        first, places = _claim(slots, keys)
        slots.ids[places] = ids[first] + 1
        slots.size += len(keys)

    def move(self, slots: Slots, ids: NDArray[np.int32], keys: Codes) -> None:
        held = np.flatnonzero(ids > 0)
        if len(held):
            first, places = _claim(slots, keys[held])
            slots.ids[places] = ids[held[first]]

    def remove(self, slots: Slots, keys: Codes) -> None:
        keys = keys[self.find(slots, keys) >= 0]
        if slots.direct:
            places = keys
        else:
            places = _hash(keys, slots.shift)
            mask = len(slots.ids) - 1
            open_ = np.flatnonzero(slots.keys[places] != keys)
            while len(open_):
                places[open_] = (places[open_] + 1) & mask
                open_ = open_[slots.keys[places[open_]] != keys[open_]]
        slots.ids[places] = 0 if slots.direct else _REMOVED
        slots.size -= len(sorted_distinct(places))

    def bounds(self, column: Codes) -> tuple[int, int]:
        return int(column.min()), int(column.max())

    def pack(self, columns: Sequence[Codes], count: int, layout: Layout) -> tuple[Codes, bool]:
        key: Codes | None = None
        bad: Codes | None = None
        for column, low, bits, shift in zip(columns, *_lists(layout), strict=True):
            code = column - low if low else column
            # The sign bit of the shifted remainder shows a value above the range, that of the code one
            # below it.
            outside = code | -(code >> bits)
            if low > 0:
                # The subtraction may have wrapped around for a value far below the range.
                outside = outside | column
            bad = outside if bad is None else bad | outside
            if shift:
                code = code << shift
            key = code if key is None else key | code
        if key is None or bad is None:
            return np.zeros(count, np.int64), False
        if not count or bad.min() >= 0:
            return key, False
        return np.where(bad < 0, np.int64(-1), key), True

    def unpack(self, keys: Codes, layout: Layout) -> list[Codes]:
        return [
            ((keys >> shift) & ((1 << bits) - 1)) + low
            for low, bits, shift in zip(*_lists(layout), strict=True)
        ]

    def sort(self, keys: Codes, bits: int) -> tuple[Codes, Codes]:
        count = len(keys)
        row_bits = count.bit_length()
        if bits + row_bits <= 62:
            # Sorting one packed number is several times faster than an argsort.
            packed = (keys << row_bits) | np.arange(count)
            packed.sort()
            return packed >> row_bits, packed & ((1 << row_bits) - 1)
        order = np.argsort(keys, kind="stable")
        return keys[order], order

    def group(self, keys: Codes, end: int) -> tuple[Codes, Codes, int]:
        order = self.sort(keys, max(end - 1, 0).bit_length())[1]
        per_key = np.bincount(keys, minlength=end)
        starts = np.zeros(end + 1, np.int64)
        np.cumsum(per_key, out=starts[1:])
        return starts, order, int(np.count_nonzero(per_key))

    def match(self, places: Codes, starts: Codes, ends: Codes) -> tuple[Codes, Codes, int]:
        found = starts[places]
        sizes = ends[places] - found
        if len(places) and places.min() < 0:
            outside = places < 0
            found[outside] = sizes[outside] = 0
        return found, sizes, int(sizes.sum())

    def expand(self, rows: Codes, starts: Codes, sizes: Codes, total: int) -> tuple[Codes, Codes]:
        if total <= len(sizes) and int(sizes.max(initial=0)) <= 1:
            probes = np.flatnonzero(sizes)
            return probes, rows[starts[probes]]
        probes = np.repeat(np.arange(len(sizes)), sizes)
        offsets = starts - (np.cumsum(sizes) - sizes)
        return probes, rows[np.arange(total) + offsets[probes]]

    def join(self, slots: Slots, pairs: Pairs, first_id: int, start: Place, most: int) -> tuple[Codes, Place]:
        first, ends = start.probe, np.cumsum(pairs.sizes[start.probe :])
        last = first + max(1, int(np.searchsorted(ends, most, side="right")))
        sizes = pairs.sizes[first:last]
        total = int(ends[last - first - 1]) if len(ends) else 0
        probes, rows = self.expand(pairs.rows, pairs.starts[first:last], sizes, total)
        keys = pairs.bases[first:last][probes]
        for column, low, shift in zip(pairs.columns, pairs.lows.tolist(), pairs.shifts.tolist(), strict=True):
            keys += (column[rows] - low) << shift
        new = keys[self.add(slots, keys, first_id)]
        return new, Place(min(last, len(pairs.sizes)), 0, start.seen + total)

    def chase(self, slots: Slots, chase: Chase, queue: Queue, first_id: int, limits: ChaseLimits) -> Chased:
        raise NotImplementedError


def _claim(slots: Slots, keys: Codes) -> tuple[Codes, Codes]:
    """The first occurrences of keys that have no id, and the slots that are theirs from now on."""
    if slots.direct:
        count = len(keys)
        # Written backwards, so that of equal keys the first occurrence is the one that stays.
        slots.ids[keys[::-1]] = np.arange(count, 0, -1, dtype=np.int32)
        first = np.flatnonzero(slots.ids[keys] == np.arange(1, count + 1, dtype=np.int32))
        return first, keys[first]
    ids, held, mask = slots.ids, slots.keys, len(slots.ids) - 1
    position = _hash(keys, slots.shift)
    mark = np.arange(1, 1 + len(keys), dtype=np.int32)
    is_first = np.zeros(len(keys), np.bool_)
    open_ = np.arange(len(keys))
    while len(open_):
        place = position[open_]
        entry = ids[place]
        free = open_[(entry == 0) | ((entry == _REMOVED) & (held[place] == keys[open_]))]
        ids[position[free[::-1]]] = mark[free[::-1]]
        won = free[ids[position[free]] == mark[free]]
        held[position[won]] = keys[won]
        is_first[won] = True
        # INVARIANT: equal keys probe in lockstep, so the losers of a slot won by their own key are repeats.
        open_ = open_[held[place] != keys[open_]]
        position[open_] = (position[open_] + 1) & mask
    first = np.flatnonzero(is_first)
    # Slots taken back from removed keys are counted twice, which only brings the next rebuild forward.
    slots.used += len(first)
    return first, position[first]


def _lists(layout: Layout) -> tuple[list[int], list[int], list[int]]:
    return layout.lows.tolist(), layout.bits.tolist(), layout.shifts.tolist()


def _hash(keys: Codes, shift: int) -> NDArray[np.int64]:
    mixed = keys.view(np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(32))) * _MULTIPLIER
    return (mixed >> np.uint64(shift)).view(np.int64)
