"""The model as the floors above see it: entities with their values, and how values read in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import date

from panacea_policy.compiler.entities import UNKNOWN, Entity, Formula, Reference
from panacea_policy.compiler.extents import Extent
from panacea_policy.compiler.facts import Assumption
from panacea_policy.compiler.layers import Layer
from panacea_policy.model import (
    Currencies,
    Dimension,
    Distribution,
    DistributionType,
    NumberType,
    Registry,
    UnionType,
    ValueType,
    format_quantity,
)


class Model:
    """Everything that is declared, with what is known of it. Read-only."""

    def __init__(self, layer: Layer, currencies: Currencies) -> None:
        self._layer = layer
        self.currencies = currencies
        self.registry: Registry = layer.registry
        by_kind: dict[str, list[Entity]] = {}
        for entity in layer.entities.values():
            for kind in self.registry.ancestors(entity.kind.name):
                by_kind.setdefault(kind, []).append(entity)
        self._by_kind = {kind: Extent(entities) for kind, entities in by_kind.items()}

    def changed(self, layer: Layer, before: Mapping[str, Entity], after: Mapping[str, Entity]) -> Model:
        """The model of a layer in which some declarations, by name, are others, gone or new."""
        other = copy(self)
        other._layer = layer
        other._by_kind = dict(self._by_kind)
        were, are = self._of_kinds(before), self._of_kinds(after)
        for kind in dict.fromkeys([*were, *are]):
            held = self._by_kind.get(kind) or Extent()
            other._by_kind[kind] = held.changed(were.get(kind, {}), are.get(kind, {}))
        return other

    def entities(self, kind: str | None = None) -> Sequence[Entity]:
        """Entities of a kind and its descendants (of all kinds if None), in order of declaration."""
        if kind is None:
            return list(self._layer.entities.values())
        extent = self._by_kind.get(kind)
        return extent.entities if extent is not None else []

    def count(self, kind: str) -> int:
        """How many entities of a kind and its descendants there are."""
        extent = self._by_kind.get(kind)
        return len(extent) if extent is not None else 0

    def _of_kinds(self, entities: Mapping[str, Entity]) -> dict[str, dict[str, Entity]]:
        """Entities by kind, and by name."""
        found: dict[str, dict[str, Entity]] = {}
        for name, entity in entities.items():
            for kind in self.registry.ancestors(entity.kind.name):
                found.setdefault(kind, {})[name] = entity
        return found

    def get(self, name: str) -> Entity | None:
        """The entity of that qualified name."""
        return self._layer.entities.get(name)

    def value(self, entity: Entity, attribute: str) -> object:
        """What is known: an :class:`Entity` for a reference, a tuple of values for a list, ``None``, or
        UNKNOWN.

        Numbers are in base units (seconds, the model's currency, per year, fractions); dates are dates. A
        list that the vocabulary calls complete and nobody set is empty. Raises KeyError for an attribute the
        kind does not have.
        """
        declared = entity.kind.attributes[attribute]
        value = entity.value(attribute)
        if value is UNKNOWN and declared.complete:
            return () if declared.many else None
        return self._resolved(value)

    def formula(self, entity: Entity, attribute: str) -> Formula | Entity | None:
        """A formula attribute: nested :class:`Formula` nodes over names, or one entity; None where there is
        none.
        """
        value = entity.value(attribute)
        if isinstance(value, Formula):
            return value
        return self._layer.entities.get(str(value)) if isinstance(value, Reference) else None

    def prior(self, entity: Entity, attribute: str) -> Assumption | None:
        """What risk assumes for an attribute that nobody set, and where that comes from."""
        for template in entity.lines():
            if attribute in template.priors:
                origin = template.prior_origins.get(attribute)
                return Assumption(entity, attribute, template.priors[attribute], template.name, origin)
        for kind in self.registry.ancestors(entity.kind.name):
            prior = self._layer.kind_priors.get(kind)
            if prior is not None and attribute in prior.priors:
                return Assumption(
                    entity, attribute, prior.priors[attribute], prior.name, prior.prior_origins.get(attribute)
                )
        return None

    def text(self, entity: Entity, attribute: str) -> str:
        """The value of an attribute as a sentence has it."""
        declared = entity.kind.attributes.get(attribute)
        return self.describe(entity.value(attribute), declared.type if declared else None)

    def describe(self, value: object, type: ValueType | None = None) -> str:
        """A value as a sentence has it."""
        if value is UNKNOWN:
            return "unknown"
        if value is None:
            return "none"
        if isinstance(value, tuple):
            return ", ".join(self.describe(each, type) for each in value) or "nothing"
        if isinstance(value, Reference):
            entity = self._layer.entities.get(value)
            return entity.short if entity is not None else str(value)
        if isinstance(value, Entity):
            return value.short
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, Formula):
            return f"{self.describe(value.left)} {value.word} {self.describe(value.right)}"
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, Distribution):
            dimension = type.dimension if isinstance(type, DistributionType) else Dimension.COUNT
            return format_quantity(value.mean(), dimension, self.currencies.model) + " on average"
        if isinstance(value, float | int):
            return format_quantity(float(value), _dimension(type), self.currencies.model)
        return str(value)

    def _resolved(self, value: object) -> object:
        if isinstance(value, Reference):
            return self._layer.entities.get(value)
        if isinstance(value, tuple):
            return tuple(self._resolved(each) for each in value)
        return value


def _dimension(type: ValueType | None) -> Dimension:
    if isinstance(type, NumberType):
        return type.dimension
    if isinstance(type, UnionType):
        return next(
            (each.dimension for each in type.options if isinstance(each, NumberType)), Dimension.COUNT
        )
    return Dimension.COUNT
