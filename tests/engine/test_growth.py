"""Recursions that compute: those with an end are left alone, those without are stopped and named."""

from __future__ import annotations

from typing import Any

import pytest

from panacea_policy.engine import Compare, EvaluationError, Limits, Var, compile_program
from panacea_policy.engine.growth import Growth, growth_of
from tests.engine.build import World, call, expression, let

RING = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]


def distances(rows: list[tuple[str, str]], *extra: Any, value: Any = None) -> World:
    w = World("edge ss", "dist si").facts("edge", rows)
    w.rule("dist(x, 0)", "edge(x, _)")
    step = let("m", value or call("+", "n", 1))
    return w.rule("dist(y, m)", "dist(x, n)", "edge(x, y)", step, *extra, name="one further")


def test_a_number_that_grows_in_a_cycle_is_named_at_once() -> None:
    w = distances(RING)
    with pytest.raises(EvaluationError, match="`m` grows without end") as caught:
        w.run()
    error = caught.value
    assert error.rule is w.rules[1]
    assert error.relation == "dist"
    assert error.row is not None
    assert error.row["m"] <= 10
    assert "m < 100" in error.help


@pytest.mark.parametrize(
    ("value", "start"),
    [
        (call("+", 1, "n"), 0),
        (call("-", "n", -2), 0),
        (call("-", "n", 1), 0),
        (call("+", "n", -3), 0),
        (call("+", "n", 0.5), 0.0),
    ],
)
def test_every_shift_is_seen(value: Any, start: Any) -> None:
    w = World("n f" if isinstance(start, float) else "n i").facts("n", [(start,)])
    w.rule("n(m)", "n(n)", let("m", value))
    with pytest.raises(EvaluationError, match="grows without end"):
        w.run()


def test_a_text_that_grows_is_named() -> None:
    w = World("path s", "part s").facts("path", [("/",)]).facts("part", [("a",)])
    w.rule("path(q)", "path(p)", "part(x)", let("q", call("concat", "p", "x")))
    with pytest.raises(EvaluationError, match="`q` grows without end"):
        w.run()


def test_an_empty_text_makes_none_longer() -> None:
    w = World("path s", "part s").facts("path", [("/",)]).facts("part", [("",)])
    w.rule("path(q)", "path(p)", "part(x)", let("q", call("concat", "p", "x")))
    assert w.rows("path") == [("/",)]


def test_a_bound_is_an_end() -> None:
    # Three of a ring with every number, and one behind it with every number but 0.
    assert len(distances(RING, "m < 20").rows("dist")) == 3 * 20 + 19
    assert len(distances(RING, "n < 20").rows("dist")) == 3 * 21 + 20


def test_data_without_a_cycle_is_an_end() -> None:
    chain = [(f"h{i}", f"h{i + 1}") for i in range(400)]
    assert max(n for _, n in distances(chain).rows("dist")) == 400


def test_weights_that_cancel_are_an_end() -> None:
    w = World("edge ssi", "dist si").facts("edge", [("a", "b", 2), ("b", "a", -2)])
    w.facts("dist", [("a", 0)])
    w.rule("dist(y, m)", "dist(x, n)", "edge(x, y, w)", let("m", call("+", "n", "w")))
    assert w.rows("dist") == [("a", 0), ("b", 2)]


def test_values_that_change_places_are_an_end() -> None:
    w = World("next ss", "held si", "count i").facts("next", [("a", "b"), ("b", "a")])
    w.facts("held", [("a", 1), ("b", 2)])
    w.rule("held(y, n)", "held(x, n)", "next(x, y)")
    w.rule("held(x, m)", "held(x, n)", let("m", call("min", "n", 1)))
    assert w.rows("held") == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]


@pytest.mark.parametrize(
    ("value", "rows"),
    [(call("%", call("+", "n", 1), 5), 5), (call("min", call("+", "n", 1), 7), 8), (call("neg", "n"), 1)],
)
def test_values_that_return_are_an_end(value: Any, rows: int) -> None:
    w = World("n i").facts("n", [(0,)]).rule("n(m)", "n(n)", let("m", value))
    assert len(w.rows("n")) == rows


def test_a_new_beginning_in_every_round_is_an_end() -> None:
    w = World("edge ss", "dist si", "seen s").facts("edge", RING).facts("dist", [("a", 0)])
    w.rule("dist(y, 0)", "dist(x, _)", "edge(x, y)")
    w.rule("dist(x, m)", "dist(x, n)", "n < 3", let("m", call("+", "n", 1)))
    assert len(w.rows("dist")) == 16


def test_a_value_of_another_premise_is_no_growth() -> None:
    # What is new in a round comes from `r`, and the number of `p` is not that of the round before.
    w = World("r s", "p si", "edge ss").facts("edge", RING).facts("r", [("a",)]).facts("p", [("a", 0)])
    w.rule("r(y)", "p(x, _)", "edge(x, y)")
    w.rule("p(x, m)", "r(x)", "p(y, n)", "n < 2", let("m", call("+", "n", 1)))
    assert len(w.rows("p")) == 9


def test_a_test_that_growth_passes_in_the_end_is_no_bound() -> None:
    with pytest.raises(EvaluationError, match="grows without end"):
        distances(RING, "n >= 0").run()
    with pytest.raises(EvaluationError, match="grows without end"):
        distances(RING, Compare("<", expression(-1), Var("m"))).run()


def test_a_test_that_may_be_a_bound_is_left_to_the_limits() -> None:
    w = distances(RING, "n != 3")
    assert len(w.rows("dist")) == 3 * 4 + 3
    w = World("n i").facts("n", [(0,)])
    w.rule("n(m)", "n(n)", "n != -1", let("m", call("+", "n", 1)), name="count up")
    with pytest.raises(EvaluationError, match="no end after 50 rounds of `m`") as caught:
        w.run(limits=Limits(max_rounds=50))
    assert caught.value.rule is w.rules[0]
    assert caught.value.row == {"m": 50}
    with pytest.raises(EvaluationError, match="more than 100 rows") as caught:
        w.run(limits=Limits(max_tuples=100))
    assert caught.value.row == {"m": 101}


def test_a_long_chain_is_not_called_growth() -> None:
    chain = [(f"h{i}", f"h{i + 1}") for i in range(60)]
    w = World("edge ss", "path ss").facts("edge", chain)
    w.rule("path(x, y)", "edge(x, y)").rule("path(x, z)", "path(x, y)", "edge(y, z)")
    with pytest.raises(EvaluationError, match="no end after 20 rounds") as caught:
        w.run(limits=Limits(max_rounds=20))
    assert "higher limits" in caught.value.help
    assert len(w.rows("path")) == 1830


def test_what_computes_outside_the_recursion_is_not_watched() -> None:
    w = World("edge ssi", "path ssi").facts("edge", [("a", "b", 1)])
    w.rule("path(x, y, n)", "edge(x, y, m)", let("n", call("*", "m", 2)))
    w.rule("path(x, z, n)", "path(x, y, n)", "edge(y, z, _)")
    w.rule("path(x, z, k)", "path(x, y, _)", "edge(y, z, n)", let("k", call("+", "n", 1)))
    compiled = compile_program(w.program())
    assert [growth_of(stratum) for stratum in compiled.strata] == [None]


def grown(world: World) -> list[Growth]:
    strata = compile_program(world.program()).strata
    return [growth for stratum in strata if (growth := growth_of(stratum)) is not None]


def test_rules_that_compute_in_a_recursion_are_found() -> None:
    (found,) = grown(distances(RING))
    assert (dict(found.columns), found.tested) == ({"dist": (1,)}, False)
    (found,) = grown(distances(RING, "m < 20"))
    assert found.tested
