"""A result that goes on from one with fewer relations is what a run for all of them gives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.engine import Database, EvaluationError, Limits, Result, Symbols, evaluate
from panacea_policy.engine.stratify import needed_for
from tests.engine.programs import TEXTS, Case
from tests.engine.test_live import LIMITS, Rows, Step, circular, histories, program_of
from tests.engine.test_random_programs import REPEATABLE
from tests.engine.test_unchanged import alike, database


@settings(REPEATABLE, max_examples=60)
@given(st.one_of(histories(), histories(circular())), st.data())
def test_going_on_is_running_all(history: tuple[Case, list[Step]], data: st.DataObject) -> None:
    case, _ = history
    compiled = program_of(case, frozenset(range(len(case.program.rules))))
    if compiled is None:
        return
    symbols = Symbols()
    for text in TEXTS:
        symbols.intern(text)
    facts: Rows = {name: set(rows) for name, rows in case.facts.items()}
    try:
        whole = evaluate(compiled, database(case, facts, symbols), limits=LIMITS)
    except EvaluationError:
        return
    names = sorted(compiled.decls)
    first = data.draw(st.sets(st.sampled_from(names), min_size=1))
    base = evaluate(compiled, database(case, facts, symbols), only=first, limits=LIMITS)
    known = needed_for(first, compiled.uses)
    assert base.relations.keys() == known
    rest: Database = database(case, {n: r for n, r in facts.items() if n not in known}, symbols)
    before = {name: relation.size for name, relation in base.relations.items()}
    found = evaluate(compiled, rest, only=names, limits=LIMITS, base=base)
    alike(found, whole)
    assert {name: relation.size for name, relation in base.relations.items()} == before
    since: Result = evaluate(compiled, rest, only=names, limits=LIMITS, base=base, since=found)
    alike(since, whole)


def test_rows_of_the_base_count_against_the_limits() -> None:
    from panacea_policy.engine import Atom, Program, RelationDecl, Rule, Type, Var, compile_program

    x = Var("x")
    decls = [RelationDecl(name, (("x", Type.INT),)) for name in ("number", "one", "two")]
    rules = [Rule(Atom(n, (x,)), (Atom("number", (x,)),), n) for n in ("one", "two")]
    compiled = compile_program(Program(decls, rules))
    made = Database(Symbols())
    made.insert("number", [range(60)])
    limits = Limits(max_tuples=100)
    base = evaluate(compiled, made, only=["one"], limits=limits)
    with pytest.raises(EvaluationError, match="more than 100 rows"):
        evaluate(compiled, made, only=["two"], limits=limits, base=base)
