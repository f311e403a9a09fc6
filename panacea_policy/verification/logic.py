"""Conditions as Python's True and False while they are known, as z3 formulas once they are not; values
likewise: a symbol's number or a plain number while known, a z3 term once not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from panacea_policy.verification.solver import Z3

#: True, False or a z3 formula.
Guard = Any
#: The number of a symbol (int), a plain number (Fraction), or a z3 term (Int for symbols, Real for numbers).
Value = Any


class Logic:
    """Connectives that decide what is known by themselves. Keeps every term alive: z3 reuses the ids of dead
    ones.
    """

    def __init__(self, z3: Z3) -> None:
        self.z3 = z3
        self._alive: list[Any] = []
        self._context = z3.main_ctx()

    def _joined(self, make: Any, guards: Sequence[Any]) -> Guard:
        """A formula of several. z3's own `And` and `Or` check and convert what is known to fit, at five
        times the cost.
        """
        arguments = (self.z3.Ast * len(guards))(*(each.ast for each in guards))
        return self.z3.BoolRef(make(self._context.ref(), len(guards), arguments), self._context)

    def all(self, *guards: Guard) -> Guard:
        """Whether all hold."""
        parts = [each for each in guards if each is not True]
        if any(each is False for each in parts):
            return False
        if not parts:
            return True
        return parts[0] if len(parts) == 1 else self._joined(self.z3.Z3_mk_and, parts)

    def any(self, guards: Iterable[Guard]) -> Guard:
        """Whether at least one holds."""
        parts = [each for each in guards if each is not False]
        if any(each is True for each in parts):
            return True
        if not parts:
            return False
        return parts[0] if len(parts) == 1 else self._joined(self.z3.Z3_mk_or, parts)

    def negation(self, guard: Guard) -> Guard:
        """Whether it does not hold."""
        if isinstance(guard, bool):
            return not guard
        return self.z3.BoolRef(self.z3.Z3_mk_not(self._context.ref(), guard.ast), self._context)

    def implies(self, left: Guard, right: Guard) -> Guard:
        """Whether the second holds where the first does."""
        return self.any([self.negation(left), right])

    def known(self, value: Value) -> bool:
        """Whether a value is known before the solver runs."""
        return isinstance(value, int | Fraction)

    def key(self, value: Value) -> object:
        """Something hashable that is equal only for one and the same value."""
        if self.known(value):
            return value
        self._alive.append(value)
        return ("z3", value.get_id())

    def term(self, value: Value) -> Any:
        """A value as a z3 term."""
        if isinstance(value, Fraction):
            return self.z3.RealVal(str(value))
        return self.z3.IntVal(value) if isinstance(value, int) else value

    def same(self, left: Value, right: Value) -> Guard:
        """Whether two values are equal."""
        if self.known(left) and self.known(right):
            return left == right
        one, other = self.term(left), self.term(right)
        if one.eq(other):
            return True
        return one == other if one.sort().eq(other.sort()) else False

    def compare(self, op: str, left: Value, right: Value) -> Guard:
        """Whether ``left op right`` holds, for ``=``, ``!=`` and the orders of numbers."""
        if op == "=":
            return self.same(left, right)
        if op == "!=":
            return self.negation(self.same(left, right))
        if not (self.known(left) and self.known(right)):
            left, right = self.term(left), self.term(right)
        match op:
            case "<":
                return left < right
            case "<=":
                return left <= right
            case ">":
                return left > right
            case _:
                return left >= right

    def choose(self, guard: Guard, one: Value, other: Value) -> Value:
        """The first value where the guard holds, else the second."""
        if isinstance(guard, bool):
            return one if guard else other
        return self.z3.If(guard, self.term(one), self.term(other))

    def at_most_one(self, guards: list[Guard]) -> Guard:
        """Whether no two of them hold."""
        open_ = [each for each in guards if each is not False]
        if sum(each is True for each in open_) > 1:
            return False
        if any(each is True for each in open_):
            return self.all(*(self.negation(each) for each in open_ if each is not True))
        return True if len(open_) < 2 else self.z3.AtMost(*open_, 1)


__all__ = ["Guard", "Logic", "Value"]
