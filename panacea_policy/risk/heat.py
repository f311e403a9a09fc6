"""Goals in the words of a heat map. A view of the figures: nothing is ever computed from the words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from panacea_policy.risk import inputs
from panacea_policy.risk.loss.build import turnover
from panacea_policy.risk.results import GoalRisk, Rated

if TYPE_CHECKING:
    from panacea_policy.compiler import Model


def rated(goals: Sequence[GoalRisk], model: Model) -> tuple[Rated, ...]:
    """Each goal by the thresholds that the model declares (`rating`); none where it declares none.

    Likelihood goes by events per year, impact by the mean loss of an event as a share of the turnover.
    """
    often = _scale(model, "likelihood", "from_rate")
    bad = _scale(model, "impact", "from_share")
    if not often:
        return ()
    yearly = turnover(model)
    return tuple(
        Rated(
            goal=goal.name,
            likelihood=_word(often, goal.events_per_year.value),
            impact=_word(bad, goal.loss_per_event.mean / yearly)
            if bad and yearly and goal.loss_per_event is not None
            else None,
        )
        for goal in goals
    )


def _scale(model: Model, word: str, threshold: str) -> list[tuple[float, str]]:
    """The words of a scale with the least value that each stands for, rising."""
    found = []
    for entity in model.entities("rating"):
        name, least = inputs.known(model, entity, word), inputs.known(model, entity, threshold)
        if isinstance(name, str) and isinstance(least, int | float):
            found.append((float(least), name))
    return sorted(found)


def _word(scale: Sequence[tuple[float, str]], value: float) -> str:
    fitting = [word for least, word in scale if value >= least]
    return fitting[-1] if fitting else scale[0][1]
