"""What a risk assessment says, as frozen pydantic values with a stable JSON form (``panacea/risk/v1``).

Times are in seconds, money in the model's currency, rates per year, probabilities in [0, 1].
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA: Literal["panacea/risk/v1"] = "panacea/risk/v1"


class Value(BaseModel):
    """The base of all results: immutable, and strict about what it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, ser_json_inf_nan="null")


class Estimate(Value):
    """A simulated figure with its standard error and the 5 % and 95 % bounds that the number of trials
    allows.
    """

    value: float
    standard_error: float = Field(ge=0)
    low: float
    high: float


class Quantiles(Value):
    """Mean and percentiles of something that varies, with their standard errors; these are 0 where the
    figures are those of a law and not simulated.
    """

    mean: float
    p5: float
    p50: float
    p95: float
    mean_error: float = Field(default=0.0, ge=0)
    p5_error: float = Field(default=0.0, ge=0)
    p50_error: float = Field(default=0.0, ge=0)
    p95_error: float = Field(default=0.0, ge=0)


class Place(Value):
    """Where something is said: a file of the model and the line (and row, for an inventory)."""

    file: str
    line: int
    row: int | None = None


class Premise(Value):
    """A fact that a step builds on, the steps of the path that it comes from (none: given), and its
    declarations.
    """

    text: str
    by: tuple[int, ...] = ()
    places: tuple[Place, ...] = ()


class Hindrance(Value):
    """A control that lowers the chance of a step, in place or not."""

    name: str
    title: str
    status: str
    effectiveness: float


class Using(Value):
    """What a step makes use of beyond what it builds on and brings about: a vulnerability, a habit, a
    flow.
    """

    kind: str
    name: str
    title: str
    place: Place | None


class PathStep(Value):
    """One step of an attack path. ``chance`` is with the controls in place, ``base_chance`` without any."""

    number: int
    step: str
    title: str
    layer: str
    techniques: tuple[str, ...]
    premises: tuple[Premise, ...]
    results: tuple[str, ...]
    using: tuple[Using, ...]
    subjects: tuple[str, ...]
    base_chance: float
    chance: float
    effort: Quantiles
    hindrances: tuple[Hindrance, ...]
    place: Place | None
    certain: bool = Field(description="A consequence that takes no attack: chance 1 and no effort.")


class AttackPath(Value):
    """The most likely way to a goal, told step by step."""

    actor: str
    chance: float = Field(description="That one attempt succeeds along this very path.")
    time: float = Field(description="The sum of the mean efforts along the slowest branch, in seconds.")
    steps: tuple[PathStep, ...]


class ActorShare(Value):
    """What one threat actor contributes to a goal."""

    actor: str
    title: str
    attempts_per_year: float
    chance_per_attempt: Estimate
    events_per_year: float


class ActorFall(Value):
    """The chance that one threat actor brings something about within a year."""

    actor: str
    title: str
    attempts_per_year: float
    chance: Estimate


class Fall(Value):
    """The chance that something falls within a year, to any actor and actor by actor, most likely first."""

    reachable: bool = Field(description="Whether anything in the graph leads to it at all.")
    chance: Estimate
    actors: tuple[ActorFall, ...]


class GoalRisk(Value):
    """The risk that an attack reaches one goal: a care process disrupted, or a class of data disclosed."""

    kind: Literal["process", "data_class", "corruption"]
    name: str
    title: str
    reachable: bool
    probability: Estimate = Field(description="At least one event within the horizon.")
    events_per_year: Estimate
    actors: tuple[ActorShare, ...]
    time: Quantiles | None = Field(
        description="From the start of an attempt to the goal, given that it is reached."
    )
    outage: Quantiles | None = Field(default=None, description="How long one event lasts.")
    outage_source: str | None = None
    tolerable: float | None = Field(default=None, description="Maximum tolerable period of disruption.")
    beyond_tolerable: float | None = Field(
        default=None, description="Share of events that last longer than that."
    )
    outage_hours_per_year: float | None = None
    harmed_per_year: float | None = Field(default=None, description="Patients seriously harmed.")
    care_hours_per_year: float | None = Field(
        default=None,
        description="Patient-hours of care not given: cases, standstill less fallback, hours each.",
    )
    loss_per_event: Quantiles | None = None
    loss_per_year: Estimate | None = None
    path: AttackPath | None = Field(default=None, description="The most likely way, accidents included.")
    attack: AttackPath | None = Field(
        default=None, description="The most likely way of somebody who means it."
    )
    place: Place | None = None


class SecondMethod(Value):
    """The distribution of annual losses by closed forms and, where rates are known, Panjer's recursion on a
    lattice of this step.
    """

    mean: float
    deviation: float
    none: float
    p50: float | None
    p95: float | None
    p99: float | None
    step: float | None


class LossCurve(Value):
    """The distribution of the loss within one horizon. ``exceedance``: (probability, loss that is exceeded
    with it).
    """

    mean: Estimate
    p5: float
    p50: float
    p90: float
    p95: float
    p99: float
    tail_mean: float = Field(description="Mean loss of the worst 5 % of years.")
    none: float = Field(description="Share of years without any loss.")
    exceedance: tuple[tuple[float, float], ...]
    p5_error: float = Field(default=0.0, ge=0, description="Standard errors of the figures above.")
    p50_error: float = Field(default=0.0, ge=0)
    p90_error: float = Field(default=0.0, ge=0)
    p95_error: float = Field(default=0.0, ge=0)
    p99_error: float = Field(default=0.0, ge=0)
    tail_mean_error: float = Field(default=0.0, ge=0)
    none_error: float = Field(default=0.0, ge=0)
    deviation: float | None = Field(default=None, description="Standard deviation of the simulated years.")
    percentiles: tuple[tuple[float, Estimate], ...] = Field(
        default=(), description="(share of years, loss not exceeded), with its standard error."
    )
    band: tuple[tuple[float, float, float], ...] = Field(
        default=(), description="(probability, low, high): the 90 % interval of the exceedance curve."
    )
    value_at_risk: Estimate | None = Field(default=None, description="Exceeded in one year of twenty.")
    tail: Estimate | None = Field(default=None, description="The tail mean with its standard error.")
    none_estimate: Estimate | None = Field(default=None, description="Years without loss, with their error.")
    second: SecondMethod | None = Field(default=None, description="The same by other methods, as a check.")


class FormLoss(Value):
    """What a form of loss (FAIR) contributes per year."""

    form: str
    title: str
    primary: bool
    per_year: Estimate


class EventSummary(Value):
    """What one event is like, given that it happens: events of all actors (none named) or of one.

    ``what``: ``disruption`` of some process, or ``disclosure`` of some class of data.
    """

    actor: str | None
    what: Literal["disruption", "disclosure"]
    per_year: float
    loss: Quantiles | None
    outage: Quantiles | None = Field(description="The longest outage of the event, in seconds.")
    start: Quantiles | None = Field(
        description="From the start of the attempt to the first goal, waiting included, in seconds."
    )
    rebuilt: float | None = Field(description="Share of events in which copies were lost.")
    extent: Quantiles | None = Field(default=None, description="Share of the processes that stand still.")
    cases: Quantiles | None = Field(
        default=None, description="Cases not treated: volume, times standstill less what fallbacks carry."
    )


class GroupOfStaff(Value):
    """How often members of a role fall for lures in a year, staff differing from one another.

    ``repeat[k]``: expected share of members with at least k + 1 clicks. ``anybody``: that one lure to all of
    them deceives somebody.
    """

    role: str
    title: str
    headcount: int | None
    lures: int
    mean: float
    repeat: tuple[float, ...]
    anybody: float | None
    homogeneous: tuple[float, ...] = Field(description="The same if all members were alike.")


class Evidence(Value):
    """A figure of the model that values rest on, with how good it is."""

    name: str
    title: str
    supports: tuple[str, ...]
    value: str
    source: str
    year: int | None
    grade: str
    level: str | None
    population: str | None
    caution: str | None
    place: Place | None = None


class LossAssumption(Value):
    """A figure of losses that nobody stated: its prior, what that rests on, and the share of the expected
    loss that is computed with it.
    """

    attribute: str
    value: str
    source: str
    basis: tuple[str, ...] = Field(description="Names of the figures that it rests on.")
    subjects: int = Field(description="For how many processes or classes of data it stands in.")
    share: float
    place: Place | None = None


class Rated(Value):
    """A goal in the words of a heat map: a view of its figures, of which nothing is computed."""

    goal: str
    likelihood: str
    impact: str | None


class ControlValue(Value):
    """What a control that is not yet in place would change, compared trial by trial with the same random
    numbers.
    """

    name: str
    title: str
    status: str
    effectiveness: float
    steps: int = Field(description="How many step instances it hinders.")
    saves_per_year: Estimate | None
    events_avoided_per_year: Estimate
    relative: float = Field(description="Share of the objective (loss, else disruptions) that goes away.")
    cost_once: float | None = None
    cost_per_year: float | None = None
    place: Place | None = None


class AssumptionInfluence(Value):
    """How much of the result rests on an assumed value. ``share``: what would go away if no step resting on
    it worked.
    """

    entity: str
    attribute: str
    value: str
    source: str
    tested: bool
    share: float
    share_error: float
    place: Place | None = None


class Sensitivity(Value):
    """How far the result (loss per year, else events per year) moves when one input goes from its low to its
    high end, all else as it is.
    """

    kind: Literal["attempts", "loss", "control", "step"]
    name: str
    title: str
    low: str = Field(description="The low end of the input, with its unit.")
    high: str
    at_low: float = Field(description="The result with the input at its low end.")
    at_high: float
    place: Place | None = None


class Size(Value):
    """The size of the attack graph, whole and as far as it matters to the goals."""

    facts: int
    instances: int
    relevant_instances: int
    cyclic: bool


class Precision(Value):
    """How exactly the mean yearly loss is known, or the number of events where nothing is priced."""

    asked: float | None = Field(description="The relative standard error at which to stop; none: all trials.")
    relative_error: float | None = Field(description="The one that came out; none where nothing happened.")
    reached: bool = Field(description="Whether it is as small as was asked for.")


class RiskResult(Value):
    """The result of one assessment; equal inputs, options and seed give an equal result."""

    schema_id: Literal["panacea/risk/v1"] = Field(default=SCHEMA, alias="schema")
    seed: int
    trials: int
    horizon_days: float
    currency: str | None
    size: Size
    goals: tuple[GoalRisk, ...]
    loss: LossCurve | None
    controls: tuple[ControlValue, ...]
    all_controls: ControlValue | None = Field(
        description="All controls that are not in place, taken together."
    )
    assumptions: tuple[AssumptionInfluence, ...]
    notes: tuple[str, ...]
    sensitivity: tuple[Sensitivity, ...] = Field(
        default=(), description="What moves the result most, one input at a time."
    )
    precision: Precision | None = None
    net_loss: LossCurve | None = Field(
        default=None, description="The loss after insurance, where there is one."
    )
    forms: tuple[FormLoss, ...] = Field(default=(), description="The expected loss by form.")
    event_summaries: tuple[EventSummary, ...] = Field(default=(), description="What one event is like.")
    staff: tuple[GroupOfStaff, ...] = Field(default=(), description="Who falls for lures, by role.")
    loss_assumptions: tuple[LossAssumption, ...] = Field(
        default=(), description="Priors that losses are computed with, those that most rests on first."
    )
    evidence: tuple[Evidence, ...] = Field(default=(), description="Figures that what was used rests on.")
    heat: tuple[Rated, ...] = Field(default=(), description="The goals in words; a view only.")

    def to_json(self) -> str:
        """The JSON form, indented."""
        return self.model_dump_json(by_alias=True, indent=2)

    def processes(self) -> tuple[GoalRisk, ...]:
        """The care processes, worst first."""
        return tuple(g for g in self.goals if g.kind == "process")

    def data(self) -> tuple[GoalRisk, ...]:
        """The data classes, worst first."""
        return tuple(g for g in self.goals if g.kind == "data_class")

    def goal(self, name: str) -> GoalRisk | None:
        """The goal with this name, by its qualified name or its last part."""
        exact = [g for g in self.goals if g.name == name]
        loose = [g for g in self.goals if g.name.rsplit(".", 1)[-1] == name]
        return min(exact or loose, key=lambda g: g.kind == "corruption", default=None)

    def event(self, what: str, actor: str | None = None) -> EventSummary | None:
        """What one disruption or disclosure is like, given that it happens; by one actor, or by any."""
        found = (e for e in self.event_summaries if e.what == what)
        return next(
            (e for e in found if e.actor == actor or (e.actor or "").rsplit(".", 1)[-1] == actor), None
        )
