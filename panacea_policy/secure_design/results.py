"""What the file of a system or device says, as frozen pydantic values with a stable JSON form.

Chances are per year, in [0, 1]. Identifiers (``T-…``, ``R-…``, ``SR-…``) are made of names alone, so that
they
survive edits.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from panacea_policy.risk import ActorFall, Estimate, Place

State = Literal["open", "unknown", "waived", "met"]
#: The order in which states are told.
STATES: tuple[State, ...] = ("open", "unknown", "waived", "met")
Acceptability = Literal["acceptable", "reduce further", "not acceptable"]


class Value(BaseModel):
    """The base of all results: immutable, and strict about what it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, ser_json_inf_nan="null")


class Named(Value):
    """A declaration as people see it."""

    name: str
    title: str
    kind: str


class ClauseRef(Value):
    """A clause of a law or standard that asks for something here."""

    id: str
    pack: str
    number: str
    title: str
    binds: bool = Field(description="Whether it binds the organisation of the model on this day.")
    reason: str = Field(description="Why it does not, where it does not.")

    @property
    def label(self) -> str:
        """The clause by pack and number; of one that does not bind here it says so."""
        return f"{self.pack} {self.number}{'' if self.binds else ' (does not bind here)'}"


class Threat(Value):
    """A rule of secure design at one subject: what could be done, and whether something answers it."""

    id: str
    fingerprint: str
    rule: str
    title: str
    category: str
    kinds: tuple[str, ...] = Field(description="Words of STRIDE and LINDDUN.")
    patterns: tuple[str, ...] = Field(description="Numbers of CAPEC.")
    weaknesses: tuple[str, ...] = Field(description="Numbers of CWE.")
    techniques: tuple[str, ...] = Field(description="Numbers of ATT&CK.")
    severity: str
    layer: str
    state: State
    subject: Named
    relation: str = Field(description="What the subject is to the system: itself, a flow to it, its zone …")
    message: str
    remedy: str
    questions: tuple[str, ...]
    place: Place | None
    requirement: str
    risks: tuple[str, ...]


class Move(Value):
    """An attack step that leads to the system (``entry``) or goes on from it (``next``)."""

    step: str
    title: str
    direction: Literal["entry", "next"]
    layer: str
    techniques: tuple[str, ...]
    instances: int
    chance_low: float = Field(
        description="Chance of one attempt before controls: the least of all instances."
    )
    chance_high: float
    needs: tuple[str, ...] = Field(description="What the attacker must have before.")
    gives: tuple[str, ...]
    hindered_by: tuple[str, ...] = Field(description="Controls in place that hinder an instance.")
    hindered_later: tuple[str, ...] = Field(description="Controls that would, once they are in place.")
    could_hinder: tuple[str, ...] = Field(description="Classes of controls that nothing here belongs to.")
    test_idea: str


class Level(Value):
    """A level of harm or of exploitation."""

    name: str
    title: str
    rank: int
    meaning: str


class Judged(Value):
    """How probable exploitation is in one state of the controls, and whether the risk is acceptable then."""

    chance: Estimate | None = Field(description="Per year; none where nothing was simulated.")
    level: Level | None
    acceptability: Acceptability | None


class Risk(Value):
    """A hazard with the sequence of events, the hazardous situation and the harm (ISO 14971)."""

    id: str
    hazard: str
    title: str
    situation: str
    harm: str
    foreseeable_misuse: str
    severity: Level
    assumed: str = Field(description="What was assumed for want of a statement; empty if nothing.")
    basis: Literal["simulated", "unreached", "ordinal"]
    events: tuple[str, ...] = Field(description="Facts of the attack graph that bring it about.")
    before: Judged
    now: Judged
    planned: Judged
    candidates: Judged
    actors: tuple[ActorFall, ...]
    threats: tuple[str, ...]
    requirements: tuple[str, ...]


class MatrixRow(Value):
    """A row of the matrix of acceptable risk, by rising probability of exploitation."""

    severity: Level
    cells: tuple[Acceptability, ...]


class Matrix(Value):
    """The matrix of acceptable risk as declared."""

    columns: tuple[Level, ...]
    from_chance: tuple[float, ...]
    rows: tuple[MatrixRow, ...]


class ControlLine(Value):
    """A control that protects the system or could, declared or only named by a step."""

    name: str
    title: str
    status: str = Field(
        description="in_place, planned, candidate, retired; `not declared` for a class alone."
    )
    planned_for: date | None
    classes: tuple[str, ...]
    hinders: tuple[str, ...]
    share_stopped: float | None
    test_idea: str
    place: Place | None


class Requirement(Value):
    """A security requirement to build, buy and test by."""

    id: str
    text: str
    source: Literal["threat", "clause", "control"]
    state: Literal["open", "unknown", "waived", "met", "planned", "candidate"]
    priority: str
    subject: Named
    threats: tuple[str, ...]
    risks: tuple[str, ...]
    controls: tuple[str, ...]
    clauses: tuple[ClauseRef, ...]
    remedy: str
    test_idea: str
    waiver: str
    rule: str
    fingerprint: str


class ViewNode(Value):
    """A box of a view; ``role`` says what it is to the system."""

    id: str
    title: str
    subtitle: str = ""
    rows: tuple[str, ...] = ()
    role: Literal["self", "device", "system", "zone", "person", "outside", "care", "data", "control"] = (
        "system"
    )


class ViewLink(Value):
    """An arrow of a view."""

    source: str
    target: str
    label: str = ""
    both_ways: bool = False
    strong: bool = False
    broken: bool = Field(default=False, description="A way that something is missing on.")


class Table(Value):
    """A table of texts."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class View(Value):
    """One of the four security views of a premarket file."""

    id: Literal["global", "multi_patient", "update", "use"]
    title: str
    about: str
    nodes: tuple[ViewNode, ...]
    links: tuple[ViewLink, ...]
    tables: tuple[Table, ...]
    gaps: tuple[str, ...] = Field(description="What the view cannot show because nobody stated it.")


class Answer(Value):
    """A question of the disclosure statement with the model's answer."""

    section: str
    section_title: str
    number: str
    question: str
    answer: Literal["yes", "no", "see note", "n/a"]
    note: str
    attribute: str
    place: Place | None


class KnownWeakness(Value):
    """A vulnerability of a component, as records or the model tell it."""

    id: str
    component: str
    status: str
    cvss: float | None
    known_exploited: bool
    exploited_due: date | None
    fixed_version: str
    confidence: float | None = Field(description="How surely the record speaks of the component, in [0, 1].")
    source: str


class BillComponent(Value):
    """A component of the software bill of materials."""

    name: str
    version: str
    supplier: str
    identifier: str = Field(description="Its package URL, else its CPE name.")
    weaknesses: tuple[str, ...]


class BillCheck(Value):
    """What a software bill of materials says about the system, held against what is known."""

    source: str
    product: str
    about_subject: bool | None = Field(
        description="Whether the bill names this product; none if that is open."
    )
    components: tuple[BillComponent, ...]
    weaknesses: tuple[KnownWeakness, ...]
    records: str = Field(description="What the components were held against.")
    notes: tuple[str, ...]


class Subject(Value):
    """The system or device that the file is about."""

    name: str
    title: str
    kind: str
    classes: tuple[str, ...]
    doc: str
    medical: bool | None
    safety: str
    safety_source: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[Named, ...] = Field(description="What belongs to it or leads to it, and was looked at.")
    place: Place | None


class DesignFile(Value):
    """Everything about one system or device."""

    schema_: Literal["panacea/design/v1"] = Field(default="panacea/design/v1", alias="schema")
    version: str
    as_of: date
    organisation: str
    subject: Subject
    method: tuple[str, ...]
    simulated: bool
    not_counted: tuple[str, ...] = Field(
        description="threat actors that no risk counts, each with the reason"
    )
    trials: int
    seed: int
    rules_looked_at: int
    rules_that_apply: int
    threats: tuple[Threat, ...]
    moves: tuple[Move, ...]
    matrix: Matrix
    risks: tuple[Risk, ...]
    controls: tuple[ControlLine, ...]
    requirements: tuple[Requirement, ...]
    views: tuple[View, ...]
    disclosure: tuple[Answer, ...]
    bill: BillCheck | None
    residual: tuple[str, ...]
    questions: tuple[str, ...]

    def to_json(self) -> str:
        """The JSON form, indented."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"

    def counted(self, state: State) -> int:
        """How many threats are in a state."""
        return sum(threat.state == state for threat in self.threats)
