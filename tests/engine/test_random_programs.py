"""Random typed programs: tables, derivations and proofs agree with the naive oracle."""

from __future__ import annotations

from collections import Counter
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings

from panacea_policy.engine import (
    EvaluationError,
    Limits,
    ProgramErrors,
    Result,
    Unstratifiable,
    compile_program,
    evaluate,
    relation,
)
from tests.engine.programs import LONG, Case, cases, table_rows
from tests.engine.proofs import smallest_heights, verify

# The oracle is slow by design: no more rows, and no more instances of a rule, than it can enumerate.
LIMITS = Limits(max_tuples=2_000, max_rounds=12)
MOST_ROWS = 150
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
# The quick run is the same every time; the long one goes where no run went before.
REPEATABLE = settings(QUIET, derandomize=True)


def evaluated(case: Case, backwards: bool = False) -> Result | None:
    """The result, or None for a program that has none (no strata, or numbers without bound)."""
    try:
        compiled = compile_program(case.program)
    except ProgramErrors as errors:
        # The generator makes safe, well-typed programs; only their strata are left to chance.
        if all(isinstance(error, Unstratifiable) for error in errors.errors):
            return None
        raise
    try:
        result = evaluate(compiled, case.database(backwards), limits=LIMITS)
        for decl in case.program.relations:
            result.derivations(decl.name)
    except EvaluationError:
        return None
    rows = sum(len(result.table(decl.name)) for decl in case.program.relations)
    return result if rows <= MOST_ROWS else None


def check_tables(case: Case) -> None:
    result = evaluated(case)
    if result is None:
        return
    expected = case.oracle().run()
    for decl in case.program.relations:
        assert case.rows(result, decl.name) == expected[decl.name], decl.name
    for most in (0, 3):
        # Small relations take a way of their own; here few or none are.
        with patch.object(relation, "SMALL", most):
            other = evaluated(case)
        assert other is not None
        for decl in case.program.relations:
            assert table_rows(other, decl.name) == table_rows(result, decl.name), (most, decl.name)


def check_derivations(case: Case) -> None:
    result = evaluated(case)
    if result is None:
        return
    oracle = case.oracle()
    oracle.run()
    rows = {decl.name: table_rows(result, decl.name) for decl in case.program.relations}
    for decl in case.program.relations:
        for part in result.derivations(decl.name).by_rule:
            names = sorted(part.bindings)
            found = Counter(
                (
                    rows[decl.name][part.head[i]],
                    tuple(rows[premise.relation][premise.rows[i]] for premise in part.premises),
                    tuple(part.bindings[name].tolist()[i] for name in names),
                )
                for i in range(len(part))
            )
            expected = Counter(
                (head, premises, tuple(getattr(env[name], "id", env[name]) for name in names))
                for head, premises, env in oracle.instances(part.rule)
            )
            assert found == expected, str(part.rule)


def check_proofs(case: Case) -> None:
    result = evaluated(case)
    if result is None:
        return
    oracle = case.oracle()
    oracle.run()
    heights = smallest_heights(oracle, case.facts)
    for decl in case.program.relations:
        for row, values in zip(table_rows(result, decl.name), result.rows(decl.name), strict=True):
            proof = result.explain(decl.name, values)
            assert proof.height == heights[decl.name, row]
            verify(proof, result, oracle)


def check_order(case: Case) -> None:
    first, again, backwards = evaluated(case), evaluated(case), evaluated(case, backwards=True)
    if first is None or again is None or backwards is None:
        assert first is again is backwards
        return
    for decl in case.program.relations:
        rows = table_rows(first, decl.name)
        assert rows == table_rows(again, decl.name) == table_rows(backwards, decl.name)
        one, two = first.derivations(decl.name), backwards.derivations(decl.name)
        assert one.rule.tolist() == two.rule.tolist()
        assert one.head.tolist() == two.head.tolist()
        for values in first.rows(decl.name):
            mine, theirs = first.explain(decl.name, values), backwards.explain(decl.name, values)
            assert [(p.relation, p.row, p.rule) for p in mine.walk()] == [
                (p.relation, p.row, p.rule) for p in theirs.walk()
            ]


@settings(REPEATABLE, max_examples=300)
@given(cases())
def test_tables_are_the_oracles(case: Case) -> None:
    check_tables(case)


@settings(REPEATABLE, max_examples=150)
@given(cases())
def test_derivations_are_the_oracles(case: Case) -> None:
    check_derivations(case)


@settings(REPEATABLE, max_examples=150)
@given(cases())
def test_proofs_hold_and_none_is_lower(case: Case) -> None:
    check_proofs(case)


@settings(REPEATABLE, max_examples=100)
@given(cases())
def test_order_of_facts_changes_nothing(case: Case) -> None:
    check_order(case)


@pytest.mark.slow
@settings(QUIET, max_examples=LONG)
@given(cases())
def test_everything_at_length(case: Case) -> None:
    check_tables(case)
    check_derivations(case)
    check_proofs(case)
    check_order(case)
