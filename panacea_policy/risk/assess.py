"""The risk assessment of a model: simulate, turn events into losses, explain, rank."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from panacea_policy.risk import inputs
from panacea_policy.risk.attempts import Source
from panacea_policy.risk.case import Case, RiskOptions, event_losses, prepare, sampled
from panacea_policy.risk.explain import place_of, tell
from panacea_policy.risk.frequency import any_event, losses_in_worlds, yearly_rates
from panacea_policy.risk.graph import Bools, Floats
from panacea_policy.risk.inputs import Goal, Locate
from panacea_policy.risk.losses import annual_losses, loss_curve, quantiles, rate_estimate
from panacea_policy.risk.paths import Derivation, most_likely
from panacea_policy.risk.ranking import rank_assumptions, rank_controls
from panacea_policy.risk.results import (
    ActorShare,
    AttackPath,
    Estimate,
    GoalRisk,
    LossCurve,
    Precision,
    Quantiles,
    RiskResult,
    Size,
)

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
    case = prepare(attack, model, options or RiskOptions(), locate or (lambda _: None))
    options = case.options
    report("simulation", 0.2)
    fallen = case.study.fallen()
    report("paths", 0.6)
    paths = _paths(case)
    events = [_goal(case, g, k, [f[k] for f in fallen], paths) for k, g in enumerate(case.goals)]
    events += [_spared(case, process) for process in inputs.spared(model, case.goals)]
    report("controls", 0.7)
    controls, together = rank_controls(case) if options.ranked else ((), None)
    report("assumptions", 0.9)
    assumptions = rank_assumptions(case, [path for path, _ in paths.values()]) if options.ranked else ()
    result = RiskResult(
        seed=options.seed,
        trials=case.study.trials,
        horizon_days=options.horizon_days,
        currency=inputs.currency(model),
        size=Size(
            facts=case.graph.facts,
            instances=len(case.graph),
            relevant_instances=len(case.study.graph),
            cyclic=case.study.cyclic,
        ),
        goals=tuple(sorted(events, key=_worst_first)),
        loss=_losses(case, fallen),
        controls=controls,
        all_controls=together,
        assumptions=assumptions,
        notes=(*case.notes, *_notes(case)),
        precision=_precision(case),
    )
    report("done", 1.0)
    return result


def _worst_first(risk: GoalRisk) -> tuple[float, float, str]:
    loss = risk.loss_per_year.value if risk.loss_per_year else 0.0
    return (-loss, -risk.events_per_year.value, risk.name)


_Path = tuple[Derivation, Source]


def _paths(case: Case) -> dict[tuple[int, bool], _Path]:
    """The most likely path to each goal, that with most successes per year: of all actors (False), and of
    those who mean it (True).
    """
    best: dict[tuple[int, bool], _Path] = {}
    for source in case.sources:
        found = most_likely(
            case.graph,
            [g.fact for g in case.goals],
            dict.fromkeys(source.start, 1.0),
            source.ability(case.graph).chances(case.chance),
        )
        for fact, path in found.items():
            for hostile in {False, source.hostile}:
                known = best.get((fact, hostile))
                if known is None or source.rate * path.chance > known[1].rate * known[0].chance:
                    best[fact, hostile] = (path, source)
    return best


def _goal(
    case: Case, goal: Goal, k: int, fallen: Sequence[Bools], paths: Mapping[tuple[int, bool], _Path]
) -> GoalRisk:
    possible = bool(case.study.possible[goal.fact])
    rate = case.study.estimate([f.astype(float) for f in fallen], possible=possible)
    severity = goal.severity
    outage = sampled(severity.outage, case, "outage") if severity.outage else None
    harmed = severity.mean_harmed()
    times = (
        np.concatenate([t[k][f] for t, f in zip(case.study.outcome.time, fallen, strict=True)])
        if fallen
        else None
    )
    down = severity.outage.mean() if severity.outage else 0.0
    return GoalRisk(
        kind="process" if goal.kind == "process" else "data_class",
        name=goal.entity.name,
        title=goal.entity.title or goal.entity.name,
        reachable=possible,
        probability=any_event(case.sources, fallen, rate, case.years, case.options.attempts_per_world),
        events_per_year=rate,
        actors=_shares(case, fallen, possible),
        time=None if times is None else quantiles(times),
        outage=_spread(severity.outage),
        outage_source=severity.outage_source,
        tolerable=severity.tolerable,
        beyond_tolerable=_beyond(outage, severity.tolerable),
        outage_hours_per_year=rate.value * down / 3600.0 if severity.outage else None,
        harmed_per_year=None if harmed is None else rate.value * harmed,
        loss_per_event=quantiles(event_losses(case, goal)) if severity.priced else None,
        loss_per_year=_scaled(rate, severity.mean()) if severity.priced else None,
        path=_told(case, paths.get((goal.fact, False))),
        attack=_told(case, paths.get((goal.fact, True))),
        place=place_of(goal.entity, case.locate),
    )


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
    return tell(case.attack, case.graph, case.chance, case.states, path[0], path[1].title, case.locate)


def _beyond(outage: Floats | None, tolerable: float | None) -> float | None:
    return None if outage is None or tolerable is None else float((outage > tolerable).mean())


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


def _losses(case: Case, fallen: Sequence[Bools]) -> LossCurve | None:
    """The distribution of losses over one horizon. An attempt that hits several processes counts once for
    each.
    """
    if not any(g.severity.priced for g in case.goals) or not case.sources:
        return None
    losses = np.stack([event_losses(case, g) for g in case.goals])
    per_attempt = [(losses * fell).sum(axis=0) for fell in fallen]
    options = case.options
    years, seed, horizon = options.years, options.seed, case.years
    if options.attempts_per_world > 1:
        together = options.attempts_per_world
        simulated = losses_in_worlds(
            case.sources, per_attempt, together, years=years, seed=seed, horizon=horizon
        )
    else:
        rates = [yearly_rates(source, years, seed) for source in case.sources]
        simulated = annual_losses(per_attempt, rates, years=years, seed=seed, horizon=horizon)
    weight = np.array([g.severity.mean() for g in case.goals])
    mean = case.study.estimate([weight @ fell for fell in fallen])
    return loss_curve(simulated, _scaled(mean, case.years))


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
