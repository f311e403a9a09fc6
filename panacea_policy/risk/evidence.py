"""The figures that the model declares for its priors and losses, with source, year and grade."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from panacea_policy.compiler import UNKNOWN, Entity
from panacea_policy.model import Dimension, Distribution, DistributionType, Kind, format_quantity
from panacea_policy.risk.explain import place_of
from panacea_policy.risk.inputs import Locate
from panacea_policy.risk.results import Evidence, GoalRisk, LossAssumption

if TYPE_CHECKING:
    from panacea_policy.compiler import Model

#: The attributes of which one holds the value of a figure.
_VALUES = ("share", "number", "time", "money", "rate", "ratio")


def evidence(model: Model, locate: Locate) -> tuple[Evidence, ...]:
    """Every figure of the model that supports something."""
    return tuple(
        _evidence(model, entity, locate)
        for entity in model.entities("figure")
        if isinstance(entity.value("supports"), tuple) and entity.value("supports")
    )


class Bases:
    """The figures that say what they support, by that: read once for all that is asked about a model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._figures: dict[str, list[Entity]] = {}
        for figure in model.entities("figure"):
            for name in dict.fromkeys(_texts(figure.value("supports"))):
                self._figures.setdefault(name, []).append(figure)

    def supporting(self, name: str) -> Sequence[Entity]:
        """The figures that say that they support ``KIND.ATTRIBUTE``."""
        return self._figures.get(name, ())

    def of(self, entity: Entity, attribute: str) -> str:
        """Where the value of an attribute comes from, for people: the model, or a prior and its figures."""
        if self._model.value(entity, attribute) is not UNKNOWN:
            return "stated in the model"
        supporting = self.supporting(f"{entity.kind.name}.{attribute}")
        figures = [_cited(self._model, figure) for figure in supporting]
        return f"assumed ({'; '.join(figures)})" if figures else "assumed"


def _cited(model: Model, figure: Entity) -> str:
    parts = [_text(model, figure, "source") or figure.name, _text(model, figure, "grade") or "assumption"]
    return ", ".join(dict.fromkeys(parts))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, tuple) else ()


#: What losses are computed with, by the kind of goal that has it.
_OF_LOSSES = {
    "process": ("outage", "outage_rebuilt", "outage_by_accident", "outage_loss"),
    "data_class": ("records", "breach_loss", "loss_per_record"),
    "corruption": ("corruption_loss",),
}


def loss_assumptions(model: Model, goals: Sequence[GoalRisk]) -> tuple[LossAssumption, ...]:
    """The priors that losses of goals are computed with, and how much of the expected loss is."""
    total = sum(goal.loss_per_year.value for goal in goals if goal.loss_per_year)
    found: dict[tuple[str, str], tuple[list[float], LossAssumption]] = {}
    bases = Bases(model)

    @cache
    def assumed(kind: str, attribute: str, value: Hashable, source: str) -> LossAssumption:
        return LossAssumption(
            attribute=f"{kind}.{attribute}",
            value=_shown(model, model.registry.kind(kind), attribute, value),
            source=source,
            basis=tuple(figure.name for figure in bases.supporting(f"{kind}.{attribute}")),
            subjects=0,
            share=0.0,
        )

    for goal in goals:
        entity = model.get(goal.name)
        if entity is None or goal.loss_per_year is None:
            continue
        for attribute in _OF_LOSSES[goal.kind]:
            prior = model.prior(entity, attribute) if model.value(entity, attribute) is UNKNOWN else None
            if prior is None:
                continue
            made = assumed(entity.kind.name, attribute, prior.value, str(prior.source))
            found.setdefault((made.attribute, made.value), ([], made))[0].append(goal.loss_per_year.value)
    told = [
        made.model_copy(
            update={"subjects": len(parts), "share": min(1.0, sum(parts) / total) if total else 0.0}
        )
        for parts, made in found.values()
    ]
    return tuple(sorted(told, key=lambda a: (-a.share, a.attribute, a.value)))


def _shown(model: Model, kind: Kind, attribute: str, value: object) -> str:
    type = kind.attributes[attribute].type
    if isinstance(value, Distribution) and isinstance(type, DistributionType):
        return _law(value, type.dimension, model)
    return str(value)


def _evidence(model: Model, figure: Entity, locate: Locate) -> Evidence:
    supports, year = model.value(figure, "supports"), model.value(figure, "year")
    return Evidence(
        name=figure.name,
        title=figure.title or figure.name,
        supports=_texts(supports),
        value=_value(model, figure),
        source=_text(model, figure, "source") or "not stated",
        year=int(year) if isinstance(year, int | float) else None,
        grade=_text(model, figure, "grade") or "assumption",
        level=_text(model, figure, "level"),
        population=_text(model, figure, "population"),
        caution=_text(model, figure, "caution"),
        place=place_of(figure, locate),
    )


def _text(model: Model, figure: Entity, attribute: str) -> str | None:
    value = model.value(figure, attribute)
    return value if isinstance(value, str) else None


def _value(model: Model, figure: Entity) -> str:
    """The value of a figure for people; of a law, its mean and its 5th and 95th percentile."""
    for attribute in _VALUES:
        value = figure.value(attribute)
        if value is UNKNOWN or value is None:
            continue
        type = figure.kind.attributes[attribute].type
        dimension = type.dimension if isinstance(type, DistributionType) else Dimension.COUNT
        unit = _text(model, figure, "unit") if attribute == "number" else None
        if isinstance(value, Distribution):
            shown = _law(value, dimension, model)
        else:
            shown = f"{value:g}" if isinstance(value, int | float) else str(value)
        return f"{shown} {unit}" if unit else shown
    return "not stated"


def _law(law: Distribution, dimension: Dimension, model: Model) -> str:
    low, high = (law.percentile(p) for p in (0.05, 0.95))
    shown = _written(law.mean(), dimension, model)
    if high > low:
        shown += f" ({_written(low, dimension, model)} to {_written(high, dimension, model)})"
    return shown


def _written(value: float, dimension: Dimension, model: Model) -> str:
    return format_quantity(value, dimension, model.currencies.model)
