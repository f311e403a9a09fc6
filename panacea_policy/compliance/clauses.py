"""One clause of a law or standard, judged by the findings that speak of it, attestations and its dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from panacea_policy.compiler import Entity, Finding, Model, Question, RuleInfo, Verdict
from panacea_policy.compliance.verdicts import ClauseVerdict, worst


@dataclass(frozen=True, slots=True)
class Attestation:
    """A person's statement that a clause is met: who, why, and until when it may be relied on."""

    entity: Entity
    by: str
    because: str
    until: date | None
    expired: bool


@dataclass(frozen=True, slots=True)
class Clause:
    """The verdict on one requirement, with everything it rests on."""

    requirement: Entity
    pack: str
    verdict: ClauseVerdict
    reason: str
    rules: tuple[RuleInfo, ...]
    findings: tuple[Finding, ...]
    questions: tuple[Question, ...]
    waivers: tuple[Entity, ...]
    attestation: Attestation | None

    @property
    def id(self) -> str:
        """The qualified name of the requirement, such as ``gdpr.art32_1_a``."""
        return self.requirement.name

    @property
    def title(self) -> str:
        """What a person calls it."""
        return self.requirement.title or self.requirement.name


def judge(
    requirement: Entity,
    rules: Sequence[RuleInfo],
    findings: Sequence[Finding],
    attestation: Attestation | None,
    model: Model,
    as_of: date,
) -> Clause:
    """The verdict on ``requirement`` from the findings of the rules that satisfy it.

    The worst finding wins. A valid attestation answers what is unknown, or what no rule can judge; it never
    outweighs a violation. Before and after the clause's own dates it does not apply.
    """
    verdict, reason = _weigh(requirement, rules, findings, attestation, model, as_of)
    return Clause(
        requirement=requirement,
        pack=requirement.name.rpartition(".")[0],
        verdict=verdict,
        reason=reason,
        rules=tuple(rules),
        findings=tuple(findings),
        questions=_distinct_questions(findings) if verdict is ClauseVerdict.UNKNOWN else (),
        waivers=tuple({f.waiver.name: f.waiver for f in findings if f.waiver is not None}.values()),
        attestation=attestation,
    )


def _weigh(
    requirement: Entity,
    rules: Sequence[RuleInfo],
    findings: Sequence[Finding],
    attestation: Attestation | None,
    model: Model,
    as_of: date,
) -> tuple[ClauseVerdict, str]:
    outside = _outside_validity(requirement, model, as_of)
    if outside is not None:
        return ClauseVerdict.NOT_APPLICABLE, outside
    found = worst(finding.verdict for finding in findings)
    if found is ClauseVerdict.VIOLATED:
        return found, _violated(findings, attestation)
    if (found is ClauseVerdict.UNKNOWN or not rules) and attestation is not None and not attestation.expired:
        return ClauseVerdict.ATTESTED, f"attested by {attestation.by}{_until(attestation)}"
    if not rules:
        return ClauseVerdict.UNKNOWN, f"no rule can judge it; it needs an attestation{_expired(attestation)}"
    return found, _REASONS[found](findings) + (
        _expired(attestation) if found is ClauseVerdict.UNKNOWN else ""
    )


def _outside_validity(requirement: Entity, model: Model, as_of: date) -> str | None:
    """Why the clause does not bind on this day, or None when it does."""
    begins, ends = model.value(requirement, "applies_from"), model.value(requirement, "applies_until")
    if isinstance(begins, date) and as_of < begins:
        return f"applies from {begins.isoformat()}"
    if isinstance(ends, date) and as_of > ends:
        return f"applied until {ends.isoformat()}"
    return None


def _count(findings: Sequence[Finding], verdict: Verdict) -> int:
    return sum(finding.verdict is verdict for finding in findings)


def _violated(findings: Sequence[Finding], attestation: Attestation | None) -> str:
    count = _count(findings, Verdict.VIOLATED)
    contradiction = f"; contradicts the attestation by {attestation.by}" if attestation is not None else ""
    return f"{count} of {len(findings)} checks found a violation{contradiction}"


def _unknown(findings: Sequence[Finding]) -> str:
    return f"{_count(findings, Verdict.UNKNOWN)} of {len(findings)} checks lack a fact"


def _waived(findings: Sequence[Finding]) -> str:
    return f"{_count(findings, Verdict.WAIVED)} of {len(findings)} checks are waived, the others are met"


def _met(findings: Sequence[Finding]) -> str:
    return f"all {_count(findings, Verdict.MET)} checks are met"


def _not_applicable(findings: Sequence[Finding]) -> str:
    return "nothing in the model is what the clause speaks of"


_REASONS = {
    ClauseVerdict.UNKNOWN: _unknown,
    ClauseVerdict.WAIVED: _waived,
    ClauseVerdict.MET: _met,
    ClauseVerdict.NOT_APPLICABLE: _not_applicable,
}


def _until(attestation: Attestation) -> str:
    return f" until {attestation.until.isoformat()}" if attestation.until is not None else ""


def _expired(attestation: Attestation | None) -> str:
    if attestation is None or not attestation.expired or attestation.until is None:
        return ""
    return f"; the attestation by {attestation.by} ended on {attestation.until.isoformat()}"


def _distinct_questions(findings: Sequence[Finding]) -> tuple[Question, ...]:
    distinct = {
        (question.entity.name, question.attribute): question
        for finding in findings
        for question in finding.questions
    }
    return tuple(distinct.values())
