"""Programs as text."""

from __future__ import annotations

import pytest

from benchmarks.engine.notation import read_program
from panacea_policy.engine import (
    Aggregate,
    Apply,
    Atom,
    Compare,
    Const,
    Program,
    RelationDecl,
    Rule,
    Sym,
    Type,
    Var,
)

X, Y, N = Var("x"), Var("y"), Var("n")


def read(text: str) -> Program:
    words: list[str] = []

    def intern(word: str) -> int:
        if word not in words:
            words.append(word)
        return words.index(word)

    return read_program(text, intern)


def test_relations_and_rules() -> None:
    program = read(
        "relation edge(from: symbol, to: symbol)\n"
        "relation cost(of: symbol, sum: int)   # in euro\n"
        "edge(x, 'home') if edge(x, y),\n"
        "  not edge(y, _), x != 'b'\n"
    )
    assert program.relations == [
        RelationDecl("edge", (("from", Type.SYMBOL), ("to", Type.SYMBOL))),
        RelationDecl("cost", (("of", Type.SYMBOL), ("sum", Type.INT))),
    ]
    body = (
        Atom("edge", (X, Y)),
        Atom("edge", (Y, Var("_")), negated=True),
        Compare("!=", X, Const(Sym(1))),
    )
    assert program.rules == [Rule(Atom("edge", (X, Const(Sym(0)))), body, "edge 1")]


def test_a_rule_without_body() -> None:
    assert read("yes()").rules == [Rule(Atom("yes", ()), (), "yes 1")]


def test_rules_of_a_relation_are_numbered() -> None:
    assert [rule.name for rule in read("a(1)\nb(1)\na(2)").rules] == ["a 1", "b 1", "a 2"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n = count(by x : e(x, y))", Aggregate(N, "count", None, (X,), (Atom("e", (X, Y)),))),
        ("n = sum(y : e(x, y))", Aggregate(N, "sum", Y, (), (Atom("e", (X, Y)),))),
        (
            "n = max(y + 1 by x : e(x, y), y < 3)",
            Aggregate(
                N,
                "max",
                Apply("+", (Y, Const(1))),
                (X,),
                (Atom("e", (X, Y)), Compare("<", Y, Const(3))),
            ),
        ),
        ("n = x + 2 * y", Compare("=", N, Apply("+", (X, Apply("*", (Const(2), Y)))))),
        ("n = x + y - 1", Compare("=", N, Apply("-", (Apply("+", (X, Y)), Const(1))))),
        ("n >= (x + 2) * y", Compare(">=", N, Apply("*", (Apply("+", (X, Const(2))), Y)))),
        ("n = 2.5", Compare("=", N, Const(2.5))),
    ],
)
def test_literals(text: str, expected: object) -> None:
    (rule,) = read(f"h() if {text}").rules
    assert rule.body == (expected,)


@pytest.mark.parametrize(
    "text", ["h(x) if", "h(x) if e(x", "h(x) if x", "h(x) e(x)", "h(x + 1)", "h(x) if e(x) e(x)", "h(§)"]
)
def test_what_is_no_program_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(ValueError, match="In: h"):
        read(text)
