"""The study of a graph whose run follows it: what an assessment asks, without anything made anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from panacea_policy.risk.follow import Following
from panacea_policy.risk.graph import Bools, Floats
from panacea_policy.risk.recall import NOTHING, Recall
from panacea_policy.risk.simulate import Outcome
from panacea_policy.risk.study import Stopping, Study


@dataclass(frozen=True)
class Options:
    """What stays as it is from one study to the next, see `Study`."""

    horizon: float
    seed: int
    shift: int
    trials: int
    compared: int


class FollowedStudy(Study):
    """Equal to a `Study` of the graph as it is now in all that an assessment without rankings asks.

    What-ifs need a study of their own.
    """

    def __init__(
        self, options: Options, following: Following, weights: Floats, recall: Recall = NOTHING
    ) -> None:
        self._recall = recall
        self._following = following
        self.possible = following.possible
        self.sources = following.scene.sources
        self.goals = following.scene.goals
        self.weights = weights
        self.counted: Bools = np.ones(len(self.goals), dtype=bool)
        self.horizon, self.seed, self.shift = options.horizon, options.seed, options.shift
        self.most, self.precision = options.trials, None
        self._compared = options.compared

    @cached_property
    def stopping(self) -> Stopping:
        """As in `Study`."""
        return Stopping(self.most, self._error(self._fallen), None, False)

    @cached_property
    def _fallen(self) -> tuple[Bools, ...]:
        return tuple(run.fallen for run in self._following.runs)

    def _error(self, fallen: Sequence[Bools]) -> float:
        if not self.possible[list(self.goals)].any():
            return 0.0
        told = self.weights.tobytes()
        weighed = [
            self._recall.of(
                ("weighed", k, self._recall.falls(k), told), partial(np.matmul, self.weights, fell)
            )
            for k, fell in enumerate(fallen)
        ]
        yearly = self.estimate(weighed)
        return yearly.standard_error / yearly.value if yearly.value > 0 else float("inf")

    @cached_property
    def outcome(self) -> Outcome:
        """As in `Study`."""
        return Outcome(tuple(run.outcome for run in self._following.runs), self.most)

    @property
    def relevant(self) -> int:
        """As in `Study`."""
        return self._following.relevant

    @property
    def cyclic(self) -> bool:
        """As in `Study`."""
        return self._following.cyclic
