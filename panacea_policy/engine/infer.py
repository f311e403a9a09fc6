"""Infers the type of every variable of a rule by narrowing sets of possible types; reports misfits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from panacea_policy.engine.builtins import SIGNATURES, TESTS
from panacea_policy.engine.errors import ArityMismatch, EngineError, TypeMismatch
from panacea_policy.engine.terms import (
    Aggregate,
    Atom,
    Compare,
    Const,
    Expr,
    Literal,
    RelationDecl,
    Rule,
    Sym,
    Test,
    Var,
)
from panacea_policy.engine.values import INT_MAX, INT_MIN, Type

Types = frozenset[Type]
_ANY: Types = frozenset(Type)
_NUMBERS: Types = frozenset({Type.INT, Type.FLOAT})
_SYMBOL: Types = frozenset({Type.SYMBOL})
_INT: Types = frozenset({Type.INT})
_FLOAT: Types = frozenset({Type.FLOAT})
_ONE: dict[Type, Types] = {Type.SYMBOL: _SYMBOL, Type.INT: _INT, Type.FLOAT: _FLOAT}


class Inference:
    """The possible types of the variables of one body, narrowed by everything that speaks of them.

    An aggregate's local variables have an inference of their own; its group is shared with the one around it.
    """

    def __init__(self, rule: Rule, decls: Mapping[str, RelationDecl], errors: list[EngineError]) -> None:
        self.types: dict[str, Types] = {}
        self.inner: dict[int, Inference] = {}
        self._rule = rule
        self._decls = decls
        self._errors = errors
        self._reported: set[object] = set()
        self._changed = False

    def run(self, body: Sequence[Literal]) -> None:
        """Narrows until nothing changes."""
        others: list[tuple[int, Literal]] = []
        for position, literal in enumerate(body):
            if isinstance(literal, Atom):
                # Once is enough: what an atom says of its variables does not depend on anything else.
                self.atom(literal)
            else:
                others.append((position, literal))
        self._changed = bool(others)
        while self._changed:
            self._changed = False
            for position, literal in others:
                self._literal(position, literal)

    def atom(self, atom: Atom) -> bool:
        """Narrows the terms of an atom to the types of its columns; whether that changed anything."""
        decl = self._decls.get(atom.relation)
        if decl is None or len(decl.columns) != len(atom.terms):
            return False
        before = self._changed
        self._changed = False
        for (column, type), term in zip(decl.columns, atom.terms, strict=True):
            allowed = _ONE[type]
            if isinstance(term, Var):
                if term.name.startswith("_") or self.types.get(term.name) == allowed:
                    continue
                if term.name not in self.types:
                    self.types[term.name] = allowed
                    self._changed = True
                    continue
            elif isinstance(term.value, Sym) and type is Type.SYMBOL:
                continue
            self.narrow(term, allowed, f"column `{column}` of `{atom.relation}` is {type.name}")
        changed = self._changed
        self._changed = before or changed
        return changed

    def type_of(self, name: str) -> Type:
        """The type settled on; an undetermined number is INT."""
        possible = self.types.get(name, _ANY)
        if len(possible) == 1:
            return next(iter(possible))
        return Type.INT if Type.INT in possible else Type.SYMBOL

    def settled(self) -> dict[str, Type]:
        """The type of every variable."""
        return {name: self.type_of(name) for name in self.types}

    def narrow(self, expr: Expr, allowed: Types, where: str) -> Types:
        """Narrows an expression to the allowed types and returns those that remain possible."""
        if isinstance(expr, Var):
            return self._narrow_var(expr, allowed, where)
        if isinstance(expr, Const):
            possible = self._const(expr)
            if possible and not possible & allowed:
                self._report(("const", expr, allowed), f"{where}, and {expr} is {_names(possible)}")
            return possible & allowed
        signature = SIGNATURES.get(expr.op)
        if signature is None:
            hint = (
                "it is a test, not a function of values" if expr.op in TESTS else "see the list of functions"
            )
            self._report(("op", expr.op), f"no function is called `{expr.op}`", hint)
            return _ANY
        if not signature.accepts(len(expr.args)):
            self._arity(expr.op, signature.arity(), len(expr.args))
            return _ANY
        result = signature.result & allowed
        if not result:
            self._report(
                ("apply", expr, allowed), f"{where}, and `{expr.op}` gives {_names(signature.result)}"
            )
            return _ANY
        inside = result if signature.same else signature.args
        label = f"`{expr.op}` takes {_names(inside)} here"
        for _ in range(2 if signature.same else 1):
            for arg in expr.args:
                remaining = self.narrow(arg, inside, label)
                if signature.same and remaining:
                    inside = remaining
                    label = f"`{expr.op}` takes {_names(inside)} here"
        return inside if signature.same else result

    def _literal(self, position: int, literal: Literal) -> None:
        if isinstance(literal, Compare):
            self._compare(literal)
        elif isinstance(literal, Test):
            if literal.function not in TESTS:
                self._report(("test", literal.function), f"no test is called `{literal.function}`")
            elif len(literal.args) != 2:
                self._arity(literal.function, "2 arguments", len(literal.args))
            for arg in literal.args:
                self.narrow(arg, _SYMBOL, f"`{literal.function}` takes SYMBOL")
        elif isinstance(literal, Aggregate):
            self._aggregate(position, literal)

    def _compare(self, literal: Compare) -> None:
        allowed = _ANY if literal.op in ("=", "!=") else _NUMBERS
        where = f"both sides of `{literal.op}` have one type"
        if allowed is _NUMBERS:
            where = f"`{literal.op}` compares numbers"
        left = self.narrow(literal.left, allowed, where)
        if not left:
            return
        if len(left) == 1:
            where = f"the left side of `{literal.op}` is {_names(left)}"
        right = self.narrow(literal.right, left, where)
        self.narrow(literal.left, right or allowed, where)

    def _aggregate(self, position: int, aggregate: Aggregate) -> None:
        inner = self.inner.get(position)
        if inner is None:
            inner = self.inner[position] = Inference(self._rule, self._decls, self._errors)
            inner._reported = self._reported
        for var in aggregate.group:
            inner.types[var.name] = self.types.get(var.name, _ANY) & inner.types.get(var.name, _ANY)
        inner.run(aggregate.body)
        for var in aggregate.group:
            self.narrow(var, inner.types.get(var.name, _ANY), f"`{var.name}` is so inside {aggregate.op}")
        result = _INT if aggregate.op == "count" else _FLOAT
        if aggregate.value is None:
            if aggregate.op != "count":
                self._report((position, "value"), f"`{aggregate.op}` needs a value to work on")
                return
        elif aggregate.op == "count":
            inner.narrow(aggregate.value, _ANY, "")
        else:
            value = inner.narrow(aggregate.value, _NUMBERS, f"`{aggregate.op}` works on numbers")
            result = _FLOAT if aggregate.op == "avg" else value or _NUMBERS
        remaining = self.narrow(aggregate.result, result, f"`{aggregate.op}` gives {_names(result)}")
        if aggregate.value is not None and aggregate.op not in ("count", "avg") and remaining:
            inner.narrow(aggregate.value, remaining, f"the result is {_names(remaining)}")

    def _narrow_var(self, var: Var, allowed: Types, where: str) -> Types:
        if var.is_wildcard:
            return allowed
        possible = self.types.get(var.name, _ANY)
        remaining = possible & allowed
        if not remaining:
            self._report(("var", var.name), f"{where}, and `{var.name}` is {_names(possible)} elsewhere")
            return frozenset()
        if remaining != possible or var.name not in self.types:
            self.types[var.name] = remaining
            self._changed = True
        return remaining

    def _const(self, const: Const) -> Types:
        value = const.value
        if isinstance(value, Sym):
            return _SYMBOL
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._report(("value", str(value)), f"{value!r} is not an integer, a float or a symbol")
            return frozenset()
        if isinstance(value, int):
            if not INT_MIN <= value <= INT_MAX:
                self._report(("value", value), f"{value} does not fit in 64 bits")
                return frozenset()
            return _NUMBERS
        if not math.isfinite(value):
            self._report(("value", str(value)), f"{value} is not a finite number")
            return frozenset()
        return _FLOAT

    def _report(self, key: object, message: str, help: str = "") -> None:
        if key not in self._reported:
            self._reported.add(key)
            self._errors.append(TypeMismatch(message, rule=self._rule, help=help))

    def _arity(self, name: str, expected: str, given: int) -> None:
        if ("arity", name) not in self._reported:
            self._reported.add(("arity", name))
            self._errors.append(ArityMismatch(self._rule, name, expected, given))


def _names(types: Types) -> str:
    return " or ".join(type.name for type in Type if type in types) or "of no type"
