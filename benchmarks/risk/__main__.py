"""Takes the figures of dynamic risk, each in a process of its own, and says which goals they meet.

Times are those of the wall, the least of a few runs, with compiled kernels in the cache; peers run in the
same process on the same input. A figure whose peer or part of the package is missing says so and is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.engine.report import machine
from benchmarks.risk.figure import Goal
from benchmarks.risk.registry import figures

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    arguments = parse(sys.argv[1:])
    if arguments.child:
        found = figures()[arguments.child].run(quick=arguments.quick)
        found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(found))
        return
    report: dict[str, Any] = {"schema": "panacea/benchmark-risk/v1", "machine": machine(), "figures": {}}
    report["quick"] = arguments.quick
    print(f"{report['machine']}\n")
    with tempfile.TemporaryDirectory(prefix="panacea-bench-") as cache:
        # Compiled kernels are made before anything is measured.
        child("yes_no", quick=True, cache=cache)
        for name in arguments.names:
            found = child(name, quick=arguments.quick, cache=cache)
            report["figures"][name] = found
            print("\n  ".join(text(name, found)), end="\n\n", flush=True)
    report["goals"] = [goal._asdict() for goal in goals(report)]
    for goal in goals(report):
        print(f"{'met' if goal.met else 'NOT MET':<8} {goal.goal}: {goal.found}")
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")
    if arguments.markdown:
        arguments.markdown.write_text(page(report))


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.risk", description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help=f"some of {', '.join(figures())}")
    parser.add_argument("--quick", action="store_true", help="small sizes: what is written works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was found")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the page of the documentation")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args(words)
    arguments.names = arguments.only or list(figures())
    unknown = set(arguments.names) - figures().keys()
    if unknown:
        parser.error(f"no figure is called {', '.join(sorted(unknown))}")
    return arguments


def child(name: str, *, quick: bool, cache: str) -> dict[str, Any]:
    """What one figure found. Ends the program where it fails."""
    # Nothing of this user's is read or written: caches, and the state that belongs to them.
    places = dict.fromkeys(("PANACEA_CACHE_DIR", "XDG_CACHE_HOME", "XDG_STATE_HOME"), cache)
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    command = [sys.executable, "-m", "benchmarks.risk", "--child", name, *(["--quick"] if quick else [])]
    environment = {**os.environ, **places, "PYTHONPATH": path, "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        sys.exit(f"{name}: exit {done.returncode}\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def text(name: str, found: dict[str, Any]) -> list[str]:
    """A figure for people: its title and what was found."""
    figure = figures()[name]
    if "skipped" in found:
        return [figure.title, f"left out: {found['skipped']}"]
    return [figure.title, *figure.lines(found), f"peak memory {found['peak_mb']:,.0f} MB"]


def goals(report: dict[str, Any]) -> list[Goal]:
    """Every goal of what was measured; none for a quick run."""
    if report["quick"]:
        return []
    known = figures()
    return [
        goal
        for name, found in report["figures"].items()
        if "skipped" not in found
        for goal in known[name].goals(found)
    ]


def page(report: dict[str, Any]) -> str:
    """The page of the documentation."""
    parts = ["# Figures of dynamic risk\n", f"{__doc__}\n", f"{report['machine']}.\n"]
    for name, found in report["figures"].items():
        parts.append("```text\n" + "\n  ".join(text(name, found)) + "\n```\n")
    if report["goals"]:
        rows = [
            f"| {each['goal']} | {each['found']} | {'yes' if each['met'] else '**no**'} |"
            for each in report["goals"]
        ]
        parts.append("\n".join(["| goal | found | met |", "| --- | --- | --- |", *rows]) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
