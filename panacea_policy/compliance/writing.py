"""How edits and values are written: entries of a change in the language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from panacea_policy.compiler import UNKNOWN, Entity, Model
from panacea_policy.compiler.entities import Reference
from panacea_policy.language import syntax as tree
from panacea_policy.language.writing import quoted
from panacea_policy.model import (
    Attribute,
    BooleanType,
    Currencies,
    DateType,
    Dimension,
    EnumType,
    NumberType,
    ReferenceType,
    StructureType,
    TextType,
    UnitError,
    ValueType,
    to_base,
    written_quantity,
)
from panacea_policy.model.nature import is_own, is_structure

#: The longest value of an edit, in characters.
MAX_WRITTEN = 600
#: The rank of edits whose value stands for one that people have to choose, and of those that accept a risk
#: rather than treat it.
EXAMPLE, ACCEPTANCE = 3, 4

_SPEAKABLE = re.compile(r'[A-Za-z_][\w.]*(\["[^"\\]*"\])?')


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of a change. ``site``: the declaration and the attribute, of a new declaration its kind.

    ``rank``: how much it asks for: 0 a setting, 1 a link or a declaration, 2 another structure, 3 a
    choice that nobody can make from here, 4 that somebody accepts a risk. ``lines``: of a new declaration
    the attributes, of which those from ``needed`` on may be left out. ``note``: what a person should know of
    it.
    """

    head: str
    site: tuple[str, str]
    rank: int
    lines: tuple[str, ...] = ()
    needed: int = 0
    note: str = ""

    @property
    def text(self) -> str:
        """The entry in the language."""
        return f"{self.head} {{ {'  '.join(self.lines)} }}" if self.lines else self.head

    @property
    def optional(self) -> range:
        """The numbers of the lines that may be left out."""
        return range(self.needed, len(self.lines))

    def with_lines(self, numbers: Iterable[int]) -> Edit:
        """The declaration with its needed lines and some of the others."""
        lines = (*self.lines[: self.needed], *(self.lines[n] for n in sorted(numbers)))
        return replace(self, lines=lines)


def text_of(edits: Iterable[Edit]) -> str:
    """Some edits as the entries of one change."""
    return "\n".join(edit.text for edit in edits)


def is_speakable(entity: Entity) -> bool:
    """Whether the language has a name for it: parts of one row of an inventory have none."""
    return _SPEAKABLE.fullmatch(entity.short) is not None


def setting(entity: Entity, attribute: Attribute, value: str, note: str = "") -> Edit | None:
    """``set ENTITY.ATTRIBUTE: VALUE``; None where the language has no name for the entity."""
    name = entity.short
    if not is_speakable(entity):
        return None
    base, bracket, key = name.partition("[")
    rank = 2 if is_structure(attribute) else int(isinstance(attribute.type, ReferenceType))
    if is_own(attribute):
        rank, note = EXAMPLE, "an example: choose the right one"
    if len(value) > MAX_WRITTEN:
        return None
    if (attribute.name, value) == ("treatment", "accept") or entity.value("treatment") == "accept":
        rank = ACCEPTANCE
    text = f"set {base}.{attribute.name}{bracket}{key}: {value}"
    return Edit(text, (entity.name, attribute.name), rank, note=note)


def as_text(model: Model, value: object, type: ValueType) -> str | None:
    """A value as the language writes it; None for one that it cannot, or that is not to be copied."""
    if isinstance(value, tuple):
        parts = [as_text(model, each, type) for each in value]
        return None if None in parts else f"[{', '.join(map(str, parts))}]"
    if value is None:
        return "none"
    match type:
        case BooleanType() if isinstance(value, bool):
            return "true" if value else "false"
        case EnumType():
            return str(value)
        case NumberType(dimension) if isinstance(value, int | float):
            return written_quantity(float(value), dimension, model.currencies.model)
        case DateType() if isinstance(value, date):
            return value.isoformat()
        case TextType(pattern=None) if isinstance(value, str):
            return quoted(value)
        case ReferenceType() if isinstance(value, Reference):
            entity = model.get(value)
            return entity.short if entity is not None and is_speakable(entity) else None
        case StructureType() if isinstance(value, Reference):
            return _structure(model, value)
    return None


def _structure(model: Model, name: Reference) -> str | None:
    part = model.get(name)
    if part is None:
        return None
    lines = [
        f"{attribute.name}: {text}"
        for attribute in part.kind.attributes.values()
        if part.kind.owner != attribute.name
        and (value := part.value(attribute.name)) is not UNKNOWN
        and (text := as_text(model, value, attribute.type)) is not None
    ]
    return f"{{ {'  '.join(lines)} }}" if lines else None


def references(value: object) -> Iterator[str]:
    """The names that a value refers to."""
    for each in value if isinstance(value, tuple) else (value,):
        if isinstance(each, Reference):
            yield each


def numbers_of(part: object, currencies: Currencies) -> Mapping[Dimension, list[float]]:
    """The quantities in a text of the language, in base units, by what they may measure."""
    found: dict[Dimension, list[float]] = {}
    for node in _quantities(part):
        for dimension in Dimension:
            try:
                value = to_base(node.value, node.unit, node.per, dimension, currencies)
            except UnitError:
                continue
            found.setdefault(dimension, []).append(value)
    return found


def _quantities(part: object) -> Iterator[tree.Quantity]:
    if isinstance(part, tree.Quantity):
        yield part
    elif isinstance(part, tree.Node):
        for each in part.__struct_fields__:
            yield from _quantities(getattr(part, each))
    elif isinstance(part, tuple):
        for each in part:
            yield from _quantities(each)
