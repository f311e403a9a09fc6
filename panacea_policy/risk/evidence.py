"""The figures that the model declares for its priors and losses, with source, year and grade."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panacea_policy.compiler import UNKNOWN, Entity
from panacea_policy.model import Dimension, Distribution, DistributionType, format_quantity
from panacea_policy.risk.explain import place_of
from panacea_policy.risk.inputs import Locate
from panacea_policy.risk.results import Evidence

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


def _evidence(model: Model, figure: Entity, locate: Locate) -> Evidence:
    supports, year = model.value(figure, "supports"), model.value(figure, "year")
    return Evidence(
        name=figure.name,
        title=figure.title or figure.name,
        supports=tuple(str(each) for each in supports) if isinstance(supports, tuple) else (),
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
            low, high = (value.percentile(p) for p in (0.05, 0.95))
            shown = _written(value.mean(), dimension, model)
            if high > low:
                shown += f" ({_written(low, dimension, model)} to {_written(high, dimension, model)})"
        else:
            shown = f"{value:g}" if isinstance(value, int | float) else str(value)
        return f"{shown} {unit}" if unit else shown
    return "not stated"


def _written(value: float, dimension: Dimension, model: Model) -> str:
    return format_quantity(value, dimension, model.currencies.model)
