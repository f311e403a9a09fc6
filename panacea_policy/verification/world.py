"""Every model of a bounded size at once: what a model may say of each declaration, as unknowns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, cast

from panacea_policy.compiler.entities import UNKNOWN, Entity, Formula, Reference, Template
from panacea_policy.compiler.facts import ANY, engine_type, seconds, symbol_of
from panacea_policy.engine import Symbols, Type
from panacea_policy.model import (
    Attribute,
    BooleanType,
    DateType,
    Distribution,
    DistributionType,
    EnumType,
    NumberType,
    Registry,
    StructureType,
)
from panacea_policy.verification.demand import Universe
from panacea_policy.verification.logic import Guard, Logic, Value
from panacea_policy.verification.slice import (
    NARROWED,
    VALUE,
    Kinds,
    Slice,
    concrete,
    traffic_parts,
    value_kinds,
)

DAY = 86_400
#: The days that the calendar has, and those that an example prefers.
FIRST_DAY, LAST_DAY = -719_162, 2_932_896
NICE_DAYS = (10_957, 47_482)

Row = tuple[tuple[Value, ...], Guard]


@dataclass(frozen=True, eq=False)
class Place:
    """One declaration that a model may have: ``kinds``: what it may be, in order; ``entity``: the one that it
    is known to be, with everything said of it; ``name``: the name that the rules know it by.
    """

    symbol: int
    kinds: tuple[str, ...]
    entity: Entity | None = None
    name: str | None = None
    exists: Guard = True
    #: A z3 term that says which of the kinds it is.
    kind: Any = None


@dataclass(frozen=True, eq=False)
class Said:
    """What a model says of one attribute of one place.

    ``unset``: nobody set it; ``refs``: by the symbol of the place it names; ``words``: by symbol, for lists
    of words; ``value``: the one plain value, where ``has``; ``values``: those of a list.
    """

    unset: Guard
    refs: Mapping[int, Guard] = field(default_factory=dict)
    words: Mapping[int, Guard] = field(default_factory=dict)
    has: Guard = False
    value: Value = None
    values: Sequence[tuple[Guard, Value]] = ()


class World:
    """The relations of the model, as rows under conditions. ``axioms`` hold in every model; ``natural`` ones
    in models as people write them, which examples should be.
    """

    def __init__(
        self,
        logic: Logic,
        part: Slice,
        universe: Universe,
        symbols: Symbols,
        *,
        entities: Sequence[Entity],
        named: Mapping[str, str],
        templates: Mapping[str, Template],
        as_of: date,
    ) -> None:
        """``entities``: those that are what they are; ``named``: names of the rules' own declarations, with
        their kinds; ``templates``: by qualified name.
        """
        self.logic = logic
        self.part = part
        self.registry: Registry = part.registry
        self.symbols = symbols
        self.as_of = as_of
        self.axioms: list[Guard] = []
        self.natural: list[Guard] = []
        #: Why the world leaves something out, for answers that speak of all models.
        self.gaps: dict[str, None] = {}
        self.said: dict[tuple[int, str], Said] = {}
        self.member: dict[tuple[int, int], Guard] = {}
        self.templates = templates
        self.any = symbols.intern(ANY)
        self._universe = universe
        self._made: dict[str, list[Row]] = {}
        self.places = [*self._fixed(entities, named), *self._free(universe)]
        self.by_symbol = {place.symbol: place for place in self.places}
        self.today = logic.z3.Int("today")
        self.axioms.append(logic.z3.And(self.today >= FIRST_DAY, self.today <= LAST_DAY))
        today = int(seconds(as_of)) // DAY
        self.natural.append(self.today == today)
        for name, (what, of) in part.inputs.items():
            self._made[name] = list(self._rows(what, of))
        for attribute in self._subjects():
            list(self._all_said(attribute))
        self._members_have_values()

    def rows(self, relation: str) -> list[Row]:
        """The rows of a relation of the model."""
        return self._made[relation]

    def is_kind(self, place: Place, kinds: Kinds) -> Guard:
        """Whether there is such a declaration, of one of these kinds."""
        fitting = [index for index, kind in enumerate(place.kinds) if kind in kinds]
        if not fitting:
            return False
        if len(fitting) == len(place.kinds):
            return place.exists
        return self.logic.all(place.exists, self.logic.any(place.kind == index for index in fitting))

    # ------------------------------------------------------------------------------------------ places

    def _fixed(self, entities: Sequence[Entity], named: Mapping[str, str]) -> Iterator[Place]:
        for entity in entities:
            yield Place(self._symbol(entity.name), (entity.kind.name,), entity=entity, name=entity.name)
        for name, kind in named.items():
            yield Place(self._symbol(name), (kind,), name=name)

    def _free(self, universe: Universe) -> Iterator[Place]:
        z3 = self.logic.z3
        for index, kinds in enumerate(universe.places):
            ordered = tuple(sorted(kinds))
            if not ordered:
                continue
            kind = z3.Int(f"kind {index}") if len(ordered) > 1 else None
            if kind is not None:
                self.axioms.append(z3.And(kind >= 0, kind < len(ordered)))
            exists = z3.Bool(f"exists {index}")
            yield Place(self.symbols.intern(("place", index)), ordered, exists=exists, kind=kind)

    def _symbol(self, name: str) -> int:
        return self.symbols.intern(symbol_of(name))

    def _subjects(self) -> list[Attribute]:
        """What the heads of some declarations must name."""
        kinds = {kind for place in self.places if place.entity is None for kind in place.kinds}
        chosen = [self.registry.kind(kind) for kind in sorted(kinds)]
        return [kind.attributes[kind.subject] for kind in chosen if kind.subject is not None]

    # ------------------------------------------------------------------------------------------ relations

    def _rows(self, what: str, of: object) -> Iterator[Row]:
        match what:
            case "kind" | "domain":
                kinds = concrete(self.registry, [cast(str, of)])
                for place in self.places:
                    if (guard := self.is_kind(place, kinds)) is not False:
                        yield (place.symbol,), guard
                if what == "domain":
                    yield (self.any,), True
            case "attribute" | "mean":
                yield from self._attribute(cast(Attribute, of), mean=what == "mean")
            case "unset":
                for place, said in self._all_said(cast(Attribute, of)):
                    if said.unset is not False:
                        yield (place.symbol,), said.unset
                yield (self.any,), True
            case "words":
                for word in cast("tuple[str, ...]", of):
                    yield (self.symbols.intern(word),), True
            case "today":
                day = self.logic.z3.ToReal(self.today * DAY)
                yield (self.symbols.intern("today"), day), True
            case "member":
                yield from self._members()
            case "entry":
                self.gaps["maps (such as `behaviours`) are left empty"] = None
            case "traffic":  # no filter narrows
                self.gaps[NARROWED] = None
                kinds, part = traffic_parts(self.registry, cast(str, of))
                for place in self.places:
                    if (guard := self.is_kind(place, kinds)) is not False:
                        yield (place.symbol, self.symbols.intern(part)), guard
            case _:
                yield from self._formulas(cast(str, of))

    def _attribute(self, attribute: Attribute, *, mean: bool) -> Iterator[Row]:
        if isinstance(attribute.type, DistributionType) and not mean:
            self.gaps[f"distributions are compared by `{attribute.name}`"] = None
            return
        for place, said in self._all_said(attribute):
            for symbol, guard in (*said.refs.items(), *said.words.items()):
                yield (place.symbol, symbol), guard
            if said.has is not False:
                yield (place.symbol, said.value), said.has
            for guard, value in said.values:
                yield (place.symbol, value), guard

    def _all_said(self, attribute: Attribute) -> Iterator[tuple[Place, Said]]:
        kinds = concrete(self.registry, [attribute.declared_by])
        for place in self.places:
            if any(kind in kinds for kind in place.kinds):
                key = (place.symbol, f"{attribute.declared_by}.{attribute.name}")
                if key not in self.said:
                    self.said[key] = (
                        self._known(place.entity, attribute)
                        if place.entity is not None
                        else self._unknown(place, attribute, kinds)
                    )
                yield place, self.said[key]

    # ------------------------------------------------------------------------------------------ what is known

    def _known(self, entity: Entity, attribute: Attribute) -> Said:
        value = entity.value(attribute.name)
        if value is UNKNOWN:
            return Said(not attribute.complete)
        if value is None:
            return Said(False)
        if value_kinds(self.registry, attribute.type) != VALUE:
            items = value if isinstance(value, tuple) else (value,)
            refs = {
                self._symbol(each.node if isinstance(each, Formula) else str(each)): True
                for each in items
                if isinstance(each, Reference | Formula)
            }
            return Said(False, refs=refs)
        if attribute.many:
            items = value if isinstance(value, tuple) else (value,)
            return Said(False, values=[(True, self._plain(each, attribute)) for each in items])
        return Said(False, has=True, value=self._plain(value, attribute))

    def _plain(self, value: object, attribute: Attribute) -> Value:
        if isinstance(value, Distribution):
            return Fraction(value.mean())
        if engine_type(attribute.type) is Type.FLOAT:
            return Fraction(seconds(value)) if isinstance(value, date) else Fraction(float(str(value)))
        if isinstance(value, Reference):
            return self._symbol(str(value))
        return self.symbols.intern(cast(Any, value))

    def _formulas(self, word: str) -> Iterator[Row]:
        """The formulas of what is known; of what is not, only single names are looked at."""
        if any(place.entity is None for place in self.places):
            self.gaps["formulas joined by `and` and `or` are looked at only as single names"] = None
        queue: list[object] = [
            value
            for place in self.places
            if place.entity is not None
            for value in place.entity.own.values()
            if isinstance(value, Formula)
        ]
        while queue:
            formula = queue.pop()
            if isinstance(formula, Formula):
                if formula.word == word:
                    parts = (formula.node, *map(_node, (formula.left, formula.right)))
                    yield tuple(self._symbol(each) for each in parts), True
                queue += [formula.left, formula.right]

    # ------------------------------------------------------------------------------------------ what is not

    def _unknown(self, place: Place, attribute: Attribute, kinds: Kinds) -> Said:
        z3, logic = self.logic.z3, self.logic
        label = f"{place.symbol}.{attribute.declared_by}.{attribute.name}"
        has = self.is_kind(place, kinds)
        unset: Guard = False
        if not attribute.complete:
            unset = z3.Bool(f"{label} unset")
            self.axioms.append(logic.implies(unset, has))
        speaks = logic.all(has, logic.negation(unset))
        target = value_kinds(self.registry, attribute.type)
        if target != VALUE:
            return self._references(place, attribute, label, unset, speaks, target)
        if attribute.many:
            return self._list(attribute, label, unset, speaks)
        stated = z3.Bool(f"{label} stated")
        self.axioms.append(logic.implies(stated, speaks))
        if isinstance(attribute.type, BooleanType) and not attribute.complete:
            # What is true or false cannot be `none`.
            self.axioms.append(logic.implies(speaks, stated))
        return Said(unset, has=stated, value=self._value(attribute, label))

    def _references(
        self, place: Place, attribute: Attribute, label: str, unset: Guard, speaks: Guard, target: Kinds
    ) -> Said:
        z3, logic = self.logic.z3, self.logic
        refs: dict[int, Guard] = {}
        for other in self.places:
            fits = self.is_kind(other, target)
            if fits is False:
                continue
            guard = z3.Bool(f"{label} -> {other.symbol}")
            refs[other.symbol] = guard
            self.axioms.append(logic.implies(guard, logic.all(speaks, fits)))
            if other is place:
                self.natural.append(logic.negation(guard))
        if not attribute.many:
            self.axioms.append(logic.at_most_one(list(refs.values())))
        self._shape(place, attribute, refs)
        return Said(unset, refs=refs)

    def _shape(self, place: Place, attribute: Attribute, refs: Mapping[int, Guard]) -> None:
        """What the language demands of references besides their kinds: nothing lies in itself."""
        z3, logic = self.logic.z3, self.logic
        target = value_kinds(self.registry, attribute.type)
        inside_its_kind = frozenset(
            kind
            for kind in place.kinds
            if kind in target and self.registry.kind(kind).clauses.get("in") == attribute.name
        )
        if not inside_its_kind or attribute.many:
            return
        own_kind = self.is_kind(place, inside_its_kind)
        for symbol, guard in refs.items():
            inner, outer = (z3.Int(f"{attribute.name} depth {each}") for each in (place.symbol, symbol))
            self.axioms.append(logic.implies(logic.all(guard, own_kind), inner > outer))

    def _list(self, attribute: Attribute, label: str, unset: Guard, speaks: Guard) -> Said:
        z3, logic = self.logic.z3, self.logic
        words: dict[int, Guard] = {}
        values: list[tuple[Guard, Value]] = []
        if isinstance(attribute.type, EnumType):
            for word in attribute.type.values:
                words[self.symbols.intern(word)] = z3.Bool(f"{label} has {word}")
        else:
            texts = sorted(self.part.constants) if engine_type(attribute.type) is Type.SYMBOL else []
            for symbol in texts:
                if isinstance(self.symbols.value(symbol), str):
                    words[symbol] = z3.Bool(f"{label} has {symbol}")
            wanted = self._universe.values.get(f"={attribute.declared_by}.{attribute.name}", 0)
            for index in range(wanted):
                values.append((z3.Bool(f"{label} has #{index}"), self._value(attribute, f"{label} #{index}")))
        for guard in (*words.values(), *(each for each, _ in values)):
            self.axioms.append(logic.implies(guard, speaks))
        return Said(unset, words=words, values=values)

    def _value(self, attribute: Attribute, label: str) -> Value:
        """A plain value that may be anything its type allows."""
        z3 = self.logic.z3
        type = attribute.type
        if isinstance(type, DateType):
            day = z3.Int(f"{label} day")
            self.axioms.append(z3.And(day >= FIRST_DAY, day <= LAST_DAY))
            self.natural.append(z3.And(day >= NICE_DAYS[0], day <= NICE_DAYS[1]))
            return z3.ToReal(day * DAY)
        if isinstance(type, NumberType | DistributionType) or engine_type(type) is Type.FLOAT:
            return self._number(type if isinstance(type, NumberType) else None, label, type)
        value = z3.Int(label)
        if isinstance(type, EnumType):
            allowed = [self.symbols.intern(word) for word in type.values]
            self.axioms.append(z3.Or(*(value == each for each in allowed)))
        elif isinstance(type, BooleanType):
            allowed = [self.symbols.intern(each) for each in (True, False)]
            self.axioms.append(z3.Or(*(value == each for each in allowed)))
        return value

    def _number(self, type: NumberType | None, label: str, of: object) -> Value:
        z3 = self.logic.z3
        value = z3.Real(label)
        if type is not None and type.integer:
            value = z3.ToReal(z3.Int(f"{label} whole"))
        least = type.minimum if type is not None else None
        most = type.maximum if type is not None else None
        if isinstance(of, DistributionType) and of.dimension.name == "FRACTION":
            least, most = 0, 1
        if least is not None:
            self.axioms.append(value >= z3.RealVal(str(Fraction(least))))
        if most is not None:
            self.axioms.append(value <= z3.RealVal(str(Fraction(most))))
        self.natural.append(z3.And(value >= (0 if least is None else least), value <= 10**9))
        return value

    # ------------------------------------------------------------------------------------------ templates

    def _members(self) -> Iterator[Row]:
        """Who is a member of the templates that the rules name, and of those that these inherit from."""
        z3, logic = self.logic.z3, self.logic
        named = {
            symbol: template
            for name, template in self.templates.items()
            if (symbol := self._symbol(name)) in self.part.constants
        }
        for place in self.places:
            if place.entity is not None:
                for template in place.entity.lines():
                    yield (place.symbol, self._symbol(template.name)), True
                continue
            for symbol, template in named.items():
                fits = self.is_kind(place, concrete(self.registry, [template.kind.name]))
                if fits is False:
                    continue
                guard = z3.Bool(f"{place.symbol} is {symbol}")
                self.axioms.append(logic.implies(guard, fits))
                self.member[place.symbol, symbol] = guard
                yield (place.symbol, symbol), guard
            for symbol, template in named.items():
                for parent in template.parents:
                    above = self.member.get((place.symbol, self._symbol(parent.name)))
                    below = self.member.get((place.symbol, symbol))
                    if above is not None and below is not None:
                        self.axioms.append(logic.implies(below, above))

    def _members_have_values(self) -> None:
        """An attribute that a template gives a value is set for its members."""
        for (place, symbol), guard in self.member.items():
            template = self.templates[str(cast(tuple[str], self.symbols.value(symbol))[0])]
            given = {name for each in _line(template) for name in each.values}
            for (owner, relation), said in self.said.items():
                if owner == place and relation.rpartition(".")[2] in given:
                    self.axioms.append(self.logic.implies(guard, self.logic.negation(said.unset)))

    # ------------------------------------------------------------------------------------------ as written

    def naturally(self) -> list[Guard]:
        """What holds besides in a model as people write it: parts are declared inside what they are part of,
        and every structure is the value of one attribute.
        """
        logic = self.logic
        found = list(self.natural)
        holders: dict[int, list[Guard]] = {}
        for (_, relation), said in self.said.items():
            attribute = self._attribute_named(relation)
            if isinstance(attribute.type, StructureType):
                for symbol, guard in said.refs.items():
                    holders.setdefault(symbol, []).append(guard)
        for place in self.places:
            structures = frozenset(k for k in place.kinds if self.registry.kind(k).structure)
            if structures and place.entity is None:
                held = holders.get(place.symbol, [])
                found.append(logic.at_most_one(held))
                found.append(logic.implies(self.is_kind(place, structures), logic.any(held)))
            found += self._nested(place)
        for attribute in self._subjects():
            for place, said in self._all_said(attribute):
                kinds = concrete(self.registry, [attribute.declared_by])
                found.append(logic.implies(self.is_kind(place, kinds), logic.any(said.refs.values())))
        return found

    def _nested(self, place: Place) -> Iterator[Guard]:
        """The owner lists its part, and the part names its owner."""
        logic = self.logic
        for kind in place.kinds if place.entity is None else ():
            owner = self.registry.kind(kind).owner
            if owner is None:
                continue
            attribute = self.registry.kind(kind).attributes[owner]
            said = self.said.get((place.symbol, f"{attribute.declared_by}.{owner}"))
            for symbol, guard in said.refs.items() if said else ():
                for other in self.by_symbol[symbol].kinds:
                    slot = self.registry.kind(other).nested.get(kind)
                    listed = self.registry.kind(other).attributes.get(slot or "")
                    listing = listed and self.said.get((symbol, f"{listed.declared_by}.{listed.name}"))
                    if listing and self.by_symbol[symbol].entity is None:
                        inside = listing.refs.get(place.symbol, False)
                        yield logic.implies(
                            self.is_kind(place, frozenset([kind])), _iff(logic, guard, inside)
                        )

    def _attribute_named(self, relation: str) -> Attribute:
        kind, _, name = relation.rpartition(".")
        return self.registry.kind(kind).attributes[name]


def _iff(logic: Logic, one: Guard, other: Guard) -> Guard:
    return logic.all(logic.implies(one, other), logic.implies(other, one))


def _node(part: Formula | Reference) -> str:
    return part.node if isinstance(part, Formula) else str(part)


def _line(template: Template) -> Iterator[Template]:
    yield template
    for parent in template.parents:
        yield from _line(parent)


__all__ = ["DAY", "Place", "Row", "Said", "World"]
