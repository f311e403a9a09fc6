"""Twelve controls: the best set, the front and the tail are those of all 4,096 sets, tried one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.risk.attempts import Source
from panacea_policy.risk.graph import Bools, Floats, Ints
from panacea_policy.risk.mitigation import tree
from panacea_policy.risk.mitigation.choose import Chooser, worst_mean
from panacea_policy.risk.mitigation.program import Row, Tail
from panacea_policy.risk.mitigation.sample import Sample, Switches
from panacea_policy.risk.study import Study
from tests.risk.graphs import FACTS, GOAL, Step, build
from tests.risk.mitigation.graphs import Weighed, pair

pytest.importorskip("highspy")

M = 12
SETS: Bools = (np.arange(1 << M)[None, :] >> np.arange(M)[:, None] & 1).astype(bool)
WORST = 0.25


@dataclass(frozen=True)
class Every:
    """All 4,096 sets of a sample: what each costs, whether it is allowed, which events it leaves."""

    sample: Sample
    cost: Floats
    rows: list[Row]
    still: Bools

    @staticmethod
    def of(sample: Sample, cost: Floats, rows: list[Row]) -> Every:
        """Each event is asked about under each set, without the clauses and programs that are tested."""
        events: Ints = np.arange(len(sample.source))
        asked = np.repeat(events, 1 << M)
        fell = sample.happen(asked, np.tile(SETS, (1, len(events)))) if len(events) else np.zeros(0, bool)
        return Every(sample, cost, rows, fell.reshape(len(events), 1 << M))

    @property
    def allowed(self) -> Bools:
        found = np.ones(1 << M, dtype=bool)
        for row in self.rows:
            value = row.coefficients @ SETS
            found &= (value >= row.low - 1e-9) & (value <= row.high + 1e-9)
        return found

    @property
    def spent(self) -> Floats:
        found: Floats = self.cost @ SETS
        return found

    def values(self, tail: Tail | None) -> Floats:
        if tail is None:
            found: Floats = self.sample.weight @ self.still
            return found
        years = np.zeros((len(tail.base), 1 << M))
        np.add.at(years, tail.year, tail.loss[:, None] * self.still[tail.event])
        return np.array([worst_mean(column, tail.worst) for column in years.T])

    def best(self, budget: float, tail: Tail | None = None) -> float | None:
        some = self.allowed & (self.spent <= budget + 1e-9)
        return float(self.values(tail)[some].min()) if some.any() else None

    def front(self, tail: Tail | None = None) -> list[tuple[float, float]]:
        spent, values = self.spent[self.allowed], self.values(tail)[self.allowed]
        found: list[tuple[float, float]] = []
        for i in np.lexsort((values, spent)).tolist():
            if not found or values[i] < found[-1][1] - 1e-9:
                found.append((float(spent[i]), float(values[i])))
        return found


def agree(every: Every, budget: float, tail: Tail | None = None) -> None:
    """The chooser finds what going through all sets finds."""
    chooser = Chooser(every.sample, every.cost, every.rows, tail=tail)
    front = chooser.front()
    assert front.complete
    assert [(p.cost, p.value) for p in front.points] == [
        pytest.approx(each, abs=1e-6) for each in every.front(tail)
    ]
    assert all(p.gap <= 1e-6 for p in front.points)
    point, best = chooser.best(budget), every.best(budget, tail)
    assert (point is None) == (best is None)
    if point is not None:
        assert point.value == pytest.approx(best, abs=1e-6)
        assert point.cost <= budget + 1e-9
        assert every.allowed[point.on]


def tail_of(sample: Sample, seed: int) -> Tail:
    """Twenty years with some of the events in each."""
    random = np.random.default_rng(seed)
    count = 3 * len(sample.source)
    year, event = random.integers(0, 20, count), random.integers(0, len(sample.source), count)
    loss = random.integers(1, 9, count).astype(float)
    lasting = sample.lasting[event]
    least = np.sort(np.bincount(year[lasting], weights=loss[lasting], minlength=20))[::-1]
    base = np.bincount(year, weights=loss, minlength=20)
    return Tail(base, year, event, loss, WORST, float(least[int(WORST * 20) - 1]))


costs = st.lists(st.integers(0, 9), min_size=M, max_size=M).map(lambda c: np.array(c, dtype=float))


@st.composite
def conditions(draw: st.DrawFn) -> list[Row]:
    """Needs, exclusions, and a control that may only be given up for another (`replaces`)."""
    pairs = st.tuples(st.integers(0, M - 1), st.integers(0, M - 1)).filter(lambda p: p[0] != p[1])
    kinds = st.sampled_from(["needs", "needs", "excludes", "either"])
    return [pair(M, *draw(pairs), draw(kinds)) for _ in range(draw(st.integers(0, 5)))]


@st.composite
def written(draw: st.DrawFn) -> Sample:
    """Events by the maximal sets under which they happen."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    trials, goals = draw(st.integers(1, 12)), draw(st.integers(1, 3))
    size = draw(st.integers(1, 5))

    def fails() -> list[int]:
        """Complements of clauses of a few switches each; now and then one that nothing stops."""
        left_out = [random.choice(M, random.integers(1, size + 1), replace=False) for _ in range(4)]
        chosen = left_out[: random.integers(0, 5)]
        every = (1 << M) - 1
        return [every & ~sum(1 << int(c) for c in out) for out in chosen] + [every] * (random.random() < 0.1)

    oracle = Weighed([[[fails() for _ in range(goals)] for _ in range(trials)]])
    weights = random.integers(1, 9, goals).astype(float)
    switches = Switches(np.eye(M, dtype=bool), np.zeros(M, dtype=bool))
    return Sample(oracle, switches, [float(trials)], weights, counts=[trials])


@st.composite
def simulated(draw: st.DrawFn) -> Sample:
    """A random graph with cycles and common causes, whose steps are hindered by up to four of twelve
    controls, simulated for two sources.
    """
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    steps = [Step((0,), 1, 1.0, -1, ())]
    for _ in range(draw(st.integers(4, 16))):
        premises = tuple(random.choice(FACTS - 1, random.integers(1, 3), replace=False).tolist())
        hindered = tuple(random.choice(M, random.integers(0, 5), replace=False).tolist())
        result = int(random.integers(1, FACTS))
        steps.append(
            Step(premises, result, float(random.uniform(0.3, 1)), int(random.integers(-3, 2)), hindered)
        )
    steps = [Step(s.premises, s.result, s.chance, max(s.cause, -1), s.hindered) for s in steps]
    graph = build(steps, controls=M, effectiveness=draw(st.sampled_from([0.4, 0.8, 1.0])))
    sources = (Source("a", "A", 2.0, (0,)), Source("b", "B", 0.5, (0, 1)))
    trials = 12
    oracle = Study(
        graph, graph.chance, sources, [GOAL, GOAL - 1], np.ones(2), horizon=1e9, trials=trials, seed=3
    )
    return Sample(
        oracle,
        Switches(np.eye(M, dtype=bool), np.zeros(M, dtype=bool)),
        [2.0, 0.5],
        np.array([3.0, 1.0]),
        counts=[trials] * 2,
    )


@pytest.mark.slow
@given(written(), costs, conditions(), st.integers(0, 50), st.sampled_from([0, 6]))
@settings(max_examples=40, deadline=None)
def test_written_samples(sample: Sample, cost: Floats, rows: list[Row], budget: int, rounds: int) -> None:
    every = Every.of(sample, cost, rows)
    sample.gather(rounds)
    agree(every, budget)


@pytest.mark.slow
@given(simulated(), costs, conditions(), st.integers(0, 50))
@settings(max_examples=25, deadline=None)
def test_simulated_cyclic_graphs(sample: Sample, cost: Floats, rows: list[Row], budget: int) -> None:
    every = Every.of(sample, cost, rows)
    sample.gather()
    agree(every, budget)


@pytest.mark.slow
@given(st.one_of(written(), simulated()), costs, conditions(), st.integers(0, 50), st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_the_tail(sample: Sample, cost: Floats, rows: list[Row], budget: int, seed: int) -> None:
    if not len(sample.source):
        return
    agree(Every.of(sample, cost, rows), budget, tail_of(sample, seed))


def test_one_of_each() -> None:
    """The same by one fixed case each, for the quick run: the greedy trap among twelve controls."""
    random = np.random.default_rng(5)
    every = (1 << M) - 1
    fails = [
        [[every & ~sum(1 << int(c) for c in random.choice(M, 3, replace=False)) for _ in range(2)]]
        for _ in range(40)
    ]
    switches = Switches(np.eye(M, dtype=bool), np.zeros(M, dtype=bool))
    sample = Sample(Weighed([fails]), switches, [40.0], np.ones(1), counts=[40])
    cost = random.integers(1, 9, M).astype(float)
    rows = [pair(M, 0, 1, "needs"), pair(M, 2, 3, "excludes"), pair(M, 4, 5, "either")]
    gone_through = Every.of(sample, cost, rows)
    assert len(gone_through.front()) > 5
    agree(gone_through, 12.0)
    agree(gone_through, 12.0, tail_of(sample, 1))


def test_a_program_that_the_tree_gives_up_on_is_left_to_the_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no patience at all HiGHS' own branch and bound answers, and answers the same."""
    random = np.random.default_rng(7)
    every = (1 << M) - 1
    fails = [[[every & ~sum(1 << int(c) for c in random.choice(M, 3, replace=False))]] for _ in range(30)]
    switches = Switches(np.eye(M, dtype=bool), np.zeros(M, dtype=bool))
    sample = Sample(Weighed([fails]), switches, [30.0], np.ones(1), counts=[30])
    cost = random.integers(1, 9, M).astype(float)
    patient, hasty = Chooser(sample, cost), Chooser(sample, cost)
    answers = [patient.best(budget) for budget in (20.0, 5.0, 12.0)]
    monkeypatch.setattr(tree, "PATIENCE", 2)
    for budget, answer in zip((20.0, 5.0, 12.0), answers, strict=True):
        other = hasty.best(budget)
        assert answer is not None
        assert other is not None
        assert (answer.value, answer.gap) == (pytest.approx(other.value), pytest.approx(other.gap, abs=1e-6))
    assert hasty.relaxed <= 4 * hasty.solved
    assert hasty.relaxed < patient.relaxed
