"""What the engine is to keep to, and whether it does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from benchmarks.engine.measure import Line, Measured


class Goal(NamedTuple):
    """What is wanted, what was found, and whether that meets it."""

    goal: str
    found: str
    met: bool


def goals(lines: Sequence[Line], figures: Mapping[str, Mapping[str, Any]]) -> list[Goal]:
    """Every goal of what was measured."""
    by_name = {line.name: line for line in lines}
    found: list[Goal] = []
    for name, limit in SECONDS.items():
        if name in by_name:
            found += _seconds(by_name[name], limit)
    for name, peer, times in RATIOS:
        if name in by_name:
            found += _ratio(by_name[name], peer, times)
    if "attack_100000" in by_name:
        found += _memory(by_name["attack_100000"], 2_000)
    if "rules_200" in by_name:
        found += _no_numba(by_name["rules_200"])
    found += _exponent([line for line in lines if line.name.startswith("attack_")], 1.15)
    return found + _figures(figures)


#: Seconds at most.
SECONDS = {
    "closure_random": 0.9,
    "closure_chain": 0.1,
    "closure_layered": 0.9,
    "attack_100000": 10.0,
    "compliance": 3.0,
    "rules_200": 0.06,
}

#: At least so many times as fast as a peer.
RATIOS = (
    ("closure_random", "clingo", 5.0),
    ("closure_layered", "clingo", 5.0),
    ("closure_random", "souffle -c", 1.0),
    ("closure_chain", "souffle -c", 1.0),
    ("closure_layered", "souffle -c", 1.0),
)


def _seconds(line: Line, limit: float) -> list[Goal]:
    ours = line.of("ours")
    text = f"{line.name}: at most {limit:g} s"
    if ours is None:
        return []
    if not ours.samples:
        return [Goal(text, f"> {ours.bound:.0f} s", False)]
    return [Goal(text, f"{ours.seconds:.3f} s", ours.seconds <= limit)]


def _ratio(line: Line, peer: str, times: float) -> list[Goal]:
    """A peer that was stopped at the bound is at least as slow as that."""
    ours, other = line.of("ours"), line.of(peer)
    if ours is None or other is None or not ours.samples:
        return []
    ratio = (other.seconds if other.samples else other.bound) / ours.seconds
    least = "" if other.samples else "at least "
    text = f"{line.name}: {times:g} times as fast as {peer}"
    return [Goal(text, f"{least}{ratio:.1f} times", ratio >= times)]


def _memory(line: Line, limit: float) -> list[Goal]:
    ours = _done(line)
    text = f"{line.name}: at most {limit:,.0f} MB"
    return [Goal(text, f"{ours.peak:,.0f} MB", ours.peak <= limit)] if ours else []


def _no_numba(line: Line) -> list[Goal]:
    ours = _done(line)
    if ours is None:
        return []
    imported = any(sample.numba for sample in ours.samples)
    found = "imported" if imported else "not imported"
    return [Goal(f"{line.name}: Numba is not imported", found, not imported)]


def _exponent(lines: Sequence[Line], limit: float) -> list[Goal]:
    done = [(line.facts, ours.seconds) for line in lines if (ours := _done(line)) is not None]
    if len(done) < 2:
        return []
    slope = exponent(done)
    text = f"attack graph: exponent of time over size at most {limit:g}"
    return [Goal(text, f"{slope:.2f}", slope <= limit)]


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """The steepest slope of log time over log size between one size and the next.

    A line through all points would hide a last step that is steep behind what every run costs at least.
    """
    return max(math.log(b[1] / a[1]) / math.log(b[0] / a[0]) for a, b in pairwise(points))


def _done(line: Line) -> Measured | None:
    ours = line.of("ours")
    return ours if ours is not None and ours.samples else None


def _figures(figures: Mapping[str, Mapping[str, Any]]) -> list[Goal]:
    found: list[Goal] = []
    if "memory" in figures:
        held = figures["memory"]["evaluated"]
        found.append(Goal("1 M facts of arity 3: at most 150 MB", f"{held:.0f} MB", held <= 150))
    if "explain" in figures:
        worst = figures["explain"]["max"]
        found.append(Goal("explain: at most 200 ms", f"{worst * 1000:,.0f} ms", worst <= 0.2))
    single = figures.get("single_facts", {})
    if "by_kind" in single:
        for kind, limit in (("insert", 0.1), ("delete", 0.3)):
            usual = single["by_kind"][kind]["median"]
            text = f"one fact, {kind}: median at most {limit * 1000:.0f} ms"
            found.append(Goal(text, f"{usual * 1000:,.1f} ms", usual <= limit))
        worst = single["worst_ratio"]
        found.append(Goal("one fact: at worst 1.2 of a full run", f"{worst:.2f}", worst <= 1.2))
    first_use = figures.get("first_use", {})
    if first_use.get("compiled"):
        spent = first_use["cold"] - first_use["warm"]
        found.append(Goal("kernels compile in at most 15 s", f"{spent:.1f} s", spent <= 15))
    return found
