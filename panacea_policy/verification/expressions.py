"""Arithmetic, tests and aggregates of rules as z3 terms over real numbers and texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from panacea_policy.engine import Aggregate, Apply, Compare, Const, Expr, Literal, Sym, Symbols, Test, Var
from panacea_policy.verification.logic import Guard, Logic, Value

#: What is translated.
FUNCTIONS = frozenset({"+", "-", "*", "/", "neg", "abs", "min", "max"})
TESTS = frozenset({"starts_with", "ends_with", "contains"})


class Unsupported(Exception):
    """A condition that has no translation; ``reason`` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def untranslated(function: str) -> str:
    """Why a function or test has no translation, by the name that rules have for it."""
    name = "version_before" if function == "version_compare" else function
    return f"`{name}` is not translated"


class Expressions:
    """Translates expressions under a binding of their variables. ``axioms``: what the terms made here
    obey.
    """

    def __init__(self, logic: Logic, symbols: Symbols, constants: Iterable[int] = ()) -> None:
        """``constants``: symbols that the rules name; texts among them are told apart from all others."""
        self.logic = logic
        self.axioms: list[Guard] = []
        self._symbols = symbols
        self._named = [each for each in sorted(constants) if isinstance(symbols.value(each), str)]
        self._texts: dict[object, tuple[Any, Any]] = {}

    def value(self, expr: Expr, env: Mapping[str, Value]) -> tuple[Value, Guard]:
        """The value of an expression, and when it has one. Raises :class:`Unsupported`."""
        if isinstance(expr, Var):
            return env[expr.name], True
        if isinstance(expr, Const):
            return (expr.value.id if isinstance(expr.value, Sym) else Fraction(expr.value)), True
        parts = [self.value(each, env) for each in expr.args]
        value, guard = self._apply(expr, [each for each, _ in parts])
        return value, self.logic.all(guard, *(each for _, each in parts))

    def test(self, literal: Literal, env: Mapping[str, Value]) -> Guard:
        """When a comparison or a test holds. Raises :class:`Unsupported`."""
        logic = self.logic
        if isinstance(literal, Compare):
            left, one = self.value(literal.left, env)
            right, other = self.value(literal.right, env)
            return logic.all(one, other, logic.compare(literal.op, left, right))
        assert isinstance(literal, Test)
        values = [self.value(each, env) for each in literal.args]
        guard = self._test(literal.function, [value for value, _ in values])
        if literal.negated:
            guard = logic.negation(guard)
        return logic.all(guard, *(each for _, each in values))

    def aggregate(
        self, literal: Aggregate, members: Sequence[tuple[Mapping[str, Value], Guard]]
    ) -> tuple[Value, Guard]:
        """What an aggregate over members gives, and when it gives anything. Raises :class:`Unsupported`."""
        logic, z3 = self.logic, self.logic.z3
        some = logic.any(guard for _, guard in members)
        values = [
            (Fraction(1) if literal.value is None else self.value(literal.value, env)[0], guard)
            for env, guard in members
        ]
        total: Value = z3.RealVal(0)
        if literal.op in ("sum", "count"):
            for value, guard in values:
                total = total + logic.choose(guard, logic.term(value), z3.RealVal(0))
            return z3.simplify(total), True
        if literal.op == "avg":
            raise Unsupported("an average is compared")
        result = z3.FreshReal(literal.op)
        for value, guard in values:
            bound = result <= logic.term(value) if literal.op == "min" else result >= logic.term(value)
            self.axioms.append(logic.implies(guard, bound))
        taken = logic.any(logic.all(guard, result == logic.term(value)) for value, guard in values)
        self.axioms.append(logic.implies(some, taken))
        return result, some

    # ------------------------------------------------------------------------------------------ internals

    def _apply(self, expr: Apply, values: Sequence[Value]) -> tuple[Value, Guard]:
        logic, z3 = self.logic, self.logic.z3
        if expr.op == "lower" and logic.known(values[0]):
            return self._symbols.intern(str(self._symbols.value(values[0])).lower()), True
        if expr.op not in FUNCTIONS:
            raise Unsupported(untranslated(expr.op))
        if not all(map(logic.known, values)):
            values = [logic.term(each) for each in values]
        first = values[0]
        match expr.op:
            case "neg":
                return -first, True
            case "abs":
                return logic.choose(logic.compare(">=", first, Fraction(0)), first, -first), True
            case "min" | "max":
                chosen = first
                for each in values[1:]:
                    order = "<=" if expr.op == "min" else ">="
                    chosen = logic.choose(logic.compare(order, chosen, each), chosen, each)
                return chosen, True
        second = values[1]
        match expr.op:
            case "+":
                return first + second, True
            case "-":
                return first - second, True
            case "*":
                return first * second, True
            case _:
                if logic.known(second):
                    return (first / second, True) if second else (Fraction(0), False)
                return first / second, second != z3.RealVal(0)

    def _test(self, function: str, values: Sequence[Value]) -> Guard:
        z3 = self.logic.z3
        if function not in TESTS:
            raise Unsupported(untranslated(function))
        left, right = (self._text(each) for each in values)
        match function:
            case "starts_with":
                return z3.PrefixOf(right, left)
            case "ends_with":
                return z3.SuffixOf(right, left)
            case _:
                return z3.Contains(left, right)

    def _text(self, value: Value) -> Any:
        """The text behind a symbol; different symbols are different texts."""
        logic, z3 = self.logic, self.logic.z3
        key = logic.key(value)
        if key not in self._texts:
            named, self._named = self._named, []
            for each in named:
                self._text(each)
            if logic.known(value):
                term = z3.StringVal(str(self._symbols.value(value)))
            else:
                term = z3.String(f"text {len(self._texts)}")
            for other, text in self._texts.values():
                self.axioms.append(logic.compare("=", value, other) == (term == text))
            self._texts[key] = (value, term)
        return self._texts[key][1]

    def text_of(self, value: Value, model: Any) -> str | None:
        """The text that a model gives a symbol that a test speaks of; None for one that none does."""
        known = self._texts.get(self.logic.key(value))
        if known is None or self.logic.known(value):
            return None
        return str(model.eval(known[1], model_completion=True).as_string())


__all__ = ["Expressions", "Unsupported"]
