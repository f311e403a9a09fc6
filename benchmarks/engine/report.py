"""What was found: as lines for people, as JSON, and as a page of the documentation."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.engine.figures import FIGURES
from benchmarks.engine.goals import Goal, goals
from benchmarks.engine.measure import Line


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
                    "duckdb_loops": line.loops,
                    "engines": [each.as_json() for each in line.measured],
                }
                for line in self.lines
            ],
            "figures": self.figures,
            "goals": [each._asdict() for each in self.goals()],
        }

    def goals(self) -> list[Goal]:
        """The goals of what was measured; none for a quick run."""
        return [] if self.quick else goals(self.lines, self.figures)


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
    ours = line.of("ours")
    texts = [f"{line.title}: {line.rules:,} rules, {line.facts:,} facts, {line.rows:,} rows derived"]
    for each in line.measured:
        if not each.samples:
            texts.append(f"  {each.peer:<18} > {each.bound:.0f} s")
            continue
        low, high = min(each.warm), max(each.warm)
        text = f"  {each.peer:<18} {each.seconds:8.3f} s ({low:.3f}–{high:.3f}, processor {each.cpu:.3f})"
        text += f"   new process {each.first:7.3f} s   peak {each.peak:6,.0f} MB"
        if each is ours and each.samples[-1].compiled:
            text += "   compiled kernels"
        if ours is not None and ours.samples and each is not ours:
            text += f"   {each.seconds / ours.seconds:5.1f} x"
        if line.loops and each.peer.startswith("duckdb"):
            text += "   SQL in a loop"
        texts.append(text)
    return "\n".join(texts)


def figure_text(name: str, found: Mapping[str, Any]) -> str:
    if name == "first_use":
        return "\n".join(["first use of compiled kernels", *(f"  {text}" for text in first_use_lines(found))])
    figure = FIGURES[name]
    return "\n".join([figure.title, *(f"  {text}" for text in figure.lines(dict(found)))])


def first_use_lines(found: Mapping[str, Any]) -> list[str]:
    if not found["compiled"]:
        return ["skipped: nothing was compiled, this build has NumPy forms only"]
    return [
        f"{found['cold']:.2f} s with an empty cache, {found['warm']:.2f} s in a new process with a full one: "
        f"{found['cold'] - found['warm']:.2f} s to compile"
    ]
