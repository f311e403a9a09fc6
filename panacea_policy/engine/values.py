"""The three column types, the symbol table, and how values of each type are stored.

Every stored column is an int64 array of *codes*: a symbol is its id, an integer is itself, a float is its bit
pattern rearranged so that codes order as the numbers do. Relational kernels see codes only.
"""

from __future__ import annotations

import enum
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Column = NDArray[np.int64] | NDArray[np.float64]

INT_MIN = -(2**63)
INT_MAX = 2**63 - 1
_MAGNITUDE = np.int64(INT_MAX)
_Whole = TypeVar("_Whole", bound=np.integer[Any])


class Type(enum.Enum):
    """The type of a column: an interned symbol, a 64-bit integer, or a finite 64-bit float."""

    SYMBOL = "symbol"
    INT = "int"
    FLOAT = "float"


class Symbols:
    """Interns hashable Python values as dense int64 ids, from 0, in order of first use.

    Values of different classes are different symbols even where Python calls them equal (``1``, ``1.0``,
    ``True``).
    """

    __slots__ = ("_ids", "_values")

    def __init__(self, values: Iterable[Hashable] = ()) -> None:
        self._ids: dict[tuple[type, Hashable], int] = {}
        self._values: list[Hashable] = []
        for value in values:
            self.intern(value)

    def intern(self, value: Hashable) -> int:
        """The id of ``value``, a new one if it has none."""
        key = (value.__class__, value)
        found = self._ids.get(key)
        if found is None:
            found = len(self._values)
            self._ids[key] = found
            self._values.append(value)
        return found

    def intern_many(self, values: Sequence[Hashable]) -> Codes:
        """The ids of ``values``, shape (len(values),)."""
        intern = self.intern
        return np.fromiter((intern(value) for value in values), np.int64, len(values))

    def find(self, value: Hashable) -> int | None:
        """The id of ``value``, or None when it was never interned."""
        return self._ids.get((value.__class__, value))

    def value(self, id: int) -> Hashable:
        """The value that has this id. Raises IndexError for an id never given."""
        if id < 0:
            raise IndexError(f"no symbol has the id {id}")
        return self._values[id]

    def values(self) -> Sequence[Hashable]:
        """The values by id; not to be changed."""
        return self._values

    def __len__(self) -> int:
        return len(self._values)


def sorted_distinct(values: NDArray[_Whole]) -> NDArray[_Whole]:
    """The distinct ones of some whole numbers, sorted, shape (at most len(values),): as `numpy.unique`, which
    imports all of masked arrays first.
    """
    ordered = np.sort(values)
    first = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


def encode_floats(values: NDArray[np.float64]) -> Codes:
    """Codes of finite floats; both zeros get one code, so equal numbers have equal codes."""
    bits = (values + 0.0).view(np.int64)
    return bits ^ ((bits >> 63) & _MAGNITUDE)


def decode_floats(codes: Codes) -> NDArray[np.float64]:
    """The floats of ``codes``; the inverse of `encode_floats`."""
    return (codes ^ ((codes >> 63) & _MAGNITUDE)).view(np.float64)


def encode(values: Column, type: Type) -> Codes:
    """Codes of a column of values of ``type``."""
    if type is Type.FLOAT:
        return encode_floats(np.ascontiguousarray(values, dtype=np.float64))
    return values.astype(np.int64, copy=False)


def decode(codes: Codes, type: Type) -> Column:
    """The values that ``codes`` stand for: float64 for FLOAT, int64 otherwise."""
    return decode_floats(codes) if type is Type.FLOAT else codes


def encode_scalar(value: float, type: Type) -> int:
    """The code of one value."""
    if type is Type.FLOAT:
        return int(encode_floats(np.array([value], dtype=np.float64))[0])
    return int(value)


def decode_scalar(code: int, type: Type) -> int | float:
    """The value that one code stands for."""
    if type is Type.FLOAT:
        return float(decode_floats(np.array([code], dtype=np.int64))[0])
    return int(code)
