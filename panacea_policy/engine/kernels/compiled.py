"""The compiled form of the kernels: machine code for the loops in `source`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.kernels.build import Library
from panacea_policy.engine.kernels.form import Chase, Chased, ChaseLimits, Layout, Pairs, Place, Queue, Slots
from panacea_policy.engine.kernels.native import CannotLoad, Native
from panacea_policy.engine.kernels.plain import NumpyKernels
from panacea_policy.engine.values import Codes

_INT64 = np.dtype(np.int64)
#: Keys of more bits, or fewer keys, NumPy sorts faster.
_RADIX_BITS, _RADIX_LEAST = 48, 1024

#: Of each kernel its arguments: an object's address (o) or a number (n), as in `source`.
_ARGUMENTS = {
    "find_hashed": "onoonno",
    "find_direct": "onono",
    "add_hashed": "onoonnnno",
    "add_direct": "ononno",
    "put": "onooonn",
    "rehash": "oonoonn",
    "remove": "onoonn",
    "bounds": "ono",
    "pack": "onooono",
    "unpack": "onooono",
    "count_sort": "onnoo",
    "radix_sort": "onnnooo",
    "match": "onoooo",
    "expand": "ooonoo",
    "join_keys": "oooononoo" + "oonnnnoo",
    "chase": "onnoooo" + "oooonnooooonn" + "ooonnonoo" + "oonnn",
}


class CompiledKernels:
    """See `Kernels`. Made once for a process; holds the machine code."""

    chases = True

    def __init__(self, library: Library) -> None:
        """Loads the code. Raises CannotLoad."""
        self._native = Native(library, _ARGUMENTS)
        self._call = self._native.call
        self._check()

    def _check(self) -> None:
        """Tries whether the kernels find the data of arrays and tuples where they look for them."""
        columns = [np.array([5, -7, 5]), np.array([1, 2, 1])]
        layout = Layout(np.array([-7, 0]), np.array([4, 2]), np.array([2, 0]))
        keys, outside = self.pack(columns, 3, layout)
        if keys.tolist() != [49, 2, 49] or outside or self.bounds(columns[0]) != (-7, 5):
            raise CannotLoad("the kernels do not read this interpreter's arrays")

    def find(self, slots: Slots, keys: Codes) -> Codes:
        keys, found = _ints(keys), np.empty(len(keys), np.int64)
        if slots.direct:
            self._call["find_direct"](keys, len(keys), slots.ids, len(slots.ids), found)
        else:
            mask = len(slots.ids) - 1
            self._call["find_hashed"](keys, len(keys), slots.ids, slots.keys, mask, slots.shift, found)
        return found

    def add(self, slots: Slots, keys: Codes, first_id: int) -> Codes:
        count = len(keys)
        keys, firsts = _ints(keys), np.empty(count + 1, np.int64)
        if slots.direct:
            done = self._call["add_direct"](keys, count, slots.ids, len(slots.ids), first_id, firsts)
            if done < 0:
                raise IndexError("a key lies outside of its table")
            slots.size += done
            return firsts[:done]
        done = self._call["add_hashed"](
            *(keys, count, slots.ids, slots.keys, len(slots.ids) - 1, slots.shift),
            *(first_id, len(slots.ids) // 2 - slots.used, firsts),
        )
        slots.size += done
        slots.used += done
        at = int(firsts[count])
        if at == count:
            return firsts[:done]
        slots.make_room(slots.size + min(slots.size, count - at))
        return np.concatenate((firsts[:done], at + self.add(slots, keys[at:], first_id + done)))

    def put(self, slots: Slots, keys: Codes, ids: Codes) -> None:
        mask = -1 if slots.direct else len(slots.ids) - 1
        self._call["put"](_ints(keys), len(keys), _ints(ids), slots.ids, slots.keys, mask, slots.shift)
        slots.size += len(keys)
        slots.used += len(keys)

    def move(self, slots: Slots, ids: NDArray[np.int32], keys: Codes) -> None:
        mask = -1 if slots.direct else len(slots.ids) - 1
        self._call["rehash"](ids, keys, len(keys), slots.ids, slots.keys, mask, slots.shift)

    def remove(self, slots: Slots, keys: Codes) -> None:
        mask = -1 if slots.direct else len(slots.ids) - 1
        removed = self._call["remove"](_ints(keys), len(keys), slots.ids, slots.keys, mask, slots.shift)
        slots.size -= removed

    def bounds(self, column: Codes) -> tuple[int, int]:
        found = np.empty(2, np.int64)
        self._call["bounds"](_ints(column), len(column), found)
        return int(found[0]), int(found[1])

    def pack(self, columns: Sequence[Codes], count: int, layout: Layout) -> tuple[Codes, bool]:
        if not columns:
            return np.zeros(count, np.int64), False
        keys = np.empty(count, np.int64)
        given = tuple(map(_ints, columns))
        if any(len(column) != count for column in given):
            raise ValueError(f"the columns are not of the length {count}")
        outside = self._call["pack"](given, len(given), *_arrays(layout), count, keys)
        return keys, outside > 0

    def unpack(self, keys: Codes, layout: Layout) -> list[Codes]:
        columns = tuple(np.empty(len(keys), np.int64) for _ in layout.bits)
        self._call["unpack"](_ints(keys), len(keys), *_arrays(layout), len(columns), columns)
        return list(columns)

    def sort(self, keys: Codes, bits: int) -> tuple[Codes, Codes]:
        count = len(keys)
        row_bits = count.bit_length()
        if not 0 < bits <= _RADIX_BITS or bits + row_bits > 62 or count < _RADIX_LEAST:
            return NumpyKernels().sort(keys, bits)
        ordered, order = np.empty(count, np.int64), np.empty(count, np.int64)
        sizes = np.empty(4096, np.int64)
        self._call["radix_sort"](_ints(keys), count, bits, row_bits, ordered, order, sizes)
        return ordered, order

    def group(self, keys: Codes, end: int) -> tuple[Codes, Codes, int]:
        starts, order = np.zeros(end + 1, np.int64), np.empty(len(keys), np.int64)
        distinct = self._call["count_sort"](_ints(keys), len(keys), end, starts, order)
        return starts, order, distinct

    def match(self, places: Codes, starts: Codes, ends: Codes) -> tuple[Codes, Codes, int]:
        count = len(places)
        found, sizes = np.empty(count, np.int64), np.empty(count, np.int64)
        total = self._call["match"](_ints(places), count, _ints(starts), _ints(ends), found, sizes)
        return found, sizes, total

    def expand(self, rows: Codes, starts: Codes, sizes: Codes, total: int) -> tuple[Codes, Codes]:
        probes, found = np.empty(total, np.int64), np.empty(total, np.int64)
        self._call["expand"](_ints(rows), _ints(starts), _ints(sizes), len(sizes), probes, found)
        return probes, found

    def join(self, slots: Slots, pairs: Pairs, first_id: int, start: Place, most: int) -> tuple[Codes, Place]:
        if not slots.direct and len(slots.ids) // 2 <= slots.used:
            slots.make_room(2 * slots.size)
        room = most if slots.direct else min(most, len(slots.ids) // 2 - slots.used)
        new = np.empty(room, np.int64)
        state = np.array([start.probe, start.row, start.seen, start.seen + most])
        mask = -1 if slots.direct else len(slots.ids) - 1
        done = self._call["join_keys"](
            *(_ints(pairs.bases), _ints(pairs.starts), _ints(pairs.sizes), _ints(pairs.rows)),
            *(len(pairs.sizes), tuple(map(_ints, pairs.columns)), len(pairs.columns)),
            *(pairs.lows, pairs.shifts, slots.ids, slots.keys, mask, slots.shift),
            *(first_id, room, new, state),
        )
        slots.size += done
        slots.used += done
        return new[:done], Place(*state[:3].tolist())

    def chase(self, slots: Slots, chase: Chase, queue: Queue, first_id: int, limits: ChaseLimits) -> Chased:
        biggest = int((chase.ends - chase.starts[: len(chase.ends)]).max(initial=0))
        room = max(biggest, limits.keys)
        if not slots.direct and len(slots.ids) // 2 - slots.used < room:
            slots.make_room(slots.size + room)
        queue.make_room(room)
        last = queue.last
        marks = np.empty(limits.rounds, np.int64)
        state = np.array([queue.first, queue.round_end, 0, limits.pairs, 0, limits.rounds, limits.round_keys])
        # Of each column its low, and the mask of its bits.
        lows = np.stack((chase.layout.lows, (np.int64(1) << chase.layout.bits) - 1), axis=1).ravel()
        finder, key_mask = slots if chase.slots is None else chase.slots, -2
        if chase.slots is not None:
            key_mask = -1 if finder.direct else len(finder.ids) - 1
        done = self._call["chase"](
            *(queue.keys, last, room, marks, state, lows, chase.layout.shifts),
            *(chase.sources, *_arrays(chase.key_layout), len(chase.sources), chase.key_base),
            *(_ints(chase.starts), _ints(chase.ends), _ints(chase.rows)),
            *(finder.ids, finder.keys, key_mask, finder.shift),
            *(chase.bases, chase.base_lows, chase.base_shifts, len(chase.bases), chase.base),
            *(tuple(map(_ints, chase.columns)), len(chase.columns), chase.lows, chase.shifts),
            *(slots.ids, slots.keys, -1 if slots.direct else len(slots.ids) - 1, slots.shift, first_id),
        )
        slots.size += done
        slots.used += done
        queue.first, queue.round_end, seen, _, marked, _, _ = state.tolist()
        queue.last = last + done
        return Chased(queue.keys[last : queue.last], marks[:marked], seen)


def _arrays(layout: Layout) -> tuple[Codes, Codes, Codes]:
    return layout.lows, layout.bits, layout.shifts


def _ints(array: NDArray[Any]) -> Codes:
    """The array as the kernels need it: int64, one number after the other."""
    if array.dtype is _INT64 and array.flags.c_contiguous:
        return array
    return np.ascontiguousarray(array, np.int64)
