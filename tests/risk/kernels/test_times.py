"""Times of graphs so large that the compiled form lets go what no goal waits for are those of NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from panacea_policy.model.distributions import Lognormal
from panacea_policy.risk.graph import Graph, GraphBuilder
from panacea_policy.risk.kernels import Form
from panacea_policy.risk.simulate import Runner, draws_of, plan_of

DAY = 86400.0


def wards(seed: int) -> tuple[Graph, list[int]]:
    """Wards in a ring with hosts that lead back to them: cycles, and goals that fall early, late, never."""
    rng = np.random.default_rng(seed)
    builder = GraphBuilder()
    for ward in range(30):
        for way in (1, 7, 23, 29):
            effort = Lognormal(float(np.log(2 * DAY)), 1.0)
            builder.step([f"at {ward}"], f"at {(ward + way) % 30}", 0.6, effort, name=f"go {way}")
        for host in range(25):
            for weakness in range(2):
                effort = Lognormal(float(np.log(3 * DAY)), 1.0)
                chance = float(rng.random() * 0.9)
                builder.step([f"at {ward}"], f"host {ward} {host}", chance, effort, name=f"use {weakness}")
            builder.step([f"host {ward} {host}"], f"at {ward}", 0.5, DAY)
            other = f"host {rng.integers(30)} {rng.integers(25)}"
            builder.step([f"host {ward} {host}", other], f"down {ward}", 0.3, rng.integers(3) * DAY)
        builder.step([f"down {ward}"], f"goal {ward}", 0.9)
    graph = builder.build(["at 0"])
    numbers = builder.numbers()
    goals = [numbers[f"goal {ward}"] for ward in range(30)] + [numbers["host 3 3"], numbers["goal 3"]]
    return graph, goals


@pytest.mark.parametrize("seed", range(3))
def test_both_forms_give_equal_times(seed: int) -> None:
    pytest.importorskip("numba")
    graph, goals = wards(seed)
    found = []
    for form in (Form.NUMPY, Form.NUMBA):
        runner = Runner.for_work(1, form=form, threads=2)
        plan = plan_of(graph, np.ones(len(graph), bool), runner.kernels)
        draws = draws_of(plan, graph, graph.chance, seed)
        trials, start = np.arange(128), [0]
        wanted = np.array(goals)
        fell = runner.spread(plan, draws, start, np.arange(2), wanted)
        ever = np.unpackbits(fell.view(np.uint8), axis=1, bitorder="little").astype(bool)
        limits = np.where(trials % 3 == 0, 20 * DAY, 365 * DAY)
        known = runner.settle(plan, draws, None, start, trials, limits, wanted, ever)
        assert np.array_equal(known, runner.settle(plan, draws, None, start, trials, limits, wanted))
        found.append(known)
    assert np.array_equal(*found)
    fallen = np.isfinite(found[0])
    assert 0.05 < fallen.mean() < 0.95
    assert len(graph) > 2500
