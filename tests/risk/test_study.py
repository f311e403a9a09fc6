"""What the study of a graph promises: one result whatever runs it, and what-ifs on the very same trials."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.model.distributions import Lognormal, Uniform
from panacea_policy.risk.attempts import Source
from panacea_policy.risk.graph import Graph, GraphBuilder
from panacea_policy.risk.kernels import Form
from panacea_policy.risk.order_statistics import percentile_errors
from panacea_policy.risk.study import Study
from tests.risk.graphs import CONTROLS, GOAL, START, Step, build, step_lists, steps

TRIALS = 700
PATIENT = Source("patient", "Patient", 2.0, START)
HASTY = Source("hasty", "Hasty", 5.0, START, patience=Uniform(0.0, 25.0))
STUBBORN = Source("stubborn", "Stubborn", 1.0, START, patience=Lognormal(3.0, 0.5), tries=3)


def study(graph: Graph, active: tuple[int, ...] = (), **options: object) -> Study:
    """A study of three actors with some controls in place."""
    settings_: dict[str, object] = {
        "horizon": 1e6,
        "trials": TRIALS,
        "seed": 4,
        "form": Form.NUMPY,
        "threads": 1,
    }
    chance = options.pop("chance", graph.controlled(active))
    return Study(
        graph,
        chance,  # type: ignore[arg-type]
        [PATIENT, HASTY, STUBBORN],
        [GOAL, GOAL - 1],
        np.array([3.0, 1.0]),
        pace=graph.slowed(active),
        **{**settings_, **options},  # type: ignore[arg-type]
    )


def graph_of(chosen: list[Step], effectiveness: float = 0.5, slows: float = 0.5) -> Graph:
    return build(chosen, effectiveness=effectiveness, slows=slows)


@given(step_lists, st.integers(0, 2))
@settings(max_examples=30)
def test_compiled_kernels_and_any_number_of_threads_give_the_same_times(
    chosen: list[Step], shift: int
) -> None:
    pytest.importorskip("numba")
    graph = graph_of(chosen)
    first = study(graph, shift=shift)
    for threads in (1, 2, 3):
        other = study(graph, shift=shift, form=Form.NUMBA, threads=threads)
        for one, two in zip(first.outcome.time, other.outcome.time, strict=True):
            assert np.array_equal(one, two)


@st.composite
def questions(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Some trials, repeated or not, each with its own controls."""
    trials = draw(st.lists(st.integers(0, 3 * TRIALS), min_size=0, max_size=60))
    bits = draw(st.lists(st.integers(0, 2**CONTROLS - 1), min_size=len(trials), max_size=len(trials)))
    active = np.array([[b >> c & 1 for b in bits] for c in range(CONTROLS)], dtype=bool)
    return np.array(trials, dtype=np.int64), active.reshape(CONTROLS, len(trials))


@given(step_lists, questions(), st.integers(0, 2))
@settings(max_examples=40)
def test_a_what_if_is_the_base_run_with_other_controls(
    chosen: list[Step], asked: tuple[np.ndarray, np.ndarray], shift: int
) -> None:
    trials, active = asked
    graph = graph_of(chosen)
    asked_of = study(graph, shift=shift)
    for k in range(3):
        found = asked_of.fallen_with(k, trials, active)
        for bits in range(2**CONTROLS):
            inside = tuple(c for c in range(CONTROLS) if bits >> c & 1)
            mine = (active == np.isin(np.arange(CONTROLS), inside)[:, None]).all(axis=0)
            fresh = study(graph, inside, trials=3 * TRIALS + 1, shift=shift).fallen()[k]
            assert np.array_equal(found[:, mine], fresh[:, trials[mine]])


@given(step_lists, questions(), st.integers(0, 2))
@settings(max_examples=30)
def test_compiled_what_ifs_are_the_same(
    chosen: list[Step], asked: tuple[np.ndarray, np.ndarray], shift: int
) -> None:
    pytest.importorskip("numba")
    trials, active = asked
    graph = graph_of(chosen)
    plain, fast = study(graph, shift=shift), study(graph, shift=shift, form=Form.NUMBA, threads=2)
    for k in range(3):
        one, two = (each.fallen_with(k, trials, active) for each in (plain, fast))
        assert np.array_equal(one, two)


@given(step_lists, st.integers(0, TRIALS - 1))
@settings(max_examples=30)
def test_more_controls_never_let_a_goal_fall_that_held_out(chosen: list[Step], trial: int) -> None:
    asked_of = study(graph_of(chosen))
    sets = np.array([[b >> c & 1 for b in range(2**CONTROLS)] for c in range(CONTROLS)], dtype=bool)
    for k in range(3):
        fell = asked_of.fallen_with(k, np.full(2**CONTROLS, trial), sets)
        for less in range(2**CONTROLS):
            for more in range(2**CONTROLS):
                if less & more == less:
                    assert (fell[:, more] <= fell[:, less]).all()


def test_wrong_shapes_are_refused() -> None:
    asked_of = study(graph_of([]))
    with pytest.raises(ValueError, match="a row for each control"):
        asked_of.fallen_with(0, np.arange(3), np.zeros((CONTROLS, 2), dtype=bool))
    with pytest.raises(ValueError, match="numbered from 0"):
        asked_of.fallen_with(0, np.array([-1]), np.zeros((CONTROLS, 1), dtype=bool))


@given(step_lists, st.integers(0, 2**9 - 1))
@settings(max_examples=30)
def test_a_difference_is_that_of_two_runs(chosen: list[Step], blocked: int) -> None:
    graph = graph_of(chosen)
    base = study(graph, compared=TRIALS)
    lower = graph.chance.copy()
    lower[[i for i in range(len(graph)) if blocked >> i & 1]] *= 0.3
    other = study(graph, chance=lower, compared=TRIALS)
    weight, events = base.difference(lower)
    assert weight.value == pytest.approx(base.total().value - other.total().value, abs=1e-9)
    assert events.value >= 0.0


@given(step_lists, steps)
@settings(max_examples=30)
def test_what_a_step_needs_more_never_raises_the_risk(chosen: list[Step], extra: Step) -> None:
    """One premise more is one thing more that must hold: redundancy never raises a probability."""
    harder = [
        Step(tuple({*s.premises, extra.result}), s.result, s.chance, s.cause, s.hindered) for s in chosen
    ]
    base = graph_of(chosen)
    # An identity is made of names, so the harder steps are given those of the steps they were.
    same = replace(graph_of(harder), key=base.key, draw=base.draw)
    for one, two in zip(study(same).fallen(), study(base).fallen(), strict=True):
        assert (one <= two).all()


def chain(chance: float) -> Study:
    builder = GraphBuilder()
    builder.step(["start"], "goal", chance)
    graph = builder.build(["start"])
    return Study(
        graph,
        graph.chance,
        [Source("one", "One", 2.0, (builder.names["start"],))],
        [builder.names["goal"]],
        np.ones(1),
        horizon=1.0,
        trials=50_000,
        seed=1,
        precision=0.02,
    )


def test_trials_end_when_the_mean_is_known_well_enough() -> None:
    often, seldom, never = chain(0.5), chain(0.001), chain(0.0)
    assert often.stopping.reached
    assert often.stopping.error <= 0.02
    assert often.trials == often.fallen()[0].shape[1] < 50_000
    assert not seldom.stopping.reached
    assert seldom.trials == 50_000
    assert never.stopping.reached, "what is impossible is known at once"
    assert never.trials < often.trials
    longer = chain(0.5)
    longer.precision = None
    assert np.array_equal(longer.fallen()[0][:, : often.trials], often.fallen()[0])


def test_standard_errors_of_percentiles_cover_the_law() -> None:
    """Of 200 samples of an exponential law, about as many percentiles lie within two errors as should."""
    rng = np.random.default_rng(7)
    law = {0.05: -np.log(0.95), 0.5: np.log(2.0), 0.95: -np.log(0.05)}
    inside = dict.fromkeys(law, 0)
    for _ in range(200):
        sample = rng.exponential(size=2000)
        for (p, true), error in zip(law.items(), percentile_errors(np.sort(sample), list(law)), strict=True):
            inside[p] += abs(np.quantile(sample, p) - true) < 2 * error
    assert all(180 <= n <= 199 for n in inside.values())
