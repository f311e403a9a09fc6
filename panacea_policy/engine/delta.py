"""Plans for rules of which one literal has changed: what they may have lost, and what they give now.

A plan begins at the changed literal, with the rows that its relation lost or gained, and joins the rest of
the body. `DeltaPlans` makes each plan once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from panacea_policy.engine.check import BodyInfo, CheckedRule
from panacea_policy.engine.frame import Context, Frame
from panacea_policy.engine.plan import Planner, head_vars, row_name
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.scope import Scope, body_scope, group_vars, needs
from panacea_policy.engine.steps import Step, run_steps
from panacea_policy.engine.terms import (
    Aggregate,
    Atom,
    Const,
    Literal,
    RelationDecl,
    Rule,
    const_code,
)
from panacea_policy.engine.values import Codes

#: The column for the number of the row that a frame's binding belongs to.
ROW = "#row"

_NOWHERE: Mapping[int, BodyInfo] = {}


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps and the columns that their frames have."""

    steps: tuple[Step, ...]
    columns: tuple[str, ...]

    def run(self, context: Context, sink: Callable[[Frame], None], start: Frame | None = None) -> None:
        """Hands every frame to ``sink``; begins with ``start``, or with the changed rows."""
        run_steps(self.steps, start or Frame(1, {}), context, sink)


def lost(name: str) -> str:
    """The name under which plans find the rows that a relation has lost."""
    return f"\0lost {name}"


def gained(name: str) -> str:
    """The name under which plans find the rows that a relation has gained."""
    return f"\0gained {name}"


class DeltaPlans:
    """The plans of one program over relations that change; ``lost`` and ``gained`` name the changes."""

    def __init__(self, decls: Mapping[str, RelationDecl], relations: Mapping[str, Relation]) -> None:
        changes = {
            way(name): RelationDecl(way(name), decl.columns)
            for name, decl in decls.items()
            for way in (lost, gained)
        }
        self._decls = {**decls, **changes}
        self._planner = Planner(self._decls, relations, orders={})
        self._plans: dict[object, Plan] = {}

    @staticmethod
    def is_plain(checked: CheckedRule, position: int, inside: int) -> bool:
        """Whether the literal at a place inside an aggregate is an atom, not an aggregate of its own."""
        literal = checked.rule.body[position]
        return isinstance(literal, Aggregate) and isinstance(literal.body[inside], Atom)

    def touched(
        self, checked: CheckedRule, position: int, change: str, unsure: frozenset[str], inside: int | None
    ) -> Plan:
        """To find the heads that may rest on changed rows at a literal: more than those that do.

        ``change``: the name of the changed rows. ``unsure``: relations whose absent rows cannot be told; the
        literals that negate them are left out, as are aggregates. ``inside``: the changed literal stands in
        the body of the aggregate at ``position``, there at this place; the plan then gives the bindings of
        the group.
        """
        key = ("touched", checked.position, position, change, unsure, inside)
        if key not in self._plans:
            self._plans[key] = self._touched(checked, position, change, unsure, inside)
        return self._plans[key]

    def of_groups(
        self, checked: CheckedRule, position: int, groups: tuple[str, ...], unsure: frozenset[str]
    ) -> Plan:
        """To find the heads that may rest on groups of the aggregate at ``position``."""
        key = ("of groups", checked.position, position, groups, unsure)
        if key not in self._plans:
            body = [each for at, each in enumerate(checked.rule.body) if at != position]
            self._plans[key] = self._weak(body, checked.info, head_vars(checked.rule.head), groups, unsure)
        return self._plans[key]

    def given(self, checked: CheckedRule, position: int, change: str) -> Plan:
        """To find the heads that follow from changed rows at a literal."""
        key = ("given", checked.position, position, change)
        if key not in self._plans:
            body = list(checked.rule.body)
            literal = body[position]
            assert isinstance(literal, Atom)
            at = position
            if literal.negated:
                at = len(body)
                body.append(replace(literal, relation=change, negated=False))
            else:
                body[position] = replace(literal, relation=change)
            keep = head_vars(checked.rule.head)
            steps = self._planner.plan(body, checked.info, keep, delta=at)
            self._plans[key] = Plan(steps, tuple(sorted(keep)))
        return self._plans[key]

    def from_groups(self, checked: CheckedRule, groups: tuple[str, ...]) -> Plan:
        """To find the heads that follow for some groups of an aggregate."""
        key = ("from groups", checked.position, groups)
        if key not in self._plans:
            keep = head_vars(checked.rule.head)
            info = seeded(checked.info, groups)
            steps = self._planner.plan(checked.rule.body, info, keep, start=groups)
            self._plans[key] = Plan(steps, tuple(sorted(keep)))
        return self._plans[key]

    def support(self, checked: CheckedRule, own: Collection[int]) -> Plan:
        """To find out which heads have an instance: starts from heads with their row numbers in `ROW`.

        ``own``: positions of atoms whose row numbers are wanted too.
        """
        key = ("support", checked.position, tuple(own))
        if key not in self._plans:
            start = sorted({*head_vars(checked.rule.head), ROW})
            info = seeded(checked.info, start)
            steps = self._planner.plan(checked.rule.body, info, [ROW], start=start, track=own)
            self._plans[key] = Plan(steps, (ROW, *map(row_name, own)))
        return self._plans[key]

    def _touched(
        self, checked: CheckedRule, position: int, change: str, unsure: frozenset[str], inside: int | None
    ) -> Plan:
        literal = checked.rule.body[position]
        body: Sequence[Literal] = checked.rule.body
        info, keep = checked.info, head_vars(checked.rule.head)
        if inside is not None:
            assert isinstance(literal, Aggregate)
            body, info, keep = literal.body, info.inner[position], group_vars(literal)
            position, literal = inside, literal.body[inside]
        assert isinstance(literal, Atom)
        changed = replace(literal, relation=change, negated=False)
        rest = [each for at, each in enumerate(body) if at != position]
        return self._weak([changed, *rest], info, keep, (), unsure, delta=0)

    def _weak(
        self,
        body: Sequence[Literal],
        info: BodyInfo,
        keep: Iterable[str],
        given: tuple[str, ...],
        unsure: frozenset[str],
        delta: int | None = None,
    ) -> Plan:
        """A plan of what can be told of a body; of the variables to keep, those that it binds."""
        sure = [each for each in body if not isinstance(each, Aggregate) and not _denies(each, unsure)]
        bound = body_scope(sure, frozenset(given)).bound
        sure = [each for each in sure if needs(each) <= bound]
        kept = sorted(bound.intersection(keep))
        steps = self._planner.plan(
            sure, BodyInfo(info.types, Scope(bound, {}), _NOWHERE), kept, start=given, delta=delta
        )
        return Plan(steps, tuple(kept))


def seeded(info: BodyInfo, bound: Collection[str]) -> BodyInfo:
    """The same body when more variables are bound from outside: aggregates need only these groups.

    An aggregate that is open stays so: a group without members has no result.
    """
    aggregates = {
        position: replace(scope, seeds=scope.seeds | (info.inner[position].scope.bound & frozenset(bound)))
        for position, scope in info.scope.aggregates.items()
    }
    return replace(info, scope=replace(info.scope, aggregates=aggregates))


def changed_literals(rule: Rule, names: Collection[str]) -> Iterator[tuple[int, int | None, Atom]]:
    """The atoms over some relations: position in the body, position in an aggregate's body there, atom.

    Of an aggregate within an aggregate, the position is that of the inner aggregate, and the atom its own.
    """
    for position, literal in enumerate(rule.body):
        if isinstance(literal, Atom):
            if literal.relation in names:
                yield position, None, literal
        elif isinstance(literal, Aggregate):
            for inside, inner in enumerate(literal.body):
                if isinstance(inner, Atom) and inner.relation in names:
                    yield position, inside, inner
                elif isinstance(inner, Aggregate):
                    for atom in _atoms_of(inner):
                        if atom.relation in names:
                            yield position, inside, atom


def head_frame(rule: Rule, columns: Sequence[Codes], rows: Codes, decl: RelationDecl) -> Frame:
    """The bindings of the head's variables for rows that it may have, given by columns; numbers in `ROW`."""
    chosen = np.ones(len(rows), np.bool_)
    found: dict[str, Codes] = {ROW: rows}
    for term, type, codes in zip(rule.head.terms, decl.types, columns, strict=True):
        if isinstance(term, Const):
            chosen &= codes == const_code(term, type)
        elif term.name in found:
            chosen &= codes == found[term.name]
        else:
            found[term.name] = codes
    return Frame(len(rows), found).select(chosen, found)


def head_columns(rule: Rule, frame: Frame, decl: RelationDecl) -> tuple[tuple[int, ...], list[Codes]]:
    """The positions of a head that a frame tells, and their codes."""
    positions: list[int] = []
    columns: list[Codes] = []
    for position, (term, type) in enumerate(zip(rule.head.terms, decl.types, strict=True)):
        if isinstance(term, Const):
            positions.append(position)
            columns.append(np.full(frame.count, const_code(term, type), np.int64))
        elif term.name in frame.columns:
            positions.append(position)
            columns.append(frame.columns[term.name])
    return tuple(positions), columns


def _atoms_of(aggregate: Aggregate) -> Iterator[Atom]:
    for literal in aggregate.body:
        if isinstance(literal, Atom):
            yield literal
        elif isinstance(literal, Aggregate):
            yield from _atoms_of(literal)


def _denies(literal: Literal, names: Collection[str]) -> bool:
    """Whether a literal is true where some relation has no row."""
    return isinstance(literal, Atom) and literal.negated and literal.relation in names
