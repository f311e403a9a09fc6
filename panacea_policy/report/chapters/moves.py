"""What moves the result: a tornado of the inputs that matter most, and the numbers behind it."""

from __future__ import annotations

from dataclasses import dataclass

from panacea_policy.report import figures
from panacea_policy.report.chapter import ChapterContent, Context, section
from panacea_policy.report.html import Child, Column, el, paragraph, table
from panacea_policy.report.pictures import tornado_of
from panacea_policy.report.plates import figure
from panacea_policy.risk import RiskResult, Sensitivity

_ROWS = 25
_KINDS = {
    "attempts": "how often it is tried",
    "loss": "how bad it is",
    "control": "how well a control works",
    "step": "how easy a step is",
}


@dataclass(frozen=True)
class Moves:
    """Which inputs are worth knowing better."""

    id: str = "moves"
    title: str = "What moves the result"
    order: int = 95

    def build(self, context: Context) -> ChapterContent | None:
        """The tornado, then its table."""
        risk = context.risk
        drawn = tornado_of(risk) if risk is not None and risk.sensitivity else None
        if risk is None or drawn is None:
            return None
        top = risk.sensitivity[0]
        low, high = sorted((top.at_low, top.at_high))
        told = (
            f"Nothing moves {_what(risk)} as far as “{top.title}”: between its low and its high end it goes "
            f"from {_shown(low, risk)} to {_shown(high, risk)}. "
            "What stands at the top is worth knowing better."
        )
        how = (
            "One input at a time goes from its low to its high end (5th and 95th percentile of what the "
            "model or the library states; odds of steps are halved and doubled); random numbers are kept."
        )
        caption = f"How far {_what(risk)} moves with one input."
        blocks: list[Child] = [
            paragraph(told),
            figure(drawn, caption),
            el("details", el("summary", "As a table"), _table(risk)),
            paragraph(how, class_="note"),
        ]
        return ChapterContent((section("", *blocks),))


def _what(risk: RiskResult) -> str:
    return "the expected loss a year" if risk.loss is not None else "the number of events a year"


def _shown(value: float, risk: RiskResult) -> str:
    return figures.money(value, risk.currency) if risk.loss is not None else figures.number(value)


def _table(risk: RiskResult) -> Child:
    unit = "Loss a year" if risk.loss is not None else "Events a year"
    columns: list[Column | str] = [
        "Input",
        Column("Low end", True),
        Column("High end", True),
        Column(f"{unit} at the low end", True),
        Column("at the high end", True),
    ]
    left = len(risk.sensitivity) - _ROWS
    note = f"{figures.count(left, 'input')} that move it less are left out." if left > 0 else ""
    return table("One input at a time", columns, [_row(s, risk) for s in risk.sensitivity[:_ROWS]], note=note)


def _row(each: Sensitivity, risk: RiskResult) -> tuple[Child, ...]:
    return (
        [each.title, el("span", _KINDS[each.kind], class_="sub")],
        each.low,
        each.high,
        _shown(each.at_low, risk),
        _shown(each.at_high, risk),
    )
