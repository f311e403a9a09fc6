"""Proofs as plain data, for `panacea_policy.proofcheck` and for anyone who reads JSON.

Everything a proof rests on is there: its steps, premises before what they support; the rules they use; and,
of each relation that is negated or aggregated, its rows, or how many they are and their digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from panacea_policy.engine.check import BodyInfo, CheckedRule
from panacea_policy.engine.expressions import TypedExpr, type_of, typed
from panacea_policy.engine.order import literal_order
from panacea_policy.engine.premises import AggregatePremise, NegatedPremise
from panacea_policy.engine.proof import Premise, Proof
from panacea_policy.engine.result import Result
from panacea_policy.engine.scope import assigned
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
    Test,
    Var,
    atom_vars,
    atoms,
)
from panacea_policy.engine.text import rule_text
from panacea_policy.engine.values import Symbols, Type

#: The rows of larger relations are not listed.
MAX_LISTED = 1_000

#: Of larger ones no digest is made.
MAX_DIGESTED = 200_000

#: Operations that a checker takes on trust.
_OPAQUE = frozenset({"matches", "version_compare"})

Json = dict[str, Any]


def certify(result: Result, proofs: Sequence[Proof]) -> Json:
    """Some proofs of one result as one document: ``goals``, ``steps``, ``rules`` and ``extensions``.

    `panacea schema proof` says what the keys mean.
    """
    writer = _Writer(result)
    goals = [writer.step(proof) for proof in proofs]
    return {
        "goals": goals,
        "steps": writer.steps,
        "rules": writer.rules,
        "extensions": {name: extension(result, name) for name in sorted(writer.closed)},
    }


def extension(result: Result, relation: str) -> Json:
    """All rows of a relation: how many, their digest, and themselves unless they are too many."""
    count = len(result.table(relation))
    if count > MAX_DIGESTED:
        return {"count": count, "sha256": None, "rows": None}
    rows = [plain_row(row) for row in result.rows(relation)]
    lines = sorted(json.dumps(row, sort_keys=True) for row in rows)
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return {"count": count, "sha256": digest, "rows": rows if count <= MAX_LISTED else None}


def plain_row(row: Iterable[object]) -> list[Any]:
    """A row as JSON has it."""
    return [plain(value) for value in row]


def plain(value: object) -> Any:
    """A value as JSON has it: a tuple is a list, and what JSON does not know is told by its `repr`."""
    if isinstance(value, tuple):
        return plain_row(value)
    return value if value is None or isinstance(value, str | bool | int | float) else {"repr": repr(value)}


def rule_record(checked: CheckedRule, result: Result) -> Json:
    """A rule as data; constants have the types that the engine gives them."""
    return _Rules(result).record(checked)


def known_of(result: Result, proof: Json) -> Json:
    """What a checker may be told of a program, as far as a proof speaks of it: its rules and its facts."""
    names = {rule["name"] for rule in proof["rules"]}
    relations = {step["relation"] for step in proof["steps"] if step["rule"] is None}
    rules = [rule_record(each, result) for each in result.compiled.rules if each.rule.name in names]
    facts = {}
    for name in sorted(relations & result.relations.keys()):
        given = zip(result.rows(name), result.given(name).tolist(), strict=True)
        facts[name] = [plain_row(row) for row, is_given in given if is_given]
    return {"rules": rules, "facts": facts}


class _Writer:
    """Collects the steps and rules of some proofs."""

    def __init__(self, result: Result) -> None:
        self.steps: list[Json] = []
        self.rules: list[Json] = []
        #: Relations that are negated or aggregated.
        self.closed: set[str] = set()
        self._rules = _Rules(result)
        self._checked = {id(checked.rule): checked for checked in result.compiled.rules}
        self._step_of: dict[int, int] = {}
        self._rule_of: dict[int, int] = {}

    def step(self, goal: Proof) -> int:
        """The number of the step of a proof, written after all that it rests on."""
        todo = [goal]
        while todo:
            proof = todo[-1]
            missing = [
                each for each in proof.premises if isinstance(each, Proof) and id(each) not in self._step_of
            ]
            if missing:
                todo.extend(reversed(missing))
                continue
            todo.pop()
            if id(proof) not in self._step_of:
                self._step_of[id(proof)] = len(self.steps)
                self.steps.append(self._record(proof))
        return self._step_of[id(goal)]

    def _record(self, proof: Proof) -> Json:
        return {
            "relation": proof.relation,
            "row": plain_row(proof.row),
            "rule": None if proof.rule is None else self._rule(proof.rule),
            "bindings": {name: plain(value) for name, value in proof.bindings.items()},
            "premises": [self._premise(each) for each in proof.premises],
            "height": proof.height,
        }

    def _premise(self, premise: Premise) -> Json:
        if isinstance(premise, Proof):
            return {"step": self._step_of[id(premise)]}
        if isinstance(premise, NegatedPremise):
            return {"absent": plain_row(premise.row)}
        if isinstance(premise, AggregatePremise):
            members = [{name: plain(value) for name, value in each.items()} for each in premise.members]
            return {"members": members}
        return {}

    def _rule(self, rule: Rule) -> int:
        number = self._rule_of.get(id(rule))
        if number is None:
            number = self._rule_of[id(rule)] = len(self.rules)
            self.rules.append(self._rules.record(self._checked[id(rule)]))
            self.closed.update(atom.relation for atom, inside in atoms(rule.body) if inside or atom.negated)
        return number


class _Rules:
    """Writes rules."""

    def __init__(self, result: Result) -> None:
        self._symbols: Symbols = result.symbols
        self._decls = result.compiled.decls
        self._relations = result.relations

    def record(self, checked: CheckedRule) -> Json:
        rule = checked.rule
        body = [self._literal(literal, checked.info, position) for position, literal in enumerate(rule.body)]
        return {
            "name": rule.name,
            "text": rule_text(rule, self._symbols),
            "head": self._atom(rule.head),
            "body": body,
        }

    def _literal(
        self, literal: Literal, info: BodyInfo, position: int, bound: set[str] | None = None
    ) -> Json:
        """A literal; ``bound``: the variables that have values before it, where that matters."""
        if isinstance(literal, Atom):
            return self._atom(literal)
        if isinstance(literal, Aggregate):
            return self._aggregate(literal, info, position)
        if isinstance(literal, Test):
            args = [self._expr(typed(arg, info.types, Type.SYMBOL)) for arg in literal.args]
            return _operation(literal.function, args, literal.negated, None)
        return self._compare(literal, info.types, bound)

    def _atom(self, atom: Atom) -> Json:
        types = self._decls[atom.relation].types
        terms = [
            {"var": term.name} if isinstance(term, Var) else {"value": self._const(term, type)}
            for term, type in zip(atom.terms, types, strict=True)
        ]
        return {"relation": atom.relation, "terms": terms, "negated": atom.negated}

    def _compare(self, literal: Compare, types: Mapping[str, Type], bound: set[str] | None) -> Json:
        target = None if bound is None else assigned(literal, bound)
        left, right = literal.left, literal.right
        if target is not None and left != target:
            left, right = right, left
        type = type_of(left, types) or type_of(right, types) or Type.INT
        args = [self._expr(typed(side, types, type)) for side in (left, right)]
        return _operation(literal.op, args, False, None if target is None else target.name)

    def _aggregate(self, literal: Aggregate, info: BodyInfo, position: int) -> Json:
        inner = info.inner[position]
        bound = {var.name for var in literal.group}
        body = []
        for number in literal_order(literal.body, inner, bound, self._relations, self._decls, None).positions:
            each = literal.body[number]
            body.append(self._literal(each, inner, number, bound))
            if isinstance(each, Atom) and not each.negated:
                bound.update(atom_vars(each))
            elif isinstance(each, Compare) and (target := assigned(each, bound)) is not None:
                bound.add(target.name)
        value = None
        if literal.value is not None:
            value = self._expr(typed(literal.value, inner.types, info.types[literal.result.name]))
        return {
            "aggregate": literal.op,
            "result": literal.result.name,
            "value": value,
            "group": [var.name for var in literal.group],
            "body": body,
            "empty": literal.op in ("count", "sum") and info.scope.aggregates[position].closed,
            "opaque": "value" if _inside(literal.value) else _is_opaque(literal),
        }

    def _expr(self, expr: TypedExpr) -> Json:
        if isinstance(expr.expr, Apply):
            return {"op": expr.expr.op, "args": [self._expr(arg) for arg in expr.args]}
        if isinstance(expr.expr, Var):
            return {"var": expr.expr.name}
        return {"value": self._const(expr.expr, expr.type)}

    def _const(self, const: Const, type: Type) -> Any:
        if isinstance(const.value, Sym):
            return plain(self._symbols.value(const.value.id))
        # Both zeros are one value to the engine.
        return float(const.value) + 0.0 if type is Type.FLOAT else const.value


def _operation(op: str, args: list[Json], negated: bool, binds: str | None) -> Json:
    opaque = op in _OPAQUE or any(_has_opaque(arg) for arg in args)
    return {"op": op, "args": args, "negated": negated, "opaque": opaque, "binds": binds}


def _has_opaque(expr: Json) -> bool:
    return expr.get("op") in _OPAQUE or any(_has_opaque(arg) for arg in expr.get("args", ()))


def _is_opaque(literal: Aggregate) -> bool:
    """Whether an aggregate has something in its body that a checker does not work out."""
    return any(
        isinstance(each, Aggregate)
        or (isinstance(each, Test) and (each.function in _OPAQUE or any(map(_inside, each.args))))
        or (isinstance(each, Compare) and (_inside(each.left) or _inside(each.right)))
        for each in literal.body
    )


def _inside(expr: Expr | None) -> bool:
    """Whether an expression has an operation that a checker does not work out."""
    return isinstance(expr, Apply) and (expr.op in _OPAQUE or any(map(_inside, expr.args)))
