"""Rules in the syntax of the language, as far as people need to read what the engine runs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from panacea_policy.engine.terms import (
    Aggregate,
    Atom,
    Compare,
    Const,
    Expr,
    Literal,
    Rule,
    Sym,
    Test,
    Var,
)
from panacea_policy.engine.values import Symbols

_INFIX = ("+", "-", "*", "/", "%")


def rule_text(rule: Rule, symbols: Symbols) -> str:
    """``head if literal, …``"""
    head = literal_text(rule.head, symbols)
    return f"{head} if {', '.join(literal_text(each, symbols) for each in rule.body)}" if rule.body else head


def renumbered(text: str, names: dict[str, str]) -> str:
    """A text in which variables that a compiler made, such as ``$4472``, are numbered from 1.

    ``names``: those met so far in the same rule; added to.
    """
    return re.sub(r"\$\d+", lambda match: names.setdefault(match[0], f"${len(names) + 1}"), text)


def literal_text(literal: Literal, symbols: Symbols) -> str:
    """A condition as one writes it."""
    if isinstance(literal, Atom):
        return f"{'not ' if literal.negated else ''}{literal.relation}({_listed(literal.terms, symbols)})"
    if isinstance(literal, Compare):
        left, right = expression_text(literal.left, symbols), expression_text(literal.right, symbols)
        return f"{left} {literal.op} {right}"
    if isinstance(literal, Test):
        return f"{'not ' if literal.negated else ''}{literal.function}({_listed(literal.args, symbols)})"
    return _aggregate_text(literal, symbols)


def expression_text(expr: Expr, symbols: Symbols, inside: bool = False) -> str:
    """A term or a computation."""
    if isinstance(expr, Var):
        return "_" if expr.is_wildcard else expr.name
    if isinstance(expr, Const):
        return _constant_text(expr, symbols)
    if expr.op in _INFIX:
        text = f" {expr.op} ".join(expression_text(arg, symbols, inside=True) for arg in expr.args)
        return f"({text})" if inside else text
    return f"{expr.op}({_listed(expr.args, symbols)})"


def _constant_text(const: Const, symbols: Symbols) -> str:
    value: object = const.value
    if not isinstance(value, Sym):
        return str(value)
    value = symbols.value(value.id)
    if isinstance(value, tuple) and len(value) == 1:
        return str(value[0])
    if isinstance(value, str) and not re.fullmatch(r"[a-z_]\w*", value):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def _aggregate_text(aggregate: Aggregate, symbols: Symbols) -> str:
    value = "" if aggregate.value is None else f"{expression_text(aggregate.value, symbols)} "
    group = f"by {', '.join(var.name for var in aggregate.group)} " if aggregate.group else ""
    body = ", ".join(literal_text(each, symbols) for each in aggregate.body)
    return f"{aggregate.result.name} = {aggregate.op}({value}{group}for {body})"


def _listed(terms: Sequence[Expr], symbols: Symbols) -> str:
    return ", ".join(expression_text(term, symbols) for term in terms)
