"""The bodies of a package (rules, derivations, steps), read, and the conjunctions that they are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from panacea_policy.compiler.declare import Declared, Names
from panacea_policy.compiler.lint.formulas import (
    Choice,
    Formula,
    Test,
    Universe,
    conjunction,
    negated,
    present,
)
from panacea_policy.compiler.lint.read import Block, Reader, Said
from panacea_policy.compiler.lint.terms import Reading, Vocabulary
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.compiler.rules.program import UserRelation
from panacea_policy.compiler.rules.terms import Terms
from panacea_policy.compiler.rules.typing import EntityType
from panacea_policy.language import Span
from panacea_policy.language import syntax as tree

#: Brackets, and texts, in which they mean nothing.
_BRACKETS = re.compile(r'[()]|"(?:[^"\\\n]|\\.)*"')

Item = tree.RuleItem | tree.DerivationItem | tree.StepItem


class Site(msgspec.Struct, frozen=True):
    """Conditions that must hold together, where ``outer`` holds already.

    ``typing``: what is known without any condition. ``around``: the conditions that ``outer`` comes from.
    ``effect``: what follows where they never hold. ``needless``: what follows where they always do.
    """

    conditions: tuple[Said, ...]
    typing: tuple[Formula, ...]
    outer: tuple[Formula, ...]
    around: tuple[Said, ...]
    effect: str
    needless: str = ""


class ReadBody(msgspec.Struct, frozen=True, dict=True):
    """One rule, derivation or step, read."""

    item: Item
    name: str
    unit: FileUnit
    members: tuple[Formula, ...]
    applies: tuple[Said, ...]
    where: tuple[Said, ...]
    require: tuple[Said, ...]
    #: A requirement that is not met, as formulas; none where there is no `require`.
    unmet: tuple[Formula, ...]
    table: Mapping[str, Universe]
    #: Variables by their terms, those of `for` first.
    variables: tuple[str, ...]

    def span(self, node: tree.Node) -> Span:
        """Where a part of it stands, brackets around its ends included."""
        return Span(self.unit.name, *_balanced(self.unit.source.text, node.start, node.end))

    def text(self, said: Said) -> str:
        """A condition as written, on one line, cut where it is long."""
        span = self.span(said.node)
        words = " ".join(self.unit.source.text[span.start : span.end].split())
        shown = words if len(words) <= 70 else words[:67] + "…"
        return f"not {shown}" if said.denied else shown

    @cached_property
    def size(self) -> int:
        """How many conditions there are, those inside others included."""
        return sum(map(_size, (*self.applies, *self.where, *self.require)))

    @cached_property
    def formulas(self) -> tuple[Formula, ...]:
        """All that must hold for a finding, row or step."""
        said = (each.formula for each in (*self.applies, *self.where))
        return (*self.members, *said, *self.unmet)

    def is_range(self, said: Said) -> bool:
        """Whether a condition repeats the kind of a column: so a derivation, which has no `for`, says what
        its variables range over.
        """
        return isinstance(self.item, tree.DerivationItem) and said.formula in self.members

    def conjunctions(self) -> Iterator[Site]:
        """What is written beside each other at the top: first what others stand on."""
        what = {
            tree.RuleItem: "the rule never finds anything",
            tree.DerivationItem: "this derivation gives no row",
            tree.StepItem: "the step is never taken",
        }[type(self.item)]
        members = self.members
        if self.applies:
            yield Site(self.applies, members, members, (), "the rule never applies")
        applied = (*members, *(each.formula for each in self.applies))
        if self.where:
            yield Site(self.where, members, applied, self.applies, what)
        if self.require:
            never = "the rule never finds anything"
            yield Site(self.require, members, applied, self.applies, "the requirement is never met", never)


def _size(said: Said) -> int:
    within = [each for option in said.options for each in option]
    if said.block is not None:
        within += [*said.block.conditions, *said.block.consequence]
    return 1 + sum(map(_size, within))


def _balanced(text: str, start: int, end: int) -> tuple[int, int]:
    """A range widened by brackets that it opens or closes without their partners."""
    depth = least = 0
    for sign in _BRACKETS.findall(text[start:end]):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        least = min(least, depth)
    for _ in range(depth - least):
        closing = text.find(")", end)
        end = closing + 1 if closing >= 0 and not text[end:closing].strip() else end
    for _ in range(-least):
        opening = text.rfind("(", 0, start)
        start = opening if opening >= 0 and not text[opening + 1 : start].strip() else start
    return start, end


def inside(site: Site, said: Said) -> Iterator[Site]:
    """The conjunctions inside one condition of a site: sides of an `or`, members of quantifiers."""
    others = [each for each in site.conditions if each is not said]
    outer = (*site.outer, *(each.formula for each in others))
    around = (*site.around, *others)
    for option in said.options:
        yield Site(option, site.typing, outer, around, "this side of the choice never holds")
    if said.block is not None:
        yield from _members(said.block, site, outer, around)


def _members(
    block: Block, site: Site, outer: tuple[Formula, ...], around: tuple[Said, ...]
) -> Iterator[Site]:
    typing, known = (*site.typing, *block.members), (*outer, *block.members)
    if block.conditions:
        yield Site(block.conditions, typing, known, around, "there is never such a member")
    if block.consequence:
        known = (*known, *(each.formula for each in block.conditions))
        within = (*around, *block.conditions)
        yield Site(block.consequence, typing, known, within, "no member can be so", "there is nothing to ask")


class BodyReader:
    """Reads bodies; keeps what it learns of the vocabulary."""

    def __init__(self, terms: Terms, relations: Mapping[str, UserRelation]) -> None:
        self._terms = terms
        self._relations = relations
        self.vocabulary = Vocabulary(terms.registry)

    def rule(self, declared: Declared) -> ReadBody:
        """A rule."""
        item = declared.item
        assert isinstance(item, tree.RuleItem)
        reader = self._reader(declared.package, declared.unit)
        free = [each for each in item.bindings if each.source is None]
        members = reader.bind([*free, *(each for each in item.bindings if each.source is not None)])
        names = tuple(reader.reading.types)
        applies = reader.conditions(item.applies)
        where = reader.conditions(item.where)
        require = reader.conditions(item.require)
        unmet: tuple[Formula, ...] = ()
        if require:
            unmet = (negated(conjunction(tuple(each.formula for each in require))),)
            if any(each.opens for each in require):
                unmet = (Choice(((),)),)
        return self._body(
            reader, item, declared.qualified, declared.unit, members, applies, where, require, unmet, names
        )

    def step(self, declared: Declared) -> ReadBody:
        """An attack step."""
        item = declared.item
        assert isinstance(item, tree.StepItem)
        reader = self._reader(declared.package, declared.unit)
        members = reader.bind(item.bindings)
        names = tuple(reader.reading.types)
        where = reader.conditions(item.conditions)
        return self._body(reader, item, declared.qualified, declared.unit, members, (), where, (), (), names)

    def derivation(
        self, relation: UserRelation, item: tree.DerivationItem, unit: FileUnit, package: Package
    ) -> ReadBody:
        """One way for a relation to hold."""
        reader = self._reader(package, unit)
        members: list[Formula] = []
        for argument, type in zip(item.head.arguments, relation.parameters, strict=False):
            value = argument.value
            if not reader.reading.is_variable(value, type):
                continue
            assert isinstance(value, tree.Path)
            reader.reading.declare(value.name, type)
            root = reader.reading.root(value.name)
            kinds = reader.reading.kinds_of(type.kinds) if isinstance(type, EntityType) else None
            if isinstance(type, EntityType) and all(
                self._terms.registry.kind(kind).parent is not None for kind in type.kinds
            ):
                members.append(Test(root, None, kinds))
            else:
                members.append(present(root))
        names = tuple(reader.reading.types)
        where = reader.conditions(item.conditions)
        return self._body(reader, item, relation.name, unit, tuple(members), (), where, (), (), names)

    def _reader(self, package: Package, unit: FileUnit) -> Reader:
        return Reader(Reading(self.vocabulary, self._terms, self._relations, package, unit))

    def _body(
        self,
        reader: Reader,
        item: Item,
        name: str,
        unit: FileUnit,
        members: tuple[Formula, ...],
        applies: tuple[Said, ...],
        where: tuple[Said, ...],
        require: tuple[Said, ...],
        unmet: tuple[Formula, ...],
        names: Sequence[str],
    ) -> ReadBody:
        reading = reader.reading
        later = [each for each in reading.types if each not in names]
        variables = tuple(reading.root(each) for each in (*names, *later))
        return ReadBody(item, name, unit, members, applies, where, require, unmet, reading.table, variables)


def items_of(names: Sequence[Names], item: type[tree.Node]) -> list[Declared]:
    """The declared items of one type, in order."""
    return [
        declared
        for each in names
        for group in each.items.values()
        for declared in group
        if isinstance(declared.item, item)
    ]
