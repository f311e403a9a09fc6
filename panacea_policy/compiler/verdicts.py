"""Verdicts: for every rule and subject, whether it is met, violated, unknown, waived or not applicable."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

from panacea_policy.compiler.entities import UNKNOWN, Entity, Origin
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.rules.compile import CompiledRule
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


def precedence(rule: RuleInfo) -> tuple[int, str]:
    """The order of rules: by severity, then by name."""
    severity = rule.severity
    return (SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)), rule.id


def in_order(finding: Finding) -> tuple[int, str, tuple[str, ...]]:
    """The order of findings: by severity, rule and subject."""
    return *precedence(finding.rule), tuple(each.name for each in finding.subjects)


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
