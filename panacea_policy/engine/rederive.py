"""What the rows of some rules follow from, after a change: only heads that the change may have touched are
asked again.

A `Changes` of a `Live` result tells which rows came and went. Joined with the rest of a rule's body, over
what was there before or is there now, they tell the heads that may have won or lost an instance.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.delta import (
    ROW,
    DeltaPlans,
    Plan,
    changed_literals,
    gained,
    head_columns,
    head_frame,
    lost,
)
from panacea_policy.engine.derivations import (
    InstancePlan,
    Supports,
    atoms_over,
    distinct_supports,
    head_rows,
)
from panacea_policy.engine.frame import Context, Frame, Limits, distinct_frame
from panacea_policy.engine.index import expand
from panacea_policy.engine.live import Changes
from panacea_policy.engine.plan import head_vars, row_name
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.terms import Atom, Var
from panacea_policy.engine.values import Codes, Column, Symbols, encode, sorted_distinct

_NONE: Codes = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Touched:
    """Heads that a change may have touched: rows that are there, and positions among those that are gone."""

    rows: Codes
    gone: Codes

    def __bool__(self) -> bool:
        return bool(len(self.rows) or len(self.gone))


class Rederivation:
    """Asks again what rows follow from, change by change; plans are made once."""

    def __init__(self, compiled: Compiled, symbols: Symbols, limits: Limits) -> None:
        self._compiled = compiled
        self._context = Context({}, symbols, limits)
        self._relations: dict[str, Relation] = {}
        self._context.relations = self._relations
        self._plans = DeltaPlans(compiled.decls, self._relations)
        #: Plans of rules that stand on their head: see `turned`.
        self._turned_plans = DeltaPlans(compiled.decls, self._relations)
        self._leads: dict[int, InstancePlan] = {}
        self._lost: dict[str, Relation] = {}
        self._gained: dict[str, Relation] = {}

    def begin(self, relations: Mapping[str, Relation], changes: Changes) -> None:
        """Takes in a change and the relations as they are after it."""
        self._context.matches = self._context.work = 0
        self._relations.clear()
        self._relations.update(relations)
        self._lost, self._gained = self._rows(changes.removed), self._rows(changes.added)
        self._relations.update({lost(name): rows for name, rows in self._lost.items()})
        self._relations.update({gained(name): rows for name, rows in self._gained.items()})
        self._context.deltas = {
            way(name): (0, rows.size)
            for way, known in ((lost, self._lost), (gained, self._gained))
            for name, rows in known.items()
        }

    @property
    def changed(self) -> Collection[str]:
        """The relations that have lost or gained rows."""
        return self._lost.keys() | self._gained.keys()

    def lost(self, name: str) -> Relation:
        """The rows that a relation has lost."""
        return self._lost.get(name) or Relation(len(self._compiled.decls[name].columns))

    def gained(self, name: str) -> Relation:
        """The rows that a relation has gained."""
        return self._gained.get(name) or Relation(len(self._compiled.decls[name].columns))

    def touched(self, checked: CheckedRule, gone: Relation) -> Touched:
        """The heads of a rule that may have won or lost an instance; ``gone``: rows that they have lost."""
        return self._touched(checked, gone, self._plans)

    def touched_grounds(self, checked: CheckedRule, atom: Atom, gone: Relation) -> Touched:
        """The rows of an atom of a rule, without a wildcard, from which more or less may follow now."""
        upside_down = CheckedRule(checked.position, replace(checked.rule, head=atom), checked.info)
        return self._touched(upside_down, gone, self._turned_plans)

    def supports(self, checked: CheckedRule, rows: Codes, kept: Collection[str]) -> Supports:
        """What some rows of a rule's head follow from by it now, as far as the relations ``kept`` go."""
        rule = checked.rule
        held, decl = self._relations[rule.head.relation], self._compiled.decls[rule.head.relation]
        own = [position for position, _ in atoms_over(rule, kept)]
        start = head_frame(rule, [column[rows] for column in held.columns()], rows, decl)
        heads, premises = [_NONE], [[_NONE] for _ in own]

        def collect(frame: Frame) -> None:
            heads.append(frame.columns[ROW])
            for position, found in zip(own, premises, strict=True):
                found.append(frame.columns[row_name(position)])

        if start.count and self._may_hold(checked):
            self._run(self._plans.support(checked, own), checked, collect, start)
        joined = [np.concatenate(each) for each in premises]
        return distinct_supports(checked, np.concatenate(heads), joined, kept)

    def leads(self, checked: CheckedRule, atom: Atom, rows: Codes) -> tuple[Codes, Codes]:
        """What follows by a rule from some rows of an atom in its body: rows of the atom, and of the head.

        The atom names what it holds: it has no wildcard.
        """
        plan = self._leads.get(checked.position)
        names = {term.name for term in atom.terms if isinstance(term, Var)}
        if plan is None:
            keep = {ROW, *head_vars(checked.rule.head)}
            plan = self._leads[checked.position] = InstancePlan.make(
                checked, self._compiled, self._context, start=[*sorted(names), ROW], keep=keep, track=()
            )
        held, decl = self._relations[atom.relation], self._compiled.decls[atom.relation]
        turned = replace(checked.rule, head=atom)
        start = head_frame(turned, [column[rows] for column in held.columns()], rows, decl)
        if not start.count or not self._may_hold(checked):
            return _NONE, _NONE
        self._context.also = {}
        frame = plan.run(self._context, start)
        return frame.columns[ROW], head_rows(checked, self._compiled, self._context, frame)

    # ------------------------------------------------------------------------------------------ internals

    def _touched(self, checked: CheckedRule, gone: Relation, plans: DeltaPlans) -> Touched:
        rule = checked.rule
        decl = self._compiled.decls[rule.head.relation]
        held = self._relations[rule.head.relation]
        rows, away = [_NONE], [_NONE]
        literals = list(changed_literals(rule, self.changed))
        if not literals:
            return Touched(_NONE, _NONE)

        def collect(frame: Frame) -> None:
            positions, columns = head_columns(rule, frame, decl)
            for relation, found in ((held, rows), (gone, away)):
                found.append(_matching(relation, positions, columns, frame.count))

        self._context.also = self._lost
        # What was true before is not known of a relation that has gained rows, nor what is now of one that
        # has lost some: so literals that deny rows of either are left out.
        unsure = frozenset(self._lost) | frozenset(self._gained)
        aggregates: dict[int, None] = {}
        for position, inside, atom in literals:
            if inside is not None:
                aggregates[position] = None
                continue
            for known, way in ((self._lost, lost), (self._gained, gained)):
                if atom.relation in known:
                    plan = plans.touched(checked, position, way(atom.relation), unsure, None)
                    self._run(plan, checked, collect)
        for position in aggregates:
            groups = self._changed_groups(checked, position, plans, unsure)
            if groups is not None:
                names = tuple(sorted(groups.columns))
                self._run(plans.of_groups(checked, position, names, unsure), checked, collect, groups)
        self._context.also = {}
        return Touched(*(sorted_distinct(np.concatenate(each)) for each in (rows, away)))

    def _changed_groups(
        self, checked: CheckedRule, position: int, plans: DeltaPlans, unsure: frozenset[str]
    ) -> Frame | None:
        """The groups of an aggregate that may have won or lost members; one without columns: all of them."""
        frames: list[Frame] = []
        for at, inside, atom in changed_literals(checked.rule, self.changed):
            if at != position or inside is None:
                continue
            if not plans.is_plain(checked, position, inside):
                return Frame(1, {})
            for known, way in ((self._lost, lost), (self._gained, gained)):
                if atom.relation in known:
                    plan = plans.touched(checked, position, way(atom.relation), unsure, inside)
                    self._run(plan, checked, frames.append)
        if not frames:
            return None
        shared = set(frames[0].columns).intersection(*(frame.columns for frame in frames))
        if not shared:
            return Frame(1, {})
        columns = {name: np.concatenate([frame.columns[name] for frame in frames]) for name in sorted(shared)}
        return distinct_frame(Frame(sum(frame.count for frame in frames), columns))

    def _run(
        self, plan: Plan, checked: CheckedRule, sink: Callable[[Frame], None], start: Frame | None = None
    ) -> None:
        self._context.rule, self._context.types = checked.rule, checked.info.types
        plan.run(self._context, sink, start)

    def _may_hold(self, checked: CheckedRule) -> bool:
        return all(
            self._relations[each.relation].count
            for each in checked.rule.body
            if isinstance(each, Atom) and not each.negated
        )

    def _rows(self, columns: Mapping[str, Sequence[Column]]) -> dict[str, Relation]:
        found: dict[str, Relation] = {}
        for name, values in columns.items():
            types = self._compiled.decls[name].types
            codes = [encode(each, type) for each, type in zip(values, types, strict=True)]
            relation = found[name] = Relation(len(types))
            relation.append(codes, len(codes[0]) if codes else 1, distinct=True)
        return found


def _matching(relation: Relation, positions: tuple[int, ...], columns: Sequence[Codes], count: int) -> Codes:
    """The rows of a relation that have these values at some positions."""
    if not relation.count:
        return _NONE
    if not positions:
        return relation.rows()
    if len(positions) == relation.arity:
        found = relation.find(columns, count)
        return found[found >= 0]
    matches = relation.index(positions).find(columns, count)
    return np.concatenate([_NONE, *(expand(each)[1] for each in matches)])
