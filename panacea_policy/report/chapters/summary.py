"""What threatens which care process, how likely, and what it would cost: the page that the board reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from panacea_policy.report import charts, figures
from panacea_policy.report.chapter import ChapterContent, Context, Section, section
from panacea_policy.report.html import Child, Column, Element, el, paragraph, table
from panacea_policy.risk import GoalRisk, RiskResult

#: Classes of data that the summary shows; the others are named.
_DATA_ROWS = 10
_CHANGED = 4


@dataclass(frozen=True)
class Summary:
    """The first chapter."""

    id: str = "summary"
    title: str = "Summary"
    order: int = 0

    def build(self, context: Context) -> ChapterContent | None:
        """Lead, key figures, processes, data, losses."""
        risk = context.risk
        sections = [section("", paragraph(*lead(context), class_="lead"), _figures(context))]
        if risk is not None:
            sections += _risk_sections(risk)
        return ChapterContent(tuple(sections))


def lead(context: Context) -> Iterator[str]:
    """Two or three sentences that say the main thing."""
    risk = context.risk
    worst = next((g for g in risk.processes() if g.events_per_year.value > 0), None) if risk else None
    if risk is None or not risk.goals:
        yield "No attack of this model could reach a care process or data: there is no risk to compute. "
    elif worst is None:
        yield f"No simulated attack disrupts any of the {len(risk.processes())} care processes. "
    else:
        yield (
            f"Within {figures.period(risk.horizon_days)}, {worst.title} is disrupted by an attack or "
            f"accident with a probability of {figures.percent(worst.probability.value)} (90 % interval "
            f"{figures.interval(worst.probability)}). "
        )
        if worst.path and worst.path.steps:
            first = next((s for s in worst.path.steps if s.chance < 1.0), worst.path.steps[0])
            yield f"The most likely cause is “{first.title}” ({worst.path.actor or 'an attacker'}). "
    best = next((c for c in risk.controls if c.relative > 0.005), None) if risk else None
    if best:
        yield (
            f"Of the measures not yet in place, “{best.title}” helps most: it takes away "
            f"{figures.percent(best.relative)} of the {objective(risk)}. "
        )


def objective(risk: RiskResult | None) -> str:
    """What measures are ranked by."""
    return "expected loss" if risk and risk.loss else "expected disruptions"


def _figures(context: Context) -> Element:
    cells = list(_cells(context))
    return el(
        "dl",
        [el("div", el("dt", t), el("dd", v), el("dd", s, class_="sub") if s else None) for t, v, s in cells],
        class_="figures",
    )


def _cells(context: Context) -> Iterator[tuple[str, str, str]]:
    risk = context.risk
    if risk and risk.loss:
        mean, currency = risk.loss.mean, risk.currency
        yield (
            "Expected loss a year",
            figures.money(mean.value, currency),
            f"90 % interval {figures.money_interval(mean, currency)}",
        )
        share, bad = ("twenty", risk.loss.p95) if risk.loss.p95 > 0 else ("a hundred", risk.loss.p99)
        yield (
            f"One year in {share} costs more than",
            figures.money(bad, currency),
            "all attacks of a year together",
        )
    if risk and risk.processes():
        hit = [g for g in risk.processes() if g.probability.value >= 0.10]
        yield (
            "Care processes at 10 % a year or more",
            f"{len(hit)} of {len(risk.processes())}",
            "by an attack or accident",
        )
    serious = [
        f for f in context.findings if f.verdict == "violated" and f.rule.severity in ("critical", "high")
    ]
    total = [f for f in context.findings if f.verdict == "violated"]
    yield "Serious findings", str(len(serious)), f"critical and high, of {len(total)} in all"
    if context.compliance is not None:
        counts = {str(k): v for k, v in context.compliance.clause_counts.items()}
        yield (
            "Legal clauses violated",
            str(counts.get("violated", 0)),
            f"{counts.get('met', 0)} met, {counts.get('unknown', 0)} undecided",
        )


def _risk_sections(risk: RiskResult) -> Iterator[Section]:
    if risk.processes():
        yield section("Care processes", _processes(risk))
    if risk.data():
        yield section("Patient and other data", _data(risk), _changed(risk))


def _processes(risk: RiskResult) -> Element:
    suffers = any(g.care_hours_per_year or g.harmed_per_year for g in risk.processes())
    columns: list[Column | str] = [
        "Care process",
        Column(f"Disrupted within {figures.period(risk.horizon_days)}"),
        Column("Care not given a year" if suffers else "How often", True),
        Column("Takes", True),
        Column("Expected loss a year", True),
    ]
    rows = [
        (
            _name(g),
            _chance(g, risk),
            _care(g) if suffers else figures.rate(g.events_per_year.value),
            _time(g),
            _money(g, risk),
        )
        for g in risk.processes()
    ]
    note = "Probability with its 90 % interval from the simulation; worst first."
    if suffers:
        note += " Care not given: expected patient-hours, and how long the process stands still."
    return table("What threatens which care process", columns, rows, note=note)


def _care(goal: GoalRisk) -> Child:
    """Patient-hours of care not given, hours of standstill and patients harmed, all expected in a year."""
    if not goal.outage_hours_per_year and not goal.harmed_per_year:
        return "—"
    hours, care, harmed = goal.outage_hours_per_year, goal.care_hours_per_year, goal.harmed_per_year
    return [
        f"{figures.number(care)} patient-hours" if care else "not stated",
        el("span", f"stands still {figures.number(hours)} h", class_="sub") if hours else None,
        el("span", f"{figures.number(harmed)} patients seriously harmed", class_="sub") if harmed else None,
    ]


def _name(goal: GoalRisk) -> Child:
    if goal.tolerable is None or goal.beyond_tolerable is None:
        return goal.title
    longer = figures.percent(goal.beyond_tolerable)
    sub = f"tolerates {figures.duration(goal.tolerable)}; {longer} of outages last longer"
    return [goal.title, el("span", sub, class_="sub")]


def _chance(goal: GoalRisk, risk: RiskResult) -> Child:
    if not goal.reachable:
        return el("span", "no way found", class_="quiet")
    top = max(g.probability.high for g in risk.goals)
    text = f"{figures.percent(goal.probability.value)} "
    return [
        text,
        el("span", f"({figures.interval(goal.probability)})", class_="quiet"),
        charts.bar(goal.probability, max(top, 0.05)),
    ]


def _time(goal: GoalRisk) -> Child:
    if goal.time is None:
        return "—"
    return [
        figures.duration(goal.time.p50),
        el("span", f"{figures.duration(goal.time.p5)} – {figures.duration(goal.time.p95)}", class_="sub"),
    ]


def _money(goal: GoalRisk, risk: RiskResult) -> Child:
    if goal.loss_per_year is None:
        return el("span", "not priced" if goal.reachable else "—", class_="quiet")
    per = goal.loss_per_event
    sub = (
        f"{figures.money(per.p50, risk.currency)} per event (median)"
        if per and goal.loss_per_year.value
        else None
    )
    return [
        figures.money(goal.loss_per_year.value, risk.currency),
        el("span", sub, class_="sub") if sub else None,
    ]


def _changed(risk: RiskResult) -> Element | None:
    """Classes of data that may be changed without anybody noticing, in a sentence."""
    changed = [g for g in risk.goals if g.kind == "corruption" and g.probability.value > 0]
    changed = sorted(changed, key=lambda g: (-g.probability.value, g.name))
    if not changed:
        return None
    told = ", ".join(f"{g.title} {figures.percent(g.probability.value)}" for g in changed[:_CHANGED])
    more = f" and {len(changed) - _CHANGED} more" if len(changed) > _CHANGED else ""
    return paragraph(
        f"Changed without anybody noticing within {figures.period(risk.horizon_days)}: {told}{more}.",
        class_="note",
    )


def _data(risk: RiskResult) -> Element:
    columns: list[Column | str] = [
        "Class of data",
        Column(f"Disclosed within {figures.period(risk.horizon_days)}"),
        Column("How often", True),
        Column("Takes", True),
        Column("Expected loss a year", True),
    ]
    rows = [
        (g.title, _chance(g, risk), figures.rate(g.events_per_year.value), _time(g), _money(g, risk))
        for g in risk.data()[:_DATA_ROWS]
    ]
    left = risk.data()[_DATA_ROWS:]
    names = ", ".join(g.title for g in left)
    more = f" Less exposed: {names}." if left else ""
    return table("What may be disclosed", columns, rows, note=f"The same simulation, worst first.{more}")
