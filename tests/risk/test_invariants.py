"""The laws of risk on random AND/OR graphs, cyclic ones included. Common random numbers make them exact."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.risk import exact
from panacea_policy.risk.attempts import Source
from panacea_policy.risk.frequency import any_event
from panacea_policy.risk.graph import Graph
from panacea_policy.risk.kernels import Form
from panacea_policy.risk.losses import rate_estimate
from panacea_policy.risk.study import Study
from tests.risk.graphs import GOAL, START, Step, build, step_lists, steps

TRIALS = 4096
ACTOR = Source("actor", "Actor", 3.0, START)


def study(graph: Graph, active: tuple[int, ...] = (), *, trials: int = TRIALS, seed: int = 11) -> Study:
    return Study(
        graph,
        graph.controlled(active),
        [ACTOR],
        [GOAL],
        np.ones(1),
        horizon=1e9,
        trials=trials,
        seed=seed,
        form=Form.NUMPY,
    )


def fell(graph: Graph, active: tuple[int, ...] = ()) -> np.ndarray:
    return study(graph, active).fallen()[0][0]


@given(step_lists, st.floats(0, 50))
@settings(max_examples=40)
def test_a_probability_lies_between_zero_and_one(chosen: list[Step], rate: float) -> None:
    fallen = [fell(build(chosen))]
    events = rate_estimate([fallen[0].astype(float)], [rate])
    found = any_event([replace(ACTOR, rate=rate)], fallen, events, 1.0)
    for value in (found.low, found.value, found.high):
        assert 0.0 <= value <= 1.0
    assert found.low <= found.value <= found.high
    assert math.isfinite(found.standard_error)


@given(step_lists, steps)
@settings(max_examples=40)
def test_one_vulnerability_more_never_lowers_the_risk(chosen: list[Step], extra: Step) -> None:
    alone = Step(extra.premises, extra.result, extra.chance, -1, extra.hindered)
    assert (fell(build([*chosen, alone])) >= fell(build(chosen))).all()


@given(step_lists, st.integers(0, GOAL))
@settings(max_examples=40)
def test_redundancy_never_raises_the_risk(chosen: list[Step], needed: int) -> None:
    """Where a second thing must fall, too, no more trials end badly than without it."""
    redundant = [replace(s, premises=tuple({*s.premises, needed})) for s in chosen]
    base = build(chosen)
    # An identity is made of names, so the steps keep those that they had.
    harder = replace(build(redundant), key=base.key, draw=base.draw)
    assert (fell(harder) <= fell(base)).all()


@given(step_lists, st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=40)
def test_a_stronger_control_or_credential_never_raises_the_risk(
    chosen: list[Step], one: float, two: float
) -> None:
    weak, strong = (build(chosen, effectiveness=e) for e in sorted((one, two)))
    assert (fell(strong, (0, 1)) <= fell(weak, (0, 1))).all()
    assert (fell(weak, (0,)) <= fell(weak)).all()


@given(step_lists)
@settings(max_examples=40)
def test_what_cannot_be_reached_has_no_risk_at_all(chosen: list[Step]) -> None:
    """Not even an upper bound, and nothing that is not a number."""
    away = [replace(s, result=min(s.result, GOAL - 1)) for s in chosen]
    made = study(build(away))
    possible = bool(made.possible[GOAL])
    events = made.estimate([made.fallen()[0][0].astype(float)], possible=possible)
    assert not possible
    assert (events.value, events.standard_error, events.low, events.high) == (0.0, 0.0, 0.0, 0.0)
    found = any_event([ACTOR], [made.fallen()[0][0]], events, 1.0)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


@given(step_lists)
@settings(max_examples=30)
def test_no_state_is_kept_between_runs(chosen: list[Step]) -> None:
    first = fell(build(chosen))
    study(build(chosen), (0,)).fallen()
    study(build([]), seed=2).fallen()
    assert np.array_equal(first, fell(build(chosen)))
    assert np.array_equal(first[:500], study(build(chosen), trials=500).fallen()[0][0])


@given(step_lists)
@settings(max_examples=40)
def test_small_graphs_come_out_as_they_do_exactly(chosen: list[Step]) -> None:
    graph = build(chosen)
    made = study(graph, trials=4 * TRIALS)
    true = exact.probability(graph, GOAL, START)
    error = math.sqrt(true * (1 - true) / made.trials)
    assert abs(made.ever()[0][0].mean() - true) <= 4.5 * error + 1e-12
