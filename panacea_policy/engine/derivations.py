"""Every instance of the rules that derive a relation: each rule is joined once more over the final tables.

`derive` gives instances with all their rows and bindings, for proofs and pictures; `supports` gives no more
than which rows of some relations each row follows from, in less time and memory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec
import numpy as np

from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.frame import Context, Frame, distinct_rows
from panacea_policy.engine.plan import Planner, head_vars, row_name
from panacea_policy.engine.steps import Step, run_steps
from panacea_policy.engine.table import Table, sort_order
from panacea_policy.engine.terms import Atom, Const, Rule, atom_vars, const_code
from panacea_policy.engine.values import Codes, Column, decode


class PremiseRows(msgspec.Struct, frozen=True):
    """For each instance of a rule, the row of the table that meets the atom at ``literal`` in the body."""

    literal: int
    relation: str
    rows: Codes


class RuleInstances(msgspec.Struct, frozen=True):
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


class Derivations(msgspec.Struct, frozen=True):
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
    frame = InstancePlan.make(checked, compiled, context).run(context)
    premises = [
        (position, atom.relation, table(atom.relation).positions(frame.columns[row_name(position)]))
        for position, atom in positive_atoms(rule)
    ]
    head = table(rule.head.relation).positions(head_rows(checked, compiled, context, frame))
    names = sorted(checked.info.scope.bound)
    # The premises' rows determine the variables of their atoms; only the others are needed besides.
    from_rows = {name for _, atom in positive_atoms(rule) for name in atom_vars(atom)}
    others = [frame.columns[name] for name in names if name not in from_rows]
    order = sort_order([head, *(rows for _, _, rows in premises), *others], len(head))
    return RuleInstances(
        checked.position,
        rule,
        head[order],
        tuple(PremiseRows(position, relation, rows[order]) for position, relation, rows in premises),
        {name: decode(frame.columns[name][order], checked.info.types[name]) for name in names},
    )


class Supports(msgspec.Struct, frozen=True):
    """What the rows of a rule's head follow from, as far as some relations go; each choice of rows once.

    ``head``: the row of the head's relation; ``premises``: of each positive atom over those relations its
    row. All arrays have shape (number of choices,), are numbered in order of insertion, and come in no
    special order.
    """

    position: int
    rule: Rule
    head: Codes
    premises: tuple[PremiseRows, ...]

    def __len__(self) -> int:
        return len(self.head)


def supports(checked: CheckedRule, compiled: Compiled, context: Context, kept: Collection[str]) -> Supports:
    """What the heads of a rule follow from, as far as the relations ``kept`` go.

    Raises EvaluationError when that is more than the limits allow.
    """
    positions = [position for position, _ in atoms_over(checked.rule, kept)]
    keep = head_vars(checked.rule.head)
    frame = InstancePlan.make(checked, compiled, context, keep=keep, track=positions).run(context)
    head = head_rows(checked, compiled, context, frame)
    return distinct_supports(checked, head, [frame.columns[row_name(each)] for each in positions], kept)


def distinct_supports(
    checked: CheckedRule, head: Codes, rows: Sequence[Codes], kept: Collection[str]
) -> Supports:
    """The distinct ones among rows of a head with those of a rule's atoms over the relations ``kept``."""
    (head, *rows), _ = distinct_rows([head, *rows], len(head))
    atoms = atoms_over(checked.rule, kept)
    premises = tuple(
        PremiseRows(position, atom.relation, each) for (position, atom), each in zip(atoms, rows, strict=True)
    )
    return Supports(checked.position, checked.rule, head, premises)


def atoms_over(rule: Rule, relations: Collection[str]) -> list[tuple[int, Atom]]:
    """The positive atoms of a body over some relations, with their positions."""
    return [each for each in positive_atoms(rule) if each[1].relation in relations]


class InstancePlan(msgspec.Struct, frozen=True):
    """How to find the instances of a rule; made once, run from any frame of its start variables.

    ``columns``: of the frame: the rule's variables, the row numbers of its atoms, and what ``start`` adds.
    """

    checked: CheckedRule
    steps: tuple[Step, ...]
    columns: tuple[str, ...]

    @classmethod
    def make(
        cls,
        checked: CheckedRule,
        compiled: Compiled,
        context: Context,
        start: Iterable[str] = (),
        *,
        keep: Iterable[str] | None = None,
        track: Collection[int] | None = None,
    ) -> InstancePlan:
        """A plan that begins with the variables ``start``; columns of other names are carried along.

        ``keep``: the rule's variables that are wanted (all if None). ``track``: positions of the atoms whose
        rows are wanted (all positive ones if None).
        """
        rule, info = checked.rule, checked.info
        start = list(start)
        variables = sorted(info.scope.bound.union(start) if keep is None else {*keep, *start})
        positions = [position for position, _ in positive_atoms(rule)] if track is None else sorted(track)
        rows = [row_name(position) for position in positions]
        planner = Planner(compiled.decls, context.relations)
        steps = planner.plan(rule.body, info, variables, start=start, track=positions)
        return cls(checked, steps, (*variables, *rows))

    def run(self, context: Context, start: Frame | None = None) -> Frame:
        """All instances, each once. Raises EvaluationError when they are more than the limits allow."""
        rule = self.checked.rule
        context.rule, context.types = rule, self.checked.info.types
        pieces: list[Frame] = []
        found = 0

        def collect(piece: Frame) -> None:
            nonlocal found
            found += piece.count
            if found > context.limits.max_tuples:
                raise context.fail(f"the rule has more than {context.limits.max_tuples} instances")
            pieces.append(piece)

        if all(context.relations[atom.relation].count for _, atom in positive_atoms(rule)):
            run_steps(self.steps, start or Frame(1, {}), context, collect)
        if len(pieces) == 1:
            return pieces[0]
        none = np.empty(0, np.int64)
        return Frame(
            found,
            {
                name: np.concatenate([none, *(piece.columns[name] for piece in pieces)])
                for name in self.columns
            },
        )


def positive_atoms(rule: Rule) -> list[tuple[int, Atom]]:
    """The atoms of a body that stand for a row, with their positions."""
    return [
        (position, literal)
        for position, literal in enumerate(rule.body)
        if isinstance(literal, Atom) and not literal.negated
    ]


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
