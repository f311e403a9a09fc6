"""Choosing controls: equal to brute force over all subsets, on sets written by hand and on random graphs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.risk.attempts import Source
from panacea_policy.risk.graph import Graph
from panacea_policy.risk.mitigation.choose import Chooser, worst_mean
from panacea_policy.risk.mitigation.program import Row, Tail
from panacea_policy.risk.mitigation.sample import Sample, Switches
from panacea_policy.risk.study import Study
from tests.risk.graphs import GOAL, Step, build, step_lists
from tests.risk.mitigation.graphs import Weighed, brute_best, brute_front, conditions

pytest.importorskip("highspy")


def sample_of(fails: list[list[list[list[int]]]], m: int, weights: list[float], rates: list[float]) -> Sample:
    switches = Switches(np.eye(m, dtype=bool), np.zeros(m, dtype=bool))
    return Sample(Weighed(fails), switches, rates, np.array(weights), counts=[len(t) for t in fails])


@st.composite
def written(draw: st.DrawFn) -> tuple[Sample, np.ndarray, list[Row]]:
    """A sample by its maximal failing sets, with costs and conditions."""
    m = draw(st.integers(1, 7))
    sets = st.lists(st.integers(0, (1 << m) - 1), max_size=4)
    goals = draw(st.integers(1, 2))
    trials = draw(st.lists(st.lists(sets, min_size=goals, max_size=goals), min_size=1, max_size=6))
    weights = draw(st.lists(st.integers(1, 9), min_size=goals, max_size=goals))
    cost = np.array(draw(st.lists(st.integers(0, 6), min_size=m, max_size=m)), dtype=float)
    sample = sample_of([trials], m, [float(w) for w in weights], [float(len(trials))])
    return sample, cost, draw(conditions(m)) if m > 1 else []


@given(written(), st.integers(0, 20))
@settings(max_examples=60, deadline=None)
def test_the_best_under_a_budget_is_that_of_brute_force(
    case: tuple[Sample, np.ndarray, list[Row]], budget: int
) -> None:
    sample, cost, rows = case
    chooser = Chooser(sample, cost, rows)
    point, expected = chooser.best(budget), brute_best(chooser, budget, len(sample))
    assert (point is None) == (expected is None)
    if point is not None and expected is not None:
        assert point.value == pytest.approx(expected, abs=1e-9)
        assert point.cost <= budget
        assert point.gap <= 1e-6


@given(written(), st.sampled_from([0, 6]))
@settings(max_examples=60, deadline=None)
def test_the_front_is_that_of_brute_force(case: tuple[Sample, np.ndarray, list[Row]], rounds: int) -> None:
    sample, cost, rows = case
    sample.gather(rounds)
    chooser = Chooser(sample, cost, rows)
    front = chooser.front()
    assert front.complete
    assert [p.cost for p in front.points] == pytest.approx([c for c, _ in brute_front(chooser, len(sample))])
    assert [p.value for p in front.points] == pytest.approx([v for _, v in brute_front(chooser, len(sample))])


CONTROLS = 5


def graph_sample(steps: list[Step], effectiveness: float, trials: int = 64) -> Sample:
    graph: Graph = build(steps, controls=CONTROLS, effectiveness=effectiveness)
    sources = (Source("a", "A", 2.0, (0,)), Source("b", "B", 0.5, (0, 1)))
    goals = [GOAL, GOAL - 1]
    oracle = Study(graph, graph.chance, sources, goals, np.ones(2), horizon=1e9, trials=trials, seed=3)
    turns = np.eye(CONTROLS, dtype=bool)
    return Sample(
        oracle,
        Switches(turns, np.zeros(CONTROLS, bool)),
        [2.0, 0.5],
        np.array([3.0, 1.0]),
        counts=[trials] * 2,
    )


@st.composite
def hindered(draw: st.DrawFn) -> list[Step]:
    chosen = draw(step_lists)
    hinders = st.lists(st.integers(0, CONTROLS - 1), max_size=3, unique=True)
    return [Step(s.premises, s.result, s.chance, s.cause, tuple(draw(hinders))) for s in chosen]


@given(hindered(), st.sampled_from([0.5, 0.9, 1.0]), st.lists(st.integers(0, 5), min_size=5, max_size=5))
@settings(max_examples=25, deadline=None)
def test_the_front_over_a_simulated_graph_is_that_of_brute_force(
    steps: list[Step], effectiveness: float, costs: list[int]
) -> None:
    sample = graph_sample(steps, effectiveness)
    sample.gather()
    chooser = Chooser(sample, np.array(costs, dtype=float))
    front = chooser.front()
    expected = brute_front(chooser, CONTROLS)
    assert front.complete
    assert [(p.cost, p.value) for p in front.points] == [pytest.approx(each) for each in expected]


@given(hindered(), st.sampled_from([0.5, 1.0]))
@settings(max_examples=25, deadline=None)
def test_more_controls_never_let_an_event_happen_that_was_avoided(
    steps: list[Step], effectiveness: float
) -> None:
    sample = graph_sample(steps, effectiveness)
    before = np.ones(len(sample.source), dtype=bool)
    on = np.zeros(CONTROLS, dtype=bool)
    for c in (2, 0, 4, 1, 3):
        on[c] = True
        now = sample.still(on)
        assert not (now & ~before).any()
        before = now


@given(written(), st.integers(0, 15), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_the_best_tail_is_that_of_brute_force(
    case: tuple[Sample, np.ndarray, list[Row]], budget: int, seed: int
) -> None:
    sample, cost, rows = case
    events = len(sample.source)
    if not events:
        return
    random = np.random.default_rng(seed)
    year, event = random.integers(0, 10, 30), random.integers(0, events, 30)
    loss = random.integers(1, 9, 30).astype(float)
    base = np.bincount(year, weights=loss, minlength=10)
    lasting = sample.lasting[event]
    least = np.bincount(year[lasting], weights=loss[lasting], minlength=10)
    level = float(np.sort(least)[::-1][2])
    chooser = Chooser(sample, cost, rows, tail=Tail(base, year, event, loss, 0.25, level))
    point, expected = chooser.best(budget), brute_best(chooser, budget, len(sample))
    assert (point is None) == (expected is None)
    if point is not None and expected is not None:
        assert point.value == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_the_mean_of_the_worst_counts_a_fraction_of_a_year() -> None:
    assert worst_mean(np.array([4.0, 1.0, 3.0, 2.0]), 0.25) == 4.0
    assert worst_mean(np.array([4.0, 1.0, 3.0, 2.0]), 0.375) == pytest.approx((4 + 1.5) / 1.5)
    assert worst_mean(np.array([4.0, 1.0, 3.0, 2.0]), 1.0) == 2.5


def test_greedy_is_fooled_where_two_controls_only_work_together() -> None:
    """Either lock alone is worth nothing: greedy by value for money buys the alarm and has nothing left."""
    both_doors = [0b110, 0b101]  # falls unless both locks (bits 0 and 1) are on
    alarm = [0b011]  # falls unless the alarm (bit 2) is on
    fails = [[[both_doors], [both_doors], [both_doors], [alarm]]]
    sample = sample_of(fails, 3, [1.0], [4.0])
    chooser = Chooser(sample, np.array([2.0, 2.0, 1.0]))
    assert [chooser.value(s) for s in (0b001, 0b010, 0b100)] == [4.0, 4.0, 3.0]
    point = chooser.best(4.0)
    assert point is not None
    assert (point.on, point.value) == (0b011, 1.0)


def test_greedy_by_value_for_money_is_fooled_by_a_knapsack() -> None:
    """Values 60, 100, 120 for 10, 20, 30 under 50: greedy takes the first two, the best are the last two."""
    fails = [[[[0b110], [0b101], [0b011]]]]
    sample = sample_of(fails, 3, [60.0, 100.0, 120.0], [1.0])
    point = Chooser(sample, np.array([10.0, 20.0, 30.0])).best(50.0)
    assert point is not None
    assert (point.on, point.value) == (0b110, 60.0)
