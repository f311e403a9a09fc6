"""What the result is most sensitive to: one input at a time from its low to its high end (a tornado).

The low and high ends are the 5th and 95th percentile of the law that the model or the standard library
states. A chance of a step stands there as one figure, so nobody has said how sure it is: its odds are halved
and doubled. All runs use the random numbers of the base run, so that a difference is due to the input alone.
The result is the expected loss per year, or the events per year where nothing is priced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from panacea_policy.compiler import share_stopped
from panacea_policy.model import Dimension, Distribution, format_quantity
from panacea_policy.model.distributions import Constant
from panacea_policy.risk import inputs
from panacea_policy.risk.attempts import Source
from panacea_policy.risk.explain import place_of
from panacea_policy.risk.graph import Bools, Floats
from panacea_policy.risk.loss.repricing import Repricing
from panacea_policy.risk.paths import Derivation
from panacea_policy.risk.results import Place, Sensitivity
from panacea_policy.risk.severity import Severity, spread
from panacea_policy.risk.study import Study

if TYPE_CHECKING:
    from panacea_policy.risk.case import Case

#: How many kinds of steps are moved at most: of some candidates on the ways to the goals that cost most,
#: those that matter most when their odds are halved.
STEPS = 6
CANDIDATES = 8
#: The factor by which odds are lowered and raised.
ODDS = 2.0

#: Hours in a year: losses per time are kept per year and told per hour.
HOURS = 365 * 24.0

_LOW, _HIGH = 0.05, 0.95


def sensitivities(case: Case, paths: Iterable[Derivation]) -> tuple[Sensitivity, ...]:
    """Every input that moves the result, the one that moves it furthest first. Of the steps, the kinds on the
    most likely ``paths`` are tried.
    """
    if not case.sources or not case.goals:
        return ()
    base = case.study.estimate([case.study.weights @ fell for fell in case.study.fallen()]).value
    found = [*_attempts(case, base), *_losses(case, base), *_chances(case, base, paths)]
    moving = [each for each in found if each.at_high != each.at_low]
    return tuple(sorted(moving, key=lambda s: (-abs(s.at_high - s.at_low), s.kind, s.name)))


@dataclass(frozen=True)
class _Ends:
    """The two ends of an input."""

    low: float
    high: float

    @classmethod
    def of(cls, law: Distribution) -> _Ends:
        return cls(law.percentile(_LOW), law.percentile(_HIGH))


# ------------------------------------------------------------------------------------------ attempts, losses


def _attempts(case: Case, base: float) -> Iterator[Sensitivity]:
    """How often each threat actor tries: the result is linear in it."""
    fallen = case.study.fallen()
    for source, fell in zip(case.sources, fallen, strict=True):
        if source.frequency is None:
            continue
        each = float((case.study.weights @ fell).mean())
        ends = _Ends.of(source.frequency)
        yield Sensitivity(
            kind="attempts",
            name=source.name,
            title=f"Attempts: {source.title}",
            low=f"{ends.low:.2g}",
            high=f"{ends.high:.2g} a year",
            at_low=base + (ends.low - source.rate) * each,
            at_high=base + (ends.high - source.rate) * each,
            place=_actor_place(case, source),
        )


def _actor_place(case: Case, source: Source) -> Place | None:
    entity = case.model.get(source.name)
    return None if entity is None else place_of(entity, case.locate)


#: The laws of a severity, with what they are called and their dimension.
_LAWS: tuple[tuple[str, str, Dimension], ...] = (
    ("outage", "Length of outages", Dimension.DURATION),
    ("rebuilt", "Length of outages without copies", Dimension.DURATION),
    ("by_accident", "Length of outages by accident", Dimension.DURATION),
    ("loss_rate", "Loss per hour", Dimension.MONEY),
    ("per_event", "Cost of {event}", Dimension.MONEY),
    ("records", "Records disclosed", Dimension.COUNT),
    ("per_record", "Cost per record", Dimension.MONEY),
)

#: By the kind of goal, what an event is called, and several goals.
_EVENTS = {
    "process": ("an outage", "processes"),
    "data_class": ("a disclosure", "classes of data"),
    "corruption": ("a silent change", "classes of data"),
}


def _losses(case: Case, base: float) -> Iterator[Sensitivity]:
    """How bad events are. One law that many goals share, such as a default, is one input."""
    if not any(goal.severity.priced for goal in case.goals):
        return
    prices = Repricing(case)
    yield from _declared(case, prices, base)
    for what, title, dimension in _LAWS:
        shared: dict[tuple[str, Distribution], list[int]] = {}
        for k, goal in enumerate(case.goals):
            law = getattr(goal.severity, what)
            if law is not None and goal.severity.priced:
                shared.setdefault((goal.kind, law), []).append(k)
        for (_, law), members in shared.items():
            made = _loss(case, prices, base, what, title, dimension, law, members)
            if made is not None:
                yield made


#: What a declared loss is a multiple of, and how it is called.
_AMOUNTS: tuple[tuple[str, str, Dimension], ...] = (
    ("amount", "Amount", Dimension.MONEY),
    ("share_of_turnover", "Share of the turnover", Dimension.FRACTION),
    ("per_person", "Amount per person", Dimension.MONEY),
    ("per_time", "Amount per hour", Dimension.MONEY),
    ("lost_volume", "Share of the volume", Dimension.FRACTION),
)
_HOW_OFTEN = ("probability", "How often it follows", Dimension.FRACTION)


def _declared(case: Case, prices: Repricing, base: float) -> Iterator[Sensitivity]:
    """The losses that the model or the library declares: their amount and how often they follow.

    The result is linear in each. Left out are losses that are the sum of several laws or have a cap: in
    these it is not.
    """
    for entity in case.model.entities("loss"):
        laws = {a: spread(inputs.known(case.model, entity, a)) for a, _, _ in (*_AMOUNTS, _HOW_OFTEN)}
        amounts = [each for each in _AMOUNTS if laws[each[0]] is not None]
        capped = any(
            isinstance(inputs.known(case.model, entity, a), int | float) for a in ("cap", "cap_share")
        )
        if len(amounts) != 1 or capped:
            continue
        for attribute, title, dimension in (*amounts, _HOW_OFTEN):
            law = laws[attribute]
            if law is None or law.mean() <= 0:
                continue
            ends = _Ends.of(law)
            at = [base + prices.scaled(entity.name, end / law.mean()) for end in (ends.low, ends.high)]
            unit = 1.0 / HOURS if attribute == "per_time" else 1.0
            currency = case.model.currencies.model
            yield Sensitivity(
                kind="loss",
                name=f"{attribute} of {entity.name}",
                title=f"{title}: {entity.title or entity.name}",
                low=format_quantity(ends.low * unit, dimension, currency),
                high=format_quantity(ends.high * unit, dimension, currency),
                at_low=max(0.0, at[0]),
                at_high=max(0.0, at[1]),
                place=place_of(entity, case.locate),
            )


def _loss(
    case: Case,
    prices: Repricing,
    base: float,
    what: str,
    title: str,
    dimension: Dimension,
    law: Distribution,
    members: list[int],
) -> Sensitivity | None:
    ends = _Ends.of(law)
    if ends.low == ends.high:
        return None
    at = []
    for end in (ends.low, ends.high):
        moved = list(case.goals)
        for k in members:
            moved[k] = replace(moved[k], severity=_at_end(moved[k].severity, what, end))
        at.append(max(0.0, base + prices.change(moved)))
    currency = case.model.currencies.model
    unit = 1.0 / HOURS if what == "loss_rate" else 1.0
    first = case.goals[members[0]]
    return Sensitivity(
        kind="loss",
        name=f"{what} of {first.entity.name}",
        title=f"{title.format(event=_EVENTS[first.kind][0])}: {_named(case, members)}",
        low=format_quantity(ends.low * unit, dimension, currency),
        high=format_quantity(ends.high * unit, dimension, currency),
        at_low=at[0],
        at_high=at[1],
        place=place_of(first.entity, case.locate) if len(members) == 1 else None,
    )


def _at_end(severity: Severity, what: str, end: float) -> Severity:
    changed: dict[str, Any] = {what: Constant(end)}
    return replace(severity, **changed)


def _rates(case: Case) -> Floats:
    """Events per year of each goal."""
    total = np.zeros(len(case.goals))
    for source, fell in zip(case.sources, case.study.fallen(), strict=True):
        total += source.rate * fell.mean(axis=1)
    return total


def _named(case: Case, members: list[int]) -> str:
    first = case.goals[members[0]]
    if len(members) > 1:
        return f"{len(members)} {_EVENTS[first.kind][1]}"
    return first.entity.title or first.entity.name


# ------------------------------------------------------------------------------------------ controls, steps


@dataclass(frozen=True)
class _Move:
    """An input that moves chances: what it is called, and the chances at the end that lowers them and at the
    end that raises them. ``raised_is_high``: whether its own high end is the one that raises them.
    """

    kind: Literal["control", "step"]
    name: str
    title: str
    low: str
    high: str
    lowered: Floats
    raised: Floats
    raised_is_high: bool
    place: Place | None


def _chances(case: Case, base: float, paths: Iterable[Derivation]) -> Iterator[Sensitivity]:
    """The effect of controls and the chances of steps.

    Comparisons can only lower chances. So one further study has all chances at the raised ends at once, with
    the random numbers of the base run; an input's own raised end is that study with all others lowered to
    where they are.
    """
    total = case.study.total().value
    if total <= 0:
        return
    moves = _controls(case)
    gone = {n: case.study.difference(move.lowered)[0].value for n, move in enumerate(moves)}
    steps = [(case.study.difference(move.lowered)[0].value, move) for move in _steps(case, paths)]
    steps = sorted(((g, m) for g, m in steps if g > 0), key=lambda each: (-each[0], each[1].name))[:STEPS]
    for value, move in steps:
        gone[len(moves)] = value
        moves.append(move)
    if not moves:
        return
    every = np.maximum.reduce([case.chance, *(move.raised for move in moves)])
    raised = _study_at(case, every)
    most = raised.total().value
    for n, move in enumerate(moves):
        down = base * max(0.0, 1.0 - gone[n] / total)
        up = base * (most - raised.difference(np.minimum(move.raised, every))[0].value) / total
        low, high = (down, up) if move.raised_is_high else (up, down)
        yield Sensitivity(
            kind=move.kind,
            name=move.name,
            title=move.title,
            low=move.low,
            high=move.high,
            at_low=low,
            at_high=high,
            place=move.place,
        )


def _controls(case: Case) -> list[_Move]:
    """How well the controls in place work, where the model or the library states a spread."""
    found = []
    for c in inputs.in_place(case.states):
        entity = case.attack.controls[c]
        law = inputs.known(case.model, entity, "effectiveness")
        if not isinstance(law, Distribution) or not (case.graph.hinders.index == c).any():
            continue
        ends = _Ends.of(law)
        if ends.low == ends.high:
            continue
        shares = (share_stopped(entity, case.model, end) for end in (ends.low, ends.high))
        weaker, stronger = (_with_effect(case, c, share) for share in shares)
        found.append(
            _Move(
                kind="control",
                name=entity.name,
                title=f"Effect of {entity.title or entity.name}",
                low=f"{100 * ends.low:.0f} %",
                high=f"{100 * ends.high:.0f} %",
                lowered=np.minimum(stronger, case.chance),
                raised=np.maximum(weaker, case.chance),
                raised_is_high=False,
                place=place_of(entity, case.locate),
            )
        )
    return found


def _with_effect(case: Case, control: int, effect: float) -> Floats:
    """The chances with one control of that effectiveness."""
    effectiveness = case.graph.effectiveness.copy()
    effectiveness[control] = effect
    return replace(case.graph, effectiveness=effectiveness).controlled(inputs.in_place(case.states))


def _each(case: Case, mine: Bools) -> str:
    """Whose chance it is, where several people meet a step at once."""
    return " of each member" if (case.graph.members[mine] > 1).any() else ""


def _steps(case: Case, paths: Iterable[Derivation]) -> list[_Move]:
    """The chances of the kinds of steps on the most likely ways to the goals that cost most."""
    numbers = case.attack.step
    uncertain = case.study.mask & (case.chance > 0) & (case.chance < 1)
    costs = dict(zip((goal.fact for goal in case.goals), case.study.weights * _rates(case), strict=True))
    rests: dict[int, float] = {}
    for path in paths:
        mine = np.array(path.instances, dtype=np.int64)
        for number in np.unique(numbers[mine[uncertain[mine]]]).tolist():
            rests[number] = rests.get(number, 0.0) + costs[path.goal]
    found = []
    for number in sorted(rests, key=lambda n: (-rests[n], n))[:CANDIDATES]:
        info = case.attack.steps[number]
        mine = numbers == number
        low, high = (_range(_odds(case.chance[mine & case.study.mask], f)) for f in (1 / ODDS, ODDS))
        found.append(
            _Move(
                kind="step",
                name=info.id,
                title=f"Chance{_each(case, mine)}: {info.title}",
                low=low,
                high=high,
                lowered=np.where(mine, _odds(case.chance, 1 / ODDS), case.chance),
                raised=np.where(mine, _odds(case.chance, ODDS), case.chance),
                raised_is_high=True,
                place=case.locate(info.span),
            )
        )
    return found


def _odds(chance: Floats, factor: float) -> Floats:
    """The chances with their odds multiplied; 0 and 1 stay what they are."""
    moved: Floats = factor * chance / (1.0 - chance + factor * chance)
    return moved


def _range(chances: Floats) -> str:
    low, high = 100 * float(chances.min()), 100 * float(chances.max())
    return f"{low:.2g} %" if f"{low:.2g}" == f"{high:.2g}" else f"{low:.2g}–{high:.2g} %"


def _study_at(case: Case, chance: Floats) -> Study:
    """A study of the trials that are compared at other chances, with the random numbers of the base run."""
    study = case.study
    other = Study(
        case.graph,
        chance,
        case.sources,
        [goal.fact for goal in case.goals],
        study.weights,
        horizon=study.horizon,
        trials=study.compared,
        seed=study.seed,
        compared=study.compared,
        pace=case.graph.slowed(inputs.in_place(case.states)),
        shift=study.shift,
    )
    other.counted = study.counted
    return other
