"""Types of variables and expressions in rules, and when two of them can be compared."""

from __future__ import annotations

import msgspec

from panacea_policy.compiler.facts import engine_type
from panacea_policy.engine import Type
from panacea_policy.model import (
    Attribute,
    DateType,
    Dimension,
    EnumType,
    FormulaType,
    NumberType,
    ReferenceType,
    Registry,
    StructureType,
    TextType,
    ValueType,
)


class EntityType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A declaration of one of ``kinds``; an entry of the map attribute ``map`` where that is given."""

    kinds: tuple[str, ...]
    map: Attribute | None = None

    def __str__(self) -> str:
        return " or ".join(f"`{kind}`" for kind in self.kinds)


class ScalarType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A plain value of a type of the vocabulary."""

    value: ValueType

    def __str__(self) -> str:
        if isinstance(self.value, NumberType):
            return self.value.dimension.value
        if isinstance(self.value, EnumType):
            return "one of " + ", ".join(self.value.values[:6]) + ("…" if len(self.value.values) > 6 else "")
        return {"TextType": "a text", "BooleanType": "true or false", "DateType": "a date"}.get(
            type(self.value).__name__, "a value"
        )


ExpressionType = EntityType | ScalarType

COUNT = ScalarType(NumberType(Dimension.COUNT))
FRACTION = ScalarType(NumberType(Dimension.FRACTION))
DURATION = ScalarType(NumberType(Dimension.DURATION))
TEXT = ScalarType(TextType())
DATE = ScalarType(DateType())


def of_attribute(attribute: Attribute) -> ExpressionType:
    """The type of one value of an attribute."""
    return of_value(attribute.type)


def of_value(type: ValueType) -> ExpressionType:
    """The type of an expression whose value has this type."""
    if isinstance(type, ReferenceType):
        return EntityType(type.kinds)
    if isinstance(type, StructureType):
        return EntityType((type.kind,))
    if isinstance(type, FormulaType):
        return EntityType(())
    return ScalarType(type)


def column_type(type: ExpressionType) -> Type:
    """How the engine holds such a value."""
    return Type.SYMBOL if isinstance(type, EntityType) else engine_type(type.value)


def is_number(type: ExpressionType) -> bool:
    """Whether values of the type can be ordered: numbers, quantities and dates."""
    return column_type(type) is Type.FLOAT


def dimension_of(type: ExpressionType) -> Dimension | None:
    """What a number measures; None for anything else, dates included."""
    return (
        type.value.dimension if isinstance(type, ScalarType) and isinstance(type.value, NumberType) else None
    )


def comparable(left: ExpressionType, right: ExpressionType) -> bool:
    """Whether comparing the two can make sense."""
    if isinstance(left, EntityType) != isinstance(right, EntityType):
        return False
    if isinstance(left, EntityType) or isinstance(right, EntityType):
        return True
    if is_number(left) != is_number(right):
        return False
    if is_number(left):
        return dimension_of(left) == dimension_of(right)
    if isinstance(left.value, EnumType) and isinstance(right.value, EnumType):
        return bool(set(left.value.values) & set(right.value.values))
    return True


def fits(given: ExpressionType, wanted: ExpressionType, registry: Registry) -> bool:
    """Whether a value of one type can be one of another: kinds that overlap, or comparable values."""
    if isinstance(given, EntityType) and isinstance(wanted, EntityType):
        if not given.kinds or not wanted.kinds:
            return True
        return any(registry.is_a(g, w) or registry.is_a(w, g) for g in given.kinds for w in wanted.kinds)
    return comparable(given, wanted)
