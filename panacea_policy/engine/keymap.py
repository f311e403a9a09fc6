"""A growing map from int64 keys to dense ids.

The set behind every relation. One of the engine's two hot kernels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.values import Codes

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_DIRECT_ALWAYS = 1 << 12
_DIRECT_PER_KEY = 32
_LARGE = 1 << 22


class KeyMap:
    """Maps distinct keys to 0, 1, 2, … in order of first occurrence.

    Small key ranges are looked up directly in an array; others in an open-addressing hash table. Both probe
    whole arrays at once.
    """

    __slots__ = ("_bits", "_direct", "_keys", "_shift", "_slots", "size")

    def __init__(self, bits: int = 64, expected: int = 0) -> None:
        """``bits``: keys lie in [0, 2**bits) if that is below 62, otherwise anywhere.

        ``expected``: keys to make room for.
        """
        self.size = 0
        self._bits = bits
        self._direct = False
        self._shift = 64
        self._slots: NDArray[np.int32] = np.empty(0, np.int32)
        self._keys: Codes = np.empty(0, np.int64)
        self._make_room(max(expected, 16))

    def find(self, keys: Codes) -> Codes:
        """The id of each key, -1 for a key that is not in the map. Same shape as ``keys``."""
        if self._direct:
            return self._slots[keys].astype(np.int64) - 1
        found = np.full(len(keys), -1, np.int64)
        if not self.size:
            return found
        slots, held, mask = self._slots, self._keys, len(self._slots) - 1
        position = self._hash(keys)
        entry = slots[position]
        same = (held[position] == keys) & (entry > 0)
        found[same] = entry[same] - 1
        open_ = np.flatnonzero((entry > 0) & ~same)
        while len(open_):
            place = (position[open_] + 1) & mask
            position[open_] = place
            entry = slots[place]
            same = (held[place] == keys[open_]) & (entry > 0)
            found[open_[same]] = entry[same] - 1
            open_ = open_[(entry > 0) & ~same]
        return found

    def add(self, keys: Codes) -> NDArray[np.intp]:
        """Adds what is new and returns the positions, ascending, of the first occurrence of each new key."""
        if self._direct:
            candidates = np.flatnonzero(self._slots[keys] == 0)
        else:
            candidates = np.flatnonzero(self.find(keys) < 0)
        if not len(candidates):
            return candidates
        fresh = keys if len(candidates) == len(keys) else keys[candidates]
        if self.size + len(fresh) > len(self._slots) // 2 and not self._direct:
            self._make_room(self.size + len(fresh))
        first = self._add_direct(fresh) if self._direct else self._add_hashed(fresh)
        self.size += len(first)
        return candidates[first]

    def _add_direct(self, keys: Codes) -> NDArray[np.intp]:
        slots, count = self._slots, len(keys)
        # Written backwards, so that of equal keys the first occurrence is the one that stays.
        slots[keys[::-1]] = np.arange(count, 0, -1, dtype=np.int32)
        first = np.flatnonzero(slots[keys] == np.arange(1, count + 1, dtype=np.int32))
        slots[keys[first]] = np.arange(self.size + 1, self.size + 1 + len(first), dtype=np.int32)
        return first

    def _add_hashed(self, keys: Codes) -> NDArray[np.intp]:
        slots, held, mask = self._slots, self._keys, len(self._slots) - 1
        position = self._hash(keys)
        mark = np.arange(self.size + 1, self.size + 1 + len(keys), dtype=np.int32)
        is_first = np.zeros(len(keys), np.bool_)
        open_ = np.arange(len(keys))
        while len(open_):
            place = position[open_]
            free = open_[slots[place] == 0]
            slots[position[free[::-1]]] = mark[free[::-1]]
            won = free[slots[position[free]] == mark[free]]
            held[position[won]] = keys[won]
            is_first[won] = True
            # INVARIANT: equal keys probe in lockstep, so the losers of a slot won by their own key are
            # repeats.
            open_ = open_[held[place] != keys[open_]]
            position[open_] = (position[open_] + 1) & mask
        first = np.flatnonzero(is_first)
        slots[position[first]] = np.arange(self.size + 1, self.size + 1 + len(first), dtype=np.int32)
        return first

    def _hash(self, keys: Codes) -> NDArray[np.int64]:
        mixed = keys.view(np.uint64)
        mixed = (mixed ^ (mixed >> np.uint64(32))) * _MULTIPLIER
        return (mixed >> np.uint64(self._shift)).view(np.int64)

    def _make_room(self, count: int) -> None:
        """Chooses the form for ``count`` keys and moves what is held into it."""
        if self._bits <= 40 and (1 << self._bits) <= max(_DIRECT_ALWAYS, _DIRECT_PER_KEY * count):
            keys, ids = self._held()
            self._direct = True
            # Zero pages cost nothing until they are touched, so a sparse table is cheap.
            self._slots = np.zeros(1 << self._bits, np.int32)
            self._slots[keys] = ids
            self._keys = np.empty(0, np.int64)
            return
        keys, ids = self._held()
        # A quarter full probes fastest; large tables save the memory.
        exponent = max(6, ((4 if count < _LARGE else 2) * count - 1).bit_length())
        self._shift = 64 - exponent
        self._slots = np.zeros(1 << exponent, np.int32)
        self._keys = np.zeros(1 << exponent, np.int64)
        if len(keys):
            order = np.argsort(ids)
            size, self.size = self.size, 0
            self._add_hashed(keys[order])
            self.size = size

    def _held(self) -> tuple[Codes, NDArray[np.int32]]:
        """Keys and ids + 1 of the hash table, in slot order."""
        used = np.flatnonzero(self._slots)
        return self._keys[used], self._slots[used]
