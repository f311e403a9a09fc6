"""Arithmetic is exact, or it is refused with the rule and the row, at every edge of 64 bits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.engine import Aggregate, Atom, EvaluationError, Var, compile_program, evaluate
from panacea_policy.engine.kernels import Form
from panacea_policy.engine.terms import AggregateOp
from panacea_policy.engine.values import INT_MAX, INT_MIN
from tests.engine.build import World, call, let
from tests.engine.kernels.both import compiled

FORMS = pytest.mark.parametrize("form", [Form.NUMPY, Form.NUMBA])
EDGES = [INT_MIN, INT_MIN + 1, -(2**62), -(2**32), -1, 0, 1, 2, 3, 2**31, 2**32, 2**53 + 1, 2**62, INT_MAX]
INTS = st.one_of(st.sampled_from(EDGES), st.integers(-9, 9), st.integers(INT_MIN, INT_MAX))
FLOATS = st.one_of(
    st.sampled_from([0.0, -0.0, 1e308, -1e308, 1.5, 2.0**63, -(2.0**63), 5e-324]),
    st.floats(allow_nan=False, allow_infinity=False),
)

BINARY: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "min": min,
    "max": max,
}


def attempt(world: World, form: Form) -> list[tuple[Any, ...]] | EvaluationError:
    """The rows found, or why there are none."""
    try:
        return evaluate(compile_program(world.program()), world.database, kernels=form).rows("found")
    except EvaluationError as error:
        return error


def exact(function: Callable[..., int], *values: int) -> int | None:
    try:
        value = function(*values)
    except ZeroDivisionError:
        return None
    return value if INT_MIN <= value <= INT_MAX else None


@FORMS
@given(st.sampled_from(sorted(BINARY)), st.lists(st.tuples(INTS, INTS), min_size=1, max_size=6, unique=True))
def test_operations_on_integers(form: Form, op: str, rows: list[tuple[int, int]]) -> None:
    compiled()
    world = World("given ii", "found iii").facts("given", rows)
    world.rule("found(a, b, c)", "given(a, b)", let("c", call(op, "a", "b")), name="calculation")
    expected = {(a, b): exact(BINARY[op], a, b) for a, b in rows}
    found = attempt(world, form)
    if isinstance(found, EvaluationError):
        assert found.rule is not None
        assert found.rule.name == "calculation"
        assert found.relation == "found"
        row: dict[str, Any] = found.row or {}
        assert expected[row["a"], row["b"]] is None
    else:
        assert {(a, b): c for a, b, c in found} == expected


@FORMS
@given(st.sampled_from(["abs", "neg"]), st.lists(INTS, min_size=1, max_size=6, unique=True))
def test_signs_of_integers(form: Form, op: str, values: list[int]) -> None:
    compiled()
    world = World("given i", "found ii").facts("given", [(value,) for value in values])
    world.rule("found(a, b)", "given(a)", let("b", call(op, "a")))
    found = attempt(world, form)
    if isinstance(found, EvaluationError):
        assert found.row == {"a": INT_MIN}
        assert INT_MIN in values
    else:
        assert dict(found) == {value: abs(value) if op == "abs" else -value for value in values}


@given(st.sampled_from(["+", "-", "*", "/", "%"]), FLOATS, FLOATS)
def test_operations_on_floats_are_finite_or_refused(op: str, left: float, right: float) -> None:
    world = World("given ff", "found f").facts("given", [(left, right)])
    world.rule("found(c)", "given(a, b)", let("c", call(op, "a", "b")))
    functions: dict[str, Callable[[], float]] = {
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
        "/": lambda: left / right,
        "%": lambda: left % right,
    }
    try:
        expected = functions[op]()
    except ZeroDivisionError:
        expected = math.inf
    if math.isfinite(expected):
        assert world.rows("found") == [(expected,)]
    else:
        with pytest.raises(EvaluationError) as caught:
            world.run()
        assert caught.value.row == {"a": left, "b": right}


@given(st.sampled_from(["floor", "ceil"]), FLOATS)
def test_rounding_to_integers(op: str, value: float) -> None:
    world = World("given f", "found i").facts("given", [(value,)])
    world.rule("found(b)", "given(a)", let("b", call(op, "a")))
    expected = math.floor(value) if op == "floor" else math.ceil(value)
    if INT_MIN <= expected <= INT_MAX:
        assert world.rows("found") == [(expected,)]
    else:
        with pytest.raises(EvaluationError, match="does not fit in 64 bits"):
            world.run()


@FORMS
@given(
    st.sampled_from(["sum", "min", "max", "avg", "count"]),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), INTS), min_size=1, max_size=8, unique=True),
)
def test_aggregates_of_integers(form: Form, op: AggregateOp, rows: list[tuple[int, int, int]]) -> None:
    """Of each group the distinct rows; a sum that does not fit names the group."""
    compiled()
    kind = "f" if op == "avg" else "i"
    world = World("given iii", f"found i{kind}").facts("given", rows)
    body = (Atom("given", (Var("g"), Var("k"), Var("v"))),)
    value = None if op == "count" else Var("v")
    world.rule("found(g, r)", "given(g, _, _)", Aggregate(Var("r"), op, value, (Var("g"),), body), name="all")
    groups = {g: [v for other, _, v in rows if other == g] for g, _, _ in rows}
    wrong = {g for g, values in groups.items() if not INT_MIN <= sum(values) <= INT_MAX}
    found = attempt(world, form)
    if isinstance(found, EvaluationError):
        assert op in ("sum", "avg")
        assert found.rule is not None
        assert found.rule.name == "all"
        assert found.row is not None
        assert found.row["g"] in wrong
        return
    assert not (wrong and op in ("sum", "avg"))
    functions: dict[str, Callable[[list[int]], float]] = {
        "sum": sum,
        "min": min,
        "max": max,
        "avg": lambda values: float(sum(values)) / len(values),
        "count": len,
    }
    assert dict(found) == {g: functions[op](values) for g, values in groups.items()}  # type: ignore[arg-type]


def test_a_sum_of_floats_without_end_names_its_group() -> None:
    world = World("given if", "found if").facts("given", [(1, 1.0), (2, 1e308), (2, 1.5e308)])
    body = (Atom("given", (Var("g"), Var("v"))),)
    world.rule("found(g, r)", "given(g, _)", Aggregate(Var("r"), "sum", Var("v"), (Var("g"),), body))
    with pytest.raises(EvaluationError, match="not a finite number") as caught:
        world.run()
    assert caught.value.row == {"g": 2}
