"""Attack graphs: how fast they are built, beside mal-toolbox; how they grow with the hospital; how they
follow a new advisory.

python -m benchmarks.risk.graph [--small]

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

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from benchmarks.risk import equal, hospital
from benchmarks.risk.equal import Network
from benchmarks.risk.figure import Figure, Found, at_least, at_most
from benchmarks.risk.hospital import Size
from benchmarks.workspace import exponent

DAY = date(2026, 11, 1)
#: Advisories that are measured.
_ADVISORIES = 5


def nodes_per_second(network: Network, folder: Path, runs: int) -> Found:
    """The pace of both."""
    ours, our_nodes = _ours(equal.write(folder / "equal", network))
    theirs, their_nodes = _peer(network, folder)
    mine, peers = [], []
    for _ in range(runs):
        mine.append(timed(ours))
        peers.append(timed(theirs))
    return {
        "hosts": network.hosts,
        "vulnerabilities": network.vulnerabilities,
        "nodes": our_nodes(),
        "peer_nodes": their_nodes(),
        "ours": min(mine),
        "peer": min(peers),
        "ratio": our_nodes() / min(mine) / (their_nodes() / min(peers)),
    }


def _pace_lines(found: Found) -> list[str]:
    ours, peer = found["nodes"] / found["ours"], found["peer_nodes"] / found["peer"]
    return [
        f"{found['hosts']:,} hosts x {found['vulnerabilities']} vulnerabilities: {found['nodes']:,} nodes in "
        f"{found['ours']:.3f} s, mal-toolbox {found['peer_nodes']:,} in {found['peer']:.3f} s",
        f"nodes per second: {ours:,.0f}, mal-toolbox {peer:,.0f}: {found['ratio']:.1f} times",
    ]


def _ours(folder: Path) -> tuple[Callable[[], object], Callable[[], int]]:
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


def _peer(network: Network, folder: Path) -> tuple[Callable[[], object], Callable[[], int]]:
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


def timed(work: Callable[[], object]) -> float:
    """The seconds that a piece of work says it took."""
    return float(str(work()))


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


def growth(sizes: list[Size], folder: Path) -> None:
    """Prints time and memory by size, and the exponent of time."""
    seconds: list[float] = []
    for size in sizes:
        place = hospital.write(folder / str(size.assets), size)
        facts, instances, read, whole, used, peak = _run(GROWTH, folder, str(place), DAY.isoformat())[0]
        seconds.append(float(used))
        print(
            f"{size.assets:,} assets x {size.vulnerabilities} vulnerabilities: {int(facts):,} facts and "
            f"{int(instances):,} instances; texts read {float(read):.1f} s, attack graph "
            f"{float(whole):.1f} s in all ({float(used):.1f} s of processor), peak {float(peak):,.0f} MB"
        )
    if len(sizes) > 1:
        power = exponent([size.assets for size in sizes], seconds)
        print(f"  exponent of processor time over assets: {power:.2f} (goal 1.2)")


def advisories(size: Size, folder: Path) -> Found:
    """How the graph of one size follows advisories."""
    place = hospital.write(folder / str(size.assets), size)
    rows = _run(ADVISORY, folder, str(place), DAY.isoformat(), str(_ADVISORIES))
    first, later = rows[0], rows[1:]
    return {
        "assets": size.assets,
        "taken": min(float(row[0]) for row in later),
        "followed": min(float(row[1]) for row in later),
        "runs": len(later),
        "new": int(later[0][2]),
        "ready": float(first[1]),
    }


def _follow_lines(found: Found) -> list[str]:
    return [
        f"one advisory on {found['assets']:,} assets: taken in {found['taken'] * 1000:.0f} ms, attack graph "
        f"{found['followed'] * 1000:.0f} ms, least of {found['runs']}; {found['new']} instances new; "
        f"the first, which makes the graph ready to follow, {found['ready']:.1f} s"
    ]


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


def main() -> None:
    """Parse the options and print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", action="store_true", help="up to 10,000 assets only")
    parser.add_argument("--only", choices=["pace", "growth", "advisory"], help="one figure")
    options = parser.parse_args()
    sizes = [Size(1_000, 10), *(Size(each) for each in (10_000, 30_000, 100_000))]
    chosen = sizes[:2] if options.small else sizes
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.only in (None, "pace"):
            network = Network(5_000, 2) if options.small else Network(20_000, 2)
            print("\n  ".join(_pace_lines(nodes_per_second(network, folder, runs=5))))
        if options.only in (None, "growth"):
            growth(chosen[:1], folder)
            growth(chosen[1:], folder)
        if options.only in (None, "advisory"):
            print("\n  ".join(_follow_lines(advisories(chosen[-1], folder))))


def _pace(*, quick: bool) -> Found:
    if find_spec("maltoolbox") is None:
        return {"skipped": "mal-toolbox is not installed"}
    with tempfile.TemporaryDirectory() as name:
        network = Network(500 if quick else 20_000, 2)
        return nodes_per_second(network, Path(name), runs=1 if quick else 5)


def _follow(*, quick: bool) -> Found:
    with tempfile.TemporaryDirectory() as name:
        return advisories(Size(500 if quick else 100_000), Path(name))


FIGURES = {
    "pace": Figure(
        "building attack graphs, beside mal-toolbox",
        _pace,
        _pace_lines,
        lambda found: [
            at_least("attack-graph nodes per second of mal-toolbox's", found["ratio"], 10, "times")
        ],
    ),
    "follow": Figure(
        "the attack graph of 100,000 assets follows an advisory",
        _follow,
        _follow_lines,
        lambda found: [
            at_most("attack graph of 100,000 assets follows in at most 0.3 s", found["followed"], 0.3)
        ],
    ),
}

if __name__ == "__main__":
    main()
