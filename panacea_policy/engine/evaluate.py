"""Evaluates a program stratum by stratum, semi-naively.

Each round joins only what the round before derived.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass

import numpy as np

from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.frame import Context, Frame, Limits
from panacea_policy.engine.plan import Planner, const_code, head_vars, heads_differ
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.result import Result, RuleStats
from panacea_policy.engine.small import SmallRules
from panacea_policy.engine.steps import Step, run_steps
from panacea_policy.engine.stratify import Stratum, needed_for
from panacea_policy.engine.table import Database
from panacea_policy.engine.terms import Atom, Const, Rule, Var
from panacea_policy.engine.values import Codes

_REPLAN_GROWTH = 8


def evaluate(
    compiled: Compiled, database: Database, *, only: Iterable[str] | None = None, limits: Limits | None = None
) -> Result:
    """All that follows from the facts, or, with ``only``, what those relations need.

    Raises EvaluationError for facts that do not fit, numbers that do not exist, and growth beyond the limits
    (default: ``Limits()``), and KeyError for a name in ``only`` that is not declared. The database is left
    as it was, but for its symbols: texts that rules make are interned there.
    """
    wanted = set(compiled.decls)
    if only is not None:
        names = list(only)
        for name in names:
            if name not in compiled.decls:
                raise KeyError(name)
        wanted = needed_for(names, compiled.uses)
    relations: dict[str, Relation] = {}
    for name in compiled.decls:
        if name in wanted:
            stored = database.stored(name, compiled.decls[name].types)
            relations[name] = stored.copy() if name in compiled.uses else stored
    given = {name: relation.size for name, relation in relations.items()}
    context = Context(relations, database.symbols, limits or Limits())
    run = _Run(compiled, relations, context)
    for stratum in compiled.strata:
        if stratum.relations <= wanted:
            run.stratum(stratum)
    return Result(compiled, database.symbols, relations, given, run.stats, context.limits, run.stages)


@dataclass(slots=True)
class _Variant:
    """One way to run a rule: over everything, or over the newest rows of the atom at position ``delta``."""

    rule: CheckedRule
    delta: int | None
    steps: tuple[Step, ...] = ()
    planned_at: int = -1


class _Run:
    """One evaluation in progress."""

    def __init__(self, compiled: Compiled, relations: Mapping[str, Relation], context: Context) -> None:
        self.stats: dict[int, RuleStats] = {}
        #: Of each relation of a recursive stratum, its size as each round began; see `Bounds`.
        self.stages: dict[str, array[int]] = {}
        self._relations = relations
        self._context = context
        self._decls = compiled.decls
        self._planner = Planner(compiled.decls, relations)
        self._small = SmallRules(compiled.decls, context)
        self._derived = 0

    def stratum(self, stratum: Stratum) -> None:
        """Derives all rows of the relations of a stratum."""
        recursive: list[_Variant] = []
        for rule in stratum.rules:
            own = _positions_of(stratum.relations, rule) if stratum.recursive else []
            recursive.extend(_Variant(rule, position) for position in own)
            if not own:
                self._run_once(rule)
        if recursive:
            self._iterate(stratum, recursive)

    def _iterate(self, stratum: Stratum, variants: list[_Variant]) -> None:
        names = sorted(stratum.relations)
        done = dict.fromkeys(names, 0)
        for _ in range(self._context.limits.max_rounds):
            ends = {name: self._relations[name].size for name in names}
            for name, end in ends.items():
                self.stages.setdefault(name, array("q")).append(end)
            self._context.deltas = {name: (done[name], ends[name]) for name in names}
            if done == ends:
                return
            for variant in variants:
                atom = variant.rule.rule.body[variant.delta or 0]
                assert isinstance(atom, Atom)
                if done[atom.relation] < ends[atom.relation] and self._rows_of(variant.rule.rule):
                    self._run(variant, self._begin(variant.rule))
            done = ends
        raise self._context.fail(
            f"no end after {self._context.limits.max_rounds} rounds",
            help="a value that grows with every round needs a bound, such as `n < 100`",
        )

    def _run_once(self, checked: CheckedRule) -> None:
        """Runs a rule over all rows of its relations."""
        if not self._rows_of(checked.rule):
            return
        stats = self._begin(checked)
        heads = self._small.run(checked)
        if heads is None:
            self._run(_Variant(checked, None), stats)
        elif heads:
            head = checked.rule.head
            self._count(stats, head, self._relations[head.relation].add(heads))

    def _run(self, variant: _Variant, stats: RuleStats) -> None:
        checked = variant.rule
        head = checked.rule.head
        size = self._rows_of(checked.rule)
        if variant.planned_at < 0 or size > _REPLAN_GROWTH * variant.planned_at:
            keep = head_vars(head)
            variant.steps = self._planner.plan(checked.rule.body, checked.info, keep, delta=variant.delta)
            variant.planned_at = size
        sink = self._sink(checked, self._relations[head.relation], stats)
        run_steps(variant.steps, Frame(1, {}), self._context, sink)

    def _rows_of(self, rule: Rule) -> int:
        """One more than the rows of all relations that a rule needs rows of; 0 when one is empty."""
        size = 1
        for literal in rule.body:
            if isinstance(literal, Atom) and not literal.negated:
                rows = self._relations[literal.relation].size
                if not rows:
                    return 0
                size += rows
        return size

    def _begin(self, checked: CheckedRule) -> RuleStats:
        """Counts a run of a rule, and names it for messages."""
        self._context.rule, self._context.types = checked.rule, checked.info.types
        stats = self.stats.get(checked.position)
        if stats is None:
            stats = self.stats[checked.position] = RuleStats()
        stats.rounds += 1
        return stats

    def _sink(self, checked: CheckedRule, relation: Relation, stats: RuleStats) -> Callable[[Frame], None]:
        head = checked.rule.head
        codes = [
            const_code(t, type) if isinstance(t, Const) else t.name
            for t, type in zip(head.terms, self._decls[head.relation].types, strict=True)
        ]
        distinct = heads_differ(checked)

        def collect(frame: Frame) -> None:
            columns: list[Codes] = [
                frame.columns[code] if isinstance(code, str) else np.full(frame.count, code, np.int64)
                for code in codes
            ]
            self._count(stats, head, relation.append(columns, frame.count, distinct=distinct))

        return collect

    def _count(self, stats: RuleStats, head: Atom, new: int) -> None:
        """Counts rows that a rule has just added to its head's relation."""
        stats.tuples += new
        self._derived += new
        if self._derived > self._context.limits.max_tuples:
            relation = self._relations[head.relation]
            last = zip(head.terms, relation.columns(relation.size - 1), strict=True)
            frame = Frame(1, {term.name: column for term, column in last if isinstance(term, Var)})
            raise self._context.fail(f"more than {self._context.limits.max_tuples} rows derived", frame)


def _positions_of(relations: Set[str], checked: CheckedRule) -> list[int]:
    """The positions of the atoms of a body that need rows of these relations."""
    return [
        position
        for position, literal in enumerate(checked.rule.body)
        if isinstance(literal, Atom) and not literal.negated and literal.relation in relations
    ]
