"""Programs as text, much as the engine prints its own rules.

    relation edge(from: symbol, to: symbol)
    path(x, y) if edge(x, y)
    path(x, z) if path(x, y), edge(y, z)
    busy(x) if node(x), n = count(by x : edge(x, y)), n > 3, not path(x, 'home')

A line that begins with a space goes on with the one before; ``#`` begins a comment. A word in quotes is a
symbol, any other word a variable, a wildcard if it begins with ``_``. An aggregate is
``result = op(value by group : body)``, of which value and group may be left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn, TypeVar, cast

from panacea_policy.engine import (
    Aggregate,
    Apply,
    Atom,
    Compare,
    Const,
    Expr,
    Literal,
    Program,
    RelationDecl,
    Rule,
    Sym,
    Term,
    Type,
    Var,
)
from panacea_policy.engine.terms import AggregateOp, CompareOp

_TOKEN = re.compile(r"\s*(?:('[^']*')|(\d+\.\d+|\d+)|([A-Za-z_]\w*)|(<=|>=|!=|[-=<>+*/%(),:]))")
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_AGGREGATES = ("count", "sum", "min", "max", "avg")
_Item = TypeVar("_Item")


def read_program(text: str, intern: Callable[[str], int]) -> Program:
    """The program that a text describes. Raises ValueError, naming the statement, for what is not one."""
    relations: list[RelationDecl] = []
    rules: list[Rule] = []
    numbers: dict[str, int] = {}
    for statement in _statements(text):
        reader = _Reader(statement, intern)
        if statement.startswith("relation "):
            relations.append(reader.relation())
        else:
            head, body = reader.rule()
            number = numbers[head.relation] = numbers.get(head.relation, 0) + 1
            rules.append(Rule(head, body, f"{head.relation} {number}"))
    return Program(relations, rules)


def _statements(text: str) -> list[str]:
    found: list[str] = []
    for line in text.splitlines():
        line = line.partition("#")[0].rstrip()
        if not line.strip():
            continue
        if line[0].isspace() and found:
            found[-1] += f" {line.strip()}"
        else:
            found.append(line)
    return found


class _Reader:
    """Reads one statement, token by token."""

    def __init__(self, statement: str, intern: Callable[[str], int]) -> None:
        self._statement = statement
        self._intern = intern
        self._tokens: list[str] = []
        position = 0
        while position < len(statement):
            found = _TOKEN.match(statement, position)
            if found is None:
                self._fail(f"what is `{statement[position:]}`?")
            self._tokens.append(found.group(found.lastindex or 0))
            position = found.end()
        self._at = 0

    def relation(self) -> RelationDecl:
        self._take("relation")
        name = self._next()
        return RelationDecl(name, tuple(self._list(self._column)))

    def rule(self) -> tuple[Atom, tuple[Literal, ...]]:
        head = self._atom(self._next())
        body = self._body() if self._accept("if") else ()
        if self._at < len(self._tokens):
            self._fail(f"`{self._peek()}` was not expected")
        return head, body

    def _body(self) -> tuple[Literal, ...]:
        found = [self._literal()]
        while self._accept(","):
            found.append(self._literal())
        return tuple(found)

    def _literal(self) -> Literal:
        if self._accept("not"):
            return self._atom(self._next(), negated=True)
        if self._peek(1) == "(" and self._peek()[0].isalpha():
            return self._atom(self._next())
        left = self._expr()
        op = self._next()
        if op not in _COMPARISONS:
            self._fail(f"`{op}` is no comparison")
        if op == "=" and self._peek() in _AGGREGATES and self._peek(1) == "(" and isinstance(left, Var):
            return self._aggregate(left)
        return Compare(cast("CompareOp", op), left, self._expr())

    def _aggregate(self, result: Var) -> Aggregate:
        op = cast("AggregateOp", self._next())
        self._take("(")
        value = None if self._peek() in ("by", ":") else self._expr()
        group: list[Var] = []
        if self._accept("by"):
            group.append(Var(self._next()))
            while self._accept(","):
                group.append(Var(self._next()))
        self._take(":")
        body = self._body()
        self._take(")")
        return Aggregate(result, op, value, tuple(group), body)

    def _atom(self, name: str, *, negated: bool = False) -> Atom:
        return Atom(name, tuple(self._list(self._term)), negated)

    def _list(self, read: Callable[[], _Item]) -> list[_Item]:
        self._take("(")
        found: list[_Item] = []
        while not self._accept(")"):
            if found:
                self._take(",")
            found.append(read())
        return found

    def _column(self) -> tuple[str, Type]:
        name = self._next()
        self._take(":")
        return name, Type(self._next())

    def _term(self) -> Term:
        expr = self._expr()
        if isinstance(expr, Apply):
            self._fail("an atom holds variables and constants only")
        return expr

    def _expr(self) -> Expr:
        left = self._product()
        while self._peek() in ("+", "-"):
            left = Apply(self._next(), (left, self._product()))
        return left

    def _product(self) -> Expr:
        left = self._factor()
        while self._peek() in ("*", "/", "%"):
            left = Apply(self._next(), (left, self._factor()))
        return left

    def _factor(self) -> Expr:
        if self._accept("("):
            inner = self._expr()
            self._take(")")
            return inner
        token = self._next()
        if token[0] == "'":
            return Const(Sym(self._intern(token[1:-1])))
        if token[0].isdigit():
            return Const(float(token) if "." in token else int(token))
        if not (token[0].isalpha() or token[0] == "_"):
            self._fail(f"`{token}` was not expected")
        return Var(token)

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else "the end"

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _accept(self, token: str) -> bool:
        found = self._peek() == token
        self._at += found
        return found

    def _take(self, token: str) -> None:
        if not self._accept(token):
            self._fail(f"`{token}` was expected, not `{self._peek()}`")

    def _fail(self, message: str) -> NoReturn:
        raise ValueError(f"{message} In: {self._statement}")
