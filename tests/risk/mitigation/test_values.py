"""Shapley values: against published figures, by their axioms, and sampled against exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.risk.exact import probability
from panacea_policy.risk.mitigation.values import order_of_purchase, shapley
from tests.risk.graphs import poolsappasit


def test_the_two_patches_of_poolsappasit_have_their_published_shares() -> None:
    """RISK 6.1, computed from the inputs of the published graph: B .2513875, C .3546375, together .606025."""

    def reduction(patched: frozenset[int]) -> float:
        builder = poolsappasit()
        names = builder.numbers()
        graph = builder.build(["start"])
        chance = graph.chance.copy()
        for player, fact in ((0, "B"), (1, "C")):
            if player in patched:
                chance[[i for i in range(len(graph)) if names[fact] in graph.results.row(i)]] = 0.0
        start = [names["start"]]
        return probability(graph, names["A"], start) - probability(graph, names["A"], start, chance)

    assert reduction(frozenset({0})) == pytest.approx(0.606025 - 0.49)
    assert reduction(frozenset({1})) == pytest.approx(0.606025 - 0.38675)
    assert reduction(frozenset({0, 1})) == pytest.approx(0.606025)
    shares = shapley(2, reduction)
    assert shares.exact
    assert shares.value == pytest.approx([0.2513875, 0.3546375])


games = st.lists(st.floats(-10, 10), min_size=16, max_size=16)


@given(games)
def test_shares_add_up_to_what_all_bring(worth: list[float]) -> None:
    def game(some: frozenset[int]) -> float:
        return worth[sum(1 << p for p in some)]

    for exact_up_to in (12, 0):
        shares = shapley(4, game, exact_up_to=exact_up_to)
        assert shares.value.sum() == pytest.approx(worth[15] - worth[0])


@given(games)
@settings(max_examples=30)
def test_sampled_shares_lie_within_their_error(worth: list[float]) -> None:
    def game(some: frozenset[int]) -> float:
        return worth[sum(1 << p for p in some)]

    exact, sampled = shapley(4, game), shapley(4, game, exact_up_to=0, seed=7)
    assert not sampled.exact
    assert (np.abs(sampled.value - exact.value) <= 5 * sampled.error + 1e-9).all()


def test_a_player_who_adds_nothing_gets_nothing_and_twins_get_the_same() -> None:
    def game(some: frozenset[int]) -> float:
        return 6.0 * bool(some & {0, 1})

    assert shapley(3, game).value == pytest.approx([3.0, 3.0, 0.0])


def test_the_order_of_purchase_takes_what_brings_most_for_its_money_after_what_it_needs() -> None:
    def game(some: frozenset[int]) -> float:
        return 10.0 * (0 in some) + 30.0 * ({1, 2} <= some) + 1.0 * (2 in some)

    order = order_of_purchase(range(3), np.array([5.0, 1.0, 10.0]), lambda p: [2] if p == 1 else [], game)
    assert order == [(0, 10.0), (2, 1.0), (1, 30.0)]
