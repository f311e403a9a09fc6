"""The part of the engine program that a question is about: its relations in order, what their columns hold,
and which of them are recursive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from panacea_policy.compiler.rules.program import ProgramBuilder
from panacea_policy.compiler.traffic import ANY_ADDRESS, ANY_PORT, TRAFFIC
from panacea_policy.engine import Aggregate, Apply, Atom, Compare, Const, Expr, Literal, Rule, Sym, Test, Var
from panacea_policy.model import (
    Attribute,
    EnumType,
    FormulaType,
    ReferenceType,
    Registry,
    StructureType,
    ValueType,
)

#: The kinds that a declaration may be of; empty for plain values.
Kinds = frozenset[str]
VALUE: Kinds = frozenset()

NARROWED = "filters are read as if they named no addresses and ports"


@dataclass(frozen=True)
class Slice:
    """The rules that a goal needs.

    ``rules``: by the relation they derive; ``order``: derived relations, each after those it reads, those of
    a cycle side by side; ``cycles``: relations that read themselves, each with the cycle it is part of.
    """

    registry: Registry
    goal: str
    rules: Mapping[str, Sequence[Rule]]
    inputs: Mapping[str, tuple[str, object]]
    order: Sequence[str]
    cycles: Mapping[str, tuple[str, ...]]
    #: How many columns each relation has.
    arity: Mapping[str, int]

    @cached_property
    def columns(self) -> Mapping[str, Sequence[Kinds]]:
        """What each column may hold: kinds of declarations, or :data:`VALUE`."""
        return _columns(self)

    @cached_property
    def constants(self) -> frozenset[int]:
        """Every symbol that the rules name."""
        found: set[int] = set()
        for rules in self.rules.values():
            for rule in rules:
                found.update(_symbols(rule.head.terms))
                for literal in rule.body:
                    found.update(_symbols(_expressions(literal)))
        return frozenset(found)

    def kinds_in(self, rule: Rule) -> dict[str, Kinds]:
        """The kinds that each variable of a rule may stand for, :data:`VALUE` for a plain value."""
        found: dict[str, Kinds] = {}
        for atom in _positive(rule.body):
            for term, kinds in zip(atom.terms, self.columns[atom.relation], strict=True):
                if isinstance(term, Var) and not term.is_wildcard:
                    found[term.name] = found[term.name] & kinds if term.name in found else kinds
        return found


def slice_of(builder: ProgramBuilder, goal: str, extra: Iterable[Rule] = ()) -> Slice:
    """Everything that ``goal`` needs of a program and of some rules more."""
    by_head: dict[str, list[Rule]] = {}
    for rule in (*builder.rules, *extra):
        by_head.setdefault(rule.head.relation, []).append(rule)
    needed: dict[str, None] = {}
    queue = [goal]
    while queue:
        name = queue.pop()
        if name in needed:
            continue
        needed[name] = None
        for rule in by_head.get(name, ()):
            queue.extend(atom.relation for atom in all_atoms(rule.body))
    rules = {name: tuple(by_head.get(name, ())) for name in needed if name not in builder.inputs}
    arity = {name: len(decl.columns) for name, decl in builder.declared.items() if name in needed}
    for rule in extra:
        arity[rule.head.relation] = len(rule.head.terms)
    order, cycles = _components(rules)
    inputs = {name: builder.inputs[name] for name in needed if name in builder.inputs}
    return Slice(builder.registry, goal, rules, inputs, order, cycles, arity)


def all_atoms(body: Iterable[Literal]) -> Iterator[Atom]:
    """Every atom of a body, negated and counted ones too."""
    for literal in body:
        if isinstance(literal, Atom):
            yield literal
        elif isinstance(literal, Aggregate):
            yield from all_atoms(literal.body)


def variables_of(expr: Expr) -> Iterator[str]:
    """The variables of an expression."""
    if isinstance(expr, Var):
        yield expr.name
    elif isinstance(expr, Apply):
        for each in expr.args:
            yield from variables_of(each)


def concrete(registry: Registry, kinds: Iterable[str]) -> Kinds:
    """Kinds and their descendants, without those that nobody can declare."""
    return frozenset(
        each for kind in kinds for each in registry.descendants(kind) if not registry.kind(each).abstract
    )


def value_kinds(registry: Registry, type: ValueType) -> Kinds:
    """The kinds of declarations that a value of this type may refer to; :data:`VALUE` for a plain one."""
    if isinstance(type, ReferenceType) and not type.template:
        return concrete(registry, type.kinds)
    if isinstance(type, FormulaType):
        return concrete(registry, type.kinds)
    if isinstance(type, StructureType):
        return concrete(registry, [type.kind])
    return VALUE


def several(attribute: Attribute) -> Kinds:
    """A name for the plain values of a list, so that they can be counted as declarations are."""
    if isinstance(attribute.type, EnumType):
        return words(attribute.type.values)
    return frozenset([f"={attribute.declared_by}.{attribute.name}"])


def words(values: Iterable[str]) -> Kinds:
    """A name for the words of an enumeration: there are as many as there are."""
    return frozenset(["#" + " ".join(values)])


def counted(kinds: Kinds) -> int | None:
    """How many words an enumeration has that :func:`words` named; None for anything else."""
    name = next(iter(kinds)) if len(kinds) == 1 else ""
    return name.count(" ") + 1 if name.startswith("#") else None


# ---------------------------------------------------------------------------------------------- internals


def _positive(body: Iterable[Literal]) -> Iterator[Atom]:
    for literal in body:
        if isinstance(literal, Atom) and not literal.negated:
            yield literal
        elif isinstance(literal, Aggregate):
            yield from _positive(literal.body)


def _expressions(literal: Literal) -> Iterator[Expr]:
    if isinstance(literal, Atom):
        yield from literal.terms
    elif isinstance(literal, Compare):
        yield from (literal.left, literal.right)
    elif isinstance(literal, Test):
        yield from literal.args
    else:
        if literal.value is not None:
            yield literal.value
        for each in literal.body:
            yield from _expressions(each)


def _symbols(expressions: Iterable[Expr]) -> Iterator[int]:
    for each in expressions:
        if isinstance(each, Const) and isinstance(each.value, Sym):
            yield each.value.id
        elif isinstance(each, Apply):
            yield from _symbols(each.args)


def input_columns(registry: Registry, what: str, of: object) -> tuple[Kinds, ...]:
    """What the columns of a relation of the model hold."""
    match what:
        case "kind" | "domain":
            return (concrete(registry, [cast(str, of)]),)
        case "attribute":
            attribute = cast(Attribute, of)
            values = value_kinds(registry, attribute.type)
            if not values and attribute.many:
                values = several(attribute)
            return concrete(registry, [attribute.declared_by]), values
        case "mean":
            return concrete(registry, [cast(Attribute, of).declared_by]), VALUE
        case "unset":
            return (concrete(registry, [cast(Attribute, of).declared_by]),)
        case "member":
            return concrete(registry, registry.kinds), VALUE
        case "words":
            return (words(cast("tuple[str, ...]", of)),)
        case "today":
            return VALUE, VALUE
        case "entry":
            return concrete(registry, ["entry"]), VALUE
        case "traffic":
            others, texts = TRAFFIC[cast(str, of)]
            first = concrete(
                registry, ["zone", "asset", "endpoint", "protocol", "filter", "conduit", "route"]
            )
            return first, *(concrete(registry, ["zone"]),) * others, *(VALUE,) * texts
        case _:
            return VALUE, VALUE, VALUE


def traffic_parts(registry: Registry, relation: str) -> tuple[Kinds, str]:
    """Whose addresses or ports a relation gives, and the one part that they have where nothing is cut."""
    kinds, part = {
        "sends_from": (("zone", "asset"), ANY_ADDRESS),
        "answers_at": (("zone", "asset"), ANY_ADDRESS),
        "uses_port": (("endpoint", "protocol", "filter"), ANY_PORT),
    }.get(relation, ((), ""))
    return concrete(registry, kinds), part


def _columns(part: Slice) -> dict[str, Sequence[Kinds]]:
    """The least columns that hold everything the rules put into them."""
    found: dict[str, Sequence[Kinds]] = {
        name: input_columns(part.registry, *source) for name, source in part.inputs.items()
    }
    for name in part.rules:
        found[name] = (VALUE,) * part.arity[name]
    grew = True
    while grew:
        grew = False
        for name in part.order:
            columns = list(found[name])
            for rule in part.rules[name]:
                kinds = _kinds_under(rule, found)
                for index, term in enumerate(rule.head.terms):
                    if isinstance(term, Var):
                        columns[index] |= kinds.get(term.name, VALUE)
            if columns != list(found[name]):
                found[name] = columns
                grew = True
    return found


def _kinds_under(rule: Rule, columns: Mapping[str, Sequence[Kinds]]) -> dict[str, Kinds]:
    found: dict[str, Kinds] = {}
    for atom in _positive(rule.body):
        for term, kinds in zip(atom.terms, columns[atom.relation], strict=True):
            if isinstance(term, Var) and not term.is_wildcard:
                found[term.name] = found[term.name] & kinds if term.name in found else kinds
    return found


def _components(rules: Mapping[str, Sequence[Rule]]) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """Derived relations bottom up, and those of cycles with their cycle (Tarjan's algorithm, without
    recursion).
    """
    reads = {
        name: list(dict.fromkeys(a.relation for rule in each for a in all_atoms(rule.body)))
        for name, each in rules.items()
    }
    order: list[str] = []
    cycles: dict[str, tuple[str, ...]] = {}
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    for root in reads:
        if root in number:
            continue
        work: list[tuple[str, Iterator[str]]] = [(root, iter(reads[root]))]
        number[root] = low[root] = len(number)
        stack.append(root)
        while work:
            at, children = work[-1]
            child = next((each for each in children if each in reads and low.get(each) != -1), None)
            if child is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[at])
                if low[at] == number[at]:
                    members = stack[stack.index(at) :]
                    del stack[stack.index(at) :]
                    order.extend(members)
                    if len(members) > 1 or at in reads[at]:
                        cycles.update(dict.fromkeys(members, tuple(members)))
                    for each in members:
                        low[each] = -1
            elif child in number:
                low[at] = min(low[at], number[child])
            else:
                number[child] = low[child] = len(number)
                stack.append(child)
                work.append((child, iter(reads[child])))
    return order, cycles


__all__ = [
    "VALUE",
    "Kinds",
    "Slice",
    "all_atoms",
    "concrete",
    "counted",
    "input_columns",
    "several",
    "slice_of",
    "value_kinds",
    "variables_of",
]
