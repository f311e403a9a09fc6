"""Checks proofs against the rules and the oracle, and finds smallest heights by brute force."""

from __future__ import annotations

from typing import Any

from panacea_policy.engine import (
    Aggregate,
    AggregatePremise,
    Atom,
    NegatedPremise,
    Proof,
    Result,
    Sym,
    TestPremise,
    Type,
)
from tests.engine.oracle import Env, Facts, Oracle, Row


def smallest_heights(oracle: Oracle, facts: Facts) -> dict[tuple[str, Row], int]:
    """The smallest height of every row, lowered from derivation to derivation until nothing changes."""
    height: dict[tuple[str, Row], int] = {(name, row): 0 for name, rows in facts.items() for row in rows}
    steps = []
    for rule in oracle.program.rules:
        names = [x.relation for x in rule.body if isinstance(x, Atom) and not x.negated]
        for head, rows, _ in oracle.instances(rule):
            steps.append(((rule.head.relation, head), list(zip(names, rows, strict=True))))
    changed = True
    while changed:
        changed = False
        for goal, premises in steps:
            if all(premise in height for premise in premises):
                reached = 1 + max((height[premise] for premise in premises), default=0)
                if reached < height.get(goal, reached + 1):
                    height[goal] = reached
                    changed = True
    return height


def verify(proof: Proof, result: Result, oracle: Oracle) -> None:
    """Asserts that every step of a proof follows from its premises by its rule."""
    for node in proof.walk():
        row = stored(node.row, oracle.types[node.relation], result)
        if node.rule is None:
            table = result.table(node.relation)
            position = table.find([value.id if isinstance(value, Sym) else value for value in row])
            assert position is not None
            assert result.given(node.relation)[position]
            assert node.height == 0
            assert not node.premises
            continue
        types = result.compiled.rules[result.compiled.program.rules.index(node.rule)].info.types
        env = {name: stored_value(value, types[name], result) for name, value in node.bindings.items()}
        assert oracle.head(node.rule, env) == row
        below = [premise.height for premise in node.premises if isinstance(premise, Proof)]
        assert node.height == 1 + max(below, default=0)
        for literal, premise in zip(node.rule.body, node.premises, strict=True):
            if isinstance(premise, Proof):
                assert isinstance(literal, Atom)
                meets = stored(premise.row, oracle.types[premise.relation], result)
                assert premise.relation == literal.relation
                assert oracle.match(literal, oracle.types[literal.relation], meets, env) == env
            elif isinstance(premise, AggregatePremise):
                verify_aggregate(premise, literal, env, oracle)
            else:
                assert isinstance(premise, TestPremise | NegatedPremise)
                assert list(oracle.solve([literal], env)) == [env]


def verify_aggregate(premise: AggregatePremise, literal: object, env: Env, oracle: Oracle) -> None:
    aggregate = premise.aggregate
    assert isinstance(literal, Aggregate)
    assert aggregate == literal
    start = {var.name: env[var.name] for var in aggregate.group}
    members = list(oracle.solve(aggregate.body, start))
    assert len(members) == len(premise.members)
    result = oracle.fold(aggregate, members)
    assert result == env[aggregate.result.name] == premise.value
    assert sorted(var.name for var in aggregate.group) == sorted(premise.group)


def stored(row: tuple[object, ...], types: list[Type], result: Result) -> Row:
    return tuple(stored_value(value, type, result) for value, type in zip(row, types, strict=True))


def stored_value(value: object, type: Type, result: Result) -> Any:
    if type is not Type.SYMBOL:
        return value
    assert isinstance(value, str)
    return Sym(result.symbols.intern(value))
