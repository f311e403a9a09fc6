"""What is taken over from an earlier result is what a fresh run derives, row for row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.engine import Database, EvaluationError, Result, Symbols, evaluate
from panacea_policy.engine.unchanged import equal
from tests.engine.programs import TEXTS, Case
from tests.engine.test_live import LIMITS, Rows, Step, circular, columns, histories, program_of, same
from tests.engine.test_random_programs import REPEATABLE


def database(case: Case, facts: Rows, symbols: Symbols) -> Database:
    """Facts in the order of their values, so that equal facts are equal rows."""
    made = Database(symbols)
    for name, rows in columns(facts).items():
        if facts[name]:
            made.insert(name, rows)
    return made


def alike(one: Result, other: Result) -> None:
    """Not only the same rows: the same order, statistics and rounds."""
    for name in one.compiled.decls:
        assert equal(one.relations[name], other.relations[name]), name
        assert list(one.rounds.get(name, ())) == list(other.rounds.get(name, ())), name
    ran = {position: each for position, each in one.stats.items() if each.rounds}
    assert ran == {position: each for position, each in other.stats.items() if each.rounds}
    same(one, other, proofs=True)


def states(case: Case, steps: list[Step]) -> Iterator[Rows]:
    """The facts of a case at first, after each step, and once more as they are at the end."""
    facts: Rows = {name: set(rows) for name, rows in case.facts.items()}
    yield facts
    for step in steps:
        facts = {
            name: (facts.get(name, set()) - step.gone.get(name, set())) | step.new.get(name, set())
            for name in {*facts, *step.new}
        }
        yield facts
    yield facts


@settings(REPEATABLE, max_examples=50)
@given(st.one_of(histories(), histories(circular())))
def test_what_is_taken_over_is_what_would_be_derived(history: tuple[Case, list[Step]]) -> None:
    case, steps = history
    compiled = program_of(case, frozenset(range(len(case.program.rules))))
    if compiled is None:
        return
    symbols = Symbols()
    for text in TEXTS:
        symbols.intern(text)
    earlier: Result | None = None
    for facts in states(case, steps):
        try:
            expected = evaluate(compiled, database(case, facts, symbols), limits=LIMITS)
        except EvaluationError:
            continue
        found = evaluate(compiled, database(case, facts, symbols), limits=LIMITS, since=earlier)
        alike(found, expected)
        earlier = found


@settings(REPEATABLE, max_examples=20)
@given(histories())
def test_results_of_other_symbols_are_not_taken(history: tuple[Case, list[Step]]) -> None:
    case, _ = history
    compiled = program_of(case, frozenset(range(len(case.program.rules))))
    if compiled is None:
        return
    try:
        other = evaluate(compiled, replace(case, facts={}).database(), limits=LIMITS)
        expected = evaluate(compiled, case.database(), limits=LIMITS)
    except EvaluationError:
        return
    alike(evaluate(compiled, case.database(), limits=LIMITS, since=other), expected)
