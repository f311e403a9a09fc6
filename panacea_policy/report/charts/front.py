"""The Pareto front: what is left of the loss for each amount of money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from panacea_policy.report.charts.axes import (
    HIGH,
    LEFT,
    TOP,
    WIDE,
    across,
    chart,
    grid,
    mark,
    stairs,
    upwards,
)
from panacea_policy.report.figures import money
from panacea_policy.report.html import Element, el


@dataclass(frozen=True)
class FrontPoint:
    """A portfolio that none is better than: what it costs, what loss it leaves (with bounds where known)."""

    cost: float
    left: float
    low: float | None = None
    high: float | None = None
    label: str = ""
    chosen: bool = False


def front(points: Sequence[FrontPoint], currency: str | None, what: str = "loss a year") -> Element | None:
    """The front as stairs, cost across and what is left upwards; None with fewer than two points.

    Between two portfolios nothing better can be bought: hence stairs, not a line.
    """
    if len(points) < 2:
        return None
    known = sorted(points, key=lambda p: (p.cost, p.left))
    highest = max(p.high if p.high is not None else p.left for p in known)
    x, y = across(0.0, known[-1].cost * 1.02 or 1.0), upwards(0.0, highest * 1.05 or 1.0)
    placed = [(x(p.cost), y(p.left)) for p in known]
    marked = next((p for p in known if p.chosen), None)
    return chart(
        "Pareto front",
        f"What is left of the {what} for each amount spent.",
        list(grid(x, y, x_text=lambda v: money(v, currency), y_text=lambda v: money(v, currency))),
        [
            el("line", x1=x(p.cost), x2=x(p.cost), y1=y(p.low), y2=y(p.high), class_="whisker")
            for p in known
            if p.low is not None and p.high is not None
        ],
        el("path", d=stairs([*placed, (LEFT + WIDE, placed[-1][1])]), class_="curve front"),
        [
            el("circle", cx=cx, cy=cy, r=5 if p.chosen else 3.5, class_="dot" if p.chosen else "dot other")
            for p, (cx, cy) in zip(known, placed, strict=True)
        ],
        None if marked is None else _label(marked, x(marked.cost), y(marked.left), currency),
        el("text", f"upwards: {what} that is left; across: cost", x=LEFT, y=TOP + HIGH + 40),
        below=52.0,
    )


def _label(point: FrontPoint, x: float, y: float, currency: str | None) -> Element:
    return mark(point.label or f"{money(point.cost, currency)} leaves {money(point.left, currency)}", x, y)
