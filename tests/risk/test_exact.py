"""Exact probabilities against published and hand-computed ones."""

from __future__ import annotations

import itertools
import math

import pytest

from panacea_policy.risk.exact import TooLarge, joint, probability
from panacea_policy.risk.graph import GraphBuilder
from tests.risk.graphs import poolsappasit


def goal_probability(builder: GraphBuilder, goal: str, start: str = "start") -> float:
    graph = builder.build([start])
    return probability(graph, builder.names[goal], [builder.names[start]])


@pytest.mark.parametrize(("goal", "expected"), [("D", 0.70), ("B", 0.595), ("C", 0.49), ("A", 0.606025)])
def test_the_bayesian_attack_graph_of_poolsappasit(goal: str, expected: float) -> None:
    assert goal_probability(poolsappasit(), goal) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("cause", "expected"), [("C", 0.80855), ("B", 0.87872), ("D", 1.0)])
def test_its_posteriors_given_that_root_fell(cause: str, expected: float) -> None:
    builder = poolsappasit()
    graph = builder.build(["start"])
    table = joint(graph, [builder.names[cause], builder.names["A"]], [builder.names["start"]])
    assert table[1, 1] / table[:, 1].sum() == pytest.approx(expected, abs=5e-6)


def without(*cut: int) -> float:
    """P(A) with some of the instances cut (1: D to B, 2: D to C)."""
    builder = poolsappasit()
    graph = builder.build(["start"])
    chance = graph.chance.copy()
    chance[list(cut)] = 0.0
    return probability(graph, builder.names["A"], [builder.names["start"]], chance)


def test_its_patches_alone_and_together() -> None:
    assert without(1) == pytest.approx(0.49)
    assert without(2) == pytest.approx(0.38675)
    assert without(1, 2) == 0.0


def test_the_shapley_values_of_its_two_patches_share_out_the_whole_reduction() -> None:
    both = {1, 2}
    shares = {}
    for patch in both:
        gains = [
            without(*order[: order.index(patch)]) - without(*order[: order.index(patch) + 1])
            for order in itertools.permutations(both)
        ]
        shares[patch] = sum(gains) / len(gains)
    assert shares[1] == pytest.approx(0.2513875)
    assert shares[2] == pytest.approx(0.3546375)
    assert sum(shares.values()) == pytest.approx(0.606025)


def test_two_ways_that_share_an_event() -> None:
    """AB or BC with A=.1, B=.2, C=.3 is .074, not the rare-event sum .08 (core test of the SCRAM
    analyser).
    """
    builder = GraphBuilder()
    for event, chance in (("A", 0.1), ("B", 0.2), ("C", 0.3)):
        builder.step(["start"], event, chance)
    builder.step(["A", "B"], "top").step(["B", "C"], "top")
    assert goal_probability(builder, "top") == pytest.approx(0.074)


def test_three_alternatives() -> None:
    builder = GraphBuilder()
    for chance in (0.1, 0.2, 0.3):
        builder.step(["start"], "top", chance, name=str(chance))
    assert goal_probability(builder, "top") == pytest.approx(0.496)


def test_a_cycle_does_not_support_itself() -> None:
    builder = GraphBuilder()
    builder.step(["a"], "b").step(["b"], "a").step(["start"], "c", 0.5)
    assert goal_probability(builder, "a") == 0.0


def test_a_cycle_entered_from_outside_is_as_likely_as_its_entry() -> None:
    builder = GraphBuilder()
    builder.step(["start"], "a", 0.25).step(["a"], "b").step(["b"], "a").step(["b"], "c", 0.5)
    assert goal_probability(builder, "c") == pytest.approx(0.125)


def test_a_common_cause_is_drawn_once() -> None:
    builder = GraphBuilder()
    builder.step(["start"], "a", 0.3, cause=7).step(["start"], "b", 0.5, cause=7).step(["a", "b"], "both")
    builder.step(["a"], "any").step(["b"], "any")
    assert goal_probability(builder, "both") == pytest.approx(0.3)
    assert goal_probability(builder, "any") == pytest.approx(0.5)


def test_what_cannot_be_gone_through_is_refused() -> None:
    builder = GraphBuilder()
    for number in range(40):
        builder.step(["start"], "top", 0.01, name=str(number))
    with pytest.raises(TooLarge):
        goal_probability(builder, "top")


def test_certain_and_impossible_instances_cost_nothing() -> None:
    builder = GraphBuilder()
    for number in range(40):
        builder.step(["start"], f"a{number}", 1.0).step([f"a{number}"], "top", 0.0)
    builder.step(["a3"], "top", 0.5)
    assert goal_probability(builder, "top") == pytest.approx(0.5)
    assert not math.isnan(goal_probability(builder, "a0"))
