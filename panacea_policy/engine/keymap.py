"""A map from int64 keys to ids.

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
_REMOVED = -1
_MOST_IDS = 2**31 - 2


class KeyMap:
    """Maps distinct keys to ids, by default 0, 1, 2, … in order of first occurrence.

    Small key ranges are looked up directly in an array; others in an open-addressing hash table. Both probe
    whole arrays at once. A slot holds the id plus one; 0 is a free slot. In the hash table, the slot of a
    removed key holds `_REMOVED` and waits for the same key, until the table is rebuilt without it.
    """

    __slots__ = ("_bits", "_direct", "_keys", "_shift", "_slots", "_used", "size")

    def __init__(self, bits: int = 64, expected: int = 0) -> None:
        """``bits``: keys lie in [0, 2**bits) if that is below 62, otherwise anywhere.

        ``expected``: keys to make room for.
        """
        #: How many keys have an id.
        self.size = 0
        #: At least how many slots of the hash table are not free.
        self._used = 0
        self._bits = bits
        self._direct = False
        self._shift = 64
        self._slots: NDArray[np.int32] = np.empty(0, np.int32)
        self._keys: Codes = np.empty(0, np.int64)
        self._make_room(max(expected, 16))

    @property
    def nbytes(self) -> int:
        """Bytes held; those of a sparse table are counted whole, though it touches few of them."""
        return self._slots.nbytes + self._keys.nbytes

    def find(self, keys: Codes) -> Codes:
        """The id of each key, -1 for a key that has none. Same shape as ``keys``."""
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
        open_ = np.flatnonzero((entry != 0) & ~same)
        while len(open_):
            place = (position[open_] + 1) & mask
            position[open_] = place
            entry = slots[place]
            same = (held[place] == keys[open_]) & (entry > 0)
            found[open_[same]] = entry[same] - 1
            open_ = open_[(entry != 0) & ~same]
        return found

    def add(self, keys: Codes, first_id: int | None = None) -> NDArray[np.intp]:
        """Gives an id to each key that has none.

        Returns the positions, ascending, of the first occurrence of each of these keys: they get the ids
        ``first_id``, ``first_id + 1``, … (default: from `size` on, which is right while nothing is removed).
        Raises OverflowError for ids beyond 2**31 - 2.
        """
        if self._direct:
            candidates = np.flatnonzero(self._slots[keys] == 0)
        else:
            candidates = np.flatnonzero(self.find(keys) < 0)
        if not len(candidates):
            return candidates
        start = self.size if first_id is None else first_id
        fresh = keys if len(candidates) == len(keys) else keys[candidates]
        first, places = self._claim(fresh, start + len(fresh))
        self._slots[places] = np.arange(start + 1, start + 1 + len(first), dtype=np.int32)
        return candidates[first]

    def put(self, keys: Codes, ids: Codes) -> None:
        """Gives these ids to distinct keys that have none. Raises OverflowError, as `add` does."""
        if len(keys):
            first, places = self._claim(keys, int(ids.max()) + 1)
            self._slots[places] = ids[first] + 1

    def remove(self, keys: Codes) -> None:
        """Takes the ids of these keys away; keys that have none, and repeats, do not matter."""
        if self._direct:
            places = keys[self._slots[keys] > 0]
            self._slots[places] = 0
        else:
            keys = keys[self.find(keys) >= 0]
            places = self._hash(keys)
            mask = len(self._slots) - 1
            open_ = np.flatnonzero(self._keys[places] != keys)
            while len(open_):
                places[open_] = (places[open_] + 1) & mask
                open_ = open_[self._keys[places[open_]] != keys[open_]]
            self._slots[places] = _REMOVED
        self.size -= len(np.unique(places))

    def _claim(self, keys: Codes, ids: int) -> tuple[NDArray[np.intp], Codes]:
        """The first occurrences of keys that have no id, and the slots that are theirs from now on.

        ``ids``: one more than the highest id that they will get.
        """
        if ids > _MOST_IDS:
            raise OverflowError(f"a map holds at most {_MOST_IDS} ids")
        if not self._direct and self._used + len(keys) > len(self._slots) // 2:
            self._make_room(self.size + len(keys))
        first, places = self._claim_direct(keys) if self._direct else self._claim_hashed(keys)
        self.size += len(first)
        return first, places

    def _claim_direct(self, keys: Codes) -> tuple[NDArray[np.intp], Codes]:
        """The first occurrences of the keys, none of which has an id, and the slots that are theirs."""
        slots, count = self._slots, len(keys)
        # Written backwards, so that of equal keys the first occurrence is the one that stays.
        slots[keys[::-1]] = np.arange(count, 0, -1, dtype=np.int32)
        first = np.flatnonzero(slots[keys] == np.arange(1, count + 1, dtype=np.int32))
        return first, keys[first]

    def _claim_hashed(self, keys: Codes) -> tuple[NDArray[np.intp], Codes]:
        """As `_claim_direct`, for the hash table."""
        slots, held, mask = self._slots, self._keys, len(self._slots) - 1
        position = self._hash(keys)
        mark = np.arange(1, 1 + len(keys), dtype=np.int32)
        is_first = np.zeros(len(keys), np.bool_)
        open_ = np.arange(len(keys))
        while len(open_):
            place = position[open_]
            entry = slots[place]
            free = open_[(entry == 0) | ((entry == _REMOVED) & (held[place] == keys[open_]))]
            slots[position[free[::-1]]] = mark[free[::-1]]
            won = free[slots[position[free]] == mark[free]]
            held[position[won]] = keys[won]
            is_first[won] = True
            # INVARIANT: equal keys probe in lockstep, so the losers of a slot won by their own key are
            # repeats.
            open_ = open_[held[place] != keys[open_]]
            position[open_] = (position[open_] + 1) & mask
        first = np.flatnonzero(is_first)
        # Slots taken back from removed keys are counted twice, which only brings the next rebuild forward.
        self._used += len(first)
        return first, position[first]

    def _hash(self, keys: Codes) -> NDArray[np.int64]:
        mixed = keys.view(np.uint64)
        mixed = (mixed ^ (mixed >> np.uint64(32))) * _MULTIPLIER
        return (mixed >> np.uint64(self._shift)).view(np.int64)

    def _make_room(self, count: int) -> None:
        """Chooses the form for ``count`` keys and moves what is held into it."""
        keys, entries = self._held()
        if self._bits <= 40 and (1 << self._bits) <= max(_DIRECT_ALWAYS, _DIRECT_PER_KEY * count):
            self._direct = True
            # Zero pages cost nothing until they are touched, so a sparse table is cheap.
            self._slots = np.zeros(1 << self._bits, np.int32)
            self._slots[keys] = entries
            self._keys = np.empty(0, np.int64)
            return
        # A quarter full probes fastest; large tables save the memory.
        exponent = max(6, ((4 if count < _LARGE else 2) * count - 1).bit_length())
        self._shift = 64 - exponent
        self._slots = np.zeros(1 << exponent, np.int32)
        self._keys = np.zeros(1 << exponent, np.int64)
        self._used = 0
        if len(keys):
            self._slots[self._claim_hashed(keys)[1]] = entries

    def _held(self) -> tuple[Codes, NDArray[np.int32]]:
        """Keys and ids + 1 of the hash table, in slot order."""
        held = np.flatnonzero(self._slots > 0)
        return self._keys[held], self._slots[held]
