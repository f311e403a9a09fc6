"""A naive evaluator over Python sets: slow, obvious, sharing nothing with the engine but the dataclasses.

Values in rows are Python's own: symbols are `Sym`, integers int, floats float.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from panacea_policy.engine import (
    Aggregate,
    Apply,
    Atom,
    Compare,
    Const,
    Expr,
    Literal,
    Program,
    Rule,
    Test,
    Type,
    Var,
)

Row = tuple[Any, ...]
Facts = dict[str, set[Row]]
Env = dict[str, Any]

TESTS: dict[str, Callable[[str, str], bool]] = {
    "starts_with": lambda text, part: text.startswith(part),
    "ends_with": lambda text, part: text.endswith(part),
    "contains": lambda text, part: part in text,
}


#: Of lower-case letters alone a version is one run of letters, and versions order as texts do.
TEXT_FUNCTIONS: dict[str, Callable[[list[str]], str | int]] = {
    "concat": "".join,
    "lower": lambda texts: texts[0].lower(),
    "length": lambda texts: len(texts[0]),
    "version_compare": lambda texts: (
        (texts[0].lower() > texts[1].lower()) - (texts[0].lower() < texts[1].lower())
    ),
}


class Oracle:
    """Evaluates a stratifiable program; ``text`` gives the value of a symbol, ``symbols`` the symbol of one.

    A text that has no symbol stands for itself.
    """

    def __init__(
        self,
        program: Program,
        facts: Mapping[str, set[Row]],
        text: Callable[[Any], Any] = str,
        symbols: Mapping[str, Any] | None = None,
    ) -> None:
        self.symbols = symbols or {}
        self.program = program
        self.types = {decl.name: [type for _, type in decl.columns] for decl in program.relations}
        self.facts: Facts = {decl.name: set(facts.get(decl.name, ())) for decl in program.relations}
        self.text = lambda value: value if isinstance(value, str) else text(value)

    def run(self) -> Facts:
        level = self._levels()
        for stratum in sorted(set(level.values())):
            rules = [rule for rule in self.program.rules if level[rule.head.relation] == stratum]
            changed = True
            while changed:
                changed = False
                for rule in rules:
                    for env in list(self.solve(rule.body, {})):
                        row = self.head(rule, env)
                        if row not in self.facts[rule.head.relation]:
                            self.facts[rule.head.relation].add(row)
                            changed = True
        return self.facts

    def head(self, rule: Rule, env: Env) -> Row:
        types = self.types[rule.head.relation]
        return tuple(self.term(term, env, type) for term, type in zip(rule.head.terms, types, strict=True))

    def instances(self, rule: Rule) -> list[tuple[Row, tuple[Row, ...], Env]]:
        """(head, rows of the positive atoms, bindings) of every instance; wildcards count as variables."""
        body = []
        for number, literal in enumerate(rule.body):
            if isinstance(literal, Atom) and not literal.negated:
                terms = tuple(
                    Var(f"{number}.{column}") if isinstance(term, Var) and term.name.startswith("_") else term
                    for column, term in enumerate(literal.terms)
                )
                literal = Atom(literal.relation, terms)
            body.append(literal)
        found = []
        for env in self.solve(body, {}):
            rows = tuple(
                tuple(
                    self.term(term, env, type)
                    for term, type in zip(literal.terms, self.types[literal.relation], strict=True)
                )
                for literal in body
                if isinstance(literal, Atom) and not literal.negated
            )
            named = {name: value for name, value in env.items() if not name[0].isdigit()}
            found.append((self.head(rule, env), rows, named))
        return found

    def _levels(self) -> dict[str, int]:
        level = {decl.name: 0 for decl in self.program.relations}
        for _ in range(len(level) + 1):
            for rule in self.program.rules:
                for atom, strict in uses(rule.body):
                    head = rule.head.relation
                    level[head] = max(level[head], level[atom.relation] + strict)
        return level

    def solve(self, body: Sequence[Literal], env: Env) -> Iterator[Env]:
        """All bindings of the variables of a body, each once."""
        closed = closed_aggregates(body, set(env))
        seen: set[frozenset[tuple[str, Any]]] = set()
        for found in self._extend(list(body), dict(env), closed):
            key = frozenset(found.items())
            if key not in seen:
                seen.add(key)
                yield found

    def _extend(self, body: list[Literal], env: Env, closed: set[int]) -> Iterator[Env]:
        if not body:
            yield env
            return
        chosen = min(range(len(body)), key=lambda i: priority(body[i], env, closed))
        literal, rest = body[chosen], body[:chosen] + body[chosen + 1 :]
        for extended in self._literal(literal, env, id(literal) in closed):
            yield from self._extend(rest, extended, closed)

    def _literal(self, literal: Literal, env: Env, closed: bool) -> Iterator[Env]:
        if isinstance(literal, Atom):
            rows = self.facts[literal.relation]
            types = self.types[literal.relation]
            extended = [e for row in rows if (e := self.match(literal, types, row, env)) is not None]
            if not literal.negated:
                yield from extended
            elif not extended:
                yield env
        elif isinstance(literal, Compare):
            yield from self._compare(literal, env)
        elif isinstance(literal, Test):
            args = [self.text(self.value(arg, env)) for arg in literal.args]
            if TESTS[literal.function](*args) != literal.negated:
                yield env
        else:
            yield from self._aggregate(literal, env, closed)

    def match(self, atom: Atom, types: Sequence[Type], row: Row, env: Env) -> Env | None:
        extended = dict(env)
        for term, type, value in zip(atom.terms, types, row, strict=True):
            if isinstance(term, Const):
                if self.term(term, env, type) != value:
                    return None
            elif not term.name.startswith("_") and extended.setdefault(term.name, value) != value:
                return None
        return extended

    def _compare(self, literal: Compare, env: Env) -> Iterator[Env]:
        assignment = target(literal, env)
        if assignment is not None:
            var, source = assignment
            yield {**env, var.name: self.value(source, env)}
            return
        left, right = self.value(literal.left, env), self.value(literal.right, env)
        holds = {
            "=": lambda: left == right,
            "!=": lambda: left != right,
            "<": lambda: left < right,
            "<=": lambda: left <= right,
            ">": lambda: left > right,
            ">=": lambda: left >= right,
        }
        if holds[literal.op]():
            yield env

    def _aggregate(self, literal: Aggregate, env: Env, closed: bool) -> Iterator[Env]:
        group = [var.name for var in literal.group]
        start = {name: env[name] for name in group if name in env}
        groups: dict[Row, list[Env]] = {tuple(env[name] for name in group): []} if closed else {}
        for found in self.solve(literal.body, start):
            groups.setdefault(tuple(found[name] for name in group), []).append(found)
        for key, members in groups.items():
            result = self.fold(literal, members)
            if result is None or (literal.result.name in env and env[literal.result.name] != result):
                continue
            yield {**env, **dict(zip(group, key, strict=True)), literal.result.name: result}

    def fold(self, literal: Aggregate, members: list[Env]) -> Any:
        values = [] if literal.value is None else [self.value(literal.value, env) for env in members]
        if literal.op == "count":
            return len(members) if literal.value is None else len(set(values))
        if literal.op == "sum":
            if any(isinstance(value, float) for value in values):
                return math.fsum(values)
            return sum(values)
        if not values:
            return None
        if literal.op == "avg":
            return math.fsum(values) / len(values)
        return min(values) if literal.op == "min" else max(values)

    def term(self, term: Expr, env: Env, type: Type) -> Any:
        if isinstance(term, Const):
            return float(term.value) if type is Type.FLOAT else term.value  # type: ignore[arg-type]
        assert isinstance(term, Var)
        return float(env[term.name]) if type is Type.FLOAT else env[term.name]

    def value(self, expr: Expr, env: Env) -> Any:
        if isinstance(expr, Var):
            return env[expr.name]
        if isinstance(expr, Const):
            return expr.value
        args = [self.value(arg, env) for arg in expr.args]
        if expr.op in TEXT_FUNCTIONS:
            made = TEXT_FUNCTIONS[expr.op]([self.text(arg) for arg in args])
            return self.symbols.get(made, made) if isinstance(made, str) else made
        return apply(expr, args)


def apply(expr: Apply, args: list[Any]) -> Any:
    a, b = args[0], args[-1]
    integers = isinstance(a, int) and isinstance(b, int)
    operations: dict[str, Callable[[], Any]] = {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "/": lambda: a // b if integers else a / b,
        "%": lambda: a % b,
        "min": lambda: min(args),
        "max": lambda: max(args),
        "abs": lambda: abs(a),
        "neg": lambda: -a,
        "floor": lambda: math.floor(a),
        "ceil": lambda: math.ceil(a),
        "float": lambda: float(a),
    }
    return operations[expr.op]()


def names(expr: Expr) -> set[str]:
    if isinstance(expr, Apply):
        return {name for arg in expr.args for name in names(arg)}
    return {expr.name} if isinstance(expr, Var) else set()


def uses(body: Sequence[Literal], inside: bool = False) -> Iterator[tuple[Atom, bool]]:
    for literal in body:
        if isinstance(literal, Atom):
            yield literal, inside or literal.negated
        elif isinstance(literal, Aggregate):
            yield from uses(literal.body, True)


def closed_aggregates(body: Sequence[Literal], bound: set[str]) -> set[int]:
    """The aggregates (by identity) whose groups the body binds without other aggregates' groups."""
    closed: set[int] = set()
    while True:
        before = len(bound), len(closed)
        for literal in body:
            if isinstance(literal, Atom) and not literal.negated:
                bound |= {t.name for t in literal.terms if isinstance(t, Var) and not t.name.startswith("_")}
            elif isinstance(literal, Compare) and literal.op == "=":
                for left, right in ((literal.left, literal.right), (literal.right, literal.left)):
                    if isinstance(left, Var) and names(right) <= bound:
                        bound.add(left.name)
            elif isinstance(literal, Aggregate) and {var.name for var in literal.group} <= bound:
                closed.add(id(literal))
                bound.add(literal.result.name)
        if before == (len(bound), len(closed)):
            return closed


def priority(literal: Literal, env: Env, closed: set[int]) -> int:
    """What to solve next: anything decided already, then atoms, then aggregates."""
    if isinstance(literal, Atom):
        named = {t.name for t in literal.terms if isinstance(t, Var) and not t.name.startswith("_")}
        return 1 if not literal.negated else 0 if named <= set(env) else 9
    if isinstance(literal, Aggregate):
        if id(literal) in closed:
            return 2 if {var.name for var in literal.group} <= set(env) else 9
        return 4
    if isinstance(literal, Test):
        return 0 if all(names(arg) <= set(env) for arg in literal.args) else 9
    ready = (names(literal.left) | names(literal.right)) <= set(env) or target(literal, env) is not None
    return 9 if not ready else 3 if divides(literal) else 0


def target(literal: Compare, env: Env) -> tuple[Var, Expr] | None:
    """The variable that an equality sets, and what to."""
    for left, right in ((literal.left, literal.right), (literal.right, literal.left)):
        if literal.op == "=" and isinstance(left, Var) and left.name not in env and names(right) <= set(env):
            return left, right
    return None


def divides(literal: Compare) -> bool:
    """Whether a comparison may divide by zero."""

    def inside(expr: Expr) -> bool:
        if not isinstance(expr, Apply):
            return False
        safe = isinstance(expr.args[-1], Const) and expr.args[-1].value != 0
        return (expr.op in "/%" and not safe) or any(map(inside, expr.args))

    return inside(literal.left) or inside(literal.right)
