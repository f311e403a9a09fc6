"""Random programs without floats: the engine agrees with clingo."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from panacea_policy.engine import (
    Aggregate,
    Apply,
    Atom,
    Compare,
    Const,
    EvaluationError,
    Expr,
    Limits,
    Literal,
    Program,
    ProgramErrors,
    Sym,
    Var,
    compile_program,
    evaluate,
)
from tests.engine.programs import LONG, Case, cases

clingo = pytest.importorskip("clingo")

# clingo's numbers have 32 bits and wrap around silently.
LARGEST = 2**20
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def text(term: Expr) -> str:
    if isinstance(term, Var):
        return "_" if term.is_wildcard else term.name.capitalize()
    if isinstance(term, Const):
        return value_text(term.value)
    assert isinstance(term, Apply)
    return f"({text(term.args[0])} {term.op} {text(term.args[1])})"


def value_text(value: Any) -> str:
    return f"s{value.id}" if isinstance(value, Sym) else f"({value})"


def atom_text(atom: Atom) -> str:
    return f"{'not ' if atom.negated else ''}{atom.relation}({','.join(map(text, atom.terms))})"


class Translator:
    """Writes a program in the syntax of clingo."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def program(self, case: Case) -> str:
        for name, rows in case.facts.items():
            self.lines.extend(f"{name}({','.join(map(value_text, row))})." for row in rows)
        for rule in case.program.rules:
            self.lines.append(f"{atom_text(rule.head)} :- {self.body(rule.body, case.program)}.")
        return "\n".join(self.lines)

    def body(self, body: tuple[Literal, ...], program: Program) -> str:
        return ", ".join(part for literal in body for part in self.literal(literal, body, program))

    def literal(self, literal: Literal, body: tuple[Literal, ...], program: Program) -> list[str]:
        if isinstance(literal, Atom):
            return [atom_text(literal)]
        if isinstance(literal, Compare):
            op = {"=": "=", "!=": "!="}.get(literal.op, literal.op)
            return [f"{text(literal.left)} {op} {text(literal.right)}"]
        assert isinstance(literal, Aggregate)
        return self.aggregate(literal, is_closed(literal, body))

    def aggregate(self, literal: Aggregate, closed: bool) -> list[str]:
        inner = ", ".join(
            atom_text(x) if isinstance(x, Atom) else f"{text(x.left)} {x.op} {text(x.right)}"  # type: ignore[union-attr]
            for x in literal.body
        )
        names = sorted({name for x in literal.body for name in variables(x)})
        key = ",".join(["1", *(name.capitalize() for name in names)])
        value = f"{text(literal.value)}," if literal.value is not None else ""
        result = text(literal.result)
        parts = [f"{result} = #{literal.op} {{ {value}{key} : {inner} }}"]
        if literal.op in ("min", "max"):
            parts += [f"{result} != #sup", f"{result} != #inf"]
        if not closed:
            # Groups that the rest of the body does not bind are those that have members.
            domain = f"domain{len(self.lines)}_{literal.result.name}"
            group = ",".join(text(var) for var in literal.group)
            self.lines.append(f"{domain}({group}) :- {inner}.")
            parts.append(f"{domain}({group})")
        return parts


def variables(literal: Literal) -> set[str]:
    if isinstance(literal, Atom):
        return {t.name for t in literal.terms if isinstance(t, Var) and not t.is_wildcard}
    assert isinstance(literal, Compare)
    return expr_variables(literal.left) | expr_variables(literal.right)


def expr_variables(expr: Expr) -> set[str]:
    if isinstance(expr, Apply):
        return {name for arg in expr.args for name in expr_variables(arg)}
    return {expr.name} if isinstance(expr, Var) else set()


def is_closed(aggregate: Aggregate, body: tuple[Literal, ...]) -> bool:
    """Whether the rest of the body binds the group; written apart from both engine and oracle."""
    bound: set[str] = set()
    for _ in body:
        for literal in body:
            if isinstance(literal, Atom) and not literal.negated:
                bound |= variables(literal)
            elif isinstance(literal, Compare) and literal.op == "=":
                for left, right in ((literal.left, literal.right), (literal.right, literal.left)):
                    if isinstance(left, Var) and expr_variables(right) <= bound:
                        bound.add(left.name)
            elif isinstance(literal, Aggregate) and {var.name for var in literal.group} <= bound:
                bound.add(literal.result.name)
                if literal is aggregate:
                    return True
    return False


def model(source: str) -> dict[str, set[tuple[Any, ...]]]:
    control = clingo.Control(["--warn=none"], message_limit=0)
    control.add("base", [], source)
    control.ground([("base", [])])
    found: dict[str, set[tuple[Any, ...]]] = {}
    with control.solve(yield_=True) as handle:
        answer = handle.model()
        assert answer is not None
        for symbol in answer.symbols(atoms=True):
            row = tuple(
                a.number if a.type == clingo.SymbolType.Number else Sym(int(a.name[1:]))
                for a in symbol.arguments
            )
            found.setdefault(symbol.name, set()).add(row)
    return found


def check(case: Case) -> None:
    try:
        compiled = compile_program(case.program)
        result = evaluate(compiled, case.database(), limits=Limits(max_tuples=2_000, max_rounds=12))
    except (ProgramErrors, EvaluationError):
        return
    rows = {decl.name: case.rows(result, decl.name) for decl in case.program.relations}
    numbers = [value for part in rows.values() for row in part for value in row if isinstance(value, int)]
    if max(map(abs, numbers), default=0) > LARGEST:
        return
    expected = model(Translator().program(case))
    for name, found in rows.items():
        assert found == expected.get(name, set()), Translator().program(case)


@settings(QUIET, max_examples=300, derandomize=True)
@given(cases(floats=False, plain=True))
def test_agrees_with_clingo(case: Case) -> None:
    check(case)


@pytest.mark.slow
@settings(QUIET, max_examples=LONG)
@given(cases(floats=False, plain=True))
def test_agrees_with_clingo_at_length(case: Case) -> None:
    check(case)
