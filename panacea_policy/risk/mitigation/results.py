"""What choosing controls says, as frozen pydantic values with a stable JSON form (``panacea/mitigation/v1``).

Money is in the model's currency, times in seconds unless named otherwise, rates per year. ``value`` stands
for the expected loss per year, or for events per year where the model prices nothing.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from panacea_policy.risk.results import Estimate, Place, Quantiles, Value

SCHEMA: Literal["panacea/mitigation/v1"] = "panacea/mitigation/v1"

Objective = Literal["expected", "tail", "net", "net-tail"]


class Spread(Value):
    """A figure with the 5 % and 95 % bounds of everything that makes it uncertain."""

    value: float
    low: float
    high: float


class Payments(Value):
    """What something costs over the horizon."""

    present: Spread = Field(description="present value of everything paid within the horizon")
    annual: float = Field(description="the same as an equal amount at the end of each year")
    once: float
    yearly: float
    by_year: tuple[float, ...] = Field(description="undiscounted, year by year")


class Return(Value):
    """What a purchase brings beside what it costs. ``expected`` bounds hold the error of the simulation and
    the spread of prices; ``realised`` also what chance makes of the losses within one horizon.
    """

    net_benefit: Spread = Field(description="present value of what is saved, less that of what is paid")
    rosi: Spread | None = Field(description="net benefit per unit of cost; none for what is free")
    realised: Quantiles | None = Field(description="net benefit as it may come out within one horizon")
    pays_off: float | None = Field(description="probability that it has paid for itself by then")
    payback_years: float | None = None
    break_even_cost: float = Field(description="present value at which it would just be worth buying")
    break_even_effect: float | None = Field(
        description="share of the estimated saving at which it would just be worth buying"
    )


class Purchase(Value):
    """One control of the portfolio, in the order of buying."""

    name: str
    title: str
    status: str
    adds: Estimate = Field(description="what it takes off the value, given those before it")
    alone: Estimate = Field(description="what it would take off if it were the only one")
    last: Estimate = Field(description="what would come back if it alone were left out of the portfolio")
    shapley: float
    shapley_error: float
    payments: Payments
    returns: Return | None
    care_time: float
    burden: float
    slows: tuple[str, ...]
    side_effects: tuple[str, ...]
    needs: tuple[str, ...]
    place: Place | None = None


class Rejected(Value):
    """A control that was not chosen."""

    name: str
    title: str
    status: str
    alone: Estimate
    present: float
    reason: str


class GoalChange(Value):
    """What the portfolio changes for one care process or class of data, in events per year."""

    kind: str
    name: str
    title: str
    before: Estimate
    after: Estimate


class Portfolio(Value):
    """The best set of controls for an objective under a budget."""

    controls: tuple[Purchase, ...]
    given_up: tuple[str, ...] = Field(description="controls in place that it makes unnecessary")
    payments: Payments
    falls_away: float = Field(description="present value of the costs of what is given up")
    promised: float = Field(description="value of the objective in the sample that was optimised over")
    confirmed: float = Field(description="the same on fresh trials: free of the optimiser's luck")
    gap: float = Field(description="relative optimality gap; 0: proven best for the sample")
    saves: Estimate = Field(description="what it takes off the value per year, on fresh trials")
    left: Estimate
    tail_before: float | None
    tail_after: float | None
    tail_saves: Estimate | None
    returns: Return | None
    care_time: float
    rejected: tuple[Rejected, ...]
    goals: tuple[GoalChange, ...]


class FrontPoint(Value):
    """A set of controls that no other set beats in both cost and value."""

    controls: tuple[str, ...]
    given_up: tuple[str, ...]
    present: float
    annual: float
    value: float
    fresh: Estimate
    tail: float | None
    gap: float


class FrontGap(Value):
    """Costs that were not searched, and what a set there could at most save beside its cheaper neighbour."""

    low: float
    high: float
    most: float


class ParetoFront(Value):
    """Cost against value, cheapest first."""

    of: Literal["expected", "tail"]
    points: tuple[FrontPoint, ...]
    complete: bool
    unexplored: tuple[FrontGap, ...]


class CutElement(Value):
    """Something that can be taken from an attacker: a control's steps, a kind of step, an asset."""

    name: str
    title: str
    cost: float
    place: Place | None = None


class CutSet(Value):
    """A minimal set that makes a goal unreachable, with its cost."""

    elements: tuple[CutElement, ...]
    cost: float
    remaining: float | None = Field(
        default=None, description="events per year that are left where these controls are as good as stated"
    )


class CutSets(Value):
    """The cheapest minimal cut sets of one goal, for one kind of element."""

    goal: str
    title: str
    of: Literal["controls", "steps", "assets"]
    sets: tuple[CutSet, ...]
    possible: bool = Field(description="whether any set of these elements cuts the goal off")
    complete: bool = Field(description="whether these are all minimal sets")


class Failure(Value):
    """What the failure of one or two controls changes."""

    controls: tuple[str, ...]
    titles: tuple[str, ...]
    raises: Estimate = Field(description="what it adds to the value per year")
    opens: tuple[str, ...] = Field(description="goals that nothing led to before")


class Dependence(Value):
    """One or two assets whose loss alone disrupts care processes."""

    assets: tuple[str, ...]
    titles: tuple[str, ...]
    processes: tuple[str, ...]


class SinglePoints(Value):
    """Single and double points of failure."""

    controls: tuple[Failure, ...]
    pairs: tuple[Failure, ...]
    assets: tuple[Dependence, ...]
    asset_pairs: tuple[Dependence, ...]


class Difference(Value):
    """Two scenarios compared trial by trial with the same random numbers."""

    first: str
    second: str
    first_value: Estimate
    second_value: Estimate
    difference: Estimate = Field(description="second less first, with its own standard error")
    unpaired_error: float = Field(description="the standard error that independent runs would have")
    goals: tuple[GoalChange, ...]


class MitigationResult(Value):
    """The result of one call; equal inputs, options and seed give an equal result."""

    schema_id: Literal["panacea/mitigation/v1"] = Field(default=SCHEMA, alias="schema")
    seed: int
    fresh_seed: int
    trials: int
    fresh_trials: int
    horizon_years: float
    discount: float
    currency: str | None
    unit: Literal["loss", "events"]
    objective: Objective
    budget: float | None = Field(description="present value that may be spent")
    worst_share: float
    today: Estimate | None = None
    today_tail: float | None = None
    portfolio: Portfolio | None = None
    front: ParetoFront | None = None
    cut_sets: tuple[CutSets, ...] = ()
    single_points: SinglePoints | None = None
    comparison: Difference | None = None
    notes: tuple[str, ...] = ()

    def is_chosen(self, point: FrontPoint) -> bool:
        """Whether a point of the front is the portfolio that was chosen."""
        portfolio = self.portfolio
        return (
            portfolio is not None
            and set(point.controls) == {c.name for c in portfolio.controls}
            and set(point.given_up) == set(portfolio.given_up)
        )

    def to_json(self) -> str:
        """The JSON form, indented."""
        return self.model_dump_json(by_alias=True, indent=2)
