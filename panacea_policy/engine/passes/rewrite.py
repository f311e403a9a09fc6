"""What passes share: bodies with variables put in place, and programs with some of their rules exchanged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from panacea_policy.engine.check import CheckedRule, check_program
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.terms import (
    Aggregate,
    Apply,
    Atom,
    Compare,
    Const,
    Expr,
    Literal,
    Program,
    RelationDecl,
    Rule,
    Term,
    Test,
    Var,
    atoms,
)

#: New rules by position in the program; None for a rule that is dropped.
Changes = Mapping[int, Rule | None]


def exchanged(compiled: Compiled, changes: Changes) -> Compiled:
    """The program with some rules changed or dropped.

    Rules keep their positions, and strata their relations and order, so that what is counted or said of a
    rule is of the one that the caller wrote. The changed rules must be sound.
    """
    if not changes:
        return compiled
    checked = _rechecked({at: rule for at, rule in changes.items() if rule is not None}, compiled.decls)

    def now(rules: Sequence[CheckedRule]) -> tuple[CheckedRule, ...]:
        found = []
        for rule in rules:
            if rule.position not in changes:
                found.append(rule)
            elif rule.position in checked:
                found.append(checked[rule.position])
        return tuple(found)

    heads = {rule.rule.head.relation for rule in compiled.rules if rule.position in changes}
    strata = tuple(
        stratum if heads.isdisjoint(stratum.relations) else replace(stratum, rules=now(stratum.rules))
        for stratum in compiled.strata
    )
    return replace(compiled, rules=now(compiled.rules), strata=strata, forms={})


def _rechecked(rules: Mapping[int, Rule], decls: Mapping[str, RelationDecl]) -> dict[int, CheckedRule]:
    """Changed rules with their types and scopes, by position, in the places of the old ones."""
    named = {
        atom.relation: None
        for rule in rules.values()
        for atom in (rule.head, *(a for a, _ in atoms(rule.body)))
    }
    _, checked, errors = check_program(Program([decls[name] for name in named], list(rules.values())))
    # INVARIANT: what a pass makes of a sound rule is sound.
    assert not errors, [str(error) for error in errors]
    return {
        position: CheckedRule(position, rule.rule, rule.info)
        for position, rule in zip(rules, checked, strict=True)
    }


def put(literal: Literal, values: Mapping[str, Term]) -> Literal:
    """A literal with variables replaced. An aggregate's group and result must not be among them."""
    if isinstance(literal, Atom):
        return Atom(literal.relation, put_terms(literal.terms, values), literal.negated)
    if isinstance(literal, Compare):
        return Compare(literal.op, put_expr(literal.left, values), put_expr(literal.right, values))
    if isinstance(literal, Test):
        return Test(literal.function, tuple(put_expr(arg, values) for arg in literal.args), literal.negated)
    return literal


def put_terms(terms: Sequence[Term], values: Mapping[str, Term]) -> tuple[Term, ...]:
    """Terms with variables replaced."""
    return tuple(values.get(term.name, term) if isinstance(term, Var) else term for term in terms)


def put_expr(expr: Expr, values: Mapping[str, Term]) -> Expr:
    """An expression with variables replaced."""
    if isinstance(expr, Var):
        return values.get(expr.name, expr)
    if isinstance(expr, Const):
        return expr
    return Apply(expr.op, tuple(put_expr(arg, values) for arg in expr.args))


def renamed(literal: Literal, names: Mapping[str, str]) -> Literal:
    """A literal with variables renamed, inside aggregates too."""
    terms: dict[str, Term] = {old: Var(new) for old, new in names.items()}
    if not isinstance(literal, Aggregate):
        return put(literal, terms)

    def new(var: Var) -> Var:
        return Var(names.get(var.name, var.name))

    return Aggregate(
        new(literal.result),
        literal.op,
        None if literal.value is None else put_expr(literal.value, terms),
        tuple(map(new, literal.group)),
        tuple(renamed(each, names) for each in literal.body),
    )
