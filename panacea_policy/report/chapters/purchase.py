"""What to buy: the best controls under a budget, what they bring, and what they make harder for care."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panacea_policy.report import charts, figures
from panacea_policy.report.chapter import ChapterContent, Context, section
from panacea_policy.report.html import Child, Column, badge, el, items, paragraph, table
from panacea_policy.report.plates import figure
from panacea_policy.report.portfolios import burdens_of, front_of
from panacea_policy.report.reading import places, words

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace
    from panacea_policy.risk import GoalRisk, RiskResult
    from panacea_policy.risk.mitigation import MitigationResult
    from panacea_policy.risk.mitigation.results import Portfolio, Purchase

#: The scenario that is laid over the model to see it with what is bought.
_SCENARIO = "with_what_is_bought"
#: Two expected losses that are no further apart than so many standard errors are taken to be the same.
_ALIKE = 2.0
#: Of what tells two figures apart, so much is named.
_EXAMPLES = 3


@dataclass(frozen=True)
class WhatToBuy:
    """Advice under a budget."""

    id: str = "purchase"
    title: str = "What to buy"
    order: int = 60

    def build(self, context: Context) -> ChapterContent | None:
        """Advice, the front, and the losses before and after; None where no budget was given."""
        from panacea_policy.formats.mitigation_table import front_table

        if context.options.budget is None or context.risk is None:
            return None
        result = _advice(context, context.options.budget)
        portfolio = result.portfolio
        assert portfolio is not None
        files = {}
        blocks: list[Child] = [*_short(result, portfolio), *_table(result, portfolio)]
        drawn = front_of(result)
        if drawn is not None:
            blocks.append(
                figure(
                    drawn,
                    "What is left of the loss for each amount: portfolios that no other beats, each proven "
                    "best for the simulated attacks; the bars are 90 % intervals from fresh ones.",
                )
            )
            blocks.append(_points(result))
            files["pictures/pareto-front.svg"] = charts.standalone(drawn)
            files["numbers/front.csv"] = front_table(result).to_csv()
        sections = [section("", *blocks), section("What it makes harder for care", *_burdens(portfolio))]
        curves = _before_and_after(context, portfolio)
        if curves is not None:
            sections.insert(1, section("Losses before and after", curves))
        data = result.model_dump(mode="json", by_alias=True)
        return ChapterContent(tuple(sections), data, files)


def _advice(context: Context, budget: float) -> MitigationResult:
    from panacea_policy.risk.mitigation import MitigationOptions, mitigate

    options = context.options
    return mitigate(
        context.workspace.attack(),
        context.workspace.model,
        MitigationOptions(trials=min(options.trials, 200_000), seed=options.seed, budget=budget, front=True),
        locate=places(context.workspace),
        progress=lambda stage, _share: options.progress(f"what to buy: {stage}", 0.95),
    )


def _value(value: float, result: MitigationResult) -> str:
    return figures.money(value, result.currency) if result.unit == "loss" else figures.rate(value)


def _short(result: MitigationResult, portfolio: Portfolio) -> Iterator[Child]:
    assert result.today is not None
    assert result.budget is not None
    if not portfolio.controls:
        yield paragraph("Nothing that fits the budget lowers the loss: keep the money.")
        return
    paid = figures.money(portfolio.payments.present.value, result.currency)
    yield paragraph(
        f"With {figures.money(result.budget, result.currency)} to spend over {result.horizon_years:g} years,"
        f" buy {figures.count(len(portfolio.controls), 'control')} for {paid}. The expected loss a year falls"
        f" from {_value(result.today.value, result)} to {_value(portfolio.left.value, result)}."
    )
    if portfolio.returns is not None:
        net = portfolio.returns.net_benefit
        yield paragraph(
            f"Net benefit over that time: {figures.money(net.value, result.currency)}"
            f" ({figures.money(net.low, None)} – {figures.money(net.high, None)})."
        )
    gap = "proven best" if portfolio.gap < 1e-6 else f"within {figures.percent(portfolio.gap)} of the best"
    yield paragraph(
        f"The choice is {gap} for the simulated attacks; its figures come from fresh ones.", class_="note"
    )


def _table(result: MitigationResult, portfolio: Portfolio) -> Iterator[Child]:
    columns: list[Column | str] = [
        "In this order",
        "Status",
        Column("Takes off a year", True),
        Column("Alone", True),
        Column("Fair share", True),
        Column("Costs", True),
        Column("Return (ROSI)", True),
    ]
    rows = [_row(control, result) for control in portfolio.controls]
    if rows:
        note = (
            "Takes off: given those before it. Alone: as the only one. Fair share: its mean over all orders "
            "of buying (Shapley value); the shares add up to what all save. Costs: present value."
        )
        yield table("What to buy, what it brings", columns, rows, note=note)
    if portfolio.given_up:
        yield paragraph(f"No longer needed with these: {', '.join(portfolio.given_up)}.")
    left_out = [f"{r.title}: {r.reason}" for r in portfolio.rejected[:10]]
    if left_out:
        yield el("details", el("summary", "What was not chosen, and why"), items(left_out))


def _row(control: Purchase, result: MitigationResult) -> tuple[Child, ...]:
    rosi = control.returns.rosi if control.returns is not None else None
    interval = f"{_value(max(control.adds.low, 0.0), result)} – {_value(control.adds.high, result)}"
    return (
        control.title,
        badge(words(control.status), control.status),
        [_value(control.adds.value, result), el("span", interval, class_="sub")],
        _value(control.alone.value, result),
        _value(control.shapley, result),
        figures.money(control.payments.present.value, result.currency),
        "—" if rosi is None else figures.change(rosi.value),
    )


def _points(result: MitigationResult) -> Child:
    """Every point of the front, with what it adds to and drops from the one before."""
    assert result.front is not None
    rows: list[tuple[Child, ...]] = []
    before: set[str] = set()
    for point in result.front.points:
        now = set(point.controls)
        change = [f"+ {name}" for name in point.controls if name not in before]
        change += [f"− {name}" for name in sorted(before - now)]
        rows.append(
            (
                figures.money(point.present, result.currency),
                _value(point.fresh.value, result),
                ", ".join(change) or "nothing",
                f"{point.gap:.1g}",
            )
        )
        before = now
    columns: list[Column | str] = [
        Column("Costs", True),
        Column("Leaves a year", True),
        Column("Change", wide=True),
        "Gap",
    ]
    shown = table("Portfolios that no other beats", columns, rows)
    return el("details", el("summary", f"All {len(rows)} portfolios of the picture"), shown)


def _burdens(portfolio: Portfolio) -> Iterator[Child]:
    told = []
    for control in portfolio.controls:
        parts = burdens_of(control)
        if parts:
            told.append(f"{control.title}: {'; '.join(parts)}")
    yield items(told) if told else paragraph("Nothing is stated: ask those who will work with it.")
    if portfolio.care_time:
        yield paragraph(f"In all {figures.duration(portfolio.care_time)} a day are taken from patients.")


def _before_and_after(context: Context, portfolio: Portfolio) -> Child | None:
    """The loss exceedance today and with the purchase, with the same random numbers."""
    before = context.risk
    after = _assessed_after(context, portfolio)
    assert before is not None
    if before.loss is None or after is None or after.loss is None:
        return None
    states = [charts.State("as it is", before.loss), charts.State("with what is bought", after.loss)]
    drawn = charts.compared(states, before.currency)
    said = (
        "How likely a year costs more than an amount, as it is and with the purchase: expected"
        f" {_a_year(before)} and {_a_year(after)} a year. The model was assessed anew with the controls in"
        f" place. {beside_the_advice(before, after, portfolio)}"
    )
    return None if drawn is None else figure(drawn, said)


def _a_year(risk: RiskResult) -> str:
    assert risk.loss is not None
    return figures.money(figures.a_year(risk.loss.mean.value, risk.horizon_days), risk.currency)


def beside_the_advice(before: RiskResult, after: RiskResult, portfolio: Portfolio) -> str:
    """Why the advice leaves another loss than the assessment with what it says.

    The advice asks which events still happen, each at what an event of its goal is booked with today. With
    other controls those that remain are others: they stop fewer processes together, or lose fewer copies.
    """
    assert after.loss is not None
    scale = figures.a_year(1.0, after.horizon_days)
    mean, left = after.loss.mean, portfolio.left
    found = f"The advice above leaves {figures.money(left.value, after.currency)} a year"
    error = math.hypot(mean.standard_error * scale, left.standard_error)
    if abs(mean.value * scale - left.value) <= _ALIKE * error:
        return f"{found}: the two agree within the error of the simulation."
    now = {(goal.kind, goal.name): goal for goal in after.goals}
    moved = []
    for goal in before.goals:
        then = now.get((goal.kind, goal.name))
        costs, cost = _per_event(goal), None if then is None else _per_event(then)
        if then is not None and costs is not None and cost is not None:
            moved.append(((cost - costs) * then.events_per_year.value, goal, costs, cost))
    # What moves the figure the way that it moved, the most first.
    sign = 1.0 if mean.value * scale > left.value else -1.0
    told = [
        f"{goal.title} {figures.money(costs, after.currency)} before and"
        f" {figures.money(cost, after.currency)} after"
        for share, goal, costs, cost in sorted(moved, key=lambda each: (-sign * each[0], each[1].name))
        if sign * share > 0
    ][:_EXAMPLES]
    why = (
        f"{found}, as it counts each event at what one costs today on average. Those that remain cost"
        f" {'more' if sign > 0 else 'less'}, by what falls together and whether copies are lost"
    )
    return f"{why}: an event of {'; of '.join(told)}." if told else f"{why}."


def _per_event(goal: GoalRisk) -> float | None:
    """What an event of a goal costs on average, as booked."""
    if goal.loss_per_year is None or goal.events_per_year.value <= 0:
        return None
    return goal.loss_per_year.value / goal.events_per_year.value


def _assessed_after(context: Context, portfolio: Portfolio) -> RiskResult | None:
    from panacea_policy.risk import assess_risk

    changed = bought(context.workspace, [c.name for c in portfolio.controls], portfolio.given_up)
    if changed is None:
        return None
    options = context.options.risk(ranked=False)
    return assess_risk(changed.attack(), changed.model, options, locate=places(changed))


def bought(workspace: Workspace, controls: list[str], given_up: tuple[str, ...]) -> Workspace | None:
    """The model with these controls in place and those given up retired; None where nothing changes, or a
    scenario that says so does not fit the model.
    """
    lines = [f"  set {name}.status: in_place" for name in controls]
    lines += [f"  set {name}.status: retired" for name in given_up]
    if not lines:
        return None
    text = "\n".join([f"scenario {_SCENARIO} {{", *lines, "}", ""])
    more = workspace.beside(workspace.root / f"{_SCENARIO}.panacea", text)
    name = next((name for name in more.scenarios() if name.rsplit(".", 1)[-1] == _SCENARIO), None)
    changed = more.with_scenario(name) if name is not None else None
    return changed if changed is not None and changed.ok else None
