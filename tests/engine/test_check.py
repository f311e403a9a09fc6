"""What a program may not say, and what the errors tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.engine import (
    Aggregate,
    Apply,
    ArityMismatch,
    Atom,
    Compare,
    Const,
    DuplicateRelation,
    EngineError,
    ProgramErrors,
    Rule,
    Sym,
    Test,
    TypeMismatch,
    UnknownRelation,
    UnsafeVariable,
    Unstratifiable,
    Var,
    check,
    compile_program,
)
from tests.engine.build import World, call, let


def world() -> World:
    return World("p s", "q ss", "n si", "f sf", "out s", "pair ss", "count si", "flag ")


def problems(w: World) -> tuple[EngineError, ...]:
    with pytest.raises(ProgramErrors) as caught:
        compile_program(w.program())
    return caught.value.errors


def only(w: World, kind: type[EngineError]) -> Any:
    (error,) = problems(w)
    assert type(error) is kind, error
    assert error.rule is None or error.rule in w.rules
    return error


def count(result: str, group: str, *body: Any, op: Any = "count", value: Any = None) -> Aggregate:
    return Aggregate(Var(result), op, value, tuple(map(Var, group.split())), body)


def test_unknown_relation_suggests_a_close_one() -> None:
    error = only(world().rule("out(x)", "pairs(x, y)", "p(x)"), UnknownRelation)
    assert error.suggestion == "pair"
    assert "did you mean `pair`?" in str(error)


def test_unknown_relation_inside_an_aggregate() -> None:
    w = world()
    w.rule("count(x, k)", "p(x)", count("k", "x", w.atom("nothing(x)")))
    assert only(w, UnknownRelation).suggestion is None


def test_arity_names_the_columns() -> None:
    error = only(world().rule("out(x)", "q(x)"), ArityMismatch)
    assert error.message == "`q` takes 2 columns (c0, c1), not 1"
    assert only(world().rule("flag(x)", "p(x)"), ArityMismatch).message == "`flag` takes no columns, not 1"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda w: w.rule("out(x)", "p(x)", "n(y, x)"), "`x` is SYMBOL elsewhere"),
        (
            lambda w: w.rule("out(x)", "p(x)", "q(x, 3)"),
            "column `c1` of `q` is SYMBOL, and 3 is INT or FLOAT",
        ),
        (lambda w: w.rule("n(x, k)", "f(x, k)"), "column `c1` of `n` is INT, and `k` is FLOAT elsewhere"),
        (lambda w: w.rule("out(x)", "n(x, k)", "f(x, g)", "k < g"), "and `g` is FLOAT elsewhere"),
        (lambda w: w.rule("out(x)", "n(x, k)", "k < 2.5"), "the left side of `<` is INT, and 2.5 is FLOAT"),
        (lambda w: w.rule("out(x)", "q(x, y)", "x < y"), "`<` compares numbers, and `x` is SYMBOL elsewhere"),
        (lambda w: w.rule("out(x)", "n(x, k)", let("g", call("floor", "k"))), "`floor` takes FLOAT here"),
        (
            lambda w: w.rule("out(x)", "n(x, k)", let("g", call("concat", "x", "k"))),
            "`concat` takes SYMBOL here",
        ),
        (lambda w: w.rule("out(x)", "n(x, k)", let("g", call("+", "k", "x"))), "`+` takes INT here"),
        (lambda w: w.rule("out(x)", "p(x)", let("x", call("length", "x"))), "`length` gives INT"),
        (lambda w: w.rule("out(x)", "p(x)", let("g", call("starts_with", "x", "x"))), "it is a test"),
        (lambda w: w.rule("out(x)", "p(x)", let("g", call("sqrt", "x"))), "no function is called `sqrt`"),
        (
            lambda w: w.rule("out(x)", "p(x)", Test("begins", (Var("x"), Var("x")))),
            "no test is called `begins`",
        ),
        (
            lambda w: w.rule("out(x)", "n(x, k)", Test("contains", (Var("k"), Var("x")))),
            "`contains` takes SYMBOL",
        ),
        (lambda w: w.rule("n(x, 9223372036854775808)", "p(x)"), "does not fit in 64 bits"),
        (
            lambda w: w.rule("out(x)", "f(x, g)", Compare("<", Var("g"), Const(float("nan")))),
            "not a finite number",
        ),
        (
            lambda w: w.rule("out(x)", "n(x, k)", Compare("=", Var("k"), Const(True))),
            "True is not an integer",
        ),
        (lambda w: w.rule("n(x, k)", "p(x)", count("k", "x", w.atom("p(x)"), op="sum")), "needs a value"),
        (
            lambda w: w.rule("n(x, k)", "p(x)", count("k", "x", w.atom("n(x, v)"), op="avg", value=Var("v"))),
            "column `c1` of `n` is INT",
        ),
        (
            lambda w: w.rule("out(x)", "p(x)", count("k", "x", w.atom("q(x, v)"), op="max", value=Var("v"))),
            "`max` works on numbers",
        ),
    ],
)
def test_types_that_do_not_fit(make: Callable[[World], World], words: str) -> None:
    assert words in str(only(make(world()), TypeMismatch))


def test_functions_and_tests_have_arities() -> None:
    w = world().rule("out(x)", "n(x, k)", let("g", call("abs", "k", "k")))
    assert only(w, ArityMismatch).message == "`abs` takes 1 argument, not 2"
    w = world().rule("out(x)", "p(x)", Test("contains", (Var("x"),)))
    assert only(w, ArityMismatch).message == "`contains` takes 2 arguments, not 1"


def test_integers_written_where_floats_are_wanted_are_floats() -> None:
    w = world().facts("f", [("a", 2.0), ("b", 0.5)])
    w.rule("f(x, 7)", "f(x, 2)").rule("f(x, g)", "f(x, 2)", let("g", call("+", 1, 2)))
    w.rule("out(x)", "f(x, g)", Compare(">", call("*", "g", 2), Const(1)))
    assert w.rows("f") == [("a", 2.0), ("a", 3.0), ("a", 7.0), ("b", 0.5)]
    assert w.rows("out") == [("a",)]


@pytest.mark.parametrize(
    ("make", "var", "words"),
    [
        (lambda w: w.rule("pair(x, y)", "p(x)"), "y", "in the head is not bound"),
        (lambda w: w.rule("out(_x)", "p(_x)"), "_x", "rename it"),
        (lambda w: w.rule("out(x)", "p(x)", "not p(y)"), "y", "negated condition (`not p(y)`)"),
        (lambda w: w.rule("out(x)", "p(x)", "x != y"), "y", "nothing binds it"),
        (lambda w: w.rule("out(x)", "p(x)", "x = _y"), "_y", "binds nothing"),
        (lambda w: w.rule("out(x)", "p(x)", "y = z"), "y", "nothing binds it"),
        (lambda w: w.rule("out(x)", "p(x)", let("k", call("+", "k", 1))), "k", "nothing binds it"),
        (lambda w: w.rule("out(x)", "p(x)", Test("contains", (Var("x"), Var("y")))), "y", "nothing binds it"),
        (
            lambda w: w.rule("count(x, k)", "p(x)", count("k", "x", w.atom("not q(x, y)"))),
            "y",
            "negated condition",
        ),
        (
            lambda w: w.rule("count(x, k)", count("k", "x", w.atom("not p(x)"))),
            "x",
            "groups count but nothing binds it",
        ),
        (
            lambda w: w.rule(
                "count(x, k)", "p(x)", count("k", "x", w.atom("p(x)"), op="sum", value=Var("v"))
            ),
            "v",
            "not bound inside sum",
        ),
        (
            lambda w: w.rule("out(x)", "p(x)", "p(y)", count("k", "x", w.atom("q(x, y)"))),
            "y",
            "add `y` to the group",
        ),
        (
            lambda w: w.rule("out(x)", "p(x)", count("k", "x", w.atom("n(x, k)"))),
            "k",
            "a variable of its own",
        ),
    ],
)
def test_unsafe_variables(make: Callable[[World], World], var: str, words: str) -> None:
    w = make(world())
    error = problems(w)[0]
    assert isinstance(error, UnsafeVariable)
    assert error.var == var
    assert words in str(error)


def test_negated_head_and_duplicate_relation() -> None:
    w = world()
    w.rules.append(Rule(Atom("out", (Const(Sym(0)),), negated=True), (), "r"))
    assert "negated" in only(w, EngineError).message
    assert only(World("p s", "p ss"), DuplicateRelation).relation == "p"


def test_all_problems_are_reported_at_once_and_once() -> None:
    w = world().rule("out(x)", "p(y)", "not q(x, z)").rule("out(x)", "r(x)").rule("out(x)", "q(x)", "n(y, x)")
    kinds = [(type(error), error.rule.name if error.rule else None) for error in problems(w)]
    assert kinds == [
        (UnsafeVariable, "rule0"),
        (UnsafeVariable, "rule0"),
        (UnknownRelation, "rule1"),
        (ArityMismatch, "rule2"),
        (TypeMismatch, "rule2"),
    ]


def test_negative_cycle_is_shown_in_order() -> None:
    w = world().rule("out(x)", "p(x)", "not pair(x, x)").rule("pair(x, x)", "q(x, _)", "count(x, _)")
    w.rule("count(x, 1)", "out(x)").rule("flag()", "out(_)")
    error = only(w, Unstratifiable)
    assert [(name, rule.name) for name, rule in error.cycle] == [
        ("out", "rule0"),
        ("pair", "rule1"),
        ("count", "rule2"),
    ]
    assert "`out` → `pair` → `count` → `out`" in str(error)
    assert "through negation" in str(error)


def test_cycle_through_an_aggregate() -> None:
    w = world()
    w.rule("count(x, k)", "p(x)", count("k", "x", w.atom("count(x, _)")))
    error = only(w, Unstratifiable)
    assert [name for name, _ in error.cycle] == ["count"]
    assert "through an aggregate" in str(error)


def test_wildcards_are_independent_and_bind_nothing() -> None:
    w = world().facts("q", [("a", "b"), ("c", "c")]).facts("p", [("a",), ("b",), ("z",)])
    w.rule("out(x)", "q(_v, _v)", "p(x)", "not q(x, _)")
    assert w.rows("out") == [("b",), ("z",)]


def test_terms_read_like_rules() -> None:
    w = world()
    w.rule("out(x)", "p(x)", "not q(x, 'a')", "x != 'a'", Test("contains", (Var("x"), w.sym("a")), True))
    w.rule("flag()")
    w.rule(
        "count(x, k)", "p(x)", count("k", "x", w.atom("n(x, v)"), op="sum", value=Apply("neg", (Var("v"),)))
    )
    assert [str(rule) for rule in w.rules] == [
        "out(x) if p(x), not q(x, #0), x != #0, not contains(x, #0)",
        "flag()",
        "count(x, k) if p(x), k = sum(neg(v) by x : n(x, v))",
    ]


NAMES = st.sampled_from(["x", "y", "_z"])
TERMS = st.one_of(NAMES.map(Var), st.just(Const(Sym(0))), st.just(Const(1)))
ATOMS = st.builds(
    Atom,
    st.sampled_from(["p", "q", "n", "out", "nowhere"]),
    st.lists(TERMS, min_size=1, max_size=2).map(tuple),
    st.sampled_from([False, False, True]),
)


@settings(max_examples=400, derandomize=True)
@given(ATOMS, st.lists(ATOMS, max_size=3).map(tuple))
def test_the_quick_check_accepts_only_what_the_full_one_does(head: Atom, body: tuple[Atom, ...]) -> None:
    decls = {decl.name: decl for decl in world().program().relations}
    rule = Rule(head, body, "r")
    quick = check._plain_info(rule, decls)
    if quick is not None:
        errors: list[EngineError] = []
        assert check._check_rule(rule, decls, errors) == quick
        assert not errors
