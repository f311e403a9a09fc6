"""What a run did: of each rule the plans it was run by, with the bindings expected and found after each step.

Noted only when asked for; it costs a little.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from panacea_policy.engine.frame import Context, Frame
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.steps import DeltaScan, Distinct, Join, SemiJoin, Step
from panacea_policy.engine.terms import Literal


class StepTrace(msgspec.Struct):
    """A step: the literal it decides (None: repeats are dropped) and how.

    ``expected``: bindings after it when the plan was made; ``rows``: those that it gave, over all runs.
    ``index``: the relation and the columns by which rows are looked up, or None.
    """

    literal: Literal | None
    kind: str
    index: tuple[str, tuple[int, ...]] | None
    expected: float | None
    rows: int = 0

    def like(self, other: StepTrace) -> bool:
        """Whether another step does the same."""
        return self.kind == other.kind and self.literal is other.literal and self.index == other.index


class Counted(msgspec.Struct, frozen=True):
    """A step that counts the bindings it gives."""

    step: Step
    trace: StepTrace

    def run(self, frame: Frame, context: Context) -> Iterator[Frame]:
        for found in self.step.run(frame, context):
            self.trace.rows += found.count
            yield found


class PlanTrace(msgspec.Struct):
    """A way in which a rule was run, ``runs`` times, giving ``new`` rows.

    ``position``: of the rule in the program. ``delta``: of the atom whose newest rows alone were joined.
    ``tuples``: rows were joined as tuples.
    """

    position: int
    delta: int | None
    tuples: bool = False
    steps: list[StepTrace] = msgspec.field(default_factory=list)
    runs: int = 0
    new: int = 0
    seconds: float = 0.0

    def counted(self, step: Step, literal: Literal | None, expected: float | None) -> Counted:
        """The step, noted here; from now on it counts."""
        noted = StepTrace(literal, _kind(step), _index(step), expected)
        self.steps.append(noted)
        return Counted(step, noted)

    def note(self, new: int, seconds: float) -> None:
        """Counts a run that gave so many new rows."""
        self.runs += 1
        self.new += new
        self.seconds += seconds

    def like(self, other: PlanTrace) -> bool:
        """Whether another plan has the same steps."""
        return (
            self.delta == other.delta
            and self.tuples == other.tuples
            and len(self.steps) == len(other.steps)
            and all(mine.like(theirs) for mine, theirs in zip(self.steps, other.steps, strict=True))
        )

    def merge(self, other: PlanTrace) -> None:
        """Adds the counts of the same plan, made again later."""
        self.runs += other.runs
        self.new += other.new
        self.seconds += other.seconds
        for mine, theirs in zip(self.steps, other.steps, strict=True):
            mine.rows += theirs.rows


class Trace:
    """The plans of one evaluation, and the rounds of each recursive stratum."""

    def __init__(self) -> None:
        self._plans: list[PlanTrace] = []
        #: By the relations of a stratum.
        self.rounds: dict[frozenset[str], int] = {}
        #: As they were in the end.
        self.relations: Mapping[str, Relation] = {}

    def plan(self, position: int, delta: int | None, tuples: bool = False) -> PlanTrace:
        """Begins the notes on a plan of the rule at this position."""
        made = PlanTrace(position, delta, tuples)
        self._plans.append(made)
        return made

    def count_round(self, relations: frozenset[str]) -> None:
        """Counts a round of a recursive stratum."""
        self.rounds[relations] = self.rounds.get(relations, 0) + 1

    def of(self, position: int) -> list[PlanTrace]:
        """The plans by which a rule was run, each once, in the order of first use."""
        found: list[PlanTrace] = []
        for plan in self._plans:
            if plan.position != position or not plan.runs:
                continue
            same = next((each for each in found if each.like(plan)), None)
            if same is None:
                same = PlanTrace(plan.position, plan.delta, plan.tuples)
                same.steps = [
                    StepTrace(step.literal, step.kind, step.index, step.expected) for step in plan.steps
                ]
                found.append(same)
            same.merge(plan)
        return found

    @property
    def seconds(self) -> float:
        """The time of all rules together."""
        return sum(plan.seconds for plan in self._plans)


def _kind(step: Step) -> str:
    if isinstance(step, Join):
        return "join" if step.pattern.key else "scan"
    if isinstance(step, DeltaScan):
        return "newest"
    if isinstance(step, SemiJoin):
        return "absent" if step.negated else "exists"
    return "distinct" if isinstance(step, Distinct) else type(step).__name__.removesuffix("Step").lower()


def _index(step: Step) -> tuple[str, tuple[int, ...]] | None:
    if isinstance(step, Join | SemiJoin) and step.pattern.key:
        return step.pattern.relation, step.pattern.key
    return None
