"""Evaluates expressions and tests over whole frames.

Numbers that do not exist raise, they never wrap or become NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import msgspec
import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.builtins import SIGNATURES, TESTS, compare_versions
from panacea_policy.engine.frame import Context, Frame, distinct_rows
from panacea_policy.engine.regex import PatternError
from panacea_policy.engine.terms import Apply, Compare, Const, Expr, Sym, Test, Var
from panacea_policy.engine.values import INT_MAX, INT_MIN, Codes, Column, Type, decode, encode

_INTEGER_OPS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


class TypedExpr(msgspec.Struct, frozen=True):
    """An expression with its type settled; constants in it are read as that type asks."""

    expr: Expr
    type: Type
    args: tuple[TypedExpr, ...] = ()

    def codes(self, frame: Frame, context: Context) -> Codes:
        """Its codes for each binding, shape (count,)."""
        if isinstance(self.expr, Var):
            return frame.columns[self.expr.name]
        return encode(self.values(frame, context), self.type)

    def values(self, frame: Frame, context: Context) -> Column:
        """Its values for each binding, shape (count,): float64 for FLOAT, int64 otherwise."""
        expr = self.expr
        if isinstance(expr, Var):
            return decode(frame.columns[expr.name], self.type)
        if isinstance(expr, Const):
            value = expr.value.id if isinstance(expr.value, Sym) else expr.value
            if self.type is Type.FLOAT:
                return np.full(frame.count, value, np.float64)
            return np.full(frame.count, value, np.int64)
        if expr.op in _TEXT:
            return _text_function(expr.op, [arg.codes(frame, context) for arg in self.args], frame, context)
        args = [arg.values(frame, context) for arg in self.args]
        return _number_function(expr.op, args, frame, context)


def typed(expr: Expr, types: Mapping[str, Type], hint: Type | None = None) -> TypedExpr:
    """The expression with types filled in.

    ``hint`` is the type of integers written in it where nothing else says.
    """
    settled = type_of(expr, types) or hint or Type.INT
    if not isinstance(expr, Apply):
        return TypedExpr(expr, settled)
    signature = SIGNATURES[expr.op]
    inner = settled if signature.same else next(iter(signature.args))
    return TypedExpr(expr, settled, tuple(typed(arg, types, inner) for arg in expr.args))


def type_of(expr: Expr, types: Mapping[str, Type]) -> Type | None:
    """The type of an expression; None for one made of integers only, which may be read as INT or FLOAT."""
    if isinstance(expr, Var):
        return types[expr.name]
    if isinstance(expr, Const):
        if isinstance(expr.value, Sym):
            return Type.SYMBOL
        return Type.FLOAT if isinstance(expr.value, float) else None
    signature = SIGNATURES[expr.op]
    if not signature.same:
        return next(iter(signature.result))
    return next((found for arg in expr.args if (found := type_of(arg, types)) is not None), None)


def compared(literal: Compare, types: Mapping[str, Type]) -> tuple[TypedExpr, TypedExpr]:
    """The two sides of a comparison, read as numbers of one type."""
    type = type_of(literal.left, types) or type_of(literal.right, types) or Type.INT
    return typed(literal.left, types, type), typed(literal.right, types, type)


def is_fallible(literal: Compare) -> bool:
    """Whether a comparison divides by something that may be zero.

    Such are decided last, after what may rule zero out.
    """
    return _divides(literal.left) or _divides(literal.right)


def makes_text(expr: Expr) -> bool:
    """Whether it makes texts, which get their ids when it is computed."""
    return isinstance(expr, Apply) and (
        SIGNATURES[expr.op].result == {Type.SYMBOL} or any(map(makes_text, expr.args))
    )


def compare(op: str, left: Codes, right: Codes) -> NDArray[np.bool_]:
    """Compares codes of one type; codes order as their values do."""
    return _COMPARISONS[op](left, right)


_COMPARISONS: dict[str, Callable[[Codes, Codes], NDArray[np.bool_]]] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def run_test(test: Test, args: Sequence[TypedExpr], frame: Frame, context: Context) -> NDArray[np.bool_]:
    """Decides a test for each binding, once per distinct combination of symbols."""
    function = TESTS[test.function]
    rows, inverse = distinct_rows([arg.codes(frame, context) for arg in args], frame.count)
    verdicts = np.zeros(len(rows[0]), np.bool_)
    for position, symbols in enumerate(zip(*(row.tolist() for row in rows), strict=True)):
        left, right = (_text(symbol, test.function, context) for symbol in symbols)
        try:
            verdicts[position] = function(left, right)
        except PatternError as error:
            raise context.fail(f"`{right}` cannot be used as a pattern: {error}") from error
    return verdicts[inverse]


def _divides(expr: Expr) -> bool:
    if not isinstance(expr, Apply):
        return False
    if expr.op in "/%" and not (isinstance(expr.args[1], Const) and expr.args[1].value != 0):
        return True
    return any(map(_divides, expr.args))


def _number_function(op: str, args: list[Column], frame: Frame, context: Context) -> Column:
    first = args[0]
    if op in ("min", "max"):
        return reduce(np.minimum if op == "min" else np.maximum, args)
    if op in ("floor", "ceil"):
        return _to_int(np.floor(first) if op == "floor" else np.ceil(first), frame, context)
    if op == "float":
        return first.astype(np.float64)
    if op in ("abs", "neg"):
        if first.dtype == np.int64:
            _refuse(first == INT_MIN, f"{op} of {INT_MIN} does not fit in 64 bits", frame, context)
        return np.abs(first) if op == "abs" else -first
    second = args[1]
    if op in "/%":
        _refuse(second == 0, "division by zero", frame, context)
        if first.dtype == np.int64 and op == "/":
            _refuse(
                (first == INT_MIN) & (second == -1), "the quotient does not fit in 64 bits", frame, context
            )
            return first // second
    if first.dtype == np.int64:
        if op == "%":
            # Every integer is a multiple of -1, and the machine's own remainder overflows there.
            return np.where(second == -1, 0, first % np.where(second == -1, 1, second))
        return _integers(op, first, second, frame, context)
    with np.errstate(all="ignore"):
        result: NDArray[np.float64] = _FLOAT_OPS[op](first, second)
    _refuse(~np.isfinite(result), f"the result of `{op}` is not a finite number", frame, context)
    return result


_FLOAT_OPS: dict[str, Callable[[Column, Column], NDArray[np.float64]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.mod,
}


def _integers(op: str, left: Column, right: Column, frame: Frame, context: Context) -> Column:
    """Exact +, - and *: where the operands' range leaves doubt, each row is checked in Python's integers."""
    if not frame.count:
        return np.empty(0, np.int64)
    exact = _INTEGER_OPS[op]
    corners = [
        exact(a, b) for a in (int(left.min()), int(left.max())) for b in (int(right.min()), int(right.max()))
    ]
    if min(corners) < INT_MIN or max(corners) > INT_MAX:
        for row, (a, b) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
            if not INT_MIN <= exact(a, b) <= INT_MAX:
                raise context.fail(f"{a} {op} {b} does not fit in 64 bits", frame, row)
    if op == "+":
        return left + right
    return left - right if op == "-" else left * right


def _to_int(values: Column, frame: Frame, context: Context) -> Column:
    _refuse((values < -(2.0**63)) | (values >= 2.0**63), "the number does not fit in 64 bits", frame, context)
    return values.astype(np.int64)


def _refuse(wrong: NDArray[np.bool_], message: str, frame: Frame, context: Context) -> None:
    if wrong.any():
        raise context.fail(message, frame, int(np.argmax(wrong)))


def _text(symbol: int, function: str, context: Context) -> str:
    value = context.symbols.value(symbol)
    if not isinstance(value, str):
        raise context.fail(f"`{function}` works on text, and {value!r} is none")
    return value


def _text_function(op: str, columns: list[Codes], frame: Frame, context: Context) -> Codes:
    # INVARIANT: distinct rows are sorted, so new symbols get the same ids whatever the order of facts.
    rows, inverse = distinct_rows(columns, frame.count)
    results = np.zeros(len(rows[0]), np.int64)
    for position, symbols in enumerate(zip(*(row.tolist() for row in rows), strict=True)):
        texts = [_text(symbol, op, context) for symbol in symbols]
        results[position] = _TEXT[op](texts, context)
    return results[inverse]


def _concat(texts: list[str], context: Context) -> int:
    limit = context.limits.max_text
    if sum(map(len, texts)) > limit:
        raise context.fail(f"`concat` makes a text of more than {limit} characters")
    return context.symbols.intern("".join(texts))


_TEXT: dict[str, Callable[[list[str], Context], int]] = {
    "lower": lambda texts, context: context.symbols.intern(texts[0].lower()),
    "length": lambda texts, context: len(texts[0]),
    "concat": _concat,
    "version_compare": lambda texts, context: compare_versions(texts[0], texts[1]),
}
