"""What findings rest on and what would mend them, as typed records: schemas ``panacea/clause/v1`` and
``panacea/repair/v1``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from panacea_policy.compiler import Finding, Verdict, Witness
from panacea_policy.compliance import related
from panacea_policy.formats.check_json import location
from panacea_policy.formats.check_run import CheckRun
from panacea_policy.formats.comply_json import CrossedClause, JudgedClause, crossed_clause, judged_clause
from panacea_policy.formats.comply_run import ComplyRun
from panacea_policy.formats.documents import Document, Location
from panacea_policy.formats.witnesses import leaf_text, witness_of
from panacea_policy.version import __version__

if TYPE_CHECKING:
    from panacea_policy.compliance import Clause
    from panacea_policy.compliance.repair import FindingRepairs, JointRepair, Repair


@dataclass(frozen=True)
class Mending:
    """Repairs of some findings, one by one, and one for all of them together. ``passed_over``: how many more
    there were that nobody looked at.
    """

    each: tuple[FindingRepairs, ...]
    all: JointRepair | None
    passed_over: int = 0

    def of(self, finding: Finding) -> FindingRepairs | None:
        """What was found for one finding."""
        return next((one for one in self.each if one.finding.fingerprint == finding.fingerprint), None)


class LeafRecord(Document):
    """One thing that a finding rests on."""

    what: Literal["fact", "absent", "counted"]
    text: str
    location: Location | None = Field(description="where the model says it, or the rule asks for it")


class WitnessRecord(Document):
    """The smallest witness of a finding: the leaves of a proof of least height."""

    fingerprint: str
    rule: str
    subjects: tuple[str, ...]
    message: str
    height: int
    leaves: tuple[LeafRecord, ...]


class EditRecord(Document):
    """One edit of a repair, as an entry of a scenario."""

    text: str
    note: str


class RepairRecord(Document):
    """Edits after which findings are gone, as the engine has found."""

    edits: tuple[EditRecord, ...]
    mends: tuple[str, ...] = Field(description="fingerprints of violations that are gone after it")
    brings: tuple[str, ...] = Field(description="violations that are new after it, in words")
    idle: bool = Field(description="the rule no longer applies to its subject, rather than being met")
    smallest: bool = Field(
        description="no smaller one is in the space of edits that was tried; else no part of it is enough"
    )


class RepairsRecord(Document):
    """What was found for one finding, the best first; nothing where no edit that was tried is enough."""

    fingerprint: str
    rule: str
    subjects: tuple[str, ...]
    tried: int
    repairs: tuple[RepairRecord, ...]


class JointRecord(Document):
    """One repair for many findings, each edit of which is needed."""

    repair: RepairRecord | None
    left: tuple[str, ...] = Field(description="fingerprints of those that nothing was found for")


class ClauseDocument(Document):
    """What `panacea comply --clause ID --format json` writes."""

    schema_: Literal["panacea/clause/v1"] = Field(default="panacea/clause/v1", alias="schema")
    version: str
    as_of: date
    clause: JudgedClause
    witnesses: tuple[WitnessRecord, ...] = Field(description="of its violated findings")
    repairs: tuple[RepairsRecord, ...] | None = Field(description="null unless asked for")
    together: JointRecord | None
    passed_over: int = Field(description="further violations for which no repair was looked for")
    related: tuple[CrossedClause, ...] = Field(description="in use, asking for the same or supporting it")


class RepairDocument(Document):
    """What `panacea explain SUBJECT --repair --format json` writes."""

    schema_: Literal["panacea/repair/v1"] = Field(default="panacea/repair/v1", alias="schema")
    version: str
    as_of: date
    subject: str
    repairs: tuple[RepairsRecord, ...]
    together: JointRecord | None
    passed_over: int = Field(description="further violations for which no repair was looked for")


def clause_document(run: ComplyRun, clause: Clause, mending: Mending | None) -> ClauseDocument:
    """One clause with the witnesses of its violations, and their repairs if they were looked for."""
    violated = [finding for finding in clause.findings if finding.verdict is Verdict.VIOLATED]
    return ClauseDocument(
        version=__version__,
        as_of=run.check.workspace.as_of,
        clause=judged_clause(run, clause),
        witnesses=tuple(
            witness_record(run.check, finding, witness)
            for finding in violated
            if (witness := witness_of(run.check, finding)) is not None
        ),
        repairs=tuple(map(_repairs, mending.each)) if mending is not None else None,
        together=_joint(mending),
        passed_over=mending.passed_over if mending is not None else 0,
        related=tuple(map(crossed_clause, related(clause, run.compliance, run.model))),
    )


def repair_document(check: CheckRun, subject: str, mending: Mending) -> RepairDocument:
    """The repairs of some findings."""
    return RepairDocument(
        version=__version__,
        as_of=check.workspace.as_of,
        subject=subject,
        repairs=tuple(map(_repairs, mending.each)),
        together=_joint(mending),
        passed_over=mending.passed_over,
    )


def witness_record(check: CheckRun, finding: Finding, witness: Witness) -> WitnessRecord:
    """A witness as a record."""
    return WitnessRecord(
        fingerprint=finding.fingerprint,
        rule=finding.rule.id,
        subjects=tuple(each.name for each in finding.subjects),
        message=finding.message,
        height=witness.height,
        leaves=tuple(
            LeafRecord.model_validate(
                {
                    "what": leaf.what,
                    "text": leaf_text(check, leaf),
                    "location": location(check.place(leaf.span)) if leaf.span is not None else None,
                }
            )
            for leaf in witness.leaves
        ),
    )


def _repairs(found: FindingRepairs) -> RepairsRecord:
    return RepairsRecord(
        fingerprint=found.finding.fingerprint,
        rule=found.finding.rule.id,
        subjects=tuple(each.name for each in found.finding.subjects),
        tried=found.tried,
        repairs=tuple(map(_repair, found.repairs)),
    )


def _repair(repair: Repair) -> RepairRecord:
    return RepairRecord(
        edits=tuple(EditRecord(text=edit.text, note=edit.note) for edit in repair.edits),
        mends=tuple(each.fingerprint for each in repair.mends),
        brings=tuple(_said(repair.brings)),
        idle=repair.idle,
        smallest=repair.smallest,
    )


def _joint(mending: Mending | None) -> JointRecord | None:
    if mending is None or mending.all is None:
        return None
    joint = mending.all
    return JointRecord(
        repair=_repair(joint.repair) if joint.repair is not None else None,
        left=tuple(each.fingerprint for each in joint.left),
    )


def _said(findings: Sequence[Finding]) -> list[str]:
    return [f"{each.rule.id}: {each.message}" for each in findings]


REPAIR_DOCUMENTS: dict[str, type[Document]] = {"clause": ClauseDocument, "repair": RepairDocument}
"""Outputs by the name in ``panacea/<name>/v1``."""
