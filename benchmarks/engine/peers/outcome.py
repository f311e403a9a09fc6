"""What a run of one engine gives, and which relations are compared."""

from __future__ import annotations

import time
from dataclasses import dataclass

from panacea_policy.engine import Program

#: Rows by relation: symbols as their ids.
Tables = dict[str, set[tuple[int, ...]]]


class Untranslatable(Exception):
    """A literal that a peer has no equal for, such as a test of strings."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds to take the facts in, seconds to derive everything, and the rows of every derived relation.

    ``cpu``: seconds of processor time in both together, by all threads; on a machine that others use too it
    says more than the clock on the wall.
    ``peak``: most megabytes that its process held until then; rows are counted after. ``own``: it ran in a
    process of its own, not in this one.
    """

    load: float
    evaluate: float
    cpu: float
    rows: dict[str, int]
    peak: float
    own: bool = False


class Stopwatch:
    """Runs from its making, on the wall and on the processor."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        self._load = 0.0

    def loaded(self) -> None:
        """The facts have been taken in."""
        self._load = time.perf_counter() - self._wall

    def stop(self) -> tuple[float, float, float]:
        """Seconds to load and to evaluate, and of the processor."""
        evaluate = time.perf_counter() - self._wall - self._load
        return self._load, evaluate, time.process_time() - self._cpu


def derived(program: Program) -> list[str]:
    """The relations that some rule derives, in the order of their declarations."""
    heads = {rule.head.relation for rule in program.rules}
    return [declaration.name for declaration in program.relations if declaration.name in heads]


def arities(program: Program) -> dict[str, int]:
    """How many columns each relation has."""
    return {declaration.name: len(declaration.columns) for declaration in program.relations}
