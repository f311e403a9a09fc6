"""The programs: what they are said to be, and that every engine derives the same from them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks.engine.peers.ours import Ours
from benchmarks.engine.peers.outcome import derived
from benchmarks.engine.problem import Builder, Problem, distinct
from benchmarks.engine.programs import (
    attack,
    closure,
    compliance,
    firewall,
    many_rules,
    points_to,
    policy,
    same_generation,
)
from panacea_policy.engine import Aggregate, Atom, compile_program

TINY: dict[str, Callable[[], Problem]] = {
    "closure_random": partial(closure.random, 40, 90),
    "closure_chain": partial(closure.chain, 12),
    "closure_layered": partial(closure.layered, 5, 6, 2),
    "same_generation": partial(same_generation.make, 4, 8),
    "points_to": partial(points_to.make, 120),
    "firewall": partial(firewall.make, 6, 3, 4, 30),
    "attack": partial(attack.make, 100),
    "compliance": partial(compliance.make, 400, 10),
    "policy": partial(policy.make, 2, 60, 120),
    "many_rules": partial(many_rules.make, 20, 600),
}


@pytest.fixture(scope="module", params=TINY)
def problem(request: pytest.FixtureRequest) -> Problem:
    return TINY[request.param]()


def test_clingo_derives_the_same_rows(problem: Problem, tmp_path: Path) -> None:
    pytest.importorskip("clingo")
    from benchmarks.engine.peers.asp import Clingo

    assert Clingo(problem, tmp_path).tables() == Ours(problem, tmp_path).tables()


def test_duckdb_derives_the_same_rows(problem: Problem, tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    from benchmarks.engine.peers.sql import DuckDB

    assert DuckDB(problem, tmp_path).tables() == Ours(problem, tmp_path).tables()


def test_most_relations_hold_something(problem: Problem, tmp_path: Path) -> None:
    tables = Ours(problem, tmp_path).tables()
    assert sum(map(bool, tables.values())) > 0.6 * len(tables)
    assert all(tables[name] for name in problem.asked if not name.startswith("found_"))


@pytest.mark.parametrize("name", TINY)
def test_the_same_facts_every_time(name: str) -> None:
    one, other = TINY[name](), TINY[name]()
    assert one.words == other.words
    assert one.facts.keys() == other.facts.keys()
    for relation, columns in one.facts.items():
        assert all(map(np.array_equal, columns, other.facts[relation])), relation


def test_facts_are_distinct_and_fit_their_declarations(problem: Problem) -> None:
    declared = {each.name: len(each.columns) for each in problem.program.relations}
    heads = set(derived(problem.program))
    for relation, columns in problem.facts.items():
        assert len(columns) == declared[relation]
        assert relation not in heads
        assert len(distinct(columns)[0]) == len(columns[0])
        assert all((column >= 0).all() for column in columns)


def test_the_attack_graph_is_one_large_cycle_of_rules() -> None:
    compiled = compile_program(attack.make(100).program)
    cycle = max(
        (stratum for stratum in compiled.strata if stratum.recursive), key=lambda each: len(each.rules)
    )
    inside = [
        rule
        for rule in cycle.rules
        if any(isinstance(each, Atom) and each.relation in cycle.relations for each in rule.rule.body)
    ]
    assert len(inside) >= 20
    assert {"at", "controls", "holds", "deceived", "inside", "stopped"} <= cycle.relations


def test_the_attack_graph_has_ten_facts_a_host_at_every_size() -> None:
    small, large = attack.make(1_000).size / 1_000, attack.make(20_000).size / 20_000
    assert 10 <= small < 13
    assert 10 <= large < 13


def test_compliance_is_two_hundred_rules_without_recursion() -> None:
    program = compile_program(compliance.make(400).program)
    assert len(program.rules) == 200
    assert not any(stratum.recursive for stratum in program.strata)
    bodies = [literal for each in program.rules for literal in each.rule.body]
    assert any(isinstance(each, Atom) and each.negated for each in bodies)
    assert {each.op for each in bodies if isinstance(each, Aggregate)} == {"count", "sum", "max"}


def test_policy_has_about_850_rules() -> None:
    assert 840 <= len(compile_program(policy.make(users=20, resources=20).program).rules) <= 860


def test_a_million_facts() -> None:
    assert 1_000_000 <= compliance.make().size < 1_200_000
    assert 1_200_000 <= policy.make().size < 1_300_000


def test_a_relation_has_facts_or_rules() -> None:
    build = Builder(0, "relation e(x: symbol)\nrelation p(x: symbol)\np(x) if e(x)")
    build.add("p", build.take(2))
    with pytest.raises(ValueError, match="'p'"):
        build.problem("both")
    with pytest.raises(ValueError, match="already"):
        build.add("p", build.take(2))
