"""Puts constants and equal variables in place, computes what is constant, decides what needs no row.

    flagged(x) if n = 2 + 1, zone.trust(x, n), y = x, 1 < 2, open(y)
    →  flagged(x) if zone.trust(x, 3), open(x)

A rule with a condition that never holds is dropped. Where an aggregate shares a variable, the variable stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from panacea_policy.engine.builtins import SIGNATURES
from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.errors import EvaluationError
from panacea_policy.engine.expressions import TypedExpr, compare, type_of, typed
from panacea_policy.engine.frame import Context, Frame, Limits
from panacea_policy.engine.passes.rewrite import Changes, put, put_terms
from panacea_policy.engine.terms import (
    Aggregate,
    Apply,
    Atom,
    Compare,
    Const,
    Expr,
    Literal,
    Rule,
    Sym,
    Term,
    Var,
    atom_vars,
    expr_vars,
)
from panacea_policy.engine.values import INT_MAX, INT_MIN, Symbols, Type


def constants(compiled: Compiled) -> Changes:
    """The rules that become shorter, and those that can never fire."""
    changes: dict[int, Rule | None] = {}
    for checked in compiled.rules:
        for literal in checked.rule.body:
            if isinstance(literal, Compare):
                changed = _simplified(checked)
                if changed is not checked.rule:
                    changes[checked.position] = changed
                break
    return changes


def _simplified(checked: CheckedRule) -> Rule | None:
    """The rule, a simpler one, or None if it never fires."""
    rule, types = checked.rule, checked.info.types
    head, body = rule.head, list(rule.body)
    fixed = _shared_with_aggregates(body)
    changed = False
    while True:
        folded = [_folded(literal, types) for literal in body]
        verdicts = [_verdict(literal, types) for literal in folded]
        if False in verdicts:
            return None
        kept = [literal for literal, verdict in zip(folded, verdicts, strict=True) if verdict is None]
        changed = changed or kept != body
        body = kept
        found = next(_equalities(body, types, fixed), None)
        if found is None:
            break
        changed = True
        place, name, value = found
        values: dict[str, Term] = {name: value}
        del body[place]
        body = [put(literal, values) for literal in body]
        head = Atom(head.relation, put_terms(head.terms, values))
    return Rule(head, tuple(body), rule.name, rule.origin) if changed else rule


def _shared_with_aggregates(body: Sequence[Literal]) -> frozenset[str]:
    """The variables that must stay variables: groups and results of aggregates."""
    aggregates = [literal for literal in body if isinstance(literal, Aggregate)]
    return frozenset(var.name for each in aggregates for var in (*each.group, each.result))


def _equalities(
    body: Sequence[Literal], types: Mapping[str, Type], fixed: frozenset[str]
) -> Iterator[tuple[int, str, Term]]:
    """Equalities of a variable with a constant or another variable: where, the variable, its value."""
    bound = {
        name
        for literal in body
        if isinstance(literal, Atom) and not literal.negated
        for name in atom_vars(literal)
    }
    for place, literal in enumerate(body):
        if not isinstance(literal, Compare) or literal.op != "=":
            continue
        for target, value in ((literal.left, literal.right), (literal.right, literal.left)):
            if not isinstance(target, Var) or target.is_wildcard or target.name in fixed:
                continue
            if isinstance(value, Const):
                yield place, target.name, _of_type(value, types[target.name])
            elif _may_stand_for(value, target, bound) and isinstance(value, Var) and value.name not in fixed:
                yield place, target.name, value


def _may_stand_for(value: Expr, target: Var, bound: set[str]) -> bool:
    """Whether a variable may take another's place: what stays must be bound by what stays."""
    if not isinstance(value, Var) or value == target or value.is_wildcard:
        return False
    return value.name in bound or target.name not in bound


def _of_type(const: Const, type: Type) -> Const:
    """A constant as a variable of this type has it, so that arithmetic with it stays the same."""
    if type is Type.FLOAT and not isinstance(const.value, Sym):
        return Const(float(const.value))
    return const


def _folded(literal: Literal, types: Mapping[str, Type]) -> Literal:
    """A comparison with its constant sides computed."""
    if not isinstance(literal, Compare):
        return literal
    if not isinstance(literal.left, Apply) and not isinstance(literal.right, Apply):
        return literal
    type = type_of(literal.left, types) or type_of(literal.right, types) or Type.INT
    left, right = _computed(literal.left, types, type), _computed(literal.right, types, type)
    return literal if left is literal.left and right is literal.right else Compare(literal.op, left, right)


def _computed(expr: Expr, types: Mapping[str, Type], hint: Type) -> Expr:
    """The value of an expression of numbers alone; the expression itself if it has none or is another."""
    if not isinstance(expr, Apply) or any(expr_vars(expr)) or not _is_numeric(expr):
        return expr
    value = _value(typed(expr, types, hint))
    return expr if value is None else Const(value)


def _is_numeric(expr: Expr) -> bool:
    """Whether an expression has no text in it: those are interned when the program runs."""
    if isinstance(expr, Apply):
        numeric = Type.SYMBOL not in SIGNATURES[expr.op].args
        return numeric and all(map(_is_numeric, expr.args))
    return not (isinstance(expr, Const) and isinstance(expr.value, Sym))


def _verdict(literal: Literal, types: Mapping[str, Type]) -> bool | None:
    """Whether a comparison always holds or never does; None for what depends on rows."""
    if not isinstance(literal, Compare):
        return None
    left, right = literal.left, literal.right
    if isinstance(left, Const) and isinstance(right, Const):
        if isinstance(left.value, Sym) or isinstance(right.value, Sym):
            return (left == right) == (literal.op == "=")
        if not all(INT_MIN <= side <= INT_MAX for side in (left.value, right.value)):
            return None
        type = type_of(left, types) or type_of(right, types) or Type.INT
        context = Context({}, Symbols(), Limits())
        codes = [typed(side, types, type).codes(Frame(1, {}), context) for side in (left, right)]
        return bool(compare(literal.op, *codes)[0])
    if isinstance(left, Var) and left == right and literal.op in ("!=", "<", ">"):
        return False
    return None


def _value(expr: TypedExpr) -> int | float | None:
    """The value of a typed expression without variables; None where there is none (division by zero)."""
    try:
        value = expr.values(Frame(1, {}), Context({}, Symbols(), Limits()))[0]
    except EvaluationError:
        return None
    return float(value) if expr.type is Type.FLOAT else int(value)
