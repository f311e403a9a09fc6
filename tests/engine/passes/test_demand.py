"""Questions derive only what they ask for, and have the same answers."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from panacea_policy.engine import (
    Aggregate,
    Atom,
    EvaluationError,
    Options,
    Trace,
    UnknownPass,
    Var,
    ask,
    asking,
    compile_program,
    select,
)
from panacea_policy.engine.passes.demand import demand
from panacea_policy.engine.report import listing, report
from panacea_policy.engine.text import rule_text
from tests.engine.build import World, call, let

ISLANDS = [(f"h{i}", f"h{i + 1}") for i in range(100) if i % 10 != 9]


def reaches() -> World:
    w = World("link ss", "reaches ss", "goal s", "apart ss", "node s", "degree si").facts("link", ISLANDS)
    w.facts("node", [(f"h{i}",) for i in range(100)])
    w.rule("reaches(x, y)", "link(x, y)").rule("reaches(x, z)", "reaches(x, y)", "link(y, z)")
    return w


def derived(w: World, atom: str, *off: str) -> tuple[list[tuple[object, ...]], int]:
    """The answers, and how many rows were derived for them."""
    trace = Trace()
    rows = select(
        compile_program(w.program()), w.database, w.atom(atom), options=Options.without(off), trace=trace
    )
    return rows, sum(plan.new for number in range(20) for plan in trace.of(number))


def test_the_program_is_narrowed() -> None:
    w = reaches().rule("goal(y)", "reaches('h17', y)")
    compiled = demand(compile_program(w.program()), ["goal"])
    assert [rule_text(checked.rule, w.symbols) for checked in compiled.rules] == [
        "reaches(x, y) if reaches asked(x), link(x, y)",
        "reaches(x, z) if reaches asked(x), reaches(x, y), link(y, z)",
        "reaches asked(h17)",
        "goal(y) if reaches(h17, y)",
    ]


@pytest.mark.parametrize(
    ("atom", "rows", "most"), [("reaches('h17', y)", 2, 6), ("reaches(x, 'h13')", 3, 30)]
)
def test_a_question_derives_little(atom: str, rows: int, most: int) -> None:
    w = reaches()
    narrow, few = derived(w, atom)
    wide, many = derived(w, atom, "demand")
    assert narrow == wide
    assert len(narrow) == rows
    assert few <= most
    assert many == 450 + rows


def test_a_question_without_constants_is_left_alone() -> None:
    rows, count = derived(reaches(), "reaches(x, y)")
    assert len(rows) == 450
    assert count == 900


def test_what_is_negated_is_narrowed_too() -> None:
    w = reaches().rule("apart(x, y)", "node(x)", "node(y)", "not reaches(x, y)")
    rows, count = derived(w, "apart('h17', y)")
    assert len(rows) == 98
    assert count < 98 * 3 + 10
    assert rows == derived(w, "apart('h17', y)", "demand")[0]


def test_what_is_aggregated_is_narrowed_too() -> None:
    w = reaches()
    count = Aggregate(Var("n"), "count", None, (Var("x"),), (w.atom("reaches(x, y)"),))
    w.rule("degree(x, n)", "node(x)", count)
    rows, made = derived(w, "degree('h17', n)")
    assert rows == [(2,)]
    assert made < 10


def test_a_negation_that_would_break_the_strata_is_left_whole() -> None:
    # To ask what blocks an edge takes the nodes that were won already, so `blocked` may not be narrowed.
    w = World("edge ss", "bad ss", "won s", "blocked ss").facts("edge", [("a", "b"), ("b", "c"), ("c", "d")])
    w.facts("bad", [("b", "c")]).facts("won", [("a",)])
    w.rule("blocked(x, y)", "bad(x, y)")
    w.rule("won(y)", "won(x)", "edge(x, y)", "not blocked(x, y)")
    for name in ("a", "b", "c", "d"):
        assert derived(w, f"won('{name}')")[0] == derived(w, f"won('{name}')", "demand")[0]
    assert derived(w, "won('b')")[0] == [()]
    assert derived(w, "won('c')")[0] == []


def test_facts_of_a_derived_relation_stay() -> None:
    w = reaches().facts("reaches", [("h17", "elsewhere")])
    rows, _ = derived(w, "reaches('h17', y)")
    assert set(rows) == {("elsewhere",), ("h18",), ("h19",)}


def test_computed_values_are_not_asked_for() -> None:
    # Asked backwards, the number would grow without end.
    w = World("n i").facts("n", [(0,)]).rule("n(m)", "n(k)", "k < 5", let("m", call("+", "k", 1)))
    assert derived(w, "n(3)")[0] == [()]
    assert derived(w, "n(77)")[0] == []


def test_a_repeated_variable_and_an_unknown_relation() -> None:
    w = reaches().facts("link", [("h3", "h3")])
    assert derived(w, "reaches(x, x)")[0] == [("h3",)]
    with pytest.raises(Exception, match="no relation is called `reachs`"):
        select(compile_program(w.program()), w.database, Atom("reachs", (Var("x"),)))


def test_only_what_is_wanted_can_be_had() -> None:
    w = reaches().rule("goal(y)", "reaches('h17', y)")
    answer = ask(compile_program(w.program()), w.database, ["goal"])
    assert answer.rows("goal") == [("h18",), ("h19",)]
    with pytest.raises(KeyError):
        answer.rows("reaches")
    with pytest.raises(KeyError):
        ask(compile_program(w.program()), w.database, ["gaol"])


def test_errors_name_the_rule() -> None:
    w = World("p i", "q i").facts("p", [(0,)])
    w.rule("q(m)", "p(n)", let("m", call("/", 1, "n")), name="inverse")
    with pytest.raises(EvaluationError, match="division by zero") as caught:
        derived(w, "q(1)")
    assert caught.value.rule is not None
    assert caught.value.rule.name == "inverse"


def test_a_report_tells_passes_plans_and_rows() -> None:
    w = reaches().rule("goal(y)", "reaches('h17', y)", "1 < 2")
    options, trace = Options.without(["small"]), Trace()
    answer = ask(compile_program(w.program()), w.database, ["goal"], options=options, trace=trace)
    told = report(answer, options, trace)
    assert [(each.name, each.ran, each.dropped, each.added) for each in told.passes] == [
        ("needed", True, 0, 0),
        ("constants", True, 1, 1),
        ("repeated", True, 0, 0),
        ("demand", True, 2, 3),
    ]
    assert told.off == ("small",)
    assert told.given == (("link", 90),)
    strata = {name: stratum for stratum in told.strata for name, _ in stratum.relations}
    assert strata["reaches"].recursive
    assert strata["reaches"].relations == (("reaches", 2),)
    assert strata["reaches"].rounds == 2
    (again,) = (rule for rule in strata["reaches"].rules if "reaches(x, y), link" in rule.text)
    (plan,) = again.plans
    assert (plan.form, plan.newest, plan.new) == ("columns", "reaches(x, y)", 1)
    assert [(step.kind, step.text, step.rows) for step in plan.steps] == [
        ("newest", "reaches(x, y)", 2),
        ("exists", "reaches asked(x)", 2),
        ("join", "link(y, z)", 1),
    ]
    assert told.rows == 1 + 2 + 2
    before, after = listing(answer.changes[1], w.symbols)
    assert "goal(y) if reaches(h17, y), 1 < 2" in before
    assert "goal(y) if reaches(h17, y)" in after


def test_an_unknown_pass_is_refused() -> None:
    with pytest.raises(UnknownPass, match="did you mean `demand`") as caught:
        Options.without(["demnd"])
    assert caught.value.suggestion == "demand"


def test_with_few_facts_nothing_is_narrowed() -> None:
    w = reaches().rule("goal(y)", "reaches('h17', y)")
    with patch.object(asking, "FEW_FACTS", 91):
        answer = ask(compile_program(w.program()), w.database, ["goal"])
    assert [change.name for change in answer.changes] == ["needed", "constants", "repeated"]
    assert answer.rows("goal") == [("h18",), ("h19",)]
