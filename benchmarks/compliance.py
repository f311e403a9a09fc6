"""All packs at once, from texts to the verdict on every clause: the reference hospital, and a large one.

    python benchmarks/compliance.py [--small] [--hook] [--runs N]

First the hook: `panacea check models/riverside` as a process of its own after one file was edited, with the
cache as the runs before left it (goal: 0.6 s): an attribute of a device template that a dozen rules read; the
security of a flow, on which paths and many clauses rest; a device that is added. As in an installation,
modules are compiled already. Then the packs:

figures, each from a process of its own: `panacea comply models/riverside` with every pack of laws and
standards in use, with an empty and with a warm disk cache (goal: 2 s), and once more in a process that has it
open; 10,000 and 100,000 devices of an inventory whose columns answer but a part of what the packs ask (goal:
30 s), stage by stage, with peak memory and what is left open. Seconds are of the processor, which other work
on the machine disturbs less than the clock; wall time stands beside.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from workspace import model

ROOT = Path(__file__).resolve().parent.parent

#: Stage by stage; the names of the stages are those of docs/architecture.md.
STAGES = """
import gc, json, resource, sys, time
gc.set_threshold(1_000_000, 20, 100)  # as the command line does
stages, last, began = {}, time.process_time(), time.perf_counter()
def done(name):
    global last
    now = time.process_time()
    stages[name], last = now - last, now
from pathlib import Path
from panacea_policy.compiler import Workspace
from panacea_policy.compliance import assess
stages["import"], last = time.process_time(), time.process_time()
folder, packs = Path(sys.argv[1]).resolve(), sys.argv[2].split(",")
text = "use " + ", ".join(f"packs.{name}" for name in packs) + "\\n"
workspace = Workspace.open(folder).beside(folder / "every_pack.panacea", text)
workspace._loaded
done("read")
workspace.libraries
done("compile rules")
workspace.model
done("build model")
workspace._program.compiled
done("check rules")
errors = [each for each in workspace._mistakes if each.severity.value == "error"]
assert not errors, errors[0].message
done("check model")
evaluation = workspace._evaluation
evaluation.open_result(evaluation.program.rules)
done("facts and engine")
findings = workspace.findings()
done("judge")
compliance = assess(workspace)
done("clauses")
found = {
    "stages": stages,
    "wall": time.perf_counter() - began,
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "rules": len(compliance.rules),
    "clauses": len(compliance.clauses),
    "counts": dict(compliance.counts),
}
start = time.process_time()
workspace.update(folder / "another.panacea", "# nothing\\n")
assess(workspace)
found["again"] = time.process_time() - start
print(json.dumps(found))
"""


def packs() -> list[str]:
    """The packs of the installation that hold clauses or rules: all but the shared relations."""
    folders = (path.parent.name for path in (ROOT / "rules").glob("*/pack.panacea"))
    return sorted(set(folders) - {"common", "attack"})


def with_clauses() -> list[str]:
    """Those of them that hold clauses, which `comply` can be asked for."""
    return [name for name in packs() if name not in {"crosswalk", "design", "secure_design"}]


def by_stage(folder: Path, cache: Path) -> dict[str, object]:
    """What a process of its own tells of a model under all packs."""
    environment = {**os.environ, "PANACEA_CACHE_DIR": str(cache)}
    command = [sys.executable, "-c", STAGES, str(folder), ",".join(packs())]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return dict(json.loads(done.stdout))


def comply(folder: Path, cache: Path) -> tuple[float, float]:
    """Processor and wall seconds of `panacea comply` under all packs of clauses."""
    environment = {**os.environ, "PANACEA_CACHE_DIR": str(cache)}
    chosen = [word for name in with_clauses() for word in ("--pack", name)]
    command = [sys.executable, "-m", "panacea_policy", "comply", str(folder), "--fail-on", "never", *chosen]
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return used, time.perf_counter() - start


#: Edits of a file, each told apart by a number, so that no run finds the answer of an earlier one.
EDITS = {
    "an attribute of a device edited": (
        "devices.panacea",
        lambda text, number: once(
            once(text, "exposure_limit: 90 d", f"exposure_limit: {20 + number} d"),
            "works_offline: true",
            f"works_offline: {'false' if number % 2 else 'true'}",
        ),
    ),
    "the security of a flow edited": (
        "flows.panacea",
        lambda text, number: f"{once(text, 'security: tls12', SECURITY[number % 2])}\n# {number}\n",
    ),
    "a device added": (
        "devices.panacea",
        lambda text, number: f"{text}\ndevice another_{number} : flowline_two {{}}\n",
    ),
}
SECURITY = ("security: cleartext", "security: mtls12")


def once(text: str, old: str, new: str) -> str:
    """A text with the first of its places changed, which must be there."""
    assert old in text
    return text.replace(old, new, 1)


def hook(
    folder: Path, cache: Path, runs: int, file: str, edit: Callable[[str, int], str]
) -> list[tuple[float, float]]:
    """Processor and wall seconds of `panacea check` after each of some edits of one file."""
    environment = {
        **os.environ,
        "PANACEA_CACHE_DIR": str(cache),
        "PYTHONPYCACHEPREFIX": str(cache / "modules"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "panacea_policy", "check", str(folder), "--fail-on", "never"]
    edited, found = folder / file, []
    text = edited.read_text()
    for number in range(runs + 1):
        if number:
            edited.write_text(edit(text, number))
        before, start = os.times(), time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=environment, cwd=ROOT)
        after = os.times()
        used = after.children_user + after.children_system - before.children_user - before.children_system
        found.append((used, time.perf_counter() - start))
    edited.write_text(text)
    return found[1:]


def tell_hook(what: str, found: list[tuple[float, float]]) -> None:
    """Print what hooks took."""
    used, wall = zip(*found, strict=True)
    print(
        f"panacea check models/riverside, {what}: {min(used):.2f} s of the processor (median "
        f"{statistics.median(used):.2f}), {min(wall):.2f} s wall (median {statistics.median(wall):.2f})"
    )


def tell(name: str, found: dict[str, object]) -> None:
    """Print what a run by stages gave."""
    stages: dict[str, float] = found["stages"]  # type: ignore[assignment]
    print(
        f"{name}: {sum(stages.values()):.2f} s ({found['wall']:.2f} s wall), peak {found['peak']:.0f} MB; "
        f"{found['rules']} rules, {found['clauses']} clauses, checks {found['counts']}"
    )
    print("  " + ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in stages.items()))
    print(f"  after an edit, in the same process: {found['again']:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", action="store_true", help="up to 10,000 devices only")
    parser.add_argument("--hook", action="store_true", help="the hook alone")
    parser.add_argument("--runs", type=int, default=3, help="the least of so many runs counts")
    arguments = parser.parse_args()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("packs:", ", ".join(packs()))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cache = folder / "cache"
        hospital = folder / "riverside"
        shutil.copytree(ROOT / "models/riverside", hospital)
        for what, (file, edit) in EDITS.items():
            tell_hook(what, hook(hospital, cache, max(5, arguments.runs), file, edit))
        if arguments.hook:
            return
        shutil.rmtree(cache)
        cold, cold_wall = comply(hospital, cache)
        print(f"panacea comply models/riverside, empty cache: {cold:.2f} s ({cold_wall:.2f} s wall)")
        warm, warm_wall = min(comply(hospital, cache) for _ in range(arguments.runs))
        print(f"panacea comply models/riverside, warm cache: {warm:.2f} s ({warm_wall:.2f} s wall, goal 2)")
        runs = [by_stage(hospital, cache) for _ in range(arguments.runs)]
        tell("models/riverside, to verdicts", min(runs, key=lambda run: sum(run["stages"].values())))  # type: ignore[attr-defined]
        for size in [10_000] if arguments.small else [10_000, 100_000]:
            place = folder / str(size)
            place.mkdir()
            tell(f"{size:,} devices (goal for 100,000: 30 s)", by_stage(model(place, size), cache))


if __name__ == "__main__":
    main()
