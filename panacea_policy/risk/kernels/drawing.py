"""What the kernels draw with: words of uniform numbers, made of counters alone, as text for Numba.

`numbers` says the same in NumPy. Everything here is compiled into the kernels that use it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

ZERO, ONE = np.uint64(0), np.uint64(1)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
GAMMA = np.uint64(0x9E3779B97F4A7C15)
DELTA = np.uint64(0xD1B54A32D192ED03)
MIX_ONE, MIX_TWO = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S30, S27, S31 = np.uint64(30), np.uint64(27), np.uint64(31)
S6, S32, S53, S63 = np.uint64(6), np.uint64(32), np.uint64(53), np.uint64(63)
LANE = np.uint64(63)
SPLIT = 4294967296.0


@njit(inline="always")
def mixed(z):  # type: ignore[no-untyped-def]
    """The finalizer of SplitMix64."""
    z = (z ^ (z >> S30)) * MIX_ONE
    z = (z ^ (z >> S27)) * MIX_TWO
    return z ^ (z >> S31)


@njit(inline="always")
def lanes_below(stream, number, need, threshold):  # type: ignore[no-untyped-def]
    """In which of the lanes ``need`` of a word the uniform number lies below the threshold.

    Random word j holds bit j of all 64 numbers, the highest first: what one bit decides needs no more.
    """
    base = mixed(stream + (number + ONE) * DELTA)
    open_ = need
    below = ZERO
    while open_ != ZERO and threshold != ZERO:
        base = base + GAMMA
        bits = mixed(base)
        if threshold >> S63 != ZERO:
            below = below | (open_ & ~bits)
            open_ = open_ & bits
        else:
            open_ = open_ & ~bits
        threshold = threshold << ONE
    return below


@njit(inline="always")
def succeeding(stream, number, need, threshold, shift):  # type: ignore[no-untyped-def]
    """The same where 2**shift trials that follow each other share a number."""
    step = np.uint64(shift)
    found = ZERO
    if step == ZERO:
        found = lanes_below(stream, number, need, threshold)
    else:
        size = np.uint64(64) >> step
        group = (ONE << (ONE << step)) - ONE if step < S6 else ALL
        offset = (number & ((ONE << step) - ONE)) * size
        asked = ZERO
        for b in range(size):
            if (need >> (np.uint64(b) << step)) & group != ZERO:
                asked = asked | (ONE << (offset + np.uint64(b)))
        below = lanes_below(stream, number >> step, asked, threshold)
        for b in range(size):
            if (below >> (offset + np.uint64(b))) & ONE != ZERO:
                found = found | (group << (np.uint64(b) << step))
        found = found & need
    return found


@njit(inline="always")
def threshold_of(chance):  # type: ignore[no-untyped-def]
    scaled = chance * SPLIT
    high = np.int64(scaled)
    low = np.int64((scaled - high) * SPLIT)
    return (np.uint64(high) << S32) | np.uint64(low)


@njit(inline="always")
def chance_in(  # type: ignore[no-untyped-def]
    chance, tries, sure, first, last, hinder, factor, active, column, columns
):
    """The chance of an instance in one column, whose own set of controls is active."""
    for e in range(first, last):
        control = np.int64(hinder[e])
        if active[control * columns + column] != 0:
            chance = chance * factor[control]
    if tries > 1:
        power = 1.0 - chance
        left = 1.0
        rest = np.int64(tries)
        while rest > 0:
            if rest & 1 == 1:
                left = left * power
            power = power * power
            rest = rest >> 1
        chance = 1.0 - left
    return sure + (1.0 - sure) * chance
