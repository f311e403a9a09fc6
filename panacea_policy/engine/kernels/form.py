"""What a form of the kernels does. There are two, which give the same results in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec
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


class Layout(msgspec.Struct, frozen=True):
    """How columns make a key: its value minus ``lows``, below 2**``bits``, stands ``shifts`` bits up."""

    lows: Codes
    bits: Codes
    shifts: Codes


class Pairs(msgspec.Struct, frozen=True):
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


class Place(msgspec.Struct, frozen=True):
    """How far a join has come: the next probe and row within it, and how many pairs there were before."""

    probe: int = 0
    row: int = 0
    seen: int = 0


class Chase(msgspec.Struct, frozen=True):
    """How a recursion through one join leads from the key of a row to those of its heads.

    The value of a column of the row is read off its key by ``layout``. Columns ``sources`` make the key of
    the join, after ``key_layout`` and on top of ``key_base``; its rows are those of the place that ``slots``
    has for it, or, without slots, of the place with that number. The key of a head is ``base`` plus the
    columns ``bases`` of the row, less their lows and shifted, plus ``columns`` as in `Pairs`.
    """

    layout: Layout
    sources: Codes
    key_layout: Layout
    key_base: int
    slots: Slots | None
    starts: Codes
    ends: Codes
    rows: Codes
    bases: Codes
    base_lows: Codes
    base_shifts: Codes
    base: int
    columns: tuple[Codes, ...]
    lows: Codes
    shifts: Codes


class ChaseLimits(msgspec.Struct, frozen=True):
    """Where a chase stops: at about so many new keys, pairs, or rounds, and before a round of more keys."""

    keys: int
    pairs: int
    rounds: int
    round_keys: int


class Queue(msgspec.Struct):
    """Keys to follow: ``keys[first:last]``, of which those before ``round_end`` belong to this round."""

    keys: Codes
    first: int
    last: int
    round_end: int

    def make_room(self, count: int) -> None:
        """Sees to it that so many keys fit after the last one."""
        if len(self.keys) - self.last >= count:
            return
        held = self.keys[self.first : self.last]
        needed = len(held) + count
        if needed > len(self.keys) or 2 * self.first < len(self.keys):
            self.keys = np.empty(2 * needed, np.int64)
        self.keys[: len(held)] = held
        self.round_end -= self.first
        self.first, self.last = 0, len(held)


class Chased(msgspec.Struct, frozen=True):
    """What came of a chase: the ``new`` keys in order, and how many pairs were ``seen``.

    ``marks``: how many keys were new at the end of each round that ended.
    """

    new: Codes
    marks: Codes
    seen: int


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

    #: Whether `chase` is faster than joins, round by round; otherwise it must not be called.
    chases: bool

    def chase(self, slots: Slots, chase: Chase, queue: Queue, first_id: int, limits: ChaseLimits) -> Chased:
        """Follows the keys of a queue until it is empty, or one of the limits is met.

        New keys go into the table and the queue.
        """
