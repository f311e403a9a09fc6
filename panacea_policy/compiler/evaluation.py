"""Programs and their evaluation: rules compiled once per layer, facts filled in, verdicts read off."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from typing import cast

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.declare import Names
from panacea_policy.compiler.facts import Column, Facts
from panacea_policy.compiler.judge import Judge
from panacea_policy.compiler.judged import Judged
from panacea_policy.compiler.layers import Layer
from panacea_policy.compiler.messages import wrong_placeholders
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.rules.compile import CompiledRule, CompiledStep, PackCompiler
from panacea_policy.compiler.rules.program import Form, ProgramBuilder, Source, UserRelation
from panacea_policy.compiler.rules.terms import Terms
from panacea_policy.compiler.rules.typing import EntityType
from panacea_policy.compiler.verdicts import Finding, RuleInfo, Tally, rule_info
from panacea_policy.engine import (
    Aggregate,
    Atom,
    Compiled,
    Database,
    EngineError,
    EvaluationError,
    Limits,
    ProgramErrors,
    Result,
    Rule,
    Symbols,
    Unstratifiable,
    compile_program,
    evaluate,
    needed_for,
)
from panacea_policy.engine import Program as EngineProgram
from panacea_policy.language import Diagnostic, Label, Severity, Span
from panacea_policy.language import syntax as tree
from panacea_policy.model import Attribute

#: No model of a hospital comes near; a rule that multiplies everything with everything does.
LIMITS = Limits(max_tuples=20_000_000, max_rounds=100_000, max_matches=1_000_000_000)
#: Rows that may be derived for each fact, where that is more than `LIMITS` has: a thousand rules that each
#: speak of a hundred thousand devices need so many. What multiplies things with each other does not fit.
ROWS_PER_FACT = 50


class WorkspaceError(Exception):
    """A model that cannot be evaluated; ``diagnostics`` say why."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(diagnostics[0].message)
        self.diagnostics = tuple(diagnostics)


@dataclass(frozen=True)
class AttackProgram:
    """Attack steps and the relations they need, compiled; what is wrong with them is in ``diagnostics``."""

    builder: ProgramBuilder
    steps: tuple[CompiledStep, ...]
    diagnostics: tuple[Diagnostic, ...]

    @cached_property
    def compiled(self) -> Compiled:
        """The engine's form."""
        return compile_program(EngineProgram(list(self.builder.declared.values()), self.builder.rules))

    @property
    def wanted(self) -> list[str]:
        """The relations that the attack graph is made of: the attackers' state, and the figures of steps."""
        figures = (name for step in self.steps for name in (step.chance, step.effort) if name)
        return [*sorted(self.kept), *figures]

    @cached_property
    def kept(self) -> frozenset[str]:
        """Relations of the attackers' state: what steps lead to, what follows from that, and what actors
        attempt.
        """
        user = self.builder.user
        kept = {step.instance for step in self.steps}
        kept |= {
            name
            for name, relation in user.items()
            if name in self.builder.declared and _speaks_of_actors(relation)
        }
        grew = True
        while grew:
            grew = False
            for rule in self.builder.rules:
                head = rule.head.relation
                if head not in kept and not head.endswith((" chance", " effort")) and kept & positive(rule):
                    kept.add(head)
                    grew = True
        return frozenset(kept)


def positive(rule: Rule) -> set[str]:
    """The relations that a rule needs rows of."""
    names = {each.relation for each in rule.body if isinstance(each, Atom) and not each.negated}
    for literal in rule.body:
        if isinstance(literal, Aggregate):
            names |= {each.relation for each in literal.body if isinstance(each, Atom)}
    return names


def _speaks_of_actors(relation: UserRelation) -> bool:
    """Whether a relation is about what threat actors do: where attacks begin."""
    return any(
        isinstance(type, EntityType) and type.kinds == ("threat_actor",) for type in relation.parameters
    )


class Program:
    """The rules and relations of some packages on top of those of a lower layer."""

    def __init__(self, layer: Layer, own: Sequence[Names], below: Program | None, symbols: Symbols) -> None:
        report = Report()
        self.terms = Terms(layer.registry, layer.resolver, layer.elaborator, symbols)
        #: What was compiled here, and the names that it was compiled with.
        self.own = tuple(own)
        self.compiled_with = self.terms
        self.compiler = PackCompiler(layer.registry, layer.resolver, self.terms, report)
        self.names: tuple[Names, ...] = (*(below.names if below else ()), *own)
        self.relations: dict[str, UserRelation] = self.compiler.relations(
            own, below.relations if below else {}
        )
        self.builder: ProgramBuilder = (
            below.builder.extended(self.relations)
            if below
            else ProgramBuilder(layer.registry, self.relations, self.terms.anybody)
        )
        packs = self.compiler.compile(self.builder, own)
        self.rules: list[CompiledRule] = [*(below.rules if below else ()), *packs.rules]
        self.below = below
        self._report = report
        self._attack: AttackProgram | None = None
        self._compiled: Compiled | None = None
        #: Where relations are made from, of how many of which rules.
        self._places: tuple[list[Rule], int, dict[str, Span]] | None = None
        self._check_messages(packs.rules)

    def on(self, layer: Layer) -> Program:
        """The same rules for a model that differs in its declarations alone, such as a scenario's."""
        other = copy(self)
        other.terms = self.terms.on(layer.resolver, layer.elaborator)
        other.compiler = PackCompiler(layer.registry, layer.resolver, other.terms, self._report)
        other._compiled = self.compiled
        return other

    def forget(self) -> None:
        """Forget the engine's form, after the builder was given more."""
        self._compiled = None

    def without(self, names: Collection[str]) -> Program:
        """The same without some rules, by qualified name."""
        other = copy(self)
        gone = [rule for rule in self.rules if rule.declared.qualified in names]
        heads = {
            name
            for rule in gone
            for name in (rule.violated, rule.possible, rule.applies, rule.may_apply, rule.asked)
        }
        other.rules = [rule for rule in self.rules if rule not in gone]
        other.builder = self.builder.extended(self.relations)
        other.builder.rules = [rule for rule in self.builder.rules if rule.head.relation not in heads]
        other._compiled = other.compile(other.builder)
        return other

    @property
    def reported(self) -> tuple[Diagnostic, ...]:
        """What was found wrong with the rules so far, without asking the engine."""
        return self._report.diagnostics

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the rules; compiles the program to find out, also what nothing reads."""
        self.compiled  # noqa: B018 - asks the engine for its opinion
        self._look_at_unread()
        return self._report.diagnostics

    def _look_at_unread(self) -> None:
        """Compile what was declared or derived here and nothing reads, for the mistakes in it."""
        packages = [names.package for names in self.own]
        unread = [
            name
            for name, each in self.relations.items()
            if (name, Form.CERTAIN) not in self.builder.wanted
            and (each.package in packages or any(package in packages for _, _, package in each.derivations))
        ]
        if unread:
            builder = self.builder.extended({name: each.above() for name, each in self.relations.items()})
            wanted = [builder.relation(builder.user[name], Form.CERTAIN) for name in unread]
            terms = self.compiled_with
            PackCompiler(terms.registry, terms.resolver, terms, self._report).complete(builder)
            self.compile(builder, wanted)

    @property
    def compiled(self) -> Compiled:
        """The engine's form of the program; without its faulty rules if there are any."""
        if self._compiled is None:
            below = self.below
            if below is not None and len(below.builder.rules) == len(self.builder.rules):
                self._compiled = below.compiled
            else:
                self._compiled = self.compile(self.builder)
        return self._compiled

    def compile(self, builder: ProgramBuilder, wanted: Sequence[str] | None = None) -> Compiled:
        """Hand a program to the engine, or only what ``wanted`` relations depend on.

        Rules that the engine refuses are reported and left out.
        """
        rules, declared = builder.rules, list(builder.declared.values())
        if wanted is not None:
            needed = needed_relations(builder, wanted)
            rules = [rule for rule in rules if rule.head.relation in needed]
            declared = [each for each in declared if each.name in needed]
        while True:
            try:
                return compile_program(EngineProgram(declared, rules))
            except ProgramErrors as problems:
                refused = {id(error.rule) for error in problems.errors}
                for error in problems.errors:
                    self._refuse(error)
                kept = [rule for rule in rules if id(rule) not in refused]
                if len(kept) == len(rules):
                    raise
                rules = kept

    @property
    def attack(self) -> AttackProgram:
        """The attack steps as a two-valued program of its own."""
        if self._attack is None:
            below = self.below
            if below is not None and not _has_steps(self.names[len(below.names) :]):
                self._attack = below.attack
            else:
                report = Report()
                compiler = PackCompiler(self.terms.registry, self.terms.resolver, self.terms, report)
                builder = ProgramBuilder(
                    self.terms.registry, self.relations, self.terms.anybody, two_valued=True
                )
                packs = compiler.compile(builder, self.names, rules=False, steps=True)
                self._attack = AttackProgram(builder, tuple(packs.steps), report.diagnostics)
        return self._attack

    def place_of(self, relation: str) -> Span | None:
        """Where the text stands that an auxiliary relation was made from."""
        rules = self.builder.rules
        if self._places is None or self._places[0] is not rules or self._places[1] != len(rules):
            found: dict[str, Span] = {}
            for rule in rules:
                if isinstance(rule.origin, Source):
                    found.setdefault(rule.head.relation, rule.origin.span)
            self._places = (rules, len(rules), found)
        return self._places[2].get(relation)

    def _refuse(self, error: EngineError) -> None:
        source = error.rule.origin if error.rule is not None else None
        span = source.span if isinstance(source, Source) else Span("", 0, 0)
        if not isinstance(error, Unstratifiable):
            self._report.error("P0514", span, error.message, help=error.help or None)
            return
        # The cycle in the words of the text: without the compiler's own relations, and the same for both
        # forms.
        names = [name.removesuffix("?") for name, _ in error.cycle if "/" not in name]
        shown = list(dict.fromkeys(names)) or [source.name if isinstance(source, Source) else "?"]
        path = " → ".join(f"`{name}`" for name in [*shown, shown[0]])
        places = {
            rule.origin.span
            for _, rule in error.cycle
            if isinstance(rule.origin, Source) and rule.origin.span != span
        }
        labels = tuple(
            Label(each, "part of the cycle")
            for each in sorted(places, key=lambda each: (each.file, each.start))
        )
        self._report.error(
            "P0514",
            span,
            f"`{shown[0]}` depends on its own absence: {path}",
            labels=labels,
            help="break the cycle: what is negated or counted must be settled before",
        )

    def _check_messages(self, rules: Iterable[CompiledRule]) -> None:
        for rule in rules:
            for text in (rule.item.message,):
                if text is None:
                    continue
                for placeholder, reason in wrong_placeholders(
                    self.terms.registry, text, dict(rule.variables)
                ):
                    span = Span(rule.declared.unit.name, text.start, text.end)
                    self._report.error("P0513", span, f"`{{{placeholder}}}` stands for nothing: {reason}")


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
        self._before: dict[tuple[str, ...], Result] = {}

    def follow(self, before: Evaluation) -> None:
        """Take over what still holds of an evaluation whose model differs little. Both have their symbols in
        common.
        """
        if before.symbols is self.symbols:
            self._before = dict(before._results)

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
            result = self._open_result(rules)
            further = partial(self._with_questions, rules, result)
            judge = Judge(self.model, result, self.model.entities("waiver"), self.as_of, further)
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

    def _open_result(self, rules: Sequence[CompiledRule]) -> Result:
        """What verdicts are read off: of what certainly is only that of rules that may be violated at all."""
        wanted = [name for rule in rules for name in (rule.possible, rule.may_apply)]
        compiled = self.program.compiled
        result = self.evaluate(self.program.builder, compiled, wanted)
        open_ = [rule.violated for rule in rules if result.relations[rule.possible].count]
        return self._extended(result, "certain", open_, [rule.violated for rule in rules])

    def _extended(self, result: Result, what: str, wanted: Sequence[str], every: Sequence[str]) -> Result:
        """A result with more relations. ``every``: those that might have been wanted, whatever the facts."""
        missing = [name for name in wanted if name not in result.relations]
        if not missing:
            return result
        key = (what, str(id(result.compiled)), *every)
        if key not in self._results:
            builder = self.program.builder
            self._results[key] = self._evaluated(builder, result.compiled, missing, key, result)
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
            self._results[key] = self._evaluated(builder, compiled, wanted, key, None)
        return self._results[key]

    def _with_questions(self, rules: Sequence[CompiledRule], result: Result) -> Result:
        """A result with what those rules ask that leave something undecided; hardly anybody wants to know of
        the others.
        """
        open_ = [rule.asked for rule in rules if result.relations[rule.possible].count]
        return self._extended(result, "asked", open_, [rule.asked for rule in rules])

    def _evaluated(
        self,
        builder: ProgramBuilder,
        compiled: Compiled,
        wanted: Sequence[str],
        key: tuple[str, ...],
        base: Result | None,
    ) -> Result:
        needed = needed_for(wanted, compiled.uses, base.relations if base is not None else ())
        database = filled(builder, self.facts, self.symbols, needed)
        since, limits = self._before.pop(key, None), limits_for(database, base)
        try:
            return evaluate(compiled, database, only=wanted, limits=limits, since=since, base=base)
        except EvaluationError as problem:
            raise WorkspaceError([too_much(problem)]) from None


def _has_steps(names: Sequence[Names]) -> bool:
    """Whether packages add to what attack steps are made of."""
    items = (tree.StepItem, tree.RelationItem)
    return any(
        each.derivations
        or any(isinstance(declared.item, items) for group in each.items.values() for declared in group)
        for each in names
    )


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
    """The limits of an evaluation of all rules over some facts, and those of the result that it goes on from."""
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


def filled(builder: ProgramBuilder, facts: Facts, symbols: Symbols, needed: Container[str]) -> Database:
    """The facts of those relations that are given."""
    database = Database(symbols)
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


def needed_relations(builder: ProgramBuilder, wanted: Iterable[str]) -> set[str]:
    """Everything that some relations depend on, themselves included."""
    reads = builder.reads()
    found: set[str] = set()
    queue = list(wanted)
    while queue:
        name = queue.pop()
        if name not in found:
            found.add(name)
            queue.extend(reads.get(name, ()))
    return found
