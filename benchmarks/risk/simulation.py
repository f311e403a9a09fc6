"""Figures of the simulation: trials with times, yes/no trials, what-ifs, increments."""

from __future__ import annotations

import heapq
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.risk.figure import Figure, Found, Goal, at_least, at_most, processor, timed
from benchmarks.risk.networks import hospital, layered
from panacea_policy.risk.attempts import Source
from panacea_policy.risk.graph import Graph
from panacea_policy.risk.kernels import Form
from panacea_policy.risk.simulate import Runner, draws_of, plan_of, run
from panacea_policy.risk.study import Study

ROOT = Path(__file__).resolve().parents[2]
TRIALS = 10_000
_PEER_TRIALS = 50


# ---------------------------------------------------------------------------------------------- riverside


def riverside(*, quick: bool) -> Found:
    """The reference hospital: 10,000 attempts of each of its actors, and the whole assessment."""
    from panacea_policy.compiler import Workspace
    from panacea_policy.risk import RiskOptions, assess_risk
    from panacea_policy.risk.case import prepare

    workspace = Workspace.open(ROOT / "models" / "riverside", as_of=date(2026, 11, 1))
    attack, model = workspace.attack(), workspace.model
    options = RiskOptions(trials=640 if quick else TRIALS, ranked=False)

    def simulated() -> None:
        prepare(attack, model, options, lambda _: None).study.fallen()

    simulated()
    case = prepare(attack, model, options, lambda _: None)
    prepared = timed(lambda: prepare(attack, model, options, lambda _: None), 3)
    columns = sum(int(fell.any(axis=0).sum()) for fell in case.study.fallen())
    return {
        "facts": len(attack.facts),
        "instances": len(attack.step),
        "actors": len(case.sources),
        "trials": options.trials,
        "hits": columns,
        "prepare": prepared,
        "simulate": timed(simulated, 3) - prepared,
        "processor": processor(simulated)
        - processor(lambda: prepare(attack, model, options, lambda _: None)),
        "assess": timed(lambda: assess_risk(attack, model, options), 2),
    }


def _riverside_lines(found: Found) -> list[str]:
    return [
        f"{found['facts']:,} facts, {found['instances']:,} instances, {found['actors']} actors of "
        f"{found['trials']:,} trials each, a goal falls in {found['hits']:,}",
        f"simulated with times in {found['simulate']:.2f} s ({found['processor']:.2f} s of processors), made "
        f"ready in {found['prepare']:.2f} s; whole assessment without rankings {found['assess']:.2f} s",
    ]


# ---------------------------------------------------------------------------------------------- 10,000 nodes


def nodes(*, quick: bool) -> Found:
    """Trials with times on 10,000 nodes, beside Dijkstra's algorithm trial by trial in plain Python."""
    graph, goal = layered(750 if quick else 7_500)
    trials = 640 if quick else TRIALS

    def ours(form: Form) -> float:
        run(graph, [goal], [[0]], chance=graph.chance, trials=64, seed=1, form=form)
        return timed(
            lambda: run(graph, [goal], [[0]], chance=graph.chance, trials=trials, seed=1, form=form), 3
        )

    fell = np.isfinite(run(graph, [goal], [[0]], chance=graph.chance, trials=trials, seed=1).time[0]).mean()
    peer = timed(lambda: dijkstra(graph, goal, _PEER_TRIALS, 1)) * trials / _PEER_TRIALS
    return {
        "nodes": graph.facts + len(graph),
        "trials": trials,
        "falls": float(fell),
        "compiled": ours(Form.NUMBA),
        "processor": processor(
            lambda: run(graph, [goal], [[0]], chance=graph.chance, trials=trials, seed=1, form=Form.NUMBA)
        ),
        "numpy": ours(Form.NUMPY),
        "peer": peer,
    }


def dijkstra(graph: Graph, goal: int, trials: int, seed: int) -> float:
    """The share of trials in which the goal fell, by Dijkstra's algorithm trial by trial."""
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


def _nodes_lines(found: Found) -> list[str]:
    return [
        f"{found['nodes']:,} nodes, {found['trials']:,} trials with times, the goal falls in "
        f"{found['falls']:.1%}",
        f"compiled {found['compiled']:.2f} s ({found['processor']:.2f} s of processors), "
        f"NumPy {found['numpy']:.2f} s, Dijkstra trial by trial "
        f"{found['peer']:.1f} s (by {_PEER_TRIALS} trials): {found['peer'] / found['compiled']:.0f} times",
    ]


# ---------------------------------------------------------------------------------------------- yes or no


def yes_no(*, quick: bool) -> Found:
    """Drawing and spreading on two threads, beside plain NumPy on matrices of truth values."""
    found: Found = {"sizes": []}
    for instances in (3_000,) if quick else (25_000, 250_000):
        graph, goal = layered(instances, low=0.5, high=1.0)
        runner = Runner.for_work(1 << 40, form=Form.NUMBA, threads=2)
        plan = plan_of(graph, np.ones(len(graph), bool), runner.kernels)
        draws = draws_of(plan, graph, graph.chance, 1)
        words = np.arange(16 if quick else 160)
        wanted = np.array([goal])
        seconds = timed(lambda: runner.spread(plan, draws, [0], words, wanted), 5)  # noqa: B023
        spent = processor(lambda: runner.spread(plan, draws, [0], words, wanted))  # noqa: B023
        reached = runner.spread(plan, draws, [0], words[:8], np.arange(graph.facts))
        peer_trials = 64
        peer = timed(lambda: matrices(graph, peer_trials, 1))  # noqa: B023
        found["sizes"].append(
            {
                "edges": plan.edges,
                "trials": 64 * len(words),
                "seconds": seconds,
                "processor": spent,
                "pace": plan.edges * 64 * len(words) / seconds / 1e9,
                "holding": float(np.bitwise_count(reached).mean() / 64),
                "peer_pace": plan.edges * peer_trials / peer / 1e9,
            }
        )
    return found


def matrices(graph: Graph, trials: int, seed: int) -> np.ndarray:
    """The same in plain NumPy: rounds over all instances on a matrix of facts and trials, until it rests."""
    succeeds = np.random.default_rng(seed).random((len(graph), trials)) < graph.chance[:, None]
    holds = np.zeros((graph.facts, trials), bool)
    holds[0] = True
    index = graph.premises.index
    results = graph.results.index
    starts = graph.premises.start[:-1]
    before = -1
    while before != (before := int(np.count_nonzero(holds))):
        through = np.logical_and.reduceat(holds[index], starts, axis=0) & succeeds
        np.logical_or.at(holds, results, through)
    return holds


def _yes_no_lines(found: Found) -> list[str]:
    return [
        f"{size['edges']:,} edges (premises and results of all instances) x {size['trials']:,} trials in "
        f"{size['seconds']:.3f} s ({size['processor']:.3f} s of processors): {size['pace']:.2f} G "
        f"edge-trials a second, drawing included; "
        f"{size['holding']:.0%} of the facts hold; plain NumPy {size['peer_pace']:.4f} G"
        for size in found["sizes"]
    ]


def _yes_no_goals(found: Found) -> list[Goal]:
    return [
        at_least(f"yes/no trials on {size['edges']:,} edges, 2 threads", size["pace"], 1.0, "G edge-trials/s")
        for size in found["sizes"]
    ]


# ---------------------------------------------------------------------------------------------- increments


def increment(*, quick: bool) -> Found:
    """A vulnerability comes to sixty hosts of 100,000: the new estimate beside a fresh one."""
    hosts = 2_000 if quick else 100_000
    graph, goal = hospital(hosts)
    rng = np.random.default_rng(9)
    struck = rng.choice(len(graph), 60, replace=False)
    higher = graph.chance.copy()
    higher[struck] = 0.7
    sources = [Source("outside", "Outside", 1.0, (0,)), Source("inside", "Inside", 0.2, (0, hosts // 2))]
    goals = [goal, *range(49, hosts, max(50, hosts // 40))]

    def study(chance: np.ndarray, before: Study | None = None) -> Study:
        return Study(
            graph.with_chance(chance),
            chance,
            sources,
            goals,
            np.ones(len(goals)),
            horizon=1e9,
            trials=640 if quick else TRIALS,
            seed=1,
            keep=True,
            before=before,
            threads=2,
        )

    first = study(graph.chance)
    fresh = timed(first.fallen)
    second: list[Study] = []

    def again() -> None:
        second.append(study(higher, first))
        second[-1].fallen()

    seconds = timed(again)
    spent = processor(again)
    anew = study(higher)
    equal = all(
        np.array_equal(one, two) for one, two in zip(second[0].outcome.time, anew.outcome.time, strict=True)
    )
    both = zip(first.fallen(), anew.fallen(), strict=True)
    touched = sum(int((before != after).any(axis=0).sum()) for before, after in both)
    return {
        "hosts": hosts,
        "instances": len(graph),
        "trials": first.trials,
        "fresh": fresh,
        "seconds": seconds,
        "processor": spent,
        "equal": equal,
        "touched": touched,
        "hit": float(np.mean([f.any(axis=0).mean() for f in anew.fallen()])),
    }


def _increment_lines(found: Found) -> list[str]:
    return [
        f"{found['hosts']:,} hosts, {found['instances']:,} instances, 2 actors of {found['trials']:,} trials "
        f"each; a goal falls in {found['hit']:.0%}, other goals than before in {found['touched']:,}",
        f"everything {found['fresh']:.2f} s, after the change {found['seconds']:.2f} s "
        f"({found['processor']:.2f} s of processors), "
        + ("equal to a fresh run" if found["equal"] else "NOT equal to a fresh run"),
    ]


# ---------------------------------------------------------------------------------------------- what if


def what_if(*, quick: bool) -> Found:
    """100,000 questions to the reference hospital: a trial, and the controls in place in it."""
    from panacea_policy.compiler import Workspace
    from panacea_policy.risk import RiskOptions
    from panacea_policy.risk.case import prepare

    workspace = Workspace.open(ROOT / "models" / "riverside", as_of=date(2026, 11, 1))
    case = prepare(workspace.attack(), workspace.model, RiskOptions(), lambda _: None)
    fallen = case.study.fallen()
    worst = max(range(len(fallen)), key=lambda k: int(fallen[k].any(axis=0).sum()))
    rng = np.random.default_rng(1)
    count = 2_000 if quick else 100_000
    trials = rng.choice(np.flatnonzero(fallen[worst].any(axis=0)), count)
    active = rng.random((len(case.graph.effectiveness), count)) < 0.5
    return {
        "count": count,
        "controls": len(active),
        "seconds": timed(lambda: case.study.fallen_with(worst, trials, active), 3),
    }


def _what_if_lines(found: Found) -> list[str]:
    pace = found["count"] / found["seconds"]
    return [
        f"{found['count']:,} trials with controls of their own, of {found['controls']}: "
        f"{found['seconds']:.2f} s, {pace:,.0f} a second"
    ]


FIGURES = {
    "riverside": Figure(
        "10,000 trials of every actor on the reference hospital",
        riverside,
        _riverside_lines,
        lambda found: [at_most("10,000 trials on riverside in at most 1 s", found["simulate"], 1.0)],
    ),
    "nodes": Figure(
        "10,000 trials with times on 10,000 nodes",
        nodes,
        _nodes_lines,
        lambda found: [at_most("10,000 trials on 10,000 nodes in at most 2 s", found["compiled"], 2.0)],
    ),
    "yes_no": Figure("yes/no trials", yes_no, _yes_no_lines, _yes_no_goals),
    "increment": Figure(
        "a new estimate after a change of a large graph",
        increment,
        _increment_lines,
        lambda found: [
            at_most("new estimate on 100,000 assets in at most 3 s", found["seconds"], 3.0),
            Goal("equal to a fresh run", "yes" if found["equal"] else "no", found["equal"]),
        ],
    ),
    "what_if": Figure("what-ifs on single trials", what_if, _what_if_lines),
}
