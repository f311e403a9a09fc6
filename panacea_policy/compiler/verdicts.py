"""Verdicts: for every rule and subject, whether it is met, violated, unknown, waived or not applicable."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache, cached_property

import numpy as np

from panacea_policy.compiler.entities import UNKNOWN, Entity, Origin, Reference
from panacea_policy.compiler.facts import day_of
from panacea_policy.compiler.messages import fill
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.questions import Unknowns
from panacea_policy.compiler.rules.compile import CompiledRule
from panacea_policy.compiler.rules.typing import EntityType, ExpressionType
from panacea_policy.engine import Result, Table
from panacea_policy.language import Span

#: Witnesses listed with a finding; more would be noise.
MAX_WITNESSES = 5
SEVERITIES = ("critical", "high", "medium", "low", "info")


class Verdict(StrEnum):
    """What a rule says of a subject."""

    VIOLATED = "violated"
    UNKNOWN = "unknown"
    WAIVED = "waived"
    MET = "met"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """A rule as people see it. ``id`` is its qualified name; ``satisfies`` are qualified names of
    requirements.
    """

    id: str
    name: str
    title: str
    severity: str
    satisfies: tuple[str, ...]
    package: str
    remedy: str | None
    doc: str | None
    span: Span
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """What an architect would have to say to settle an unknown verdict."""

    entity: Entity
    attribute: str
    text: str


@dataclass(frozen=True)
class Finding:
    """One verdict of a rule on its subjects, with the reason, the place and what would settle or mend it.

    ``tell`` and ``ask`` make the sentences and the questions when somebody wants to read them: there may be
    very many findings, and a question may take a proof.
    """

    rule: RuleInfo
    subjects: tuple[Entity, ...]
    verdict: Verdict
    waiver: Entity | None
    origin: Origin
    fingerprint: str
    tell: Callable[[], tuple[str, ...]] = field(repr=False, compare=False)
    ask: Callable[[], tuple[Question, ...]] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def witnesses(self) -> tuple[str, ...]:
        """The rule's message for every witness, at most :data:`MAX_WITNESSES`."""
        return self.tell()

    @property
    def message(self) -> str:
        """What is wrong, in one sentence."""
        return self.witnesses[0] if self.witnesses else self.rule.title

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """For an unknown verdict: the attributes whose values would settle it."""
        return self.ask() if self.ask is not None else ()

    @property
    def span(self) -> Span:
        """The first subject's place in the source."""
        return self.origin.span


@dataclass(frozen=True)
class Tally:
    """How many subjects of one rule have each verdict.

    ``list_met`` names those for which it is met when somebody wants to know: they may be very many.
    """

    rule: RuleInfo
    counts: Mapping[Verdict, int]
    list_met: Callable[[], tuple[tuple[str, ...], ...]] = field(repr=False, compare=False)

    @cached_property
    def met(self) -> tuple[tuple[str, ...], ...]:
        """The names of the subjects for which the rule is met."""
        return self.list_met()


def fingerprint(rule: str, subjects: Sequence[str]) -> str:
    """32 hex digits from the rule's id and the subjects' names: the same finding keeps it across edits."""
    return hashlib.sha256("\x1f".join([rule, *subjects]).encode()).hexdigest()[:32]


def rule_info(compiled: CompiledRule, model: Model) -> RuleInfo:
    """What people see of a compiled rule."""
    declared = compiled.declared
    entity = model.get(declared.qualified)
    attributes = {name: entity.value(name) for name in entity.kind.attributes} if entity else {}
    known = {name: value for name, value in attributes.items() if value is not UNKNOWN}
    satisfies = known.get("satisfies", ())
    return RuleInfo(
        declared.qualified,
        declared.name,
        declared.title or declared.name.replace("_", " "),
        str(known.get("severity", "medium")),
        tuple(str(each) for each in satisfies) if isinstance(satisfies, tuple) else (),
        declared.package.label,
        compiled.item.remedy.value if compiled.item.remedy else None,
        declared.doc,
        declared.span,
        known,
    )


class Judge:
    """Reads verdicts off an evaluated program."""

    def __init__(self, model: Model, result: Result, waivers: Sequence[Entity], as_of: date) -> None:
        self._model = model
        self._result = result
        self._unknowns = Unknowns(result)
        self._waivers: dict[str, list[Entity]] = {}
        for waiver in waivers:
            if is_current(waiver, as_of):
                self._waivers.setdefault(str(waiver.value("rule")), []).append(waiver)

    def renew(self, model: Model, result: Result) -> None:
        """Another model and result, in which the rows of the rules judged so far are the same."""
        self._model, self._result, self._unknowns = model, result, Unknowns(result)

    def judge(self, rule: CompiledRule, info: RuleInfo) -> tuple[list[Finding], Tally]:
        """Open findings of a rule, by subject, and the tally of all its subjects."""
        violated = self._by_subject(rule, rule.violated)
        possible = self._by_subject(rule, rule.possible)
        applies = self._subjects(rule, rule.may_apply)
        asked = cache(lambda: self._questions(rule))
        findings: list[Finding] = []
        counts = dict.fromkeys(Verdict, 0)
        for subject, rows in possible.items():
            certain = violated.get(subject)
            finding = self._finding(
                rule, info, subject, certain if certain is not None else rows, certain is not None, asked
            )
            findings.append(finding)
            counts[finding.verdict] += 1
        met = [subject for subject in applies if subject not in possible]
        counts[Verdict.MET] = len(met)
        counts[Verdict.NOT_APPLICABLE] = max(0, self._universe(rule) - len(applies))
        findings.sort(key=lambda finding: tuple(each.name for each in finding.subjects))
        return findings, Tally(info, counts, lambda: self._names(met))

    # ------------------------------------------------------------------------------------------ internals

    def _names(self, subjects: Sequence[tuple[int, ...]]) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(self._name(each) for each in subject) for subject in subjects)

    def _subjects(self, rule: CompiledRule, relation: str) -> dict[tuple[int, ...], None]:
        table = self._result.table(relation)
        return dict.fromkeys(zip(*(column.tolist() for column in table.columns), strict=True))

    def _by_subject(self, rule: CompiledRule, relation: str) -> dict[tuple[int, ...], list[int]]:
        """Rows of a relation by their subject."""
        table = self._result.table(relation)
        found: dict[tuple[int, ...], list[int]] = {}
        columns = [table.columns[index].tolist() for index in rule.subjects]
        for row, subject in enumerate(zip(*columns, strict=True)):
            rows = found.setdefault(subject, [])
            if len(rows) < MAX_WITNESSES:
                rows.append(row)
        return found

    def _universe(self, rule: CompiledRule) -> int:
        """How many subjects there are at all, where that can be said: the members of the first subject's
        kind.
        """
        if len(rule.subjects) != 1:
            return 0
        type = rule.variables[rule.subjects[0]][1]
        kinds = type.kinds if isinstance(type, EntityType) else ()
        return sum(len(self._model.entities(kind)) for kind in kinds)

    def _name(self, symbol: int) -> str:
        value = self._result.symbols.value(symbol)
        return str(value[0]) if isinstance(value, tuple) else str(value)

    def _entity(self, symbol: int) -> Entity | None:
        return self._model.get(self._name(symbol))

    def _questions(self, rule: CompiledRule) -> dict[tuple[int, ...], list[tuple[int, int]]]:
        """For each subject, which attributes (by symbol) of which declarations are unknown."""
        table = self._result.table(rule.asked)
        found: dict[tuple[int, ...], list[tuple[int, int]]] = {}
        for *subject, owner, attribute in zip(*(column.tolist() for column in table.columns), strict=True):
            found.setdefault(tuple(subject), []).append((owner, attribute))
        return found

    def _asked(self, unknown: Sequence[tuple[int, int]]) -> tuple[Question, ...]:
        found: dict[tuple[str, str], Question] = {}
        for owner, attribute in unknown:
            entity = self._entity(owner)
            if entity is not None:
                name = self._name(attribute).rpartition(".")[2]
                found[entity.name, name] = question(entity, name)
        return tuple(found.values())

    def _finding(
        self,
        rule: CompiledRule,
        info: RuleInfo,
        subject: tuple[int, ...],
        rows: Sequence[int],
        certain: bool,
        asked: Callable[[], Mapping[tuple[int, ...], list[tuple[int, int]]]],
    ) -> Finding:
        entities = tuple(each for each in map(self._entity, subject) if each is not None)
        waiver = self._waiver(info, entities) if certain else None
        verdict = Verdict.VIOLATED if waiver is None else Verdict.WAIVED
        if not certain:
            verdict = Verdict.UNKNOWN
        first = rows[0]

        def ask() -> tuple[Question, ...]:
            return self._asked(asked().get(subject, ())) or self._indirect(rule, first)

        return Finding(
            info,
            entities,
            verdict,
            waiver,
            entities[0].origin if entities else Origin(info.span.file, info.span.start, info.span.end),
            fingerprint(info.id, [self._name(each) for each in subject]),
            lambda: self._sentences(rule, info, rows, certain),
            None if certain else ask,
        )

    def _sentences(
        self, rule: CompiledRule, info: RuleInfo, rows: Sequence[int], certain: bool
    ) -> tuple[str, ...]:
        message = rule.item.message.value if rule.item.message else info.title
        table = self._result.table(rule.violated if certain else rule.possible)
        return tuple(
            dict.fromkeys(fill(self._model, message, self._values(rule, table, row)) for row in rows)
        )

    def _values(self, rule: CompiledRule, table: Table, row: int) -> dict[str, object]:
        values: dict[str, object] = {}
        for index, (name, type) in enumerate(rule.variables):
            raw = table.columns[index][row]
            values[name] = self._decoded(raw, type)
        return values

    def _decoded(self, raw: np.int64 | np.float64, type: ExpressionType) -> object:
        if isinstance(type, EntityType):
            return Reference(self._name(int(raw)))
        if isinstance(raw, np.floating):
            return day_of(float(raw)) if type.value.__class__.__name__ == "DateType" else float(raw)
        return self._result.symbols.value(int(raw))

    def _indirect(self, rule: CompiledRule, row: int) -> tuple[Question, ...]:
        """Questions behind derived relations: the unset attributes that the possible verdict's proof rests
        on.
        """
        possible = self._result.rows(rule.possible)[row]
        about = frozenset(possible[index] for index in rule.subjects)
        found = self._unknowns.behind(rule.possible, possible, about)
        entities = ((self._model.get(name), attribute) for name, attribute in found)
        return tuple(question(entity, attribute) for entity, attribute in entities if entity is not None)

    def _waiver(self, info: RuleInfo, entities: tuple[Entity, ...]) -> Entity | None:
        for waiver in self._waivers.get(info.id, ()):
            subjects = waiver.value("subjects")
            if not isinstance(subjects, tuple) or any(entity.name in subjects for entity in entities):
                return waiver
        return None


def is_current(declaration: Entity, as_of: date) -> bool:
    """Whether a waiver or attestation holds on a day; without an end date it never does."""
    starts, expires = declaration.value("starts"), declaration.value("expires")
    if isinstance(starts, date) and starts > as_of:
        return False
    return isinstance(expires, date) and as_of <= expires


def question(entity: Entity, attribute: str) -> Question:
    """What to ask an architect about an attribute that nobody set."""
    declared = entity.kind.attributes.get(attribute)
    meaning = f" ({declared.doc.rstrip('.')})" if declared and declared.doc else ""
    return Question(entity, attribute, f"What is `{attribute}` of {entity.short}?{meaning}")
