"""Checks a program: names, arities, types, safety. Gives each rule the types and scopes that plans need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from types import MappingProxyType
from typing import Never

import msgspec

from panacea_policy.engine.errors import (
    ArityMismatch,
    DuplicateRelation,
    EngineError,
    UnknownRelation,
    UnsafeVariable,
)
from panacea_policy.engine.infer import Inference
from panacea_policy.engine.scope import Scope, assigned, body_scope, group_vars, needs
from panacea_policy.engine.terms import (
    Aggregate,
    Atom,
    Compare,
    Literal,
    Program,
    RelationDecl,
    Rule,
    Sym,
    Var,
    atom_vars,
    atoms,
    expr_vars,
)
from panacea_policy.engine.values import Type


class BodyInfo(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What is known of a body.

    Types of its variables, scopes, and the same of each aggregate's body by position.
    """

    types: Mapping[str, Type]
    scope: Scope
    inner: Mapping[int, BodyInfo]


_NONE: Mapping[int, Never] = MappingProxyType({})


class CheckedRule(msgspec.Struct, frozen=True):
    """A rule that passed, with its position in the program."""

    position: int
    rule: Rule
    info: BodyInfo


def check_program(program: Program) -> tuple[dict[str, RelationDecl], list[CheckedRule], list[EngineError]]:
    """Declarations by name, the rules that are sound, and all problems in the order of the rules."""
    errors: list[EngineError] = []
    decls: dict[str, RelationDecl] = {}
    for decl in program.relations:
        if decl.name in decls:
            errors.append(DuplicateRelation(decl.name))
        decls.setdefault(decl.name, decl)
    checked: list[CheckedRule] = []
    for position, rule in enumerate(program.rules):
        info = _plain_info(rule, decls)
        if info is None:
            problems: list[EngineError] = []
            info = _check_rule(rule, decls, problems)
            errors.extend(problems)
        if info is not None:
            checked.append(CheckedRule(position, rule, info))
    return decls, checked, errors


def _plain_info(rule: Rule, decls: Mapping[str, RelationDecl]) -> BodyInfo | None:
    """What is known of a rule that one look shows to be sound.

    Such are most: atoms alone, with symbols for constants. None for any other, sound or not.
    """
    types: dict[str, Type] = {}
    absent: list[Atom] = [rule.head]
    for literal in rule.body:
        if not isinstance(literal, Atom):
            return None
        if literal.negated:
            absent.append(literal)
        elif not _fits(literal, decls, types, binds=True):
            return None
    for atom in absent:
        if not _fits(atom, decls, types, binds=False):
            return None
    if rule.head.negated:
        return None
    for term in rule.head.terms:
        # Only a wildcard can still be without a type here.
        if isinstance(term, Var) and term.name not in types:
            return None
    return BodyInfo(types, Scope(frozenset(types), _NONE), _NONE)


def _fits(atom: Atom, decls: Mapping[str, RelationDecl], types: dict[str, Type], binds: bool) -> bool:
    """Whether an atom agrees with its declaration and with the types so far; adds those that it settles."""
    decl = decls.get(atom.relation)
    if decl is None or len(decl.types) != len(atom.terms):
        return False
    for term, type in zip(atom.terms, decl.types, strict=True):
        if isinstance(term, Var):
            known = types.get(term.name)
            if known is type or term.name[:1] == "_":
                continue
            if known is not None or not binds:
                return False
            types[term.name] = type
        elif type is not Type.SYMBOL or not isinstance(term.value, Sym):
            return False
    return True


def _check_rule(rule: Rule, decls: Mapping[str, RelationDecl], errors: list[EngineError]) -> BodyInfo | None:
    _check_relations(rule, decls, errors)
    if rule.head.negated:
        errors.append(EngineError("a head cannot be negated", rule=rule, help="derive the opposite relation"))
    inference = Inference(rule, decls, errors)
    inference.run(rule.body)
    if inference.atom(rule.head):
        inference.run(rule.body)
    scope = body_scope(rule.body, frozenset())
    reported: set[str] = set()
    _check_safety(rule, rule.body, scope, reported, errors)
    for term in rule.head.terms:
        if isinstance(term, Var) and (term.is_wildcard or term.name not in scope.bound):
            _unsafe(rule, term.name, f"`{term}` in the head is not bound by the body", reported, errors)
    return None if errors else _body_info(rule.body, inference, scope)


def _check_relations(rule: Rule, decls: Mapping[str, RelationDecl], errors: list[EngineError]) -> None:
    for atom in (rule.head, *(atom for atom, _ in atoms(rule.body))):
        decl = decls.get(atom.relation)
        if decl is None:
            import difflib  # only mistakes need it

            close = difflib.get_close_matches(atom.relation, decls, 1)
            errors.append(UnknownRelation(rule, atom.relation, close[0] if close else None))
        elif len(decl.columns) != len(atom.terms):
            columns = ", ".join(name for name, _ in decl.columns)
            expected = f"{len(decl.columns)} columns ({columns})" if columns else "no columns"
            errors.append(ArityMismatch(rule, atom.relation, expected, len(atom.terms)))


def _check_safety(
    rule: Rule, body: Sequence[Literal], scope: Scope, reported: set[str], errors: list[EngineError]
) -> None:
    bound = scope.bound
    outside = _plain_vars(body) if scope.aggregates else set()
    if body is rule.body:
        outside.update(atom_vars(rule.head))
    for position, literal in enumerate(body):
        if isinstance(literal, Aggregate):
            _check_aggregate(rule, position, literal, scope, outside, reported, errors)
            continue
        if isinstance(literal, Atom) and not literal.negated:
            continue
        for name in sorted(needs(literal) - bound):
            if isinstance(literal, Compare) and assigned(literal, bound) is not None:
                continue
            what = "a negated condition" if isinstance(literal, Atom) else "a condition"
            _unsafe(
                rule, name, f"`{name}` occurs in {what} (`{literal}`) but nothing binds it", reported, errors
            )


def _check_aggregate(
    rule: Rule,
    position: int,
    aggregate: Aggregate,
    scope: Scope,
    outside: Set[str],
    reported: set[str],
    errors: list[EngineError],
) -> None:
    group = group_vars(aggregate)
    seeds = scope.aggregates[position].seeds
    inner = body_scope(aggregate.body, seeds)
    for name in sorted(group - inner.bound):
        _unsafe(rule, name, f"`{name}` groups {aggregate.op} but nothing binds it", reported, errors)
    value = set() if aggregate.value is None else set(expr_vars(aggregate.value))
    for name in sorted(value - inner.bound):
        _unsafe(rule, name, f"`{name}` is not bound inside {aggregate.op}", reported, errors)
    result = aggregate.result
    if result.is_wildcard or result.name in inner.bound | value:
        message = f"the result of {aggregate.op} needs a variable of its own, not `{result}`"
        _unsafe(rule, result.name, message, reported, errors)
    shared = (_plain_vars(aggregate.body) | inner.bound | value) & outside - group
    for name in sorted(shared - {result.name}):
        help = f"add `{name}` to the group, or give the inner variable another name"
        _unsafe(rule, name, f"`{name}` stands both inside and outside {aggregate.op}", reported, errors, help)
    _check_safety(rule, aggregate.body, inner, reported, errors)


def _plain_vars(body: Sequence[Literal]) -> set[str]:
    """Variables of the literals of a body themselves: of an aggregate, its result and its group."""
    names: set[str] = set()
    for literal in body:
        if isinstance(literal, Aggregate):
            names |= group_vars(literal) | {literal.result.name}
        elif isinstance(literal, Atom):
            names.update(atom_vars(literal))
        else:
            names |= {name for name in needs(literal) if not name.startswith("_")}
    return names


def _unsafe(
    rule: Rule,
    name: str,
    message: str,
    reported: set[str],
    errors: list[EngineError],
    help: str = "",
) -> None:
    if name in reported:
        return
    reported.add(name)
    if not help:
        help = "use it in a positive condition on a relation, or set it with `=`"
        if name.startswith("_"):
            help = "a name that begins with `_` stands for any value and binds nothing; rename it"
    errors.append(UnsafeVariable(rule, name, message, help))


def _body_info(body: Sequence[Literal], inference: Inference, scope: Scope) -> BodyInfo:
    inner: dict[int, BodyInfo] = {}
    for position, aggregate in scope.aggregates.items():
        literal = body[position]
        assert isinstance(literal, Aggregate)
        inner_scope = body_scope(literal.body, aggregate.seeds)
        inner[position] = _body_info(literal.body, inference.inner[position], inner_scope)
    return BodyInfo(inference.settled(), scope, inner)
