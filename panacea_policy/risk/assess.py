"""The risk assessment of a model: simulate, turn events into losses, explain, rank."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from panacea_policy.risk import inputs
from panacea_policy.risk.attempts import Source
from panacea_policy.risk.case import Case, RiskOptions, event_losses, prepare, sampled
from panacea_policy.risk.evidence import Bases, evidence, loss_assumptions
from panacea_policy.risk.explain import place_of, tell
from panacea_policy.risk.frequency import any_event
from panacea_policy.risk.graph import Bools
from panacea_policy.risk.heat import rated
from panacea_policy.risk.human import groups_of_staff
from panacea_policy.risk.inputs import Goal, Locate
from panacea_policy.risk.loss.account import Account, by_form, curves, summaries, weighed
from panacea_policy.risk.losses import quantiles, rate_estimate
from panacea_policy.risk.memory import Memory
from panacea_policy.risk.paths import Derivation, most_likely
from panacea_policy.risk.ranking import rank_assumptions, rank_controls
from panacea_policy.risk.results import (
    ActorShare,
    AttackPath,
    Estimate,
    GoalRisk,
    Precision,
    Quantiles,
    RiskResult,
    Size,
)
from panacea_policy.risk.sensitivity import sensitivities
from panacea_policy.risk.severity import Severity

if TYPE_CHECKING:
    from panacea_policy.compiler import AttackGraph, Entity, Model
    from panacea_policy.model import Distribution

Progress = Callable[[str, float], None]


def assess_risk(
    attack: AttackGraph,
    model: Model,
    options: RiskOptions | None = None,
    *,
    locate: Locate | None = None,
    progress: Progress | None = None,
) -> RiskResult:
    """Assess the attack graph of a model. ``locate`` turns a span or an entity into a place for people."""
    report = progress or (lambda _stage, _share: None)
    report("attack graph", 0.0)
    return assessed(prepare(attack, model, options or RiskOptions(), locate or (lambda _: None)), report)


def assessed(
    case: Case, report: Progress = lambda _stage, _share: None, memory: Memory | None = None
) -> RiskResult:
    """The assessment of a case that is prepared; ``memory`` of an earlier one of it spares work."""
    options, model = case.options, case.model
    report("simulation", 0.2)
    fallen = case.study.fallen()
    report("paths", 0.6)
    paths = _best(case, _derivations(case) if memory is None else memory.derivations(case))
    booked = weighed(case)
    bases = Bases(model)
    events = [
        _goal(case, g, k, [f[k] for f in fallen], paths, booked, bases)
        for k, g in enumerate(case.goals)
        if g.kind != "rebuilt"
    ]
    events += [_spared(case, process) for process in inputs.spared(model, case.goals)]
    report("controls", 0.7)
    controls, together = rank_controls(case) if options.ranked else ((), None)
    report("assumptions", 0.9)
    assumptions = rank_assumptions(case, [path for path, _ in paths.values()]) if options.ranked else ()
    moved = sensitivities(case, [path for path, _ in paths.values()]) if options.ranked else ()
    gross, net = curves(booked)
    told = tuple(sorted(events, key=_worst_first))
    result = RiskResult(
        seed=options.seed,
        trials=case.study.trials,
        horizon_days=options.horizon_days,
        currency=inputs.currency(model),
        size=Size(
            facts=int(case.attack.facts.present.sum()),
            instances=int(case.attack.present.sum()),
            relevant_instances=case.study.relevant,
            cyclic=case.study.cyclic,
        ),
        goals=told,
        loss=gross,
        controls=controls,
        all_controls=together,
        assumptions=assumptions,
        sensitivity=moved,
        notes=(*case.notes, *_notes(case), *booked.notes),
        net_loss=net,
        forms=by_form(booked),
        event_summaries=summaries(booked),
        staff=groups_of_staff(model),
        evidence=evidence(model, case.locate),
        loss_assumptions=loss_assumptions(model, told),
        heat=rated(told, model),
        precision=_precision(case),
    )
    report("done", 1.0)
    return result


def _worst_first(risk: GoalRisk) -> tuple[float, float, str]:
    loss = risk.loss_per_year.value if risk.loss_per_year else 0.0
    return (-loss, -risk.events_per_year.value, risk.name)


_Path = tuple[Derivation, Source]


def _derivations(case: Case) -> list[Mapping[int, Derivation]]:
    """For each source the most likely derivation of each goal that it can reach."""
    mask, part = case.study.mask, case.study.graph
    numbers, chance = np.flatnonzero(mask), case.chance[mask]
    goals = [goal.fact for goal in case.goals]
    part.links, part.mean_effort  # noqa: B018  # made before threads share them

    def found(source: Source) -> dict[int, Derivation]:
        mine = source.ability(case.graph).only(mask).chances(chance)
        ways = most_likely(part, goals, dict.fromkeys(source.start, 1.0), mine, case.study.runner.kernels)
        return {
            fact: replace(way, instances=tuple(numbers[list(way.instances)].tolist()))
            for fact, way in ways.items()
        }

    return list(case.study.runner.each(found, case.sources))


def _best(case: Case, found: Sequence[Mapping[int, Derivation]]) -> dict[tuple[int, bool], _Path]:
    """The most likely path to each goal, that with most successes per year: of all actors (False), and of
    those who mean it (True).
    """
    best: dict[tuple[int, bool], _Path] = {}
    for source, derivations in zip(case.sources, found, strict=True):
        for fact, path in derivations.items():
            for hostile in {False, source.hostile}:
                known = best.get((fact, hostile))
                if known is None or source.rate * path.chance > known[1].rate * known[0].chance:
                    best[fact, hostile] = (path, source)
    return best


def _goal(
    case: Case,
    goal: Goal,
    k: int,
    fallen: Sequence[Bools],
    paths: Mapping[tuple[int, bool], _Path],
    booked: Account,
    bases: Bases,
) -> GoalRisk:
    possible = bool(case.study.possible[goal.fact])
    severity = goal.severity
    events = case.recall.of(
        ("events", case.recall.goal(k), possible), lambda: _events(case, fallen, possible=possible)
    )
    time = case.recall.of(("time", case.recall.times(k)), lambda: _time(case, k, fallen))
    burden = _burden(case, goal, k, fallen, booked.fallen)
    return GoalRisk(
        kind=_KINDS.get(goal.kind, "data_class"),
        name=goal.entity.name,
        title=goal.entity.title or goal.entity.name,
        reachable=possible,
        probability=events.probability,
        events_per_year=events.rate,
        actors=events.shares,
        time=time,
        outage=_spread(severity.outage),
        outage_source=bases.of(goal.entity, "outage") if severity.outage else None,
        tolerable=severity.tolerable,
        beyond_tolerable=case.recall.of(
            ("beyond", severity.outage, severity.tolerable), lambda: _beyond(case, severity)
        ),
        outage_hours_per_year=burden.hours,
        harmed_per_year=burden.harmed,
        care_hours_per_year=burden.care_hours,
        loss_per_event=case.recall.of(
            ("event", goal.entity.name, severity), lambda: quantiles(event_losses(case, goal))
        )
        if severity.priced
        else None,
        loss_per_year=booked.goal(k, _scaled(events.rate, severity.mean())) if severity.priced else None,
        path=_told(case, paths.get((goal.fact, False))),
        attack=_told(case, paths.get((goal.fact, True))),
        place=place_of(goal.entity, case.locate),
    )


@dataclass(frozen=True)
class _Events:
    """How often a goal falls, and to whom."""

    rate: Estimate
    probability: Estimate
    shares: tuple[ActorShare, ...]


def _events(case: Case, fallen: Sequence[Bools], *, possible: bool) -> _Events:
    rate = case.study.estimate([f.astype(float) for f in fallen], possible=possible)
    return _Events(
        rate,
        any_event(case.sources, fallen, rate, case.years, case.options.attempts_per_world),
        _shares(case, fallen, possible),
    )


def _time(case: Case, k: int, fallen: Sequence[Bools]) -> Quantiles | None:
    """When a goal falls."""
    if not fallen:
        return None
    return quantiles(np.concatenate([t[k][f] for t, f in zip(case.study.outcome.time, fallen, strict=True)]))


def _spared(case: Case, process: Entity) -> GoalRisk:
    """A process that nothing leads to: zero, and not left out."""
    zero = Estimate(value=0.0, standard_error=0.0, low=0.0, high=0.0)
    return GoalRisk(
        kind="process",
        name=process.name,
        title=process.title or process.name,
        reachable=False,
        probability=zero,
        events_per_year=zero,
        actors=(),
        time=None,
        place=place_of(process, case.locate),
    )


def _told(case: Case, path: _Path | None) -> AttackPath | None:
    if path is None:
        return None
    found, actor = path[0], path[1].title

    def told() -> tuple[AttackPath, Mapping[str, Entity | None]]:
        made = tell(case.attack, case.graph, case.chance, case.states, found, actor, case.locate)
        names = {each.name for step in made.steps for each in step.using}
        names |= {each.name for step in made.steps for each in step.hindrances}
        return made, {name: case.model.get(name) for name in names}

    key = ("told", found.instances, found.start, found.chance, actor, case.states)
    made, used = case.recall.of(key, told)
    same = all(case.model.get(name) is entity for name, entity in used.items())
    return made if same or not case.recall.keeps else told()[0]


def _beyond(case: Case, severity: Severity) -> float | None:
    """The share of outages that last longer than is tolerable."""
    if severity.outage is None or severity.tolerable is None:
        return None
    return float((sampled(severity.outage, case, "outage") > severity.tolerable).mean())


def _scaled(rate: Estimate, factor: float) -> Estimate:
    return Estimate(
        value=rate.value * factor,
        standard_error=rate.standard_error * factor,
        low=rate.low * factor,
        high=rate.high * factor,
    )


def _spread(law: Distribution | None) -> Quantiles | None:
    if law is None:
        return None
    return Quantiles(
        mean=law.mean(), p5=law.percentile(0.05), p50=law.percentile(0.5), p95=law.percentile(0.95)
    )


def _shares(case: Case, fallen: Sequence[Bools], possible: bool) -> tuple[ActorShare, ...]:
    shares = []
    for source, fell in zip(case.sources, fallen, strict=True):
        together = case.options.attempts_per_world
        chance = rate_estimate([fell.astype(float)], [1.0], possible=possible, together=together)
        bounded = chance.model_copy(update={"high": min(1.0, chance.high)})
        shares.append(
            ActorShare(
                actor=source.name,
                title=source.title,
                attempts_per_year=source.rate,
                chance_per_attempt=bounded,
                events_per_year=source.rate * chance.value,
            )
        )
    return tuple(sorted(shares, key=lambda s: (-s.events_per_year, s.actor)))


_KINDS: Mapping[str, Literal["process", "data_class", "corruption"]] = {
    "process": "process",
    "corruption": "corruption",
}


@dataclass(frozen=True)
class _Burden:
    """What outages of a process mean per year: hours of outage, patients harmed, hours of care not given."""

    hours: float | None = None
    harmed: float | None = None
    care_hours: float | None = None


def _burden(case: Case, goal: Goal, k: int, fallen: Sequence[Bools], every: Sequence[Bools]) -> _Burden:
    """By the law of outages that the cause of each event, and the loss of copies, brings."""
    if goal.kind != "process":
        return _Burden()
    marker = case.markers.get(goal.entity.name)
    falls = case.recall.goal(k), None if marker is None else case.recall.goal(marker)
    key = ("burden", falls, goal.severity)
    return case.recall.of(key, lambda: _burden_of(case, goal, marker, fallen, every))


def _burden_of(
    case: Case, goal: Goal, marker: int | None, fallen: Sequence[Bools], every: Sequence[Bools]
) -> _Burden:
    if goal.severity.outage is None:
        each = goal.severity.mean_harmed()
        rate = sum(s.rate * float(f.mean()) for s, f in zip(case.sources, fallen, strict=True))
        return _Burden(harmed=None if each is None else rate * each)
    hours = harmed = care = 0.0
    counted: set[str] = set()
    for source, fell, whole in zip(case.sources, fallen, every, strict=True):
        lost = fell & whole[marker] if marker is not None and source.hostile else np.zeros_like(fell)
        for with_copies, share in ((True, float((fell & ~lost).mean())), (False, float(lost.mean()))):
            law = goal.severity.law(hostile=source.hostile, lost=not with_copies)
            assert law is not None
            hours += source.rate * share * law.mean() / 3600.0
            if (each := goal.severity.mean_harmed(law)) is not None:
                counted.add("harmed")
                harmed += source.rate * share * each
            if (each := goal.severity.care_lost(law)) is not None:
                counted.add("care")
                care += source.rate * share * each
    return _Burden(hours, harmed if "harmed" in counted else None, care if "care" in counted else None)


def _precision(case: Case) -> Precision:
    stopping = case.study.stopping
    error = stopping.error if np.isfinite(stopping.error) else None
    return Precision(asked=stopping.asked, relative_error=error, reached=stopping.reached)


def _notes(case: Case) -> tuple[str, ...]:
    notes = []
    stopping = case.study.stopping
    if stopping.asked is not None and not stopping.reached:
        found = f"{stopping.error:.2%}" if np.isfinite(stopping.error) else "nothing happened in any"
        asked = f"The precision asked for ({stopping.asked:.2%})"
        notes.append(f"{asked} is not reached after {stopping.trials:,} trials: {found}.")
    if not case.sources:
        notes.append("The model has no threat actor, so nothing starts an attack.")
    unpriced = [g.entity.name for g in case.goals if g.kind == "process" and not g.severity.priced]
    if unpriced:
        notes.append(
            f"No loss is stated for {', '.join(unpriced)}: their disruptions are not in the money figures."
        )
    return tuple(notes)
