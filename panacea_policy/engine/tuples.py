"""Rows as tuples of codes, for relations so small that Python outruns a kernel's fixed cost."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import itemgetter

Row = tuple[int, ...]


@cache
def picker(positions: tuple[int, ...]) -> Callable[[Row], Row]:
    """Takes the codes at these positions out of a row, as a tuple."""
    if not positions:
        return _nothing
    if len(positions) == 1:
        # A slice, unlike a position, gives a tuple.
        return itemgetter(slice(positions[0], positions[0] + 1))
    return itemgetter(*positions)


@cache
def keyer(positions: tuple[int, ...]) -> Callable[[Row], object]:
    """Takes the codes at these positions out of a row, as a key: a code alone where there is one."""
    return itemgetter(*positions) if positions else _nothing


def _nothing(row: Row) -> Row:
    return ()
