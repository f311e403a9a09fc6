"""Decision diagrams against the oracle that goes through all combinations, and against published tables."""

from __future__ import annotations

import itertools
import sys

import numpy as np
import pytest
from hypothesis import given, settings

from panacea_policy.errors import PanaceaError
from panacea_policy.risk import exact
from panacea_policy.risk.diagrams import Diagram, probability
from panacea_policy.risk.graph import Graph, GraphBuilder
from tests.risk.graphs import GOAL, START, Step, build, poolsappasit, step_lists

pytest.importorskip("dd")


@given(step_lists)
@settings(max_examples=60)
def test_diagrams_and_enumeration_agree_on_cyclic_graphs_with_common_causes(chosen: list[Step]) -> None:
    graph = build(chosen)
    diagram = Diagram(graph, START, [GOAL, GOAL - 1])
    table = exact.joint(graph, [GOAL, GOAL - 1], START)
    assert diagram.joint([GOAL, GOAL - 1]) == pytest.approx(table, abs=1e-12)
    assert diagram.probability(GOAL) == pytest.approx(float(table[1].sum()), abs=1e-12)


def falls(graph: Graph, alive: set[int]) -> bool:
    """Whether the goal falls when these instances succeed, and no others."""
    chance = np.array([1.0 if i in alive and graph.chance[i] > 0 else 0.0 for i in range(len(graph))])
    return bool(graph.reachable(START, chance)[0][GOAL])


@given(step_lists)
@settings(max_examples=60)
def test_minimal_sets_are_those_of_all_subsets(chosen: list[Step]) -> None:
    alone = [Step(s.premises, s.result, s.chance, -1, s.hindered) for s in chosen]
    graph = build(alone)
    uncertain = [i for i in range(len(graph)) if 0 < graph.chance[i] < 1]
    certain = {i for i in range(len(graph)) if graph.chance[i] == 1}
    subsets = [set(s) for n in range(len(uncertain) + 1) for s in itertools.combinations(uncertain, n)]
    cuts = [s for s in subsets if not falls(graph, certain | (set(uncertain) - s))]
    diagram = Diagram(graph, START, [GOAL])
    assert set(diagram.cut_sets(GOAL)) == least(cuts)


def least(sets: list[set[int]]) -> set[frozenset[int]]:
    return {frozenset(s) for s in sets if not any(other < s for other in sets)}


@pytest.mark.parametrize(("goal", "expected"), [("D", 0.70), ("B", 0.595), ("C", 0.49), ("A", 0.606025)])
def test_the_bayesian_attack_graph_of_poolsappasit(goal: str, expected: float) -> None:
    builder = poolsappasit()
    graph = builder.build(["start"])
    found = probability(graph, builder.names[goal], [builder.names["start"]])
    assert found == pytest.approx(expected, abs=1e-12)


def test_its_posteriors() -> None:
    builder = poolsappasit()
    diagram = Diagram(builder.build(["start"]), [builder.names["start"]], list(builder.names.values()))
    for cause, expected in (("C", 0.80855), ("B", 0.87872), ("D", 1.0)):
        table = diagram.joint([builder.names[cause], builder.names["A"]])
        assert table[1, 1] / table[:, 1].sum() == pytest.approx(expected, abs=5e-6)


def hardening(rules: list[list[int]]) -> Sets:
    """The cut sets of leaves, where any of some rules leads to the goal and each needs its leaves."""
    builder = GraphBuilder()
    leaves = sorted({leaf for rule in rules for leaf in rule})
    for leaf in leaves:
        builder.step(["start"], f"leaf {leaf}", 0.5, name=str(leaf))
    for rule in rules:
        builder.step([f"leaf {leaf}" for leaf in rule], "goal")
    diagram = Diagram(builder.build(["start"]), [builder.names["start"]], [builder.names["goal"]])
    return {tuple(sorted(leaves[i] for i in each)) for each in diagram.cut_sets(builder.names["goal"])}


Sets = set[tuple[int, ...]]


def test_hardening_of_one_and_of_two_vulnerabilities() -> None:
    """The leaf cut sets of two graphs of MulVAL with 6 and 9 vertices, as two rules over leaves 3 to 6, and
    3, 4, 8 and 9. The graphs are rebuilt from the numbers of their vertices and the cut sets; the files are
    not at hand.
    """
    assert hardening([[3, 4, 5, 6]]) == {(3,), (4,), (5,), (6,)}
    assert hardening([[3, 4, 5, 6], [3, 4, 8, 9]]) == {(3,), (4,), (5, 8), (5, 9), (6, 8), (6, 9)}


def test_dozens_of_draws_are_no_matter() -> None:
    """Two chains of forty steps that must both hold, and a cycle between them: beyond enumeration."""
    builder = GraphBuilder()
    for side in "ab":
        builder.step(["start"], f"{side}0", 0.99)
        for n in range(39):
            builder.step([f"{side}{n}"], f"{side}{n + 1}", 0.99)
    builder.step(["a39", "b39"], "goal").step(["goal"], "a0")
    graph = builder.build(["start"])
    start, goal = [builder.names["start"]], builder.names["goal"]
    with pytest.raises(exact.TooLarge):
        exact.probability(graph, goal, start)
    assert probability(graph, goal, start) == pytest.approx(0.99**80, rel=1e-12)
    diagram = Diagram(graph, start, [goal])
    assert len(diagram.cut_sets(goal)) == 80


def test_what_is_certain_or_impossible_has_no_sets_to_choose_from() -> None:
    builder = GraphBuilder()
    builder.step(["start"], "sure").step(["nowhere"], "never", 0.5)
    graph = builder.build(["start"])
    numbers = builder.names
    diagram = Diagram(graph, [numbers["start"]], [numbers["sure"], numbers["never"]])
    assert diagram.cut_sets(numbers["sure"]) == ()
    assert diagram.cut_sets(numbers["never"]) == (frozenset(),)
    assert diagram.probability(numbers["never"]) == 0.0


def test_sets_over_chosen_instances_whatever_their_chance() -> None:
    builder = GraphBuilder()
    builder.step(["start"], "a").step(["start"], "b").step(["a", "b"], "goal", 0.5)
    graph = builder.build(["start"])
    diagram = Diagram(graph, [builder.names["start"]], [builder.names["goal"]], over=[0, 1])
    assert diagram.cut_sets(builder.names["goal"]) == (frozenset({0}), frozenset({1}))


def test_without_the_library_the_way_to_get_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dd.bdd", None)
    with pytest.raises(PanaceaError, match="needs the library `dd`"):
        Diagram(build([]), START, [GOAL])
