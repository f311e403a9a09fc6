"""The most likely path, against all paths of small graphs."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings

from panacea_policy.risk.exact import probability
from panacea_policy.risk.graph import Graph, GraphBuilder
from panacea_policy.risk.kernels import Form, kernels_for
from panacea_policy.risk.paths import most_likely
from tests.risk.graphs import GOAL, START, Step, build, poolsappasit, step_lists


def test_the_likelier_way_to_root() -> None:
    builder = poolsappasit()
    graph = builder.build(["start"])
    start = builder.names["start"]
    path = most_likely(graph, [builder.names["A"]], {start: 1.0}, graph.chance)[builder.names["A"]]
    assert path.instances == (0, 2, 4)
    assert path.chance == pytest.approx(0.49)
    assert path.start == (start,)


def test_a_source_of_more_attempts_is_preferred() -> None:
    builder = GraphBuilder()
    builder.step(["rare"], "goal", 0.9).step(["often"], "goal", 0.5)
    graph = builder.build(["rare", "often"])
    weights = {builder.names["rare"]: 1.0, builder.names["often"]: 10.0}
    assert most_likely(graph, [builder.names["goal"]], weights, graph.chance)[
        builder.names["goal"]
    ].instances == (1,)


def test_among_equally_likely_ways_the_quicker_one() -> None:
    builder = GraphBuilder()
    builder.step(["start"], "goal", 0.5, 100.0, name="slow").step(["start"], "goal", 0.5, 1.0, name="quick")
    graph = builder.build(["start"])
    path = most_likely(graph, [builder.names["goal"]], {builder.names["start"]: 1.0}, graph.chance)
    assert path[builder.names["goal"]].instances == (1,)


@given(step_lists)
@settings(max_examples=60)
def test_the_compiled_form_finds_the_same(chosen: list[Step]) -> None:
    pytest.importorskip("numba")
    graph = build(chosen)
    goals = list(range(graph.facts))
    plain, fast = (
        most_likely(graph, goals, {0: 1.0, 1: 0.25}, graph.chance, kernels_for(0, form))
        for form in (Form.NUMPY, Form.NUMBA)
    )
    assert plain == fast
    assert list(plain) == list(fast)


def test_an_unreachable_goal_has_no_path() -> None:
    graph = build([])
    assert most_likely(graph, [GOAL], {0: 1.0}, graph.chance) == {}


def derivable(graph: Graph, chosen: tuple[int, ...]) -> bool:
    mask = np.zeros(len(graph), dtype=bool)
    mask[list(chosen)] = True
    return bool(graph.only(mask).reachable(START)[0][GOAL])


def tree_cost(graph: Graph, instances: tuple[int, ...]) -> float:
    """The cost that the search minimises: a step that serves two premises counts twice."""
    cost = {START[0]: 0.0}
    for i in instances:
        total = sum(cost[f] for f in graph.premises.row(i)) - math.log(graph.chance[i])
        for fact in graph.results.row(i):
            cost.setdefault(fact, total)
    return cost[GOAL]


@given(step_lists)
@settings(max_examples=60)
def test_no_set_of_steps_is_a_cheaper_derivation(chosen: list[Step]) -> None:
    graph = build([Step(s.premises, s.result, s.chance, -1, ()) for s in chosen[:7]])
    found = most_likely(graph, [GOAL], {0: 1.0}, graph.chance).get(GOAL)
    assert (found is not None) == bool(graph.reachable(START)[0][GOAL])
    if found is None:
        return
    assert derivable(graph, found.instances)
    assert found.chance <= probability(graph, GOAL, START) + 1e-12
    best = tree_cost(graph, found.instances)
    for size in range(len(graph) + 1):
        for subset in itertools.combinations(range(len(graph)), size):
            if derivable(graph, subset):
                assert -math.log(max(1e-300, math.prod(graph.chance[list(subset)]))) >= best - 1e-9 or shares(
                    graph, subset
                )


def shares(graph: Graph, subset: tuple[int, ...]) -> bool:
    """Whether some fact serves two instances, in which case tree cost and set cost may differ."""
    used = [f for i in subset for f in graph.premises.row(i) if f not in START]
    return len(used) != len(set(used))
