"""The tornado: by how much the result moves when one input goes from its low to its high end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from panacea_policy.report.charts.axes import LEFT, TOP, WIDE, Scale, Text, chart
from panacea_policy.report.html import Element, el
from panacea_policy.report.metrics import shorten

_BAR, _GAP = 18.0, 10.0
_NAMES = 240.0


@dataclass(frozen=True)
class Swing:
    """One input: its name, its two ends as texts, and the result at each end."""

    name: str
    low_text: str
    high_text: str
    at_low: float
    at_high: float

    @property
    def width(self) -> float:
        """How far the result moves."""
        return abs(self.at_high - self.at_low)


def tornado(swings: Sequence[Swing], base: float, text: Text, what: str, *, most: int = 12) -> Element | None:
    """The widest swings, widest first, around the result as it is (``base``); None where nothing moves it."""
    kept = [s for s in sorted(swings, key=lambda s: (-s.width, s.name)) if s.width > 0][:most]
    if not kept:
        return None
    low = min(base, *(min(s.at_low, s.at_high) for s in kept))
    high = max(base, *(max(s.at_low, s.at_high) for s in kept))
    room = (high - low) * 0.04
    x = Scale(max(low - room, 0.0) if low >= 0 else low - room, high + room, LEFT + _NAMES, LEFT + WIDE)
    height = len(kept) * (_BAR + _GAP) + _GAP
    return chart(
        f"What the {what} is most sensitive to",
        f"How far the {what} moves when one input goes from its low to its high end.",
        [
            [
                el("line", x1=x(v), x2=x(v), y1=TOP, y2=TOP + height, class_="grid"),
                el("text", text(v), x=x(v), y=TOP + height + 18, text_anchor="middle"),
            ]
            for v in x.ticks(3)
        ],
        el("g", [_bar(s, n, x, base) for n, s in enumerate(kept)], class_="swings"),
        el("line", x1=x(base), x2=x(base), y1=TOP - 4, y2=TOP + height, class_="axis"),
        el(
            "text",
            f"as it is: {text(base)} · pale: input at its low end · full: at its high end",
            x=8,
            y=TOP + height + 40,
        ),
        height=height,
        below=52.0,
    )


def _bar(swing: Swing, number: int, x: Scale, base: float) -> Iterator[Element]:
    y = TOP + _GAP + number * (_BAR + _GAP)
    told = f"{swing.name}: {swing.low_text} to {swing.high_text}"
    yield el(
        "g",
        el("title", told),
        el("text", shorten(swing.name, 11.5, LEFT + _NAMES - 20), x=8, y=y + 8, class_="strong"),
        el(
            "text",
            shorten(f"{swing.low_text} … {swing.high_text}", 10.5, LEFT + _NAMES - 20),
            x=8,
            y=y + 20,
            class_="small",
        ),
        *(
            el("rect", x=min(x(v), x(base)), y=y, width=abs(x(v) - x(base)), height=_BAR, class_=class_)
            for v, class_ in ((swing.at_low, "swing low"), (swing.at_high, "swing"))
        ),
    )
