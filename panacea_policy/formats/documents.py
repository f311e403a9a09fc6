"""Our own JSON outputs, version 1. Their JSON Schemas are what `panacea schema` prints.

Fields are only ever added within a version; a field is removed or changes its meaning in the next one alone.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from panacea_policy.compiler import Mark, Verdict
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
    age: Literal["new", "known"] | None = Field(
        default=None, description="with `--new`, of a violation: whether it was there before"
    )


class VoidRecord(Document):
    """A certified claim that the change makes false."""

    clause: str
    was: str
    certificate: str
    now: str
    reason: str


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
    before: str | None = Field(default=None, description="with `--new`: what the model is compared with")
    void: tuple[VoidRecord, ...] = ()


class TestRecord(Document):
    """The result of one test of the language."""

    name: str
    location: Location
    passed: bool = Field(description="the outcome is `passed`")
    outcome: Literal["passed", "todo", "failed"] = Field(
        description="`todo`: nothing failed, but a known miss is still there"
    )
    failures: tuple[str, ...]
    todo: tuple[str, ...] = Field(description="the known misses that still are")


class ConditionRecord(Document):
    """Whether a condition decided anything by being true, false or unknown; null where it cannot be told."""

    text: str
    part: str = Field(description="the word before the list of conditions that it is in or below")
    location: Location
    true: bool | None
    false: bool | None
    unknown: bool


class RuleCoverage(Document):
    """The verdicts that tests expect of a rule, and which of its conditions decided anything in them."""

    rule: str
    verdicts: tuple[Verdict, ...]
    location: Location
    exercised: bool = Field(description="some test expects a verdict of it")
    conditions: tuple[ConditionRecord, ...]


class DerivedCoverage(Document):
    """A way for a relation to hold, or an attack step."""

    name: str
    kind: Literal["relation", "step"]
    location: Location
    exercised: bool = Field(description="in some test it derives something")
    conditions: tuple[ConditionRecord, ...]


class SurvivorRecord(Document):
    """An edit of a rule that no test notices."""

    name: str
    kind: Literal["rule", "relation", "step"]
    operator: str
    location: Location
    before: tuple[str, ...]
    after: tuple[str, ...]
    hint: str


class MutationRecord(Document):
    """How many edits tests noticed."""

    killed: int
    survived: int
    refused: int = Field(description="the compiler did not take them; they do not count")
    left_out: int = Field(description="not tried, for the limit")
    score: float | None = Field(description="the share of tried edits that were noticed, in [0, 1]")
    survivors: tuple[SurvivorRecord, ...]


class TestDocument(Document):
    """What `panacea test --format json` writes."""

    schema_: Literal["panacea/test/v1"] = Field(default="panacea/test/v1", alias="schema")
    version: str
    passed: int
    todo: int
    failed: int
    tests: tuple[TestRecord, ...]
    coverage: tuple[RuleCoverage, ...] | None
    derived: tuple[DerivedCoverage, ...] | None
    mutation: MutationRecord | None


class QueryDocument(Document):
    """What `panacea query --format json` writes: declarations by name, quantities in base units."""

    schema_: Literal["panacea/query/v1"] = Field(default="panacea/query/v1", alias="schema")
    version: str
    query: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | bool | None, ...], ...]


class PlanPass(Document):
    """A pass that rewrites the program, and how many rules it took away and put in."""

    name: str
    summary: str
    on: bool = Field(description="not switched off")
    ran: bool = Field(description="nor left out because there are few facts")
    dropped: int
    added: int


class PlanStep(Document):
    """A step of a plan, and the bindings after it."""

    kind: str = Field(description="scan, join, newest, exists, absent, filter, assign, check, distinct, …")
    text: str
    index: tuple[str, ...] = Field(description="the terms by which rows are looked up")
    expected: float | None = Field(description="bindings expected of one run when the plan was made")
    rows: int = Field(description="bindings found in all runs together")


class PlanVariant(Document):
    """One way in which a rule was run."""

    form: Literal["tuples", "columns"]
    newest: str | None = Field(description="the condition of which only the newest rows were joined")
    runs: int
    new: int
    steps: tuple[PlanStep, ...]


class PlanRule(Document):
    """A rule as it was run; ``new`` are the rows that it gave first."""

    text: str
    location: Location | None
    new: int
    time: float = Field(description="share of the time of all rules, from 0 to 1")
    plans: tuple[PlanVariant, ...]


class PlanStratum(Document):
    """Relations that are derived together, with their rows in the end."""

    relations: dict[str, int]
    recursive: bool
    rounds: int
    rules: tuple[PlanRule, ...]


class PlanIndex(Document):
    """An index that was built."""

    relation: str
    columns: tuple[str, ...]
    rows: int


class PlanDocument(Document):
    """What `panacea query --plan --format json` writes."""

    schema_: Literal["panacea/plan/v1"] = Field(default="panacea/plan/v1", alias="schema")
    version: str
    query: str
    answers: int
    off: tuple[str, ...] = Field(description="passes that were switched off")
    passes: tuple[PlanPass, ...]
    given: dict[str, int] = Field(description="facts that were read, by relation")
    strata: tuple[PlanStratum, ...]
    indexes: tuple[PlanIndex, ...]
    derived: int = Field(description="rows derived in all")


class ProofNode(Document):
    """One line of an explanation: what holds or is missing, where it is said, and what it rests on."""

    text: str
    mark: Mark = Field(description="whether it is derived, a fact, an absence, something missing, …")
    location: Location | None
    ask: str | None = Field(description="the fact to ask about next, in the words of `panacea explain`")
    children: tuple[ProofNode, ...]


class ProofStep(Document):
    """A row that is a fact (``rule`` is null) or that a rule gives for some bindings."""

    relation: str
    row: tuple[Any, ...] = Field(description="numbers, texts, booleans; a declaration is a list of its name")
    rule: int | None = Field(description="its place in `rules`")
    bindings: dict[str, Any] = Field(description="the values of the rule's variables")
    premises: tuple[dict[str, Any], ...] = Field(
        description="one for each literal of the rule's body: `step`, the number of the step that meets an"
        " atom; `absent`, the row that was looked for, null standing for any value; `members`, the bindings"
        " that an aggregate took; nothing for comparisons and tests, which the bindings decide"
    )
    height: int = Field(description="0 for a fact, else one more than the highest step that it rests on")


class ProofRule(Document):
    """A rule of the program.

    Atoms have `relation`, `terms` and `negated`; comparisons and tests `op`, `args`, `negated`, `binds` (the
    variable that gets its value there) and `opaque` (not worked out by the checker); aggregates `aggregate`,
    `value`, `group`, `result`, `body` and `empty` (whether an empty group counts). Terms are `{"var": name}`
    or `{"value": constant}`; names that begin with `_` stand for any value.
    """

    name: str
    text: str
    head: dict[str, Any]
    body: tuple[dict[str, Any], ...]


class Extension(Document):
    """All rows of a relation that is negated or aggregated."""

    count: int
    sha256: str | None = Field(description="of the rows as JSON, sorted, one to a line")
    rows: tuple[tuple[Any, ...], ...] | None = Field(description="null where they are more than 1,000")


class ProofDocument(Document):
    """What `panacea explain --format json` writes of what holds; `panacea explain --check` checks it."""

    schema_: Literal["panacea/proof/v1"] = Field(default="panacea/proof/v1", alias="schema")
    version: str
    as_of: date
    subject: str
    proofs: tuple[ProofNode, ...] = Field(description="in the words of people, shortened where it is long")
    goals: tuple[int, ...] = Field(description="the steps that prove the subject, in the order of `proofs`")
    steps: tuple[ProofStep, ...] = Field(description="each stands after those that it rests on")
    rules: tuple[ProofRule, ...]
    extensions: dict[str, Extension]


class WhyNotDocument(Document):
    """What `panacea explain --format json` writes of what does not hold."""

    schema_: Literal["panacea/why-not/v1"] = Field(default="panacea/why-not/v1", alias="schema")
    version: str
    as_of: date
    subject: str
    answer: ProofNode


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
    "proof": ProofDocument,
    "why-not": WhyNotDocument,
    "plan": PlanDocument,
    "attribute": AttributeDocument,
    "prove": ProveDocument,
}
"""The documents by the name in ``panacea/<name>/v1``."""
