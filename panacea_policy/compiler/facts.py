"""From entities to the columns of the engine, relation by relation, only those that a program asks for.

Relations of the model:

- ``kind K`` (entity): the entities of kind K and of its descendants;
- ``domain K`` (entity): the same, and one more that stands for what nobody declared (see :data:`ANY`);
- ``K.a`` (entity, value): attribute a, declared by kind K, where it is known;
- ``K.a unset`` (entity): where nobody set it;
- ``member`` (entity, template): what is written after the colon, inherited ones too;
- ``all_of``, ``any_of`` (node, left, right): the formulas of attributes such as `needs`;
- those of :mod:`panacea_policy.compiler.traffic`: what filters say of addresses and ports.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import accumulate, chain
from typing import overload

import numpy as np
from numpy.typing import NDArray

from panacea_policy.compiler.entities import (
    UNKNOWN,
    Entity,
    Formula,
    Origin,
    Reference,
    Template,
    linearised,
)
from panacea_policy.compiler.gather import Block, Gathered
from panacea_policy.compiler.traffic import TRAFFIC, Traffic
from panacea_policy.engine import Symbols, Type
from panacea_policy.model import (
    Attribute,
    DateType,
    Distribution,
    MapType,
    NumberType,
    Registry,
    UnionType,
    ValueType,
)

Column = NDArray[np.int64] | NDArray[np.float64]

#: The symbol of a member that an unknown list may have without anybody having declared it.
ANY = ("any undeclared one",)

_NONE = np.empty(0, np.int64)

TODAY = "today"
MEMBER = "member"
ALL_OF = "all_of"
ANY_OF = "any_of"


def symbol_of(name: str) -> tuple[str]:
    """The symbol by which facts speak of an entity or template; a one-tuple, so that no text is mistaken for
    it.
    """
    return (name,)


def engine_type(type: ValueType) -> Type:
    """How the engine holds values of a type: numbers and dates as floats, everything else as symbols."""
    if isinstance(type, NumberType | DateType):
        return Type.FLOAT
    if isinstance(type, UnionType) and all(engine_type(option) is Type.FLOAT for option in type.options):
        return Type.FLOAT
    return Type.SYMBOL


def seconds(day: date) -> float:
    """A date as the engine holds it: seconds since 1970-01-01 at midnight UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def day_of(value: float) -> date:
    """The date that :func:`seconds` gave ``value`` for."""
    return datetime.fromtimestamp(value, tz=UTC).date()


@dataclass(frozen=True, slots=True)
class Assumption:
    """A value that nobody set and that risk therefore takes from the class or kind."""

    entity: Entity
    attribute: str
    value: object
    source: str
    origin: Origin | None


class Assumptions(Sequence[Assumption]):
    """The assumptions that were made: attribute by attribute, each made into an object when asked for."""

    def __init__(self) -> None:
        #: Attributes, with the entities of which they are assumed and the templates that values come from.
        self._made: list[_Run] = []
        #: What holds of some entities instead.
        self._instead: dict[str, list[_Run]] = {}

    def add(self, attribute: str, entities: Sequence[Entity], sources: Sequence[Template]) -> None:
        """Adds what is assumed of some entities' attribute, each with the template that it comes from."""
        if entities:
            self._made.append((attribute, entities, sources))

    def changed(self, names: Collection[str], now: Assumptions) -> Assumptions:
        """The same where of some declarations, by name, other things are assumed now: those of ``now``."""
        found = Assumptions()
        found._made = self._made
        found._instead = {**self._instead, **{name: [] for name in names}}
        for attribute, entities, sources in now._made:
            for entity, source in zip(entities, sources, strict=True):
                found._instead.setdefault(entity.name, []).append((attribute, [entity], [source]))
        return found

    def entities(self) -> Sequence[Entity]:
        """The entities of which something is assumed, each once."""
        return list(dict.fromkeys(chain.from_iterable(entities for _, entities, _ in self._runs)))

    @cached_property
    def _runs(self) -> list[_Run]:
        if not self._instead:
            return self._made
        found: list[_Run] = []
        for attribute, entities, sources in self._made:
            kept = [i for i, each in enumerate(entities) if each.name not in self._instead]
            if kept:
                found.append((attribute, [entities[i] for i in kept], [sources[i] for i in kept]))
        return [*found, *chain.from_iterable(self._instead.values())]

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate((len(entities) for _, entities, _ in self._runs), initial=0))

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, index: int) -> Assumption: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Assumption]: ...
    def __getitem__(self, index: int | slice) -> Assumption | Sequence[Assumption]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(index)
        run = bisect_right(self._starts, place) - 1
        attribute, entities, sources = self._runs[run]
        inside = place - self._starts[run]
        return _assumption(attribute, entities[inside], sources[inside])

    def __iter__(self) -> Iterator[Assumption]:
        for attribute, entities, sources in self._runs:
            for entity, source in zip(entities, sources, strict=True):
                yield _assumption(attribute, entity, source)


_Run = tuple[str, Sequence[Entity], Sequence[Template]]


def _assumption(attribute: str, entity: Entity, source: Template) -> Assumption:
    origin = source.prior_origins.get(attribute)
    return Assumption(entity, attribute, source.priors[attribute], source.name, origin)


class Facts:
    """The facts of one model. Relations are made when asked for, once."""

    def __init__(
        self,
        registry: Registry,
        entities: Mapping[str, Entity],
        invalid: set[tuple[str, str]],
        symbols: Symbols,
        as_of: date,
        priors: Mapping[str, Template] | None = None,
    ) -> None:
        """``as_of``: what `today` is. ``priors``: kind-wide priors; given, unset attributes take priors and
        are listed in ``assumptions``.
        """
        self._registry = registry
        self._invalid = invalid
        self._symbols = symbols
        self._as_of = as_of
        self._priors = priors
        self._by_kind: dict[str, list[Entity]] = {}
        for entity in entities.values():
            self._by_kind.setdefault(entity.kind.name, []).append(entity)
        self._blocks: dict[str, Block] = {}
        self._said: dict[tuple[Template, ...], Mapping[str, object]] = {}
        self._ids: dict[str, NDArray[np.int64]] = {}
        self._formulas: dict[str, Formula] = {}
        self._made: dict[str, tuple[Column, ...]] = {}
        self._traffic: Traffic | None = None
        self._passes: dict[str, tuple[Column, ...]] = {}
        self._members: tuple[Column, ...] | None = None
        self.assumptions = Assumptions()

    def entities(self, kind: str) -> Sequence[Entity]:
        """Entities of a kind and its descendants, in order of declaration."""
        found: list[Entity] = []
        for each in self._registry.descendants(kind):
            found.extend(self._by_kind.get(each, ()))
        return found

    def today(self) -> tuple[Column, ...]:
        """The relation ``today``."""
        return np.asarray([self._symbols.intern(TODAY)], dtype=np.int64), np.asarray([seconds(self._as_of)])

    def kind(self, name: str) -> tuple[Column, ...]:
        """The relation ``kind K``."""
        return (self._identifiers(name),)

    def domain(self, name: str) -> tuple[Column, ...]:
        """The relation ``domain K``."""
        return (np.append(self._identifiers(name), self._symbols.intern(ANY)),)

    def words(self, values: Iterable[str]) -> tuple[Column, ...]:
        """Every word of an enumeration."""
        return (np.asarray(self._symbols.intern_many(list(values)), dtype=np.int64),)

    def attribute(self, attribute: Attribute) -> tuple[Column, ...]:
        """The relation ``K.a``."""
        self._make(attribute)
        return self._made[f"{attribute.declared_by}.{attribute.name}"]

    def mean(self, attribute: Attribute) -> tuple[Column, ...]:
        """The relation ``K.a mean``: distributions as their means."""
        subjects, values = self.attribute(attribute)
        return subjects, np.asarray(
            [_mean(self._symbols.value(int(each))) for each in values], dtype=np.float64
        )

    def unset(self, attribute: Attribute) -> tuple[Column, ...]:
        """The relation ``K.a unset``."""
        self._make(attribute)
        return self._made[f"{attribute.declared_by}.{attribute.name} unset"]

    def entry(self, attribute: Attribute, part: str) -> tuple[Column, ...]:
        """The keys or the values of the entries of a map attribute; ``part``: key, value, or value mean."""
        assert isinstance(attribute.type, MapType)
        type = attribute.type.key if part == "key" else attribute.type.value
        part, _, mean = part.partition(" ")
        subjects: list[int] = []
        values: list[object] = []
        for owner in self.entities(attribute.declared_by):
            for name in _tuple(owner.value(attribute.name)):
                entry = self._entry(str(name))
                value = entry.value(part) if entry else UNKNOWN
                if value is not UNKNOWN and value is not None:
                    subjects.append(self._symbols.intern(symbol_of(str(name))))
                    values.append(value)
        if mean:
            return np.asarray(subjects, dtype=np.int64), np.asarray(
                [_mean(value) for value in values], dtype=np.float64
            )
        return np.asarray(subjects, dtype=np.int64), self._column(values, type)

    def members(self) -> tuple[Column, ...]:
        """The relation ``member``."""
        if self._members is None:
            self._members = self._all_members()
        return self._members

    def formulas(self, word: str) -> tuple[Column, ...]:
        """The relation ``all_of`` (word `and`) or ``any_of`` (word `or`) of every formula in the model."""
        for kind in self._registry.kinds.values():
            for attribute in kind.attributes.values():
                if attribute.declared_by == kind.name and type(attribute.type).__name__ == "FormulaType":
                    self._make(attribute)
        nodes = [each for each in self._formulas.values() if each.word == word]
        columns = [
            [symbol_of(each.node) for each in nodes],
            [symbol_of(_node(each.left)) for each in nodes],
            [symbol_of(_node(each.right)) for each in nodes],
        ]
        return tuple(np.asarray(self._symbols.intern_many(column), dtype=np.int64) for column in columns)

    def traffic(self, name: str) -> tuple[Column, ...]:
        """One of the relations of :mod:`panacea_policy.compiler.traffic`."""
        if name not in self._passes:
            self._passes[name] = self._passed(name)
        return self._passes[name]

    # ------------------------------------------------------------------------------------------ internals

    def _all_members(self) -> tuple[Column, ...]:
        subjects: list[NDArray[np.int64]] = []
        templates: list[NDArray[np.int64]] = []
        known: dict[tuple[Template, ...], NDArray[np.int64]] = {}
        for kind, entities in self._by_kind.items():
            for entity, identifier in zip(entities, self._own_identifiers(kind), strict=True):
                if entity.templates:
                    of_entity = known.get(entity.templates)
                    if of_entity is None:
                        names = [symbol_of(template.name) for template in entity.lines()]
                        of_entity = np.asarray(self._symbols.intern_many(names), dtype=np.int64)
                        known[entity.templates] = of_entity
                    subjects.append(np.full(len(of_entity), identifier, dtype=np.int64))
                    templates.append(of_entity)
        if not subjects:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        return np.concatenate(subjects), np.concatenate(templates)

    def _passed(self, name: str) -> tuple[Column, ...]:
        if self._traffic is None:
            self._traffic = Traffic(self.entities, settled=self._priors is not None)
        rows, declarations = self._traffic.rows(name), 1 + TRAFFIC[name][0]
        width = sum(TRAFFIC[name]) + 1
        columns: list[list[object]] = [[row[index] for row in rows] for index in range(width)]
        for index in range(declarations):
            columns[index] = [symbol_of(str(each)) for each in columns[index]]
        return tuple(np.asarray(self._symbols.intern_many(each), dtype=np.int64) for each in columns)

    def _entry(self, name: str) -> Entity | None:
        if not hasattr(self, "_entries"):
            self._entries = {each.name: each for each in self._by_kind.get("entry", ())}
        return self._entries.get(name)

    def _own_identifiers(self, kind: str) -> NDArray[np.int64]:
        known = self._ids.get(kind)
        if known is None:
            names = [symbol_of(entity.name) for entity in self._by_kind.get(kind, ())]
            known = np.asarray(self._symbols.intern_many(names), dtype=np.int64)
            self._ids[kind] = known
        return known

    def _identifiers(self, kind: str) -> NDArray[np.int64]:
        return np.concatenate([self._own_identifiers(each) for each in self._registry.descendants(kind)])

    def _make(self, attribute: Attribute) -> None:
        relation = f"{attribute.declared_by}.{attribute.name}"
        if relation in self._made:
            return
        name = attribute.name
        listed = attribute.many or isinstance(attribute.type, MapType)
        found = Gathered(listed)
        start = 0
        for kind in self._registry.descendants(attribute.declared_by):
            block = self._block(kind)
            found.each(start, *block.said(name))
            for members in block.others(name):
                self._inherit(found, attribute, block.entities, members, start)
            start += len(block.entities)
        identifiers = self._identifiers(attribute.declared_by)
        # For risk, a list that nobody set and that has no prior counts as empty.
        complete = attribute.complete or (self._priors is not None and listed)
        unset = [] if complete else [identifiers[np.sort(np.concatenate([_NONE, *found.unset]))]]
        any_other = np.asarray([self._symbols.intern(ANY)], dtype=np.int64)
        self._made[f"{relation} unset"] = (np.concatenate([*unset, any_other]),)
        rows, values = found.columns(lambda some: self._column(some, attribute.type))
        self._made[relation] = (identifiers[rows], values)

    def _inherit(
        self,
        found: Gathered,
        attribute: Attribute,
        entities: Sequence[Entity],
        members: NDArray[np.int64],
        start: int,
    ) -> None:
        """What templates say of the same members of theirs, or else what risk assumes."""
        name, first = attribute.name, entities[int(members[0])]
        value = self._said_by(first.templates).get(name, UNKNOWN)
        prior = self._prior(first, attribute) if value is UNKNOWN else None
        if prior is not None:
            of = [entities[each] for each in members.tolist()]
            faulty = [(each.name, name) in self._invalid for each in of] if self._invalid else []
            if any(faulty):
                found.many(members[np.array(faulty)] + start, UNKNOWN)
                members = members[~np.array(faulty)]
                of = [each for each, wrong in zip(of, faulty, strict=True) if not wrong]
            value = prior.priors[name]
            self.assumptions.add(name, of, [prior] * len(of))
        if len(members):
            found.many(members + start, value)

    def _said_by(self, templates: tuple[Template, ...]) -> Mapping[str, object]:
        """What some templates say together: of each attribute the value of the nearest."""
        known = self._said.get(templates)
        if known is None:
            lines = list(linearised(templates))
            known = self._said[templates] = {k: v for each in reversed(lines) for k, v in each.values.items()}
        return known

    def _block(self, kind: str) -> Block:
        known = self._blocks.get(kind)
        if known is None:
            known = self._blocks[kind] = Block(self._by_kind.get(kind, ()))
        return known

    def _prior(self, entity: Entity, attribute: Attribute) -> Template | None:
        """What risk takes the value of an attribute from that nobody set; the same for all entities of a
        kind that are members of the same templates.
        """
        if self._priors is None or attribute.complete:
            return None
        for template in entity.lines():
            if attribute.name in template.priors:
                return template
        for kind in self._registry.ancestors(entity.kind.name):
            prior = self._priors.get(kind)
            if prior is not None and attribute.name in prior.priors:
                return prior
        return None

    def _column(self, values: Iterable[object], type: ValueType) -> Column:
        if engine_type(type) is Type.FLOAT:
            return np.asarray([seconds(v) if isinstance(v, date) else v for v in values], dtype=np.float64)
        return np.asarray(
            self._symbols.intern_many([self._symbol(value) for value in values]), dtype=np.int64
        )

    def _symbol(self, value: object) -> object:
        if isinstance(value, Reference):
            return symbol_of(value)
        if isinstance(value, Formula):
            self._note(value)
            return symbol_of(value.node)
        return value

    def _note(self, formula: Formula) -> None:
        self._formulas[formula.node] = formula
        for part in (formula.left, formula.right):
            if isinstance(part, Formula):
                self._note(part)


def _node(part: Formula | Reference) -> str:
    return part.node if isinstance(part, Formula) else str(part)


def _mean(value: object) -> float:
    return value.mean() if isinstance(value, Distribution) else float(str(value))


def _tuple(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()
