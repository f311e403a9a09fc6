"""The ground of a chart: a plot area with scales, grid lines and tick labels; what is drawn on it is up to
the caller.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from panacea_policy.report.html import Child, Element, el
from panacea_policy.report.metrics import width

Text = Callable[[float], str]

#: The plot area of a chart in pixels: left, top, width, height.
LEFT, TOP, WIDE, HIGH = 64.0, 14.0, 560.0, 220.0
#: Room to the right of the plot area, for labels that stick out.
MARGIN = 40.0


@dataclass(frozen=True)
class Scale:
    """Values to positions between ``start`` and ``end`` pixels; ``log`` for a logarithmic scale, base 10.

    Values outside ``low`` to ``high`` are drawn at the border.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.log:
            low, high, at = math.log10(low), math.log10(high), math.log10(at)
        share = (at - low) / (high - low) if high > low else 0.5
        return round(self.start + (self.end - self.start) * share, 2)

    def ticks(self, about: int = 5) -> tuple[float, ...]:
        """Round values between the ends: powers of ten, or steps of 1, 2 or 5."""
        if self.log:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            return tuple(10.0**n for n in range(first, last + 1))
        if self.high <= self.low:
            return (self.low,)
        rough = (self.high - self.low) / max(about, 1)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        count = math.floor(self.high / step + 1e-9) - first + 1
        return tuple((first + n) * step for n in range(count))


def across(low: float, high: float, *, log: bool = False) -> Scale:
    """A scale along the width of the plot area; a logarithmic one ends at powers of ten."""
    if log:
        low, high = 10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high * 1.0001))
        high = max(high, low * 10.0)
    return Scale(low, high, LEFT, LEFT + WIDE, log)


def upwards(low: float, high: float, *, height: float = HIGH) -> Scale:
    """A scale along the height of the plot area, larger values higher up."""
    return Scale(low, high, TOP + height, TOP)


def grid(
    x: Scale | None,
    y: Scale | None,
    *,
    x_text: Text = str,
    y_text: Text = str,
    y_ticks: Sequence[float] | None = None,
    height: float = HIGH,
) -> Iterator[Element]:
    """Grid lines with their labels: below for ``x``, at the left for ``y``."""
    floor = TOP + height
    if x is not None:
        for value in x.ticks():
            yield el("line", x1=x(value), x2=x(value), y1=TOP, y2=floor, class_="grid")
            yield el("text", x_text(value), x=x(value), y=floor + 18, text_anchor="middle")
    if y is not None:
        for value in y.ticks(4) if y_ticks is None else y_ticks:
            yield el("line", x1=LEFT, x2=LEFT + WIDE, y1=y(value), y2=y(value), class_="grid")
            yield el("text", y_text(value), x=LEFT - 8, y=y(value) + 4, text_anchor="end")


def path(points: Iterable[tuple[float, float]]) -> str:
    """The ``d`` of a line through points in pixels."""
    return " ".join(f"{'M' if n == 0 else 'L'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(points))


def stairs(points: Sequence[tuple[float, float]]) -> str:
    """The ``d`` of a line that keeps its height until the next point."""
    made: list[tuple[float, float]] = []
    for x, y in points:
        if made:
            made.append((x, made[-1][1]))
        made.append((x, y))
    return path(made)


def mark(text: str, x: float, y: float) -> Element:
    """A label beside a point of a chart: on its right, or on its left where there is no room."""
    ends = x + 20 + width(text, 12.5) > LEFT + WIDE + 40
    return el(
        "text",
        text,
        x=x + (-9 if ends else 9),
        y=y - 9,
        text_anchor="end" if ends else "start",
        class_="strong",
    )


def chart(title: str, told: str, *children: Child, height: float = HIGH, below: float = 26.0) -> Element:
    """The SVG element of a chart; ``told`` says in a sentence what it shows, for those who cannot see it."""
    wide, high = LEFT + WIDE + MARGIN, TOP + height + below
    return el(
        "svg",
        el("title", title),
        el("desc", told),
        children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {wide:.0f} {high:.0f}",
        width=f"{wide:.0f}",
        role="img",
        class_="chart",
    )
