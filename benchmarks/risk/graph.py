"""Attack graphs: how fast they are built, beside mal-toolbox; how they grow with the hospital; how they
follow a new advisory. Run by ``python -m benchmarks.risk --only attack_nodes`` (or ``attack_growth``,
``advisory``).

*Nodes per second.* One network in both languages (`equal`), with the same AND and OR nodes. mal-toolbox:
from a model held in memory to its attack graph. Ours: from the facts of the model in the engine's columns,
through all rules, to the arrays of the graph. Neither reads texts in that time. The least of some runs, in
turns, in one process.

*Growth.* Generated hospitals (`hospital`) from their texts and inventories to the attack graph, each in a
process of its own, with an empty cache.

*An advisory.* On the largest of them one more vulnerability of a product becomes known: seconds to take it
in (`Workspace.apply`: declarations, facts of findings and verdicts), and then to bring the attack graph up
to date, facts with priors included. The first time, the graph is made ready to follow; that is told apart.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from benchmarks.risk import equal, hospital
from benchmarks.risk.equal import Network
from benchmarks.risk.figure import Figure, Found, Goal, at_least, at_most
from benchmarks.risk.hospital import Size
from benchmarks.workspace import exponent

DAY = date(2026, 11, 1)
#: Advisories that are measured.
_ADVISORIES = 5


def pace(*, quick: bool) -> Found:
    """Nodes per second of both."""
    network = Network(1_000, 2) if quick else Network(20_000, 2)
    with tempfile.TemporaryDirectory() as name:
        ours, our_nodes = _ours(equal.write(Path(name) / "equal", network))
        theirs, their_nodes = _peer(network, Path(name))
        mine, peers = [], []
        for _ in range(2 if quick else 5):
            mine.append(ours())
            peers.append(theirs())
    return {
        "hosts": network.hosts,
        "vulnerabilities": network.vulnerabilities,
        "nodes": our_nodes(),
        "seconds": min(mine),
        "peer_nodes": their_nodes(),
        "peer_seconds": min(peers),
    }


def _ours(folder: Path) -> tuple[Callable[[], float], Callable[[], int]]:
    """What builds our graph once facts are there, and how many nodes it has."""
    from panacea_policy.compiler import Workspace
    from panacea_policy.compiler.attack.shape import shape_of
    from panacea_policy.compiler.attack.store import Store
    from panacea_policy.compiler.evaluation import LIMITS, fill_database
    from panacea_policy.compiler.facts import Facts
    from panacea_policy.engine import evaluate

    workspace = Workspace.open(folder, as_of=DAY, cache=None)
    layer, program, symbols = workspace._layer, workspace._program, workspace.symbols
    attack, model = program.attack, workspace.model
    facts = Facts(layer.registry, layer.entities, layer.invalid, symbols, DAY, layer.kind_priors)
    compiled = attack.compiled
    size = 0

    def build() -> None:
        nonlocal size
        # The indexes of an evaluation stay with its database: each run has one of its own.
        start = time.perf_counter()
        result = evaluate(compiled, database.pop(), only=attack.wanted, limits=LIMITS)
        graph = Store(result, shape_of(program, model), model, program.terms).graph(facts.assumptions)
        spent.append(time.perf_counter() - start)
        size = len(graph.facts) + len(graph.step)

    database = []
    spent: list[float] = []

    def run() -> float:
        database.append(fill_database(attack.builder, facts, symbols, attack.wanted))
        build()
        return spent.pop()

    return run, lambda: size


def _peer(network: Network, folder: Path) -> tuple[Callable[[], float], Callable[[], int]]:
    """What builds the graph of mal-toolbox once its model is there, and how many nodes it has."""
    from maltoolbox.attackgraph import AttackGraph
    from maltoolbox.language import LanguageGraph
    from maltoolbox.model import Model

    language = folder / "hospital.mal"
    language.write_text(equal.MAL, encoding="utf-8")
    known = LanguageGraph.from_mal_spec(str(language))
    model = Model("network", known)
    zones = [model.add_asset("Zone", f"z{n}") for n in range(network.zones)]
    for number, (source, target) in enumerate(network.conduits):
        conduit = model.add_asset("Conduit", f"c{number}")
        conduit.add_associated_assets("source", {zones[source]})
        conduit.add_associated_assets("target", {zones[target]})
    for number in range(network.hosts):
        host = model.add_asset("Host", f"h{number}")
        host.add_associated_assets("zone", {zones[number % network.zones]})
        for weakness in range(network.vulnerabilities):
            found = model.add_asset("Vulnerability", f"v{number}_{weakness}")
            found.add_associated_assets("host", {host})
    size = 0

    def run() -> float:
        nonlocal size
        start = time.perf_counter()
        graph = AttackGraph(known, model)
        spent = time.perf_counter() - start
        size = len(graph.nodes)
        return spent

    return run, lambda: size


GROWTH = """
import resource, sys, time
from datetime import date
start = time.perf_counter()
from panacea_policy.compiler import Workspace
workspace = Workspace.open(sys.argv[1], as_of=date.fromisoformat(sys.argv[2]))
model = workspace.model
read = time.perf_counter() - start
graph = workspace.attack()
whole = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(len(graph.facts), len(graph.step), read, whole, time.process_time(), peak)
"""

ADVISORY = """
import sys, time
from datetime import date
from benchmarks.risk.hospital import advisory
from panacea_policy.compiler import Delta, Workspace
workspace = Workspace.open(sys.argv[1], as_of=date.fromisoformat(sys.argv[2]))
assert workspace.ok
workspace.attack()
for number in range(int(sys.argv[3]) + 1):
    text = advisory(number, [f"build_system_{number}", f"server_program_{number % 6}"])
    start = time.perf_counter()
    workspace.apply(Delta(change=text))
    applied = time.perf_counter()
    graph = workspace.attack()
    print(applied - start, time.perf_counter() - applied, len(graph.changed.added))
"""


def growth(*, quick: bool) -> Found:
    """Time and memory by size."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for size in _sizes(quick):
            place = hospital.write(Path(name) / f"{size.assets}", size)
            (words,) = _run(GROWTH, Path(name), str(place), DAY.isoformat())
            facts, instances, read, whole, used, peak = map(float, words)
            rows.append(
                {
                    "assets": size.assets,
                    "vulnerabilities": size.vulnerabilities,
                    "facts": int(facts),
                    "instances": int(instances),
                    "read_seconds": read,
                    "seconds": whole,
                    "processor_seconds": used,
                    "mb": peak,
                }
            )
    return {"sizes": rows}


def advisories(*, quick: bool) -> Found:
    """How the graph of the largest hospital follows advisories."""
    size = _sizes(quick)[-1]
    with tempfile.TemporaryDirectory() as name:
        place = hospital.write(Path(name) / "hospital", size)
        rows = _run(ADVISORY, Path(name), str(place), DAY.isoformat(), str(_ADVISORIES))
    first, later = rows[0], rows[1:]
    return {
        "assets": size.assets,
        "taken_ms": 1000 * min(float(row[0]) for row in later),
        "followed_ms": 1000 * min(float(row[1]) for row in later),
        "instances": int(later[0][2]),
        "ready_seconds": float(first[1]),
    }


def _sizes(quick: bool) -> list[Size]:
    return [Size(each) for each in ((1_000, 3_000) if quick else (10_000, 30_000, 100_000))]


def _run(code: str, folder: Path, *arguments: str) -> list[list[str]]:
    """The words of each line that a process of its own prints."""
    environment = {
        **os.environ,
        "PANACEA_CACHE_DIR": str(folder / "cache"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return [line.split() for line in done.stdout.splitlines()]


def _told_pace(found: Found) -> list[str]:
    mine, peer = found["nodes"] / found["seconds"], found["peer_nodes"] / found["peer_seconds"]
    return [
        f"{found['hosts']:,} hosts x {found['vulnerabilities']} vulnerabilities: {found['nodes']:,} nodes in "
        f"{found['seconds']:.3f} s, mal-toolbox {found['peer_nodes']:,} in {found['peer_seconds']:.3f} s",
        f"nodes per second: {mine:,.0f}, mal-toolbox {peer:,.0f}: {mine / peer:.1f} times",
    ]


def _told_growth(found: Found) -> list[str]:
    lines = [
        f"{row['assets']:,} assets x {row['vulnerabilities']} vulnerabilities: {row['facts']:,} facts, "
        f"{row['instances']:,} instances; texts {row['read_seconds']:.1f} s, graph {row['seconds']:.1f} s "
        f"in all ({row['processor_seconds']:.1f} s of processor), peak {row['mb']:,.0f} MB"
        for row in found["sizes"]
    ]
    return [*lines, f"exponent of processor time over assets: {_power(found):.2f}"]


def _told_advisories(found: Found) -> list[str]:
    return [
        f"one advisory on {found['assets']:,} assets, {found['instances']:,} instances new: taken in "
        f"{found['taken_ms']:.0f} ms, attack graph {found['followed_ms']:.0f} ms; the first, which makes "
        f"the graph ready to follow, {found['ready_seconds']:.1f} s"
    ]


def _power(found: Found) -> float:
    rows = found["sizes"]
    return exponent([row["assets"] for row in rows], [row["processor_seconds"] for row in rows])


def _goals_of_pace(found: Found) -> list[Goal]:
    ratio = found["nodes"] / found["seconds"] * found["peer_seconds"] / found["peer_nodes"]
    return [
        at_least("attack-graph nodes a second, beside mal-toolbox: at least 10 times", ratio, 10, "times")
    ]


def _goals_of_growth(found: Found) -> list[Goal]:
    largest = found["sizes"][-1]
    return [
        at_most("100,000 assets, text to attack graph: at most 90 s", largest["seconds"], 90),
        at_most("100,000 assets, text to attack graph: at most 4 GB", largest["mb"] / 1024, 4, "GB"),
        at_most("exponent of time over assets: at most 1.2", _power(found), 1.2, ""),
    ]


def _goals_of_advisories(found: Found) -> list[Goal]:
    text = "an advisory on 100,000 assets, attack graph: at most 300 ms"
    return [at_most(text, found["followed_ms"], 300, "ms")]


FIGURES = {
    "attack_nodes": Figure("attack graphs beside mal-toolbox", pace, _told_pace, _goals_of_pace),
    "attack_growth": Figure("attack graphs of larger hospitals", growth, _told_growth, _goals_of_growth),
    "attack_advisory": Figure(
        "an attack graph follows an advisory", advisories, _told_advisories, _goals_of_advisories
    ),
}
