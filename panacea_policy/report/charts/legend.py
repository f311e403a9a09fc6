"""What the lines of a chart stand for."""

from __future__ import annotations

from collections.abc import Sequence

from panacea_policy.report.charts.axes import LEFT, MARGIN, WIDE
from panacea_policy.report.html import Element, el
from panacea_policy.report.metrics import width

#: The height of a line of a legend.
LINE = 18.0


def legend(entries: Sequence[tuple[str, str]], y: float) -> tuple[Element, int]:
    """Entries (class of the line, text) side by side from height ``y`` on, and how many lines they take."""
    drawn: list[Element] = []
    x, first = LEFT, y
    for class_, text in entries:
        if x > LEFT and x + 24 + width(text, 11.5) > LEFT + WIDE + MARGIN:
            x, y = LEFT, y + LINE
        drawn.append(el("line", x1=x, x2=x + 18, y1=y - 4, y2=y - 4, class_=class_))
        drawn.append(el("text", text, x=x + 24, y=y))
        x += 44 + width(text, 11.5)
    return el("g", drawn), round((y - first) / LINE) + 1


def boxes(entries: Sequence[tuple[str, str]], x: float, y: float) -> Element:
    """Entries (class of the colour, text) as small boxes side by side from ``x``."""
    drawn: list[Element] = []
    for class_, text in entries:
        drawn.append(el("rect", x=x, y=y - 10, width=12, height=12, class_=f"amount {class_}"))
        drawn.append(el("text", text, x=x + 18, y=y))
        x += 42 + width(text, 11.5)
    return el("g", drawn)
