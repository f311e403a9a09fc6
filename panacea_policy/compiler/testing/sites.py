"""The conditions of rules, derivations and attack steps, each with its place, and texts in their stead.

A change of a rule is an edit of its text: what a person would type, and what a diff can show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from panacea_policy.compiler.declare import Declared
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.compiler.rules.program import UserRelation
from panacea_policy.language import Source, Span, parse
from panacea_policy.language import syntax as tree

Item = tree.RuleItem | tree.DerivationItem | tree.StepItem
Noun = Literal["rule", "relation", "step"]
Joined = Literal["and", "or"]


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A rule, a derivation of a relation, or an attack step, that belongs to the package under test.

    ``name``: the qualified name of the rule, the relation or the step.
    """

    name: str
    item: Item
    unit: FileUnit
    package: Package
    declared: Declared | None

    @property
    def span(self) -> Span:
        """Where it stands."""
        return Span(self.unit.name, self.item.start, self.item.end)

    @property
    def noun(self) -> Noun:
        """What it is."""
        if isinstance(self.item, tree.RuleItem):
            return "rule"
        return "step" if isinstance(self.item, tree.StepItem) else "relation"


@dataclass(frozen=True, slots=True)
class Site:
    """A condition or part of one. ``part``: the word before the list it is in. ``joined``: what joins it to
    its neighbours; ``alone``: it has none. ``literal``: it is no combination of others by and, or, not.
    """

    node: tree.Expression
    part: str
    joined: Joined
    alone: bool
    literal: bool


@dataclass(frozen=True, slots=True)
class Edit:
    """Another text between two offsets of a file, ``end`` exclusive."""

    start: int
    end: int
    text: str


def targets_of(package: Package, relations: dict[str, UserRelation], rules: list[Declared]) -> list[Target]:
    """What the tests of a package are there for, in the order of the text."""
    found: dict[tuple[str, int], Target] = {}
    for declared in rules:
        if declared.package is package and isinstance(declared.item, tree.RuleItem):
            target = Target(declared.qualified, declared.item, declared.unit, package, declared)
            found[declared.unit.name, declared.item.start] = target
    for name, relation in relations.items():
        for item, unit, owner in relation.derivations:
            if owner is package and item.conditions:
                found[unit.name, item.start] = Target(name, item, unit, package, None)
        for step, unit, owner, step_name in relation.steps:
            if owner is package:
                found[unit.name, step.start] = Target(step_name, step, unit, package, None)
    return [found[key] for key in sorted(found)]


def parts_of(item: Item) -> list[tuple[str, tuple[tree.Expression, ...]]]:
    """The lists of conditions of an item, with the words before them; those that are there."""
    if isinstance(item, tree.RuleItem):
        parts = [("applies when", item.applies), ("where", item.where), ("require", item.require)]
    else:
        parts = [("if" if isinstance(item, tree.DerivationItem) else "from", item.conditions)]
    return [(word, conditions) for word, conditions in parts if conditions]


def sites_of(item: Item) -> Iterator[Site]:
    """Every condition of an item and those inside it, the outer ones first."""
    for word, conditions in parts_of(item):
        for each in conditions:
            yield from _sites(each, word, "and", len(conditions) == 1)


def _sites(node: tree.Expression, part: str, joined: Joined, alone: bool) -> Iterator[Site]:
    if isinstance(node, tree.Binary) and node.operator in ("and", "or"):
        yield Site(node, part, joined, alone, False)
        inner: Joined = "and" if node.operator == "and" else "or"
        yield from _sites(node.left, part, inner, False)
        yield from _sites(node.right, part, inner, False)
    elif isinstance(node, tree.Unary) and _is_compound(node.operand):
        yield Site(node, part, joined, alone, False)
        yield from _sites(node.operand, part, "and", True)
    else:
        yield Site(node, part, joined, alone, True)
        for each in _within(node):
            yield from _sites(each, part, "and", True)


def _is_compound(node: tree.Expression) -> bool:
    return isinstance(node, tree.Binary) and node.operator in ("and", "or")


def _within(node: tree.Expression) -> Iterator[tree.Expression]:
    """The conditions inside a literal: what quantifiers and aggregates say of what they range over."""
    if isinstance(node, tree.Quantifier):
        yield from (each for each in (node.condition, node.consequence) if each is not None)
    elif isinstance(node, tree.Aggregate):
        yield from (each for each in (node.condition,) if each is not None)
    elif isinstance(node, tree.Unary):
        yield from _within(node.operand)
    elif isinstance(node, tree.Binary):
        yield from _within(node.left)
        yield from _within(node.right)


def edited(target: Target, edit: Edit) -> Item | None:
    """The item as the edited text reads; None where it is no longer one."""
    text, item = target.unit.source.text, target.item
    changed = text[item.start : edit.start] + edit.text + text[edit.end : item.end]
    result = parse(Source(target.unit.name, changed))
    items = result.file.items
    if result.diagnostics or len(items) != 1 or not isinstance(items[0], type(item)):
        return None
    return items[0]


def text_of(target: Target, node: tree.Node) -> str:
    """The text of a part of an item, on one line."""
    return " ".join(target.unit.source.text[node.start : node.end].split())
