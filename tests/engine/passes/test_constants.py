"""What the pass `constants` makes of rules."""

from __future__ import annotations

from typing import Any

import pytest

from panacea_policy.engine import Aggregate, Compare, Var, compile_program
from panacea_policy.engine.passes import rewritten
from panacea_policy.engine.text import rule_text
from tests.engine.build import World, call, expression, let


def texts(w: World) -> list[str]:
    compiled = rewritten(compile_program(w.program()))
    return [rule_text(checked.rule, w.symbols) for checked in compiled.rules]


def world() -> World:
    w = World("trust si", "open s", "flagged s", "weight sf", "heavy sf")
    w.facts("trust", [("a", 3), ("b", 1)]).facts("open", [("a",)]).facts("weight", [("a", 7.0), ("b", 3.5)])
    return w


def test_constants_and_equal_variables_are_put_in_place() -> None:
    w = world()
    w.rule("flagged(x)", let("n", call("+", 2, 1)), "trust(x, n)", "y = x", "1 < 2", "open(y)")
    assert texts(w) == ["flagged(x) if trust(x, 3), open(x)"]
    assert w.rows("flagged") == [("a",)]


def test_a_rule_that_never_fires_is_dropped() -> None:
    w = world().rule("flagged(x)", "open(x)", "2 < 1").rule("flagged(x)", "open(x)", "x != x")
    w.rule("flagged(x)", "open(x)", "'a' = 'b'")
    assert texts(w) == []
    assert w.rows("flagged") == []


def test_a_number_keeps_the_type_of_its_variable() -> None:
    # 7 is a FLOAT here, so that half of it is no integer.
    w = world().rule("heavy(x, m)", "weight(x, n)", "n = 7", let("m", call("/", "n", 2)))
    assert texts(w) == ["heavy(x, 3.5) if weight(x, 7.0)"]
    assert w.rows("heavy") == [("a", 3.5)]


def test_a_division_by_zero_is_not_computed() -> None:
    w = world().rule("flagged(x)", "trust(x, n)", "n > 9", Compare("=", expression(1), call("/", 1, 0)))
    assert len(texts(w)) == 1
    assert w.rows("flagged") == []


def test_what_an_aggregate_shares_stays() -> None:
    w = World("trust si", "many si").facts("trust", [("a", 3)])
    count = Aggregate(Var("n"), "count", None, (Var("x"),), (w.atom("trust(x, m)"),))
    w.rule("many(x, n)", "x = 'b'", count)
    before = w.program().rules[0]
    assert rewritten(compile_program(w.program())).rules[0].rule is before
    assert w.rows("many") == [("b", 0)]


@pytest.mark.parametrize("value", [call("concat", "x", "x"), call("lower", "x")])
def test_texts_are_left_to_the_run(value: Any) -> None:
    w = world().rule("flagged(y)", "open(x)", let("y", value))
    assert rewritten(compile_program(w.program())).rules[0].rule is w.rules[0]


def test_errors_and_counts_are_of_the_rule_as_written() -> None:
    w = world().rule("flagged(x)", "2 < 1", "open(x)").rule("flagged(x)", "y = x", "open(y)", name="second")
    result = w.run()
    assert result.stats[1].tuples == 1
    assert [part.rule for part in result.derivations("flagged").by_rule] == w.rules
    assert result.explain("flagged", ("a",)).rule is w.rules[1]
