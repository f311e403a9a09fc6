"""Counts the bytes that a run holds, so that it stops with a clear error before the machine's memory is gone.

Counted are the columns of relations, their maps and indexes, and the frames of joins. What small relations
hold as tuples, and what Python holds, is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import msgspec


class OutOfMemory(Exception):
    """What is about to be allocated would exceed the limit of the run."""


class Meter(msgspec.Struct, gc=False):
    """What a run may hold, and what it holds, in bytes."""

    most: int
    held: int


_METER: ContextVar[Meter | None] = ContextVar("panacea_memory", default=None)


def reserve(new: int, old: int = 0) -> None:
    """So many bytes are about to be allocated and kept, in place of ``old`` ones that are still there.

    Raises OutOfMemory in a run that may not hold that much. Outside of runs nothing is counted.
    """
    meter = _METER.get()
    if meter is not None:
        if meter.held + new > meter.most:
            raise OutOfMemory
        meter.held += new - old


def check(passing: int) -> None:
    """So many bytes are about to be allocated for a while. Raises OutOfMemory, as `reserve` does."""
    meter = _METER.get()
    if meter is not None and meter.held + passing > meter.most:
        raise OutOfMemory


@contextmanager
def metered(most: int, held: int) -> Iterator[Meter]:
    """A run that holds ``held`` bytes at its start and may hold ``most``."""
    meter = Meter(most, held)
    token = _METER.set(meter)
    try:
        yield meter
    finally:
        _METER.reset(token)
