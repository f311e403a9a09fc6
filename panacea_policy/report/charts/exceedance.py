"""The loss exceedance curve, of one state of the hospital or of several side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from panacea_policy.report.charts.axes import HIGH, TOP, Scale, across, chart, grid, mark, path, upwards
from panacea_policy.report.charts.legend import LINE, legend
from panacea_policy.report.figures import money, percent
from panacea_policy.report.html import Element, el
from panacea_policy.risk import LossCurve

#: The classes of the lines, in order: the state as it is, then what is compared with it.
_LINES = ("curve", "curve second", "curve third", "curve fourth")


@dataclass(frozen=True)
class State:
    """One curve with its name: as it is, with a scenario, after buying a portfolio."""

    name: str
    curve: LossCurve


def exceedance(curve: LossCurve, currency: str | None) -> Element | None:
    """The chance (upwards) that a year costs more than an amount (across, logarithmic); None where no year
    costs anything.
    """
    return compared([State("", curve)], currency)


def compared(states: Sequence[State], currency: str | None) -> Element | None:
    """The curves of several states on one ground, at most four; the first is the state as it is.

    None where fewer than two points of the first can be drawn.
    """
    kept = [(state, _points(state.curve)) for state in states[: len(_LINES)]]
    if len(kept[0][1]) < 2:
        return None
    kept = [(state, points) for state, points in kept if points]
    every = [point for _, points in kept for point in points]
    x = across(min(loss for loss, _ in every), max(loss for loss, _ in every), log=True)
    top = max(share for _, share in every)
    y = upwards(0.0, top)
    many = len(kept) > 1
    entries = [(_LINES[n], state.name) for n, (state, _) in enumerate(kept)]
    key, lines = legend(entries, TOP + HIGH + 44) if many else (None, 0)
    return chart(
        "Loss exceedance curve",
        _told([state for state, _ in kept], currency),
        list(grid(x, y, x_text=lambda v: money(v, currency), y_text=percent, y_ticks=(0.0, top / 2, top))),
        None if many or kept[0][0].curve.band else _under(kept[0][1], x, y),
        [_band(state.curve, x, y, n) for n, (state, _) in enumerate(kept)],
        [
            el("path", d=path((x(loss), y(share)) for loss, share in points), class_=_LINES[n])
            for n, (_, points) in enumerate(kept)
        ],
        [_mark(state.curve, x, y, currency, n, many) for n, (state, _) in enumerate(kept)],
        key,
        below=38.0 + LINE * lines if many else 26.0,
    )


def _told(states: Sequence[State], currency: str | None) -> str:
    """The curves in a sentence, by the amount that is passed in one year of twenty."""
    amounts = (
        f"{state.name}: {money(state.curve.p95, currency)}"
        if state.name
        else money(state.curve.p95, currency)
        for state in states
    )
    return (
        "Chance (upwards) that a year costs more than an amount (across). "
        f"One year in 20 costs more than: {'; '.join(amounts)}."
    )


def _points(curve: LossCurve) -> list[tuple[float, float]]:
    return [(loss, share) for share, loss in curve.exceedance if loss > 0]


def _band(curve: LossCurve, x: Scale, y: Scale, number: int) -> Element | None:
    """The 90 % interval of the curve, as far as the upper end of it is a loss."""
    known = [(share, low, high) for share, low, high in curve.band if high > 0]
    if len(known) < 2:
        return None
    there = [(x(max(low, x.low)), y(share)) for share, low, _ in known]
    back = [(x(max(high, x.low)), y(share)) for share, _, high in reversed(known)]
    return el("path", d=f"{path([*there, *back])} Z", class_=f"band {_LINES[number]}")


def _under(points: Sequence[tuple[float, float]], x: Scale, y: Scale) -> Element:
    placed = [(x(loss), y(share)) for loss, share in points]
    floor = TOP + HIGH
    return el(
        "path",
        d=f"{path(placed)} L{placed[-1][0]:.1f} {floor} L{placed[0][0]:.1f} {floor} Z",
        class_="under",
    )


def _mark(
    curve: LossCurve, x: Scale, y: Scale, currency: str | None, number: int, many: bool
) -> Iterator[Element]:
    """The point that is passed in one year of twenty, with its figure."""
    if curve.p95 <= 0:
        return
    at, height = x(curve.p95), y(0.05)
    yield el("circle", cx=at, cy=height, r=4, class_=_LINES[number].replace("curve", "dot"))
    if many:
        return
    yield mark(f"1 year in 20 costs more than {money(curve.p95, currency)}", at, height)
