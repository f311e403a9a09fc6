"""How to assess, and what is told meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from panacea_policy.risk import RiskOptions

if TYPE_CHECKING:
    from panacea_policy.feeds.store import Moment

Progress = Callable[[str, float], None]


def _silent(stage: str, share: float) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class AssessOptions:
    """How to assess: trials (the most, where a ``precision`` is asked for), seed, horizon of the simulation;
    ``scenarios`` also compares the model's scenarios.

    ``chapters`` limits the report to chapters with these ids; ``moments`` are the timeline of a store of
    feeds; ``budget``, a present value in the model's currency, also asks what to buy;
    ``progress`` is called with a stage and a share.
    """

    trials: int = 10_000
    seed: int = 1
    horizon_days: float = 365.0
    precision: float | None = None
    scenarios: bool = True
    chapters: frozenset[str] | None = None
    moments: Sequence[Moment] = ()
    budget: float | None = None
    progress: Progress = field(default=_silent, compare=False)

    def risk(self, *, ranked: bool = True) -> RiskOptions:
        """The part that the simulation needs; ``ranked`` also ranks controls and assumptions."""
        return RiskOptions(
            trials=self.trials,
            seed=self.seed,
            horizon_days=self.horizon_days,
            precision=self.precision,
            ranked=ranked,
        )
