"""Drops what is said twice: rules that differ in names of variables only, conditions that another implies.

linked(x, y) if edge(x, y), edge(x, _), edge(x, y)     →  linked(x, y) if edge(x, y)
linked(a, b) if edge(a, b)                             →  dropped, it is the rule above
linked(x, y) if linked(x, y), open(x)                  →  dropped, it derives nothing new
"""

from __future__ import annotations

from collections.abc import Sequence

from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.passes.rewrite import Changes, renamed
from panacea_policy.engine.terms import Aggregate, Atom, Compare, Literal, Rule, Var, atom_vars, expr_vars


def repeated(compiled: Compiled) -> Changes:
    """The rules that become shorter, and those that another rule, or their own body, makes needless."""
    changes: dict[int, Rule | None] = {}
    by_head: dict[str, list[CheckedRule]] = {}
    for checked in compiled.rules:
        rule = checked.rule
        name = rule.head.relation
        read = [literal.relation for literal in rule.body if isinstance(literal, Atom)]
        # One that computes is kept: a number that does not exist is reported all the same.
        if (
            name in read
            and rule.head in rule.body
            and not any(isinstance(each, Compare) for each in rule.body)
        ):
            changes[checked.position] = None
            continue
        by_head.setdefault(name, []).append(checked)
        if len(rule.body) > len(read) + 1 or (len(read) > 1 and len(set(read)) < len(read)):
            body = _without_implied(rule.body)
            if len(body) < len(rule.body):
                changes[checked.position] = Rule(rule.head, body, rule.name, rule.origin)
    for same_head in by_head.values():
        if len(same_head) > 1:
            _drop_renamed(same_head, changes)
    return changes


def _drop_renamed(rules: Sequence[CheckedRule], changes: dict[int, Rule | None]) -> None:
    """Drops those of one relation's rules that are an earlier one but for names of variables."""
    alike: dict[tuple[str, ...], list[CheckedRule]] = {}
    for checked in rules:
        key = tuple(
            literal.relation if isinstance(literal, Atom) else type(literal).__name__
            for literal in checked.rule.body
        )
        alike.setdefault(key, []).append(checked)
    for group in alike.values():
        if len(group) > 1:
            seen: set[tuple[Literal, ...]] = set()
            for checked in group:
                form = _canonical(checked.rule)
                if form in seen:
                    changes[checked.position] = None
                seen.add(form)


def _without_implied(body: tuple[Literal, ...]) -> tuple[Literal, ...]:
    """The body without literals that occur before, or that another atom implies."""
    kept: list[Literal] = []
    for place, literal in enumerate(body):
        if literal in kept:
            continue
        others = (*kept, *body[place + 1 :])
        if not any(_implies(other, literal) and other != literal for other in others):
            kept.append(literal)
    return tuple(kept)


def _implies(one: Literal, other: Literal) -> bool:
    """Whether an atom is another with some of its wildcards told."""
    if not isinstance(one, Atom) or not isinstance(other, Atom):
        return False
    if one.relation != other.relation or one.negated or other.negated:
        return False
    return all(
        mine == theirs or (isinstance(theirs, Var) and theirs.is_wildcard)
        for mine, theirs in zip(one.terms, other.terms, strict=True)
    )


def _canonical(rule: Rule) -> tuple[Literal, ...]:
    """Head and body with variables numbered in order of occurrence."""
    names: dict[str, str] = {}
    for literal in (rule.head, *rule.body):
        for name in _names(literal):
            if not name.startswith("_"):
                names.setdefault(name, f"v{len(names)}")
    return tuple(renamed(literal, names) for literal in (rule.head, *rule.body))


def _names(literal: Literal) -> list[str]:
    if isinstance(literal, Atom):
        return atom_vars(literal)
    if isinstance(literal, Aggregate):
        value = [] if literal.value is None else list(expr_vars(literal.value))
        inner = [name for each in literal.body for name in _names(each)]
        return [literal.result.name, *(var.name for var in literal.group), *value, *inner]
    args = (literal.left, literal.right) if isinstance(literal, Compare) else literal.args
    return [name for arg in args for name in expr_vars(arg)]
