"""Whatever comes and goes, a live result equals a fresh run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.engine import (
    Compiled,
    EvaluationError,
    Limits,
    Live,
    Program,
    ProgramErrors,
    Result,
    Sym,
    Type,
    Unstratifiable,
    compile_program,
    evaluate,
    increment,
    live,
    relation,
)
from tests.engine.circles import circles
from tests.engine.programs import LONG, Case, cases, columns_of, constants, table_rows
from tests.engine.test_random_programs import QUIET, REPEATABLE

LIMITS = Limits(max_tuples=2_000, max_rounds=12)
#: No stratum is too small to be narrowed and widened.
CAREFUL = patch.object(increment, "_LITTLE_WORK", -1)
Rows = dict[str, set[tuple[Any, ...]]]


@dataclass(frozen=True)
class Step:
    """One change: facts to take away and to add, and the rules in force from then on."""

    gone: Rows
    new: Rows
    rules: frozenset[int]


@st.composite
def circular(draw: st.DrawFn) -> Case:
    """The program of circles over a few nodes."""
    program = circles()
    symbol = st.integers(0, 4).map(Sym)
    facts: Rows = {"node": {(Sym(number),) for number in range(5)}}
    for decl in program.relations[1:6]:
        row = st.tuples(*(symbol for _ in decl.types))
        most = 14 if decl.name == "edge" else 4 if decl.name in ("blocked", "mark") else 1
        facts[decl.name] = draw(st.sets(row, min_size=most // 2, max_size=most))
    return Case(program, facts)


@st.composite
def histories(
    draw: st.DrawFn, of: st.SearchStrategy[Case] | None = None, rules: bool = False
) -> tuple[Case, list[Step]]:
    """A case and changes of its facts, of derived relations too, and with ``rules`` of its rules."""
    case = draw(cases() if of is None else of)
    steps: list[Step] = []
    everything = frozenset(range(len(case.program.rules)))
    present = {name: set(rows) for name, rows in case.facts.items()}
    for _ in range(draw(st.integers(1, 5))):
        gone: Rows = {}
        new: Rows = {}
        for decl in case.program.relations:
            held = sorted(present.get(decl.name, ()), key=repr)
            if held and draw(st.booleans()):
                gone[decl.name] = draw(st.sets(st.sampled_from(held), min_size=1, max_size=3))
            if draw(st.integers(0, 2)) == 0:
                row = st.tuples(*(constants(type) for type in decl.types))
                new[decl.name] = draw(st.sets(row, min_size=1, max_size=3))
            known = present.setdefault(decl.name, set())
            known -= gone.get(decl.name, set())
            known |= new.get(decl.name, set())
        chosen = draw(st.sets(st.sampled_from(sorted(everything)))) if rules else everything
        steps.append(Step(gone, new, frozenset(chosen)))
    return case, steps


def program_of(case: Case, rules: frozenset[int]) -> Compiled | None:
    chosen = [rule for number, rule in enumerate(case.program.rules) if number in rules]
    try:
        return compile_program(Program(case.program.relations, chosen))
    except ProgramErrors as errors:
        if all(isinstance(error, Unstratifiable) for error in errors.errors):
            return None
        raise


def fresh(compiled: Compiled, case: Case, facts: Rows) -> Result | None:
    try:
        return evaluate(compiled, replace(case, facts=facts).database(), limits=LIMITS)
    except EvaluationError:
        return None


def columns(rows: Rows) -> dict[str, Sequence[Any]]:
    return {name: columns_of(sorted(each, key=repr)) for name, each in rows.items()}


def check_history(case: Case, steps: list[Step], *, proofs: bool = False) -> None:
    compiled = program_of(case, frozenset(range(len(case.program.rules))))
    if compiled is None:
        return
    facts = {name: set(rows) for name, rows in case.facts.items()}
    expected = fresh(compiled, case, facts)
    if expected is None:
        return
    try:
        world = Live(compiled, case.database(), limits=LIMITS)
    except EvaluationError:
        # What lives keeps the rules that a single run drops as needless.
        assert case.needless()
        return
    for step in steps:
        after = program_of(case, step.rules)
        if after is None:
            continue
        wanted = {
            name: (facts.get(name, set()) - step.gone.get(name, set())) | step.new.get(name, set())
            for name in {*facts, *step.new}
        }
        result = fresh(after, case, wanted)
        before = {name: set(table_rows(world.result, name)) for name in compiled.decls}
        if result is None:
            # As a fresh run fails, so does the change, and nothing has happened.
            with pytest.raises(EvaluationError):
                world.apply(columns(step.new), columns(step.gone), program=after)
            same(world.result, expected, proofs)
            continue
        changes = world.apply(columns(step.new), columns(step.gone), program=after)
        facts, expected = wanted, result
        same(world.result, expected, proofs)
        for name in after.decls:
            now = set(table_rows(world.result, name))
            assert now - before[name] <= rows_of(changes.added, name, after)
            assert before[name] - now <= rows_of(changes.removed, name, after)
            assert rows_of(changes.added, name, after) <= now


def rows_of(changes: Mapping[str, tuple[Any, ...]], name: str, compiled: Compiled) -> set[tuple[Any, ...]]:
    if name not in changes:
        return set()
    types = compiled.decls[name].types
    values = [
        [Sym(code) for code in column.tolist()] if type is Type.SYMBOL else column.tolist()
        for column, type in zip(changes[name], types, strict=True)
    ]
    return set(zip(*values, strict=True)) if values else {()}


def same(one: Result, other: Result, proofs: bool) -> None:
    for name in one.compiled.decls:
        assert table_rows(one, name) == table_rows(other, name), name
        assert one.given(name).tolist() == other.given(name).tolist(), name
        try:
            mine, theirs = one.derivations(name), other.derivations(name)
        except EvaluationError:
            # There are more instances than may be listed; that the rows agree was seen.
            continue
        assert mine.rule.tolist() == theirs.rule.tolist()
        assert mine.head.tolist() == theirs.head.tolist()
        for part, twin in zip(mine.by_rule, theirs.by_rule, strict=True):
            for left, right in zip(part.premises, twin.premises, strict=True):
                assert left.rows.tolist() == right.rows.tolist()
            for variable, values in part.bindings.items():
                assert values.tolist() == twin.bindings[variable].tolist()
        if proofs:
            for row in one.rows(name):
                assert one.explain(name, row).height == other.explain(name, row).height


@settings(REPEATABLE, max_examples=80)
@given(histories())
def test_facts_come_and_go(history: tuple[Case, list[Step]]) -> None:
    with CAREFUL:
        check_history(*history)


@settings(REPEATABLE, max_examples=40)
@given(histories())
def test_the_kernels_see_the_same(history: tuple[Case, list[Step]]) -> None:
    with CAREFUL, patch.object(relation, "SMALL", 0), patch.object(live, "_MOST_DEAD", 1):
        check_history(*history)


@settings(REPEATABLE, max_examples=50)
@given(histories(rules=True))
def test_rules_come_and_go(history: tuple[Case, list[Step]]) -> None:
    with CAREFUL:
        check_history(*history)


@settings(REPEATABLE, max_examples=60)
@given(histories(circular()), st.sampled_from([0, 512]))
def test_rows_in_circles_fall(history: tuple[Case, list[Step]], small: int) -> None:
    with CAREFUL, patch.object(relation, "SMALL", small):
        check_history(*history)


@settings(REPEATABLE, max_examples=30)
@given(histories())
def test_strata_derived_anew(history: tuple[Case, list[Step]]) -> None:
    with patch.object(increment, "_LITTLE_WORK", 10**9):
        check_history(*history)


@settings(REPEATABLE, max_examples=40)
@given(histories(circular()), st.integers(0, 20_000))
def test_strata_given_up_half_way(history: tuple[Case, list[Step]], most: int) -> None:
    with patch.multiple(increment, _LEAST_WORK=most, _LITTLE_WORK=-1, _SHARE=0, _SHARE_OF_FEW=0):
        check_history(*history)


@settings(REPEATABLE, max_examples=30)
@given(histories())
def test_proofs_of_a_live_result(history: tuple[Case, list[Step]]) -> None:
    with CAREFUL:
        check_history(*history, proofs=True)


@pytest.mark.slow
@settings(QUIET, max_examples=LONG)
@given(
    st.one_of(histories(rules=True), histories(circular(), rules=True)),
    st.sampled_from([0, 512]),
    st.sampled_from([-1, 3_000, 200_000]),
)
def test_histories_at_length(history: tuple[Case, list[Step]], small: int, work: int) -> None:
    with CAREFUL, patch.object(relation, "SMALL", small), patch.object(increment, "_LEAST_WORK", work):
        check_history(*history, proofs=True)
