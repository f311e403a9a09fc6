"""Statistics of columns, and the orders that follow from them."""

from __future__ import annotations

import numpy as np
import pytest

from panacea_policy.engine import Options, Trace, compile_program, evaluate
from panacea_policy.engine.relation import Relation
from tests.engine.build import World


def held(*columns: np.ndarray) -> Relation:
    relation = Relation(len(columns))
    relation.append([np.asarray(column, np.int64) for column in columns], len(columns[0]))
    return relation


@pytest.mark.parametrize("size", [100, 4_000, 60_000, 300_000])
@pytest.mark.parametrize("each", [1, 10, 1_000])
def test_distinct_values_are_estimated_without_an_index(size: int, each: int) -> None:
    rows = np.arange(size)
    relation = held(rows // each, rows)
    expected = -(-size // each)
    assert expected / 1.5 <= relation.distinct((0,)) <= expected * 1.5
    assert size / 1.5 <= relation.distinct((1,)) <= size * 1.5
    assert size / 1.5 <= relation.distinct((0, 1)) <= size * 1.5
    assert relation.indexed == ()


def test_columns_that_go_together_are_one_key() -> None:
    rows = np.arange(50_000)
    relation = held(rows % 200, (rows % 200) * 7 + 100_000, rows)
    assert 150 <= relation.distinct((0, 1)) <= 250


def test_an_estimate_is_made_anew_once_the_relation_has_doubled() -> None:
    relation = held(np.arange(100))
    assert relation.distinct((0,)) == 100
    relation.append([np.arange(100, 150)], 50)
    assert relation.distinct((0,)) == 100
    relation.append([np.arange(150, 300)], 150)
    assert relation.distinct((0,)) == 300


@pytest.mark.parametrize("size", [1_000, 200_000])
def test_a_frequent_value_is_told_from_a_rare_one(size: int) -> None:
    rows = np.arange(size)
    relation = held(np.where(rows % 10 == 3, 1_000_000 + rows, 7), rows)
    assert 0.85 <= relation.share(0, 7) <= 0.95
    assert relation.share(0, 1_000_003) <= 0.005
    assert relation.share(0, 12) <= 0.005


def test_no_rows_no_values() -> None:
    relation = Relation(2)
    assert relation.distinct((0,)) == relation.distinct((0, 1)) == 1
    assert relation.share(0, 5) <= 1


def steps(w: World, *off: str) -> list[str]:
    """The relations of the last rule's steps, in order."""
    trace = Trace()
    evaluate(compile_program(w.program()), w.database, trace=trace, options=Options.without((*off, "small")))
    (plan,) = trace.of(len(w.rules) - 1)
    return [str(step.literal).partition("(")[0] for step in plan.steps if step.literal is not None]


def ward() -> World:
    """400 staff of 2,000 people, each on one of 10 wards; things are on wards too, 5 of them marked."""
    w = World("staff s", "works ss", "kept ss", "marked ss", "barred ss", "out ss")
    w.facts("staff", [(f"p{i}",) for i in range(0, 2_000, 5)])
    w.facts("works", [(f"p{i}", f"w{i % 10}") for i in range(2_000)])
    w.facts("kept", [(f"t{i}", f"w{i % 10}") for i in range(12_000)])
    w.facts("marked", [(f"t{i}", "yes" if i < 5 else "no") for i in range(12_000)])
    w.facts("barred", [("p0", "t0")])
    body = "staff(u)", "works(u, w)", "kept(x, w)", "not barred(u, x)", "marked(x, 'yes')"
    return w.rule("out(u, x)", *body)


def test_joins_begin_where_few_rows_are_and_filters_come_before_what_rules_out_little() -> None:
    assert steps(ward()) == ["marked", "kept", "works", "staff", "not barred"]


def test_without_the_pass_the_order_is_as_written() -> None:
    assert steps(ward(), "join_order") == ["staff", "works", "kept", "not barred", "marked"]


def test_both_orders_give_the_same_rows() -> None:
    w = ward()
    compiled = compile_program(w.program())
    one = evaluate(compiled, w.database).rows("out")
    assert one == evaluate(compiled, w.database, options=Options.without(["join_order"])).rows("out")
    assert len(one) == 199


def test_only_indexes_that_a_step_uses_are_built() -> None:
    w = ward()
    trace = Trace()
    evaluate(compile_program(w.program()), w.database, trace=trace)
    (plan,) = trace.of(0)
    used = {step.index for step in plan.steps if step.index is not None}
    built = {(name, positions) for name, held in trace.relations.items() for positions in held.indexed}
    assert built <= used


def test_each_pass_of_plans_changes_a_plan() -> None:
    w = World("a ss", "b ss", "c s", "out s")
    rows = [(f"x{i % 40}", f"y{i}") for i in range(9_000)]
    w.facts("a", rows).facts("b", [(y, x) for x, y in rows]).facts("c", [(f"x{i}",) for i in range(40)])
    w.rule("out(x)", "a(x, _)", "b(y, x)", "a(z, y)", "c(z)")
    compiled = compile_program(w.program())

    def plan(*off: str) -> list[tuple[str, int]]:
        trace = Trace()
        result = evaluate(compiled, w.database, options=Options.without(off), trace=trace)
        assert len(result.rows("out")) == 40
        (found,) = trace.of(0)
        return [(step.kind, step.rows) for step in found.steps]

    kinds = [kind for kind, _ in plan()]
    assert "exists" in kinds
    assert "distinct" in kinds
    assert "exists" not in [kind for kind, _ in plan("semi_join")]
    assert "distinct" not in [kind for kind, _ in plan("early_distinct")]
    assert plan("early_projection") != plan()
