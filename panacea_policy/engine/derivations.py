"""Every instance of the rules that derive a relation: each rule is joined once more over the final tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.errors import EvaluationError
from panacea_policy.engine.frame import Context, Frame
from panacea_policy.engine.plan import Planner, const_code, row_name
from panacea_policy.engine.steps import run_steps
from panacea_policy.engine.table import Table
from panacea_policy.engine.terms import Atom, Const, Rule
from panacea_policy.engine.values import Codes, Column, decode


@dataclass(frozen=True, slots=True)
class PremiseRows:
    """For each instance of a rule, the row of the table that meets the atom at ``literal`` in the body."""

    literal: int
    relation: str
    rows: Codes


@dataclass(frozen=True, slots=True)
class RuleInstances:
    """All instances of one rule: choices of a row for every positive atom such that the whole body holds.

    All arrays have shape (number of instances,). ``head`` and the premises' rows are positions in the tables
    of the result; ``bindings`` are the variables' values as in `Table.columns`.
    """

    position: int
    rule: Rule
    head: Codes
    premises: tuple[PremiseRows, ...]
    bindings: Mapping[str, Column]

    def __len__(self) -> int:
        return len(self.head)


@dataclass(frozen=True, slots=True)
class Derivations:
    """Every rule instance that derives a row of ``relation``.

    ``rule`` (positions in the program) and ``head`` (rows of the table) run over all instances, those of
    ``by_rule`` one after the other; within a rule they are sorted by head and premises. Facts given in the
    database have no instance of their own.
    """

    relation: str
    rule: Codes
    head: Codes
    by_rule: tuple[RuleInstances, ...]

    def __len__(self) -> int:
        return len(self.rule)


def derive(name: str, compiled: Compiled, context: Context, table: Callable[[str], Table]) -> Derivations:
    """The derivations of a relation. Raises EvaluationError when they are more than the limits allow."""
    by_rule = tuple(
        _instances(rule, compiled, context, table)
        for rule in compiled.rules
        if rule.rule.head.relation == name
    )
    empty = np.empty(0, np.int64)
    positions = [np.full(len(part), part.position, np.int64) for part in by_rule]
    return Derivations(
        name,
        np.concatenate(positions) if by_rule else empty,
        np.concatenate([part.head for part in by_rule]) if by_rule else empty,
        by_rule,
    )


def _instances(
    checked: CheckedRule, compiled: Compiled, context: Context, table: Callable[[str], Table]
) -> RuleInstances:
    rule = checked.rule
    literals = [
        (position, literal)
        for position, literal in enumerate(rule.body)
        if isinstance(literal, Atom) and not literal.negated
    ]
    frame = rule_instances(checked, compiled, context)
    premises = [
        (position, atom.relation, table(atom.relation).positions(frame.columns[row_name(position)]))
        for position, atom in literals
    ]
    head = table(rule.head.relation).positions(head_rows(checked, compiled, context, frame))
    names = sorted(checked.info.scope.bound)
    keys = [frame.columns[name] for name in reversed(names)] + [rows for _, _, rows in reversed(premises)]
    order = np.lexsort((*keys, head)) if len(head) else np.empty(0, np.int64)
    return RuleInstances(
        checked.position,
        rule,
        head[order],
        tuple(PremiseRows(position, relation, rows[order]) for position, relation, rows in premises),
        {name: decode(frame.columns[name][order], checked.info.types[name]) for name in names},
    )


def rule_instances(
    checked: CheckedRule, compiled: Compiled, context: Context, start: Frame | None = None
) -> Frame:
    """A frame of all instances of a rule.

    Its variables, and the row of each positive atom; from ``start`` if given.
    """
    rule, info = checked.rule, checked.info
    names = sorted(info.scope.bound)
    columns = [*names, *(row_name(p) for p, literal in enumerate(rule.body) if _is_premise(literal))]
    if any(
        _is_premise(literal) and isinstance(literal, Atom) and not context.relations[literal.relation].size
        for literal in rule.body
    ):
        return Frame(0, {name: np.empty(0, np.int64) for name in columns})
    given = start or Frame(1, {})
    extra = [name for name in given.columns if name not in names]
    planner = Planner(compiled.decls, context.relations)
    steps = planner.plan(rule.body, info, [*names, *extra], start=given.columns, track=True)
    pieces: list[Frame] = []
    found = 0

    def collect(piece: Frame) -> None:
        nonlocal found
        found += piece.count
        if found > context.limits.max_tuples:
            raise EvaluationError(
                f"the rule has more than {context.limits.max_tuples} instances",
                rule=rule,
                relation=rule.head.relation,
            )
        pieces.append(piece)

    context.rule, context.types = rule, info.types
    run_steps(steps, given, context, collect)
    return Frame(
        found,
        {
            name: np.concatenate([piece.columns[name] for piece in pieces])
            if pieces
            else np.empty(0, np.int64)
            for name in (*columns, *extra)
        },
    )


def head_rows(checked: CheckedRule, compiled: Compiled, context: Context, frame: Frame) -> Codes:
    """The row numbers, in order of insertion, of the heads of a frame of instances."""
    head = checked.rule.head
    columns = [
        np.full(frame.count, const_code(term, type), np.int64)
        if isinstance(term, Const)
        else frame.columns[term.name]
        for term, type in zip(head.terms, compiled.decls[head.relation].types, strict=True)
    ]
    return context.relations[head.relation].find(columns, frame.count)


def _is_premise(literal: object) -> bool:
    return isinstance(literal, Atom) and not literal.negated
