"""What is left out of a graph changes nothing: times of goals stay the same to the last bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.model.distributions import Constant, Uniform
from panacea_policy.risk.attempts import Source
from panacea_policy.risk.graph import Graph, GraphBuilder
from panacea_policy.risk.kernels import Form, Kernels, kernels_for
from panacea_policy.risk.reduce import certain_of, reduced
from panacea_policy.risk.simulate import run
from panacea_policy.risk.study import Study

FACTS = 12
TRIALS = 256

#: Premises, result, chance, whether it takes time.
Link = tuple[tuple[int, ...], int, float, bool]

link = st.tuples(
    st.lists(st.integers(0, FACTS - 1), min_size=0, max_size=2, unique=True).map(tuple),
    st.integers(2, FACTS - 1),
    st.one_of(st.just(1.0), st.floats(0.3, 1.0)),
    st.booleans(),
)
#: Mostly steps of one premise that lead on for certain: chains, cycles and detours.
single = st.tuples(
    st.integers(0, FACTS - 1).map(lambda fact: (fact,)),
    st.integers(2, FACTS - 1),
    st.sampled_from([1.0, 1.0, 0.7]),
    st.sampled_from([False, False, True]),
)
links = st.lists(st.one_of(single, single, link), max_size=28)


def graph_of(chosen: list[Link], *, several: bool = False) -> Graph:
    """Facts 0 and 1 are starts. ``several``: every third instance brings about what the next one does too."""
    builder = GraphBuilder()
    for fact in range(FACTS):
        builder.fact(f"f{fact}")
    for number, (premises, result, chance, slow) in enumerate(chosen):
        effort = Uniform(0.0, 10.0) if slow else Constant(0.0)
        builder.step([f"f{p}" for p in premises], f"f{result}", chance, effort, name=str(number))
    graph = builder.build(["f0"])
    if not several:
        return graph
    rows = [graph.results.row(i) for i in range(len(graph))]
    more = [(*row, *rows[i + 1]) if i % 3 == 0 and i + 1 < len(rows) else row for i, row in enumerate(rows)]
    return replace(graph, results=type(graph.results).of(more))


def times(graph: Graph, goals: list[int], start: list[int]) -> np.ndarray:
    return run(graph, goals, [start], chance=graph.chance, trials=TRIALS, seed=3, form=Form.NUMPY).time[0]


goals_of = st.lists(st.integers(0, FACTS - 1), min_size=1, max_size=3)


@given(links, goals_of, st.booleans(), st.booleans(), st.sampled_from([[0], [1], [0, 1], []]))
@settings(max_examples=300)
def test_times_of_goals_stay_as_they_were(
    chosen: list[Link], goals: list[int], together: bool, several: bool, start: list[int]
) -> None:
    graph = graph_of(chosen, several=several)
    certain = certain_of(graph) if together else None
    core = reduced(graph, np.array([0, 1]), np.array(goals), certain, kernels_for(0, Form.NUMPY))
    assert len(core.graph) <= len(graph)
    mine = times(core.graph, list(core.facts(goals)), list(core.facts(start)))
    assert np.array_equal(mine, times(graph, goals, start))


@given(links, goals_of, st.integers(0, 2**28 - 1))
@settings(max_examples=100)
def test_so_do_they_where_what_is_not_drawn_together_is_blocked(
    chosen: list[Link], goals: list[int], blocked: int
) -> None:
    graph = graph_of(chosen)
    core = reduced(graph, np.array([0, 1]), np.array(goals), None, kernels_for(0, Form.NUMPY))
    chance = np.where([blocked >> i & 1 for i in range(len(graph))], 0.0, graph.chance)
    lower, left = graph.with_chance(chance), core.graph.with_chance(chance[core.instances])
    mine = times(left, list(core.facts(goals)), list(core.facts([0])))
    assert np.array_equal(mine, times(lower, goals, [0]))


@given(links, goals_of, st.booleans(), st.booleans())
@settings(max_examples=100)
def test_compiled_kernels_leave_the_same(
    chosen: list[Link], goals: list[int], together: bool, several: bool
) -> None:
    pytest.importorskip("numba")
    graph = graph_of(chosen, several=several)
    certain = certain_of(graph) if together else None
    plain, fast = (
        reduced(graph, np.array([0, 1]), np.array(goals), certain, kernels_for(0, form))
        for form in (Form.NUMPY, Form.NUMBA)
    )
    assert np.array_equal(plain.instances, fast.instances)
    assert np.array_equal(plain.place, fast.place)
    assert np.array_equal(plain.graph.premises.index, fast.graph.premises.index)
    assert np.array_equal(plain.graph.results.index, fast.graph.results.index)


def ward(devices: int) -> tuple[Graph, dict[str, int]]:
    """Devices that can be attacked from a network and give access to it; a server that matters, too."""
    builder = GraphBuilder()
    builder.step(["outside"], "at ward", 0.5, 5.0)
    for device in range(devices):
        builder.step(["at ward"], f"contacts {device}")
        builder.step([f"contacts {device}"], f"controls {device}", 0.3, 2.0)
        builder.step([f"controls {device}"], "at ward")
    builder.step(["at ward"], "contacts server")
    builder.step(["contacts server"], "server", 0.2, 7.0)
    builder.step(["server"], "care disrupted")
    return builder.build(["outside"]), builder.numbers()


@pytest.mark.parametrize("form", [Form.NUMPY, Form.NUMBA])
def test_devices_that_only_lead_back_are_left_out(form: Form) -> None:
    if form is Form.NUMBA:
        pytest.importorskip("numba")
    graph, numbers = ward(20)
    kernels: Kernels = kernels_for(0, form)
    starts, goals = np.array([numbers["outside"]]), np.array([numbers["care disrupted"]])
    apart = reduced(graph, starts, goals, None, kernels)
    assert len(apart.graph) == 4
    together = reduced(graph, starts, goals, certain_of(graph), kernels)
    assert len(together.graph) == 2
    assert together.place[numbers["contacts server"]] == together.place[numbers["at ward"]]
    assert together.place[numbers["controls 3"]] == -1


@given(links)
@settings(max_examples=100)
def test_dominators_are_those_of_their_definition(chosen: list[Link]) -> None:
    """A node dominates another if it cannot be reached any more without it."""
    edges = [(p, r) for premises, r, _, _ in chosen for p in premises]
    after = [[r for p, r in edges if p == fact] for fact in range(FACTS)]
    before = [[p for p, r in edges if r == fact] for fact in range(FACTS)]

    def lists(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
        start = np.cumsum([0, *map(len, rows)]).astype(np.int32)
        return start, np.array([each for row in rows for each in row], np.int32)

    def reached(without: int) -> set[int]:
        seen = {0} - {without}
        agenda = list(seen)
        while agenda:
            new = {each for each in after[agenda.pop()] if each not in seen and each != without}
            seen |= new
            agenda += new
        return seen

    above, first, last = kernels_for(0, Form.NUMPY).dominators(0, *lists(after), *lists(before))
    everywhere = reached(-1)
    for fact in range(FACTS):
        assert (above[fact] >= 0) == (fact in everywhere)
        for other in everywhere:
            dominates = fact in everywhere and (fact == other or other not in reached(fact))
            assert dominates == (first[fact] >= 0 and first[fact] <= first[other] <= last[fact])


@given(links, goals_of, st.integers(0, 2**28 - 1), st.integers(0, 2))
@settings(max_examples=80)
def test_a_study_of_what_is_left_is_that_of_the_whole(
    chosen: list[Link], goals: list[int], lowered: int, shift: int
) -> None:
    """NumPy's form simulates the whole graph, the compiled form what is left of it for each actor. Lowering
    the chance of what is certain is told apart from what was drawn together.
    """
    pytest.importorskip("numba")
    graph = graph_of(chosen)
    able = np.array([i % 5 != 0 for i in range(len(graph))], bool)
    sources = [
        Source("both", "Both", 2.0, (0, 1)),
        Source("unskilled", "Unskilled", 1.0, (0,), able=able, patience=Uniform(0.0, 25.0)),
        Source("stubborn", "Stubborn", 3.0, (1,), tries=3),
    ]

    def study(form: Form) -> Study:
        weights = np.arange(1.0, len(goals) + 1)
        return Study(
            graph, graph.chance, sources, goals, weights,
            horizon=1e6, trials=TRIALS, seed=2, shift=shift, compared=TRIALS, form=form, threads=2,
        )  # fmt: skip

    whole, part = study(Form.NUMPY), study(Form.NUMBA)
    for one, two in zip(whole.outcome.time, part.outcome.time, strict=True):
        assert np.array_equal(one, two)
    chance = np.where([lowered >> i & 1 for i in range(len(graph))], 0.4 * graph.chance, graph.chance)
    assert whole.difference(chance) == part.difference(chance)
