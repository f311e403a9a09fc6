"""What a change would do to the findings, found out without making it.

A trial carries the change into an engine result that nobody else uses, reads off what became of the findings,
and carries the opposite change. Both are increments, so that very many changes can be tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from panacea_policy.compiler.delta import Change, Delta, DeltaError, Past, lay_over
from panacea_policy.compiler.evaluation import (
    LIMITS,
    Evaluation,
    WorkspaceError,
    fill_database,
    too_much,
)
from panacea_policy.compiler.facts import Facts, symbol_of
from panacea_policy.compiler.layers import Layer
from panacea_policy.compiler.live import LiveEvaluation, facts_of
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.packages import Package
from panacea_policy.compiler.program import Program
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.rules.program import ProgramBuilder, needed_relations
from panacea_policy.compiler.verdicts import Finding, Verdict
from panacea_policy.engine import Current, EvaluationError, Live, Symbols, compile_program
from panacea_policy.engine import Program as EngineProgram
from panacea_policy.model import Attribute, Currencies


@dataclass(frozen=True, slots=True)
class Ground:
    """The model that changes are tried on."""

    model: Model
    layer: Layer
    program: Program
    package: Package
    past: Past
    currencies: Currencies
    symbols: Symbols
    as_of: date

    def laid(self, text: str) -> Change:
        """The change that some entries make, laid over the model. Raises DeltaError."""
        return lay_over(self.layer, self.package, self.past, Delta(text), self.currencies)

    def rule(self, name: str) -> CompiledRule:
        """A rule by its qualified name. Raises KeyError."""
        for rule in self.program.rules:
            if rule.declared.qualified == name:
                return rule
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change would do: findings that would appear, and those that would be gone or end otherwise."""

    appeared: tuple[Finding, ...]
    gone: tuple[Finding, ...]

    @property
    def mends(self) -> tuple[Finding, ...]:
        """The violations that nothing takes the place of: neither violated nor unknown afterwards."""
        still = {each.fingerprint for each in self.appeared}
        return tuple(
            each for each in self.gone if each.verdict is Verdict.VIOLATED and each.fingerprint not in still
        )

    @property
    def brings(self) -> tuple[Finding, ...]:
        """The violations that would be new."""
        return tuple(each for each in self.appeared if each.verdict is Verdict.VIOLATED)


class Trials:
    """Tries changes on a whole model with all its rules."""

    def __init__(self, ground: Ground) -> None:
        """Evaluates the model in full, once. Raises WorkspaceError."""
        self._ground = ground
        fresh = Evaluation(ground.model, ground.layer, ground.program, ground.symbols, ground.as_of)
        self._evaluation = LiveEvaluation.of(fresh)
        self._evaluation.judged()

    def outcome(self, text: str) -> Outcome:
        """What the entries of a change would do. Raises DeltaError, WorkspaceError."""
        ground = self._ground
        change = ground.laid(text)
        if not change.after and not change.before:
            return Outcome((), ())
        model = ground.model.changed(change.layer, change.before, change.after)
        before = self._evaluation
        after = before.changed(change, model, ground.program.on(change.layer))
        found = Outcome(tuple(after.appeared), tuple(after.gone))
        # Sentences are made when somebody reads them, of a model that is no more by then.
        for finding in (*found.appeared, *found.gone):
            finding.witnesses  # noqa: B018
        self._evaluation = after.changed(opposite(change), ground.model, ground.program)
        return found

    def outcome_or_none(self, text: str) -> Outcome | None:
        """The same; None for a change that cannot be made or evaluated."""
        try:
            return self.outcome(text)
        except (DeltaError, WorkspaceError):
            return None


class RuleTrials:
    """Tries changes on one rule alone, and all that it rests on: a small part of the program."""

    def __init__(self, ground: Ground, rule: CompiledRule, facts: Facts) -> None:
        """``facts``: of the model. Raises WorkspaceError."""
        self._ground = ground
        self.rule = rule
        wanted = [rule.violated, rule.possible, rule.may_apply]
        self._builder = sliced(ground.program.builder, wanted)
        compiled = compile_program(EngineProgram(list(self._builder.declared.values()), self._builder.rules))
        database = fill_database(self._builder, facts, ground.symbols, wanted)
        try:
            self._live = Live(compiled, database, limits=LIMITS)
        except EvaluationError as problem:
            raise WorkspaceError([too_much(problem)]) from None

    def reads(self) -> Iterator[Attribute]:
        """The attributes that the rule reads, itself and through relations, in the order of the program."""
        seen: set[tuple[str, str]] = set()
        for what, of in self._builder.inputs.values():
            attribute = of[0] if isinstance(of, tuple) else of
            if what in ("attribute", "mean", "unset") and isinstance(attribute, Attribute):
                key = (attribute.declared_by, attribute.name)
                if key not in seen:
                    seen.add(key)
                    yield attribute

    @property
    def reads_traffic(self) -> bool:
        """Whether it looks at what conduits and filters let through."""
        return any(what == "traffic" for what, _ in self._builder.inputs.values())

    def verdict(self, text: str, subjects: Sequence[str]) -> Verdict | None:
        """What the rule would say of some subjects, by name, under a change; waivers are not looked at.

        None for a change that cannot be made or evaluated.
        """
        ground = self._ground
        try:
            change = ground.laid(text)
        except DeltaError:
            return None
        insert, retract = facts_of(change, self._builder, ground.symbols, ground.as_of)
        try:
            self._live.apply(insert, retract)
        except EvaluationError:
            return None
        found = self._read(subjects) if all(n in change.layer.entities for n in subjects) else None
        self._live.apply(retract, insert)
        return found

    def _read(self, subjects: Sequence[str]) -> Verdict | None:
        rule = self.rule
        ids = [self._ground.symbols.find(symbol_of(name)) for name in subjects]
        values = tuple(each for each in ids if each is not None)
        if len(values) != len(ids):
            return None
        result = self._live.result
        current = Current(result.compiled, result.relations)
        if current.matching(rule.violated, rule.subjects, values):
            return Verdict.VIOLATED
        if current.matching(rule.possible, rule.subjects, values):
            return Verdict.UNKNOWN
        applies = current.matching(rule.may_apply, range(len(values)), values)
        return Verdict.MET if applies else Verdict.NOT_APPLICABLE


def opposite(change: Change) -> Change:
    """The change that takes another one back."""
    return Change(change.layer, change.lower, change.package, False, change.after, change.before)


def sliced(builder: ProgramBuilder, wanted: Sequence[str]) -> ProgramBuilder:
    """The part of a program that some relations need."""
    needed = needed_relations(builder, wanted)
    part = builder.extended(builder.user)
    part.rules = [rule for rule in builder.rules if rule.head.relation in needed]
    part.declared = {name: each for name, each in builder.declared.items() if name in needed}
    part.inputs = {name: each for name, each in builder.inputs.items() if name in needed}
    return part
