"""Bars: a probability with its interval, shares of a whole, amounts side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from panacea_policy.report.charts.axes import chart
from panacea_policy.report.charts.legend import boxes
from panacea_policy.report.html import Element, el
from panacea_policy.report.metrics import shorten, width
from panacea_policy.risk import Estimate


def bar(estimate: Estimate, top: float = 1.0) -> Element:
    """A thin bar of a probability, with its interval; the figures stand beside it in text."""

    def x(value: float) -> float:
        return round(100 * min(max(value / top, 0.0), 1.0), 2)

    return el(
        "svg",
        el("rect", x=0, y=0, width=100, height=6, rx=3, class_="back"),
        el(
            "rect",
            x=x(estimate.low),
            y=0,
            width=max(x(estimate.high) - x(estimate.low), 0.01),
            height=6,
            class_="range",
        ),
        el("rect", x=0, y=0, width=x(estimate.value), height=6, rx=3, class_="value"),
        viewBox="0 0 100 6",
        preserveAspectRatio="none",
        class_="bar",
        aria_hidden="true",
    )


def shares(parts: Sequence[tuple[str, int, str]]) -> Element | None:
    """Parts of a whole as one bar: (what, how many, class), with the counts written below."""
    total = sum(n for _, n, _ in parts)
    if not total:
        return None
    drawn: list[Element] = []
    x = 0.0
    for _, n, class_ in parts:
        wide = 624.0 * n / total
        if n:
            drawn.append(el("rect", x=x, y=0, width=max(wide - 1.5, 0.5), height=18, class_=class_))
        x += wide
    said = " · ".join(f"{n} {what}" for what, n, _ in parts if n)
    return el(
        "svg",
        el("title", "Shares of a whole"),
        el("desc", said),
        drawn,
        el("text", said, x=0, y=38),
        viewBox="0 0 624 46",
        width="624",
        role="img",
        class_="chart",
    )


@dataclass(frozen=True)
class Amount:
    """One bar: what it is, how much, how that is written, and the class of its colour."""

    name: str
    value: float
    text: str
    class_: str


_ROW, _NAMES, _WIDE = 26.0, 210.0, 664.0


def amounts(parts: Sequence[Amount], title: str, legend: Sequence[tuple[str, str]]) -> Element | None:
    """Amounts as bars below each other, with their figures; None where all are nothing.

    ``legend``: class and meaning of each colour.
    """
    top = max((part.value for part in parts), default=0.0)
    if top <= 0:
        return None
    room = max(width(part.text, 11.5) for part in parts) + 14
    reach = _WIDE - _NAMES - room
    drawn: list[Element] = []
    for n, part in enumerate(parts):
        y = 8.0 + _ROW * n
        long = max(reach * part.value / top, 1.0)
        drawn.append(el("text", shorten(part.name, 11.5, _NAMES - 10), x=0, y=y + 14, class_="strong"))
        drawn.append(el("rect", x=_NAMES, y=y + 2, width=long, height=17, class_=f"amount {part.class_}"))
        drawn.append(el("text", part.text, x=_NAMES + long + 8, y=y + 14))
    height = _ROW * len(parts)
    told = "; ".join(f"{part.name}: {part.text}" for part in parts)
    return chart(title, told, drawn, boxes(legend, _NAMES, height + 26), height=height, below=26.0)
