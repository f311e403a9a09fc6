"""Rules as SELECT statements: joins, NOT EXISTS, and GROUP BY in subqueries."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.engine.peers.bodies import (
    binds,
    expr_variables,
    has_wildcards,
    is_closed,
    renamed,
    variables,
)
from benchmarks.engine.peers.logic import constant
from benchmarks.engine.peers.outcome import Untranslatable
from panacea_policy.engine import Aggregate, Apply, Atom, Compare, Expr, Literal, Rule, Term, Var

#: The table to read for the atom at a position of a rule's body.
Source = Callable[[int, Atom], str]

#: The one column of a relation without columns, which no table can be without.
ONE = "CAST(1 AS BIGINT)"


def table(name: str) -> str:
    return f'"{name}"'


def of_relation(position: int, atom: Atom) -> str:
    """Every atom reads the table of its relation."""
    return table(atom.relation)


def rule_select(rule: Rule, source: Source = of_relation) -> str:
    """A SELECT of the columns c0, c1 … of the head; rows may repeat. Raises Untranslatable."""
    body = _Body(rule.body, source)
    columns = [f"{body.value(term)} AS c{position}" for position, term in enumerate(rule.head.terms)]
    return f"SELECT {', '.join(columns or [f'{ONE} AS c0'])} {body.clauses()}"


class _Body:
    """The FROM and WHERE of a body, and for each of its variables the expression that gives its value.

    Aggregates are joined to a subquery of all that binds without them.
    """

    def __init__(self, body: Sequence[Literal], source: Source) -> None:
        self._env: dict[str, str] = {}
        self._from: list[str] = []
        self._where: list[str] = []
        for position, literal in enumerate(body):
            if isinstance(literal, Atom) and not literal.negated:
                self._atom(literal, f"a{position}", source(position, literal))
        aggregates = [literal for literal in body if isinstance(literal, Aggregate)]
        pending: list[Literal] = [
            literal
            for literal in body
            if not isinstance(literal, Aggregate) and not (isinstance(literal, Atom) and not literal.negated)
        ]
        pending = self._settle(pending)
        if aggregates:
            self._nest()
        while aggregates:
            # The others may bind what is not bound yet.
            chosen = next(filter(self._is_ready, aggregates), aggregates[0])
            aggregates.remove(chosen)
            alias = f"g{len(aggregates)}"
            self._aggregate(renamed(chosen, "own_"), alias, is_closed(chosen, body))
            pending = self._settle(pending)
        if pending:
            raise Untranslatable(f"the literal `{pending[0]}`")

    def clauses(self) -> str:
        """FROM and WHERE, as far as there is anything in them."""
        text = " ".join(self._from)
        joined = f"FROM {text}" if text else ""
        return f"{joined} WHERE {' AND '.join(self._where)}" if self._where else joined

    def value(self, expr: Expr) -> str:
        """The SQL of an expression of bound variables."""
        if isinstance(expr, Var):
            return self._env[expr.name]
        if isinstance(expr, Apply):
            if expr.op not in ("+", "-", "*"):
                raise Untranslatable(f"the function `{expr.op}`")
            return f"({self.value(expr.args[0])} {expr.op} {self.value(expr.args[1])})"
        return f"CAST({constant(expr)} AS BIGINT)"

    def _atom(self, atom: Atom, alias: str, name: str) -> None:
        self._from.append(f"{', ' if self._from else ''}{name} {alias}")
        for position, term in enumerate(atom.terms):
            column = f"{alias}.c{position}"
            if isinstance(term, Var) and term.is_wildcard:
                continue
            if isinstance(term, Var) and term.name not in self._env:
                self._env[term.name] = column
            else:
                self._where.append(f"{column} = {self.value(term)}")

    def _settle(self, pending: Sequence[Literal]) -> list[Literal]:
        """Takes in what is bound by now; returns what is left."""
        left = list(pending)
        taken = True
        while taken:
            taken = False
            for literal in list(left):
                if self._condition(literal):
                    left.remove(literal)
                    taken = True
        return left

    def _condition(self, literal: Literal) -> bool:
        bound = set(self._env)
        if isinstance(literal, Compare):
            found = binds(literal, bound)
            if found is not None:
                self._env[found[0]] = self.value(found[1])
                return True
            if not variables(literal) <= bound:
                return False
            op = "<>" if literal.op == "!=" else literal.op
            self._where.append(f"{self.value(literal.left)} {op} {self.value(literal.right)}")
            return True
        if isinstance(literal, Atom) and variables(literal) <= bound:
            self._where.append(f"NOT EXISTS ({self._matching(literal)})")
            return True
        return False

    def _matching(self, atom: Atom) -> str:
        """The rows of a negated atom's relation that fit what is bound."""
        fits = [
            f"n.c{position} = {self.value(term)}"
            for position, term in enumerate(atom.terms)
            if not (isinstance(term, Var) and term.is_wildcard)
        ]
        where = f" WHERE {' AND '.join(fits)}" if fits else ""
        return f"SELECT 1 FROM {table(atom.relation)} n{where}"

    def _is_ready(self, aggregate: Aggregate) -> bool:
        return all(var.name in self._env for var in aggregate.group)

    def _nest(self) -> None:
        """Makes a subquery of all so far, with a column for each variable."""
        if not self._env and not self._from:
            return
        columns = ", ".join(f"{sql} AS {table(name)}" for name, sql in self._env.items()) or "1 AS one"
        self._from = [f"(SELECT {columns} {self.clauses()}) b"]
        self._where = []
        self._env = {name: f"b.{table(name)}" for name in self._env}

    def _aggregate(self, aggregate: Aggregate, alias: str, closed: bool) -> None:
        groups = [var.name for var in aggregate.group]
        shared = [name for name in groups if name in self._env]
        on = " AND ".join(f"{alias}.{table(name)} = {self._env[name]}" for name in shared) or "true"
        empty = closed and aggregate.op in ("count", "sum")
        kind = "LEFT JOIN" if empty and self._from else "JOIN"
        source = f"({aggregate_select(aggregate)}) {alias}"
        self._from.append(f" {kind} {source} ON {on}" if self._from else source)
        for name in groups:
            self._env.setdefault(name, f"{alias}.{table(name)}")
        found = f"{alias}.result"
        if empty:
            found = f"coalesce({found}, 0)"
        elif not groups:
            self._where.append(f"{found} IS NOT NULL")
        if aggregate.result.name in self._env:
            self._where.append(f"{self._env[aggregate.result.name]} = {found}")
        self._env.setdefault(aggregate.result.name, found)


def aggregate_select(aggregate: Aggregate) -> str:
    """A SELECT of the group's columns, by their names, and of ``result``, for every group with members."""
    if aggregate.op == "avg":
        raise Untranslatable("the aggregate `avg`")
    body = _Body(aggregate.body, of_relation)
    groups = [var.name for var in aggregate.group]
    own = sorted({name for literal in aggregate.body for name in variables(literal)})
    if aggregate.op == "count" and aggregate.value is not None:
        own = sorted({*groups, *expr_variables(aggregate.value)})
    columns = [
        f"{body.value(Var(name))} AS {table(name)}"
        for name in {**dict.fromkeys(groups), **dict.fromkeys(own)}
    ]
    distinct_values = aggregate.op == "count" and aggregate.value is not None
    # Without wildcards a join of sets repeats no row.
    distinct = "DISTINCT " if has_wildcards(aggregate.body) or distinct_values else ""
    members = f"SELECT {distinct}{', '.join(columns) or '1 AS one'} {body.clauses()}"
    keys = ", ".join(table(name) for name in groups)
    result = _result(aggregate)
    select = f"SELECT {keys}{', ' if keys else ''}CAST({result} AS BIGINT) AS result FROM ({members}) m"
    return f"{select} GROUP BY {keys}" if keys else select


def _result(aggregate: Aggregate) -> str:
    if aggregate.op == "count":
        return f"count(DISTINCT {_member(aggregate.value)})" if aggregate.value is not None else "count(*)"
    assert aggregate.value is not None
    return f"{aggregate.op}({_member(aggregate.value)})"


def _member(expr: Expr) -> str:
    """An expression of the columns of the members."""
    if isinstance(expr, Apply):
        return f"({_member(expr.args[0])} {expr.op} {_member(expr.args[1])})"
    term: Term = expr
    return f"m.{table(term.name)}" if isinstance(term, Var) else f"CAST({constant(term)} AS BIGINT)"
