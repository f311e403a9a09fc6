"""`panacea mitigate`: which controls to buy, what they bring, what they cost, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from panacea_policy.errors import PanaceaError
from panacea_policy.risk import inputs
from panacea_policy.risk.inputs import Locate
from panacea_policy.risk.mitigation import weak_points
from panacea_policy.risk.mitigation.candidates import Candidate, candidates
from panacea_policy.risk.mitigation.choose import Chooser, Front, Point, worst_mean
from panacea_policy.risk.mitigation.judge import FATEFUL, Judge
from panacea_policy.risk.mitigation.portfolio import Problem, Wishes, pose
from panacea_policy.risk.mitigation.program import Tail
from panacea_policy.risk.mitigation.results import (
    FrontGap,
    FrontPoint,
    MitigationResult,
    Objective,
    ParetoFront,
)
from panacea_policy.risk.mitigation.sample import Sample
from panacea_policy.risk.mitigation.scenarios import compare_cases
from panacea_policy.risk.mitigation.trials import WORST, Bench, estimate, set_up, tail_of, tail_years
from panacea_policy.risk.mitigation.weak_points import cut_sets, goal_named

if TYPE_CHECKING:
    from panacea_policy.compiler import AttackGraph, Model

Progress = Callable[[str, float], None]


class Scene(Protocol):
    """What a scenario is compared by: a workspace is one."""

    @property
    def model(self) -> Model: ...

    def attack(self) -> AttackGraph: ...


#: Added to the seed for the trials that judge what was chosen.
FRESH = 1_000_003

#: No more trials than this, whatever precision is asked for.
MOST_TRIALS = 200_000


@dataclass(frozen=True)
class MitigationOptions:
    """What is asked. ``budget``: present value that may be spent over the horizon, in the model's currency.

    ``trials`` are simulated per threat actor; of each as many are optimised over as it needs, ``fateful`` in
    all in which something falls. ``precision``: relative standard error of today's value to be reached by
    more trials. ``years``: simulated years behind the tail. ``most``: points of the front looked for.
    """

    trials: int = 10_000
    seed: int = 1
    objective: Objective = "expected"
    budget: float | None = None
    wishes: Wishes = field(default_factory=Wishes)
    front: bool = False
    most: int = 200
    years: int = 1_000
    precision: float | None = None
    fateful: int = 4_000

    def __post_init__(self) -> None:
        if self.trials < 1 or self.years < 20 or self.most < 2:
            raise ValueError("at least one trial, 20 years and two points are needed")
        if self.budget is not None and not self.budget >= 0:
            raise ValueError("a budget is not negative")


def mitigate(
    attack: AttackGraph,
    model: Model,
    options: MitigationOptions | None = None,
    *,
    locate: Locate | None = None,
    progress: Progress | None = None,
) -> MitigationResult:
    """The best portfolio of controls under a budget, judged on fresh trials.

    Raises PanaceaError where the model has nothing to choose from, or the demands cannot be met.
    """
    return answer(attack, model, options, locate=locate, progress=progress)


def answer(
    attack: AttackGraph,
    model: Model,
    options: MitigationOptions | None = None,
    *,
    locate: Locate | None = None,
    progress: Progress | None = None,
    portfolio: bool = True,
    goal: str | None = None,
    single_points: bool = False,
    scenarios: tuple[tuple[str, Scene], tuple[str, Scene]] | None = None,
) -> MitigationResult:
    """All that was asked for at once: a portfolio, the cut sets of a ``goal``, single points of failure, the
    difference between two ``scenarios`` (each a title and something with ``attack()`` and ``model``).
    """
    options = options or MitigationOptions()
    report = progress or (lambda _stage, _share: None)
    place = locate or (lambda _: None)
    report("simulation", 0.0)
    found = candidates(model, attack.controls)
    bench = _simulated(attack, model, options, place)
    result = MitigationResult(
        seed=options.seed,
        fresh_seed=options.seed + FRESH,
        trials=bench.trials,
        fresh_trials=bench.trials,
        horizon_years=options.wishes.horizon.years,
        discount=options.wishes.horizon.discount,
        currency=inputs.currency(model),
        unit="loss" if bench.priced else "events",
        objective=options.objective,
        budget=options.budget,
        worst_share=WORST,
        notes=bench.case.notes,
    )
    if portfolio:
        result = _with_portfolio(result, attack, model, found, bench, options, place, report)
    if goal is not None:
        report("cut sets", 0.9)
        named = goal_named(bench.case, goal)
        sets = cut_sets(bench, found, named, options.wishes.horizon)
        result = result.model_copy(update={"cut_sets": sets})
    if single_points:
        report("failures", 0.9)
        result = result.model_copy(update={"single_points": weak_points.single_points(bench)})
    if scenarios is not None:
        (first, one), (second, two) = scenarios
        cases = [_simulated(each.attack(), each.model, options, place).case for each in (one, two)]
        difference = compare_cases(cases[0], cases[1], (first, second))
        result = result.model_copy(update={"comparison": difference})
    report("done", 1.0)
    return result


def _with_portfolio(
    result: MitigationResult,
    attack: AttackGraph,
    model: Model,
    found: Sequence[Candidate],
    bench: Bench,
    options: MitigationOptions,
    place: Locate,
    report: Progress,
) -> MitigationResult:
    problem = pose(found, len(attack.controls), options.wishes)
    if not problem.open:
        raise PanaceaError(
            "the model has no control to choose from",
            "Declare controls with `status: candidate` or `status: planned`, and what they cost.",
        )
    fresh = set_up(
        attack,
        model,
        trials=bench.trials,
        seed=options.seed + FRESH,
        locate=place,
        weights=bench.weights,
    )
    report("events", 0.2)
    sample = bench.sample(problem.switches, bench.counts(options.fateful), seed=options.seed)
    sample.gather()
    report("portfolio", 0.4)
    chooser = _chooser(bench, sample, problem, options)
    budget = np.inf if options.budget is None else options.budget + problem.sunk
    point = chooser.best(budget)
    if point is None:
        raise PanaceaError("no portfolio meets all demands", _cure(chooser, problem, options.wishes))
    report("fresh trials", 0.6)
    # How many fresh trials each source takes is told by the first ones: these need not all be run for it.
    counts = bench.counts(FATEFUL)
    judge = Judge(fresh, problem, counts, options.years * 10, options.seed, place, tailed=bench.priced)
    chosen = judge.portfolio(_trimmed(chooser, problem, point), chooser, budget, options.objective)
    report("front", 0.8)
    front = _front(bench, sample, problem, options, judge, report) if options.front else None
    return result.model_copy(
        update={
            "today": judge.today,
            "today_tail": judge.today_tail,
            "portfolio": chosen,
            "front": front,
            "notes": (*result.notes, *problem.notes),
        }
    )


def _simulated(attack: AttackGraph, model: Model, options: MitigationOptions, place: Locate) -> Bench:
    """The trials to optimise over: as many as asked for, or as the precision needs."""
    bench = set_up(
        attack,
        model,
        trials=options.trials if options.precision is None else MOST_TRIALS,
        seed=options.seed,
        locate=place,
        precision=options.precision,
    )
    if not bench.case.sources:
        raise PanaceaError(
            "nothing starts an attack in this model, so no control can help",
            "Declare a threat actor with `attempts`.",
        )
    return bench


def _chooser(bench: Bench, sample: Sample, problem: Problem, options: MitigationOptions) -> Chooser:
    """The chooser for the objective asked for; costs count per year where they count."""
    tail = _tail(bench, sample, options) if "tail" in options.objective else None
    price = 1.0 / problem.horizon.annuity() if "net" in options.objective else 0.0
    if price and not bench.priced:
        raise PanaceaError(
            f"the objective `{options.objective}` weighs money, but the model prices no loss",
            "State `outage_loss` of processes and `breach_loss` of data classes, or ask for `expected`.",
        )
    return Chooser(sample, problem.cost, problem.rows, price=price, tail=tail)


def _tail(bench: Bench, sample: Sample, options: MitigationOptions) -> Tail:
    return tail_of(sample, bench.losses(), years=options.years, seed=options.seed)


def _trimmed(chooser: Chooser, problem: Problem, point: Point) -> Point:
    """The set without what costs nothing and does nothing in it."""
    on = point.on
    for i in problem.bought(on):
        less = on & ~(1 << i)
        free = problem.cost[i] == 0 and all(row.met(chooser.mask(less)) for row in problem.rows)
        if free and chooser.value(less) <= point.value:
            on = less
    return Point(on, chooser.spent(on), point.value, point.gap)


def _cure(chooser: Chooser, problem: Problem, wishes: Wishes) -> str:
    least = chooser.cheapest()
    if least is None:
        taken = sum(c.care_time for c in problem.open if c.name in wishes.required)
        if wishes.care_time is not None and taken > wishes.care_time:
            return (
                f"What is required takes {taken / 60:g} min a day from patients, and --care-time allows "
                f"{wishes.care_time / 60:g} min; raise it or require less."
            )
        return "What is required, excluded and needed contradicts itself; relax --require or --care-time."
    needed = least - problem.sunk
    return f"What is required costs {needed:,.0f} over the horizon; raise --budget or require less."


def _front(
    bench: Bench, sample: Sample, problem: Problem, options: MitigationOptions, judge: Judge, report: Progress
) -> ParetoFront:
    tail = _tail(bench, sample, options) if "tail" in options.objective else None
    front = Chooser(sample, problem.cost, problem.rows, tail=tail).front(
        most=options.most,
        told=lambda n: report(f"front: {n} portfolios", 0.8 + 0.1 * n / options.most),
    )
    return ParetoFront(
        of="expected" if tail is None else "tail",
        points=tuple(_front_point(point, problem, judge) for point in front.points),
        complete=front.complete,
        unexplored=_gaps(front, problem),
    )


def _front_point(point: Point, problem: Problem, judge: Judge) -> FrontPoint:
    still = judge.still(point.on)
    present = point.cost - problem.sunk
    return FrontPoint(
        controls=tuple(problem.open[i].name for i in problem.bought(point.on)),
        given_up=tuple(problem.kept[i - len(problem.open)].name for i in problem.given_up(point.on)),
        present=present,
        annual=present / problem.horizon.annuity(),
        value=point.value,
        fresh=estimate(judge.sample.by_trial(still)),
        tail=None if judge.tail is None else worst_mean(tail_years(judge.tail, still), WORST),
        gap=point.gap,
    )


def _gaps(front: Front, problem: Problem) -> tuple[FrontGap, ...]:
    return tuple(
        FrontGap(low=u.low - problem.sunk, high=u.high - problem.sunk, most=u.most) for u in front.unexplored
    )
