"""The kernels' text for Numba: plain loops over raw memory, compiled by `build` and never run as Python.

Arguments are the addresses of Python objects, NumPy arrays or tuples of them, of which a kernel reads where
the data lie; `native` sees to it that types, lengths and contiguity are right. No kernel allocates, raises or
calls back, so that the compiled code refers to nothing outside itself.

Keys, ids and slots are those of `keymap`, the columns of a key those of `packing`, and places, starts and
ends those of `index`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, types

#: Where an array object has the address of its data, and a tuple its first item, in words.
DATA = object.__basicsize__ // 8
ITEMS = tuple.__basicsize__ // 8

INT = types.int64
_pointer: Any = types.CPointer
INTS, SHORTS = _pointer(_pointer(types.int64)), _pointer(_pointer(types.int32))
COLUMNS = _pointer(INTS)

#: By name: the kernel and the types of its arguments; every kernel returns an INT.
KERNELS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {}

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_REMOVED = -1


def _kernel(*args: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def note(function: Callable[..., Any]) -> Callable[..., Any]:
        KERNELS[function.__name__] = function, args
        return function

    return note


@njit(inline="always")
def _home(key, shift):  # type: ignore[no-untyped-def]
    """The slot where the search for a key begins."""
    mixed = np.uint64(key)
    mixed = (mixed ^ (mixed >> _HALF)) * _MULTIPLIER
    return np.int64(mixed >> np.uint64(shift))


@_kernel(INTS, INT, SHORTS, INTS, INT, INT, INTS)
def find_hashed(keys_, count, ids_, held_, mask, shift, found_):  # type: ignore[no-untyped-def]
    keys, ids, held, found = keys_[DATA], ids_[DATA], held_[DATA], found_[DATA]
    for i in range(count):
        key = keys[i]
        slot = _home(key, shift)
        id = np.int64(0)
        while ids[slot] != 0:
            if held[slot] == key:
                if ids[slot] > 0:
                    id = np.int64(ids[slot])
                break
            slot = (slot + 1) & mask
        found[i] = id - 1
    return count


@_kernel(INTS, INT, SHORTS, INT, INTS)
def find_direct(keys_, count, ids_, end, found_):  # type: ignore[no-untyped-def]
    keys, ids, found = keys_[DATA], ids_[DATA], found_[DATA]
    for i in range(count):
        key = keys[i]
        found[i] = np.int64(ids[key]) - 1 if 0 <= key < end else -1
    return count


@_kernel(INTS, INT, SHORTS, INTS, INT, INT, INT, INT, INTS)
def add_hashed(keys_, count, ids_, held_, mask, shift, first_id, room, firsts_):  # type: ignore[no-untyped-def]
    """Stops with ``room`` new keys; the key after the last one looked at stands at the end of ``firsts``."""
    keys, ids, held, firsts = keys_[DATA], ids_[DATA], held_[DATA], firsts_[DATA]
    done = np.int64(0)
    i = np.int64(0)
    while i < count and done < room:
        key = keys[i]
        slot = _home(key, shift)
        while ids[slot] != 0 and held[slot] != key:
            slot = (slot + 1) & mask
        if ids[slot] <= 0:
            held[slot] = key
            ids[slot] = np.int32(first_id + done + 1)
            firsts[done] = i
            done += 1
        i += 1
    firsts[count] = i
    return done


@_kernel(INTS, INT, SHORTS, INT, INT, INTS)
def add_direct(keys_, count, ids_, end, first_id, firsts_):  # type: ignore[no-untyped-def]
    """Returns how many keys are new, -1 when one is not below ``end``."""
    keys, ids, firsts = keys_[DATA], ids_[DATA], firsts_[DATA]
    done = np.int64(0)
    for i in range(count):
        key = keys[i]
        if key < 0 or key >= end:
            return -1
        if ids[key] == 0:
            ids[key] = np.int32(first_id + done + 1)
            firsts[done] = i
            done += 1
    return done


@_kernel(INTS, INT, INTS, SHORTS, INTS, INT, INT)
def put(keys_, count, given_, ids_, held_, mask, shift):  # type: ignore[no-untyped-def]
    """Gives these ids to distinct keys; a ``mask`` of -1 is that of a direct table."""
    keys, given, ids, held = keys_[DATA], given_[DATA], ids_[DATA], held_[DATA]
    for i in range(count):
        slot = keys[i]
        if mask >= 0:
            slot = _home(keys[i], shift)
            while ids[slot] != 0 and held[slot] != keys[i]:
                slot = (slot + 1) & mask
            held[slot] = keys[i]
        ids[slot] = np.int32(given[i] + 1)
    return count


@_kernel(SHORTS, INTS, INT, SHORTS, INTS, INT, INT)
def rehash(old_ids_, old_held_, slots, ids_, held_, mask, shift):  # type: ignore[no-untyped-def]
    """Moves what has an id into an empty table, or, with a ``mask`` of -1, into a direct one."""
    old_ids, old_held, ids, held = old_ids_[DATA], old_held_[DATA], ids_[DATA], held_[DATA]
    moved = np.int64(0)
    for i in range(slots):
        if old_ids[i] <= 0:
            continue
        key = old_held[i]
        slot = key
        if mask >= 0:
            slot = _home(key, shift)
            while ids[slot] != 0:
                slot = (slot + 1) & mask
            held[slot] = key
        ids[slot] = old_ids[i]
        moved += 1
    return moved


@_kernel(INTS, INT, SHORTS, INTS, INT, INT)
def remove(keys_, count, ids_, held_, mask, shift):  # type: ignore[no-untyped-def]
    """Takes ids away and returns from how many keys; a ``mask`` of -1 is that of a direct table."""
    keys, ids, held = keys_[DATA], ids_[DATA], held_[DATA]
    removed = np.int64(0)
    for i in range(count):
        slot = keys[i]
        if slot < 0 and mask < 0:
            continue
        if mask >= 0:
            slot = _home(keys[i], shift)
            while ids[slot] != 0 and held[slot] != keys[i]:
                slot = (slot + 1) & mask
        if ids[slot] > 0:
            ids[slot] = np.int32(_REMOVED if mask >= 0 else 0)
            removed += 1
    return removed


@_kernel(INTS, INT, INTS)
def bounds(column_, count, out_):  # type: ignore[no-untyped-def]
    """The least and the greatest of at least one value."""
    column, out = column_[DATA], out_[DATA]
    low = column[0]
    high = low
    for i in range(count):
        value = column[i]
        low = value if value < low else low
        high = value if value > high else high
    out[0] = low
    out[1] = high
    return count


@_kernel(COLUMNS, INT, INTS, INTS, INTS, INT, INTS)
def pack(columns_, width, lows_, bits_, shifts_, count, keys_):  # type: ignore[no-untyped-def]
    """The key of each row, -1 for one with a value outside; returns whether one is outside."""
    lows, bits, shifts, keys = lows_[DATA], bits_[DATA], shifts_[DATA], keys_[DATA]
    outside = np.uint64(0)
    # In blocks that stay in the cache.
    for block in range((count + 1023) >> 10):
        start = block << 10
        stop = count if count - start < 1024 else start + 1024
        for c in range(width):
            column = columns_[ITEMS + c][DATA]
            low = lows[c]
            size = np.uint64(bits[c])
            shift = np.uint64(shifts[c])
            for i in range(start, stop):
                code = np.uint64(column[i] - low)
                outside |= (code >> size) | np.uint64(column[i] < low)
                before = np.uint64(0) if c == 0 else np.uint64(keys[i])
                keys[i] = np.int64(before | (code << shift))
        if outside != 0:
            break
    if outside == 0:
        return 0
    # Rare, so all rows are gone over once more, one at a time.
    for i in range(count):
        key = np.int64(0)
        for c in range(width):
            value = columns_[ITEMS + c][DATA][i]
            code = np.uint64(value - lows[c])
            if value < lows[c] or code >> np.uint64(bits[c]) != 0:
                key = np.int64(-1)
                break
            key |= np.int64(code) << shifts[c]
        keys[i] = key
    return 1


@_kernel(INTS, INT, INTS, INTS, INTS, INT, COLUMNS)
def unpack(keys_, count, lows_, bits_, shifts_, width, columns_):  # type: ignore[no-untyped-def]
    """The columns that `pack` made the keys of."""
    keys, lows, bits, shifts = keys_[DATA], lows_[DATA], bits_[DATA], shifts_[DATA]
    for c in range(width):
        column, low, shift = columns_[ITEMS + c][DATA], lows[c], shifts[c]
        mask = (np.int64(1) << bits[c]) - 1
        for i in range(count):
            column[i] = ((keys[i] >> shift) & mask) + low
    return count


@_kernel(INTS, INT, INT, INTS, INTS)
def count_sort(keys_, count, keys_end, starts_, order_):  # type: ignore[no-untyped-def]
    """Positions by key, which is below ``keys_end``; ``starts``, all 0 before, is one longer than that.

    Returns how many distinct keys there are.
    """
    keys, starts, order = keys_[DATA], starts_[DATA], order_[DATA]
    for i in range(count):
        starts[keys[i] + 1] += 1
    distinct = np.int64(0)
    total = np.int64(0)
    for k in range(keys_end):
        size = starts[k + 1]
        distinct += size != 0
        # One place late: filling moves each start to where it belongs.
        starts[k + 1] = total
        total += size
    for i in range(count):
        k = keys[i] + 1
        order[starts[k]] = i
        starts[k] += 1
    return distinct


@_kernel(INTS, INT, INT, INT, INTS, INTS, INTS)
def radix_sort(keys_, count, bits, row_bits, packed_, other_, sizes_):  # type: ignore[no-untyped-def]
    """Sorts keys below 2**``bits``: then ``packed`` has them in order, and ``other`` where they came from.

    On the way both hold keys and positions, below 2**``row_bits``, in one number. ``sizes`` has 4096 places.
    """
    keys, packed, other, sizes = keys_[DATA], packed_[DATA], other_[DATA], sizes_[DATA]
    passes = (bits + 11) // 12
    # After the last pass the numbers lie in `other`, which needs an odd number of changes.
    source, target = packed, other
    if passes & 1 == 0:
        source, target = other, packed
    for i in range(count):
        source[i] = (keys[i] << row_bits) | i
    for number in range(passes):
        # Digits of about equal width.
        low = number * bits // passes
        width = (number + 1) * bits // passes - low
        shift = low + row_bits
        mask = (np.int64(1) << width) - 1
        for d in range(mask + 1):
            sizes[d] = 0
        for i in range(count):
            sizes[(source[i] >> shift) & mask] += 1
        total = np.int64(0)
        for d in range(mask + 1):
            size = sizes[d]
            sizes[d] = total
            total += size
        for i in range(count):
            value = source[i]
            digit = (value >> shift) & mask
            place = sizes[digit]
            sizes[digit] = place + 1
            target[place] = value
        source, target = target, source
    mask = (np.int64(1) << row_bits) - 1
    for i in range(count):
        value = other[i]
        packed[i] = value >> row_bits
        other[i] = value & mask
    return count


@_kernel(INTS, INT, INTS, INTS, INTS, INTS)
def match(places_, count, starts_, ends_, from_, sizes_):  # type: ignore[no-untyped-def]
    """Where the rows of each place start and how many they are; returns how many in all."""
    places, starts, ends, out, sizes = places_[DATA], starts_[DATA], ends_[DATA], from_[DATA], sizes_[DATA]
    total = np.int64(0)
    for i in range(count):
        place = places[i]
        start = np.int64(0)
        size = np.int64(0)
        if place >= 0:
            start = starts[place]
            size = ends[place] - start
        out[i] = start
        sizes[i] = size
        total += size
    return total


@_kernel(INTS, INTS, INTS, INT, INTS, INTS)
def expand(rows_, starts_, sizes_, count, probes_, found_):  # type: ignore[no-untyped-def]
    """All pairs of a probe and one of its rows."""
    rows, starts, sizes, probes, found = rows_[DATA], starts_[DATA], sizes_[DATA], probes_[DATA], found_[DATA]
    done = np.int64(0)
    for i in range(count):
        start = starts[i]
        for j in range(sizes[i]):
            probes[done] = i
            found[done] = rows[start + j]
            done += 1
    return done


@_kernel(
    *(INTS, INTS, INTS, INTS, INT, COLUMNS, INT, INTS, INTS),
    *(SHORTS, INTS, INT, INT, INT, INT, INTS, INTS),
)
def join_keys(  # type: ignore[no-untyped-def]
    bases_, starts_, sizes_, rows_, count, columns_, width, lows_, shifts_,
    ids_, held_, mask, shift, first_id, room, new_, state_,
):  # fmt: skip
    """Adds the key of every pair of a probe and one of its rows to a table; ``new`` gets the new keys.

    A key is the probe's base plus the codes of some columns of the row. ``state``: probe and row within it to
    go on with, pairs seen so far, and pairs to see at most. Returns how many keys are new; at ``room`` it
    stops. A ``mask`` of -1 is that of a direct table.
    """
    bases, starts, sizes, rows = bases_[DATA], starts_[DATA], sizes_[DATA], rows_[DATA]
    lows, shifts, ids, held = lows_[DATA], shifts_[DATA], ids_[DATA], held_[DATA]
    new, state, first = new_[DATA], state_[DATA], columns_[ITEMS][DATA]
    done, seen = np.int64(0), state[2]
    i, j = state[0], state[1]
    low, left = lows[0], shifts[0]
    while i < count and done < room and seen <= state[3]:
        base = bases[i]
        start = starts[i]
        size = sizes[i]
        begun = j
        while j < size:
            row = rows[start + j]
            key = base + ((first[row] - low) << left)
            for c in range(1, width):
                key += (columns_[ITEMS + c][DATA][row] - lows[c]) << shifts[c]
            slot = key
            if mask >= 0:
                slot = _home(key, shift)
                while ids[slot] != 0 and held[slot] != key:
                    slot = (slot + 1) & mask
            if ids[slot] <= 0:
                if mask >= 0:
                    held[slot] = key
                ids[slot] = np.int32(first_id + done + 1)
                new[done] = key
                done += 1
                if done == room:
                    j += 1
                    break
            j += 1
        seen += j - begun
        if j >= size:
            i += 1
            j = np.int64(0)
    state[0], state[1], state[2] = i, j, seen
    return done


@_kernel(
    *(INTS, INT, INT, INTS, INTS, INTS, INTS),
    *(INTS, INTS, INTS, INTS, INT, INT, INTS, INTS, INTS, SHORTS, INTS, INT, INT),
    *(INTS, INTS, INTS, INT, INT, COLUMNS, INT, INTS, INTS),
    *(SHORTS, INTS, INT, INT, INT),
)
def chase(  # type: ignore[no-untyped-def]
    queue_, last, room, marks_, state_, lows_, shifts_,
    sources_, key_lows_, key_bits_, key_shifts_, key_width, key_base, starts_, ends_, rows_,
    key_ids_, key_held_, key_mask, key_shift,
    bases_, base_lows_, base_shifts_, base_width, base, columns_, width, column_lows_, column_shifts_,
    ids_, held_, mask, shift, first_id,
):  # fmt: skip
    """Follows keys to the keys of what they are joined to, and these in turn, in order; see `form.Chase`.

    ``queue`` has keys up to ``last`` and takes up to ``room`` new ones. ``state``: the next key, the end
    of the round, pairs seen, pairs to see at most, marks set, marks to set at most, keys in a round at most.
    A mark is set at the end of each round: how many keys were new by then. A key mask of -1 is that of a
    direct table, one of -2 says that there is none and that keys are places. Returns how many keys are new.
    """
    queue, marks, state, shifts = queue_[DATA], marks_[DATA], state_[DATA], shifts_[DATA]
    lows, sources, key_lows, key_bits = lows_[DATA], sources_[DATA], key_lows_[DATA], key_bits_[DATA]
    key_shifts, starts, ends, rows = key_shifts_[DATA], starts_[DATA], ends_[DATA], rows_[DATA]
    key_ids, key_held, bases = key_ids_[DATA], key_held_[DATA], bases_[DATA]
    base_lows, base_shifts, ids, held = base_lows_[DATA], base_shifts_[DATA], ids_[DATA], held_[DATA]
    column_lows, column_shifts, first = column_lows_[DATA], column_shifts_[DATA], columns_[ITEMS][DATA]
    low, left = column_lows[0], column_shifts[0]
    at, round_end, seen, marked = state[0], state[1], state[2], state[4]
    done = np.int64(0)
    while at < last + done and seen <= state[3] and marked < state[5]:
        row_key = queue[at]
        place = key_base
        for k in range(key_width):
            column = sources[k]
            code = np.uint64(((row_key >> shifts[column]) & lows[2 * column + 1]) + lows[2 * column])
            code -= np.uint64(key_lows[k])
            if code >> np.uint64(key_bits[k]) != 0:
                place = np.int64(-1)
                break
            place |= np.int64(code) << key_shifts[k]
        if place >= 0 and key_mask >= -1:
            slot = place
            if key_mask >= 0:
                slot = _home(place, key_shift)
                while key_ids[slot] != 0 and key_held[slot] != place:
                    slot = (slot + 1) & key_mask
            place = np.int64(key_ids[slot]) - 1
        if place >= 0:
            start, end = starts[place], ends[place]
            if done + end - start > room:
                break
            seen += end - start
            sum_ = base
            for k in range(base_width):
                column = bases[k]
                value = ((row_key >> shifts[column]) & lows[2 * column + 1]) + lows[2 * column]
                sum_ += (value - base_lows[k]) << base_shifts[k]
            for j in range(start, end):
                row = rows[j]
                key = sum_ + ((first[row] - low) << left)
                for c in range(1, width):
                    key += (columns_[ITEMS + c][DATA][row] - column_lows[c]) << column_shifts[c]
                slot = key
                if mask >= 0:
                    slot = _home(key, shift)
                    while ids[slot] != 0 and held[slot] != key:
                        slot = (slot + 1) & mask
                if ids[slot] <= 0:
                    if mask >= 0:
                        held[slot] = key
                    ids[slot] = np.int32(first_id + done + 1)
                    queue[last + done] = key
                    done += 1
        at += 1
        if at == round_end:
            marks[marked] = done
            marked += 1
            round_end = last + done
            if round_end - at > state[6]:
                break
    state[0], state[1], state[2], state[4] = at, round_end, seen, marked
    return done
