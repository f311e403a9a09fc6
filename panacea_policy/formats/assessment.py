"""The JSON Schemas of what `panacea assess` writes, and with them those of every output."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from panacea_policy.compiler import Verdict
from panacea_policy.compliance import ClauseVerdict
from panacea_policy.formats.absence_json import ABSENCE_DOCUMENTS
from panacea_policy.formats.comply_json import COMPLY_DOCUMENTS
from panacea_policy.formats.documents import DOCUMENTS, Document, SeverityName
from panacea_policy.formats.feed_documents import FEED_DOCUMENTS
from panacea_policy.formats.repair_json import REPAIR_DOCUMENTS
from panacea_policy.risk import RiskResult
from panacea_policy.risk.exact_risk import ExactCheck
from panacea_policy.risk.mitigation import MitigationResult
from panacea_policy.risk.results import Place
from panacea_policy.secure_design import DesignFile


class AssessedFinding(Document):
    """An open verdict of one rule on its subjects."""

    rule: str
    title: str
    severity: SeverityName
    verdict: Verdict
    subjects: tuple[str, ...]
    message: str
    questions: tuple[str, ...]
    place: Place | None
    fingerprint: str


class AssessedClause(Document):
    """The verdict on one clause of a law or standard."""

    id: str
    title: str
    pack: str
    verdict: ClauseVerdict
    reason: str
    findings: tuple[str, ...] = Field(description="fingerprints of the open findings it rests on")


class AssessmentDocument(Document):
    """``assessment.json``: findings, clauses and risk of a model on one day."""

    schema_: Literal["panacea/assessment/v1"] = Field(default="panacea/assessment/v1", alias="schema")
    organisation: str
    as_of: date
    risk: RiskResult
    findings: tuple[AssessedFinding, ...]
    clauses: tuple[AssessedClause, ...]
    scenarios: dict[str, dict[str, object]] = Field(
        description="the risk under each scenario, by its name: like `risk`, without the paths"
    )
    chapters: dict[str, dict[str, object]] = Field(description="the figures behind chapters, by chapter")


SCHEMAS: dict[str, type[BaseModel]] = {
    **DOCUMENTS,
    "assessment": AssessmentDocument,
    "risk": RiskResult,
    "exact": ExactCheck,
    "mitigation": MitigationResult,
    "design": DesignFile,
    **COMPLY_DOCUMENTS,
    **REPAIR_DOCUMENTS,
    **ABSENCE_DOCUMENTS,
    **FEED_DOCUMENTS,
}
"""Every output by the name in ``panacea/<name>/v1``."""
