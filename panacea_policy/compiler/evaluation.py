"""The evaluation of a model under a program: facts filled in, verdicts read off."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property, partial
from typing import Protocol, cast

from panacea_policy.compiler.askings import Askings, RuleAskings
from panacea_policy.compiler.facts import Column, Facts
from panacea_policy.compiler.judge import Judge
from panacea_policy.compiler.judged import Judged
from panacea_policy.compiler.layers import Layer
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.program import Program
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.rules.program import ProgramBuilder, Source, needed_relations
from panacea_policy.compiler.verdicts import Finding, RuleInfo, Tally, rule_info
from panacea_policy.engine import (
    Compiled,
    Database,
    EvaluationError,
    Limits,
    Result,
    Symbols,
    evaluate,
)
from panacea_policy.engine.stratify import needed_for
from panacea_policy.language import Diagnostic, Severity, Span
from panacea_policy.model import Attribute

#: No model of a hospital comes near; a rule that multiplies everything with everything does.
LIMITS = Limits(max_tuples=20_000_000, max_rounds=100_000, max_matches=1_000_000_000)
#: Rows that may be derived for each fact, where that is more than `LIMITS` has: a thousand rules that each
#: speak of a hundred thousand devices need so many. What multiplies things with each other does not fit.
ROWS_PER_FACT = 50


class Past(Protocol):
    """An evaluation that was kept."""

    @property
    def askings(self) -> Mapping[str, RuleAskings]:
        """What its undecided findings asked."""
        ...

    def result(self, compiled: Compiled, symbols: Symbols) -> Result | None:
        """What it derived, in the numbers of these symbols; None where that cannot be had."""
        ...


class WorkspaceError(Exception):
    """A model that cannot be evaluated; ``diagnostics`` say why."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(diagnostics[0].message)
        self.diagnostics = tuple(diagnostics)


class Evaluation:
    """A model under a program."""

    def __init__(self, model: Model, layer: Layer, program: Program, symbols: Symbols, as_of: date) -> None:
        self.model = model
        self.layer = layer
        self.program = program
        self.symbols = symbols
        self.as_of = as_of
        self._infos: dict[str, RuleInfo] = {}
        self._judged: dict[tuple[str, ...], list[Judged]] = {}
        self._results: dict[tuple[str, ...], Result] = {}
        self._past: Past | None = None
        self._numbered = False
        #: How many symbols the program has where they are in the order of a fresh process, and with facts.
        self._fresh: int | None = None
        self._plain: int | None = None
        self._since: Result | None = None
        self._askings = Askings()

    def follow_kept(self, past: Past | None, symbols: int) -> None:
        """Take over what still holds of an evaluation that was kept, if there is one. ``symbols``: so many
        has the program, in the order in which a fresh process makes them.
        """
        self._past, self._fresh = past, symbols

    def follow(self, before: Evaluation) -> None:
        """Take over what still holds of an evaluation whose model differs little. Both have their symbols in
        common.
        """
        if before.symbols is self.symbols:
            self._since = before.widest
            if self._since is not None:
                self._askings = Askings(before._askings.all(self._since))

    @property
    def plain_symbols(self) -> bool:
        """Whether the symbols are those of the program and of its facts alone: the same model under the same
        program gives them the same numbers.
        """
        return self._plain is not None and self._plain == len(self.symbols)

    @property
    def widest(self) -> Result | None:
        """The result with the most relations of the program itself."""
        own = [
            each for each in self._results.values() if each.compiled is self.program.compiled and each.current
        ]
        return max(own, key=lambda each: len(each.facts), default=None)

    @property
    def askings(self) -> dict[str, RuleAskings]:
        """What undecided findings ask, as far as it was found out and holds."""
        widest = self.widest
        return self._askings.all(widest) if widest is not None else {}

    @cached_property
    def facts(self) -> Facts:
        """The facts of the model."""
        return Facts(self.layer.registry, self.layer.entities, self.layer.invalid, self.symbols, self.as_of)

    def rules(self, packages: Collection[str] | None = None) -> Sequence[RuleInfo]:
        """The rules, of some packages."""
        return [self.info(rule) for rule in self.program.rules if packages is None or _of(rule, packages)]

    def info(self, rule: CompiledRule) -> RuleInfo:
        """What people see of a rule."""
        name = rule.declared.qualified
        if name not in self._infos:
            self._infos[name] = rule_info(rule, self.model)
        return self._infos[name]

    def findings(self, packages: Collection[str] | None = None) -> list[Finding]:
        """Open findings of the rules of some packages."""
        return [finding for judged in self.judged(packages) for finding in judged.findings]

    def tallies(self, packages: Collection[str] | None = None) -> list[Tally]:
        """Tallies of the rules of some packages."""
        return [judged.tally for judged in self.judged(packages)]

    def judged(self, packages: Collection[str] | None = None) -> Sequence[Judged]:
        """What the rules of some packages say: open findings in order, and tallies."""
        key = tuple(sorted(packages)) if packages is not None else ("*",)
        if key not in self._judged:
            rules = [rule for rule in self.program.rules if packages is None or _of(rule, packages)]
            if not rules:
                return []
            result = self.open_result(rules)
            further = partial(self._with_questions, rules, result)
            waivers = self.model.entities("waiver")
            judge = Judge(self.model, result, waivers, self.as_of, further, self._askings)
            self._judged[key] = [judge.read(rule, self.info(rule)) for rule in rules]
        return self._judged[key]

    @property
    def judged_so_far(self) -> Sequence[Judged]:
        """What has been read off for all rules, if it has been."""
        return self._judged.get(("*",), ())

    def result(self, rules: Sequence[CompiledRule]) -> Result:
        """The evaluated relations of some rules."""
        wanted = [
            name for rule in rules for name in (rule.violated, rule.possible, rule.applies, rule.may_apply)
        ]
        return self.evaluate(self.program.builder, self.program.compiled, wanted)

    def open_result(self, rules: Sequence[CompiledRule]) -> Result:
        """What verdicts are read off: of what certainly is only that of rules that may be violated at all."""
        self._number_symbols()
        wanted = [name for rule in rules for name in (rule.possible, rule.may_apply)]
        compiled = self.program.compiled
        result = self.evaluate(self.program.builder, compiled, wanted)
        open_ = [rule.violated for rule in rules if result.relations[rule.possible].count]
        return self._extended(result, "certain", open_, [rule.violated for rule in rules])

    def _number_symbols(self) -> None:
        """Give the symbols of all facts their numbers, which must not depend on what else is asked: rows are
        in their order, and a result that was kept speaks of them.
        """
        if self._numbered:
            return
        self._numbered = True
        fresh = self._fresh == len(self.symbols)
        for what, of in self.program.builder.inputs.values():
            columns_of(self.facts, what, of)
        self._plain = len(self.symbols) if fresh else None
        if self._past is not None and fresh:
            self._since = self._past.result(self.program.compiled, self.symbols)
            self._askings = Askings(self._past.askings)
        self._past = None

    def _extended(self, result: Result, what: str, wanted: Sequence[str], every: Sequence[str]) -> Result:
        """A result with more relations. ``every``: those that might have been wanted, whatever the facts."""
        missing = [name for name in wanted if name not in result.relations]
        if not missing:
            return result
        key = (what, str(id(result.compiled)), *every)
        if key not in self._results:
            builder = self.program.builder
            self._results[key] = self._evaluated(builder, result.compiled, missing, result)
        return self._results[key]

    def rule(self, name: str) -> CompiledRule:
        """The rule of a qualified name. Raises KeyError."""
        return self._rules[name]

    @cached_property
    def _rules(self) -> dict[str, CompiledRule]:
        return {rule.declared.qualified: rule for rule in self.program.rules}

    def result_with(self, rule: CompiledRule) -> Result:
        """A result that has what a rule found: one that is there, or else one of this rule alone.

        What is there has all that the rule rests on, however many other rules it was made for; proofs are the
        same in all of them.
        """
        for result in self._results.values():
            ours = result.compiled is self.program.compiled and result.current
            if ours and {rule.violated, rule.possible} <= result.relations.keys():
                return result
        return self.result([rule])

    def evaluate(self, builder: ProgramBuilder, compiled: Compiled, wanted: Sequence[str]) -> Result:
        """Evaluate what some relations need."""
        key = (str(id(compiled)), *wanted)
        if key not in self._results:
            self._results[key] = self._evaluated(builder, compiled, wanted, None)
        return self._results[key]

    def _with_questions(self, rules: Sequence[CompiledRule], result: Result) -> Result:
        """A result with what those rules ask that leave something undecided; hardly anybody wants to know of
        the others.
        """
        open_ = [rule.asked for rule in rules if result.relations[rule.possible].count]
        found = self._extended(result, "asked", open_, [rule.asked for rule in rules])
        self._since = None  # nothing else follows it, and it holds all that was derived before
        return found

    def _evaluated(
        self,
        builder: ProgramBuilder,
        compiled: Compiled,
        wanted: Sequence[str],
        base: Result | None,
    ) -> Result:
        needed = needed_for(wanted, compiled.uses, base.relations if base is not None else ())
        database = filled(builder, self.facts, self.symbols, needed, self._since)
        limits = limits_for(database, base)
        try:
            return evaluate(compiled, database, only=wanted, limits=limits, since=self._since, base=base)
        except EvaluationError as problem:
            raise WorkspaceError([too_much(problem)]) from None


def too_much(problem: EvaluationError) -> Diagnostic:
    """What to tell the author of a rule whose evaluation had to stop."""
    origin = problem.rule.origin if problem.rule is not None else None
    span = origin.span if isinstance(origin, Source) else Span("", 0, 0)
    growth = "more than" in problem.message
    help_text = problem.help or (
        "tie the rule's variables closer together, or declare the lists that it follows" if growth else None
    )
    return Diagnostic(
        "P0517", Severity.ERROR, f"the evaluation had to stop: {problem.message}", span, (), help_text
    )


def _of(rule: CompiledRule, packages: Collection[str]) -> bool:
    return rule.declared.package.label in packages


def limits_for(database: Database, base: Result | None = None) -> Limits:
    """The limits of an evaluation of all rules over some facts, and over those of ``base``, which it goes on
    from.
    """
    rows = sum(map(database.size, database.names()))
    rows += sum(relation.count for relation in base.facts.values()) if base is not None else 0
    return replace(LIMITS, max_tuples=max(LIMITS.max_tuples, ROWS_PER_FACT * rows))


def fill_database(
    builder: ProgramBuilder,
    facts: Facts,
    symbols: Symbols,
    wanted: Iterable[str],
) -> Database:
    """The facts that some relations need, and no others."""
    return filled(builder, facts, symbols, needed_relations(builder, wanted))


def filled(
    builder: ProgramBuilder,
    facts: Facts,
    symbols: Symbols,
    needed: Container[str],
    like: Result | None = None,
) -> Database:
    """The facts of those relations that are given. ``like``: see `Database`."""
    database = Database(symbols, like)
    for name, (what, of) in builder.inputs.items():
        if name in needed:
            database.insert(name, columns_of(facts, what, of))
    return database


def columns_of(facts: Facts, what: str, of: object) -> tuple[Column, ...]:
    """The facts that an input of a program asks for; see `ProgramBuilder.inputs`."""
    match what:
        case "kind":
            return facts.kind(cast(str, of))
        case "domain":
            return facts.domain(cast(str, of))
        case "attribute":
            return facts.attribute(cast(Attribute, of))
        case "mean":
            return facts.mean(cast(Attribute, of))
        case "unset":
            return facts.unset(cast(Attribute, of))
        case "entry":
            attribute, part = cast("tuple[Attribute, str]", of)
            return facts.entry(attribute, part)
        case "today":
            return facts.today()
        case "words":
            return facts.words(cast("tuple[str, ...]", of))
        case "member":
            return facts.members()
        case "traffic":
            return facts.traffic(cast(str, of))
        case _:
            return facts.formulas(cast(str, of))
