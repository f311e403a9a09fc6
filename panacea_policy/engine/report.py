"""How a question was answered, for people to read: passes, strata, plans, rows, indexes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from panacea_policy.engine.asking import Answer
from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.options import PROGRAM_PASSES, Options
from panacea_policy.engine.passes import Change
from panacea_policy.engine.stratify import Stratum
from panacea_policy.engine.terms import Atom, Literal, Rule
from panacea_policy.engine.text import expression_text, literal_text, renumbered, rule_text
from panacea_policy.engine.trace import PlanTrace, StepTrace, Trace
from panacea_policy.engine.values import Symbols


@dataclass(frozen=True, slots=True)
class PassReport:
    """A pass over the program, and how many rules it took away and put in.

    ``on``: not switched off. ``ran``: nor left out because of few facts.
    """

    name: str
    summary: str
    on: bool
    ran: bool
    dropped: int
    added: int


@dataclass(frozen=True, slots=True)
class StepReport:
    """A step of a plan: bindings expected after one run of it, and found over all runs.

    ``index``: the terms by which rows are looked up.
    """

    kind: str
    text: str
    index: tuple[str, ...]
    expected: float | None
    rows: int


@dataclass(frozen=True, slots=True)
class PlanReport:
    """A way in which a rule was run: over rows as ``tuples`` or columns, from the newest rows or from all."""

    form: str
    newest: str | None
    runs: int
    new: int
    steps: tuple[StepReport, ...]


@dataclass(frozen=True, slots=True)
class RuleReport:
    """A rule: the rows that it gave first, and its share of the time in [0, 1]."""

    rule: Rule
    text: str
    new: int
    time: float
    plans: tuple[PlanReport, ...]


@dataclass(frozen=True, slots=True)
class StratumReport:
    """Relations that are derived together, with their rows in the end."""

    relations: tuple[tuple[str, int], ...]
    recursive: bool
    rounds: int
    rules: tuple[RuleReport, ...]


@dataclass(frozen=True, slots=True)
class IndexReport:
    """An index that was built, over so many rows."""

    relation: str
    columns: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class QueryReport:
    """All of it. ``given``: relations of facts that were read, with their rows."""

    passes: tuple[PassReport, ...]
    off: tuple[str, ...]
    given: tuple[tuple[str, int], ...]
    strata: tuple[StratumReport, ...]
    indexes: tuple[IndexReport, ...]
    rows: int


def report(answer: Answer, options: Options, trace: Trace) -> QueryReport:
    """What an answer's trace says. Of a question that was asked with this trace and no other."""
    symbols = answer.result.symbols
    strata = tuple(
        _stratum(stratum, answer, trace, symbols) for stratum in answer.program.strata if stratum.rules
    )
    derived = answer.program.uses
    given = tuple((name, held.count) for name, held in trace.relations.items() if name not in derived)
    indexes = tuple(
        IndexReport(name, _columns(answer, name, positions), held.count)
        for name, held in sorted(trace.relations.items())
        for positions in sorted(held.indexed)
    )
    passes = tuple(_pass(name, answer.changes, options) for name in PROGRAM_PASSES)
    rows = sum(rule.new for stratum in strata for rule in stratum.rules)
    return QueryReport(passes, tuple(sorted(options.off)), given, strata, indexes, rows)


def listing(change: Change, symbols: Symbols) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The program before and after a pass, a rule a line."""
    before, after = (
        tuple(renumbered(rule_text(checked.rule, symbols), {}) for checked in program.rules)
        for program in (change.before, change.after)
    )
    return before, after


def _pass(name: str, changes: Sequence[Change], options: Options) -> PassReport:
    change = next((each for each in changes if each.name == name), None)
    dropped, added = (0, 0) if change is None else (len(change.dropped), len(change.added))
    return PassReport(name, PROGRAM_PASSES[name], options.on(name), change is not None, dropped, added)


def _stratum(stratum: Stratum, answer: Answer, trace: Trace, symbols: Symbols) -> StratumReport:
    relations = tuple((name, trace.relations[name].count) for name in sorted(stratum.relations))
    rules = tuple(_rule(checked, answer, trace, symbols) for checked in stratum.rules)
    return StratumReport(relations, stratum.recursive, trace.rounds.get(stratum.relations, 0), rules)


def _rule(checked: CheckedRule, answer: Answer, trace: Trace, symbols: Symbols) -> RuleReport:
    plans = trace.of(checked.position)
    seconds = sum(plan.seconds for plan in plans)
    names: dict[str, str] = {}
    return RuleReport(
        checked.rule,
        renumbered(rule_text(checked.rule, symbols), names),
        sum(plan.new for plan in plans),
        seconds / trace.seconds if trace.seconds else 0.0,
        tuple(_plan(plan, checked, symbols, names) for plan in plans),
    )


def _plan(plan: PlanTrace, checked: CheckedRule, symbols: Symbols, names: dict[str, str]) -> PlanReport:
    def text(literal: Literal) -> str:
        return renumbered(literal_text(literal, symbols), names)

    newest = None if plan.delta is None else text(checked.rule.body[plan.delta])
    steps = tuple(
        StepReport(
            step.kind,
            "" if step.literal is None else text(step.literal),
            tuple(renumbered(each, names) for each in _key(step, symbols)),
            step.expected,
            step.rows,
        )
        for step in plan.steps
    )
    return PlanReport("tuples" if plan.tuples else "columns", newest, plan.runs, plan.new, steps)


def _columns(answer: Answer, relation: str, positions: Sequence[int]) -> tuple[str, ...]:
    """Names of columns; numbers from 1 where they have none of their own."""
    columns = answer.program.decls[relation].columns
    names = (columns[position][0] for position in positions)
    return tuple(
        f"column {position + 1}" if name == f"c{position}" else name
        for position, name in zip(positions, names, strict=True)
    )


def _key(step: StepTrace, symbols: Symbols) -> tuple[str, ...]:
    """The terms by which a step looks rows up."""
    if step.index is None or not isinstance(step.literal, Atom):
        return ()
    return tuple(expression_text(step.literal.terms[position], symbols) for position in step.index[1])
