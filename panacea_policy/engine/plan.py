"""Turns a body into steps, in the order that `order` finds, each keeping only the variables needed later."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from panacea_policy.engine.aggregate import SEED, AggregateStep
from panacea_policy.engine.check import BodyInfo, CheckedRule
from panacea_policy.engine.expressions import compared, typed
from panacea_policy.engine.options import ALL_ON, Options
from panacea_policy.engine.order import FEW_ROWS, Order, literal_order, shape_of
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.scope import assigned, group_vars, needs
from panacea_policy.engine.steps import (
    Assign,
    Check,
    DeltaScan,
    Distinct,
    Filter,
    Join,
    KeySource,
    Pattern,
    SemiJoin,
    Step,
)
from panacea_policy.engine.terms import (
    Aggregate,
    Atom,
    Compare,
    Const,
    Literal,
    RelationDecl,
    Test,
    Var,
    atom_vars,
    const_code,
    expr_vars,
)
from panacea_policy.engine.trace import PlanTrace
from panacea_policy.engine.values import Type


class Planner(msgspec.Struct, frozen=True):
    """Makes plans for the relations as they are now; their sizes decide the order of joins."""

    decls: Mapping[str, RelationDecl]
    relations: Mapping[str, Relation]
    options: Options = ALL_ON
    #: Orders found before, by the shape of the body; for bodies over few rows, where looking costs most.
    orders: dict[object, Order] | None = None

    def plan(
        self,
        body: Sequence[Literal],
        info: BodyInfo,
        keep: Iterable[str],
        *,
        start: Iterable[str] = (),
        delta: int | None = None,
        track: Collection[int] = (),
        trace: PlanTrace | None = None,
    ) -> tuple[Step, ...]:
        """Steps from a frame of the variables ``start`` to frames of the variables ``keep``.

        ``delta``: the position of the atom to begin with, over the newest rows of its relation. ``track``:
        positions of positive atoms that also give the number of their row, in a column named by `row_name`.
        ``trace``: takes note of the steps and counts what they give.
        """
        found = self._order(body, info, start, delta, told=trace is not None)
        order = found.positions
        final = frozenset(keep).union(map(row_name, track))
        if not self.options.on("early_projection"):
            final = final.union(start, *(_mentioned(body[position], info, position) for position in order))
        live: list[frozenset[str]] = [final]
        for position in reversed(order):
            live.append(live[-1] | _mentioned(body[position], info, position))
        live.reverse()
        steps: list[Step] = []
        have = set(start)
        # Whether frames may have repeats: some variable, or a column of an atom, has been dropped.
        repeats = False
        for number, position in enumerate(order):
            after = live[number + 1]
            first = delta is not None and number == 0
            step, now = self._step(body[position], position, info, have, after, first, track)
            if repeats and have and isinstance(step, Join) and not track and self._distinct_early:
                steps.append(Distinct() if trace is None else trace.counted(Distinct(), None, None))
                repeats = False
            if trace is None:
                steps.append(step)
            else:
                steps.append(trace.counted(step, body[position], found.rows[number]))
            repeats = repeats or not have <= now or _drops(step, self.decls)
            have = now
        return tuple(steps)

    def _order(
        self, body: Sequence[Literal], info: BodyInfo, start: Iterable[str], delta: int | None, told: bool
    ) -> Order:
        bound = frozenset(start)
        known, key = self.orders, None
        if known is not None and not told and all(self._is_few(literal) for literal in body):
            key = tuple(map(shape_of, body)), bound, delta
            if key in known:
                return known[key]
        found = literal_order(body, info, bound, self.relations, self.decls, delta, self.options, told=told)
        if known is not None and key is not None:
            known[key] = found
        return found

    def _is_few(self, literal: Literal) -> bool:
        return not isinstance(literal, Atom) or self.relations[literal.relation].count < FEW_ROWS

    @property
    def _distinct_early(self) -> bool:
        return self.options.on("early_distinct")

    def _step(
        self,
        literal: Literal,
        position: int,
        info: BodyInfo,
        have: set[str],
        after: frozenset[str],
        delta: bool,
        track: Collection[int],
    ) -> tuple[Step, set[str]]:
        """The step of one literal and the variables that frames have after it."""
        if isinstance(literal, Atom):
            return self._atom_step(literal, position, have, after, delta, track)
        if isinstance(literal, Aggregate):
            return self._aggregate_step(literal, position, info, have, after)
        if isinstance(literal, Test):
            keep = _ordered(have & after)
            args = tuple(typed(arg, info.types, Type.SYMBOL) for arg in literal.args)
            return Check(literal, args, keep), set(keep)
        return self._compare_step(literal, info, have, after)

    def _atom_step(
        self,
        atom: Atom,
        position: int,
        have: set[str],
        after: frozenset[str],
        delta: bool,
        track: Collection[int],
    ) -> tuple[Step, set[str]]:
        types = self.decls[atom.relation].types
        key: list[int] = []
        sources: list[KeySource] = []
        first_at: dict[str, int] = {}
        same: list[tuple[int, int]] = []
        for column, term in enumerate(atom.terms):
            if isinstance(term, Const):
                key.append(column)
                sources.append(const_code(term, types[column]))
            elif term.is_wildcard:
                continue
            elif term.name in have:
                key.append(column)
                sources.append(term.name)
            elif term.name in first_at:
                same.append((first_at[term.name], column))
            else:
                first_at[term.name] = column
        outputs = tuple((column, name) for name, column in first_at.items() if name in after)
        row = row_name(position) if position in track else None
        pattern = Pattern(atom.relation, tuple(key), tuple(sources), outputs, tuple(same), row)
        exists = atom.negated or self.options.on("semi_join")
        if exists and not delta and not outputs and not same and row is None:
            keep = _ordered(have & after)
            return SemiJoin(pattern, atom.negated, keep), set(keep)
        new = {name for _, name in outputs} | ({row} if row is not None else set())
        keep = _ordered((have & after) | new)
        return (DeltaScan(pattern, keep) if delta else Join(pattern, keep)), set(keep)

    def _compare_step(
        self, literal: Compare, info: BodyInfo, have: set[str], after: frozenset[str]
    ) -> tuple[Step, set[str]]:
        target = assigned(literal, have)
        if target is not None:
            source = literal.right if literal.left == target else literal.left
            keep = _ordered((have | {target.name}) & after)
            value = typed(source, info.types, info.types[target.name])
            return Assign(target.name, value, keep), set(keep)
        left, right = compared(literal, info.types)
        keep = _ordered(have & after)
        return Filter(literal.op, left, right, keep), set(keep)

    def _aggregate_step(
        self, aggregate: Aggregate, position: int, info: BodyInfo, have: set[str], after: frozenset[str]
    ) -> tuple[Step, set[str]]:
        scope, inner = info.scope.aggregates[position], info.inner[position]
        group = group_vars(aggregate)
        others = _ordered(group - scope.seeds)
        used = set() if aggregate.value is None else set(expr_vars(aggregate.value))
        # Repeats do not change a minimum or a maximum, so bindings need not be told apart there.
        locals_ = used if aggregate.op in ("min", "max") else set(inner.scope.bound)
        result_type = info.types[aggregate.result.name]
        keep = _ordered((have | group | {aggregate.result.name}) & after)
        step = AggregateStep(
            op=aggregate.op,
            result=aggregate.result.name,
            result_type=result_type,
            value=None if aggregate.value is None else typed(aggregate.value, inner.types, result_type),
            seeds=_ordered(scope.seeds),
            others=others,
            locals=_ordered(locals_ - group),
            steps=self.plan(
                aggregate.body,
                inner,
                {SEED, *others, *locals_},
                start={SEED, *scope.seeds},
            ),
            closed=scope.closed,
            keep=keep,
        )
        return step, set(keep)


def row_name(position: int) -> str:
    """The column for the row numbers of the atom at this position of a body."""
    return f"#{position}"


def _drops(step: Step, decls: Mapping[str, RelationDecl]) -> bool:
    """Whether a join leaves out columns of its relation, so that several rows may look the same."""
    if not isinstance(step, Join | DeltaScan):
        return False
    pattern = step.pattern
    used = len(pattern.key) + len(pattern.outputs) + len(pattern.same)
    return used < len(decls[pattern.relation].columns)


def _mentioned(literal: Literal, info: BodyInfo, position: int) -> frozenset[str]:
    """The variables that must be present for a literal to be decided."""
    if isinstance(literal, Atom):
        return frozenset(atom_vars(literal))
    if isinstance(literal, Aggregate):
        return group_vars(literal) | {literal.result.name}
    return needs(literal)


def _ordered(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


def head_vars(atom: Atom) -> frozenset[str]:
    """The variables that a head needs."""
    return frozenset(term.name for term in atom.terms if isinstance(term, Var))


def heads_differ(checked: CheckedRule) -> bool:
    """Whether different bindings of the body always give different heads, and a plan gives each once.

    So it is if the head tells all variables, and these tell the row of every atom.
    """
    if len(head_vars(checked.rule.head)) < len(checked.info.scope.bound):
        return False
    return not any(
        isinstance(term, Var) and term.is_wildcard
        for literal in checked.rule.body
        if isinstance(literal, Atom) and not literal.negated
        for term in literal.terms
    )
