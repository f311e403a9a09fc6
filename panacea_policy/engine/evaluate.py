"""Evaluates a program stratum by stratum, semi-naively.

Each round joins only what the round before derived.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from panacea_policy.engine.chase import LONGEST, chase
from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.errors import EvaluationError
from panacea_policy.engine.frame import Context, Frame, Limits
from panacea_policy.engine.growth import Growth, Watch, growth_of
from panacea_policy.engine.heads import HeadSink
from panacea_policy.engine.kernels import Form, using
from panacea_policy.engine.options import ALL_ON, Options
from panacea_policy.engine.order import Order
from panacea_policy.engine.passes import rewritten
from panacea_policy.engine.plan import Planner, head_vars, heads_differ
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.relations import Relations
from panacea_policy.engine.result import Result, RuleStats
from panacea_policy.engine.small import SmallRules
from panacea_policy.engine.stages import Stages
from panacea_policy.engine.steps import Step, run_steps
from panacea_policy.engine.stratify import Stratum, needed_for
from panacea_policy.engine.table import Database
from panacea_policy.engine.terms import Atom, Const, Rule, Var, const_code
from panacea_policy.engine.trace import PlanTrace, Trace
from panacea_policy.engine.unchanged import Unchanged
from panacea_policy.engine.values import Codes, Symbols

_REPLAN_GROWTH = 8


def evaluate(
    compiled: Compiled,
    database: Database,
    *,
    only: Iterable[str] | None = None,
    limits: Limits | None = None,
    kernels: Form | None = None,
    options: Options = ALL_ON,
    trace: Trace | None = None,
    base: Result | None = None,
    since: Result | None = None,
) -> Result:
    """All that follows from the facts, or, with ``only``, what those relations need.

    Raises EvaluationError for facts that do not fit, numbers that do not exist, and growth beyond the limits
    (default: ``Limits()``), and KeyError for a name in ``only`` that is not declared. The database is left
    as it was, but for its symbols: texts that rules make are interned there. ``kernels``: see
    `kernels.using`; results are the same with all. ``options``:
    passes to leave out; the result is the same. ``trace`` takes note of plans and rows. ``since``: an earlier
    result; what rests on nothing that has changed is taken over from it. ``base``: a result of this program
    over these very facts; what it has is not worked out again, and needs no facts here.
    """
    known = base.relations if base is not None else {}
    wanted = set(compiled.decls).difference(known.keys())
    if only is not None:
        names = list(only)
        for name in names:
            if name not in compiled.decls:
                raise KeyError(name)
        if options.on("needed"):
            wanted = needed_for(names, compiled.uses, known)
    facts = {
        name: database.stored(name, decl.types) for name, decl in compiled.decls.items() if name in wanted
    }
    relations = Relations(facts, compiled.uses, known)
    run = Run(compiled, relations, database.symbols, limits or Limits())
    taken = None
    if trace is None:
        taken = Unchanged.of(since, compiled, database.symbols, relations, facts, base)
    if base is not None:
        facts = {**base.facts, **facts}
        run.take_over(base)
    run.options, run.trace = options, trace
    if trace is not None:
        trace.relations = run.relations
    with using(kernels), run.context.bounded():
        for stratum in rewritten(compiled, options).strata:
            if not stratum.relations <= wanted:
                continue
            if taken is not None and taken.take(stratum, run.stats, run.rounds):
                run.count_taken(stratum)
                continue
            run.stratum(stratum)
            if taken is not None:
                taken.derived(stratum)
    differences = taken.differences if taken is not None else None
    return Result(
        compiled, database.symbols, relations, facts, run.stats, run.context.limits, run.rounds, differences
    )


def tables_of(facts: Mapping[str, Relation], compiled: Compiled) -> dict[str, Relation]:
    """The relations to begin with: the facts themselves, and copies to grow where rules derive more."""
    return {name: held.copy() if name in compiled.uses else held for name, held in facts.items()}


@dataclass(slots=True)
class _Variant:
    """One way to run a rule: over everything, or over the newest rows of the atom at position ``delta``."""

    rule: CheckedRule
    delta: int | None
    steps: tuple[Step, ...] = ()
    planned_at: int = -1
    trace: PlanTrace | None = None


class Run:
    """An evaluation: rules are run over relations, which grow.

    ``stages`` tells the order in which rows were derived.
    """

    def __init__(
        self, compiled: Compiled, relations: dict[str, Relation], symbols: Symbols, limits: Limits
    ) -> None:
        self.relations = relations
        self.context = Context(relations, symbols, limits)
        self.stats: dict[int, RuleStats] = {}
        self.stages = Stages()
        #: Of each relation of a recursive stratum, its size as each round began; see `Bounds`.
        self.rounds: dict[str, array[int]] = {}
        self.options = ALL_ON
        self.trace: Trace | None = None
        self._decls = compiled.decls
        self._small = SmallRules(compiled.decls, self.context, compiled.uses)
        self._recursive: dict[frozenset[str], list[_Variant]] = {}
        self._once: dict[int, _Variant] = {}
        self._orders: dict[object, Order] = {}
        self._growth: dict[frozenset[str], Growth | None] = {}
        self._sinks: dict[tuple[int, bool], HeadSink] = {}
        self._derived = 0

    def take_over(self, base: Result) -> None:
        """Goes on from a result, whose rows count against the limits."""
        self.stats, self.rounds = dict(base.stats), {n: array("q", ends) for n, ends in base.rounds.items()}
        self._derived = sum(each.tuples for each in base.stats.values())

    def restart(self, derived: int) -> None:
        """Counts from here on against the limits, with so many rows derived before."""
        self._derived, self.context.matches, self.context.work = derived, 0, 0

    def count_taken(self, stratum: Stratum) -> None:
        """Counts rows that need not be derived against the limits, as if they had been."""
        self._derived += sum(
            self.stats[rule.position].tuples for rule in stratum.rules if rule.position in self.stats
        )

    def stratum(self, stratum: Stratum) -> None:
        """Derives all rows of the relations of a stratum, which have but the facts so far."""
        for rule in stratum.rules:
            if not stratum.recursive or not positions_of(stratum.relations, rule):
                self._run_once(rule)
        if stratum.recursive:
            self.iterate(stratum, dict.fromkeys(stratum.relations, 0))

    def iterate(self, stratum: Stratum, done: Mapping[str, int]) -> None:
        """Derives what follows within a recursive stratum from the rows that are newer than ``done``."""
        variants = self._recursive.get(stratum.relations)
        if variants is None:
            variants = self._recursive[stratum.relations] = [
                _Variant(rule, position) for rule in stratum.rules for position in self._starts(stratum, rule)
            ]
        context, names = self.context, sorted(stratum.relations)
        watch = self._watch(stratum)
        rounds = 0
        while rounds < context.limits.max_rounds:
            ends = {name: self.relations[name].size for name in names}
            for name, end in ends.items():
                self.rounds.setdefault(name, array("q")).append(end)
            context.deltas = {name: (done[name], ends[name]) for name in names}
            if done == ends:
                return
            if watch is not None:
                watch.check(context.deltas, context)
            if self.trace is not None:
                self.trace.count_round(stratum.relations)
            if len(variants) == 1 and 0 < ends[names[0]] - done[names[0]] <= LONGEST:
                before = self._rounds_of(variants[0])
                first = self._chase(variants[0], context.limits.max_rounds - rounds)
                if first is not None:
                    rounds += self._rounds_of(variants[0]) - before
                    done = {names[0]: first}
                    continue
            for variant in variants:
                if self._is_due(variant, done, ends):
                    self._begin(variant.rule)
                    self._run(variant)
            done = ends
            rounds += 1
        if watch is not None:
            raise watch.error("no end after {rounds} rounds of {name}", context)
        raise self._no_end()

    def _no_end(self) -> EvaluationError:
        most = self.context.limits.max_rounds
        return self.context.fail(f"no end after {most} rounds", help="a chain this long needs higher limits")

    def _watch(self, stratum: Stratum) -> Watch | None:
        """What looks after the values that a recursive stratum computes; None where it computes none."""
        if stratum.relations not in self._growth:
            self._growth[stratum.relations] = growth_of(stratum)
        growth = self._growth[stratum.relations]
        return None if growth is None else Watch(growth)

    def _rounds_of(self, variant: _Variant) -> int:
        stats = self.stats.get(variant.rule.position)
        return stats.rounds if stats is not None else 0

    def _chase(self, variant: _Variant, most: int) -> int | None:
        """Runs the only recursive rule of a stratum for many rounds at once; see `chase`."""
        checked = variant.rule
        if self.trace is not None or variant.delta is None or not self._rows_of(checked.rule):
            return None
        self.context.rule, self.context.types = checked.rule, checked.info.types
        self._plan(variant)
        rounds = 0

        def note(more: int) -> None:
            nonlocal rounds
            rounds += more
            self.stats[checked.position].rounds += more
            if rounds >= most:
                raise self._no_end()

        self.stats.setdefault(checked.position, RuleStats())
        return chase(variant.steps, self._sink(checked, heads_differ(checked)), self.context, note)

    def _starts(self, stratum: Stratum, rule: CheckedRule) -> list[int | None]:
        """The atoms over whose newest rows a recursive rule is run, each in its turn; None for all rows."""
        positions = positions_of(stratum.relations, rule)
        if self.options.on("semi_naive"):
            return [*positions]
        return [None] if positions else []

    def _is_due(self, variant: _Variant, done: Mapping[str, int], ends: Mapping[str, int]) -> bool:
        """Whether a recursive rule may give new rows in this round."""
        if not self._rows_of(variant.rule.rule):
            return False
        if variant.delta is None:
            return True
        atom = variant.rule.rule.body[variant.delta]
        assert isinstance(atom, Atom)
        return done[atom.relation] < ends[atom.relation]

    def has_rows(self, rule: Rule) -> bool:
        """Whether no relation that a rule needs rows of is empty."""
        return self._rows_of(rule) > 0

    def sink(self, checked: CheckedRule) -> Callable[[Frame], None]:
        """What adds the heads of a rule to their relation; a frame has all variables of the head.

        Messages speak of this rule from now on.
        """
        self._begin(checked)
        return self._sink(checked, distinct=False)

    def add_rows(self, name: str, columns: Sequence[Codes], count: int) -> int:
        """Adds rows that are facts, or known to follow; returns how many were new."""
        relation = self.relations[name]
        start = relation.size
        new = relation.append(columns, count)
        if new:
            self.stages.note(name, start)
        return new

    def _run_once(self, checked: CheckedRule) -> None:
        """Runs a rule over all rows of its relations."""
        if not self._rows_of(checked.rule):
            return
        stats = self._begin(checked)
        trace, started = None, perf_counter()
        if self.trace is not None:
            trace = self.trace.plan(checked.position, None, tuples=True)
        heads = self._small.run(checked, trace) if self.options.on("small") else None
        if heads is None:
            variant = self._once.get(checked.position)
            if variant is None:
                variant = self._once[checked.position] = _Variant(checked, None)
            self._run(variant)
            return
        if heads:
            head = checked.rule.head
            relation = self.relations[head.relation]
            start = relation.size
            self._count(stats, head, start, relation.add(heads))
        if trace is not None:
            trace.note(stats.tuples, perf_counter() - started)

    def _run(self, variant: _Variant) -> None:
        self._plan(variant)
        stats = self.stats[variant.rule.position]
        before, started = stats.tuples, perf_counter()
        sink = self._sink(variant.rule, heads_differ(variant.rule))
        run_steps(variant.steps, Frame(1, {}), self.context, sink)
        if variant.trace is not None:
            variant.trace.note(stats.tuples - before, perf_counter() - started)

    def _plan(self, variant: _Variant) -> None:
        """Plans a rule for the first time, or anew for relations that have grown much."""
        rule = variant.rule.rule
        size = self._rows_of(rule)
        if variant.planned_at < 0 or size > _REPLAN_GROWTH * variant.planned_at:
            if self.trace is not None:
                variant.trace = self.trace.plan(variant.rule.position, variant.delta)
            planner = Planner(self._decls, self.relations, self.options, self._orders)
            variant.steps = planner.plan(
                rule.body, variant.rule.info, head_vars(rule.head), delta=variant.delta, trace=variant.trace
            )
            variant.planned_at = size

    def _rows_of(self, rule: Rule) -> int:
        """One more than the rows of all relations that a rule needs rows of; 0 when one is empty."""
        size = 1
        for literal in rule.body:
            if isinstance(literal, Atom) and not literal.negated:
                rows = self.relations[literal.relation].count
                if not rows:
                    return 0
                size += rows
        return size

    def _begin(self, checked: CheckedRule) -> RuleStats:
        """Counts a run of a rule, and names it for messages."""
        self.context.rule, self.context.types = checked.rule, checked.info.types
        stats = self.stats.get(checked.position)
        if stats is None:
            stats = self.stats[checked.position] = RuleStats()
        stats.rounds += 1
        return stats

    def _sink(self, checked: CheckedRule, distinct: bool) -> HeadSink:
        """``distinct``: no two frames' bindings give the same head."""
        head = checked.rule.head
        relation = self.relations[head.relation]
        sink = self._sinks.get((checked.position, distinct))
        if sink is None or sink.relation is not relation or sink.rule is not checked.rule:
            codes = [
                const_code(t, type) if isinstance(t, Const) else t.name
                for t, type in zip(head.terms, self._decls[head.relation].types, strict=True)
            ]

            def note(start: int, new: int) -> None:
                self._count(self.stats[checked.position], head, start, new)

            sink = HeadSink(checked.rule, codes, relation, distinct, note)
            self._sinks[checked.position, distinct] = sink
        return sink

    def _count(self, stats: RuleStats, head: Atom, start: int, new: int) -> None:
        """Counts rows that a rule has just added to its head's relation, from number ``start`` on."""
        if not new:
            return
        self.stages.note(head.relation, start)
        stats.tuples += new
        self._derived += new
        if self._derived > self.context.limits.max_tuples:
            relation = self.relations[head.relation]
            last = zip(head.terms, relation.columns(relation.size - 1), strict=True)
            frame = Frame(1, {term.name: column for term, column in last if isinstance(term, Var)})
            raise self.context.fail(f"more than {self.context.limits.max_tuples} rows derived", frame)


def positions_of(relations: Collection[str], checked: CheckedRule) -> list[int]:
    """The positions of the atoms of a body that need rows of these relations."""
    return [
        position
        for position, literal in enumerate(checked.rule.body)
        if isinstance(literal, Atom) and not literal.negated and literal.relation in relations
    ]
