"""DuckDB: a table for each relation.

Without recursion a relation is one CREATE TABLE AS of the UNION of its rules. A relation that is recursive by
itself, through one atom of each rule, is a WITH RECURSIVE. Anything else DuckDB has no statement for: there a
loop in Python runs SQL semi-naively, each round joining what the one before derived, until one adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from benchmarks.engine import memory
from benchmarks.engine.peers.bodies import is_linear, positions
from benchmarks.engine.peers.outcome import Outcome, Stopwatch, Tables, arities, derived
from benchmarks.engine.peers.select import Source, of_relation, rule_select, table
from benchmarks.engine.problem import Columns, Problem
from panacea_policy.engine import Atom, Program, Rule, compile_program


class DuckDB:
    """DuckDB in memory. Taking facts in is CREATE TABLE AS from the NumPy columns."""

    def __init__(self, problem: Problem, folder: Path, *, threads: int = 1) -> None:
        self._problem = problem
        self._threads = threads
        self._strata = [
            (sorted(stratum.relations), [each.rule for each in stratum.rules], stratum.recursive)
            for stratum in compile_program(problem.program).strata
        ]

    def run(self) -> Outcome:
        config: dict[str, str | bool | int | float | list[str]] = {"threads": self._threads}
        watch = Stopwatch()
        with duckdb.connect(":memory:", config=config) as connection:
            take_in(connection, self._problem)
            watch.loaded()
            for relations, rules, recursive in self._strata:
                derive(connection, self._problem.program, relations, rules, recursive=recursive)
            seconds = watch.stop()
            peak = memory.peak()
            rows = {name: _size(connection, table(name)) for name in derived(self._problem.program)}
        return Outcome(*seconds, rows, peak)

    def tables(self) -> Tables:
        """The rows of every derived relation, for tests."""
        with duckdb.connect(":memory:") as connection:
            take_in(connection, self._problem)
            for relations, rules, recursive in self._strata:
                derive(connection, self._problem.program, relations, rules, recursive=recursive)
            arity = arities(self._problem.program)
            return {
                name: {
                    row[: arity[name]]
                    for row in connection.execute(f"SELECT * FROM {table(name)}").fetchall()
                }
                for name in derived(self._problem.program)
            }


def take_in(connection: duckdb.DuckDBPyConnection, problem: Problem) -> None:
    """A table of BIGINT columns c0, c1 … for each relation that no rule derives."""
    heads = set(derived(problem.program))
    for declaration in problem.program.relations:
        if declaration.name in heads:
            continue
        columns: Columns = problem.facts.get(declaration.name, ())
        if columns:
            connection.register("given", {f"c{number}": column for number, column in enumerate(columns)})
            connection.execute(f"CREATE TABLE {table(declaration.name)} AS SELECT * FROM given")
            connection.unregister("given")
        else:
            _create(connection, table(declaration.name), max(len(declaration.columns), 1))


def derive(
    connection: duckdb.DuckDBPyConnection,
    program: Program,
    relations: Sequence[str],
    rules: Sequence[Rule],
    *,
    recursive: bool,
) -> None:
    """Makes and fills the tables of one stratum."""
    own = set(relations)
    if not recursive:
        for name in relations:
            union = " UNION ".join(rule_select(rule) for rule in rules if rule.head.relation == name)
            distinct = union if len(rules) > 1 else union.replace("SELECT", "SELECT DISTINCT", 1)
            connection.execute(f"CREATE TABLE {table(name)} AS {distinct}")
    elif is_linear(relations, rules):
        connection.execute(recursive_statement(program, relations[0], rules))
    else:
        widths = {name: max(arity, 1) for name, arity in arities(program).items() if name in own}
        _Loop(connection, widths, rules).run()


def recursive_statement(program: Program, name: str, rules: Sequence[Rule]) -> str:
    """CREATE TABLE AS WITH RECURSIVE for a relation that is linear."""
    columns = ", ".join(f"c{number}" for number in range(max(arities(program)[name], 1)))
    onward = [rule for rule in rules if positions(rule, {name})]
    start = " UNION ".join(rule_select(rule) for rule in rules if rule not in onward)
    step = " UNION ALL ".join(rule_select(rule) for rule in onward)
    return (
        f"CREATE TABLE {table(name)} AS WITH RECURSIVE {table(name)}({columns}) AS "
        f"(({start}) UNION ({step})) SELECT * FROM {table(name)}"
    )


class _Loop:
    """Semi-naive evaluation of mutually recursive or non-linear rules, by SQL driven from Python."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, widths: dict[str, int], rules: Sequence[Rule]
    ) -> None:
        self._connection = connection
        self._widths = widths
        own = set(widths)
        self._starts = [(rule.head.relation, rule_select(rule)) for rule in rules if not positions(rule, own)]
        #: Head, relation of the atom that reads the newest rows, and the SELECT.
        self._steps = list(_variants(rules, own))

    def run(self) -> None:
        for name, width in self._widths.items():
            _create(self._connection, table(name), width)
        newest = self._round(self._starts)
        while newest:
            newest = self._round(
                [(head, select) for head, through, select in self._steps if through in newest]
            )

    def _round(self, selects: Sequence[tuple[str, str]]) -> set[str]:
        """Derives the rows that are new, and returns the relations that have any."""
        fresh: set[str] = set()
        for name, width in self._widths.items():
            columns = " AND ".join(f"o.c{number} = n.c{number}" for number in range(width))
            found = " UNION ".join(select for head, select in selects if head == name)
            if found:
                after = table(f"next {name}")
                known = f"SELECT 1 FROM {table(name)} o WHERE {columns}"
                self._connection.execute(
                    f"CREATE OR REPLACE TEMP TABLE {after} AS "
                    f"SELECT DISTINCT n.* FROM ({found}) n WHERE NOT EXISTS ({known})"
                )
                if _size(self._connection, after):
                    fresh.add(name)
        for name in fresh:
            self._connection.execute(f"DROP TABLE IF EXISTS {table(f'new {name}')}")
            self._connection.execute(f"ALTER TABLE {table(f'next {name}')} RENAME TO {table(f'new {name}')}")
            self._connection.execute(f"INSERT INTO {table(name)} SELECT * FROM {table(f'new {name}')}")
        return fresh


def _variants(rules: Sequence[Rule], own: set[str]) -> Iterator[tuple[str, str, str]]:
    for rule in rules:
        for newest in positions(rule, own):
            atom = rule.body[newest]
            assert isinstance(atom, Atom)
            yield rule.head.relation, atom.relation, rule_select(rule, _reading_newest(newest))


def _reading_newest(newest: int) -> Source:
    """The atom at one position reads the rows of the last round, every other all rows."""

    def source(position: int, atom: Atom) -> str:
        return table(f"new {atom.relation}") if position == newest else of_relation(position, atom)

    return source


def _create(connection: duckdb.DuckDBPyConnection, name: str, width: int) -> None:
    columns = ", ".join(f"c{number} BIGINT" for number in range(width))
    connection.execute(f"CREATE TABLE {name} ({columns})")


def _size(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    found = connection.execute(f"SELECT count(*) FROM {name}").fetchone()
    assert found is not None
    return int(found[0])
