"""Verdicts: for every rule and subject, whether it is met, violated, unknown, waived or not applicable."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import cached_property
from itertools import chain, islice
from typing import overload

import msgspec

from panacea_policy.compiler.entities import UNKNOWN, Entity, Origin
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.rules.compiled import CompiledRule
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


#: What is left to do something about.
OPEN = frozenset((Verdict.VIOLATED, Verdict.UNKNOWN, Verdict.WAIVED))


class RuleInfo(msgspec.Struct, frozen=True):
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
    attributes: Mapping[str, object] = msgspec.field(default_factory=dict)


class Question(msgspec.Struct, frozen=True):
    """What an architect would have to say to settle an unknown verdict."""

    entity: Entity
    attribute: str
    text: str


class Finding(msgspec.Struct, frozen=True, eq=False, dict=True):
    """One verdict of a rule on its subjects, with the reason, the place and what would settle or mend it.

    ``names`` are those of the subjects. ``tell`` and ``ask`` make the sentences and the questions when
    somebody wants to read them: there may be very many findings, and a question may take a proof. They do not
    tell one finding from another.
    """

    rule: RuleInfo
    subjects: tuple[Entity, ...]
    verdict: Verdict
    waiver: Entity | None
    origin: Origin
    names: tuple[str, ...]
    tell: Callable[[], tuple[str, ...]]
    ask: Callable[[], tuple[Question, ...]] | None = None

    def __eq__(self, other: object) -> bool:
        return self._compared() == other._compared() if isinstance(other, Finding) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._compared())

    def _compared(self) -> tuple[object, ...]:
        return self.rule, self.subjects, self.verdict, self.waiver, self.origin, self.names

    @cached_property
    def fingerprint(self) -> str:
        """32 hex digits that stay the same across edits."""
        return fingerprint(self.rule.id, self.names)

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


class RuleFindings:
    """The open findings of one rule. Their number is known; they are made when somebody looks at them."""

    __slots__ = ("_counts", "_made", "_make", "rule")

    def __init__(
        self, rule: RuleInfo, counts: Mapping[Verdict, int], make: Callable[[], Iterable[Finding]]
    ) -> None:
        """``counts``: of open verdicts."""
        self.rule = rule
        self._counts = {verdict: count for verdict, count in counts.items() if verdict in OPEN and count}
        self._make = make
        self._made: tuple[Finding, ...] | None = None

    @classmethod
    def of(cls, rule: RuleInfo, findings: Sequence[Finding]) -> RuleFindings:
        """Findings that are made already."""
        counts: dict[Verdict, int] = {}
        for finding in findings:
            counts[finding.verdict] = counts.get(finding.verdict, 0) + 1
        return cls(rule, counts, lambda: findings)

    def count(self, verdict: Verdict) -> int:
        """How many have a verdict."""
        return self._counts.get(verdict, 0)

    def __len__(self) -> int:
        return sum(self._counts.values())

    @property
    def made(self) -> tuple[Finding, ...]:
        """The findings, by subject."""
        if self._made is None:
            self._made = tuple(self._make()) if self._counts else ()
        return self._made


class Findings(Sequence[Finding]):
    """Open findings of several rules, one rule after the other.

    A model of a hundred thousand devices may have millions: what can be told from their numbers is told
    without making them. Equal to any sequence of the same findings.
    """

    __slots__ = ("parts",)

    def __init__(self, parts: Iterable[RuleFindings] = ()) -> None:
        self.parts = tuple(part for part in parts if len(part))

    def count_of(self, verdict: Verdict) -> int:
        """How many have a verdict."""
        return sum(part.count(verdict) for part in self.parts)

    def only(self, wanted: Callable[[RuleInfo], bool]) -> Findings:
        """Those of some rules."""
        return Findings(part for part in self.parts if wanted(part.rule))

    def with_verdict(self, verdict: Verdict) -> Iterator[Finding]:
        """Those of one verdict, in order."""
        return (f for part in self.parts if part.count(verdict) for f in part.made if f.verdict is verdict)

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __iter__(self) -> Iterator[Finding]:
        return chain.from_iterable(part.made for part in self.parts)

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Finding, ...]: ...
    def __getitem__(self, index: int | slice) -> Finding | tuple[Finding, ...]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            return tuple(islice(self, start, stop, step)) if step > 0 else tuple(self)[index]
        place = index + len(self) if index < 0 else index
        for part in self.parts:
            if 0 <= place < len(part):
                return part.made[place]
            place -= len(part)
        raise IndexError(index)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(operator.eq, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(tuple(self))


def precedence(rule: RuleInfo) -> tuple[int, str]:
    """The order of rules: by severity, then by name."""
    severity = rule.severity
    return (SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)), rule.id


def in_order(finding: Finding) -> tuple[int, str, tuple[str, ...]]:
    """The order of findings: by severity, rule and subject."""
    return *precedence(finding.rule), tuple(each.name for each in finding.subjects)


class Tally(msgspec.Struct, frozen=True, eq=False, dict=True):
    """How many subjects of one rule have each verdict.

    ``list_met`` names those for which it is met when somebody wants to know: they may be very many. It does
    not tell one tally from another.
    """

    rule: RuleInfo
    counts: Mapping[Verdict, int]
    list_met: Callable[[], tuple[tuple[str, ...], ...]]

    def __eq__(self, other: object) -> bool:
        return (
            (self.rule, self.counts) == (other.rule, other.counts)
            if isinstance(other, Tally)
            else NotImplemented
        )

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


def is_current(waiver: Entity, as_of: date) -> bool:
    """Whether a waiver holds on a day; without an end date it never does."""
    starts, expires = waiver.value("starts"), waiver.value("expires")
    if isinstance(starts, date) and starts > as_of:
        return False
    return isinstance(expires, date) and as_of <= expires


def question(entity: Entity, attribute: str) -> Question:
    """What to ask an architect about an attribute that nobody set."""
    declared = entity.kind.attributes.get(attribute)
    meaning = f" ({declared.doc.rstrip('.')})" if declared and declared.doc else ""
    return Question(entity, attribute, f"What is `{attribute}` of {entity.short}?{meaning}")
