"""The expected loss per year if severities were others, the events being what they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from panacea_policy.model import Distribution
from panacea_policy.risk.graph import Floats
from panacea_policy.risk.inputs import Goal
from panacea_policy.risk.loss.build import parts_of
from panacea_policy.risk.loss.parts import Part, charged

if TYPE_CHECKING:
    from panacea_policy.risk.case import Case


class Repricing:
    """How often each part of losses is charged per year in the trials of a case, so that the expected loss
    at other severities is a sum over parts.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        self._parts = self._of(case.goals)
        self._order = _order(self._parts)
        self._often = self._charged(self._parts)

    def change(self, goals: Sequence[Goal]) -> float:
        """What the expected loss per year changes by if the goals, else the same, had these severities."""
        parts = self._of(goals)
        often = self._often if _order(parts) == self._order else self._charged(parts)
        before = float(self._often @ np.array([part.mean for part in self._parts]))
        return float(often @ np.array([part.mean for part in parts])) - before

    def scaled(self, name: str, factor: float) -> float:
        """What it changes by if all parts of the declared loss of this name were so many times as large."""
        return (factor - 1.0) * sum(
            float(often) * part.mean
            for often, part in zip(self._often, self._parts, strict=True)
            if part.name == name
        )

    def _of(self, goals: Sequence[Goal]) -> tuple[Part, ...]:
        """The parts with their means; of amounts only the mean is looked at."""
        return parts_of(self._case.model, goals, _mean, 1).parts

    def _charged(self, parts: Sequence[Part]) -> Floats:
        """Per part: how often it is charged per year, in proportion to what stands still where it grows with
        that.
        """
        case = self._case
        processes = [k for k, goal in enumerate(case.goals) if goal.kind == "process"]
        every = max(1, sum(1 for _ in case.model.entities("process")))
        often = np.zeros(len(parts))
        for source, fell in zip(case.sources, case.study.fallen(), strict=True):
            extent = fell[processes].sum(axis=0) / every if processes else np.ones(fell.shape[1])
            for n, comes in enumerate(charged(parts, fell, hostile=source.hostile)):
                scale = extent[comes].sum() if parts[n].proportional else comes.sum()
                often[n] += source.rate * float(scale) / fell.shape[1]
        return often


def _order(parts: Sequence[Part]) -> tuple[int, ...]:
    """Which of the parts that stand for one thing is dearer than which."""
    shared = [n for n, part in enumerate(parts) if part.shared is not None]
    return tuple(sorted(shared, key=lambda n: (-parts[n].mean, n)))


def _mean(law: Distribution, _key: str) -> Floats:
    return np.array([law.mean()])
