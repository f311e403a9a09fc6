"""What was found: as lines for people, as JSON, and as a page of the documentation."""

from __future__ import annotations

import math
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.engine.figures import FIGURES
from benchmarks.engine.measure import Measured
from benchmarks.engine.problem import Problem


@dataclass(frozen=True, slots=True)
class Line:
    """One problem and all engines on it."""

    name: str
    title: str
    rules: int
    facts: int
    rows: int
    measured: tuple[Measured, ...]

    @classmethod
    def of(
        cls, name: str, title: str, problem: Problem, rows: Mapping[str, int], measured: Sequence[Measured]
    ) -> Line:
        return cls(name, title, len(problem.program.rules), problem.size, sum(rows.values()), tuple(measured))

    def by(self, peer: str) -> Measured | None:
        """The runs of an engine, if it has ended any."""
        return next((each for each in self.measured if each.peer == peer and each.samples), None)


@dataclass(slots=True)
class Report:
    """Everything that one run of the benchmarks found."""

    machine: str
    repeat: int
    quick: bool
    lines: list[Line] = field(default_factory=list)
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "schema": "panacea/benchmark/v1",
            "machine": self.machine,
            "repeat": self.repeat,
            "quick": self.quick,
            "problems": [
                {
                    "name": line.name,
                    "title": line.title,
                    "rules": line.rules,
                    "facts": line.facts,
                    "rows": line.rows,
                    "engines": [each.as_json() for each in line.measured],
                }
                for line in self.lines
            ],
            "figures": self.figures,
            "goals": [{"goal": text, "found": found, "met": met} for text, found, met in goals(self)],
        }


def machine() -> str:
    """Processor, cores, memory and versions, without which a figure means nothing."""
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            each.partition(":")[2].strip() for each in info.read_text().splitlines() if "model name" in each
        ]
        processor = names[0] if names else processor
    parts = [f"{processor}, {os.cpu_count()} cores", platform.system(), f"Python {platform.python_version()}"]
    for package in ("numpy", "numba", "clingo", "duckdb"):
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    souffle = shutil.which("souffle")
    if souffle:
        said = subprocess.run([souffle, "--version"], capture_output=True, text=True, check=False).stdout
        parts.append(" ".join(said.split()[:3]))
    return "; ".join(parts)


def line_text(line: Line) -> str:
    """A problem and, below it, a line for each engine."""
    ours = line.by("ours")
    texts = [f"{line.title}: {line.rules:,} rules, {line.facts:,} facts, {line.rows:,} rows derived"]
    for each in line.measured:
        if not each.samples:
            texts.append(f"  {each.peer:<18} > {each.bound:.0f} s")
            continue
        low, high = min(each.warm), max(each.warm)
        text = f"  {each.peer:<18} {each.seconds:8.3f} s ({low:.3f}–{high:.3f})"
        text += f"   new process {each.first:7.3f} s   peak {each.peak:6,.0f} MB"
        if ours is not None and each is not ours:
            text += f"   {each.seconds / ours.seconds:5.1f} x"
        texts.append(text)
    return "\n".join(texts)


def figure_text(name: str, found: Mapping[str, Any]) -> str:
    if name == "first_use":
        return "\n".join(["first use of compiled kernels", *(f"  {text}" for text in first_use_lines(found))])
    figure = FIGURES[name]
    return "\n".join([figure.title, *(f"  {text}" for text in figure.lines(dict(found)))])


def first_use_lines(found: Mapping[str, Any]) -> list[str]:
    if not found["numba"]:
        return ["skipped: nothing was compiled, this build has NumPy forms only"]
    return [
        f"{found['cold']:.2f} s with an empty cache, {found['warm']:.2f} s in a new process with a full one: "
        f"{found['cold'] - found['warm']:.2f} s to compile"
    ]


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The slope of log time over log size, by least squares."""
    xs, ys = [math.log(each) for each in sizes], [math.log(each) for each in seconds]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def goals(report: Report) -> list[tuple[str, str, bool]]:
    """What the engine is to keep to, as far as measured: the goal, what was found, and whether it is met.

    None for a quick run.
    """
    if report.quick:
        return []
    found: list[tuple[str, str, bool]] = []
    lines = {line.name: line for line in report.lines}

    def seconds(name: str, limit: float) -> None:
        ours = lines[name].by("ours") if name in lines else None
        if ours is not None:
            found.append((f"{name}: at most {limit:g} s", f"{ours.seconds:.3f} s", ours.seconds <= limit))

    def peak(name: str, limit: float) -> None:
        ours = lines[name].by("ours") if name in lines else None
        if ours is not None:
            found.append((f"{name}: at most {limit:,.0f} MB", f"{ours.peak:,.0f} MB", ours.peak <= limit))

    def ratio(name: str, peer: str, limit: float) -> None:
        ours = lines[name].by("ours") if name in lines else None
        other = lines[name].by(peer) if name in lines else None
        if ours is not None and other is not None:
            times = other.seconds / ours.seconds
            found.append((f"{name}: {limit:g} times as fast as {peer}", f"{times:.1f} times", times >= limit))

    seconds("closure_random", 0.9)
    seconds("closure_chain", 0.1)
    seconds("closure_layered", 0.9)
    ratio("closure_random", "clingo", 5)
    ratio("closure_layered", "clingo", 5)
    for name in ("closure_random", "closure_chain", "closure_layered"):
        ratio(name, "souffle -c", 1)
    seconds("attack_100000", 10)
    peak("attack_100000", 2_000)
    seconds("compliance", 3)
    seconds("rules_200", 0.06)
    small = lines["rules_200"].by("ours") if "rules_200" in lines else None
    if small is not None:
        imported = any(sample.numba for sample in small.samples)
        found.append(
            ("rules_200: Numba is not imported", "imported" if imported else "not imported", not imported)
        )
    sizes = [line for name, line in lines.items() if name.startswith("attack_") and line.by("ours")]
    if len(sizes) > 1:
        slope = exponent([line.facts for line in sizes], [line.by("ours").seconds for line in sizes])  # type: ignore[union-attr]
        found.append(("attack graph: exponent of time over size at most 1.15", f"{slope:.2f}", slope <= 1.15))
    return found + _figure_goals(report.figures)


def _figure_goals(figures: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str, bool]]:
    found: list[tuple[str, str, bool]] = []
    if "memory" in figures:
        most = figures["memory"]["evaluated"]
        found.append(("1 M facts of arity 3: at most 150 MB", f"{most:.0f} MB", most <= 150))
    if "explain" in figures:
        worst = figures["explain"]["max"]
        found.append(("explain: at most 200 ms", f"{worst * 1000:,.0f} ms", worst <= 0.2))
    single = figures.get("single_facts", {})
    for kind, limit in (("insert", 0.1), ("delete", 0.3)):
        if "by_kind" in single:
            usual = single["by_kind"][kind]["median"]
            text = f"one fact, {kind}: median at most {limit * 1000:.0f} ms"
            found.append((text, f"{usual * 1000:,.1f} ms", usual <= limit))
    if "worst_ratio" in single:
        worst = single["worst_ratio"]
        found.append(("one fact: at worst 1.2 of a full run", f"{worst:.2f}", worst <= 1.2))
    if figures.get("first_use", {}).get("numba"):
        spent = figures["first_use"]["cold"] - figures["first_use"]["warm"]
        found.append(("kernels compile in at most 15 s", f"{spent:.1f} s", spent <= 15))
    return found
