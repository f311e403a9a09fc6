"""What a figure is, and helpers to take one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

Found = dict[str, Any]


class Goal(NamedTuple):
    """What is wanted, what was found, and whether that meets it."""

    goal: str
    found: str
    met: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """What is measured, in words; how (``run(quick=…)``, in a process of its own); how what was found reads,
    in one line or a few; and the goals for it. A figure that cannot be taken here says why under ``skipped``.
    """

    title: str
    run: Callable[..., Found]
    lines: Callable[[Found], list[str]]
    goals: Callable[[Found], list[Goal]] = lambda _: []


def timed(work: Callable[[], object], repeat: int = 1) -> float:
    """Seconds of wall time: the least of some runs."""
    least = float("inf")
    for _ in range(repeat):
        started = time.perf_counter()
        work()
        least = min(least, time.perf_counter() - started)
    return least


def processor(work: Callable[[], object]) -> float:
    """Seconds of the processor, on all threads together: what a busy machine leaves as it is."""
    started = time.process_time()
    work()
    return time.process_time() - started


def at_most(text: str, found: float, most: float, unit: str = "s") -> Goal:
    """The goal that something is not above a bound."""
    return Goal(text, f"{found:.2f} {unit}", found <= most)


def at_least(text: str, found: float, least: float, unit: str) -> Goal:
    """The goal that something is not below a bound."""
    return Goal(text, f"{found:.2f} {unit}", found >= least)
