"""Small charts: a bar with its interval, the loss exceedance curve, shares of a whole."""

from __future__ import annotations

import math
from collections.abc import Sequence

from panacea_policy.report.figures import money, percent
from panacea_policy.report.html import Element, el
from panacea_policy.report.metrics import width
from panacea_policy.risk import Estimate, LossCurve


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


_LEFT, _TOP, _WIDE, _HIGH = 64.0, 14.0, 560.0, 220.0


def exceedance(curve: LossCurve, currency: str | None) -> Element | None:
    """The loss exceedance curve: the chance (down) that a year costs more than an amount (across,
    logarithmic).
    """
    points = [(loss, share) for share, loss in curve.exceedance if loss > 0]
    if len(points) < 2:
        return None
    low = 10 ** math.floor(math.log10(points[0][0]))
    high = 10 ** math.ceil(math.log10(points[-1][0] * 1.0001))
    decades = max(math.log10(high / low), 1.0)
    top = max(share for _, share in points)

    def at(loss: float, share: float) -> tuple[float, float]:
        return _LEFT + _WIDE * math.log10(loss / low) / decades, _TOP + _HIGH * (1 - share / top)

    placed = [at(*point) for point in points]
    line = " ".join(f"{'M' if n == 0 else 'L'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(placed))
    floor = _TOP + _HIGH
    area = f"{line} L{placed[-1][0]:.1f} {floor} L{placed[0][0]:.1f} {floor} Z"
    return el(
        "svg",
        el("title", "Loss exceedance curve"),
        [_vertical(low * 10**n, at(low * 10**n, 0.0)[0], currency) for n in range(round(decades) + 1)],
        [_horizontal(share, at(low, share)[1]) for share in (0.0, top / 2, top)],
        el("path", d=area, class_="under"),
        el("path", d=line, class_="curve"),
        _marked(curve, at, currency),
        viewBox=f"0 0 {_LEFT + _WIDE + 40:.0f} {_TOP + _HIGH + 40:.0f}",
        width=f"{_LEFT + _WIDE + 40:.0f}",
        role="img",
        aria_label="Chance that a year costs more than an amount; the table below holds the figures.",
        class_="chart",
    )


def _vertical(loss: float, x: float, currency: str | None) -> Element:
    return el(
        "g",
        el("line", x1=x, x2=x, y1=_TOP, y2=_TOP + _HIGH, class_="grid"),
        el("text", money(loss, currency), x=x, y=_TOP + _HIGH + 18, text_anchor="middle"),
    )


def _horizontal(share: float, y: float) -> Element:
    return el(
        "g",
        el("line", x1=_LEFT, x2=_LEFT + _WIDE, y1=y, y2=y, class_="grid"),
        el("text", percent(share), x=_LEFT - 8, y=y + 4, text_anchor="end"),
    )


def _marked(curve: LossCurve, at: object, currency: str | None) -> Element | None:
    """The point that is passed in one year of twenty, with its figure."""
    if curve.p95 <= 0:
        return None
    x, y = at(curve.p95, 0.05)  # type: ignore[operator]
    label = f"1 year in 20 costs more than {money(curve.p95, currency)}"
    side = "end" if x + 20 + width(label, 12.5) > _LEFT + _WIDE + 40 else "start"
    shift = -9 if side == "end" else 9
    return el(
        "g",
        el("circle", cx=x, cy=y, r=4, class_="dot"),
        el("text", label, x=x + shift, y=y - 9, text_anchor=side, class_="strong"),
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
