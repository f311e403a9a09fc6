"""How a kind is written: one class, one line per attribute.

    class Backup(Declaration):
        '''A copy of an asset's data. (The docstring is the reference text.)'''

        KIND = KindInfo("backup", clauses={"of": "source"})

        source: Ref = required("What is copied.", to="asset")
        every: Duration = unset("Time between two copies.")
        tested_on: Date = unset("When a restore was last tested.")

The annotation says what one value is; the helper says whether it is ``unset`` (unknown while nobody sets it),
``complete`` (known to be absent while nobody sets it: an empty list, or none) or ``required``. Annotations
are read as text and looked up once, and pydantic classes are built from them only when JSON is read or a
schema is asked for: importing the vocabulary thus costs a tenth of what eager pydantic classes cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, NamedTuple

import msgspec

from panacea_policy.model.countries import COUNTRIES
from panacea_policy.model.currencies import CURRENCIES
from panacea_policy.model.types import (
    AddressType,
    BooleanType,
    CpeType,
    DateType,
    DistributionType,
    EnumType,
    FormulaType,
    NumberType,
    PortsType,
    PurlType,
    ReferenceType,
    TextType,
)
from panacea_policy.model.values import Dimension

Text = Annotated[str, TextType()]
TimeOfDay = Annotated[str, TextType("([01][0-9]|2[0-3]):[0-5][0-9]")]
Country = Annotated[str, EnumType(COUNTRIES)]
Currency = Annotated[str, EnumType(tuple(sorted(CURRENCIES)))]
Jurisdiction = Annotated[str, EnumType(("EU", "international", *COUNTRIES))]
Flag = Annotated[bool, BooleanType()]
Date = Annotated[date, DateType()]
Number = Annotated[float, NumberType(Dimension.COUNT)]
Whole = Annotated[int, NumberType(Dimension.COUNT, minimum=0, integer=True)]
Level = Annotated[int, NumberType(Dimension.COUNT, minimum=0, maximum=4, integer=True)]
Score = Annotated[float, NumberType(Dimension.COUNT, minimum=0, maximum=10)]
Fraction = Annotated[float, NumberType(Dimension.FRACTION, minimum=0, maximum=1)]
Duration = Annotated[float, NumberType(Dimension.DURATION, minimum=0)]
Money = Annotated[float, NumberType(Dimension.MONEY)]
MoneyRate = Annotated[float, NumberType(Dimension.MONEY_RATE)]
Rate = Annotated[float, NumberType(Dimension.RATE, minimum=0)]
DataSize = Annotated[float, NumberType(Dimension.DATA_SIZE, minimum=0)]
DataRate = Annotated[float, NumberType(Dimension.DATA_RATE, minimum=0)]

CountSpread = Annotated[Any, DistributionType(Dimension.COUNT, minimum=0)]
FractionSpread = Annotated[Any, DistributionType(Dimension.FRACTION)]
DurationSpread = Annotated[Any, DistributionType(Dimension.DURATION)]
MoneySpread = Annotated[Any, DistributionType(Dimension.MONEY)]
MoneyRateSpread = Annotated[Any, DistributionType(Dimension.MONEY_RATE)]
MoneyPerItemSpread = Annotated[Any, DistributionType(Dimension.MONEY_PER_ITEM)]
RateSpread = Annotated[Any, DistributionType(Dimension.RATE)]

Ref = Annotated[str, ReferenceType(())]
TemplateRef = Annotated[str, ReferenceType((), template=True)]
Formula = Annotated[Any, FormulaType(())]
Address = Annotated[str, AddressType()]
Ports = Annotated[Any, PortsType()]
Cpe = Annotated[str, CpeType()]
Purl = Annotated[str, PurlType()]


class FieldInfo(NamedTuple):
    """What the helper of a field says about it."""

    doc: str
    kinds: tuple[str, ...]
    required: bool
    complete: bool
    dated: str | None


def unset(doc: str, *, to: str = "", dated: str | None = None) -> Any:
    """A field that is unknown while nobody sets it; ``to``: the kinds that a reference may name."""
    return FieldInfo(doc, tuple(to.split()), required=False, complete=False, dated=dated)


def complete(doc: str, *, to: str = "") -> Any:
    """A field that is complete as declared: while nobody sets it, the list is empty, or there is none."""
    return FieldInfo(doc, tuple(to.split()), required=False, complete=True, dated=None)


def required(doc: str, *, to: str = "") -> Any:
    """A field that every declaration of the kind must set."""
    return FieldInfo(doc, tuple(to.split()), required=True, complete=False, dated=None)


class KindInfo(msgspec.Struct, frozen=True):
    """The grammar of a kind: see :class:`panacea_policy.model.types.Kind` for what each part means."""

    name: str
    keyword: str | None = None
    nested: Mapping[str, str] = msgspec.field(default_factory=dict)
    owner: str | None = None
    clauses: Mapping[str, str] = msgspec.field(default_factory=dict)
    arrow: tuple[str, str] | None = None
    subject: str | None = None
    auto_name: str | None = None
    abstract: bool = False
    structure: bool = False
    summands: Mapping[Dimension, str] = msgspec.field(default_factory=dict)


class Declaration:
    """Base of every kind of declaration. Subclasses carry ``KIND`` and one annotated line per attribute."""

    KIND: ClassVar[KindInfo]


class Structure(Declaration):
    """Base of the nested bodies of attributes, such as ``backup: { … }``; ``KIND`` has ``structure=True``."""
