"""What rules mean: recursion, negation, aggregates, arithmetic, tests, limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from panacea_policy.engine import (
    Aggregate,
    Compare,
    Const,
    EvaluationError,
    Limits,
    ProgramErrors,
    Test,
    Var,
    compare_versions,
    compile_program,
    evaluate,
    order,
    steps,
)
from panacea_policy.engine.values import INT_MAX, INT_MIN
from tests.engine.build import World, call, expression, let
from tests.engine.programs import Case, cases
from tests.engine.test_random_programs import LIMITS


def aggregate(w: World, op: Any, result: str, group: str, *body: str, value: Any = None) -> Aggregate:
    literals = tuple(map(w.literal, body))
    of = None if value is None else expression(value)
    return Aggregate(Var(result), op, of, tuple(map(Var, group.split())), literals)


def graph() -> World:
    w = World("edge ss", "path ss", "node s", "apart ss", "degree si")
    w.facts("edge", [("a", "b"), ("b", "c"), ("c", "a"), ("d", "d")])
    return w.facts("node", [(name,) for name in "abcde"])


def test_recursion_through_a_cycle() -> None:
    w = graph().rule("path(x, y)", "edge(x, y)").rule("path(x, z)", "path(x, y)", "edge(y, z)")
    assert w.rows("path") == [(x, y) for x in "abc" for y in "abc"] + [("d", "d")]


@pytest.mark.parametrize(
    "body", [("path(x, y)", "path(y, z)"), ("edge(x, y)", "path(y, z)"), ("path(y, z)", "path(x, y)")]
)
def test_every_form_of_closure_is_the_same(body: tuple[str, ...]) -> None:
    w = graph().rule("path(x, y)", "edge(x, y)").rule("path(x, z)", *body)
    assert len(w.rows("path")) == 10


def test_facts_of_derived_relations_count() -> None:
    w = graph().facts("path", [("e", "a")]).rule("path(x, z)", "path(x, y)", "edge(y, z)")
    result = w.run()
    assert result.rows("path") == [("e", "a"), ("e", "b"), ("e", "c")]
    assert result.given("path").tolist() == [True, False, False]
    assert result.given("edge").all()


def test_mutual_recursion_with_negation_below() -> None:
    w = World("next ss", "even s", "odd s", "stop s")
    w.facts("next", [(f"n{i}", f"n{i + 1}") for i in range(9)]).facts("even", [("n0",)]).facts(
        "stop", [("n6",)]
    )
    w.rule("odd(y)", "even(x)", "next(x, y)", "not stop(y)").rule(
        "even(y)", "odd(x)", "next(x, y)", "not stop(y)"
    )
    result = w.run()
    assert result.rows("even") == [("n0",), ("n2",), ("n4",)]
    assert result.rows("odd") == [("n1",), ("n3",), ("n5",)]


def test_relations_without_columns() -> None:
    w = World("p s", "any ", "none ", "given ").rule("any()", "p(_)").rule("none()", "not any()", "given()")
    w.database.insert("given", [])
    assert w.rows("any") == []
    assert w.rows("none") == [()]
    assert w.facts("p", [("a",)]).rows("any") == [()]
    assert w.rows("none") == []


def test_rules_without_a_body_and_constants_in_heads() -> None:
    w = World("p sif", "q s").rule("p('a', 1, 2.5)").rule("p(x, 3, 4)", "q(x)").facts("q", [("b",), ("c",)])
    assert w.rows("p") == [("b", 3, 4.0), ("c", 3, 4.0), ("a", 1, 2.5)] or w.rows("p")[0] == ("a", 1, 2.5)
    assert len(w.rows("p")) == 3


def test_repeated_variables_select() -> None:
    w = World("t sss", "out ss").facts("t", [("a", "a", "b"), ("a", "b", "b"), ("c", "c", "c")])
    w.rule("out(x, y)", "t(x, x, y)")
    assert w.rows("out") == [("a", "b"), ("c", "c")]
    w.rule("out(y, y)", "t(_, y, y)", "t(y, _, _)")
    assert w.rows("out") == [("a", "b"), ("c", "c")]


def test_only_prunes_to_what_is_asked() -> None:
    w = graph().rule("path(x, y)", "edge(x, y)").rule("apart(x, y)", "node(x)", "node(y)", "not path(x, y)")
    w.rule("degree(x, 1)", "node(x)")
    result = w.run(only=["path"])
    assert len(result.rows("path")) == 4
    assert [stats.rounds for stats in result.stats.values()] == [1]
    for name in ("apart", "degree", "node"):
        with pytest.raises(KeyError):
            result.table(name)
    with pytest.raises(KeyError):
        w.run(only=["nothing"])


def test_count_and_sum_of_empty_groups_are_zero_when_the_group_is_bound() -> None:
    w = graph()
    w.rule("degree(x, n)", "node(x)", aggregate(w, "count", "n", "x", "edge(x, y)"))
    assert w.rows("degree") == [("a", 1), ("b", 1), ("c", 1), ("d", 1), ("e", 0)]
    w = graph()
    w.rule("degree(x, n)", aggregate(w, "count", "n", "x", "edge(x, y)"))
    assert w.rows("degree") == [("a", 1), ("b", 1), ("c", 1), ("d", 1)]


def sales() -> World:
    w = World("sale ssi", "shop s", "total si", "mean sf", "low si", "high si", "kinds si")
    rows = [("x", "tea", 5), ("x", "milk", 5), ("x", "tea", 2), ("y", "tea", -4)]
    return w.facts("sale", rows).facts("shop", [(name,) for name in "xyz"])


def test_equal_values_of_different_members_all_count() -> None:
    w = sales()
    body = ("sale(s, k, v)",)
    w.rule("total(s, n)", "shop(s)", aggregate(w, "sum", "n", "s", *body, value="v"))
    w.rule("mean(s, n)", "shop(s)", aggregate(w, "avg", "n", "s", *body, value="v"))
    w.rule("low(s, n)", "shop(s)", aggregate(w, "min", "n", "s", *body, value="v"))
    w.rule("high(s, n)", "shop(s)", aggregate(w, "max", "n", "s", "sale(s, _, v)", value=call("*", "v", 2)))
    w.rule("kinds(s, n)", "shop(s)", aggregate(w, "count", "n", "s", *body, value="k"))
    result = w.run()
    assert result.rows("total") == [("x", 12), ("y", -4), ("z", 0)]
    assert result.rows("mean") == [("x", 4.0), ("y", -4.0)]
    assert result.rows("low") == [("x", 2), ("y", -4)]
    assert result.rows("high") == [("x", 10), ("y", -8)]
    assert result.rows("kinds") == [("x", 2), ("y", 1), ("z", 0)]


def test_wildcards_are_not_members() -> None:
    w = sales()
    w.rule("kinds(s, n)", "shop(s)", aggregate(w, "count", "n", "s", "sale(s, k, _)"))
    w.rule("total(s, n)", "shop(s)", aggregate(w, "sum", "n", "s", "sale(s, _, v)", value="v"))
    result = w.run()
    assert result.rows("kinds") == [("x", 2), ("y", 1), ("z", 0)]
    assert result.rows("total") == [("x", 7), ("y", -4), ("z", 0)]


def test_aggregates_of_aggregates_and_as_conditions() -> None:
    w = sales()
    inner = aggregate(w, "sum", "t", "s", "sale(s, k, v)", value="v")
    nested = Aggregate(Var("n"), "max", Var("t"), (), (w.literal("shop(s)"), inner))
    w.rule("high('all', n)", nested)
    w.rule("low(s, n)", "shop(s)", "n = 12", aggregate(w, "sum", "n", "s", "sale(s, k, v)", value="v"))
    result = w.run()
    assert result.rows("high") == [("all", 12)]
    assert result.rows("low") == [("x", 12)]


def test_a_group_may_be_bound_by_an_aggregate_result() -> None:
    w = World("p si", "level i", "out ii").facts("p", [("a", 1), ("b", 2), ("c", 2)]).facts("level", [(3,)])
    w.rule(
        "out(n, m)", aggregate(w, "count", "n", "", "p(x, _)"), aggregate(w, "count", "m", "n", "level(n)")
    )
    assert w.rows("out") == [(3, 1)]


def test_arithmetic() -> None:
    w = World("n i", "out iiiii", "f f", "outf fffi")
    w.facts("n", [(7,), (-7,)]).facts("f", [(2.5,), (-2.5,)])
    w.rule(
        "out(a, b, c, d, e)",
        "n(x)",
        let("a", call("/", "x", 2)),
        let("b", call("%", "x", 3)),
        let("c", call("max", call("abs", "x"), 3, call("neg", "x"))),
        let("d", call("-", call("*", "x", "x"), 1)),
        let("e", call("min", "x", 0)),
    )
    w.rule(
        "outf(a, b, c, d)",
        "f(x)",
        let("a", call("/", "x", 2)),
        let("b", call("%", "x", 2)),
        let("c", call("+", call("float", call("floor", "x")), 1)),
        let("d", call("ceil", "x")),
    )
    result = w.run()
    assert result.rows("out") == [(-4, 2, 7, 48, -7), (3, 1, 7, 48, 0)]
    assert result.rows("outf") == [(-1.25, 1.5, -2.0, -2), (1.25, 0.5, 3.0, 3)]


def test_texts() -> None:
    w = World("p s", "out si", "low s", "newer s")
    w.facts("p", [("Pump 1.10",), ("PACS 1.9",), ("pump",)])
    w.rule(
        "out(y, n)",
        "p(x)",
        let("y", call("concat", "x", "x")),
        let("n", call("length", "y")),
        Compare(">", Var("n"), Const(8)),
    )
    w.rule("low(y)", "p(x)", let("y", call("lower", "x")), Test("starts_with", (Var("y"), w.sym("pump"))))
    w.rule("newer(x)", "p(x)", Compare("=", call("version_compare", "x", w.sym("pump 1.9")), Const(1)))
    result = w.run()
    assert set(result.rows("out")) == {("Pump 1.10Pump 1.10", 18), ("PACS 1.9PACS 1.9", 16)}
    assert set(result.rows("low")) == {("pump 1.10",), ("pump",)}
    assert result.rows("newer") == [("Pump 1.10",)]


@pytest.mark.parametrize(
    ("function", "argument", "expected"),
    [
        ("starts_with", "ab", {"abc", "ab"}),
        ("ends_with", "c", {"abc", "xc"}),
        ("contains", "b", {"abc", "ab"}),
        ("matches", "[ax].?.", {"abc", "ab", "xc"}),
    ],
)
def test_tests_and_their_negations(function: str, argument: str, expected: set[str]) -> None:
    texts = {"abc", "ab", "xc", "q"}
    w = World("p s", "yes s", "no s").facts("p", [(text,) for text in sorted(texts)])
    for head, negated in (("yes(x)", False), ("no(x)", True)):
        w.rule(head, "p(x)", Test(function, (Var("x"), w.sym(argument)), negated))
    result = w.run()
    assert {text for (text,) in result.rows("yes")} == expected
    assert {text for (text,) in result.rows("no")} == texts - expected


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.9", "1.10"),
        ("1", "1.0.1"),
        ("2.0-rc1", "2.0"),
        ("2.0-alpha", "2.0-beta"),
        ("v1.2", "1.3"),
        ("1.2a", "1.2b"),
        ("10.0.19041", "10.0.19042.1"),
        ("", "1"),
    ],
)
def test_versions(older: str, newer: str) -> None:
    assert compare_versions(older, newer) == -1
    assert compare_versions(newer, older) == 1
    assert compare_versions(older, older) == compare_versions(newer, newer) == 0


def test_versions_that_are_the_same() -> None:
    assert (
        compare_versions("1.0", "1")
        == compare_versions("V2.3", "v2.3.0")
        == compare_versions("1-2", "1.2")
        == 0
    )


@pytest.mark.parametrize(
    ("kind", "value", "expr", "words"),
    [
        ("i", INT_MAX, call("+", "x", 1), "does not fit in 64 bits"),
        ("i", INT_MIN, call("-", "x", 1), "does not fit in 64 bits"),
        ("i", 2**40, call("*", "x", "x"), "does not fit in 64 bits"),
        ("i", INT_MIN, call("neg", "x"), "does not fit in 64 bits"),
        ("i", INT_MIN, call("abs", "x"), "does not fit in 64 bits"),
        ("i", INT_MIN, call("/", "x", -1), "does not fit in 64 bits"),
        ("i", 0, call("/", 1, "x"), "division by zero"),
        ("i", 0, call("%", 1, "x"), "division by zero"),
        ("f", 0.0, call("/", 1.0, "x"), "division by zero"),
        ("f", -0.0, call("%", 1.0, "x"), "division by zero"),
        ("f", 1e300, call("*", "x", "x"), "not a finite number"),
        ("f", 1e19, call("float", call("floor", "x")), "does not fit in 64 bits"),
    ],
)
def test_numbers_that_do_not_exist(kind: str, value: float, expr: Any, words: str) -> None:
    w = World(f"p s{kind}", f"out {kind}").facts("p", [("fine", 1), ("bad", value)])
    w.rule("out(y)", "p(s, x)", let("y", expr), name="compute")
    with pytest.raises(EvaluationError, match=words) as caught:
        w.run()
    error = caught.value
    assert error.rule is w.rules[0]
    assert error.relation == "out"
    assert error.row is not None
    assert error.row["x"] == value
    assert "rule compute" in str(error)


def test_extremes_that_do_exist() -> None:
    w = World("p i", "out ii").facts("p", [(INT_MIN,), (INT_MAX,)])
    w.rule("out(a, b)", "p(x)", let("a", call("%", "x", -1)), let("b", call("+", call("-", "x", 0), 0)))
    assert w.rows("out") == [(0, INT_MIN), (0, INT_MAX)]


def test_division_waits_for_what_rules_zero_out() -> None:
    w = World("p ii", "ok i", "out i").facts("p", [(6, 0), (6, 2), (6, 3)]).facts("ok", [(0,), (2,)])
    w.rule("out(z)", let("z", call("/", "x", "y")), "y != 0", "p(x, y)", "ok(y)", "not ok(x)")
    assert w.rows("out") == [(3,)]
    w = World("p ii", "zero i", "out i").facts("p", [(6, 0), (6, 2)]).facts("zero", [(0,)])
    w.rule("out(z)", let("z", call("/", "x", "y")), "p(x, y)", "not zero(y)")
    assert w.rows("out") == [(3,)]


@pytest.mark.parametrize("op", ["sum", "avg"])
def test_sums_that_do_not_fit(op: str) -> None:
    w = World("p si", "out i", "mean f", "fs sf").facts("p", [("a", INT_MAX), ("b", INT_MAX)])
    head = "out(n)" if op == "sum" else "mean(n)"
    w.rule(head, aggregate(w, op, "n", "", "p(s, x)", value="x"))
    with pytest.raises(EvaluationError, match="does not fit in 64 bits"):
        w.run()
    w = World("p sf", "mean f").facts("p", [("a", 1e308), ("b", 1e308)])
    w.rule("mean(n)", aggregate(w, op, "n", "", "p(s, x)", value="x"))
    with pytest.raises(EvaluationError, match="not a finite number"):
        w.run()


def test_large_sums_that_do_fit() -> None:
    w = World("p si", "out i").facts("p", [("a", INT_MAX), ("b", INT_MIN), ("c", 5)])
    w.rule("out(n)", aggregate(w, "sum", "n", "", "p(s, x)", value="x"))
    assert w.rows("out") == [(4,)]


def test_doubling_is_stopped_by_overflow() -> None:
    w = World("n i").facts("n", [(3,)]).rule("n(y)", "n(x)", let("y", call("*", "x", 2)))
    with pytest.raises(EvaluationError, match="does not fit"):
        w.run()


def test_texts_without_end_are_stopped() -> None:
    w = World("p s").facts("p", [("ab",)])
    w.rule("p(y)", "p(x)", "x != 'c'", let("y", call("concat", "x", "x")))
    with pytest.raises(EvaluationError, match="more than 10000 characters"):
        w.run()


def test_joins_without_end_are_stopped() -> None:
    w = World("p i", "out i").rule("out(1)", "p(x)", "p(y)", "p(z)", "x != y", "y != z", "x != z")
    w.database.insert("p", [np.arange(1_000)])
    with pytest.raises(EvaluationError, match="made more than 1000000 rows"):
        w.run(limits=Limits(max_matches=1_000_000))


def test_repeats_are_dropped_before_they_multiply() -> None:
    w = World("uses ii", "kind ii", "leads ii", "out ii").rule(
        "out(u, y)", "uses(u, x)", "kind(x, k)", "leads(k, y)"
    )
    w.database.insert("uses", [np.arange(10_000) % 10, np.arange(10_000) // 10])
    w.database.insert("kind", [np.arange(1_000), np.arange(1_000) % 3])
    w.database.insert("leads", [np.arange(3_000) % 3, np.arange(3_000)])
    result = w.run(limits=Limits(max_matches=60_000))
    assert len(result.table("out")) == 30_000


def test_new_texts_get_the_same_ids_whatever_the_order_of_facts() -> None:
    rows = [(text,) for text in ("b", "A", "C", "d", "E")]
    orders = []
    for given_rows in (rows, rows[::-1]):
        w = World("p s", "out ss")
        w.symbols.intern_many([text for (text,) in rows])
        w.facts("p", given_rows)
        w.rule("out(y, z)", "p(x)", let("y", call("lower", "x")), let("z", call("concat", "x", "x")))
        orders.append(w.rows("out"))
    assert orders[0] == orders[1]
    assert len(orders[0]) == 5


def test_patterns_and_texts_that_cannot_be_used() -> None:
    w = World("p s", "out s").facts("p", [("a",)])
    w.rule("out(x)", "p(x)", Test("matches", (Var("x"), w.sym("(a"))))
    with pytest.raises(EvaluationError, match="cannot be used as a pattern: a group is not closed"):
        w.run()
    w = World("p s", "out s").facts("p", [(17,)]).rule("out(x)", "p(x)", let("y", call("lower", "x")))
    with pytest.raises(EvaluationError, match="`lower` works on text, and 17 is none"):
        w.run()


def test_evaluation_leaves_the_database_alone() -> None:
    w = graph().rule("path(x, y)", "edge(x, y)").rule("path(x, z)", "path(x, y)", "edge(y, z)")
    w.facts("path", [("e", "a")])
    first = w.run()
    table = w.database.relation("edge")
    assert len(w.database.relation("path")) == 1
    w.facts("edge", [("d", "e")])
    second = w.run()
    assert (len(first.rows("path")), len(second.rows("path"))) == (13, 14)
    assert (len(first.rows("edge")), len(second.rows("edge"))) == (4, 5)
    assert len(table) == 4
    new = [w.symbols.intern("d"), w.symbols.intern("e")]
    assert not table.contains(new)
    assert second.table("edge").contains(new)


@settings(
    deadline=None,
    max_examples=150,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(cases())
def test_paths_for_large_inputs_give_the_same(case: Case) -> None:
    """Pieces of three rows, repeats always dropped, every start tried: what otherwise takes large inputs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "CHUNK", 3)
        patch.setattr(steps, "_FEW", 0)
        patch.setattr(order, "FEW_ROWS", 0)
        try:
            result = evaluate(compile_program(case.program), case.database(), limits=LIMITS)
        except (ProgramErrors, EvaluationError):
            return
    if sum(len(result.table(decl.name)) for decl in case.program.relations) > 150:
        return
    expected = case.oracle().run()
    for decl in case.program.relations:
        assert case.rows(result, decl.name) == expected[decl.name]
