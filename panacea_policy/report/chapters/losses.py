"""What a year costs: the distribution of the annual loss, what it consists of, what one event is like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from panacea_policy.report import charts, figures
from panacea_policy.report.chapter import ChapterContent, Context, Section, section
from panacea_policy.report.chapters.heat import heat
from panacea_policy.report.html import Child, Column, Element, el, paragraph, table
from panacea_policy.report.pictures import forms_of, insured
from panacea_policy.report.plates import figure
from panacea_policy.report.reading import words
from panacea_policy.risk import Estimate, EventSummary, LossCurve, Quantiles, RiskResult

#: The percentiles of the table: the share of years that stay below, and how people say it.
_PERCENTILES = (
    (0.5, "Median {each}"),
    (0.9, "1 {each} in 10 exceeds"),
    (0.95, "1 {each} in 20 exceeds (value at risk, 95 %)"),
    (0.99, "1 {each} in 100 exceeds"),
    (0.995, "1 {each} in 200 exceeds"),
)


@dataclass(frozen=True)
class Losses:
    """Money, before and after insurance."""

    id: str = "losses"
    title: str = "What a year costs"
    order: int = 90

    def build(self, context: Context) -> ChapterContent | None:
        """The curve, the forms of loss, one event, the view in words."""
        risk = context.risk
        if risk is None or risk.loss is None or risk.loss.mean.value <= 0:
            return None
        sections = [section("", *_year(risk, risk.loss))]
        if any(form.per_year.value > 0 for form in risk.forms):
            sections.append(section("What it consists of", *_forms(risk)))
        events = [e for e in risk.event_summaries if e.actor is None]
        if events:
            sections.append(section("What one event is like", *_events(risk, events)))
        words_ = heat(context)
        if words_:
            sections.append(Section("In the words of a heat map", words_))
        return ChapterContent(tuple(sections))


def each_of(risk: RiskResult) -> str:
    """What the distribution is about: a year, or a period of another length."""
    return "year" if risk.horizon_days == 365 else f"period of {figures.period(risk.horizon_days)}"


# ---------------------------------------------------------------------------------------------- the year


def _year(risk: RiskResult, curve: LossCurve) -> Iterator[Child]:
    each = each_of(risk)
    yield paragraph(*_lead(risk, curve, each))
    drawn = insured(risk)
    if drawn is not None:
        told = (
            f"How likely it is that all attacks and accidents of one {each} together cost more than an "
            "amount. The bands are 90 % intervals of what simulation leaves open; a dot marks one year in "
            "twenty."
        )
        yield figure(drawn, told)
    yield _table(risk, curve, each)
    second = _second(risk, curve, each)
    if second:
        yield paragraph(second, class_="note")


def _lead(risk: RiskResult, curve: LossCurve, each: str) -> Iterator[str]:
    def money(value: float) -> str:
        return figures.money(value, risk.currency)

    yield f"On average a {each} costs {money(curve.mean.value)}, but no {each} is average: "
    yield f"{figures.percent(curve.none)} of them cost nothing, "
    if curve.p95 > 0:
        yield f"and one in twenty costs more than {money(curve.p95)}, "
        yield f"then {money(curve.tail_mean)} on average. "
    else:
        yield f"and one in a hundred costs more than {money(curve.p99)}. "
    if risk.net_loss is not None and curve.mean.value > 0:
        share = 1.0 - risk.net_loss.mean.value / curve.mean.value
        yield (
            f"Insurance takes over {figures.percent(max(share, 0.0))} of the average; "
            f"the worst twentieth still costs {money(risk.net_loss.tail_mean)} on average after it."
        )


def _table(risk: RiskResult, curve: LossCurve, each: str) -> Element:
    net = risk.net_loss
    columns: list[Column | str] = ["", Column("Before insurance" if net else "Amount", True)]
    columns += [Column("Standard error", True)]
    if net is not None:
        columns += [Column("After insurance", True), Column("Standard error", True)]
    rows: list[tuple[Child, ...]] = []

    def row(name: str, gross: Estimate | None, after: Estimate | None, *, share: bool = False) -> None:
        cells = [*_cells(gross, risk, share=share), *(_cells(after, risk, share=share) if net else ())]
        rows.append((name, *cells))

    row("Mean", curve.mean, net.mean if net else None)
    row(
        f"Share of {each}s without any loss",
        curve.none_estimate,
        net.none_estimate if net else None,
        share=True,
    )
    at, after = dict(curve.percentiles), dict(net.percentiles) if net else {}
    for share, name in _PERCENTILES:
        row(name.format(each=each), at.get(share), after.get(share))
    row(f"Mean of the worst 5 % of {each}s (tail mean)", curve.tail, net.tail if net else None)
    return table(f"The loss of one {each}", columns, rows)


def _cells(estimate: Estimate | None, risk: RiskResult, *, share: bool) -> tuple[str, str]:
    if estimate is None:
        return "—", ""
    if share:
        return figures.percent(estimate.value), f"± {figures.percent(estimate.standard_error)}"
    return (
        figures.money(estimate.value, risk.currency),
        f"± {figures.money(estimate.standard_error, None)}",
    )


def _second(risk: RiskResult, curve: LossCurve, each: str) -> str:
    """The same by closed forms, in one sentence."""
    second = curve.second
    if second is None:
        return ""
    told = (
        f"Worked out a second way, by closed forms instead of simulated {each}s, the mean is "
        f"{figures.money(second.mean, risk.currency)} and {figures.percent(second.none)} of {each}s cost "
        "nothing"
    )
    if second.p95 is not None:
        told += (
            f"; by Panjer’s recursion one {each} in twenty exceeds {figures.money(second.p95, risk.currency)}"
        )
    return f"{told}."


# ---------------------------------------------------------------------------------------------- forms


def _forms(risk: RiskResult) -> Iterator[Child]:
    total = sum(form.per_year.value for form in risk.forms)
    primary = sum(form.per_year.value for form in risk.forms if form.primary)
    yield paragraph(
        f"Primary losses come with the event itself: {figures.percent(primary / total)} of the expected "
        "loss. Secondary ones come later, from how others react: patients, authorities, partners."
    )
    drawn = forms_of(risk)
    if drawn is not None:
        yield figure(drawn, "Expected loss a year by the forms of loss of FAIR (Open Group standard C20B).")
    rows = [
        (
            form.title,
            "primary" if form.primary else "secondary",
            figures.money(form.per_year.value, risk.currency),
            figures.money_interval(form.per_year, None),
            figures.percent(form.per_year.value / total),
        )
        for form in risk.forms
    ]
    columns: list[Column | str] = [
        "Form",
        "Kind",
        Column("A year", True),
        Column("90 % interval", True),
        Column("Share", True),
    ]
    yield el("details", el("summary", "As a table"), table("Expected loss a year by form", columns, rows))


# ---------------------------------------------------------------------------------------------- one event

_KINDS = {"disruption": "Care is disrupted", "disclosure": "Data is disclosed"}


def _events(risk: RiskResult, every: Sequence[EventSummary]) -> Iterator[Child]:
    yield paragraph(
        "Given that an attack or accident gets through. The middle of all events, and the range in which "
        "nine of ten lie; the mean is far above the middle where few events are very bad."
    )
    yield _event_table("One event", risk, every, {})
    by_actor = [e for e in risk.event_summaries if e.actor is not None]
    if len(by_actor) > 1:
        titles = {share.actor: share.title for goal in risk.goals for share in goal.actors}
        shown = el("summary", "By threat actor")
        yield el("details", shown, _event_table("One event, by who brings it about", risk, by_actor, titles))


def _event_table(
    caption: str, risk: RiskResult, events: Sequence[EventSummary], titles: dict[str, str]
) -> Element:
    columns: list[Column | str] = [
        "Event",
        Column("How often", True),
        Column("Costs", True),
        Column("Care stands still", True),
        Column("Processes hit", True),
        Column("Cases not treated", True),
        Column("Copies lost too", True),
    ]
    rows: list[tuple[Child, ...]] = []
    for event in sorted(events, key=lambda e: (e.what != "disruption", -e.per_year)):
        name = _KINDS[event.what]
        actor = titles.get(event.actor or "", words(event.actor)) if event.actor else ""
        rows.append(
            (
                [actor, el("span", name.lower(), class_="sub")] if actor else name,
                figures.rate(event.per_year),
                _money(event.loss, risk),
                _spread(event.outage, figures.duration),
                _spread(event.extent, figures.percent),
                _spread(event.cases, figures.number),
                figures.percent(event.rebuilt) if event.rebuilt is not None else "—",
            )
        )
    return table(caption, columns, rows)


def _money(spread: Quantiles | None, risk: RiskResult) -> Child:
    if spread is None:
        return "—"
    low, high = figures.money(spread.p5, None), figures.money(spread.p95, None)
    return [
        figures.money(spread.p50, risk.currency),
        el("span", f"{low} – {high}", class_="sub"),
        el("span", f"mean {figures.money(spread.mean, None)}", class_="sub"),
    ]


def _spread(spread: Quantiles | None, shown: charts.Text) -> Child:
    if spread is None:
        return "—"
    low, high = shown(spread.p5), shown(spread.p95)
    if low == high:
        return low
    return [shown(spread.p50), el("span", f"{low} – {high}", class_="sub")]
