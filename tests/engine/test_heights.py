"""Heights and their bounds agree with brute force, and proofs do not depend on how they were found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given

from panacea_policy.engine import Limits, Proof, Result, proof, relation
from panacea_policy.engine.bounds import Bounds
from panacea_policy.engine.frame import Context
from panacea_policy.engine.heights import heights_of
from panacea_policy.engine.proof import Prover
from tests.engine.build import World
from tests.engine.programs import LONG, Case, cases, table_rows
from tests.engine.proofs import smallest_heights
from tests.engine.test_random_programs import QUIET, REPEATABLE, evaluated, settings


def check_heights(case: Case) -> None:
    result = evaluated(case)
    if result is None:
        return
    oracle = case.oracle()
    oracle.run()
    smallest = smallest_heights(oracle, case.facts)
    context = Context(result._relations, result.symbols, Limits())
    with_rounds, without = bounds(result, result.rounds), bounds(result, {})
    for decl in case.program.relations:
        numbers = result.table(decl.name).numbers(np.arange(len(result.table(decl.name))))
        expected = [smallest[decl.name, row] for row in table_rows(result, decl.name)]
        if decl.name in result.compiled.uses:
            exact = heights_of(result.compiled, context, result._given, decl.name)
            assert exact[decl.name][numbers].tolist() == expected, decl.name
        for some in (with_rounds, without):
            found = some.of(decl.name, numbers).tolist()
            assert all(low <= high for low, high in zip(found, expected, strict=True)), decl.name
            assert [not low for low in found] == [not high for high in expected], decl.name


def bounds(result: Result, rounds: Mapping[str, Sequence[int]]) -> Bounds:
    sizes = {name: rows.size for name, rows in result._relations.items()}
    return Bounds(result.compiled, sizes, result._given, rounds)


def check_searches(case: Case) -> None:
    result = evaluated(case)
    if result is None:
        return
    context = Context(result._relations, result.symbols, Limits())
    plain = Prover(result.compiled, context, result._given, result.rounds)
    weak = Prover(result.compiled, context, result._given, {})
    with patch.object(proof, "_MOST_TRIED", 0):
        exhausted = Prover(result.compiled, context, result._given, {})
        for decl in reversed(case.program.relations):
            for row in range(result._relations[decl.name].size):
                told = flat(plain.prove(decl.name, row))
                assert told == flat(weak.prove(decl.name, row))
                assert told == flat(exhausted.prove(decl.name, row))


def flat(found: Proof) -> list[tuple[object, ...]]:
    return [(p.relation, p.row, p.rule, p.height, dict(p.bindings)) for p in found.walk()]


@settings(REPEATABLE, max_examples=150)
@given(cases())
def test_heights_are_the_smallest_and_bounds_are_below(case: Case) -> None:
    check_heights(case)


@settings(REPEATABLE, max_examples=100)
@given(cases())
def test_what_is_known_of_heights_changes_no_proof(case: Case) -> None:
    check_searches(case)


@settings(REPEATABLE, max_examples=50)
@given(cases())
def test_so_it_is_where_no_relation_is_small(case: Case) -> None:
    with patch.object(relation, "SMALL", 0):
        check_heights(case)
        check_searches(case)


@pytest.mark.slow
@settings(QUIET, max_examples=LONG)
@given(cases())
def test_heights_at_length(case: Case) -> None:
    check_heights(case)
    check_searches(case)


def test_a_premise_of_a_lower_stratum_may_be_higher_than_the_row_it_is_joined_with() -> None:
    """The row is given, hence settled first; what it is joined with is derived, hence higher."""
    w = World("base s", "lower s", "row si").facts("base", [("a",)]).facts("row", [("a", 1)])
    w.rule("lower(x)", "base(x)")
    result = w.rule("row(x, 2)", "row(x, n)", "lower(x)").run()
    context = Context(result._relations, result.symbols, Limits())
    exact = heights_of(result.compiled, context, result._given, "row")
    assert exact["row"].tolist() == [0, 2]


def test_few_instances_are_tried_where_rounds_are_known() -> None:
    """A ladder of two rails: without rounds, every rung would be tried on the way down."""
    steps = [(f"{side}{i}", f"{to}{i + 1}") for i in range(200) for side in "lr" for to in "lr"]
    w = World("edge ss", "reached s").facts("edge", steps).facts("reached", [("l0",), ("r0",)])
    result = w.rule("reached(y)", "reached(x)", "edge(x, y)").run()
    context = Context(result._relations, result.symbols, Limits())
    goal = result._relations["reached"].size - 1
    known = Prover(result.compiled, context, result._given, result.rounds)
    assert known.prove("reached", goal).height == 200
    assert known.tried == 0
    unknown = Prover(result.compiled, context, result._given, {})
    with patch.object(proof, "_MOST_TRIED", 1_000_000):
        assert unknown.prove("reached", goal).height == 200
    assert unknown.tried > 10_000
