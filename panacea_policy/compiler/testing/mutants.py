"""Mutants: small edits of rules, each of which some test should notice.

Operators: drop a condition, negate it, move the bound of a comparison, change a constant, join conditions by
the other word, drop a whole part, and let a derivation or step never hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from panacea_policy.compiler.testing.sites import Edit, Site, Target, parts_of, sites_of
from panacea_policy.language import Span
from panacea_policy.language import syntax as tree
from panacea_policy.model import EnumType, Registry

_OPPOSITES = {
    "=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "in": "not in", "not in": "in",
    "is": "is not", "is not": "is",
}  # fmt: skip
_BOUNDS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_NUMBER = re.compile(r"[0-9](?:_?[0-9])*(?:\.[0-9]+)?")


@dataclass(frozen=True)
class Mutant:
    """One edit of one item. ``operator``: what kind of edit it is. ``hint``: what test would notice it."""

    target: Target
    operator: str
    edit: Edit
    hint: str

    @property
    def span(self) -> Span:
        """What the edit takes the place of."""
        return Span(self.target.unit.name, self.edit.start, self.edit.end)

    @cached_property
    def lines(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The lines that the edit touches: as they are, and as they would be; without common indentation."""
        text = self.target.unit.source.text
        first = text.rfind("\n", 0, self.edit.start) + 1
        last = text.find("\n", self.edit.end)
        last = len(text) if last < 0 else last
        old = text[first:last]
        new = text[first : self.edit.start] + self.edit.text + text[self.edit.end : last]
        return _trimmed(old), _trimmed(new)


def _trimmed(text: str) -> tuple[str, ...]:
    lines = text.split("\n")
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return tuple(line[indent:].rstrip() for line in lines)


def mutants_of(target: Target, words: Words) -> Iterator[Mutant]:
    """The mutants of one item, by place, each once."""
    seen: set[Edit] = set()
    writer = _Writer(target, words)
    for mutant in sorted(writer.all(), key=lambda each: (each.edit.start, each.edit.end)):
        same = target.unit.source.text[mutant.edit.start : mutant.edit.end] == mutant.edit.text
        if mutant.edit not in seen and not same:
            seen.add(mutant.edit)
            yield mutant


class Words:
    """The words of the vocabulary's enumerations, and which of them may stand in for which."""

    def __init__(self, registry: Registry) -> None:
        self._by_attribute: dict[str, list[tuple[str, ...]]] = {}
        for kind in registry.kinds.values():
            for name, attribute in kind.attributes.items():
                if isinstance(attribute.type, EnumType):
                    lists = self._by_attribute.setdefault(name, [])
                    if attribute.type.values not in lists:
                        lists.append(attribute.type.values)

    def another(self, word: str, attribute: str | None) -> str | None:
        """The word that follows in the enumeration; None where none, or more than one, could be meant."""
        lists = self._by_attribute.get(attribute or "", [])
        if not lists:
            lists = [each for group in self._by_attribute.values() for each in group]
        found = {values for values in lists if word in values and len(values) > 1}
        if len(found) != 1:
            return None
        (values,) = found
        return values[(values.index(word) + 1) % len(values)]


class _Writer:
    def __init__(self, target: Target, words: Words) -> None:
        self._target = target
        self._words = words
        self._text = target.unit.source.text
        self._variables = _variables(target)

    def all(self) -> Iterator[Mutant]:
        for word, conditions in parts_of(self._target.item):
            yield from self._part(word, conditions)
        for site in sites_of(self._target.item):
            yield from self._site(site)

    # ------------------------------------------------------------------------------------------ parts

    def _part(self, word: str, conditions: tuple[tree.Expression, ...]) -> Iterator[Mutant]:
        start, end = conditions[0].start, conditions[-1].end
        if word in ("if", "from"):
            noun = "way for the relation to hold" if word == "if" else "step"
            hint = f"a test in which this {noun} is the only way to a fact that it expects"
            yield self._mutant(f"never `{word}`", Edit(start, end, "false"), hint)
        else:
            yield self._mutant(f"drop `{word}`", Edit(start, end, "true"), _DROPPED[word])
        if len(conditions) > 1:
            joined = " or ".join(f"({self._slice(each)})" for each in conditions)
            hint = "a test in which one of these conditions holds and another does not"
            yield self._mutant("any instead of all", Edit(start, end, joined), hint)

    # ------------------------------------------------------------------------------------------ conditions

    def _site(self, site: Site) -> Iterator[Mutant]:
        node = site.node
        value = "true" if site.joined == "and" else "false"
        condition = self._short(node)
        yield self._mutant("drop", Edit(node.start, node.end, value), self._dropped(site, condition))
        if not site.literal:
            if isinstance(node, tree.Binary):
                other = "or" if node.operator == "and" else "and"
                sides = f"({self._slice(node.left)}) {other} ({self._slice(node.right)})"
                hint = "a test in which only one of the two conditions holds"
                yield self._mutant("and for or", Edit(node.start, node.end, f"({sides})"), hint)
            return
        hint = f"a test in which the rest holds and `{condition}` decides"
        yield self._mutant("negate", Edit(node.start, node.end, self._negated(node)), hint)
        yield from self._comparison(node)

    def _dropped(self, site: Site, condition: str) -> str:
        if site.joined == "or":
            return f"a test in which `{condition}` holds and its alternatives do not"
        found = {"where": "met", "applies when": "not_applicable", "require": "violated"}.get(site.part)
        end = f": `expect … {found} on` it" if found else ", so that the fact must not hold: `expect no …`"
        return f"a test with something for which all else holds, but not `{condition}`{end}"

    def _negated(self, node: tree.Expression) -> str:
        if isinstance(node, tree.Unary) and node.operator == "not":
            return f"({self._slice(node.operand)})"
        if isinstance(node, tree.Binary) and node.operator in _OPPOSITES:
            return f"({self._slice(node.left)} {_OPPOSITES[node.operator]} {self._slice(node.right)})"
        if isinstance(node, tree.Quantifier) and node.word in ("some", "no"):
            other = "no" if node.word == "some" else "some"
            return re.sub(rf"\b{node.word}\b", other, self._slice(node), count=1)
        return f"not ({self._slice(node)})"

    def _comparison(self, node: tree.Expression) -> Iterator[Mutant]:
        if isinstance(node, tree.Unary):
            node = node.operand
        if isinstance(node, tree.Binary):
            bound = _BOUNDS.get(node.operator)
            if bound is not None:
                text = f"({self._slice(node.left)} {bound} {self._slice(node.right)})"
                hint = f"a test with a value exactly on the bound of `{self._short(node)}`"
                yield self._mutant("bound", Edit(node.start, node.end, text), hint)
            yield from self._constants(node.right, _attribute(node.left))
            yield from self._constants(node.left, _attribute(node.right))
        elif isinstance(node, tree.Call):
            for argument in node.arguments:
                yield from self._constants(argument.value, None)

    # ------------------------------------------------------------------------------------------ constants

    def _constants(self, node: tree.Expression, attribute: str | None) -> Iterator[Mutant]:
        if isinstance(node, tree.Quantity):
            yield from self._number(node)
        elif isinstance(node, tree.ListOf) and len(node.items) > 1:
            for each in node.items:
                rest = ", ".join(self._slice(other) for other in node.items if other is not each)
                hint = f"a test with the value `{self._short(each)}`"
                yield self._mutant("constant", Edit(node.start, node.end, f"[{rest}]"), hint)
        elif isinstance(node, tree.Path) and node.name not in self._variables and "." not in node.name:
            other = self._words.another(node.name, attribute)
            if other is not None:
                hint = f"a test with the value `{other}`, and one with `{node.name}`"
                yield self._mutant("constant", Edit(node.start, node.end, other), hint)
        elif isinstance(node, tree.Binary):
            yield from self._constants(node.left, None)
            yield from self._constants(node.right, None)

    def _number(self, node: tree.Quantity) -> Iterator[Mutant]:
        written = self._slice(node)
        match = _NUMBER.match(written)
        if match is None:
            return
        value, rest = float(match[0].replace("_", "")), written[match.end() :]
        others = (value * 2, value / 2) if rest.strip() else (value + 1, value - 1)
        for other in others:
            if other >= 0 and other != value:
                hint = (
                    f"a test with a value between `{written}` and `{_number(other)}{rest}`, or on one of them"
                )
                edit = Edit(node.start, node.end, f"{_number(other)}{rest}")
                yield self._mutant("constant", edit, hint)

    # ------------------------------------------------------------------------------------------ shared

    def _mutant(self, operator: str, edit: Edit, hint: str) -> Mutant:
        return Mutant(self._target, operator, edit, hint)

    def _slice(self, node: tree.Node) -> str:
        return self._text[node.start : node.end]

    def _short(self, node: tree.Node) -> str:
        text = " ".join(self._slice(node).split())
        return text if len(text) <= 60 else f"{text[:59]}…"


_DROPPED: Mapping[str, str] = {
    "applies when": "a test with a subject that the rule does not speak of: `expect … not_applicable on` it",
    "where": "a test with a subject for which the conditions do not hold: `expect … met on` it",
    "require": "a test with a subject that does not fulfil what is required: `expect … on` it",
}


def _attribute(node: tree.Expression) -> str | None:
    """The attribute at the end of a path."""
    if isinstance(node, tree.Path) and "." in node.name:
        return node.parts[-1]
    return None


def _variables(target: Target) -> frozenset[str]:
    item = target.item
    if isinstance(item, tree.DerivationItem):
        values = (argument.value for argument in item.head.arguments)
        return frozenset(value.name for value in values if isinstance(value, tree.Path))
    return frozenset(binding.variable.name for binding in item.bindings)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.10f}".rstrip("0")
