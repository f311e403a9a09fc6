"""Our own JSON outputs, version 1. Their JSON Schemas are what `panacea schema` prints.

Fields are only ever added within a version; a field is removed or changes its meaning in the next one alone.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from panacea_policy.compiler import Verdict
from panacea_policy.compliance import ClauseVerdict

SeverityName = Literal["critical", "high", "medium", "low", "info"]


class Document(BaseModel):
    """What every document has: nothing undeclared, nothing changed after it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def to_json(self) -> str:
        """The document as indented JSON text."""
        return self.model_dump_json(indent=2, by_alias=True) + "\n"


class Location(Document):
    """A range in a source file; lines and columns count characters from 1, the end is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


class InventoryRow(Document):
    """A row of an inventory: a line of a table, the header being line 1, or an item of a list, from 1."""

    path: str
    row: int


class DiagnosticRecord(Document):
    """A mistake in the text of the model."""

    code: str
    severity: Literal["error", "warning", "info"]
    message: str
    help: str | None
    location: Location


class QuestionRecord(Document):
    """An attribute that nobody set and that a verdict waits for."""

    entity: str
    attribute: str
    text: str


class RankedQuestion(QuestionRecord):
    """An open question with what its answer is worth."""

    settles: int = Field(description="verdicts that this answer alone decides")
    concerns: int = Field(description="verdicts that this answer has a part in")


class WaiverRecord(Document):
    """Who accepted a violation, why, and until when."""

    by: str
    because: str
    until: date | None


class FindingRecord(Document):
    """An open verdict of one rule on its subjects; what is met or not applicable is in the summary."""

    rule: str
    title: str
    severity: SeverityName
    verdict: Verdict
    subjects: tuple[str, ...]
    message: str
    witnesses: tuple[str, ...]
    clauses: tuple[str, ...]
    remedy: str | None
    questions: tuple[QuestionRecord, ...]
    waiver: WaiverRecord | None
    location: Location
    rows: tuple[InventoryRow, ...] = Field(description="of the inventories that subjects came from")
    fingerprint: str = Field(description="stable under edits: made of the rule's id and the subjects' names")


class ClauseRecord(Document):
    """The verdict on one clause of a law or standard."""

    id: str
    title: str
    pack: str
    verdict: ClauseVerdict
    reason: str
    rules: tuple[str, ...]
    met: int = Field(description="checks that are met, next to the findings")
    fingerprints: tuple[str, ...] = Field(description="of the findings that the verdict rests on")


class CoverageRecord(Document):
    """How much of what applies is decided."""

    decided: int
    applicable: int
    fraction: float


class Summary(Document):
    """The figures of a check."""

    verdicts: dict[Verdict, int]
    violated: dict[SeverityName, int]
    clauses: dict[ClauseVerdict, int]
    coverage: CoverageRecord
    clause_coverage: CoverageRecord


class CheckDocument(Document):
    """What `panacea check --format json` writes. ``summary`` is null when the model has errors."""

    schema_: Literal["panacea/check/v1"] = Field(default="panacea/check/v1", alias="schema")
    version: str
    as_of: date
    diagnostics: tuple[DiagnosticRecord, ...]
    findings: tuple[FindingRecord, ...]
    clauses: tuple[ClauseRecord, ...]
    questions: tuple[RankedQuestion, ...]
    summary: Summary | None


class TestRecord(Document):
    """The result of one test of the language."""

    name: str
    location: Location
    passed: bool
    failures: tuple[str, ...]


class RuleCoverage(Document):
    """The verdicts that the tests made a rule give."""

    rule: str
    verdicts: tuple[Verdict, ...]


class TestDocument(Document):
    """What `panacea test --format json` writes."""

    schema_: Literal["panacea/test/v1"] = Field(default="panacea/test/v1", alias="schema")
    version: str
    passed: int
    failed: int
    tests: tuple[TestRecord, ...]
    coverage: tuple[RuleCoverage, ...] | None


class QueryDocument(Document):
    """What `panacea query --format json` writes: declarations by name, quantities in base units."""

    schema_: Literal["panacea/query/v1"] = Field(default="panacea/query/v1", alias="schema")
    version: str
    query: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | bool | None, ...], ...]


class ProofNode(Document):
    """One step of a proof: what holds, where it is said, and what it rests on."""

    text: str
    location: Location | None
    children: tuple[ProofNode, ...]


class ExplainDocument(Document):
    """What `panacea explain --format json` writes."""

    schema_: Literal["panacea/explain/v1"] = Field(default="panacea/explain/v1", alias="schema")
    version: str
    subject: str
    proofs: tuple[ProofNode, ...]


class AttributeReader(Document):
    """A rule, relation or step that reads an attribute."""

    what: Literal["rule", "relation", "step"]
    name: str
    title: str
    package: str
    parts: tuple[str, ...] = Field(description="where in its text, such as `where` or `chance`")
    via: str | None = Field(
        description="the relation through which it reads it; null where its own text does"
    )
    location: Location


class AttributeGiver(Document):
    """A template that gives the attribute, or says what risk assumes where nobody set it."""

    name: str
    assumed: bool
    value: str
    location: Location | None


class ProgramReader(Document):
    """A part of the program that reads the attribute by name, and what for."""

    part: str
    purpose: str


class AttributeCounts(Document):
    """Declarations of the model that state the attribute, have it from a template, or leave it open."""

    stated: int
    inherited: int
    open: int


class AttributeDocument(Document):
    """What `panacea explain --attribute … --format json` writes."""

    schema_: Literal["panacea/attribute/v1"] = Field(default="panacea/attribute/v1", alias="schema")
    version: str
    kind: str
    attribute: str
    declared_by: str
    type: str
    many: bool
    required: bool
    complete: bool
    doc: str
    unset: str = Field(description="what it means that nobody set it")
    readers: tuple[AttributeReader, ...]
    program: tuple[ProgramReader, ...]
    givers: tuple[AttributeGiver, ...]
    counts: AttributeCounts | None = Field(description="null where no model was given")


DOCUMENTS: dict[str, type[Document]] = {
    "check": CheckDocument,
    "test": TestDocument,
    "query": QueryDocument,
    "explain": ExplainDocument,
    "attribute": AttributeDocument,
}
"""The documents by the name in ``panacea/<name>/v1``."""
