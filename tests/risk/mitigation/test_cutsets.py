"""Minimal cut sets: published tables, and brute force on random cyclic graphs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.risk.diagrams import Diagram
from panacea_policy.risk.graph import Graph, GraphBuilder
from panacea_policy.risk.mitigation.cutsets import Blocked, minimal_cuts
from tests.risk.graphs import GOAL, Step, build, step_lists

pytest.importorskip("highspy")


def leaves_cut(builder: GraphBuilder, leaves: list[str]) -> list[set[str]]:
    graph = builder.build(leaves)
    names = builder.numbers()
    facts = [names[leaf] for leaf in leaves]
    none = np.zeros(0, dtype=np.int64)
    rows = tuple(np.array([fact], dtype=np.int64) for fact in facts)
    blocked = Blocked(tuple(none for _ in rows), rows, np.ones(len(rows)))
    found = minimal_cuts(graph, names["1"], facts, graph.chance, blocked, most=99)
    assert found.possible
    assert found.complete
    return [{leaves[e] for e in cut} for cut in found.sets]


def test_one_vulnerability_of_mulval_is_cut_at_any_leaf() -> None:
    """AttackGraph_1vul.xml of MultiGraph, six vertices: one rule (2) needs the leaves 3, 4, 5 and 6."""
    found = leaves_cut(GraphBuilder().step(["3", "4", "5", "6"], "1", name="2"), ["3", "4", "5", "6"])
    assert sorted(map(sorted, found)) == [["3"], ["4"], ["5"], ["6"]]


def test_two_vulnerabilities_of_mulval_are_cut_one_by_one() -> None:
    """AttackGraph_2vul.xml, nine vertices: a second rule (7) needs 8 and 9 in place of 5 and 6."""
    builder = (
        GraphBuilder().step(["3", "4", "5", "6"], "1", name="2").step(["3", "4", "8", "9"], "1", name="7")
    )
    found = leaves_cut(builder, ["3", "4", "5", "6", "8", "9"])
    assert sorted(map(sorted, found)) == [["3"], ["4"], ["5", "8"], ["5", "9"], ["6", "8"], ["6", "9"]]


def test_the_cheapest_comes_first_and_what_is_cut_off_already_costs_nothing() -> None:
    builder = GraphBuilder().step(["a"], "1", name="x").step(["b"], "1", name="y")
    graph = builder.build(["a", "b"])
    blocked = Blocked.of_instances([[0], [1], [0, 1]], [1.0, 2.0, 9.0])
    found = minimal_cuts(graph, builder.names["1"], [0, 2], graph.chance, blocked)
    assert found.sets == ((0, 1), (2,))
    nothing = minimal_cuts(graph, builder.names["1"], [], graph.chance, blocked)
    assert nothing.sets == ((),)
    weak = minimal_cuts(graph, builder.names["1"], [0, 2], graph.chance, Blocked.of_instances([[0]], [1.0]))
    assert not weak.possible


def brute(graph: Graph, blocked: Blocked) -> set[frozenset[int]]:
    """All minimal sets, by going through all sets."""
    found: set[frozenset[int]] = set()
    for size in range(len(blocked) + 1):
        for some in combinations(range(len(blocked)), size):
            if any(known <= set(some) for known in found):
                continue
            chance = graph.chance.copy()
            for element in some:
                chance[blocked.instances[element]] = 0.0
            if not graph.reachable([0], chance)[0][GOAL]:
                found.add(frozenset(some))
    return found


@given(step_lists)
@settings(max_examples=40, deadline=None)
def test_minimal_sets_are_those_of_decision_diagrams(steps: list[Step]) -> None:
    """Two methods that share nothing but the graph; each instance is an element."""
    pytest.importorskip("dd")
    graph = build([Step(s.premises, s.result, s.chance, -1, s.hindered) for s in steps])
    every = range(len(graph))
    blocked = Blocked.of_instances([[i] for i in every], [1.0] * len(graph))
    found = minimal_cuts(graph, GOAL, [0], graph.chance, blocked, most=99)
    diagram = Diagram(graph, [0], [GOAL], over=every)
    assert found.complete
    assert {frozenset(cut) for cut in found.sets} == set(diagram.cut_sets(GOAL))


@given(
    step_lists,
    st.lists(st.lists(st.integers(0, 8), max_size=3, unique=True), min_size=1, max_size=5),
    st.lists(st.integers(0, 4), min_size=5, max_size=5),
)
@settings(max_examples=40, deadline=None)
def test_minimal_sets_are_those_of_brute_force(
    steps: list[Step], instances: list[list[int]], costs: list[int]
) -> None:
    graph = build(steps)
    rows = [[i for i in row if i < len(graph)] for row in instances]
    blocked = Blocked.of_instances(rows, [float(c) for c in costs[: len(rows)]])
    found = minimal_cuts(graph, GOAL, [0], graph.chance, blocked, most=99)
    expected = brute(graph, blocked)
    assert {frozenset(cut) for cut in found.sets} == expected
    assert found.possible == bool(expected)
    assert found.complete
    spent = [float(blocked.cost[list(cut)].sum()) for cut in found.sets]
    assert np.all(np.diff(spent) >= -1e-6)
