"""A heap of numbers by their times, as text for Numba: the least time first, equal ones in no set order."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(inline="always")
def push(times, numbers, size, when, number):  # type: ignore[no-untyped-def]
    """Puts a number into a heap of that size, in which there is room."""
    hole = size
    while hole > 0:
        above = (hole - 1) >> 1
        if times[above] <= when:
            break
        times[hole] = times[above]
        numbers[hole] = numbers[above]
        hole = above
    times[hole] = when
    numbers[hole] = number


@njit(inline="always")
def drop(times, numbers, size):  # type: ignore[no-untyped-def]
    """Takes the first out; ``size`` is what is left then."""
    moved, which = times[size], numbers[size]
    hole = np.int64(0)
    while 2 * hole + 1 < size:
        below = 2 * hole + 1
        if below + 1 < size and times[below + 1] < times[below]:
            below += 1
        if times[below] >= moved:
            break
        times[hole] = times[below]
        numbers[hole] = numbers[below]
        hole = below
    times[hole] = moved
    numbers[hole] = which
