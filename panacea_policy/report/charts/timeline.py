"""The timeline of risk: how a figure went while news came in, and which news moved it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from panacea_policy.report.charts.axes import HIGH, TOP, Scale, Text, across, chart, grid, stairs, upwards
from panacea_policy.report.html import Element, el

#: How many of the largest moves are numbered and told.
_TOLD = 6


@dataclass(frozen=True)
class Moment:
    """The figure from one moment on, and what brought it there."""

    at: datetime
    value: float
    news: str = ""


def timeline(moments: Sequence[Moment], text: Text, what: str) -> Element | None:
    """The figure over time as stairs, with its largest moves numbered; None with fewer than two moments.

    Times without a zone are read as UTC.
    """
    known = sorted(moments, key=lambda m: _seconds(m.at))
    if len(known) < 2:
        return None
    first, last = _seconds(known[0].at), _seconds(known[-1].at)
    places = [_seconds(m.at) for m in known]
    if first == last:
        # What came all at once is shown as the end of a day, which began with the figure before it.
        first = places[0] = last - 86400.0
    x = across(first, last)
    y = upwards(0.0, max(m.value for m in known) * 1.1 or 1.0)
    told = _largest(known)
    lines = [f"{n}. {m.at:%d %b %Y} {m.news}" for n, m in enumerate(told, 1)]
    return chart(
        f"{what} over time",
        f"How the {what} went while news came in: from {text(known[0].value)} to {text(known[-1].value)}. "
        + "; ".join(lines),
        list(grid(None, y, y_text=text)),
        list(_days(x, first, last)),
        el(
            "path",
            d=stairs([(x(at), y(m.value)) for at, m in zip(places, known, strict=True)]),
            class_="curve",
        ),
        [_mark(n, x(_seconds(m.at)), y(m.value)) for n, m in enumerate(told, 1)],
        [el("text", line, x=8, y=TOP + HIGH + 44 + 16 * n) for n, line in enumerate(lines)],
        below=36.0 + 16.0 * len(lines) + 8.0,
    )


def _seconds(at: datetime) -> float:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _largest(known: Sequence[Moment]) -> list[Moment]:
    moves = [(abs(b.value - a.value), n) for n, (a, b) in enumerate(itertools.pairwise(known), 1)]
    chosen = sorted(n for move, n in sorted(moves, key=lambda m: (-m[0], m[1]))[:_TOLD] if move > 0)
    return [known[n] for n in chosen]


def _days(x: Scale, first: float, last: float) -> Iterator[Element]:
    """The days at both ends and in the middle."""
    for n, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        at = first + (last - first) * n
        shown = datetime.fromtimestamp(at, UTC)
        form = f"{shown:%d %b %Y}" if last - first > 2 * 86400 else f"{shown:%d %b %H:%M}"
        yield el("text", form, x=x(at), y=TOP + HIGH + 18, text_anchor=anchor)


def _mark(number: int, x: float, y: float) -> Iterator[Element]:
    yield el("circle", cx=x, cy=y, r=7, class_="dot")
    yield el("text", str(number), x=x, y=y + 3.5, text_anchor="middle", class_="on-dot")
