"""A risk result for a terminal: sections of small tables, none wider than 100 columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from textwrap import wrap

from panacea_policy.cli.output import Terminal
from panacea_policy.cli.text_table import Head, fitted, lines_of
from panacea_policy.language.diagnostics import visible
from panacea_policy.report import figures
from panacea_policy.report.reading import shown, words
from panacea_policy.risk import (
    AssumptionInfluence,
    AttackPath,
    Estimate,
    EventSummary,
    GoalRisk,
    LossCurve,
    RiskResult,
)

#: Columns of the terminal that lines take at most.
WIDE = 100
#: Rows of a ranking, and rows of a long list of data; the rest is counted.
_MOST, _ROWS = 8, 15
#: Data that is less likely disclosed than this is counted, not listed, where there are many classes.
_SELDOM = 0.001

State = tuple[str, RiskResult]


def text(organisation: str, as_of: date, states: Sequence[State], terminal: Terminal) -> str:
    """The result in sections. With two states the second is told, with its difference from the first."""
    name, risk = states[-1]
    base = states[0][1] if len(states) > 1 else None
    lines = [terminal.style(fitted(f"{organisation}, as of {as_of.isoformat()}", WIDE), bold=True)]
    if base is not None:
        beside = f"With “{name}”, beside the model as it is: the same attacks, the same random numbers."
        lines.append(fitted(beside, WIDE))
    lines.append(
        "In brackets: the 90 % interval that the number of trials leaves. Losses a year are expected."
    )
    if base is None and any(goal.time for goal in risk.goals):
        lines.append("Reached after: the median time since the first step, of the attempts that get there.")
    for heading, body in _sections(risk, base):
        told = list(body)
        if told:
            lines += ["", terminal.style(fitted(heading, WIDE), bold=True), *told]
    lines += ["", *_made(risk)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _sections(risk: RiskResult, base: RiskResult | None) -> Iterator[tuple[str, Iterator[str]]]:
    period = figures.period(risk.horizon_days)
    changed = tuple(goal for goal in risk.goals if goal.kind == "corruption")
    yield "Care processes", _goals(risk.processes(), risk, base, f"stopped within {period}")
    yield "What outages of care mean, expected in a year", _care(risk)
    yield "Data disclosed", _goals(risk.data(), risk, base, f"within {period}")
    yield "Data changed without anybody noticing", _goals(changed, risk, base, f"within {period}")
    if risk.loss is not None:
        yield f"Loss in {period}", _loss(risk.loss, base.loss if base else None, risk)
        yield "What the expected loss consists of", _forms(risk)
    lost = "expected loss" if risk.loss is not None else "events"
    yield "Who", _actors(risk)
    worst = next((g for g in risk.processes() if g.attack or g.path), None)
    if worst is not None:
        yield f"The likeliest way to stop {worst.title}", _way(worst.attack or worst.path)
    yield f"What would help most, of what is not in place: share of the {lost} it takes away", _controls(risk)
    yield "What moves the result most: one input at its low and at its high end", _moves(risk)
    yield (
        "Assumed because the model does not say it: at most so much of the result rests on it",
        _assumed(risk),
    )
    yield "Notes", (line for note in risk.notes for line in _wrapped(note))


def over_text(over: Sequence[GoalRisk], risk: RiskResult, percent: float, path: Callable[[str], str]) -> str:
    """One plain line for each care process that decides the exit code, and nothing else.

    ``path`` gives the file of a place as it is seen from the current folder.
    """
    lines = []
    for goal in over:
        place = goal.place and goal.place.model_copy(update={"file": path(goal.place.file)})
        lines.append(
            f"{shown(place)}: {goal.title} is stopped within {figures.period(risk.horizon_days)} with a "
            f"probability of {goal.probability.value * 100:.3g} %, over {percent:g} %"
        )
    return "".join(f"{visible(line)}\n" for line in lines)


# ---------------------------------------------------------------------------------------------- goals, care


def _goals(
    goals: Sequence[GoalRisk], risk: RiskResult, base: RiskResult | None, within: str
) -> Iterator[str]:
    many = len(goals) > _ROWS
    listed = [g for g in goals if not many or g.probability.value >= _SELDOM][:_ROWS]
    if not goals:
        return
    last = Head("before", 8) if base is not None else Head("reached after", 14)
    heads = (Head("", 33, left=True), Head(within, 32, left=True), Head("loss a year", 12), last)
    rows = []
    for goal in listed:
        chance = f"{figures.percent(goal.probability.value):>8}"
        if goal.reachable:
            interval = figures.interval(goal.probability)
            chance += f"  ({interval})" if interval != chance.strip() else ""
        else:
            chance += "  no way leads there"
        loss = figures.money(goal.loss_per_year.value, risk.currency) if goal.loss_per_year else "—"
        then = figures.duration(goal.time.p50) if goal.time else "—"
        rows.append((goal.title, chance, loss, _before(goal, base) if base is not None else then))
    yield from lines_of(heads, rows)
    rest = [g for g in goals if g not in listed]
    if rest:
        most = figures.percent(max(g.probability.value for g in rest))
        yield f"  and {len(rest)} more, none more likely than {most} (--format csv has all)"


def _before(goal: GoalRisk, base: RiskResult | None) -> str:
    known = None
    if base is not None:
        known = next((g for g in base.goals if (g.kind, g.name) == (goal.kind, goal.name)), None)
    return figures.percent(known.probability.value) if known is not None else "—"


def _care(risk: RiskResult) -> Iterator[str]:
    told = [g for g in risk.processes() if g.outage_hours_per_year]
    if not told:
        return
    heads = (
        Head("", 34, left=True),
        Head("standstill", 10),
        Head("care not given", 20),
        Head("patients seriously harmed", 25),
    )
    rows = []
    ranked = sorted(told, key=lambda g: (-(g.care_hours_per_year or 0.0), -(g.harmed_per_year or 0.0)))
    for goal in ranked[:_MOST]:
        hours, care, harmed = goal.outage_hours_per_year, goal.care_hours_per_year, goal.harmed_per_year
        rows.append(
            (
                goal.title,
                f"{figures.number(hours)} h" if hours else "—",
                f"{figures.number(care)} patient-hours" if care is not None else "not stated",
                figures.number(harmed) if harmed is not None else "not stated",
            )
        )
    yield from lines_of(heads, rows)
    if len(ranked) > _MOST:
        yield f"  and {len(ranked) - _MOST} more with less (--format csv has all)"


# ---------------------------------------------------------------------------------------------- losses


def _loss(curve: LossCurve, before: LossCurve | None, risk: RiskResult) -> Iterator[str]:
    def money(value: float) -> str:
        return figures.money(value, risk.currency)

    def known(estimate: Estimate | None) -> str:
        return f"({figures.money_interval(estimate, None)})" if estimate is not None else ""

    each = "year" if risk.horizon_days == 365 else "period"
    at = dict(curve.percentiles)
    rows: list[tuple[str, ...]] = [
        ("expected", money(curve.mean.value), known(curve.mean), money(before.mean.value) if before else ""),
    ]
    for share, told in ((0.9, "10"), (0.95, "20"), (0.99, "100")):
        figure = f"p{share * 100:.0f}"
        value, then = getattr(curve, figure), getattr(before, figure) if before is not None else None
        name = f"exceeded in one {each} of {told}"
        rows.append((name, money(value), known(at.get(share)), "" if then is None else money(then)))
    rows.append(
        (
            f"mean of the worst 5 % of {each}s",
            money(curve.tail_mean),
            known(curve.tail),
            money(before.tail_mean) if before else "",
        )
    )
    none = curve.none_estimate
    rows.append(
        (
            f"{each}s without any loss",
            figures.percent(curve.none),
            f"({figures.interval(none)})" if none else "",
            figures.percent(before.none) if before else "",
        )
    )
    if risk.net_loss is not None:
        net = risk.net_loss.mean
        rows.append(("expected, after insurance", money(net.value), known(net), ""))
    heads = (
        Head("", 34, left=True),
        Head("", 12),
        Head("", 22, left=True),
        Head("before" if before else "", 12),
    )
    yield from lines_of(heads, rows)
    if curve.second is not None:
        yield from _wrapped(
            f"By closed forms instead of simulated {each}s: expected {money(curve.second.mean)}, "
            f"{each}s without loss {figures.percent(curve.second.none)}."
        )


def _forms(risk: RiskResult) -> Iterator[str]:
    total = sum(f.per_year.value for f in risk.forms)
    if total <= 0:
        return
    heads = (Head("", 34, left=True), Head("a year", 12), Head("share", 8), Head("in FAIR", 12, left=True))
    rows = [
        (
            form.title,
            figures.money(form.per_year.value, risk.currency),
            figures.percent(form.per_year.value / total),
            "primary" if form.primary else "secondary",
        )
        for form in risk.forms
    ]
    yield from lines_of(heads, rows)


# ---------------------------------------------------------------------------------------------- who, and how


def _actors(risk: RiskResult) -> Iterator[str]:
    """How often each actor tries, and how often an attempt stops care or discloses data."""
    known: dict[str, tuple[str, float]] = {}
    for goal in risk.goals:
        for share in goal.actors:
            known.setdefault(share.actor, (share.title, share.attempts_per_year))
    events: dict[tuple[str, str], EventSummary] = {
        (each.actor, each.what): each for each in risk.event_summaries if each.actor
    }

    def often(actor: str, what: str) -> float:
        found = events.get((actor, what))
        return found.per_year if found is not None else 0.0

    if not events:
        yield from _actors_by_goal(risk)
        return
    heads = (
        Head("", 34, left=True),
        Head("attempts", 19),
        Head("care stopped", 19),
        Head("data disclosed", 19),
    )
    ranked = sorted(
        known,
        key=lambda a: (-often(a, "disruption") - often(a, "disclosure"), known[a][0]),
    )
    rows = [
        (
            known[actor][0],
            figures.rate(known[actor][1]),
            *(figures.rate(often(actor, what)) for what in ("disruption", "disclosure")),
        )
        for actor in ranked
        if often(actor, "disruption") + often(actor, "disclosure") > 0
    ]
    yield from lines_of(heads, rows)
    idle = [known[a][0] for a in ranked if often(a, "disruption") + often(a, "disclosure") == 0]
    if idle:
        yield from _wrapped(f"In no trial: {', '.join(idle)}.")


def _actors_by_goal(risk: RiskResult) -> Iterator[str]:
    """Who reaches the goals that were asked for."""
    rows = [
        (share.title, goal.title, figures.rate(share.attempts_per_year), figures.rate(share.events_per_year))
        for goal in risk.goals
        for share in goal.actors[:_MOST]
        if share.events_per_year > 0
    ]
    if rows:
        heads = (
            Head("", 30, left=True),
            Head("goal", 26, left=True),
            Head("attempts", 18),
            Head("reaches it", 18),
        )
        yield from lines_of(heads, rows)


def _way(path: AttackPath | None) -> Iterator[str]:
    if path is None:
        return
    actor, chance = path.actor or "An attacker", figures.percent(path.chance)
    yield from _wrapped(f"{actor}; one attempt gets through this very way with a probability of {chance}.")
    heads = (
        Head("", 3),
        Head("", 40, left=True),
        Head("succeeds", 8),
        Head("takes", 8),
        Head("gives", 31, left=True),
    )
    rows = []
    for step in path.steps:
        chance, time = "", ""
        if not step.certain:
            chance = figures.percent(step.chance)
            time = figures.duration(step.effort.p50) if step.effort.p50 > 0 else ""
        rows.append((f"{step.number}.", step.title, chance, time, "; ".join(step.results[:2])))
    yield from lines_of(heads, rows)


# ---------------------------------------------------------------------------------------------- what moves it


def _controls(risk: RiskResult) -> Iterator[str]:
    useful = [c for c in risk.controls if c.relative > 0.002][:_MOST]
    if not useful:
        return
    priced = risk.loss is not None
    heads = (
        Head("", 44, left=True),
        Head("takes away", 10),
        Head("saves a year" if priced else "avoids", 15),
        Head("costs", 23),
    )
    rows = []
    for control in useful:
        saved = control.saves_per_year
        gain = (
            figures.money(saved.value, risk.currency)
            if saved is not None
            else figures.rate(control.events_avoided_per_year.value)
        )
        costs = [
            figures.money(control.cost_once, risk.currency) if control.cost_once else "",
            f"{figures.money(control.cost_per_year, None)} a year" if control.cost_per_year else "",
        ]
        price = " + ".join(c for c in costs if c) or "not stated"
        rows.append((control.title, figures.percent(control.relative), gain, price))
    yield from lines_of(heads, rows)


def _moves(risk: RiskResult) -> Iterator[str]:
    moving = risk.sensitivity[:_MOST]
    if not moving:
        return
    heads = (
        Head("", 48, left=True),
        Head("input", 24),
        Head("loss a year" if risk.loss is not None else "events a year", 21),
    )
    rows = []
    for each in moving:
        low, high = (
            figures.money(v, risk.currency if n == 0 else None) if risk.loss is not None else f"{v:.3g}"
            for n, v in enumerate((each.at_low, each.at_high))
        )
        rows.append((each.title, f"{each.low} … {each.high}", f"{low} … {high}"))
    yield from lines_of(heads, rows)


def _assumed(risk: RiskResult) -> Iterator[str]:
    """One line per entity, as the share is that of all that speaks of it."""
    groups: dict[str, list[AssumptionInfluence]] = {}
    for each in risk.assumptions:
        if each.share > 0:
            groups.setdefault(each.entity, []).append(each)
    rows = [
        (
            figures.percent(group[0].share),
            name,
            ", ".join(f"{words(a.attribute)} {a.value}" for a in group),
        )
        for name, group in list(groups.items())[:_MOST]
    ]
    if rows:
        yield from lines_of((Head("", 8), Head("", 22, left=True), Head("", 63, left=True)), rows)


def _wrapped(told: str) -> Iterator[str]:
    """A sentence in as many lines as it takes."""
    yield from wrap(told, WIDE, initial_indent="  ", subsequent_indent="  ")


def _made(risk: RiskResult) -> Iterator[str]:
    yield (
        f"{risk.trials:,} trials per threat actor, seed {risk.seed}; {risk.size.instances:,} step instances, "
        f"{risk.size.relevant_instances:,} of them on a way to a goal."
    )
    precision = risk.precision
    if precision is not None and precision.asked is not None and precision.reached:
        yield (
            f"The precision asked for ({precision.asked:.2%}) is reached: the standard error of the mean is "
            f"{precision.relative_error or 0.0:.2%} of it."
        )
