"""What the translations write for each kind of literal, and that they mean it, by random programs."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.engine.notation import read_program
from benchmarks.engine.peers import souffle
from benchmarks.engine.peers.bodies import is_linear
from benchmarks.engine.peers.ours import Ours
from benchmarks.engine.peers.outcome import Untranslatable, derived
from benchmarks.engine.problem import Columns, Problem
from panacea_policy.engine import (
    Atom,
    EvaluationError,
    Limits,
    Program,
    ProgramErrors,
    RelationDecl,
    Rule,
    Var,
    compile_program,
    evaluate,
)
from tests.engine.programs import LONG, TEXTS, Case, cases, columns_of

pytest.importorskip("clingo")
pytest.importorskip("duckdb")

from benchmarks.engine.peers import asp, select, sql

QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck))
#: clingo's numbers have 32 bits and wrap around silently.
LARGEST = 2**20

RELATIONS = "relation e(x: symbol, y: int)\nrelation h(x: symbol)\nrelation g(x: symbol, n: int)\n"


def rule(text: str) -> Rule:
    return read_program(text, int).rules[0]


def clingo_text(text: str) -> list[str]:
    return asp.program_text(read_program(RELATIONS + text, int)).splitlines()


def souffle_text(text: str) -> list[str]:
    lines = souffle.program_text(read_program(RELATIONS + text, int)).splitlines()
    return [line for line in lines if not line.startswith((".decl r_", ".input", ".printsize"))]


def sql_text(text: str) -> str:
    return " ".join(select.rule_select(rule(text)).split())


# ------------------------------------------------------------------------------------ what is written


def test_atoms_constants_and_wildcards() -> None:
    text = "h(x) if e(x, 3), e('7', _)"
    assert clingo_text(text) == ["r_h(Vx) :- r_e(Vx, 3), r_e(7, _)."]
    assert souffle_text(text) == ["r_h(Vx) :- r_e(Vx, 3), r_e(7, _)."]
    assert sql_text(text) == (
        'SELECT a0.c0 AS c0 FROM "e" a0 , "e" a1 '
        "WHERE a0.c1 = CAST(3 AS BIGINT) AND a1.c0 = CAST(7 AS BIGINT)"
    )


def test_a_variable_twice_is_an_equality() -> None:
    assert sql_text("h(x) if e(x, x)") == 'SELECT a0.c0 AS c0 FROM "e" a0 WHERE a0.c1 = a0.c0'


def test_negation() -> None:
    text = "h(x) if e(x, y), not g(x, _)"
    assert clingo_text(text) == ["r_h(Vx) :- r_e(Vx, Vy), not r_g(Vx, _)."]
    assert souffle_text(text) == ["r_h(Vx) :- r_e(Vx, Vy), !r_g(Vx, _)."]
    assert sql_text(text) == (
        'SELECT a0.c0 AS c0 FROM "e" a0 WHERE NOT EXISTS (SELECT 1 FROM "g" n WHERE n.c0 = a0.c0)'
    )


def test_comparisons_and_equations() -> None:
    text = "g(x, m) if e(x, n), m = n * 2 - 1, n != 4"
    assert clingo_text(text) == ["r_g(Vx, Vm) :- r_e(Vx, Vn), Vm = ((Vn * 2) - 1), Vn != 4."]
    assert souffle_text(text) == ["r_g(Vx, Vm) :- r_e(Vx, Vn), Vm = ((Vn * 2) - 1), Vn != 4."]
    assert sql_text(text) == (
        "SELECT a0.c0 AS c0, ((a0.c1 * CAST(2 AS BIGINT)) - CAST(1 AS BIGINT)) AS c1 "
        'FROM "e" a0 WHERE a0.c1 <> CAST(4 AS BIGINT)'
    )


def test_a_closed_aggregate_counts_empty_groups() -> None:
    text = "g(x, n) if h(x), n = count(by x : e(x, y), y > 2)"
    assert clingo_text(text) == [
        "r_g(Vx, Vn) :- r_h(Vx), Vn = #count { Vown_y,Vx : r_e(Vx, Vown_y), Vown_y > 2 }."
    ]
    assert souffle_text(text) == ["r_g(Vx, Vn) :- r_h(Vx), Vn = count : { r_e(Vx, Vown_y), Vown_y > 2 }."]
    written = sql_text(text)
    assert "LEFT JOIN" in written
    assert "coalesce(g0.result, 0) AS c1" in written


def test_an_open_aggregate_has_groups_with_members_only() -> None:
    text = "g(x, n) if n = sum(y by x : e(x, y))"
    assert clingo_text(text) == [
        "domain_1(Vx) :- r_e(Vx, Vown_y).",
        "r_g(Vx, Vn) :- domain_1(Vx), Vn = #sum { Vown_y,Vown_y,Vx : r_e(Vx, Vown_y) }.",
    ]
    assert souffle_text(text) == [
        ".decl domain_1(c_x: number)",
        "domain_1(Vx) :- r_e(Vx, Vown_y).",
        "r_g(Vx, Vn) :- domain_1(Vx), Vn = sum Vown_y : { r_e(Vx, Vown_y) }.",
    ]
    written = sql_text(text)
    assert "LEFT JOIN" not in written
    assert written.endswith('GROUP BY "x") g0')


def test_members_with_wildcards_are_projected_first() -> None:
    text = "g(x, n) if h(x), n = count(by x : e(x, _))"
    assert souffle_text(text)[:2] == [".decl members_1(c_x: number)", "members_1(Vx) :- r_e(Vx, _)."]
    assert "SELECT DISTINCT a0.c0" in sql_text(text)


def test_a_count_of_distinct_values() -> None:
    text = "g(x, n) if h(x), n = count(y by x : e(x, y), e(z, y))"
    members = "r_e(Vx, Vown_y), r_e(Vown_z, Vown_y)"
    assert clingo_text(text) == [f"r_g(Vx, Vn) :- r_h(Vx), Vn = #count {{ Vown_y,0 : {members} }}."]
    assert souffle_text(text) == [
        ".decl members_1(c_x: number, c_own_y: number)",
        f"members_1(Vx, Vown_y) :- {members}.",
        "r_g(Vx, Vn) :- r_h(Vx), Vn = count : { members_1(Vx, Vown_y) }.",
    ]
    assert 'count(DISTINCT m."own_y")' in sql_text(text)
    with pytest.raises(Untranslatable):
        souffle_text(text.replace("count(y", "count(y + 1"))


@pytest.mark.parametrize("text", ["g(x, m) if e(x, n), m = n / 2", "g(x, m) if e(x, n), m = n % 2", "h(1.5)"])
def test_what_has_no_equal_is_refused(text: str) -> None:
    for write in (clingo_text, souffle_text, sql_text):
        with pytest.raises(Untranslatable):
            write(text)


def test_linear_recursion_is_one_statement() -> None:
    program = read_program(
        "relation e(x: int, y: int)\nrelation p(x: int, y: int)\n"
        "p(x, y) if e(x, y)\np(x, z) if p(x, y), e(y, z)",
        int,
    )
    assert is_linear(["p"], program.rules)
    statement = " ".join(sql.recursive_statement(program, "p", program.rules).split())
    assert statement == (
        'CREATE TABLE "p" AS WITH RECURSIVE "p"(c0, c1) AS '
        '((SELECT a0.c0 AS c0, a0.c1 AS c1 FROM "e" a0) UNION '
        '(SELECT a0.c0 AS c0, a1.c1 AS c1 FROM "p" a0 , "e" a1 WHERE a1.c0 = a0.c1)) SELECT * FROM "p"'
    )


@pytest.mark.parametrize(
    "text",
    [
        "p(x, y) if e(x, y)\np(x, z) if p(x, y), p(y, z)",
        "p(x, y) if q(x, y)\nq(x, y) if p(y, x)",
        "p(x, y) if p(y, x)",
    ],
)
def test_other_recursion_is_not(text: str) -> None:
    program = read_program(text, int)
    assert not is_linear(sorted({each.head.relation for each in program.rules}), program.rules)


# ------------------------------------------------------------------------------------ what it means


def problem_of(case: Case) -> Problem:
    """A random case with the facts of derived relations, and those of relations without columns, as rules."""
    program = case.program
    heads = set(derived(program))
    relations, rules = list(program.relations), list(program.rules)
    facts: dict[str, Columns] = {}
    for declaration in program.relations:
        rows = sorted(case.facts.get(declaration.name, ()), key=repr)
        if not rows:
            continue
        if not declaration.columns:
            rules.append(Rule(Atom(declaration.name, ()), (), "given"))
            continue
        name = declaration.name
        if name in heads:
            name = f"given_{name}"
            relations.append(RelationDecl(name, declaration.columns))
            terms = tuple(Var(f"v{number}") for number in range(len(declaration.columns)))
            rules.append(Rule(Atom(declaration.name, terms), (Atom(name, terms),), "given"))
        facts[name] = [np.array(column, np.int64) for column in columns_of(rows)]
    return Problem("case", Program(relations, rules), facts, (), TEXTS, len(TEXTS))


def can_run(problem: Problem) -> bool:
    """Whether it has an end, and numbers that clingo can hold."""
    try:
        compiled = compile_program(problem.program)
        result = evaluate(compiled, problem.database(), limits=Limits(max_tuples=2_000, max_rounds=12))
    except (ProgramErrors, EvaluationError):
        return False
    columns = [column for name in compiled.decls for column in result.table(name).columns]
    numbers = [abs(number) for column in columns for number in column.tolist()]
    return max(numbers, default=0) <= LARGEST


def check(case: Case, folder: Path) -> None:
    problem = problem_of(case)
    if not can_run(problem):
        return
    ours = Ours(problem, folder).tables()
    assert sql.DuckDB(problem, folder).tables() == ours
    assert asp.Clingo(problem, folder).tables() == ours


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("facts")


@settings(QUIET, max_examples=40, derandomize=True)
@given(case=cases(floats=False, plain=True))
def test_random_programs_mean_the_same_to_clingo_and_duckdb(case: Case, folder: Path) -> None:
    check(case, folder)


@pytest.mark.slow
@settings(QUIET, max_examples=LONG)
@given(case=cases(floats=False, plain=True))
def test_random_programs_mean_the_same_at_length(case: Case, folder: Path) -> None:
    check(case, folder)


@pytest.mark.skipif(shutil.which("souffle") is None, reason="no `souffle` is on the PATH")
@settings(QUIET, max_examples=20, derandomize=True)
@given(case=cases(floats=False, plain=True))
def test_random_programs_have_as_many_rows_in_souffle(case: Case, folder: Path) -> None:
    problem = problem_of(case)
    if can_run(problem):
        assert souffle.Souffle(problem, folder).run().rows == Ours(problem, folder).run().rows
