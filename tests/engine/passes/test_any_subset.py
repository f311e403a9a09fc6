"""Random programs: whatever passes are off, tables, derivations and proofs are the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.engine import (
    Atom,
    Compiled,
    Const,
    EvaluationError,
    ProgramErrors,
    Result,
    Sym,
    Term,
    Var,
    compile_program,
    evaluate,
)
from panacea_policy.engine.asking import select
from panacea_policy.engine.options import PASSES, Options
from tests.engine.programs import LONG, Case, cases, constants, table_rows
from tests.engine.test_random_programs import LIMITS, QUIET, REPEATABLE

OFF = st.frozensets(st.sampled_from(sorted(PASSES))).map(Options)


def compiled_of(case: Case) -> Compiled | None:
    try:
        return compile_program(case.program)
    except ProgramErrors:
        return None


def run(compiled: Compiled, case: Case, options: Options) -> Result | EvaluationError:
    try:
        return evaluate(compiled, case.database(), limits=LIMITS, options=options)
    except EvaluationError as error:
        return error


def may_depend_on_order(error: EvaluationError, case: Case) -> bool:
    """Limits, and numbers that are too large, are met or not as joins are ordered."""
    words = ("64 bits", "not a finite", "rounds", "rows", "grows", "instances")
    return case.needless() or any(word in error.message for word in words)


def check_tables(case: Case, options: Options) -> None:
    compiled = compiled_of(case)
    if compiled is None:
        return
    result, other = run(compiled, case, Options()), run(compiled, case, options)
    if isinstance(result, EvaluationError) or isinstance(other, EvaluationError):
        errors = [each for each in (result, other) if isinstance(each, EvaluationError)]
        assert len(errors) == 2 or may_depend_on_order(errors[0], case), errors[0]
        return
    for decl in case.program.relations:
        assert table_rows(result, decl.name) == table_rows(other, decl.name), decl.name
        try:
            one, two = result.derivations(decl.name), other.derivations(decl.name)
        except EvaluationError:
            continue
        assert one.rule.tolist() == two.rule.tolist()
        assert one.head.tolist() == two.head.tolist()
        for row in result.rows(decl.name)[:5]:
            mine, theirs = result.explain(decl.name, row), other.explain(decl.name, row)
            assert [(p.relation, p.row, p.rule) for p in mine.walk()] == [
                (p.relation, p.row, p.rule) for p in theirs.walk()
            ]


@st.composite
def questions(draw: st.DrawFn) -> tuple[Case, Atom]:
    """A case and an atom of one of its relations, with some constants."""
    case = draw(cases())
    derived = {rule.head.relation for rule in case.program.rules}
    decl = draw(st.sampled_from([each for each in case.program.relations if each.name in derived]))
    terms: list[Term] = []
    for place, type in enumerate(decl.types):
        kind = draw(st.integers(0, 4))
        variable = Var(f"q{draw(st.integers(0, place))}_{type.value}") if kind == 0 else Var(f"v{place}")
        terms.append(Const(draw(constants(type))) if kind >= 2 else variable)
    return case, Atom(decl.name, tuple(terms))


def agreeing(rows: list[tuple[Any, ...]], atom: Atom) -> set[tuple[Any, ...]]:
    """The values of the atom's variables for the rows that agree with it."""
    found = set()
    for row in rows:
        values: dict[str, Any] = {}
        for term, value in zip(atom.terms, row, strict=True):
            if isinstance(term, Const):
                if value != term.value:
                    break
            elif values.setdefault(term.name, value) != value:
                break
        else:
            found.add(tuple(values.values()))
    return found


def check_question(case: Case, atom: Atom, options: Options) -> None:
    compiled = compiled_of(case)
    if compiled is None:
        return
    result = run(compiled, case, Options())
    if isinstance(result, EvaluationError):
        return
    try:
        found = select(compiled, case.database(), atom, limits=LIMITS, options=options)
    except EvaluationError as error:
        if not may_depend_on_order(error, case):
            raise
        return
    expected = {
        tuple(case.text(value) if isinstance(value, Sym) else value for value in row)
        for row in agreeing(table_rows(result, atom.relation), atom)
    }
    assert len(found) == len(set(found))
    assert set(found) == expected


@settings(REPEATABLE, max_examples=300)
@given(cases(), OFF)
def test_results_are_the_same_whatever_is_off(case: Case, options: Options) -> None:
    check_tables(case, options)


@settings(REPEATABLE, max_examples=300)
@given(questions(), OFF)
def test_a_question_has_the_rows_of_the_whole(question: tuple[Case, Atom], options: Options) -> None:
    check_question(*question, options)


@pytest.mark.parametrize("name", sorted(PASSES))
@settings(REPEATABLE, max_examples=30)
@given(case=cases())
def test_each_pass_alone(name: str, case: Case) -> None:
    check_tables(case, Options(frozenset({name})))
    check_tables(case, Options(frozenset(PASSES) - {name}))


@pytest.mark.slow
@settings(QUIET, max_examples=LONG)
@given(cases(), questions(), OFF)
def test_at_length(case: Case, question: tuple[Case, Atom], options: Options) -> None:
    check_tables(case, options)
    check_question(*question, options)
