"""Random numbers by counting: what they depend on, how exact they are, and that they are as random as they
should be.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.risk.kernels.numbers import (
    key_of,
    lanes_below,
    success_streams,
    thresholds,
    uniform_bits,
    world_lanes_below,
)

ALL = np.array([0xFFFFFFFFFFFFFFFF], np.uint64)
streams = st.integers(0, 2**64 - 1)
chances = st.floats(0, 1, exclude_max=True)


def below(stream: int, chance: float, words: int = 64, shift: int = 0) -> np.ndarray:
    numbers = np.arange(words, dtype=np.uint64)
    at = thresholds(np.array([chance]))
    return world_lanes_below(np.array([stream], np.uint64), numbers, ALL, at, shift)


@given(chances)
def test_a_threshold_is_the_chance_to_64_binary_places(chance: float) -> None:
    assert int(thresholds(np.array([chance]))[0]) == math.floor(math.ldexp(chance, 64))


@given(streams, chances, chances)
def test_who_succeeds_at_a_chance_does_so_at_every_higher_one(stream: int, one: float, two: float) -> None:
    low, high = (below(stream, chance) for chance in sorted((one, two)))
    assert not (low & ~high).any()


@given(streams, chances, st.integers(0, 2**64 - 1))
def test_a_lane_does_not_depend_on_which_others_are_asked_for(stream: int, chance: float, asked: int) -> None:
    numbers = np.arange(4, dtype=np.uint64)
    some = np.array([asked], np.uint64)
    at = thresholds(np.array([chance]))
    key = np.array([stream], np.uint64)
    assert np.array_equal(lanes_below(key, numbers, some, at), below(stream, chance, 4) & some)


@given(streams, chances, st.integers(0, 6))
def test_trials_of_a_world_share_the_number_of_that_world(stream: int, chance: float, shift: int) -> None:
    shared = bits(below(stream, chance, 64, shift))
    assert np.array_equal(shared, np.repeat(bits(below(stream, chance)), 1 << shift)[: len(shared)])


def bits(words: np.ndarray) -> np.ndarray:
    return np.unpackbits(words.astype("<u8").view(np.uint8), bitorder="little")


@pytest.mark.parametrize("chance", [1e-4, 0.01, 0.3, 0.5, 0.75, 0.999])
def test_chances_come_out_over_many_streams_and_trials(chance: float) -> None:
    keys = success_streams(np.array([key_of(f"step {n}") for n in range(64)]), 12)
    found = lanes_below(keys[:, None], np.arange(640, dtype=np.uint64), ALL, thresholds(np.array([chance])))
    n = found.size * 64
    hits = int(np.bitwise_count(found).sum())
    assert abs(hits - n * chance) < 4.5 * math.sqrt(n * chance * (1 - chance))


def test_neighbouring_lanes_words_and_streams_are_uncorrelated() -> None:
    keys = success_streams(np.arange(64, dtype=np.uint64), 3)
    half = thresholds(np.array([0.5]))
    found = lanes_below(keys[:, None], np.arange(256, dtype=np.uint64), ALL, half)
    drawn = bits(found).reshape(64, -1).astype(float) * 2 - 1
    n = drawn.size
    for product in (drawn[:, :-1] * drawn[:, 1:], drawn[:, :-64] * drawn[:, 64:], drawn[:-1] * drawn[1:]):
        assert abs(product.mean()) < 4.5 / math.sqrt(n)


def test_whole_numbers_are_spread_evenly() -> None:
    drawn = uniform_bits(
        success_streams(np.array([key_of("effort")]), 1), np.arange(1 << 16, dtype=np.uint64), 6
    )
    counts = np.bincount(drawn, minlength=64)
    expected = (1 << 16) / 64
    assert ((counts - expected) ** 2 / expected).sum() < 110  # the 99.98th percentile of chi-squared with 63
