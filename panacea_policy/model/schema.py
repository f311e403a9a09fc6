"""Pydantic classes and JSON Schemas of the kinds, built from the registry when somebody asks for them.

In JSON an attribute that is left out is unknown, and ``null`` states that there is none. Quantities are
numbers in base units (see :mod:`panacea_policy.model.values`); references are qualified names.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, Union

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    create_model,
)
from pydantic.json_schema import models_json_schema

from panacea_policy.model.cpe import parse_cpe
from panacea_policy.model.distributions import build
from panacea_policy.model.purl import parse_purl
from panacea_policy.model.types import (
    AddressType,
    Attribute,
    BooleanType,
    CpeType,
    DateType,
    DistributionType,
    EnumType,
    FormulaType,
    MapType,
    NumberType,
    PortsType,
    PurlType,
    ReferenceType,
    StructureType,
    TextType,
    UnionType,
    ValueType,
)
from panacea_policy.model.values import Dimension

if TYPE_CHECKING:
    from panacea_policy.model.registry import Registry

JsonSchema: TypeAlias = dict[str, JsonValue]

#: A qualified name, optionally with an inventory key: ``ehr.records``, ``pump["AT-0017"]``.
_NAME = r'^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*(\["[^"]*"\])?$'
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Declared(BaseModel):
    """What every declaration has in JSON, next to the attributes of its kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: Annotated[str, StringConstraints(pattern=_NAME)] | None = Field(None, description="Qualified name.")
    title: str | None = Field(None, description="Name for people.")
    doc: str | None = Field(None, description="What the author says about it.")
    templates: tuple[str, ...] = Field((), description="Templates it follows, nearest first.")
    template: bool = Field(False, description="Whether it is a template itself.")


class WrittenDistribution(BaseModel):
    """A distribution with its named parameters in base units."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    distribution: Literal[
        "constant", "pert", "triangular", "uniform", "lognormal", "beta", "poisson", "empirical"
    ]
    parameters: Mapping[str, float] = Field(default_factory=dict, description="Parameters by name.")
    values: tuple[float, ...] = Field((), description="Observed values, for `empirical`.")


class WrittenFormula(BaseModel):
    """References joined by ``all`` or ``any``; a reference alone is a formula too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    all: tuple[Union[str, WrittenFormula], ...] = Field((), description="All of these are needed.")
    any: tuple[Union[str, WrittenFormula], ...] = Field((), description="One of these is enough.")


class PortRange(BaseModel):
    """A closed range of ports."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    low: Annotated[int, Field(ge=0, le=65535)]
    high: Annotated[int, Field(ge=0, le=65535)]


def pydantic_class(registry: Registry, kind: str) -> type[BaseModel]:
    """The pydantic class of one kind, with those of the structures in it. Built once per registry."""
    return _Classes.of(registry).of_kind(kind)


def bundle(registry: Registry) -> JsonSchema:
    """One JSON Schema of a whole model: lists of declarations by kind, and a definition per kind."""
    classes = _Classes.of(registry)
    declared = [kind for kind in registry.kinds.values() if not (kind.abstract or kind.structure)]
    models = [(classes.of_kind(kind.name), "validation") for kind in registry.kinds.values()]
    _, definitions = models_json_schema(models, ref_template="#/$defs/{model}")  # type: ignore[arg-type]
    lists: JsonSchema = {
        kind.name: {"type": "array", "items": {"$ref": f"#/$defs/{classes.of_kind(kind.name).__name__}"}}
        for kind in declared
    }
    return {
        "$schema": _DIALECT,
        "$id": "panacea/model/v1",
        "title": "A model: declarations by kind",
        "type": "object",
        "properties": {"schema": {"const": "panacea/model/v1"}, **lists},
        "required": ["schema"],
        "additionalProperties": False,
        "$defs": definitions["$defs"],
    }


class _Classes:
    """The pydantic classes of one registry, each built when it is first needed."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._built: dict[str, type[BaseModel]] = {}

    @staticmethod
    @cache
    def of(registry: Registry) -> _Classes:
        """The one instance for a registry."""
        return _Classes(registry)

    def of_kind(self, name: str) -> type[BaseModel]:
        """The class of a kind. INVARIANT: structures never contain themselves, so this ends."""
        if name not in self._built:
            kind = self._registry.kind(name)
            fields: dict[str, Any] = {_safe(a.name): self._field(a) for a in kind.attributes.values()}
            title = "".join(part.capitalize() for part in name.split("_"))
            self._built[name] = create_model(title, __base__=Declared, __doc__=kind.doc, **fields)
        return self._built[name]

    def _field(self, attribute: Attribute) -> tuple[Any, Any]:
        value = self.annotation(attribute.type)
        if attribute.many:
            value = tuple.__class_getitem__((value, ...))
        if attribute.required:
            return value, Field(description=attribute.doc, alias=attribute.name)
        listed = attribute.complete and attribute.many
        default = () if listed else None
        hint = value if listed else Union[value, None]
        return hint, Field(default, description=attribute.doc, alias=attribute.name)

    def annotation(self, type_: ValueType) -> Any:
        """The pydantic annotation of one value."""
        match type_:
            case TextType(pattern):
                return (
                    str if pattern is None else Annotated[str, StringConstraints(pattern=f"^(?:{pattern})$")]
                )
            case BooleanType():
                return bool
            case NumberType(dimension, minimum, maximum, integer):
                return _number(dimension, minimum, maximum, integer)
            case DateType():
                return date
            case EnumType(values):
                return Literal[values]
            case ReferenceType(kinds):
                extra: JsonSchema = {"kinds": list(kinds)}
                return Annotated[str, StringConstraints(pattern=_NAME), Field(json_schema_extra=extra)]
            case StructureType(kind):
                return self.of_kind(kind)
            case MapType(key, value):
                return Mapping[self._key(key), self.annotation(value)]  # type: ignore[misc]
            case FormulaType():
                return Union[Annotated[str, StringConstraints(pattern=_NAME)], WrittenFormula]
            case DistributionType(dimension):
                return Union[_number(dimension, None, None, False), _distribution(dimension)]
            case AddressType():
                return str
            case PortsType():
                port = Annotated[int, Field(ge=0, le=65535)]
                return Union[port, PortRange, tuple[Union[port, PortRange], ...]]
            case CpeType():
                return Annotated[str, AfterValidator(_checked(parse_cpe))]
            case PurlType():
                return Annotated[str, AfterValidator(_checked(parse_purl))]
            case UnionType(options):
                return Union[tuple(map(self.annotation, options))]

    def _key(self, type_: ValueType) -> Any:
        return self.annotation(type_) if isinstance(type_, TextType | EnumType | ReferenceType) else str


def _safe(name: str) -> str:
    """The Python name of a field: pydantic's own methods (``register`` …) get an underscore behind."""
    return f"{name}_" if hasattr(BaseModel, name) else name


def _number(dimension: Dimension, minimum: float | None, maximum: float | None, integer: bool) -> Any:
    bounds = Field(ge=minimum, le=maximum, json_schema_extra={"unit": dimension.name.lower()})
    return Annotated[int if integer else float, bounds]


def _distribution(dimension: Dimension) -> Any:
    def check(written: WrittenDistribution) -> WrittenDistribution:
        build(written.distribution, written.values, written.parameters, dimension)
        return written

    return Annotated[WrittenDistribution, AfterValidator(check)]


def _checked(parse: Any) -> Any:
    def check(text: str) -> str:
        parse(text)
        return text

    return check
