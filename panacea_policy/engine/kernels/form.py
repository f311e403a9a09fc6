"""What a form of the kernels does. There are two, which give the same results in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.values import Codes


class Slots(Protocol):
    """The table of a `KeyMap`: for every slot its id plus one (0 free, -1 removed) and its key.

    ``direct``: the key is the slot and ``keys`` is empty. Otherwise the search for a key begins at its hash,
    the upper 64 - ``shift`` bits of a product, and goes on slot by slot. ``used``: at least how many slots
    are not free; never more than half of them. ``size``: how many keys have an id.
    """

    ids: NDArray[np.int32]
    keys: Codes
    shift: int
    direct: bool
    used: int
    size: int

    def make_room(self, count: int) -> None:
        """Rebuilds the table, so that it can take ``count`` keys in all."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How columns make a key: its value minus ``lows``, below 2**``bits``, stands ``shifts`` bits up."""

    lows: Codes
    bits: Codes
    shifts: Codes


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of a probe and a row to make keys of, see `Kernels.join`.

    Probe i goes with the rows ``rows[starts[i] : starts[i] + sizes[i]]``; the key is ``bases[i]`` plus, for
    each of ``columns`` (one at least), the row's value there minus its low, shifted.
    """

    bases: Codes
    starts: Codes
    sizes: Codes
    rows: Codes
    columns: tuple[Codes, ...]
    lows: Codes
    shifts: Codes


@dataclass(frozen=True, slots=True)
class Place:
    """How far a join has come: the next probe and row within it, and how many pairs there were before."""

    probe: int = 0
    row: int = 0
    seen: int = 0


class Kernels(Protocol):
    """The engine's inner loops. All arrays of numbers are int64 and of one dimension.

    A key below 0 stands for a row that has none, except in a table of 64 bits, where any number is a key.
    """

    def find(self, slots: Slots, keys: Codes) -> Codes:
        """The id of each key, -1 for one that has none."""

    def add(self, slots: Slots, keys: Codes, first_id: int) -> Codes:
        """Gives ids from ``first_id`` on to the keys without one, in order of first occurrence.

        Returns the positions of these first occurrences, ascending.
        """

    def put(self, slots: Slots, keys: Codes, ids: Codes) -> None:
        """Gives these ids to distinct keys that have none; there is room."""

    def move(self, slots: Slots, ids: NDArray[np.int32], keys: Codes) -> None:
        """Fills a new table with what has an id in an old hash table of these ``ids`` and ``keys``."""

    def remove(self, slots: Slots, keys: Codes) -> None:
        """Takes the ids of these keys away."""

    def bounds(self, column: Codes) -> tuple[int, int]:
        """The least and the greatest value of a column that is not empty."""

    def pack(self, columns: Sequence[Codes], count: int, layout: Layout) -> tuple[Codes, bool]:
        """The key of each row, -1 for one with a value outside; and whether there is such a row."""

    def unpack(self, keys: Codes, layout: Layout) -> list[Codes]:
        """The columns of keys that `pack` has made."""

    def sort(self, keys: Codes, bits: int) -> tuple[Codes, Codes]:
        """Keys in [0, 2**bits) in order, and the positions they came from; equal keys stay in order."""

    def group(self, keys: Codes, end: int) -> tuple[Codes, Codes, int]:
        """Positions by key, which lies in [0, ``end``).

        Returns starts, order and how many distinct keys there are: the positions of key k, ascending, are
        ``order[starts[k] : starts[k + 1]]``.
        """

    def match(self, places: Codes, starts: Codes, ends: Codes) -> tuple[Codes, Codes, int]:
        """Start and number of the rows of each place, none for a place of -1; and how many rows in all."""

    def expand(self, rows: Codes, starts: Codes, sizes: Codes, total: int) -> tuple[Codes, Codes]:
        """All ``total`` pairs of a probe and one of its rows."""

    def join(self, slots: Slots, pairs: Pairs, first_id: int, start: Place, most: int) -> tuple[Codes, Place]:
        """Adds the keys of some pairs to a table; returns those that are new, in order, and where it stopped.

        Their ids run on from ``first_id``. It stops at the end, or after about ``most`` new keys or pairs.
        """
