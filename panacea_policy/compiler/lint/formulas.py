"""What a condition says, in a form that can be reasoned with, and its negation.

A *term* is a variable, a path from one, or an expression taken as a whole; it is known by its text. A term
may have a value, stated to have none (``none``), or nothing on the way leads to it (``void``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from panacea_policy.compiler.lint.domains import Domain, Words, these

LESS, SAME, MORE = "<", "=", ">"
#: The ways in which the left value may stand to the right one, by operator; values without an order that
#: differ are both less and more.
SIGNS: Mapping[str, frozenset[str]] = {
    "=": frozenset({SAME}),
    "!=": frozenset({LESS, MORE}),
    "<": frozenset({LESS}),
    "<=": frozenset({LESS, SAME}),
    ">": frozenset({MORE}),
    ">=": frozenset({MORE, SAME}),
}
ALL_SIGNS = frozenset({LESS, SAME, MORE})
NOTHING: Words = these(())


class Universe(msgspec.Struct, frozen=True):
    """What a term can be, going by its type. ``kinds``: of what declarations, None where that is open."""

    domain: Domain
    kinds: Words | None = None
    none: bool = False
    void: bool = False
    whole: bool = False
    parent: str | None = None
    last: str = ""


class Test(msgspec.Struct, frozen=True):
    """A term's value is in ``domain`` and of one of ``kinds`` (None: no limit; at most one is given), or it
    has none (``none``), or nothing leads to it (``void``).
    """

    #: Keeps pytest from taking the class for a group of tests.
    __test__ = False

    term: str
    domain: Domain | None
    kinds: Words | None = None
    none: bool = False
    void: bool = False


class Pair(msgspec.Struct, frozen=True):
    """Two terms' values stand to each other in one of ``signs``; unless ``strict``, one may be missing."""

    left: str
    right: str
    signs: frozenset[str]
    strict: bool = True


class Held(msgspec.Struct, frozen=True):
    """Something that is not looked into holds, or does not. Terms in ``key`` are :class:`Of`."""

    key: tuple[object, ...]
    positive: bool = True


class Of(msgspec.Struct, frozen=True):
    """A term inside a key."""

    term: str


class Any(msgspec.Struct, frozen=True):
    """Whatever, inside a key."""


class Choice(msgspec.Struct, frozen=True):
    """At least one of several conjunctions; none at all never holds."""

    options: tuple[tuple[Formula, ...], ...]


Formula: TypeAlias = Test | Pair | Held | Choice
TRUE, FALSE = Choice(((),)), Choice(())


def present(term: str) -> Test:
    """The term has a value."""
    return Test(term, None)


def negated(formula: Formula) -> Formula:
    """What holds exactly where ``formula`` does not."""
    match formula:
        case Test(term, domain, kinds, none, void):
            if kinds is not None:
                return msgspec.structs.replace(
                    formula, kinds=kinds.complement(), none=not none, void=not void
                )
            if domain is None or domain.empty:
                return Test(term, NOTHING if domain is None else None, None, not none, not void)
            return Test(term, domain.complement(), None, not none, not void)
        case Pair(_, _, signs, strict):
            return msgspec.structs.replace(formula, signs=ALL_SIGNS - signs, strict=not strict)
        case Held():
            return msgspec.structs.replace(formula, positive=not formula.positive)
    # Of each option something fails; that one option fails is a choice again.
    return conjunction(
        tuple(Choice(tuple((negated(part),) for part in option)) for option in formula.options)
    )


def conjunction(parts: tuple[Formula, ...]) -> Formula:
    """All of several."""
    return parts[0] if len(parts) == 1 else Choice((parts,))


def renamed(formula: Formula, rename: Callable[[str], str]) -> Formula:
    """The same of other terms."""
    match formula:
        case Test():
            return msgspec.structs.replace(formula, term=rename(formula.term))
        case Pair():
            return msgspec.structs.replace(formula, left=rename(formula.left), right=rename(formula.right))
        case Held():
            return msgspec.structs.replace(formula, key=renamed_key(formula.key, rename))
    return Choice(tuple(tuple(renamed(part, rename) for part in option) for option in formula.options))


def renamed_key(key: tuple[object, ...], rename: Callable[[str], str]) -> tuple[object, ...]:
    """A key of other terms."""
    return tuple(
        Of(rename(part.term))
        if isinstance(part, Of)
        else renamed_key(part, rename)
        if isinstance(part, tuple)
        else part
        for part in key
    )
