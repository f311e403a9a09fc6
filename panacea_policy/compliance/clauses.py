"""One clause of a law or standard, judged by the findings that speak of it, attestations and its dates."""

from __future__ import annotations

from functools import cached_property

import msgspec

from panacea_policy.compiler import Entity, Findings, Model, Question, RuleInfo, Verdict
from panacea_policy.compliance.law import Standing
from panacea_policy.compliance.statements import Attestation
from panacea_policy.compliance.verdicts import ClauseVerdict, worst, worst_clause

Judgement = tuple[ClauseVerdict, str]


class Clause(msgspec.Struct, frozen=True, dict=True):
    """The verdict on one requirement, with everything it rests on.

    ``reason`` is one sentence; ``findings`` are the open ones (violated, unknown, waived) of the ``rules``
    that satisfy it; ``met`` counts the others that apply. ``parts`` are its sub-clauses.
    """

    requirement: Entity
    pack: str
    verdict: ClauseVerdict
    reason: str
    rules: tuple[RuleInfo, ...]
    findings: Findings
    met: int
    waivers: tuple[Entity, ...]
    attestation: Attestation | None
    standing: Standing
    parts: tuple[Clause, ...] = ()

    @property
    def questions(self) -> tuple[Question, ...]:
        """What would settle an unknown verdict, each once."""
        return self.asked if self.verdict is ClauseVerdict.UNKNOWN else ()

    @cached_property
    def asked(self) -> tuple[Question, ...]:
        """The questions of all checks that lack a fact, each once, whatever the verdict is; made when asked
        for, since it may take proofs.
        """
        return _distinct_questions(self.findings)

    @property
    def checks(self) -> int:
        """How many checks of rules and subjects apply: open findings, and those that are met."""
        return len(self.findings) + self.met

    @property
    def id(self) -> str:
        """The qualified name of the requirement, such as ``gdpr.art32_1_a``."""
        return self.requirement.name

    @property
    def title(self) -> str:
        """What a person calls it."""
        return self.requirement.title or self.requirement.name


class Case(msgspec.Struct, frozen=True):
    """What a verdict on ``requirement`` is found from: how it stands on that day, what rules found and people
    attested; ``parts`` are its sub-clauses, judged already.
    """

    requirement: Entity
    standing: Standing
    rules: tuple[RuleInfo, ...]
    findings: Findings
    met: int
    attestation: Attestation | None
    parts: tuple[Clause, ...] = ()


def judge(case: Case, model: Model) -> Clause:
    """The verdict on a clause.

    The worst finding wins, sub-clauses counting as findings. A valid attestation answers what is unknown or
    what no rule can judge; it never outweighs a violation, nor one that is waived. Outside its own dates, as
    long as it is proposed, and to those whom it does not address, a clause does not apply.
    """
    verdict, reason = _no_duty(case, model) or _weigh(case, model)
    findings = case.findings
    return Clause(
        requirement=case.requirement,
        pack=_pack_name(case.requirement, model),
        verdict=verdict,
        reason=reason,
        rules=case.rules,
        findings=findings,
        met=case.met,
        waivers=tuple(
            {f.waiver.name: f.waiver for f in findings.with_verdict(Verdict.WAIVED) if f.waiver}.values()
        ),
        attestation=case.attestation,
        standing=case.standing,
        parts=case.parts,
    )


def _pack_name(requirement: Entity, model: Model) -> str:
    """The pack that a clause belongs to: by its declaration, else by the package it stands in."""
    pack = model.value(requirement, "pack")
    named = pack if isinstance(pack, Entity) else requirement
    return named.name.rpartition(".")[0] or (named.name if named is pack else "")


def _no_duty(case: Case, model: Model) -> Judgement | None:
    """Why the clause asks nothing of us, or None when it does."""
    reason = case.standing.reason
    if case.standing.binds and model.value(case.requirement, "basis") is True:
        reason = "a legal basis that others rest on, no duty of its own"
    return (ClauseVerdict.NOT_APPLICABLE, reason) if reason else None


def _weigh(case: Case, model: Model) -> Judgement:
    attestation = case.attestation if case.attestation is not None and case.attestation.valid else None
    verdicts = [each for each in Verdict if case.findings.count_of(each)] + [Verdict.MET] * (case.met > 0)
    held = [worst([each]) for each in verdicts] + [part.verdict for part in case.parts]
    found = worst_clause(held)
    if found is ClauseVerdict.VIOLATED:
        return found, _violated(case)
    if attestation is not None and attestation.verdict is ClauseVerdict.VIOLATED:
        return ClauseVerdict.VIOLATED, f"{attestation.by} attests that it is not met: {attestation.because}"
    needed = _needs_attestation(case, model)
    if attestation is not None and attestation.about and not _covers(attestation, case, needed):
        only = f" (attested by {attestation.by} for {', '.join(sorted(attestation.about))} only)"
        return (ClauseVerdict.UNKNOWN, f"{needed}{only}") if needed else (found, _reason(case, found) + only)
    if attestation is not None and (found is ClauseVerdict.UNKNOWN or (needed and found in _ANSWERED)):
        reason = f"attested by {attestation.by}{_until(attestation)}: {attestation.because}"
        if ClauseVerdict.WAIVED in held:
            return ClauseVerdict.WAIVED, f"{_reason(case, ClauseVerdict.WAIVED)}, the rest {reason}"
        return attestation.verdict, reason
    if needed and attestation is None:
        return ClauseVerdict.UNKNOWN, f"{needed}{_waived(case)}{_lapsed(case.attestation)}"
    return found, _reason(case, found)


def _covers(attestation: Attestation, case: Case, needed: str | None) -> bool:
    """Whether an attestation for some subjects answers all that is open: checks about these, no more."""
    undecided = case.findings.with_verdict(Verdict.UNKNOWN)
    whole = needed is not None or any(part.verdict is ClauseVerdict.UNKNOWN for part in case.parts)
    return not whole and all(
        any(subject.name in attestation.about for subject in finding.subjects) for finding in undecided
    )


#: Verdicts of rules that leave the rest of a clause to an attestation; a waived one stays waived.
_ANSWERED = (ClauseVerdict.MET, ClauseVerdict.NOT_APPLICABLE)


def _needs_attestation(case: Case, model: Model) -> str | None:
    """Why rules alone cannot decide the clause, or None when they can."""
    decided_by = model.value(case.requirement, "decided_by")
    if decided_by == "nobody":
        return "a model cannot show it: an auditor has to look"
    if case.parts:
        return None
    if not case.rules:
        return "no rule judges it: somebody has to attest it"
    if decided_by in ("both", "attestation"):
        return "the rules show a part of it: somebody has to attest the rest"
    return None


def _violated(case: Case) -> str:
    count = case.findings.count_of(Verdict.VIOLATED)
    if count:
        text = f"{count} of {len(case.findings) + case.met} checks found a violation{_waived(case)}"
    else:
        text = f"{_parts(case, ClauseVerdict.VIOLATED)} violated"
    attestation = case.attestation
    if attestation is not None and attestation.valid and attestation.verdict is ClauseVerdict.ATTESTED:
        text += f", against the attestation by {attestation.by}"
    return text


def _reason(case: Case, found: ClauseVerdict) -> str:
    """One sentence on a verdict that findings and sub-clauses gave."""
    if found is ClauseVerdict.NOT_APPLICABLE:
        return "nothing in the model is what the clause speaks of"
    found_by_rules = next((each for each in Verdict if str(each) == found), Verdict.MET)
    count = case.met if found is ClauseVerdict.MET else case.findings.count_of(found_by_rules)
    checks = f"{count} of {len(case.findings) + case.met} checks"
    if not count:
        return f"{_parts(case, found)} {found.value}"
    if found is ClauseVerdict.UNKNOWN:
        return (
            f"{checks} {'lacks' if count == 1 else 'lack'} a fact{_waived(case)}{_lapsed(case.attestation)}"
        )
    return f"{checks} {_be(count)} {found.value}"


def _parts(case: Case, verdict: ClauseVerdict) -> str:
    count = sum(part.verdict is verdict for part in case.parts)
    return f"{count} of {len(case.parts)} sub-clauses {_be(count)}"


def _waived(case: Case) -> str:
    """What is accepted is said beside a worse verdict, too."""
    count = case.findings.count_of(Verdict.WAIVED)
    return f", {count} {_be(count)} waived" if count else ""


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def _until(attestation: Attestation) -> str:
    return f" until {attestation.until.isoformat()}" if attestation.until is not None else ""


def _lapsed(attestation: Attestation | None) -> str:
    if attestation is None or attestation.valid:
        return ""
    if attestation.starts is not None and attestation.ahead:
        return f" (the attestation by {attestation.by} begins on {attestation.starts.isoformat()})"
    return f" (the attestation by {attestation.by} held{_until(attestation)})"


def _distinct_questions(findings: Findings) -> tuple[Question, ...]:
    distinct = {
        (question.entity.name, question.attribute): question
        for finding in findings
        for question in finding.questions
    }
    return tuple(distinct.values())
