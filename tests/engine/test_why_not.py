"""What is said of rows that do not hold: every word of it is checked against the facts."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.engine import Aggregate, Atom, Lack, NearMiss, Result, Sym, Var, WhyNot, why_not
from tests.engine.build import World, call, let
from tests.engine.oracle import Oracle
from tests.engine.programs import LONG, TEXTS, Case, cases, constants
from tests.engine.proofs import stored, stored_value
from tests.engine.test_random_programs import QUIET, REPEATABLE, evaluated, settings


def told(found: WhyNot) -> list[str]:
    """Each near miss on a line: rule, bindings, what is lacking."""
    return [
        f"{miss.rule.name} {' '.join(f'{n}={v}' for n, v in miss.bindings.items())}: "
        + "; ".join(map(lacking, miss.lacks))
        for miss in found.misses
    ]


def lacking(lack: Lack) -> str:
    if lack.open:
        return f"{lack.literal} open"
    if lack.against is not None:
        return f"{lack.literal} but {lack.against} ({lack.count})"
    if lack.aggregate is not None:
        return f"{lack.literal.result} = {lack.aggregate.value}"  # type: ignore[union-attr]
    return f"{lack.literal} {lack.values}" if lack.row is None else f"no {lack.row}"


def reach(*edges: str) -> World:
    w = World("edge ss", "blocked s", "path ss").facts("edge", [tuple(edge) for edge in edges])
    w.rule("path(x, y)", "edge(x, y)", "not blocked(y)", name="edge")
    return w.rule("path(x, z)", "path(x, y)", "edge(y, z)", "not blocked(z)", name="step")


def test_the_missing_premise_is_told_with_its_bindings() -> None:
    result = reach("ab", "cd").run()
    found = result.why_not("path", ("a", "d"))
    assert (found.relation, found.row, found.rules, found.unfit, found.more) == (
        "path",
        ("a", "d"),
        2,
        0,
        False,
    )
    assert told(found) == [
        "edge x=a y=d: no ('a', 'd')",
        "step x=a y=c z=d: no ('a', 'c')",
        "step x=a y=b z=d: no ('b', 'd')",
    ]
    assert [miss.met for miss in found.misses] == [(1,), (1, 2), (0, 2)]


def test_what_stands_in_the_way_of_a_negation_is_told() -> None:
    w = reach("ab").facts("blocked", [("b",), ("c",)])
    assert told(w.run().why_not("path", ("a", "b"))) == [
        "edge x=a y=b: not blocked(y) but ('b',) (1)",
        "step x=a y=a z=b: no ('a', 'a'); not blocked(z) but ('b',) (1)",
    ]


def test_nothing_is_missing_for_itself() -> None:
    w = World("edge ss", "path ss").facts("edge", [("a", "b"), ("b", "b")])
    w.rule("path(x, z)", "path(x, y)", "edge(y, z)")
    assert told(w.run().why_not("path", ("c", "b"))) == ["rule0 x=c y=a z=b: no ('c', 'a')"]


def test_comparisons_and_aggregates_tell_their_values() -> None:
    w = World("host s", "open ss", "risk si").facts("host", [("h",), ("k",)])
    w.facts("open", [("h", "p"), ("h", "q"), ("k", "p")])
    count = Aggregate(Var("n"), "count", None, (Var("x"),), (w.atom("open(x, p)"),))
    w.rule("risk(x, m)", "host(x)", count, "n > 2", let("m", call("*", "n", 10)), name="many")
    result = w.run()
    (miss,) = result.why_not("risk", ("h", None)).misses
    assert told(result.why_not("risk", ("h", None))) == ["many m=20 n=2 x=h: n > 2 (2, 2)"]
    assert miss.aggregates[1].value == 2
    assert [each["p"] for each in miss.aggregates[1].members] == ["p", "q"]
    assert told(result.why_not("risk", ("h", 50))) == [
        "many m=50 n=2 x=h: n > 2 (2, 2); m = *(n, 10) (50, 20)"
    ]


def test_a_relation_of_facts_has_no_rules() -> None:
    found = reach("ab").run().why_not("edge", ("b", "a"))
    assert (found.misses, found.rules, found.more) == ((), 0, False)


def test_rules_that_give_other_rows_are_counted() -> None:
    w = World("p s", "out ss").facts("p", [("a",)])
    w.rule("out(x, 'high')", "p(x)").rule("out(x, x)", "p(x)")
    found = w.run().why_not("out", ("b", "low"))
    assert (found.misses, found.rules, found.unfit) == ((), 2, 2)
    assert told(w.run().why_not("out", ("b", "high"))) == ["rule0 x=b: no ('b',)"]
    assert told(w.run().why_not("out", ("nobody", "high"))) == ["rule0 x=nobody: no ('nobody',)"]


def test_a_row_that_holds_is_refused() -> None:
    result = reach("ab").run()
    with pytest.raises(ValueError, match="holds"):
        result.why_not("path", ("a", "b"))
    with pytest.raises(ValueError, match="zip"):
        result.why_not("path", ("a",))
    with pytest.raises(ValueError, match="no int"):
        World("p i").run().why_not("p", ("a",))
    with pytest.raises(KeyError):
        result.why_not("nothing", ())


def test_near_misses_are_bounded_and_that_is_said() -> None:
    w = World("p i", "q i", "out i")
    w.database.insert("p", [list(range(100))])
    w.database.insert("q", [list(range(200, 300))])
    w.rule("out(x)", "p(x)", "q(y)", "y < 100", name="few")
    found = w.run().why_not("out", (7,))
    assert told(found) == [f"few x=7 y={y}: y < 100 ({y}, 100)" for y in (200, 201, 202)]
    assert found.more


def test_instances_that_lack_the_same_are_told_once() -> None:
    w = World("p ii", "q i", "out i").facts("p", [(1, y) for y in range(10)])
    found = w.rule("out(x)", "p(x, y)", "q(x)").run().why_not("out", (1,))
    assert told(found) == ["rule0 x=1 y=0: no (1,)"]
    assert not found.more


def test_the_work_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(why_not, "MAX_MATCHES", 5_000)
    w = World("p i", "q i", "r ii", "out ")
    w.database.insert("p", [list(range(300))])
    w.database.insert("q", [list(range(300))])
    w.rule("out()", "p(x)", "q(y)", "p(z)", "r(x, y)", "r(y, z)", name="wide")
    found = w.run().why_not("out", ())
    assert found.more


@st.composite
def questions(draw: st.DrawFn) -> tuple[Case, int, tuple[Any, ...]]:
    """A program, a relation by number, and a row of it; None for any value."""
    case = draw(cases())
    number = draw(st.integers(0, len(case.program.relations) - 1))
    types = case.program.relations[number].types
    row = tuple(
        draw(st.one_of(constants(type), st.none())) if draw(st.booleans()) else draw(constants(type))
        for type in types
    )
    return case, number, row


def check_answers(question: tuple[Case, int, tuple[Any, ...]]) -> None:
    case, number, row = question
    result = evaluated(case)
    if result is None:
        return
    name = case.program.relations[number].name
    asked = tuple(TEXTS[value.id] if isinstance(value, Sym) else value for value in row)
    rows = result.rows(name)
    if any(all(want in (None, have) for want, have in zip(asked, each, strict=True)) for each in rows):
        return
    oracle = case.oracle()
    oracle.run()
    found = result.why_not(name, asked)
    assert found.rules == sum(rule.head.relation == name for rule in case.program.rules)
    for miss in found.misses:
        check_miss(miss, result, oracle, found)


def check_miss(miss: NearMiss, result: Result, oracle: Oracle, found: WhyNot) -> None:
    checked = next(each for each in result.compiled.rules if each.rule is miss.rule)
    env = {
        name: stored_value(value, checked.info.types[name], result) for name, value in miss.bindings.items()
    }
    body = miss.rule.body
    assert miss.lacks
    assert sorted([*miss.met, *(lack.position for lack in miss.lacks)]) == list(range(len(body)))
    for term, want in zip(miss.rule.head.terms, found.row, strict=True):
        if want is not None and isinstance(term, Var):
            assert miss.bindings[term.name] == want
    for lack in miss.lacks:
        literal = lack.literal
        assert literal is body[lack.position]
        if lack.open:
            continue
        if isinstance(literal, Atom):
            types = oracle.types[literal.relation]
            rows = [
                r for r in oracle.facts[literal.relation] if oracle.match(literal, types, r, env) is not None
            ]
            assert len(rows) == (lack.count if literal.negated else 0)
            if literal.negated:
                assert lack.against is not None
                assert stored(lack.against, types, result) in rows
        elif not isinstance(literal, Aggregate):
            with suppress(ZeroDivisionError):
                assert not list(oracle.solve([literal], env))
    for position in miss.met:
        assert list(oracle.solve([body[position]], env)), str(body[position])


@settings(REPEATABLE, max_examples=300)
@given(questions())
def test_every_word_is_true(question: tuple[Case, int, tuple[Any, ...]]) -> None:
    check_answers(question)


@pytest.mark.slow
@settings(QUIET, max_examples=LONG)
@given(questions())
def test_every_word_is_true_at_length(question: tuple[Case, int, tuple[Any, ...]]) -> None:
    check_answers(question)
