"""A map from int64 keys to ids: the set behind every relation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.kernels import kernels_for
from panacea_policy.engine.memory import reserve
from panacea_policy.engine.values import Codes

#: A range of so many keys is always held directly, and a wider one when there is a key for so many.
_DIRECT_ALWAYS = 1 << 12
_DIRECT_PER_KEY = 32
_LARGE = 1 << 19
_MOST_IDS = 2**31 - 2


class KeyMap:
    """Maps distinct keys to ids, by default 0, 1, 2, … in order of first occurrence.

    Small key ranges are looked up directly in an array; others in an open-addressing hash table, see
    `kernels.Slots`. The slot of a removed key waits there for the same key, until the table is rebuilt
    without it.
    """

    __slots__ = ("_bits", "direct", "ids", "keys", "shift", "size", "used")

    def __init__(self, bits: int = 64, expected: int = 0) -> None:
        """``bits``: keys lie in [0, 2**bits) if that is below 63, otherwise anywhere.

        ``expected``: keys to make room for. Below 63 bits, a key of -1 may be looked up and has no id.
        """
        #: How many keys have an id.
        self.size = 0
        self._bits = bits
        self.used = 0
        self.direct = False
        self.shift = 64
        self.ids: NDArray[np.int32] = np.empty(0, np.int32)
        self.keys: Codes = np.empty(0, np.int64)
        self.make_room(max(expected, 16))

    @property
    def nbytes(self) -> int:
        """Bytes held; those of a sparse table are counted whole, though it touches few of them."""
        return self.ids.nbytes + self.keys.nbytes

    def find(self, keys: Codes) -> Codes:
        """The id of each key, -1 for a key that has none. Same shape as ``keys``."""
        return kernels_for(len(keys)).find(self, keys)

    def add(self, keys: Codes, first_id: int | None = None) -> Codes:
        """Gives an id to each key that has none.

        Returns the positions, ascending, of the first occurrence of each of these keys: they get the ids
        ``first_id``, ``first_id + 1``, … (default: from `size` on, which is right while nothing is removed).
        Raises OverflowError where they might exceed 2**31 - 2.
        """
        start = self.size if first_id is None else first_id
        self.require(start + len(keys))
        return kernels_for(len(keys)).add(self, keys, start)

    def put(self, keys: Codes, ids: Codes) -> None:
        """Gives these ids to distinct keys that have none. Raises OverflowError, as `add` does."""
        if not len(keys):
            return
        self.require(int(ids.max()) + 1)
        if not self.direct and self.used + len(keys) > len(self.ids) // 2:
            self.make_room(self.size + len(keys))
        kernels_for(len(keys)).put(self, keys, ids)

    def remove(self, keys: Codes) -> None:
        """Takes the ids of these keys away; keys that have none, and repeats, do not matter."""
        kernels_for(len(keys)).remove(self, keys)

    def make_room(self, count: int) -> None:
        """Chooses the form for ``count`` keys and moves what is held into it."""
        ids, keys = self.ids, self.keys
        if self._bits <= 40 and (1 << self._bits) <= max(_DIRECT_ALWAYS, _DIRECT_PER_KEY * count):
            reserve(4 << self._bits, self.nbytes)
            self.direct = True
            # Zero pages cost nothing until they are touched, so a sparse table is cheap.
            self.ids = np.zeros(1 << self._bits, np.int32)
            self.keys = np.empty(0, np.int64)
        else:
            # A quarter full probes fastest; large tables save the memory.
            exponent = max(6, ((4 if count < _LARGE else 2) * count - 1).bit_length())
            reserve(12 << exponent, self.nbytes)
            self.shift = 64 - exponent
            self.ids = np.zeros(1 << exponent, np.int32)
            self.keys = np.empty(1 << exponent, np.int64)
        self.used = 0
        if self.size:
            kernels_for(len(ids)).move(self, ids, keys)
            self.used = self.size

    def require(self, ids: int) -> None:
        """Raises OverflowError where there can be no ids below that."""
        if ids > _MOST_IDS:
            raise OverflowError(f"a map holds at most {_MOST_IDS} ids")
