"""What a program is made of: terms, expressions, literals, rules and relation declarations.

A variable whose name begins with ``_`` is a wildcard: every occurrence stands on its own and never binds
anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal as OneOf

import msgspec

from panacea_policy.engine.values import Type, encode_scalar

CompareOp = OneOf["=", "!=", "<", "<=", ">", ">="]
AggregateOp = OneOf["count", "sum", "min", "max", "avg"]


class Var(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """A variable; a wildcard if its name begins with ``_``."""

    name: str

    @property
    def is_wildcard(self) -> bool:
        return self.name.startswith("_")

    def __str__(self) -> str:
        return self.name


class Sym(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A symbol in a program, by its id in the `Symbols` table."""

    id: int

    def __str__(self) -> str:
        return f"#{self.id}"


class Const(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """A constant: an integer, a finite float, or a symbol."""

    value: int | float | Sym

    def __str__(self) -> str:
        return str(self.value)


class Apply(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """A function applied to expressions; the names and types are in `builtins.SIGNATURES`."""

    op: str
    args: tuple[Expr, ...]

    def __str__(self) -> str:
        return f"{self.op}({', '.join(map(str, self.args))})"


Term = Var | Const
Expr = Var | Const | Apply


class Atom(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """A row of a relation, or, negated, the absence of such a row."""

    relation: str
    terms: tuple[Term, ...]
    negated: bool = False

    def __str__(self) -> str:
        text = f"{self.relation}({', '.join(map(str, self.terms))})"
        return f"not {text}" if self.negated else text


class Compare(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """A comparison. ``=`` with one side an unbound variable binds it to the other side."""

    op: CompareOp
    left: Expr
    right: Expr

    def __str__(self) -> str:
        return f"{self.left} {self.op} {self.right}"


class Test(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """A yes-or-no function of symbols, such as ``starts_with(s, "x")``; see `builtins.TESTS`."""

    #: Keeps pytest from taking the class for a group of tests.
    __test__ = False

    function: str
    args: tuple[Expr, ...]
    negated: bool = False

    def __str__(self) -> str:
        text = f"{self.function}({', '.join(map(str, self.args))})"
        return f"not {text}" if self.negated else text


class Aggregate(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """``result = op(value)`` over the distinct bindings of the variables of ``body``, per binding of
    ``group``.

    Variables of the body that are not in ``group`` are local to it. ``count`` takes no value and counts
    bindings; with a value it counts distinct values. ``sum`` and ``avg`` take the value once per binding, so
    that equal values of different members all count; ``avg`` is always FLOAT. If every group variable is
    bound by the rest of the rule (without other aggregates' groups), a group without bindings has count 0 and
    sum 0; otherwise, and for min, max and avg, it has no result.
    """

    result: Var
    op: AggregateOp
    value: Expr | None
    group: tuple[Var, ...]
    body: tuple[Literal, ...]

    def __str__(self) -> str:
        value = "" if self.value is None else f"{self.value}"
        group = f" by {', '.join(map(str, self.group))}" if self.group else ""
        return f"{self.result} = {self.op}({value}{group} : {', '.join(map(str, self.body))})"


Literal = Atom | Compare | Test | Aggregate


class Rule(msgspec.Struct, frozen=True, eq=False):
    """``head`` holds whenever all of ``body`` does.

    ``origin`` is the caller's own and is handed back in errors and proofs; rules that differ in it alone are
    equal.
    """

    head: Atom
    body: tuple[Literal, ...]
    name: str
    origin: object = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rule):
            return NotImplemented
        return (self.head, self.body, self.name) == (other.head, other.body, other.name)

    def __hash__(self) -> int:
        return hash((self.head, self.body, self.name))

    def __str__(self) -> str:
        return f"{self.head} if {', '.join(map(str, self.body))}" if self.body else str(self.head)


class RelationDecl(msgspec.Struct, frozen=True, gc=False):
    """A relation's name and its named, typed columns.

    ``kept``: the caller will ask for all its derivations. ``types``: those of the columns, whatever is given.
    """

    name: str
    columns: tuple[tuple[str, Type], ...]
    kept: bool = False
    types: tuple[Type, ...] = ()

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "types", tuple(type for _, type in self.columns))


def columns_of(types: Sequence[Type]) -> tuple[tuple[str, Type], ...]:
    """Columns of these types, called c0, c1, …"""
    return tuple((f"c{number}", type) for number, type in enumerate(types))


class Program(msgspec.Struct, frozen=True):
    """Declared relations and the rules over them; the order of either never changes what holds."""

    relations: Sequence[RelationDecl]
    rules: Sequence[Rule]


def expr_vars(expr: Expr) -> Iterator[str]:
    """Names of the variables of an expression, with repeats, wildcards included."""
    if isinstance(expr, Var):
        yield expr.name
    elif isinstance(expr, Apply):
        for arg in expr.args:
            yield from expr_vars(arg)


def atom_vars(atom: Atom) -> list[str]:
    """Names of the variables of an atom other than wildcards, with repeats."""
    return [term.name for term in atom.terms if isinstance(term, Var) and not term.name.startswith("_")]


def atoms(body: Sequence[Literal]) -> Iterator[tuple[Atom, bool]]:
    """Every atom of a body, those inside aggregates too, with whether it is inside one."""
    for literal in body:
        if isinstance(literal, Atom):
            yield literal, False
        elif isinstance(literal, Aggregate):
            for atom, _ in atoms(literal.body):
                yield atom, True


def const_code(const: Const, type: Type) -> int:
    """The code of a constant in a column of this type."""
    value = const.value
    return value.id if isinstance(value, Sym) else encode_scalar(value, type)
