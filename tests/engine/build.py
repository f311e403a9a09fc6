"""Short ways to write programs, facts and rules in tests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from panacea_policy.engine import (
    Apply,
    Atom,
    Compare,
    Const,
    Database,
    Expr,
    Limits,
    Literal,
    Program,
    RelationDecl,
    Result,
    Rule,
    Sym,
    Symbols,
    Term,
    Type,
    Var,
    compile_program,
    evaluate,
)

KINDS = {"s": Type.SYMBOL, "i": Type.INT, "f": Type.FLOAT}


def relation(text: str) -> RelationDecl:
    """``relation("edge ss")``: a relation of two symbols; s symbol, i int, f float."""
    name, _, kinds = text.partition(" ")
    return RelationDecl(name, tuple((f"c{i}", KINDS[kind]) for i, kind in enumerate(kinds)))


class World:
    """Relations, facts and rules that are put together and run."""

    def __init__(self, *relations: str) -> None:
        self.relations = [relation(text) for text in relations]
        self.symbols = Symbols()
        self.database = Database(self.symbols)
        self.rules: list[Rule] = []

    def sym(self, value: Any) -> Const:
        return Const(Sym(self.symbols.intern(value)))

    def term(self, value: Any) -> Term:
        """A variable for a word, a symbol for a word in single quotes, a number for itself."""
        if not isinstance(value, str):
            return Const(value)
        return self.sym(value.strip("'")) if value.startswith("'") else Var(value)

    def atom(self, text: str) -> Atom:
        """``atom("not edge(x, 'a', 1, 2.5)")``"""
        found = re.fullmatch(r"(not )?(\w+)\((.*)\)", text)
        assert found is not None, text
        words = [word.strip() for word in found[3].split(",")] if found[3] else []
        return Atom(found[2], tuple(self.term(number(word)) for word in words), bool(found[1]))

    def rule(self, head: str, *body: str | Literal, name: str = "") -> World:
        literals = tuple(self.literal(part) if isinstance(part, str) else part for part in body)
        self.rules.append(Rule(self.atom(head), literals, name or f"rule{len(self.rules)}"))
        return self

    def literal(self, text: str) -> Literal:
        """An atom, or a comparison such as ``x < 3``."""
        found = re.fullmatch(r"('?\w+'?) (=|!=|<|<=|>|>=) ('?[-\w.]+'?)", text)
        if found is None:
            return self.atom(text)
        return Compare(found[2], self.term(number(found[1])), self.term(number(found[3])))  # type: ignore[arg-type]

    def facts(self, name: str, rows: Iterable[tuple[Any, ...]]) -> World:
        types = next(decl.types for decl in self.relations if decl.name == name)
        columns = [
            self.symbols.intern_many(column) if type is Type.SYMBOL else list(column)
            for type, column in zip(types, zip(*rows, strict=True), strict=True)
        ]
        self.database.insert(name, columns)
        return self

    def program(self) -> Program:
        return Program(self.relations, self.rules)

    def run(self, only: Iterable[str] | None = None, limits: Limits | None = None) -> Result:
        return evaluate(compile_program(self.program()), self.database, only=only, limits=limits)

    def rows(self, name: str) -> list[tuple[Any, ...]]:
        return self.run().rows(name)


def number(word: str) -> Any:
    if re.fullmatch(r"-?\d+", word):
        return int(word)
    return float(word) if re.fullmatch(r"-?\d+\.\d+", word) else word


def call(op: str, *args: Any) -> Apply:
    """An application; strings are variables."""
    return Apply(op, tuple(expression(arg) for arg in args))


def expression(value: Any) -> Expr:
    if isinstance(value, str):
        return Var(value)
    return value if isinstance(value, Var | Const | Apply) else Const(value)


def let(name: str, value: Any) -> Compare:
    """``name = value``"""
    return Compare("=", Var(name), expression(value))
