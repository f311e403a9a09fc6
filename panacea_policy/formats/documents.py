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


class CounterexampleRecord(Document):
    """A small model that was run and shows the answer: what to give to `panacea check`, and on which day."""

    text: str
    as_of: date


class ProveDocument(Document):
    """What `panacea prove --format json` writes.

    ``outcome``: `holds`, `fails`, or `not_verified` with the ``reasons``. ``declarations``: how many
    declarations the largest universe that was looked at had.
    """

    schema_: Literal["panacea/prove/v1"] = Field(default="panacea/prove/v1", alias="schema")
    version: str
    question: str
    outcome: Literal["holds", "fails", "not_verified"]
    sentence: str
    reasons: tuple[str, ...]
    shows: str
    counterexamples: tuple[CounterexampleRecord, ...]
    declarations: int


DOCUMENTS: dict[str, type[Document]] = {
    "check": CheckDocument,
    "test": TestDocument,
    "query": QueryDocument,
    "explain": ExplainDocument,
    "prove": ProveDocument,
}
"""The documents by the name in ``panacea/<name>/v1``."""
