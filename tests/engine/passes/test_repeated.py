"""What the pass `repeated` makes of rules."""

from __future__ import annotations

from panacea_policy.engine import Options, compile_program, evaluate
from panacea_policy.engine.passes import rewritten
from panacea_policy.engine.text import rule_text
from tests.engine.build import World


def texts(w: World) -> list[str]:
    compiled = rewritten(compile_program(w.program()))
    return [rule_text(checked.rule, w.symbols) for checked in compiled.rules]


def world() -> World:
    return World("edge ss", "open s", "linked ss").facts("edge", [("a", "b")]).facts("open", [("a",)])


def test_conditions_that_another_implies_are_dropped() -> None:
    w = world().rule("linked(x, y)", "edge(x, _)", "edge(x, y)", "edge(x, y)", "not open(y)", "not open(y)")
    assert texts(w) == ["linked(x, y) if edge(x, y), not open(y)"]
    assert w.rows("linked") == [("a", "b")]


def test_of_two_that_imply_each_other_one_stays() -> None:
    w = world().rule("linked(x, x)", "edge(x, _a)", "edge(x, _b)")
    assert texts(w) == ["linked(x, x) if edge(x, _)"]


def test_a_negation_of_anything_does_not_imply_that_of_one() -> None:
    w = world().rule("linked(x, x)", "open(x)", "not edge(x, _)", "not edge(x, x)")
    assert texts(w) == ["linked(x, x) if open(x), not edge(x, _), not edge(x, x)"]


def test_rules_that_differ_in_names_are_one() -> None:
    w = world().rule("linked(x, y)", "edge(x, y)").rule("linked(a, b)", "edge(a, b)")
    w.rule("linked(b, a)", "edge(a, b)")
    assert texts(w) == ["linked(x, y) if edge(x, y)", "linked(b, a) if edge(a, b)"]
    assert w.rows("linked") == [("a", "b"), ("b", "a")]


def test_a_rule_that_needs_its_own_head_is_dropped() -> None:
    w = world().rule("linked(x, y)", "edge(x, y)").rule("linked(x, y)", "linked(x, y)", "open(x)")
    assert texts(w) == ["linked(x, y) if edge(x, y)"]


def test_all_derivations_are_told_all_the_same() -> None:
    w = world().rule("linked(x, y)", "edge(x, y)").rule("linked(a, b)", "edge(a, b)")
    assert w.run().derivations("linked").rule.tolist() == [0, 1]


def test_switched_off_nothing_is_dropped() -> None:
    w = world().rule("linked(x, y)", "edge(x, y)").rule("linked(a, b)", "edge(a, b)")
    off = Options.without(["repeated"])
    compiled = compile_program(w.program())
    assert len(rewritten(compiled, off).rules) == 2
    assert evaluate(compiled, w.database, options=off).rows("linked") == [("a", "b")]


def test_a_needless_rule_that_computes_is_kept() -> None:
    w = World("n i", "done").facts("n", [(0,)]).rule("done()", "done()", "n(x)", "x < 5")
    assert len(texts(w)) == 1
