"""From the solver's answer to a model that people can read: made small first, then written in the
language.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from panacea_policy.model import (
    AddressType,
    Attribute,
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
    StructureType,
    TextType,
    ValueType,
    written_quantity,
)
from panacea_policy.verification.expressions import Expressions
from panacea_policy.verification.logic import Guard
from panacea_policy.verification.solver import Z3, Budget, OutOfBounds, satisfiable
from panacea_policy.verification.world import DAY, Place, Said, World

EPOCH = date(1970, 1, 1)
#: Trials of making an example smaller; beyond them it stays as it is.
MAX_TRIALS = 150
#: What a declaration is rather than anything else that it could be.
USUAL = ("system", "zone", "role", "person", "organisation", "supplier", "data_class")


class Unwritable(Exception):
    """An example that has no text; ``reason`` says what is in the way."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Example:
    """Declarations in the language, and the day on which they show what they are to show."""

    text: str
    as_of: date


def smallest(z3: Z3, solver: Z3, world: World, budget: Budget) -> Any:
    """A model of the solver's formulas that says little: wishes are granted one by one while they can be."""
    model = solver.model()
    granted: list[Guard] = []
    trials = 0
    for wish in _wishes(world):
        if z3.is_true(model.eval(wish, model_completion=True)):
            granted.append(wish)
            continue
        # Trials are counted, not timed: the same question has the same example on every machine.
        trials += 1
        if trials > MAX_TRIALS:
            break
        try:
            if satisfiable(z3, solver, budget, *granted, wish):
                model = solver.model()
                granted.append(wish)
        except OutOfBounds:
            break
    return model


def _wishes(world: World) -> Iterator[Guard]:
    logic = world.logic
    for place in world.places:
        if not isinstance(place.exists, bool):
            yield logic.negation(place.exists)
    for place in world.places:
        usual = next((kind for kind in USUAL if kind in place.kinds), None)
        if place.kind is not None and usual is not None:
            yield place.kind == place.kinds.index(usual)
    for guard in world.member.values():
        yield logic.negation(guard)
    saids = [said for (owner, _), said in world.said.items() if world.by_symbol[owner].entity is None]
    for said in saids:
        for guard in (*said.refs.values(), *said.words.values(), *(each for each, _ in said.values)):
            yield logic.negation(guard)
    for said in saids:
        if said.unset is False:
            if said.has is not False:
                yield logic.negation(said.has)
        else:
            yield said.unset


class Writer:
    """Writes one model of the solver. Raises :class:`Unwritable`."""

    def __init__(self, world: World, expressions: Expressions, model: Any) -> None:
        self._world = world
        self._expressions = expressions
        self._model = model
        self._registry = world.registry
        self._kinds: dict[int, str] = {}
        self._names: dict[int, str] = {}
        count: dict[str, int] = {}
        for place in world.places:
            if not self._true(place.exists):
                continue
            kind = self._kind(place)
            self._kinds[place.symbol] = kind
            if place.name is None:
                count[kind] = count.get(kind, 0) + 1
            self._names[place.symbol] = place.name or f"{kind}_{count[kind]}"
        self._inside: dict[int, tuple[int, str]] = {}

    def example(self) -> Example:
        """All declarations, parts inside what they are part of."""
        self._find_holders()
        blocks = [
            self._declaration(place, "")
            for place in self._world.places
            if place.symbol in self._kinds and place.entity is None and place.symbol not in self._inside
        ]
        return Example("\n".join(blocks) + "\n", self._day(self._world.today))

    # ------------------------------------------------------------------------------------------ declarations

    def _find_holders(self) -> None:
        """What is written inside something else: structures, and parts that are listed by the one owner they
        name.
        """
        for (owner, relation), said in self._world.said.items():
            place = self._world.by_symbol[owner]
            attribute = self._attribute(relation)
            if owner not in self._kinds or place.entity is not None:
                continue
            if attribute.name not in self._registry.kind(self._kinds[owner]).attributes:
                continue
            for symbol in self._refs(said):
                structure = isinstance(attribute.type, StructureType)
                if structure:
                    if symbol in self._inside or self._world.by_symbol[symbol].entity is not None:
                        raise Unwritable("a structure that belongs to two declarations")
                    self._inside[symbol] = (owner, attribute.name)
                elif self._names_its_owner(symbol, owner, attribute.name):
                    self._inside[symbol] = (owner, attribute.name)

    def _names_its_owner(self, part: int, owner: int, slot: str) -> bool:
        kind = self._registry.kind(self._kinds[part])
        if self._registry.kind(self._kinds[owner]).nested.get(kind.name) != slot or kind.owner is None:
            return False
        attribute = kind.attributes[kind.owner]
        said = self._world.said.get((part, f"{attribute.declared_by}.{kind.owner}"))
        return said is None or self._refs(said) == [owner]

    def _declaration(self, place: Place, indent: str) -> str:
        kind = self._registry.kind(self._kinds[place.symbol])
        name = self._names[place.symbol]
        templates = self._templates(place)
        head = f"{indent}{kind.keyword} {name}"
        lines = list(self._lines(place, indent + "  "))
        if kind.subject is not None:
            subject = f"{indent}  {kind.subject}: "
            said = next((each for each in lines if each.startswith(subject)), None)
            if said is None:
                raise Unwritable(f"a `{kind.name}` that names no `{kind.subject}`")
            lines.remove(said)
            head += f" : {said.removeprefix(subject)}"
        elif templates:
            head += f" : {', '.join(templates)}"
        return (
            f"{head} {{\n" + "".join(f"{line}\n" for line in lines) + f"{indent}}}"
            if lines
            else f"{head} {{}}"
        )

    def _templates(self, place: Place) -> list[str]:
        """The templates that it is a member of, without those that these inherit from."""
        chosen = [
            self._world.templates[str(self._world.symbols.value(symbol)[0])]  # type: ignore[index]
            for (owner, symbol), guard in self._world.member.items()
            if owner == place.symbol and self._true(guard)
        ]
        above = {id(parent) for each in chosen for parent in each.parents}
        return [each.name for each in chosen if id(each) not in above]

    def _lines(self, place: Place, indent: str) -> Iterator[str]:
        kind = self._registry.kind(self._kinds[place.symbol])
        inside = self._inside.get(place.symbol)
        for (owner, relation), said in self._world.said.items():
            if owner != place.symbol:
                continue
            attribute = self._attribute(relation)
            if kind.attributes.get(attribute.name) != attribute:
                continue
            if inside is not None and attribute.name == kind.owner:
                continue
            yield from self._line(place, attribute, said, indent)

    def _line(self, place: Place, attribute: Attribute, said: Said, indent: str) -> Iterator[str]:
        if self._true(said.unset):
            return
        refs = self._refs(said)
        if isinstance(attribute.type, StructureType):
            for symbol in refs:
                part = self._world.by_symbol[symbol]
                inner = "".join(f"{line}\n" for line in self._lines(part, indent + "  "))
                yield f"{indent}{attribute.name}: " + (f"{{\n{inner}{indent}}}" if inner else "{}")
            if not refs and not attribute.complete:
                yield f"{indent}{attribute.name}: none"
            return
        nested = [each for each in refs if self._inside.get(each) == (place.symbol, attribute.name)]
        plain = [*(self._name(each) for each in refs if each not in nested), *self._plain(attribute, said)]
        for each in nested:
            yield self._declaration(self._world.by_symbol[each], indent)
        if plain:
            value = f"[{', '.join(plain)}]" if attribute.many else plain[0]
            yield f"{indent}{attribute.name}: {value}"
        elif not nested and not attribute.complete:
            yield f"{indent}{attribute.name}: {'[]' if attribute.many else 'none'}"

    def _plain(self, attribute: Attribute, said: Said) -> Iterator[str]:
        written: list[str] = []
        for symbol, guard in said.words.items():
            if self._true(guard):
                written.append(self._symbol(symbol, attribute.type))
        for guard, value in said.values:
            if self._true(guard):
                written.append(self._value(attribute.type, value))
        if said.has is not False and self._true(said.has):
            written.append(self._value(attribute.type, said.value))
        yield from dict.fromkeys(written)

    # ------------------------------------------------------------------------------------------ values

    def _value(self, type: ValueType, value: Any) -> str:
        found = self._model.eval(value, model_completion=True)
        if isinstance(type, DateType):
            return (EPOCH + timedelta(days=int(_fraction(found) / DAY))).isoformat()
        if isinstance(type, NumberType | DistributionType):
            return written_quantity(_fraction(found), type.dimension)
        code = found.as_long()
        text = self._expressions.text_of(value, self._model)
        if text is not None:
            return _quoted(text)
        return self._symbol(code, type)

    def _symbol(self, code: int, type: ValueType) -> str:
        """What stands for a symbol of the solver: a word, true or false, or a text of its own."""
        symbols = self._world.symbols
        known = symbols.value(code) if 0 <= code < len(symbols) else None
        if isinstance(type, EnumType):
            return str(known)
        if isinstance(type, BooleanType):
            return "true" if known is True else "false"
        if isinstance(type, ReferenceType | FormulaType):
            raise Unwritable("a reference to a template that the rules do not name")
        text = known if isinstance(known, str) else None
        match type:
            case TextType(pattern=None):
                return _quoted(text if text is not None else f"text {code}")
            case TextType():
                return _quoted(text if text is not None else f"{code // 60 % 24:02}:{code % 60:02}")
            case AddressType():
                return _quoted(text if text is not None else f"host{abs(code)}.example")
            case PortsType() if text is None:
                return str(1 + abs(code) % 65_000)
            case CpeType() if text is None:
                return f'cpe("cpe:2.3:a:example:product{abs(code)}:*:*:*:*:*:*:*:*")'
            case PurlType() if text is None:
                return f'purl("pkg:generic/product{abs(code)}")'
        raise Unwritable("a value that has no simple text")

    def _name(self, symbol: int) -> str:
        return self._names[symbol]

    def _refs(self, said: Said) -> list[int]:
        return [symbol for symbol, guard in said.refs.items() if self._true(guard)]

    def _kind(self, place: Place) -> str:
        if place.kind is None:
            return place.kinds[0]
        index: int = self._model.eval(place.kind, model_completion=True).as_long()
        return place.kinds[index]

    def _true(self, guard: Guard) -> bool:
        if isinstance(guard, bool):
            return guard
        return bool(self._world.logic.z3.is_true(self._model.eval(guard, model_completion=True)))

    def _day(self, value: Any) -> date:
        return EPOCH + timedelta(days=self._model.eval(value, model_completion=True).as_long())

    def _attribute(self, relation: str) -> Attribute:
        kind, _, name = relation.rpartition(".")
        return self._registry.kind(kind).attributes[name]


def _fraction(found: Any) -> Fraction:
    """The number that a model gives; an irrational one by its nearest decimals."""
    if hasattr(found, "approx"):
        found = found.approx(12)
    if hasattr(found, "as_fraction"):
        return Fraction(str(found.as_fraction()))
    return Fraction(found.as_long())


def _quoted(text: str) -> str:
    if any(ord(each) < 32 for each in text) or '"' in text or "\\" in text:
        raise Unwritable("a text with characters that need an escape")
    return f'"{text}"'


__all__ = ["Example", "Unwritable", "Writer", "smallest"]
