"""The laws of the simulation, on random cyclic graphs. Common random numbers make most of them exact."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.model.distributions import Constant, Uniform
from panacea_policy.risk.exact import probability
from panacea_policy.risk.graph import Graph, GraphBuilder
from panacea_policy.risk.kernels import Draws, Form, Plan
from panacea_policy.risk.kernels.form import ALWAYS, NEVER, QUANTILE_BITS
from panacea_policy.risk.kernels.numbers import DELTA, GAMMA
from panacea_policy.risk.kernels.plain import NumpyKernels
from panacea_policy.risk.simulate import BLOCK, draws_of, plan_of, run
from tests.risk.graphs import GOAL, START, Step, build, poolsappasit, step_lists, steps

TRIALS = BLOCK


def times(
    graph: Graph, chance: np.ndarray | None = None, *, trials: int = TRIALS, seed: int = 5
) -> np.ndarray:
    chance = graph.chance if chance is None else chance
    return run(graph, [GOAL], [START], chance=chance, trials=trials, seed=seed).time[0][0]


@given(step_lists)
@settings(max_examples=40)
def test_simulated_and_exact_probability_agree(chosen: list[Step]) -> None:
    graph = build(chosen)
    exact = probability(graph, GOAL, START)
    simulated = np.isfinite(times(graph, trials=4 * BLOCK)).mean()
    error = math.sqrt(max(0.0, exact * (1 - exact)) / (4 * BLOCK))
    assert 0.0 <= exact <= 1.0
    assert abs(simulated - exact) <= 4.5 * error + 1e-12


@given(step_lists, steps)
@settings(max_examples=60)
def test_one_more_step_never_lets_a_goal_fall_later(chosen: list[Step], extra: Step) -> None:
    alone = Step(extra.premises, extra.result, extra.chance, -1, extra.hindered)
    assert (times(build([*chosen, alone])) <= times(build(chosen))).all()


@given(step_lists, st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=60)
def test_a_stronger_control_never_lets_a_goal_fall_earlier(
    chosen: list[Step], one: float, two: float
) -> None:
    weak, strong = (build(chosen, effectiveness=e) for e in sorted((one, two)))
    assert (times(strong, strong.controlled([0, 1])) >= times(weak, weak.controlled([0, 1]))).all()
    assert (times(weak, weak.controlled([0])) >= times(weak)).all()


@given(step_lists)
@settings(max_examples=40)
def test_the_same_seed_gives_the_same_result_and_nothing_is_kept_between_runs(chosen: list[Step]) -> None:
    graph = build(chosen)
    first = times(graph)
    times(build([]), seed=9)
    assert np.array_equal(first, times(build(chosen)))
    assert np.array_equal(first[:100], times(graph, trials=100))


@given(step_lists, st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_order_of_instances_is_without_effect(chosen: list[Step], random: object) -> None:
    builder = [(str(n), step) for n, step in enumerate(chosen)]
    shuffled = list(builder)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    results = []
    for order in (builder, shuffled):
        made = GraphBuilder()
        for number in range(GOAL + 1):
            made.fact(f"f{number}")
        for name, step in order:
            step.add(made, name, 0)
        results.append(times(made.build(["f0"])))
    assert np.array_equal(results[0], results[1])


@given(step_lists)
@settings(max_examples=40)
def test_every_fall_has_a_well_founded_derivation(chosen: list[Step]) -> None:
    """Every time, against a plain fixpoint of each trial by itself."""
    graph = build(chosen)
    plan = plan_of(graph, np.ones(len(graph), bool), NumpyKernels())
    draws = draws_of(plan, graph, graph.chance, 3)
    facts = list(range(graph.facts))
    quick = run(graph, facts, [START], chance=graph.chance, trials=130, seed=3, form=Form.NUMPY).time[0]
    for trial in (0, 1, 63, 64, 65, 129):
        assert quick[:, trial].tolist() == plain(graph, plan, draws, trial)


def plain(graph: Graph, plan: Plan, draws: Draws, trial: int) -> list[float]:
    """The least fixpoint of one trial, by applying all instances until nothing changes; its draws bit by
    bit.
    """
    efforts = {}
    for n, i in enumerate(plan.instances.tolist()):
        uniform = success_bits(int(draws.stream[n]), trial)
        succeeds = draws.mode[n] == ALWAYS or (draws.mode[n] != NEVER and uniform < int(draws.threshold[n]))
        place = mixed(int(draws.effort_stream[n]) + (trial + 1) * int(GAMMA)) >> 64 - QUANTILE_BITS
        spent = draws.tables[draws.law[n], place] * draws.pace[n] if draws.law[n] >= 0 else 0.0
        efforts[i] = float(spent) if succeeds else math.inf
    time = [math.inf] * graph.facts
    for fact in START:
        time[fact] = 0.0
    changed = True
    while changed:
        changed = False
        for i, effort in efforts.items():
            when = max((time[f] for f in graph.premises.row(i)), default=0.0) + effort
            for fact in graph.results.row(i):
                if when < time[fact]:
                    time[fact] = when
                    changed = True
    return time


def mixed(number: int) -> int:
    """The finalizer of SplitMix64, by whole numbers of Python."""
    most = (1 << 64) - 1
    number &= most
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & most
    number = (number ^ number >> 27) * 0x94D049BB133111EB & most
    return number ^ number >> 31


def success_bits(stream: int, trial: int) -> int:
    """The uniform number of 64 bits that decides a success."""
    base = mixed(stream + (trial // 64 + 1) * int(DELTA))
    made = 0
    for place in range(64):
        made = made << 1 | mixed(base + (place + 1) * int(GAMMA)) >> trial % 64 & 1
    return made


def test_what_cannot_be_reached_never_falls() -> None:
    graph = build([])
    assert np.isinf(times(graph)).all()
    assert probability(graph, GOAL, START) == 0.0


def test_the_published_graph_within_four_standard_errors() -> None:
    builder = poolsappasit()
    graph = builder.build(["start"])
    n = 20 * BLOCK
    outcome = run(
        graph, [builder.names["A"]], [[builder.names["start"]]], chance=graph.chance, trials=n, seed=1
    )
    simulated = np.isfinite(outcome.time[0][0]).mean()
    assert abs(simulated - 0.606025) < 4 * math.sqrt(0.606025 * 0.393975 / n)


def test_time_adds_along_and_steps_and_takes_the_quicker_of_alternatives() -> None:
    builder = GraphBuilder()
    builder.step(["start"], "a", effort=3.0).step(["start"], "b", effort=5.0)
    builder.step(["a", "b"], "c", effort=1.0).step(["a"], "d", effort=10.0).step(["c"], "d", effort=2.0)
    graph = builder.build(["start"])
    outcome = run(
        graph, [builder.names["d"]], [[builder.names["start"]]], chance=graph.chance, trials=4, seed=1
    )
    assert outcome.time[0][0].tolist() == [8.0] * 4


def test_instances_of_a_common_cause_succeed_together() -> None:
    builder = GraphBuilder()
    for name in "ab":
        builder.step(["start"], name, 0.5, Uniform(0, 1), cause=1)
    graph = builder.build(["start"])
    goals = [builder.names["a"], builder.names["b"]]
    time = run(graph, goals, [[builder.names["start"]]], chance=graph.chance, trials=500, seed=1).time[0]
    assert np.array_equal(np.isfinite(time[0]), np.isfinite(time[1]))
    assert 0 < np.isfinite(time[0]).sum() < 500


def test_a_negative_effort_cannot_turn_back_time() -> None:
    builder = GraphBuilder()
    builder.step(["start"], "a", effort=Constant(2.0)).step(["a"], "b", effort=Uniform(-9.0, -8.0))
    graph = builder.build(["start"])
    time = run(graph, [builder.names["b"]], [[0]], chance=graph.chance, trials=10, seed=1).time[0][0]
    assert (time == 2.0).all()
