"""Scenarios side by side: what each would change, with the same random numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panacea_policy.report import charts, figures
from panacea_policy.report.chapter import ChapterContent, Context, Scenario, section
from panacea_policy.report.html import Child, Column, el, paragraph, table
from panacea_policy.report.plates import figure
from panacea_policy.risk import RiskResult

if TYPE_CHECKING:
    from panacea_policy.compiler import Finding


@dataclass(frozen=True)
class Scenarios:
    """What if."""

    id: str = "scenarios"
    title: str = "Scenarios"
    order: int = 400

    def build(self, context: Context) -> ChapterContent | None:
        """One line per scenario beside the hospital as it is."""
        if context.risk is None or not (context.scenarios or context.unfit):
            return None
        base = context.risk
        worst = [g.name for g in base.processes()[:3]]
        columns: list[Column | str] = [
            "Scenario",
            *[Column(g.title, True) for g in base.processes()[:3]],
            Column("Expected loss a year", True),
            Column("Findings", True),
        ]
        now = (
            "As it is",
            *[figures.percent(g.probability.value) for g in base.processes()[:3]],
            _loss(base),
            str(_violated(context.findings)),
        )
        rows = [now, *[_row(s, base, worst) for s in context.scenarios]]
        told = (
            "Probability of disruption within the horizon, the expected loss, and the number of findings, "
            "if the scenario were real."
        )
        data = {s.name: {"loss": s.risk.loss.mean.value if s.risk.loss else None} for s in context.scenarios}
        blocks: list[Child] = []
        if rows[1:]:
            blocks += [paragraph(told), table("Scenarios compared", columns, rows)]
            blocks += _curves(base, context.scenarios)
        blocks += [
            paragraph(f"“{name}” cannot be compared: {why}.", class_="note") for name, why in context.unfit
        ]
        return ChapterContent((section("", *blocks),), data)


def _curves(base: RiskResult, scenarios: Sequence[Scenario]) -> Iterator[Child]:
    """The loss exceedance as it is and with the scenarios that lower the expected loss most."""
    if base.loss is None:
        return
    better = [(s, s.risk.loss) for s in scenarios if s.risk.loss is not None]
    better = sorted(better, key=lambda each: (each[1].mean.value, each[0].name))[:3]
    states = [
        charts.State("as it is", base.loss),
        *(charts.State(s.info.title or s.name, curve) for s, curve in better),
    ]
    drawn = charts.compared(states, base.currency)
    if drawn is not None and len(states) > 1:
        yield figure(drawn, "How likely a year costs more than an amount; a dot marks one year in twenty.")


def _row(scenario: Scenario, base: RiskResult, worst: list[str]) -> tuple[Child, ...]:
    cells: list[Child] = []
    for name in worst:
        then, now = scenario.risk.goal(name), base.goal(name)
        cells.append("—" if then is None or now is None else figures.percent(then.probability.value))
    shown: list[Child] = [
        scenario.info.title or scenario.name,
        el("span", scenario.info.doc, class_="sub") if scenario.info.doc else None,
    ]
    return (shown, *cells, _change(scenario.risk, base), str(_violated(scenario.findings)))


def _violated(findings: Sequence[Finding]) -> int:
    return sum(f.verdict == "violated" for f in findings)


def _loss(risk: RiskResult) -> str:
    return figures.money(risk.loss.mean.value, risk.currency) if risk.loss else "not priced"


def _change(then: RiskResult, now: RiskResult) -> Child:
    if not then.loss or not now.loss or not now.loss.mean.value:
        return _loss(then)
    change = then.loss.mean.value / now.loss.mean.value - 1
    sign = "+" if change > 0 else "−"
    return [_loss(then), el("span", f"{sign}{figures.percent(abs(change))}", class_="sub")]
