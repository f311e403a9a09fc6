"""Packs the columns of a row into one int64 key, so that rows are compared and looked up as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from panacea_policy.engine.keymap import KeyMap
from panacea_policy.engine.values import Codes

_KEY_BITS = 62
#: Columns whose range takes more bits have their values numbered.
_WIDEST = 40


@dataclass(slots=True)
class _Field:
    """One column's place in the key.

    ``low`` is its code 0; ``ids`` numbers its values when their range is too wide.
    """

    low: int
    bits: int
    ids: KeyMap | None
    fold: KeyMap | None
    fold_bits: int = 0


def _ranges(columns: Sequence[Codes]) -> list[tuple[int, int]]:
    return [(int(column.min()), int(column.max())) if len(column) else (0, 0) for column in columns]


def _bits_for(low: int, high: int) -> int:
    return (high - low).bit_length()


class Packer:
    """Turns rows into keys below 2**62. Different rows get different keys as long as `covers` has accepted
    both.

    Each column takes as many bits as its range needs. Where the bits run out, values (and then prefixes of
    rows) are numbered by a `KeyMap` in order of first occurrence.
    """

    __slots__ = ("_fields", "bits", "ordered")

    def __init__(
        self, columns: Sequence[Codes], spare_bits: int = 0, ranges: Sequence[tuple[int, int]] | None = None
    ) -> None:
        """Fits the rows given by ``columns``; their ``ranges`` are worked out unless they are at hand."""
        self._fields: list[_Field] = []
        self.bits = 0
        #: True when keys order as rows do, and `unpack` can be used
        self.ordered = True
        for column, (low, high) in zip(columns, ranges or _ranges(columns), strict=True):
            if low > 0 and (spare_bits or _bits_for(0, high) == _bits_for(low, high)):
                # What grows may grow downwards too; and a column from 0 needs no subtraction.
                low = 0
            field = _Field(low, _bits_for(low, high) + spare_bits, None, None)
            if field.bits > _WIDEST:
                field.ids = KeyMap(expected=len(column))
                field.ids.add(column)
                field.bits = field.ids.size.bit_length() + 1
                self.ordered = False
            self.bits += field.bits
            self._fields.append(field)
        if self.bits > _KEY_BITS:
            self._fold(columns)

    def _fold(self, columns: Sequence[Codes]) -> None:
        """Numbers prefixes of rows wherever one more column would not fit."""
        self.bits = 0
        key: Codes | None = None
        for field, column in zip(self._fields, columns, strict=True):
            if self.bits + field.bits > _KEY_BITS:
                assert key is not None
                field.fold = KeyMap(self.bits, len(key))
                field.fold.add(key)
                key = field.fold.find(key)
                self.bits = field.fold_bits = field.fold.size.bit_length() + 1
                self.ordered = False
            code = column - field.low if field.ids is None else field.ids.find(column)
            key = code if key is None else (key << field.bits) | code
            self.bits += field.bits

    @classmethod
    def direct(cls, columns: Sequence[Codes]) -> Packer | None:
        """A packer that is `ordered`, or None when the ranges of the columns are too wide for one."""
        ranges = _ranges(columns)
        widths = [_bits_for(low, high) for low, high in ranges]
        if max(widths, default=0) > _WIDEST or sum(widths) > _KEY_BITS:
            return None
        return cls(columns, 0, ranges)

    def keys(self, columns: Sequence[Codes], count: int) -> Codes:
        """The key of each row, -1 for a row with a value that was never covered. Shape (count,)."""
        if not self._fields:
            return np.zeros(count, np.int64)
        key: Codes | None = None
        bad: Codes | None = None
        for field, column in zip(self._fields, columns, strict=True):
            if field.fold is not None:
                assert key is not None
                # A row already known to be outside must not be looked up; it is marked in `bad`.
                key = field.fold.find(key if bad is None else np.where(bad < 0, 0, key))
                bad = key if bad is None else bad | key
            if field.ids is None:
                code = column - field.low if field.low else column
                # The sign bit of the shifted remainder shows a value above the range, that of the code one
                # below it.
                outside = code | -(code >> field.bits)
                if field.low > 0:
                    # The subtraction may have wrapped around for a value far below the range.
                    outside = outside | column
            else:
                code = outside = field.ids.find(column)
            bad = outside if bad is None else bad | outside
            key = code if key is None else (key << field.bits) | code
        assert key is not None
        assert bad is not None
        return np.where(bad < 0, np.int64(-1), key) if len(bad) and bad.min() < 0 else key

    def unpack(self, keys: Codes) -> list[Codes]:
        """The columns of the rows that have these keys, of a packer that is `ordered`."""
        columns: list[Codes] = []
        for field in reversed(self._fields):
            columns.append((keys & ((1 << field.bits) - 1)) + field.low)
            keys = keys >> field.bits
        return columns[::-1]

    def covers(self, columns: Sequence[Codes], count: int) -> bool:
        """Makes room for these rows where that leaves earlier keys unchanged.

        False when a new packer is needed.
        """
        if not count:
            return True
        key: Codes | None = None
        for field, column in zip(self._fields, columns, strict=True):
            if field.fold is not None:
                assert key is not None
                field.fold.add(key)
                if field.fold.size >= 1 << field.fold_bits:
                    return False
                key = field.fold.find(key)
            if field.ids is None:
                if int(column.min()) < field.low or (int(column.max()) - field.low) >> field.bits:
                    return False
                code = column - field.low if field.low else column
            else:
                field.ids.add(column)
                if field.ids.size >= 1 << field.bits:
                    return False
                code = field.ids.find(column)
            key = code if key is None else (key << field.bits) | code
        return True
