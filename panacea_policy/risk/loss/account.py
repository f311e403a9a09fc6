"""The losses of one assessment: what its events cost, how that is distributed over years, what one event is
like.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from panacea_policy.compiler import Entity
from panacea_policy.model import Distribution
from panacea_policy.risk import inputs
from panacea_policy.risk.case import Case, event_losses, sampled, weights
from panacea_policy.risk.graph import Bools, Floats, Ints
from panacea_policy.risk.loss.build import parts_of, turnover
from panacea_policy.risk.loss.compound import Claims
from panacea_policy.risk.loss.curve import loss_curve, years_of
from panacea_policy.risk.loss.forms import FORMS
from panacea_policy.risk.loss.insurance import Policy, policy_of
from panacea_policy.risk.loss.ledger import Ledger, book, names_by_form
from panacea_policy.risk.loss.ledger import weights as weights_of
from panacea_policy.risk.losses import rate_estimate, weighted_quantiles
from panacea_policy.risk.reads import READS
from panacea_policy.risk.results import Estimate, EventSummary, FormLoss, LossCurve, Quantiles
from panacea_policy.risk.severity import YEAR


@dataclass(frozen=True)
class Account:
    """What the attempts of all sources cost. ``claims`` in the order of the case's
    sources. ``stated`` stands for all that the model says of losses, where it pays to know.
    """

    case: Case
    fallen: tuple[Bools, ...]
    ledger: Ledger
    claims: tuple[Claims, ...]
    policy: Policy | None
    weights: Floats
    notes: tuple[str, ...]
    stated: Hashable = None

    def goal(self, k: int, otherwise: Estimate) -> Estimate:
        """What a goal is booked with per year; ``otherwise`` where no trial reached it."""
        yearly = self.ledger.by_goal.get(k)
        return otherwise if yearly is None else yearly_estimate(self.case, yearly)

    def per_goal(self) -> Floats:
        """What an event of each goal costs in each trial, shape (goals, trials), with the booked means.

        For those who add up over goals: what an event costs in truth is ``ledger.gross``.
        """
        rows = []
        for goal, weight in zip(self.case.goals, self.weights.tolist(), strict=True):
            alone, mean = event_losses(self.case, goal), goal.severity.mean()
            rows.append(alone * (weight / mean) if mean > 0 else np.full(len(alone), weight))
        return np.stack(rows) if rows else np.zeros((0, self.case.study.trials))


def weighed(case: Case) -> Account:
    """The account of a case, whose study from now on weighs events of goals by what they are booked with."""
    booked = account(case, case.study.fallen())
    case.study.weights = booked.weights
    return booked


def yearly_estimate(case: Case, yearly: Floats) -> Estimate:
    """Something per year, from what each trial shows of it."""
    return rate_estimate([yearly], [1.0], together=case.options.attempts_per_world)


def account(case: Case, fallen: Sequence[Bools]) -> Account:
    """Book what fell in each trial of each source."""
    policy, refused = policy_of(
        case.model, _controls_in_place(case), case.attack.as_of, case.options.horizon_days
    )
    waiting = policy.waiting if policy else 0.0
    # What stands for all of that is told by what it is, not by what it says: it is asked for often.
    stated = case.recall.of(("stated", _stated(case, policy)), object) if case.recall.keeps else None
    priced = case.recall.of(
        ("priced", stated),
        lambda: parts_of(case.model, case.goals, _drawing(case), case.study.trials, waiting),
    )
    processes = [k for k, g in enumerate(case.goals) if g.kind == "process"]
    every = sum(1 for _ in case.model.entities("process"))
    rates = case.study.rates
    hostile = [source.hostile for source in case.sources]

    def booked(some: Ints | None) -> Ledger:
        parts = priced.parts if some is None else [part.only(some) for part in priced.parts]
        fell = fallen if some is None else [each[:, some] for each in fallen]
        return book(parts, fell, rates, hostile, processes, every, policy)

    key = ("ledger", stated, tuple(rates), tuple(hostile), every)
    ledger = case.recall.corrected(
        key, lambda: booked(None), lambda old, some: old.corrected(some, booked(some))
    )
    claims = tuple(
        Claims(source.rate, gross, insured, source.frequency, source.name)
        for source, gross, insured in zip(case.sources, ledger.gross, ledger.insured, strict=True)
    )
    alone = [g.severity.mean() for g in case.goals]
    notes = (*priced.notes, *refused)
    falls = tuple(case.recall.falls(a) for a in range(len(rates)))
    found = case.recall.of(
        ("weights", falls, key, tuple(alone)), lambda: weights_of(ledger, fallen, rates, alone)
    )
    if not found.any():
        found = weights(case.goals)
    return Account(case, tuple(fallen), ledger, claims, policy, found, notes, stated)


def _stated(case: Case, policy: Policy | None) -> Hashable:
    """All that the model states of losses."""
    goals = tuple((goal.kind, goal.entity.name, goal.severity) for goal in case.goals)
    names = [name.removeprefix("loss.") for name in READS if name.startswith("loss.")]
    losses = tuple(
        (loss.name, *(_frozen(inputs.known(case.model, loss, name)) for name in names))
        for loss in case.model.entities("loss")
    )
    return goals, losses, turnover(case.model), policy


def _frozen(value: object) -> Hashable:
    if isinstance(value, tuple | list):
        return tuple(_frozen(each) for each in value)
    return ("entity", value.name) if isinstance(value, Entity) else value


def _drawing(case: Case) -> Callable[[Distribution, str], Floats]:
    """Draws of laws by key; those of outages, which all processes share, are made once."""
    lengths: dict[Distribution, Floats] = {}

    def draw(law: Distribution, key: str) -> Floats:
        if key != "outage":
            return sampled(law, case, key)
        if law not in lengths:
            lengths[law] = sampled(law, case, key)
        return lengths[law]

    return draw


def _controls_in_place(case: Case) -> list[Entity]:
    return [
        control
        for control in case.model.entities("control")
        if inputs.known(case.model, control, "status") == "in_place"
    ]


# ---------------------------------------------------------------------------------------------- what a year
# costs


def curves(found: Account) -> tuple[LossCurve | None, LossCurve | None]:
    """The distribution of the loss over one horizon, gross, and net where there is insurance; None where
    nothing is priced.
    """
    case = found.case
    if not found.claims or not any(each.losses.any() for each in found.claims):
        priced = any(goal.severity.priced for goal in case.goals)
        if not priced or not found.claims:
            return None, None
    yearly = yearly_estimate(case, found.ledger.expected())
    mean = Estimate(
        value=yearly.value * case.years,
        standard_error=yearly.standard_error * case.years,
        low=yearly.low * case.years,
        high=yearly.high * case.years,
    )
    key = _resting(found, range(len(case.sources)))
    return case.recall.of(("curves", key), lambda: _curves(found, mean))


def _curves(found: Account, mean: Estimate) -> tuple[LossCurve, LossCurve | None]:
    case = found.case
    simulated = years_of(
        found.claims,
        years=case.options.years,
        seed=case.options.seed,
        horizon=case.years,
        together=case.options.attempts_per_world,
        in_force=found.policy.in_force if found.policy else 1.0,
    )
    net = loss_curve(simulated, mean, found.policy) if found.policy else None
    return loss_curve(simulated, mean), net


def _resting(found: Account, sources: Iterable[int]) -> Hashable:
    """All that the losses of some sources rest on, but for when goals fall."""
    case = found.case
    some = [(a, case.sources[a]) for a in sources]
    told = tuple((case.recall.falls(a), s.name, s.title, s.rate, s.frequency, s.hostile) for a, s in some)
    every = sum(1 for _ in case.model.entities("process"))
    return told, every, found.stated


def by_form(found: Account) -> tuple[FormLoss, ...]:
    """The expected loss per year by form of loss."""
    return tuple(
        FormLoss(
            form=form,
            title=FORMS[form].title,
            primary=FORMS[form].primary,
            per_year=yearly_estimate(found.case, yearly),
        )
        for form, yearly in names_by_form(found.ledger).items()
    )


# ---------------------------------------------------------------------------------------------- what an
# event is like

_WHAT = {"disruption": "process", "disclosure": "data_class"}


def summaries(found: Account) -> tuple[EventSummary, ...]:
    """What one disruption and one disclosure is like, given that it happens: of all actors, and of each."""
    every = range(len(found.case.sources))
    told: list[EventSummary] = []
    for what in _WHAT:
        for chosen, actor in [(list(every), None), *(([a], found.case.sources[a].name) for a in every)]:
            moves = tuple(found.case.recall.moves(a) for a in chosen)
            key = ("summary", what, actor, moves, _resting(found, chosen))
            summary = found.case.recall.of(key, partial(_summary, found, what, chosen, actor))
            if summary is not None:
                told.append(summary)
    return tuple(told)


@dataclass(frozen=True)
class _Hits:
    """The trials of one source in which an event of some kind happens (``where``, of all trials), and for
    each of these when it begins, and how many goals fall.
    """

    where: Bools
    start: Floats
    goals: Floats

    @classmethod
    def of(cls, found: Account, source: int, rows: Sequence[int]) -> _Hits:
        fell = found.fallen[source]
        where: Bools = np.asarray(fell[rows].any(axis=0))
        some = np.ix_(np.array(rows, np.int64), np.flatnonzero(where))
        if not where.any():
            return cls(where, np.zeros(0), np.zeros(0))
        return cls(
            where,
            found.case.study.outcome.time[source][some].min(axis=0),
            fell[some].sum(axis=0, dtype=float),
        )


def _summary(found: Account, what: str, sources: Sequence[int], actor: str | None) -> EventSummary | None:
    case, recall = found.case, found.case.recall
    rows = [k for k, goal in enumerate(case.goals) if goal.kind == _WHAT[what]]
    hit: dict[int, _Hits] = {}
    for a in sources:
        key = ("hits", what, a, recall.moves(a), _resting(found, [a]))
        hits = recall.of(key, partial(_Hits.of, found, a, rows))
        if len(hits.start):
            hit[a] = hits
    rates = {a: case.sources[a].rate for a in hit}
    yearly = sum(rates[a] * float(hits.where.mean()) for a, hits in hit.items())
    if yearly <= 0:
        return None
    weight = [rates[a] for a in hit]

    def spread_of(values: Mapping[int, Floats]) -> Quantiles | None:
        return weighted_quantiles([values[a] for a in hit], weight)

    told = EventSummary(
        actor=actor or None,
        what="disruption" if what == "disruption" else "disclosure",
        per_year=yearly,
        loss=spread_of({a: found.ledger.gross[a][hits.where] for a, hits in hit.items()}),
        outage=None,
        start=spread_of({a: hits.start for a, hits in hit.items()}),
        rebuilt=None,
    )
    if what != "disruption":
        return told
    standing = {
        a: recall.of(("standing", a, _resting(found, [a])), partial(standing_still, found, a)) for a in hit
    }
    every = sum(1 for _ in case.model.entities("process"))
    markers = list(case.markers.values())
    lost = sum(
        rates[a] * float((found.fallen[a][markers].any(axis=0) & hits.where).mean())
        for a, hits in hit.items()
    )
    return told.model_copy(
        update={
            "outage": spread_of({a: standing[a].longest[hits.where] for a, hits in hit.items()}),
            "cases": spread_of({a: standing[a].cases[hits.where] for a, hits in hit.items()}),
            "extent": spread_of({a: hits.goals / max(every, 1) for a, hits in hit.items()}),
            "rebuilt": lost / yearly if markers else None,
        }
    )


@dataclass(frozen=True)
class Standing:
    """Per trial of one source: seconds until the last process runs again, and cases not treated; not a
    number where nothing is known.
    """

    longest: Floats
    cases: Floats


def standing_still(found: Account, source: int) -> Standing:
    """How long what fell to a source stands still, and whom that turns away."""
    case, fell = found.case, found.fallen[source]
    hostile = case.sources[source].hostile
    longest, cases = np.full(case.study.trials, -np.inf), np.full(case.study.trials, np.nan)
    drawn: dict[Distribution, Floats] = {}

    def length_of(law: Distribution) -> Floats:
        if law not in drawn:
            drawn[law] = sampled(law, case, "outage")
        return drawn[law]

    for k, goal in enumerate(case.goals):
        law = goal.severity.law(hostile=hostile) if goal.kind == "process" else None
        if law is None or not fell[k].any():
            continue
        length = length_of(law)
        marker, rebuilt = case.markers.get(goal.entity.name), goal.severity.law(lost=True)
        if hostile and marker is not None and rebuilt is not None:
            length = np.where(fell[marker], length_of(rebuilt), length)
        longest = np.where(fell[k], np.maximum(longest, length), longest)
        if goal.severity.cases_per_year is not None:
            turned_away = goal.severity.standstill(length) / YEAR * goal.severity.cases_per_year
            cases = np.where(fell[k], np.nan_to_num(cases) + turned_away, cases)
    return Standing(np.where(longest >= 0, longest, np.nan), cases)
