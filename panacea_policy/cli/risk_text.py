"""A risk result for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from panacea_policy.cli.output import Terminal
from panacea_policy.report import figures
from panacea_policy.risk import AttackPath, GoalRisk, LossCurve, RiskResult

_MOST = 8


def text(organisation: str, as_of: date, states: Sequence[tuple[str, RiskResult]], terminal: Terminal) -> str:
    """The result in sections. With two states the second is told, with its difference from the first."""
    name, risk = states[-1]
    base = states[0][1] if len(states) > 1 else None
    lines = [terminal.style(f"{organisation}, as of {as_of.isoformat()}", bold=True)]
    if base is not None:
        lines.append(f"With “{name}”, beside the model as it is: the same attacks, the same random numbers.")
    for heading, body in _sections(risk, base):
        told = list(body)
        if told:
            lines += ["", terminal.style(heading, bold=True), *told]
    lines += ["", _made(risk)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _sections(risk: RiskResult, base: RiskResult | None) -> Iterator[tuple[str, Iterator[str]]]:
    within = "twelve months" if risk.horizon_days == 365 else figures.duration(risk.horizon_days * 86400)
    yield f"Care processes: probability of disruption within {within}", _goals(risk.processes(), risk, base)
    yield "Data: probability of disclosure", _goals(risk.data(), risk, base)
    if risk.loss is not None:
        yield "Loss", _loss(risk.loss, base.loss if base else None, risk.currency)
    yield "Who", _actors(risk)
    worst = next((g for g in risk.processes() if g.attack or g.path), None)
    if worst is not None:
        yield f"The likeliest way to disrupt {worst.title}", _way(worst.attack or worst.path)
    yield "What would help most", _controls(risk)
    yield "What the result rests on without anybody having said so", _assumptions(risk)
    yield "Notes", (f"  {note}" for note in risk.notes)


def _goals(goals: Sequence[GoalRisk], risk: RiskResult, base: RiskResult | None) -> Iterator[str]:
    for goal in goals:
        chance = f"{figures.percent(goal.probability.value):>8}  ({figures.interval(goal.probability)})"
        loss = (
            figures.money(goal.loss_per_year.value, risk.currency) + " a year" if goal.loss_per_year else ""
        )
        when = f"in {figures.spread(goal.time)}" if goal.time else ""
        yield f"  {goal.title:<36.36} {chance:<26} {loss:<22} {_before(goal, base) or when}"


def _before(goal: GoalRisk, base: RiskResult | None) -> str:
    known = base.goal(goal.name) if base is not None else None
    return f"before: {figures.percent(known.probability.value)}" if known is not None else ""


def _loss(curve: LossCurve, before: LossCurve | None, currency: str | None) -> Iterator[str]:
    def money(value: float) -> str:
        return figures.money(value, currency)

    rows = (
        ("expected a year", curve.mean.value, before.mean.value if before else None),
        ("exceeded 1 year in 10", curve.p90, before.p90 if before else None),
        ("exceeded 1 year in 20", curve.p95, before.p95 if before else None),
        ("exceeded 1 year in 100", curve.p99, before.p99 if before else None),
        ("mean of the worst 5 %", curve.tail_mean, before.tail_mean if before else None),
    )
    for name, value, then in rows:
        extra = f"   before: {money(then)}" if then is not None else ""
        if name == "expected a year":
            extra = f"   (90 % interval {figures.money_interval(curve.mean, currency)})" + extra
        yield f"  {name:<36} {money(value):>12}{extra}"
    yield f"  {'years without any loss':<36} {figures.percent(curve.none):>12}"


def _actors(risk: RiskResult) -> Iterator[str]:
    """Who disrupts care or discloses data, by the events that each brings about in all."""
    total: dict[str, tuple[str, float, float]] = {}
    for goal in risk.goals:
        for share in goal.actors:
            title, attempts, events = total.get(share.actor, (share.title, share.attempts_per_year, 0.0))
            total[share.actor] = (title, attempts, events + share.events_per_year)
    ranked = sorted(total.values(), key=lambda t: (-t[2], t[0]))
    for title, attempts, events in ranked[:_MOST]:
        if events > 0:
            yield (
                f"  {title:<36.36} {figures.rate(attempts)} attempts; a goal falls to them: "
                f"{figures.rate(events)}"
            )


def _way(path: AttackPath | None) -> Iterator[str]:
    if path is None:
        return
    yield f"  {path.actor or 'An attacker'}; {figures.percent(path.chance)} per attempt along this way"
    for step in path.steps:
        chance = (
            "" if step.certain else f"{figures.percent(step.chance)}, {figures.duration(step.effort.p50)}"
        )
        results = "; ".join(step.results[:2])
        yield f"  {step.number:>3}. {step.title:<46.46} {chance:<16} {results[:60]}"


def _controls(risk: RiskResult) -> Iterator[str]:
    for control in [c for c in risk.controls if c.relative > 0.002][:_MOST]:
        saves = (
            f"saves {figures.money(control.saves_per_year.value, risk.currency)} a year"
            if control.saves_per_year
            else f"avoids {figures.rate(control.events_avoided_per_year.value)}"
        )
        yield f"  {control.title:<46.46} {figures.percent(control.relative):>8}  {saves}"


def _assumptions(risk: RiskResult) -> Iterator[str]:
    for each in [a for a in risk.assumptions if a.share > 0][:_MOST]:
        yield (
            f"  {each.entity}.{each.attribute} = {each.value}  ({figures.percent(each.share)} of the result; "
            f"{each.source})"
        )


def _made(risk: RiskResult) -> str:
    return (
        f"{risk.trials:,} trials per threat actor, seed {risk.seed}; {risk.size.instances:,} step instances, "
        f"{risk.size.relevant_instances:,} of them on a way to a goal."
    )
