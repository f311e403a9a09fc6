"""Which variables the literals of a body bind, and when an aggregate's empty groups count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import msgspec

from panacea_policy.engine.terms import Aggregate, Atom, Compare, Literal, Test, Var, atom_vars, expr_vars


class AggregateScope(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """How an aggregate is run: its body starts from the bindings of ``seeds``, the group variables bound
    around it.

    ``closed``: all its group variables are seeds, so that groups without bindings are known and count.
    """

    seeds: frozenset[str]
    closed: bool


class Scope(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The variables that a body binds, and the scope of each of its aggregates by position in the body."""

    bound: frozenset[str]
    aggregates: Mapping[int, AggregateScope]


def body_scope(body: Sequence[Literal], given: Set[str]) -> Scope:
    """The scope of a body when the variables ``given`` are bound from outside.

    The result does not depend on the order of literals: aggregates whose group is bound without the help of
    other aggregates' groups are closed; the remaining ones are open, all at once.
    """
    bound = set(given)
    others = False
    for literal in body:
        if not isinstance(literal, Atom):
            others = True
        elif not literal.negated:
            bound.update(atom_vars(literal))
    scopes: dict[int, AggregateScope] = {}
    if not others:
        return Scope(frozenset(bound), scopes)
    _settle(body, bound, scopes)
    seeds = frozenset(bound)
    for position, literal in enumerate(body):
        if isinstance(literal, Aggregate) and position not in scopes:
            group = group_vars(literal)
            scopes[position] = AggregateScope(group & seeds, closed=False)
            if body_scope(literal.body, group & seeds).bound >= group:
                bound |= group | {literal.result.name}
    _settle(body, bound, scopes)
    return Scope(frozenset(bound), scopes)


def group_vars(aggregate: Aggregate) -> frozenset[str]:
    """Names of the group variables."""
    return frozenset(var.name for var in aggregate.group)


def assigned(literal: Compare, bound: Set[str]) -> Var | None:
    """The variable that an equality binds, given what is bound already; None when it binds none."""
    if literal.op != "=":
        return None
    for target, source in ((literal.left, literal.right), (literal.right, literal.left)):
        if isinstance(target, Var) and not target.is_wildcard and target.name not in bound:
            return target if bound >= set(expr_vars(source)) else None
    return None


def needs(literal: Literal) -> frozenset[str]:
    """The variables that must be bound before a comparison, a test or a negated atom can be decided."""
    if isinstance(literal, Compare):
        return frozenset((*expr_vars(literal.left), *expr_vars(literal.right)))
    if isinstance(literal, Test):
        return frozenset(name for arg in literal.args for name in expr_vars(arg))
    if isinstance(literal, Atom):
        return frozenset(atom_vars(literal)) if literal.negated else frozenset()
    return group_vars(literal)


def _settle(body: Sequence[Literal], bound: set[str], scopes: dict[int, AggregateScope]) -> None:
    """Adds what assignments and closed aggregates bind until nothing changes."""
    size = -1
    while size != len(bound):
        size = len(bound)
        for position, literal in enumerate(body):
            if isinstance(literal, Compare):
                target = assigned(literal, bound)
                if target is not None:
                    bound.add(target.name)
            elif isinstance(literal, Aggregate) and position not in scopes and group_vars(literal) <= bound:
                scopes[position] = AggregateScope(group_vars(literal), closed=True)
                bound.add(literal.result.name)
