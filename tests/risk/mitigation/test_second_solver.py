"""A second solver, OR-Tools CP-SAT, agrees on cases that are too large for brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from panacea_policy.risk.mitigation.choose import Chooser
from panacea_policy.risk.mitigation.sample import Sample, Switches, members
from tests.risk.mitigation.graphs import Weighed, pair

pytest.importorskip("highspy")
cp_model: Any = pytest.importorskip("ortools.sat.python.cp_model")

SWITCHES = 25


def random_events(random: np.random.Generator, count: int) -> list[list[int]]:
    """For each event its clauses, as masks: one to three of one to six switches."""
    return [
        [
            sum(1 << int(c) for c in random.choice(SWITCHES, random.integers(1, 7), replace=False))
            for _ in range(random.integers(1, 4))
        ]
        for _ in range(count)
    ]


def by_cp_sat(events: list[list[int]], cost: list[int], needs: list[tuple[int, int]], budget: int) -> int:
    """The fewest events that still happen under a budget."""
    model = cp_model.CpModel()
    on = [model.new_bool_var(f"x{c}") for c in range(SWITCHES)]
    avoided = [model.new_bool_var(f"y{e}") for e in range(len(events))]
    for y, clauses in zip(avoided, events, strict=True):
        for clause in clauses:
            model.add_bool_or([on[c] for c in members(clause)]).only_enforce_if(y)
    for a, b in needs:
        model.add_implication(on[a], on[b])
    model.add(sum(c * x for c, x in zip(cost, on, strict=True)) <= budget)
    model.maximize(sum(avoided))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    return len(events) - round(solver.objective_value)


@pytest.mark.parametrize("seed", range(4))
def test_both_solvers_leave_the_same_number_of_events(seed: int) -> None:
    random = np.random.default_rng(seed)
    events = random_events(random, 80)
    every = (1 << SWITCHES) - 1
    oracle = Weighed([[[[every & ~clause for clause in clauses]] for clauses in events]])
    cost = random.integers(1, 20, SWITCHES).tolist()
    needs = [(0, 1), (2, 3), (4, 3)]
    sample = Sample(
        oracle,
        Switches(np.eye(SWITCHES, dtype=bool), np.zeros(SWITCHES, dtype=bool)),
        [float(len(events))],
        np.ones(1),
        counts=[len(events)],
    )
    sample.gather(2)
    rows = [pair(SWITCHES, a, b, "needs") for a, b in needs]
    chooser = Chooser(sample, np.array(cost, dtype=float), rows)
    for budget in (15, 40, 80):
        expected = by_cp_sat(events, cost, needs, budget)
        point = chooser.best(float(budget))
        assert point is not None
        assert point.cost <= budget
        assert round(point.value) == expected
