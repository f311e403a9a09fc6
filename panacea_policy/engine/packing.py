"""Packs the columns of a row into one int64 key, so that rows are compared and looked up as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from panacea_policy.engine.kernels import Layout, kernels_for
from panacea_policy.engine.keymap import KeyMap
from panacea_policy.engine.values import Codes

_KEY_BITS = 62
#: Columns whose range takes more bits have their values numbered.
_WIDEST = 40


class _Field(msgspec.Struct):
    """One column's place in the key.

    ``low`` is its code 0; ``ids`` numbers its values when their range is too wide.
    """

    low: int
    bits: int
    ids: KeyMap | None
    fold: KeyMap | None
    fold_bits: int = 0


def _ranges(columns: Sequence[Codes]) -> list[tuple[int, int]]:
    return [kernels_for(len(column)).bounds(column) if len(column) else (0, 0) for column in columns]


def _bits_for(low: int, high: int) -> int:
    return (high - low).bit_length()


def _low_for(low: int, high: int, spare_bits: int) -> int:
    """The value of code 0 in a column of this range."""
    # What grows may grow downwards too; and a column from 0 needs no subtraction.
    return 0 if low > 0 and (spare_bits or _bits_for(0, high) == _bits_for(low, high)) else low


class Packer:
    """Turns rows into keys below 2**62. Different rows get different keys as long as `covers` has accepted
    both.

    Each column takes as many bits as its range needs. Where the bits run out, values (and then prefixes of
    rows) are numbered by a `KeyMap` in order of first occurrence.
    """

    __slots__ = ("_fields", "bits", "layout", "ordered")

    def __init__(
        self, columns: Sequence[Codes], spare_bits: int = 0, ranges: Sequence[tuple[int, int]] | None = None
    ) -> None:
        """Fits the rows given by ``columns``; their ``ranges`` are worked out unless they are at hand."""
        self._fields: list[_Field] = []
        self.bits = 0
        #: True when keys order as rows do, and `unpack` can be used
        self.ordered = True
        for column, (low, high) in zip(columns, ranges or _ranges(columns), strict=True):
            low = _low_for(low, high, spare_bits)
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
        #: Of a packer that is `ordered`: how it makes keys.
        self.layout = _layout([field.low for field in self._fields], [field.bits for field in self._fields])

    @property
    def nbytes(self) -> int:
        """Bytes held by the numberings of values."""
        maps = (map for field in self._fields for map in (field.ids, field.fold) if map is not None)
        return sum(map.nbytes for map in maps)

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
        return cls.of_ranges(_ranges(columns))

    @classmethod
    def of_ranges(cls, ranges: Sequence[tuple[int, int]], spare_bits: int = 0) -> Packer | None:
        """A packer that is `ordered`, for rows within these ranges; None when they are too wide for one."""
        widths = [_bits_for(_low_for(low, high, spare_bits), high) + spare_bits for low, high in ranges]
        if max(widths, default=0) > _WIDEST or sum(widths) > _KEY_BITS:
            return None
        none = np.empty(0, np.int64)
        return cls([none] * len(ranges), spare_bits, ranges)

    def keys(self, columns: Sequence[Codes], count: int) -> Codes:
        """The key of each row, -1 for a row with a value that was never covered. Shape (count,)."""
        if self.ordered:
            return kernels_for(count).pack(columns, count, self.layout)[0]
        key = np.zeros(count, np.int64)
        bad = np.zeros(count, np.bool_)
        for field, column in zip(self._fields, columns, strict=True):
            if field.fold is not None:
                # A row already known to be outside must not be looked up.
                key = field.fold.find(np.where(bad, -1, key))
                bad |= key < 0
            code = _codes(field, column)
            bad |= code < 0
            key = (key << field.bits) | code
        return np.where(bad, np.int64(-1), key)

    def keys_within(self, columns: Sequence[Codes], count: int) -> Codes | None:
        """The key of each row after `covers`; None when a new packer is needed."""
        if not self.ordered:
            return self.keys(columns, count) if self.covers(columns, count) else None
        keys, outside = kernels_for(count).pack(columns, count, self.layout)
        return None if outside else keys

    def unpack(self, keys: Codes) -> list[Codes]:
        """The columns of the rows that have these keys, of a packer that is `ordered`."""
        return kernels_for(len(keys)).unpack(keys, self.layout)

    def includes(self, ranges: Sequence[tuple[int, int] | None]) -> bool:
        """Whether rows within these ranges have keys, of a packer that is `ordered`; None is left out."""
        return all(
            field.low <= bounds[0] and (bounds[1] - field.low) >> field.bits == 0
            for field, bounds in zip(self._fields, ranges, strict=True)
            if bounds is not None
        )

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
                low, high = kernels_for(count).bounds(column)
                if low < field.low or (high - field.low) >> field.bits:
                    return False
                code = column - field.low if field.low else column
            else:
                field.ids.add(column)
                if field.ids.size >= 1 << field.bits:
                    return False
                code = field.ids.find(column)
            key = code if key is None else (key << field.bits) | code
        return True


def _codes(field: _Field, column: Codes) -> Codes:
    """The code of each value within its column, -1 for one outside."""
    if field.ids is not None:
        return field.ids.find(column)
    layout = _layout([field.low], [field.bits])
    return kernels_for(len(column)).pack([column], len(column), layout)[0]


def _layout(lows: Sequence[int], bits: Sequence[int]) -> Layout:
    """Codes side by side, the first one highest."""
    shifts = [sum(bits[position + 1 :]) for position in range(len(bits))]
    return Layout(np.array(lows, np.int64), np.array(bits, np.int64), np.array(shifts, np.int64))
