"""What an attribute may hold, and what a kind of declaration is: plain values, free of syntax and of facts.

The value types form one small closed family (:data:`ValueType`); whoever handles them all (name resolution,
facts, JSON Schema, the reference) matches on these classes and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from panacea_policy.model.values import Dimension

_RESERVED = "and or not in is if for where with has true false none some no every"
_CLAUSES = "in over between may on when until because by for to with from via of at as under after before"

#: Words of the language that can never be a name, hence neither an attribute nor a value of an enumeration.
RESERVED_WORDS = frozenset(_RESERVED.split())

#: Reserved words that are attributes all the same: as keys and behind a dot nothing else can be meant.
WORDS_READ_AS_KEYS = frozenset({"every"})

#: Words that open a clause of a declaration's head.
CLAUSE_WORDS = frozenset(_CLAUSES.split())


class TextType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A text in quotes; ``pattern`` is a regular expression that the whole text must match."""

    pattern: str | None = None


class BooleanType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """``true`` or ``false``."""


class NumberType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A number or quantity of one dimension; the bounds are inclusive and in the dimension's base unit."""

    dimension: Dimension = Dimension.COUNT
    minimum: float | None = None
    maximum: float | None = None
    integer: bool = False


class DateType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A calendar date."""


class EnumType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """One of a fixed set of words."""

    values: tuple[str, ...]


class ReferenceType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The name of a declaration of one of ``kinds`` or their descendants; of a template if so marked."""

    kinds: tuple[str, ...]
    template: bool = False


class StructureType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A nested body ``{ … }`` that becomes an anonymous entity ``owner.attribute`` of the kind ``kind``.

    Where that kind has an ``owner`` attribute (``backup`` has ``of``), it names the declaration around the
    body, as it does for nested declarations.
    """

    kind: str


class MapType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """``{ key: value … }``: each pair becomes an entity of the kind ``entry``."""

    key: ValueType
    value: ValueType


class FormulaType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """References joined by ``and`` and ``or``."""

    kinds: tuple[str, ...]


class DistributionType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A quantity, or a distribution of quantities, of one dimension; ``minimum`` bounds plain numbers.

    Every other dimension is bounded by 0 anyhow.
    """

    dimension: Dimension
    minimum: float | None = None


class AddressType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """An IP address or prefix, or a host name in quotes."""


class PortsType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A port, a range of ports, or a list of these."""


class CpeType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A product name of the Common Platform Enumeration, ``cpe("cpe:2.3:…")``."""


class PurlType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A package URL, ``purl("pkg:…")``."""


class UnionType(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Any one of several types; the first that fits is taken."""

    options: tuple[ValueType, ...]


ValueType = (
    TextType
    | BooleanType
    | NumberType
    | DateType
    | EnumType
    | ReferenceType
    | StructureType
    | MapType
    | FormulaType
    | DistributionType
    | AddressType
    | PortsType
    | CpeType
    | PurlType
    | UnionType
)


class Attribute(msgspec.Struct, frozen=True, array_like=True):
    """One attribute of a kind.

    ``declared_by`` is the kind that declares it: facts about it are in the relation ``{declared_by}.{name}``,
    also for descendants. What nobody set is unknown, unless the attribute is ``complete``: then the list is
    known to be empty, or the single value to be none. ``dated`` names the date attribute that ``word by
    DATE`` fills next to this one.
    """

    name: str
    type: ValueType
    many: bool
    required: bool
    complete: bool
    doc: str
    declared_by: str
    dated: str | None = None


class Kind(msgspec.Struct, frozen=True):
    """One kind of declaration; ``attributes`` includes the inherited ones.

    - ``keyword``: the word that opens a declaration (``waive`` for the kind ``waiver``; else the kind's own
      name)
    - ``nested``: kinds that may be declared inside, with the attribute of the owner that lists them
    - ``owner``: the attribute of a nested declaration that names what it is declared in
    - ``clauses``: which attribute a clause word of the head fills
    - ``arrow``: attributes that ``a -> b`` fills; where the kind has ``both_ways``, ``<->`` sets it
    - ``subject``: the attribute that the name in the head refers to, for kinds that speak about something
      rather than name it (``grant nurse …``)
    - ``auto_name``: how an unnamed declaration is named
    - ``structure``: whether it is only ever the nested body of an attribute
    - ``theme``: the chapter of the reference it belongs to
    - ``declaration``: the class it was read from
    - ``summands``: for a structure that may be written as a sum of quantities (``60k EUR + 12k EUR per
      year``), which attribute takes the quantity of which dimension
    """

    name: str
    keyword: str
    parent: str | None
    abstract: bool
    attributes: Mapping[str, Attribute]
    nested: Mapping[str, str]
    owner: str | None
    clauses: Mapping[str, str]
    arrow: tuple[str, str] | None
    subject: str | None
    auto_name: str | None
    doc: str
    structure: bool
    theme: str
    declaration: type
    summands: Mapping[Dimension, str]
