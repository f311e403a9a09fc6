"""A program in which rows hold each other up in circles, and conditions on what is absent stand in pairs."""

from __future__ import annotations

from panacea_policy.engine import Aggregate, Atom, Compare, Const, Program, Var
from tests.engine.build import World

X, Y, Z, N = map(Var, "xyzn")


def atom(relation: str, *names: str, negated: bool = False) -> Atom:
    return Atom(relation, tuple(map(Var, names)), negated)


def circles() -> Program:
    """Facts: node, edge, blocked, mark. All else is derived; `reach` and `same` can have facts as well."""
    world = World(
        "node s",
        "edge ss",
        "blocked s",
        "mark ss",
        "reach ss",
        "same ss",
        "even s",
        "odd s",
        "apart ss",
        "lone s",
        "degree si",
        "heavy s",
        "widest i",
        "loaded si",
        "dense s",
    )
    world.rule("reach(x, y)", "edge(x, y)")
    world.rule("reach(x, z)", "reach(x, y)", "edge(y, z)", "not blocked(z)")
    world.rule("same(x, y)", "mark(x, y)", "not edge(x, y)", "not blocked(x)")
    world.rule("same(x, z)", "same(x, y)", "same(y, z)")
    world.rule("same(y, x)", "same(x, y)")
    world.rule("even(x)", "node(x)", "mark(x, x)")
    world.rule("odd(y)", "even(x)", "edge(x, y)", "not mark(y, x)")
    world.rule("even(y)", "odd(x)", "edge(x, y)", "same(x, y)")
    world.rule("even(y)", "odd(x)", "edge(x, y)", "reach(y, x)")
    world.rule("apart(x, y)", "node(x)", "node(y)", "not reach(x, y)", "not same(x, y)", "not odd(x)")
    world.rule("lone(x)", "node(x)", "not reach(x, _)", "not reach(_, x)")
    inner = (atom("edge", "x", "y"), atom("blocked", "y", negated=True), atom("mark", "y", "x", negated=True))
    world.rule("degree(x, n)", "node(x)", Aggregate(N, "count", None, (X,), inner))
    world.rule("heavy(x)", "degree(x, n)", Compare(">=", N, Const(2)), "not lone(x)")
    world.rule("widest(n)", Aggregate(N, "max", Var("d"), (), (atom("degree", "y", "d"),)))
    reached = (atom("reach", "x", "y"), atom("odd", "y", negated=True), atom("even", "y", negated=True))
    world.rule("loaded(x, n)", Aggregate(N, "count", None, (X,), reached))
    counted = Aggregate(Var("m"), "count", None, (Y,), (atom("edge", "y", "z"),))
    nested = Aggregate(
        N, "count", None, (X,), (atom("reach", "x", "y"), counted, Compare(">", Var("m"), Const(1)))
    )
    world.rule("dense(x)", "node(x)", nested, Compare(">", N, Const(1)), "not heavy(x)")
    return world.program()
