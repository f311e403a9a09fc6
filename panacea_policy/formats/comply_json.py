"""The JSON output of `comply`, schema ``panacea/comply/v1``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from pydantic import Field

from panacea_policy.compliance import Clause, ClauseVerdict, LawChange, Topic, read_waiver
from panacea_policy.formats.comply_run import ComplyRun, PackView, number, open_questions
from panacea_policy.formats.documents import CoverageRecord, Document, WaiverRecord
from panacea_policy.version import __version__

StrengthName = Literal["declared", "attested", "measured"]


class AttestationRecord(Document):
    """Who answers for a clause, why, and until when."""

    by: str
    because: str
    starts: date | None
    until: date | None = Field(description="the last day on which it holds; `null`: it has no end date")
    no_end_date: bool = Field(description="nobody said an end: it holds until somebody takes it back")
    valid: bool
    verdict: ClauseVerdict


class JudgedClause(Document):
    """The verdict on one clause, and everything it rests on."""

    id: str
    number: str
    title: str
    verdict: ClauseVerdict
    reason: str
    binds: bool = Field(description="in force on that day, and it speaks to us")
    benchmark: bool = Field(description="a measure to us: nobody is held to it")
    proposed: bool = Field(description="judged as if it were law")
    decided_by: Literal["rules", "attestation", "both", "nobody"] | None
    strength: StrengthName | None = Field(description="how the weakest thing it rests on is known")
    rules: tuple[str, ...]
    met: int = Field(description="checks that are met, next to the findings")
    fingerprints: tuple[str, ...] = Field(description="of the findings that the verdict rests on")
    questions: tuple[str, ...]
    waivers: tuple[WaiverRecord, ...]
    attestation: AttestationRecord | None


class JudgedPack(Document):
    """One pack: a law or standard."""

    name: str
    title: str
    version: str | None
    source: str | None
    status: str | None
    verdicts: dict[ClauseVerdict, int]
    coverage: CoverageRecord
    clauses: tuple[JudgedClause, ...]
    unchecked: tuple[str, ...] = Field(description="statements of the pack that nobody could check yet")


class ApplicabilityRecord(Document):
    """A line of a statement of applicability."""

    id: str
    number: str
    title: str
    applies: bool | None
    reason: str
    state: str | None
    carried_out_by: tuple[str, ...]
    decided_by: str
    verdict: ClauseVerdict
    remark: str = Field(description="how what is stated and what was found contradict each other, or nothing")


class ComplyDocument(Document):
    """What `panacea comply --format json` writes."""

    schema_: Literal["panacea/comply/v1"] = Field(default="panacea/comply/v1", alias="schema")
    version: str
    as_of: date
    law_of: date
    foreseen: bool = Field(description="proposed law, and law to come, counts too")
    packs: tuple[JudgedPack, ...]
    unbound: int = Field(description="findings of law that does not bind on that day")


class StatementDocument(Document):
    """What `panacea comply --soa PACK --format json` writes."""

    schema_: Literal["panacea/statement/v1"] = Field(default="panacea/statement/v1", alias="schema")
    version: str
    as_of: date
    pack: str
    lines: tuple[ApplicabilityRecord, ...]


class ChangedClause(Document):
    """One clause under the law of both days."""

    id: str
    title: str
    change: Literal["comes", "goes", "differs"]
    before: ClauseVerdict
    after: ClauseVerdict
    reason_before: str
    reason_after: str


class LawChangeDocument(Document):
    """What `panacea comply --diff DAY1 DAY2 --format json` writes."""

    schema_: Literal["panacea/law-change/v1"] = Field(default="panacea/law-change/v1", alias="schema")
    version: str
    as_of: date
    before: str = Field(description="the day whose law came first")
    after: str = Field(description="the other day, or `foreseen`")
    clauses: tuple[ChangedClause, ...]
    new_violations: tuple[str, ...] = Field(description="fingerprints of findings that count only then")
    old_violations: tuple[str, ...] = Field(description="fingerprints of findings that no longer count")


def change_document(run: ComplyRun, change: LawChange, days: tuple[str, str]) -> LawChangeDocument:
    """A change of law as a typed document."""
    named = (("comes", change.come), ("goes", change.gone), ("differs", change.other))
    clauses = [
        ChangedClause.model_validate(
            {
                "id": each.id,
                "title": each.after.title,
                "change": word,
                "before": each.before.verdict,
                "after": each.after.verdict,
                "reason_before": each.before.reason,
                "reason_after": each.after.reason,
            }
        )
        for word, changes in named
        for each in changes
    ]
    return LawChangeDocument(
        version=__version__,
        as_of=run.check.workspace.as_of,
        before=days[0],
        after=days[1],
        clauses=tuple(clauses),
        new_violations=tuple(finding.fingerprint for finding in change.new_violations),
        old_violations=tuple(finding.fingerprint for finding in change.old_violations),
    )


class CrossedClause(Document):
    """A clause of a topic, or one that asks for what another one asks for."""

    id: str
    number: str
    title: str
    verdict: ClauseVerdict
    reason: str


class TopicRecord(Document):
    """Clauses of several laws that ask for the same."""

    name: str
    title: str
    relation: str
    clauses: tuple[CrossedClause, ...]
    rules: tuple[str, ...] = Field(description="the rules that speak of these clauses")


class CrosswalkDocument(Document):
    """What `panacea comply --crosswalk --format json` writes."""

    schema_: Literal["panacea/crosswalk/v1"] = Field(default="panacea/crosswalk/v1", alias="schema")
    version: str
    as_of: date
    law_of: date
    topics: tuple[TopicRecord, ...]


def crossed_clause(clause: Clause) -> CrossedClause:
    """A clause and its verdict, told beside another one."""
    return CrossedClause(
        id=clause.id,
        number=number(clause),
        title=clause.title,
        verdict=clause.verdict,
        reason=clause.reason,
    )


def crosswalk_document(run: ComplyRun, topics: Sequence[Topic]) -> CrosswalkDocument:
    """A crosswalk as a typed document."""
    return CrosswalkDocument(
        version=__version__,
        as_of=run.check.workspace.as_of,
        law_of=run.law_of,
        topics=tuple(
            TopicRecord(
                name=topic.name,
                title=topic.title,
                relation=topic.relation,
                clauses=tuple(map(crossed_clause, topic.clauses)),
                rules=topic.rules,
            )
            for topic in topics
        ),
    )


def comply_document(run: ComplyRun) -> ComplyDocument:
    """The run as a typed document."""
    return ComplyDocument(
        version=__version__,
        as_of=run.check.workspace.as_of,
        law_of=run.law_of,
        foreseen=run.foreseen,
        packs=tuple(_pack(run, pack) for pack in run.packs),
        unbound=len(run.unbound),
    )


def statement_document(run: ComplyRun, pack: str) -> StatementDocument:
    """The statement of applicability of a pack as a typed document."""
    lines = tuple(
        ApplicabilityRecord(
            id=line.clause.id,
            number=number(line.clause),
            title=line.clause.title,
            applies=line.applies,
            reason=line.reason,
            state=line.state,
            carried_out_by=line.carried_out_by,
            decided_by=line.decided_by,
            verdict=line.clause.verdict,
            remark=line.remark,
        )
        for line in run.statement(pack)
    )
    return StatementDocument(version=__version__, as_of=run.check.workspace.as_of, pack=pack, lines=lines)


def _pack(run: ComplyRun, pack: PackView) -> JudgedPack:
    coverage = pack.coverage
    version, source, status = (pack.says(name) for name in ("version", "source", "status"))
    return JudgedPack(
        name=pack.name,
        title=pack.title,
        version=str(version) if version is not None else None,
        source=str(source) if source is not None else None,
        status=str(status) if status is not None else None,
        verdicts={verdict: pack.counts.get(verdict, 0) for verdict in ClauseVerdict},
        coverage=CoverageRecord(
            decided=coverage.decided, applicable=coverage.applicable, fraction=round(coverage.fraction, 4)
        ),
        clauses=tuple(judged_clause(run, clause) for clause in pack.clauses),
        unchecked=pack.unchecked,
    )


def judged_clause(run: ComplyRun, clause: Clause) -> JudgedClause:
    """The verdict on one clause as a record."""
    strength, decided = run.strength(clause), run.model.value(clause.requirement, "decided_by")
    waivers = [read_waiver(each, run.model) for each in clause.waivers]
    return JudgedClause.model_validate(
        {
            "id": clause.id,
            "number": number(clause),
            "title": clause.title,
            "verdict": clause.verdict,
            "reason": clause.reason,
            "binds": clause.standing.binds,
            "benchmark": clause.standing.benchmark,
            "proposed": clause.standing.proposed,
            "decided_by": decided if isinstance(decided, str) else None,
            "strength": str(strength) if strength is not None else None,
            "rules": tuple(rule.id for rule in clause.rules),
            "met": clause.met,
            "fingerprints": tuple(finding.fingerprint for finding in clause.findings),
            "questions": open_questions(clause),
            "waivers": tuple(WaiverRecord(by=w.by, because=w.because, until=w.until) for w in waivers),
            "attestation": _attestation(clause),
        }
    )


def _attestation(clause: Clause) -> AttestationRecord | None:
    said = clause.attestation
    if said is None:
        return None
    return AttestationRecord(
        by=said.by,
        because=said.because,
        starts=said.starts,
        until=said.until,
        no_end_date=said.until is None,
        valid=said.valid,
        verdict=said.verdict,
    )


COMPLY_DOCUMENTS: dict[str, type[Document]] = {
    "comply": ComplyDocument,
    "statement": StatementDocument,
    "law-change": LawChangeDocument,
    "crosswalk": CrosswalkDocument,
}
"""Outputs of `comply` by the name in ``panacea/<name>/v1``."""
