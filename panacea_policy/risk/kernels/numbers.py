"""Random numbers by counting: each is a function of a stream, the number of a trial, and nothing else.

The finalizer of SplitMix64 over a counter (Steele, Lea and Flood, "Fast splittable pseudorandom number
generators", OOPSLA 2014). The uniform number that decides a success has 64 bits. They are made one place
after the other, highest first, for 64 trials at once, until each trial is decided: seven or eight random
words on average, whatever the chance. A chance is thereby exact to 2**-64, and a success at one chance is one
at every higher chance.
"""

from __future__ import annotations

import hashlib

import numpy as np

from panacea_policy.risk.kernels.form import Floats, Ints, Words

GAMMA = np.uint64(0x9E3779B97F4A7C15)
DELTA = np.uint64(0xD1B54A32D192ED03)
_SPLIT = 4294967296.0
#: What sets the streams of efforts apart from those of successes.
_EFFORT = np.uint64(0xA0761D6478BD642F)


def mix(z: Words) -> Words:
    """The finalizer of SplitMix64."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def salt(seed: int) -> np.uint64:
    """64 bits of a seed of any size up to 127 bits."""
    digest = hashlib.blake2b(seed.to_bytes(16, "little", signed=True), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def key_of(name: str) -> np.uint64:
    """64 bits that stand for a name."""
    return np.uint64(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little"))


def success_streams(keys: Words, seed: int) -> Words:
    """The stream of success that belongs to each key."""
    return mix(keys ^ salt(seed))


def effort_streams(keys: Words, seed: int) -> Words:
    """The stream of effort that belongs to each key."""
    return mix(keys ^ salt(seed) ^ _EFFORT)


def uniform_bits(streams: Words, trials: Words, bits: int) -> Ints:
    """Whole numbers below 2**bits, one for each stream and trial (broadcast together)."""
    drawn = mix(streams + (trials + np.uint64(1)) * GAMMA)
    return (drawn >> np.uint64(64 - bits)).astype(np.int64)


def thresholds(chances: Floats) -> Words:
    """Chances in [0, 1) in units of 2**-64, rounded down."""
    scaled = chances * _SPLIT
    high = scaled.astype(np.int64)
    low = ((scaled - high) * _SPLIT).astype(np.int64)
    made: Words = (high.astype(np.uint64) << np.uint64(32)) | low.astype(np.uint64)
    return made


def lanes_below(streams: Words, numbers: Words, asked: Words, threshold: Words) -> Words:
    """In which lanes ``asked`` of each word the uniform number lies below the threshold; arrays of one
    shape, or broadcast to it.
    """
    base = np.asarray(mix(streams + (numbers + np.uint64(1)) * DELTA))
    shape = np.broadcast_shapes(base.shape, asked.shape, threshold.shape)
    below = np.zeros(int(np.prod(shape)), np.uint64)
    base, open_, left = (np.broadcast_to(each, shape).ravel() for each in (base, asked, threshold))
    where = np.flatnonzero((open_ != 0) & (left != 0))
    base, open_, left = base[where], open_[where], left[where]
    one, top = np.uint64(1), np.uint64(63)
    while len(where):
        base = base + GAMMA
        bits = mix(base)
        set_ = (left >> top) != 0
        below[where] |= np.where(set_, open_ & ~bits, np.uint64(0))
        open_ = np.where(set_, open_ & bits, open_ & ~bits)
        left = left << one
        going = (open_ != 0) & (left != 0)
        if not going.all():
            where, base, open_, left = where[going], base[going], open_[going], left[going]
    return below.reshape(shape)


def world_lanes_below(streams: Words, numbers: Words, asked: Words, threshold: Words, shift: int) -> Words:
    """The same where 2**shift trials that follow each other share a number."""
    if not shift:
        return lanes_below(streams, numbers, asked, threshold)
    size = 64 >> shift
    group = np.uint64((1 << (1 << shift)) - 1)
    offset = (numbers & np.uint64((1 << shift) - 1)) * np.uint64(size)
    shape = np.broadcast_shapes(np.shape(streams), np.shape(numbers), np.shape(asked), np.shape(threshold))
    wanted = np.zeros(shape, np.uint64)
    for b in range(size):
        some = ((asked >> np.uint64(b << shift)) & group) != 0
        wanted |= np.where(some, np.uint64(1) << (offset + np.uint64(b)), np.uint64(0))
    found = lanes_below(streams, numbers >> np.uint64(shift), wanted, threshold)
    made = np.zeros(shape, np.uint64)
    for b in range(size):
        here = (found >> (offset + np.uint64(b))) & np.uint64(1)
        made |= np.where(here != 0, group << np.uint64(b << shift), np.uint64(0))
    return made & asked
