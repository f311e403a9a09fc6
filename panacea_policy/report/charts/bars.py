"""Bars: a probability with its interval, shares of a whole."""

from __future__ import annotations

from collections.abc import Sequence

from panacea_policy.report.html import Element, el
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
        el("title", said),
        drawn,
        el("text", said, x=0, y=38),
        viewBox="0 0 624 46",
        width="624",
        role="img",
        aria_label=said,
        class_="chart",
    )
