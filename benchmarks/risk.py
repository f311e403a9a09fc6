"""Times the simulation of attack graphs: trials and instances per second, beside a trial-by-trial loop in
plain Python.

Run ``python -m benchmarks.risk``; ``--instances`` and ``--trials`` set the size, ``--model FOLDER`` times
a real model.
"""

from __future__ import annotations

import argparse
import heapq
import platform
import resource
import time
from collections.abc import Callable
from datetime import date

import numpy as np

from panacea_policy.model.distributions import Lognormal
from panacea_policy.risk.graph import Graph, GraphBuilder
from panacea_policy.risk.simulate import run

_PEER_TRIALS = 100


def network(instances: int, seed: int = 1) -> tuple[Graph, int]:
    """A layered graph with cycles: a third of the instances need two facts, some lead back; the goal is
    deep.
    """
    rng = np.random.default_rng(seed)
    facts = max(instances // 3, 4)
    law = Lognormal(mu=12.0, sigma=1.0)
    builder = GraphBuilder()
    builder.fact("f0")
    for number in range(instances):
        target = 1 + number * (facts - 1) // instances
        low = max(0, target - 40)
        needs = rng.integers(low, min(target + 6, facts), size=1 + number % 3 // 2)
        premises = {f"f{n}" for n in needs if n != target}
        builder.step(premises or ["f0"], f"f{target}", float(rng.uniform(0.02, 0.9)), law, name=str(number))
    return builder.build(["f0"]), builder.names[f"f{facts - 1}"]


def peer(graph: Graph, goal: int, trials: int, seed: int) -> float:
    """The same by Dijkstra's algorithm, trial by trial; returns the share of trials in which the goal
    fell.
    """
    rng = np.random.default_rng(seed)
    premises = [graph.premises.row(i) for i in range(len(graph))]
    results = [graph.results.row(i) for i in range(len(graph))]
    users: dict[int, list[int]] = {}
    for i, needs in enumerate(premises):
        for fact in needs:
            users.setdefault(fact, []).append(i)
    fell = 0
    for _ in range(trials):
        succeeds = rng.random(len(graph)) < graph.chance
        effort = rng.lognormal(12.0, 1.0, len(graph))
        missing = [len(needs) for needs in premises]
        settled: set[int] = set()
        agenda = [(0.0, 0)]
        while agenda:
            now, fact = heapq.heappop(agenda)
            if fact in settled:
                continue
            settled.add(fact)
            for i in users.get(fact, ()):
                missing[i] -= 1
                if missing[i] == 0 and succeeds[i]:
                    for result in results[i]:
                        heapq.heappush(agenda, (now + float(effort[i]), result))
        fell += goal in settled
    return fell / trials


def timed(work: Callable[[], object]) -> float:
    """Seconds of wall time."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def synthetic(instances: int, trials: int) -> None:
    """The synthetic graph, ours and the peer's."""
    graph, goal = network(instances)
    ours = timed(lambda: run(graph, [goal], [[0]], chance=graph.chance, trials=trials, seed=1))
    theirs = timed(lambda: peer(graph, goal, _PEER_TRIALS, 1)) * trials / _PEER_TRIALS
    pace = instances * trials / ours / 1e6
    print(
        f"{instances:,} instances x {trials:,} trials: {ours:.2f} s ({pace:.1f} M instance-trials a second)"
    )
    print(
        f"  one by one in plain Python: {theirs:.1f} s, by {_PEER_TRIALS} trials: {theirs / ours:.1f} times"
    )


def model(folder: str, trials: int) -> None:
    """A real model: compile its attack graph, then assess its risk with all rankings."""
    from panacea_policy.compiler import Workspace
    from panacea_policy.risk import RiskOptions, assess_risk

    workspace = Workspace.open(folder, as_of=date(2026, 11, 1))
    built = timed(workspace.attack)
    attack = workspace.attack()
    assessed = timed(lambda: assess_risk(attack, workspace.model, RiskOptions(trials=trials)))
    bare = timed(lambda: assess_risk(attack, workspace.model, RiskOptions(trials=trials, ranked=False)))
    print(f"{folder}: {len(attack.step):,} instances, attack graph {built:.2f} s")
    print(f"  {trials:,} trials {bare:.2f} s, with controls and assumptions ranked {assessed:.2f} s")


def main() -> None:
    """Parse the options and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, nargs="*", default=[2_000, 10_000])
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--model")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}")
    for instances in options.instances:
        synthetic(instances, options.trials)
    if options.model:
        model(options.model, options.trials)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
