"""Random safe, well-typed programs with facts, and what a test needs to run them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from panacea_policy.engine import (
    Aggregate,
    Apply,
    Atom,
    Compare,
    Const,
    Database,
    Expr,
    Literal,
    Program,
    RelationDecl,
    Result,
    Rule,
    Sym,
    Symbols,
    Term,
    Test,
    Type,
    Var,
)
from tests.engine.oracle import Oracle

#: Programs of one long run; `make test-long` asks for more than the usual slow tests.
LONG = int(os.environ.get("PANACEA_PROGRAMS", "300"))

TEXTS = ("a", "b", "ab", "ba", "abc", "A")
INTS = st.sampled_from([1, 2, 0, -2])
# Multiples of a quarter, so that sums do not depend on their order.
FLOATS = st.sampled_from([1.0, -0.25, 2.75])
TYPES = st.sampled_from([Type.SYMBOL, Type.SYMBOL, Type.INT, Type.FLOAT])
PREFIX = {Type.SYMBOL: "s", Type.INT: "n", Type.FLOAT: "f"}


@dataclass(frozen=True)
class Case:
    """A program and its facts, as rows of `Sym`, int and float."""

    program: Program
    facts: dict[str, set[tuple[Any, ...]]]

    def database(self, backwards: bool = False) -> Database:
        database = Database(Symbols(TEXTS))
        for decl in self.program.relations:
            rows = sorted(self.facts.get(decl.name, ()), key=repr, reverse=backwards)
            if rows:
                database.insert(decl.name, columns_of(rows))
        return database

    def rows(self, result: Result, name: str) -> set[tuple[Any, ...]]:
        rows = table_rows(result, name)
        assert len(set(rows)) == len(rows)
        return set(rows)

    def oracle(self) -> Oracle:
        symbols = {text: Sym(id) for id, text in enumerate(TEXTS)}
        return Oracle(self.program, self.facts, self.text, symbols)

    def text(self, symbol: Sym) -> str:
        return TEXTS[symbol.id]

    def needless(self) -> bool:
        """Whether a rule has its head among its premises. Such a rule derives nothing; where it is dropped,
        numbers without a value in its other conditions go unnoticed.
        """
        return any(rule.head in rule.body for rule in self.program.rules)


def columns_of(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [[v.id if isinstance(v, Sym) else v for v in column] for column in zip(*rows, strict=True)]


def table_rows(result: Result, name: str) -> list[tuple[Any, ...]]:
    """The rows of a table as `Sym`, int and float, in its order."""
    table = result.table(name)
    if not table.types:
        return [()] * len(table)
    columns = [
        [Sym(id) for id in column.tolist()] if type is Type.SYMBOL else column.tolist()
        for column, type in zip(table.columns, table.types, strict=True)
    ]
    return list(zip(*columns, strict=True))


def constants(type: Type) -> st.SearchStrategy[Any]:
    if type is Type.SYMBOL:
        return st.sampled_from([0, 0, 1, 1, 2, 3, 4, 5]).map(Sym)
    return INTS if type is Type.INT else FLOATS


@st.composite
def cases(draw: st.DrawFn, floats: bool = True, plain: bool = False) -> Case:
    """A case. ``floats``: with FLOAT columns. ``plain``: only what answer set programming has too."""
    types = TYPES if floats else st.sampled_from([Type.SYMBOL, Type.INT])
    decls = []
    for number in range(draw(st.integers(2, 5))):
        columns = draw(st.lists(types, min_size=0 if number else 1, max_size=3))
        decls.append(RelationDecl(f"r{number}", tuple((f"c{i}", t) for i, t in enumerate(columns))))
    base = draw(st.integers(1, len(decls) - 1))
    maker = _Maker(draw, decls, plain)
    rules = [maker.rule(draw(st.integers(base, len(decls) - 1)), n) for n in range(draw(st.integers(1, 5)))]
    facts = {}
    for decl in decls[: base + 1]:
        row = st.tuples(*(constants(type) for type in decl.types))
        count = draw(st.integers(0, 19))
        facts[decl.name] = {draw(row) for _ in range(9 if count < 16 else 0)}
    return Case(Program(decls, rules), facts)


class _Maker:
    def __init__(self, draw: st.DrawFn, decls: Sequence[RelationDecl], plain: bool) -> None:
        self.draw = draw
        self.decls = decls
        self.plain = plain

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) < percent

    def pick(self, options: Sequence[Any]) -> Any:
        return options[self.draw(st.integers(0, len(options) - 1))]

    def rule(self, head: int, number: int) -> Rule:
        bound: dict[str, Type] = {}
        highest = min(head + self.pick([0, 0, 0, 1]), len(self.decls) - 1)
        body: list[Literal] = [self.atom(highest, bound, "") for _ in range(self.draw(st.integers(1, 3)))]
        for _ in range(self.draw(st.integers(0, 2))):
            body.append(self.extra(head, bound, f"a{len(body)}_"))
        decl = self.decls[head]
        terms = tuple(self.term(type, bound, 85) for type in decl.types)
        order = self.draw(st.permutations(body))
        return Rule(Atom(decl.name, terms), tuple(order), f"rule{number}")

    def term(self, type: Type, bound: dict[str, Type], variable: int) -> Term:
        names = [name for name, other in bound.items() if other is type]
        if names and self.chance(variable):
            return Var(self.pick(names))
        return Const(self.draw(constants(type)))

    def atom(self, highest: int, bound: dict[str, Type], prefix: str) -> Atom:
        decl = self.decls[self.draw(st.integers(0, highest))]
        terms: list[Term] = []
        for type in decl.types:
            kind = self.draw(st.integers(0, 19))
            if kind == 19:
                terms.append(Const(self.draw(constants(type))))
            elif kind >= 16:
                terms.append(Var("_"))
            else:
                name = f"{prefix}{PREFIX[type]}{self.pick([0, 0, 1, 2])}"
                bound[name] = type
                terms.append(Var(name))
        return Atom(decl.name, tuple(terms))

    def extra(self, head: int, bound: dict[str, Type], prefix: str) -> Literal:
        kind = self.draw(st.integers(0, 11))
        if kind <= 2 and head:
            return self.negated(head, bound)
        if kind <= 5 and head:
            return self.aggregate(head, bound, prefix)
        if kind == 6 and not self.plain and Type.SYMBOL in bound.values():
            function = self.pick(["starts_with", "ends_with", "contains"])
            args = (self.term(Type.SYMBOL, bound, 100), self.term(Type.SYMBOL, bound, 50))
            return Test(function, args, self.chance(30))
        return self.compare(bound, prefix)

    def negated(self, head: int, bound: dict[str, Type]) -> Atom:
        decl = self.decls[self.draw(st.integers(0, head - 1))]
        terms = tuple(Var("_") if self.chance(20) else self.term(type, bound, 85) for type in decl.types)
        return Atom(decl.name, terms, negated=True)

    def compare(self, bound: dict[str, Type], prefix: str) -> Compare:
        type = self.pick([*bound.values(), Type.INT])
        if type is Type.SYMBOL:
            return self.compare_texts(bound, prefix)
        if self.chance(40):
            value = self.expression(type, bound)
            name = f"{prefix}{PREFIX[type]}"
            bound[name] = type
            target, source = Var(name), value
            return Compare("=", target, source) if self.chance(70) else Compare("=", source, target)
        op = self.pick(["=", "!=", "<", "<=", ">", ">="])
        return Compare(op, self.expression(type, bound), self.expression(type, bound))

    def compare_texts(self, bound: dict[str, Type], prefix: str) -> Compare:
        op = self.pick(["=", "!="])
        left, right = self.term(Type.SYMBOL, bound, 100), self.term(Type.SYMBOL, bound, 60)
        if self.plain or self.chance(60):
            return Compare(op, left, right)
        if self.chance(40):
            # Never bound to a variable: no row has a text that is not in `TEXTS`.
            other = self.term(Type.SYMBOL, bound, 60)
            return Compare(op, Apply("concat", (left, right)), other)
        if self.chance(50):
            return Compare(op, Apply("lower", (left,)), right)
        name = f"{prefix}s"
        bound[name] = Type.SYMBOL
        return Compare("=", Var(name), Apply("lower", (left,)))

    def expression(self, type: Type, bound: dict[str, Type]) -> Expr:
        if self.chance(50):
            return self.term(type, bound, 80)
        left, right = self.term(type, bound, 100), self.term(type, bound, 40)
        if self.plain:
            return Apply(self.pick(["+", "-", "*"]), (left, right))
        if type is Type.INT and self.chance(15) and Type.SYMBOL in bound.values():
            first, second = (self.term(Type.SYMBOL, bound, 80) for _ in range(2))
            if self.chance(50):
                return Apply("version_compare", (first, second))
            return Apply("length", (self.pick([first, Apply("concat", (first, second))]),))
        if type is Type.FLOAT and self.chance(20):
            return Apply("/", (left, Const(self.pick([2.0, 4.0]))))
        if type is Type.FLOAT and self.chance(20):
            return Apply("float", (self.term(Type.INT, bound, 100),))
        if type is Type.INT and self.chance(15) and Type.FLOAT in bound.values():
            return Apply(self.pick(["floor", "ceil"]), (self.term(Type.FLOAT, bound, 100),))
        if type is Type.INT and self.chance(20):
            return Apply(self.pick(["/", "%"]), (left, right))
        op = self.pick(["+", "-", "*", "min", "max", "abs", "neg"])
        return Apply(op, (left,) if op in ("abs", "neg") else (left, right))

    def aggregate(self, head: int, bound: dict[str, Type], prefix: str) -> Aggregate:
        inner: dict[str, Type] = {}
        body: list[Literal] = [
            self.atom(head - 1, inner, prefix) for _ in range(self.draw(st.integers(1, 2)))
        ]
        group: list[str] = []
        renamed: dict[str, str] = {}
        for name, type in list(inner.items()):
            outside = [other for other, t in bound.items() if t is type and other not in renamed.values()]
            if outside and self.chance(50):
                renamed[name] = self.pick(outside)
                group.append(renamed[name])
            elif self.chance(25):
                group.append(name)
        body = [rename(atom, renamed) for atom in body if isinstance(atom, Atom)]
        inner = {renamed.get(name, name): type for name, type in inner.items()}
        if self.chance(30):
            body.append(self.compare(inner, f"{prefix}v"))
        op = self.pick(
            ["count", "sum", "min", "max"] if self.plain else ["count", "sum", "min", "max", "avg"]
        )
        numbers = [type for type in inner.values() if type is not Type.SYMBOL]
        value: Expr | None = None
        kind = Type.INT
        if op != "count":
            kind = self.pick(numbers) if numbers else Type.INT
            value = self.expression(kind, inner)
        elif not self.plain and inner and self.chance(30):
            value = Var(self.pick(list(inner)))
        result_type = Type.FLOAT if op == "avg" else Type.INT if op == "count" else kind
        result = f"{prefix}out_{PREFIX[result_type]}"
        bound.update({name: inner[name] for name in group})
        bound[result] = result_type
        return Aggregate(Var(result), op, value, tuple(map(Var, group)), tuple(body))


def rename(atom: Atom, names: dict[str, str]) -> Atom:
    terms = tuple(Var(names.get(t.name, t.name)) if isinstance(t, Var) else t for t in atom.terms)
    return Atom(atom.relation, terms)
