"""Arrays that grow, and lists of integers behind each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Bools = NDArray[np.bool_]
T = TypeVar("T", bound=np.generic)


class Growable(Generic[T]):
    """A column that grows at its end.

    INVARIANT: an array that `view` gave never changes: what is written below its end is written to a copy.
    """

    def __init__(self, values: NDArray[T]) -> None:
        self._buffer = values
        self._size = len(values)
        self._lent = True

    def __len__(self) -> int:
        return self._size

    def view(self) -> NDArray[T]:
        """All values."""
        self._lent = True
        return self._buffer[: self._size]

    def append(self, values: NDArray[T]) -> None:
        """Adds values at the end."""
        needed = self._size + len(values)
        if needed > len(self._buffer):
            grown = np.empty(needed + needed // 4 + 16, self._buffer.dtype)
            grown[: self._size] = self._buffer[: self._size]
            self._buffer, self._lent = grown, False
        self._buffer[self._size : needed] = values
        self._size = needed

    def put(
        self, positions: NDArray[np.integer] | NDArray[np.bool_], values: NDArray[T] | T | bool | float
    ) -> None:
        """Changes values below the end."""
        if not len(positions):
            return
        if self._lent:
            self._buffer, self._lent = self._buffer.copy(), False
        self._buffer[: self._size][positions] = values


class Lists:
    """Lists of integers behind each other: list i is ``index[start[i] : start[i + 1]]``."""

    def __init__(self, start: Indices, index: Indices) -> None:
        self.start = Growable(start)
        self.index = Growable(index)

    def append(self, lengths: Indices, index: Indices) -> None:
        """Adds lists at the end."""
        self.start.append(len(self.index) + np.cumsum(lengths))
        self.index.append(index)


def starts_of(lengths: Indices) -> Indices:
    """Where lists of these lengths start, and where the last one ends."""
    found = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=found[1:])
    return found


def taken(start: Indices, index: Indices, rows: Indices) -> tuple[Indices, Indices]:
    """Some lists of those behind each other: their lengths, and their entries behind each other."""
    lengths = start[rows + 1] - start[rows]
    ends = np.cumsum(lengths)
    where = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(start[rows] - ends + lengths, lengths)
    return lengths, index[where]


def joined(parts: Sequence[NDArray[T]], empty: NDArray[T]) -> NDArray[T]:
    """Arrays behind each other; ``empty`` tells the type where there is none."""
    return np.concatenate([empty[:0], *parts])
