"""The JSON output of `check`, schema ``panacea/check/v1``."""

from __future__ import annotations

from collections import Counter
from typing import cast, get_args

from panacea_policy.compiler import Entity, Finding, Question, Verdict
from panacea_policy.compliance import Clause, ClauseVerdict, Compliance, Coverage, read_waiver
from panacea_policy.formats.check_run import CheckRun, Void
from panacea_policy.formats.documents import (
    CheckDocument,
    ClauseRecord,
    CoverageRecord,
    DiagnosticRecord,
    FindingRecord,
    InventoryRow,
    Location,
    QuestionRecord,
    RankedQuestion,
    SeverityName,
    Summary,
    VoidRecord,
    WaiverRecord,
)
from panacea_policy.formats.places import Place
from panacea_policy.language import Diagnostic
from panacea_policy.version import __version__


def to_json(run: CheckRun) -> str:
    """The run as JSON text; the same run gives the same bytes."""
    return check_document(run).to_json()


def check_document(run: CheckRun) -> CheckDocument:
    """The run as a typed document."""
    compliance = run.compliance
    return CheckDocument(
        version=__version__,
        as_of=run.workspace.as_of,
        diagnostics=tuple(_diagnostic(run, diagnostic) for diagnostic in run.diagnostics),
        findings=tuple(_finding(run, finding) for finding in run.findings),
        clauses=tuple(map(_clause, compliance.clauses)) if compliance else (),
        questions=tuple(
            RankedQuestion(
                entity=question.entity.name,
                attribute=question.attribute,
                text=question.text,
                settles=question.settles,
                concerns=question.concerns,
            )
            for question in (compliance.questions if compliance else ())
        ),
        summary=_summary(compliance) if compliance else None,
        before=run.ratchet.before if run.ratchet is not None else None,
        void=tuple(map(_void, run.ratchet.void)) if run.ratchet is not None else (),
    )


def location(place: Place) -> Location:
    """A place as a record."""
    return Location(
        path=place.path,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        end_column=place.end_column,
    )


def _diagnostic(run: CheckRun, diagnostic: Diagnostic) -> DiagnosticRecord:
    return DiagnosticRecord(
        code=diagnostic.code,
        severity=diagnostic.severity.value,
        message=diagnostic.message,
        help=diagnostic.help,
        location=location(run.place(diagnostic.span)),
    )


def _finding(run: CheckRun, finding: Finding) -> FindingRecord:
    return FindingRecord(
        rule=finding.rule.id,
        title=finding.rule.title or finding.rule.name,
        severity=cast(SeverityName, finding.rule.severity),
        verdict=finding.verdict,
        subjects=tuple(subject.name for subject in finding.subjects),
        message=finding.message,
        witnesses=finding.witnesses,
        clauses=finding.rule.satisfies,
        remedy=finding.rule.remedy,
        questions=tuple(map(_question, finding.questions)),
        waiver=_waiver(run, finding.waiver) if finding.waiver is not None else None,
        location=location(run.place(finding.span)),
        rows=tuple(InventoryRow(path=row.path, row=row.number) for row in run.rows(finding)),
        fingerprint=finding.fingerprint,
        age=run.age(finding),
    )


def _void(void: Void) -> VoidRecord:
    return VoidRecord(
        clause=void.clause, was=void.was, certificate=void.certificate, now=void.now, reason=void.reason
    )


def _question(question: Question) -> QuestionRecord:
    return QuestionRecord(entity=question.entity.name, attribute=question.attribute, text=question.text)


def _waiver(run: CheckRun, entity: Entity) -> WaiverRecord:
    waiver = read_waiver(entity, run.workspace.model)
    return WaiverRecord(by=waiver.by, because=waiver.because, until=waiver.until)


def _clause(clause: Clause) -> ClauseRecord:
    return ClauseRecord(
        id=clause.id,
        title=clause.title,
        pack=clause.pack,
        verdict=clause.verdict,
        reason=clause.reason,
        rules=tuple(rule.id for rule in clause.rules),
        met=clause.met,
        fingerprints=tuple(finding.fingerprint for finding in clause.findings),
    )


def _summary(compliance: Compliance) -> Summary:
    violated = Counter(f.rule.severity for f in compliance.findings if f.verdict is Verdict.VIOLATED)
    return Summary(
        verdicts={verdict: compliance.counts.get(verdict, 0) for verdict in Verdict},
        violated={name: violated[name] for name in get_args(SeverityName)},
        clauses={verdict: compliance.clause_counts.get(verdict, 0) for verdict in ClauseVerdict},
        coverage=_coverage(compliance.coverage),
        clause_coverage=_coverage(compliance.clause_coverage),
    )


def _coverage(coverage: Coverage) -> CoverageRecord:
    return CoverageRecord(
        decided=coverage.decided, applicable=coverage.applicable, fraction=round(coverage.fraction, 4)
    )
