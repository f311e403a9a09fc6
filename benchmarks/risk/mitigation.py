"""Times the exact choice of controls: the front of cost against loss on an attack graph of 10,000 nodes with
40 controls, beside a greedy choice; and on 12 controls beside brute force over all subsets.

Run ``python -m benchmarks.risk.mitigation``; ``--nodes``, ``--controls``, ``--trials`` and ``--points`` set
the size. ``CPU`` is the time of this process, which other work on the machine does not lengthen.
"""

from __future__ import annotations

import argparse
import platform
import resource
import time
from itertools import combinations

import numpy as np

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


def front(nodes: int, controls: int, trials: int, points: int) -> None:
    """The exact front, with the gap of every point, and the greedy choice beside it."""
    started, busy = time.perf_counter(), time.process_time()
    sample, cost = problem(nodes, controls, trials)
    simulated = time.perf_counter()
    sample.gather()
    gathered = time.perf_counter()
    chooser = Chooser(sample, cost)
    found = chooser.front(most=points)
    ended, busy = time.perf_counter(), time.process_time() - busy
    _, weight, _ = sample.families()
    print(
        f"{nodes:,} nodes, {controls} controls, {trials:,} trials, {len(sample.source):,} events in"
        f" {int((weight > 0).sum()):,} families of clauses"
    )
    print(
        f"  simulated {simulated - started:.1f} s, clauses {gathered - simulated:.1f} s, front"
        f" {ended - gathered:.1f} s: {len(found.points)} points"
        f" ({'all there are' if found.complete else f'{len(found.unexplored)} ranges unexplored'}),"
        f" {chooser.solved} programs solved, largest gap {max(p.gap for p in found.points):.1g};"
        f" CPU {busy:.1f} s",
        flush=True,
    )
    for quarter in (1, 2, 3):
        some = found.points[quarter * len(found.points) // 4]
        theirs = greedy(chooser, some.cost)
        print(
            f"  under {some.cost:,.0f}: exact leaves {some.value:,.0f}, greedy {theirs:,.0f}"
            f" ({theirs / some.value - 1:+.2%})",
            flush=True,
        )


def peer(nodes: int, trials: int) -> None:
    """Twelve controls: the front by programs, and by going through all 4,096 subsets."""
    sample, cost = problem(nodes, 12, trials)
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
    print(
        f"12 controls, {len(sample.source):,} events: front {ours:.1f} s, brute force over 4,096 subsets"
        f" {theirs:.1f} s ({theirs / ours:.1f} times); equal: {np.allclose(same, best)} ({len(same)} points)"
    )


def main() -> None:
    """Parse the options and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--controls", type=int, default=40)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--points", type=int, default=1_000)
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}")
    front(options.nodes, options.controls, options.trials, options.points)
    if not options.no_peer:
        peer(options.nodes // 5, options.trials // 4)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
