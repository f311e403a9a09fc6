"""What to buy: the best controls under a budget, what they bring, and what they make harder for care."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panacea_policy.report import charts, figures
from panacea_policy.report.chapter import ChapterContent, Context, section
from panacea_policy.report.html import Child, Column, badge, el, items, paragraph, table
from panacea_policy.report.plates import figure
from panacea_policy.report.portfolios import front_of
from panacea_policy.report.reading import places, words

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace
    from panacea_policy.risk import LossCurve
    from panacea_policy.risk.mitigation import MitigationResult
    from panacea_policy.risk.mitigation.results import Portfolio, Purchase

#: The scenario that is laid over the model to see it with what is bought.
_SCENARIO = "with_what_is_bought"


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
        "—" if rosi is None else f"{rosi.value:+.0%}",
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
        parts = []
        if control.care_time:
            parts.append(f"{figures.duration(control.care_time)} a day taken from patients")
        if control.burden:
            parts.append(f"{figures.duration(control.burden)} of work per person and day")
        if control.slows:
            parts.append(f"slows {', '.join(control.slows)}")
        parts += control.side_effects
        if parts:
            told.append(f"{control.title}: {'; '.join(parts)}")
    yield items(told) if told else paragraph("Nothing is stated: ask those who will work with it.")
    if portfolio.care_time:
        yield paragraph(f"In all {figures.duration(portfolio.care_time)} a day are taken from patients.")


def _before_and_after(context: Context, portfolio: Portfolio) -> Child | None:
    """The loss exceedance today and with the purchase, with the same random numbers."""
    assert context.risk is not None
    before, after = context.risk.loss, _loss_after(context, portfolio)
    if before is None or after is None:
        return None
    states = [charts.State("as it is", before), charts.State("with what is bought", after)]
    drawn = charts.compared(states, context.risk.currency)
    said = (
        "How likely a year costs more than an amount, as it is and with the purchase: expected"
        f" {figures.money(before.mean.value, context.risk.currency)} and"
        f" {figures.money(after.mean.value, context.risk.currency)} a year. The model was assessed anew with"
        " the controls in place; the advice above counts each event at what it costs today: the two may"
        " differ."
    )
    return None if drawn is None else figure(drawn, said)


def _loss_after(context: Context, portfolio: Portfolio) -> LossCurve | None:
    from panacea_policy.risk import assess_risk

    changed = bought(context.workspace, [c.name for c in portfolio.controls], portfolio.given_up)
    if changed is None:
        return None
    options = context.options.risk(ranked=False)
    return assess_risk(changed.attack(), changed.model, options, locate=places(changed)).loss


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
