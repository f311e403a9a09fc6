"""The exact choice of controls, by ``python -m benchmarks.risk --only pareto_front`` (or ``brute_force``).

*The front.* All portfolios that no other beats in cost and loss, on an attack graph of 10,000 nodes with 40
controls, from the simulation on, each with its optimality gap; beside it what a greedy choice leaves for the
same money.

*Brute force.* On 12 controls all 4,096 sets are gone through in the same run, and give the same front.

Seconds of the processor are those of this process alone, which other work on the machine lengthens little.
"""

from __future__ import annotations

import time
from itertools import combinations

import numpy as np

from benchmarks.risk.figure import Figure, Found, Goal, at_most
from panacea_policy.model.distributions import Lognormal
from panacea_policy.risk.attempts import Source
from panacea_policy.risk.graph import Graph, GraphBuilder
from panacea_policy.risk.kernels import Form
from panacea_policy.risk.mitigation.choose import Chooser
from panacea_policy.risk.mitigation.sample import Sample, Switches
from panacea_policy.risk.study import Study

DEPARTMENTS = 20
ENTRIES = 5


def hospital(nodes: int, controls: int, seed: int = 1) -> tuple[Graph, list[int]]:
    """Entries by mail, remote access and the like; a core; departments with a mesh of hosts, a goal in each.

    A quarter of the controls acts at entries, half at the borders of departments, the others on hosts.
    """
    random = np.random.default_rng(seed)
    law = Lognormal(mu=12.0, sigma=1.0)
    builder = GraphBuilder()
    builder.fact("start")
    for _ in range(controls):
        builder.control(float(random.uniform(0.3, 0.95)))
    at_entry = list(range(controls // 4))
    at_border = list(range(controls // 4, 3 * controls // 4))
    on_host = list(range(3 * controls // 4, controls))
    for e in range(ENTRIES):
        hindered = random.choice(at_entry, 2, replace=False).tolist()
        builder.step(
            ["start"], "core", float(random.uniform(0.05, 0.3)), law, hindered=hindered, name=f"e{e}"
        )
    hosts = nodes // DEPARTMENTS // 4
    for d in range(DEPARTMENTS):
        border = [at_border[d % len(at_border)]]
        builder.step(["core"], f"{d}.0", float(random.uniform(0.1, 0.5)), law, hindered=border, name=f"b{d}")
        for h in range(1, hosts):
            for k in range(3):
                near = int(random.integers(max(0, h - 12), h))
                hindered = [int(random.choice(on_host))] if random.random() < 0.25 else []
                chance = float(random.uniform(0.2, 0.7))
                builder.step([f"{d}.{near}"], f"{d}.{h}", chance, law, hindered=hindered, name=f"{d}.{h}.{k}")
    return builder.build(["start"]), [builder.names[f"{d}.{hosts - 1}"] for d in range(DEPARTMENTS)]


def problem(nodes: int, controls: int, trials: int, seed: int = 1) -> tuple[Sample, np.ndarray]:
    """The sample of a simulated hospital, and what each control costs."""
    graph, goals = hospital(nodes, controls, seed)
    random = np.random.default_rng(seed + 1)
    worth = random.uniform(1e5, 2e6, len(goals))
    study = Study(
        graph,
        graph.chance,
        (Source("gang", "Gang", 4.0, (0,)),),
        goals,
        worth,
        horizon=365 * 86400.0,
        trials=trials,
        seed=seed,
        form=Form.NUMBA,
    )
    switches = Switches(np.eye(controls, dtype=bool), np.zeros(controls, dtype=bool))
    cost = np.round(np.exp(random.normal(11.5, 0.8, controls)), -3)
    return Sample(study, switches, [4.0], worth, counts=[trials]), cost


def greedy(chooser: Chooser, budget: float) -> float:
    """What buying the best value for money, one after another, leaves."""
    on, value = 0, chooser.value(0)
    while True:
        best, gain, after = -1, 0.0, value
        for c in range(len(chooser.cost)):
            if on >> c & 1 or chooser.spent(on | 1 << c) > budget:
                continue
            now = chooser.value(on | 1 << c)
            if (value - now) / chooser.cost[c] > gain:
                best, gain, after = c, (value - now) / chooser.cost[c], now
        if best < 0:
            return value
        on, value = on | 1 << best, after


# ------------------------------------------------------------------------------------------ the front


def pareto_front(*, quick: bool) -> Found:
    """The exact front, with the gap of every point, and the greedy choice beside it."""
    size = (1_000, 12, 100) if quick else (10_000, 40, 300)
    started, busy = time.perf_counter(), time.process_time()
    sample, cost = problem(*size)
    sample.gather()
    chooser = Chooser(sample, cost)
    found = chooser.front(most=1_000)
    spent, busy = time.perf_counter() - started, time.process_time() - busy
    beside = []
    for quarter in (1, 2, 3):
        some = found.points[quarter * len(found.points) // 4]
        beside.append({"budget": some.cost, "exact": some.value, "greedy": greedy(chooser, some.cost)})
    return {
        "nodes": size[0],
        "controls": size[1],
        "trials": size[2],
        "events": len(sample.source),
        "points": len(found.points),
        "complete": found.complete,
        "gap": max(p.gap for p in found.points),
        "programs": chooser.solved,
        "relaxations": chooser.relaxed,
        "seconds": spent,
        "processor": busy,
        "beside": beside,
    }


def _front_lines(found: Found) -> list[str]:
    told = [
        f"{found['nodes']:,} nodes, {found['controls']} controls, {found['trials']:,} trials,"
        f" {found['events']:,} events",
        f"{found['points']} points ({'all there are' if found['complete'] else 'not all'}), largest gap"
        f" {found['gap']:.1g}, {found['programs']} programs by {found['relaxations']:,} relaxations",
        f"{found['seconds']:.1f} s ({found['processor']:.1f} s of the processor)",
    ]
    for each in found["beside"]:
        worse = each["greedy"] / each["exact"] - 1 if each["exact"] else 0.0
        told.append(
            f"for {each['budget']:,.0f}: exact leaves {each['exact']:,.0f}, greedy {each['greedy']:,.0f}"
            f" ({worse:+.2%})"
        )
    return told


def _front_goals(found: Found) -> list[Goal]:
    return [
        at_most("exact Pareto front, 10,000 nodes and 40 controls, <= 60 s", found["seconds"], 60.0),
        Goal(
            "every point of the front proven best",
            f"largest gap {found['gap']:.1g}, {'complete' if found['complete'] else 'incomplete'}",
            found["complete"] and found["gap"] <= 1e-6,
        ),
    ]


# ------------------------------------------------------------------------------------------ brute force


def brute_force(*, quick: bool) -> Found:
    """Twelve controls: the front by programs, and by going through all 4,096 subsets."""
    sample, cost = problem(*((500, 12, 20) if quick else (2_000, 12, 75)))
    started = time.perf_counter()
    sample.gather()
    chooser = Chooser(sample, cost)
    found = chooser.front()
    ours = time.perf_counter() - started
    started = time.perf_counter()
    sets = [sum(1 << c for c in some) for k in range(13) for some in combinations(range(12), k)]
    values = sorted((chooser.spent(s), chooser.value(s)) for s in sets)
    best: list[tuple[float, float]] = []
    for spent, value in values:
        if not best or value < best[-1][1] - 1e-9:
            best.append((spent, value))
    theirs = time.perf_counter() - started
    same = [(p.cost, p.value) for p in found.points]
    return {
        "events": len(sample.source),
        "points": len(same),
        "seconds": ours,
        "peer_seconds": theirs,
        "equal": len(same) == len(best) and bool(np.allclose(same, best)),
    }


def _brute_lines(found: Found) -> list[str]:
    return [
        f"{found['events']:,} events, front of {found['points']} points: {found['seconds']:.1f} s; all 4,096"
        f" sets: {found['peer_seconds']:.1f} s ({found['peer_seconds'] / found['seconds']:.1f} times)",
        "the two fronts are equal" if found["equal"] else "THE TWO FRONTS DIFFER",
    ]


def _brute_goals(found: Found) -> list[Goal]:
    return [Goal("equal to brute force on 12 controls", str(found["equal"]), found["equal"])]


FIGURES = {
    "pareto_front": Figure("the exact Pareto front", pareto_front, _front_lines, _front_goals),
    "brute_force": Figure("12 controls beside brute force", brute_force, _brute_lines, _brute_goals),
}
