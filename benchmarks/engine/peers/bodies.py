"""What the translations need to know of bodies; written apart from the engine, so that both can be wrong only
apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from panacea_policy.engine import Aggregate, Apply, Atom, Compare, Expr, Literal, Rule, Term, Var


def expr_variables(expr: Expr) -> set[str]:
    """Names of the variables of an expression, without wildcards."""
    if isinstance(expr, Apply):
        return {name for arg in expr.args for name in expr_variables(arg)}
    return {expr.name} if isinstance(expr, Var) and not expr.is_wildcard else set()


def variables(literal: Literal) -> set[str]:
    """Names of the variables of a literal; of an aggregate those that it shares with what is around it."""
    if isinstance(literal, Aggregate):
        return {literal.result.name, *(var.name for var in literal.group)}
    if isinstance(literal, Compare):
        return expr_variables(literal.left) | expr_variables(literal.right)
    terms = literal.terms if isinstance(literal, Atom) else literal.args
    return {name for term in terms for name in expr_variables(term)}


def binds(literal: Compare, bound: set[str]) -> tuple[str, Expr] | None:
    """The variable that an equation gives its value to, with that value."""
    if literal.op == "=":
        for left, right in ((literal.left, literal.right), (literal.right, literal.left)):
            if isinstance(left, Var) and left.name not in bound and expr_variables(right) <= bound:
                return left.name, right
    return None


def is_closed(aggregate: Aggregate, body: Sequence[Literal]) -> bool:
    """Whether the rest of the body binds the group, so that empty groups count too."""
    bound: set[str] = set()
    for _ in body:
        for literal in body:
            if isinstance(literal, Atom) and not literal.negated:
                bound |= variables(literal)
            elif isinstance(literal, Compare):
                found = binds(literal, bound)
                bound |= {found[0]} if found else set()
            elif isinstance(literal, Aggregate) and {var.name for var in literal.group} <= bound:
                bound.add(literal.result.name)
                if literal is aggregate:
                    return True
    return False


def has_wildcards(body: Sequence[Literal]) -> bool:
    """Whether some positive atom of the body leaves a column open, so that a projection may repeat rows."""
    return any(
        isinstance(term, Var) and term.is_wildcard
        for literal in body
        if isinstance(literal, Atom) and not literal.negated
        for term in literal.terms
    )


def renamed(aggregate: Aggregate, prefix: str) -> Aggregate:
    """The same aggregate, its own variables renamed so that they are no others of the rule."""
    shared = {var.name for var in aggregate.group}

    def of_expr(expr: Expr) -> Expr:
        if isinstance(expr, Apply):
            return Apply(expr.op, tuple(map(of_expr, expr.args)))
        if isinstance(expr, Var) and expr.name not in shared and not expr.is_wildcard:
            return Var(prefix + expr.name)
        return expr

    def of_term(term: Term) -> Term:
        found = of_expr(term)
        assert not isinstance(found, Apply)
        return found

    def of_literal(literal: Literal) -> Literal:
        if isinstance(literal, Atom):
            return replace(literal, terms=tuple(map(of_term, literal.terms)))
        if isinstance(literal, Compare):
            return Compare(literal.op, of_expr(literal.left), of_expr(literal.right))
        return literal

    value = None if aggregate.value is None else of_expr(aggregate.value)
    return replace(aggregate, value=value, body=tuple(map(of_literal, aggregate.body)))


def positions(rule: Rule, relations: set[str]) -> list[int]:
    """Where the body needs rows of these relations."""
    return [
        position
        for position, literal in enumerate(rule.body)
        if isinstance(literal, Atom) and not literal.negated and literal.relation in relations
    ]


def is_linear(relations: Collection[str], rules: Sequence[Rule]) -> bool:
    """Whether the rules are of one relation, none has two atoms of it, and some rule has none."""
    own = set(relations)
    return len(own) == 1 and {len(positions(rule, own)) for rule in rules} == {0, 1}
