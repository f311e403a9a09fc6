"""One changed fact of a model of 100,000 devices, findings included, beside a fresh run of the same model.

    python benchmarks/change.py [--devices N] [--times N]

Timed from the call of `Workspace.apply` to its return, which tells the findings that have come and gone: a
value set, a declaration that comes, one that goes, and a row of the inventory that goes; each several times.
The peer is the same model with the same changes, opened and judged in a process of its own; at the end both
must give the same findings and tallies. The first change of a workspace takes a full run of the rules more,
and the first removal learns who speaks of whom; they are given apart.

Goals: 100 ms for an insertion or a value set, 300 ms for a deletion, and at worst 1.2 times a fresh run.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from workspace import model

from panacea_policy.compiler import Delta, Workspace

DAY = date(2026, 11, 28)
GOALS = {
    "a value set": 100,
    "a row's end of support set": 100,
    "a declaration comes": 100,
    "a declaration goes": 300,
    "a row of the inventory goes": 300,
}

FRESH = """
import json, sys, time
from datetime import date
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from change import digest
from panacea_policy.compiler import Delta, Workspace
workspace = Workspace.open(sys.argv[1], as_of=date.fromisoformat(sys.argv[2]))
workspace._deltas = [Delta(text) for text in json.load(sys.stdin)]
start, busy = time.perf_counter(), time.process_time()
workspace.findings()
print(time.perf_counter() - start, time.process_time() - busy, digest(workspace))
"""


def digest(workspace: Workspace) -> str:
    """What a workspace says, in short: findings, and how many subjects have which verdict."""
    findings = [(each.rule.id, each.fingerprint, each.verdict.value) for each in workspace.findings()]
    tallies = [(each.rule.id, sorted(each.counts.items())) for each in workspace.tallies()]
    return hashlib.sha256(repr((findings, tallies)).encode()).hexdigest()


def changes(times: int) -> Iterator[tuple[str, str]]:
    """Kinds of changes, and each as text."""
    for number in range(times):
        yield "a value set", f'set pump.networked["D-{10 + number:06d}"]: false'
        yield "a row's end of support set", f'set pump.support_end["D-{30 + number:06d}"]: 2024-01-01'
        yield "a declaration comes", f"device extra_{number} : infusion_pump {{ zone: ward_{number} }}"
        yield "a declaration goes", f"remove extra_{number}"
        yield "a row of the inventory goes", f'remove pump["D-{50 + number:06d}"]'


def fresh(folder: Path, texts: list[str]) -> tuple[float, float, str]:
    """Wall and processor seconds of a fresh run with some changes, and what it says."""
    command = [sys.executable, "-c", FRESH, str(folder), DAY.isoformat(), str(Path(__file__).parent)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, input=json.dumps(texts))
    wall, busy, said = done.stdout.split()
    return float(wall), float(busy), said


def peak() -> float:
    """Peak memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=12, help="how often each kind of change is made")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    print(
        f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; "
        f"{load:.1f} processes at work on it as this began"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = model(Path(name), arguments.devices)
        # Trees are in the cache from here on, for this process and its peer.
        fresh(folder, [])
        workspace = Workspace.open(folder, as_of=DAY)
        start = time.perf_counter()
        found = len(workspace.findings())
        print(
            f"{arguments.devices:,} devices: opened and judged in {time.perf_counter() - start:.2f} s, "
            f"{found} findings, {peak():.0f} MB"
        )
        made: list[str] = []

        def timed(text: str) -> tuple[float, float]:
            start, busy = time.perf_counter(), time.process_time()
            workspace.apply(Delta(text))
            made.append(text)
            return 1e3 * (time.perf_counter() - start), 1e3 * (time.process_time() - busy)

        for what, text in (
            ("first change", 'set pump.networked["D-000001"]: false'),
            ("first removal", 'remove pump["D-000002"]'),
            ("first declaration", "device first : infusion_pump { zone: ward_1 }"),
        ):
            wall, busy = timed(text)
            print(f"{what}: {wall:.0f} ms ({busy:.0f} ms of processor), {peak():.0f} MB")
        gc.collect()
        taken: dict[str, list[tuple[float, float]]] = {}
        for what, text in changes(arguments.times):
            taken.setdefault(what, []).append(timed(text))
        wall, busy, said = fresh(folder, made)
        if said != digest(workspace):
            raise SystemExit("the changed workspace and the fresh one do not agree")
        print(f"a fresh run: {wall:.2f} s ({busy:.2f} s of processor); findings and tallies are equal")
        for what, pairs in taken.items():
            walls, busies = zip(*pairs, strict=True)
            middle = statistics.median(walls)
            print(
                f"{what}: min {min(walls):.0f}, median {middle:.0f}, max {max(walls):.0f} ms "
                f"(goal {GOALS[what]}; {1e3 * wall / middle:.0f} times as fast as a fresh run, the slowest "
                f"{1e-3 * max(walls) / wall:.2f} of one); of processor min {min(busies):.0f}, "
                f"median {statistics.median(busies):.0f} ms"
            )
        print(f"after {len(made)} changes: {peak():.0f} MB at most")


if __name__ == "__main__":
    main()
