"""What could be bought, for people: the Pareto front of a choice of controls, what a control makes harder."""

from __future__ import annotations

from panacea_policy.errors import PanaceaError
from panacea_policy.report import charts, figures
from panacea_policy.report.html import Element
from panacea_policy.risk.mitigation import MitigationResult
from panacea_policy.risk.mitigation.results import FrontPoint, ParetoFront, Purchase


def burdens_of(control: Purchase) -> list[str]:
    """What a control makes harder for those who care for patients, in phrases."""
    told = []
    if control.care_time:
        told.append(f"{figures.duration(control.care_time)} a day taken from patients")
    if control.burden:
        told.append(f"{figures.duration(control.burden)} of work per person and day")
    if control.slows:
        told.append(f"slows {', '.join(control.slows)}")
    return [*told, *control.side_effects]


def front_of(result: MitigationResult) -> Element | None:
    """The front of a result as it is on fresh trials, with their 90 % intervals and the chosen portfolio
    marked; None with fewer than two portfolios.
    """
    if result.front is None:
        return None
    points = [_drawn(point, result.front, result) for point in result.front.points]
    what = "events a year" if result.unit == "events" else "loss a year"
    return charts.front(
        points, result.currency, what if result.front.of == "expected" else "loss of a bad year"
    )


def front_picture(result: MitigationResult) -> str:
    """The same as a file. Raises PanaceaError where there is no front to be drawn."""
    drawn = front_of(result)
    if drawn is None:
        raise PanaceaError(
            "there is no front to draw: fewer than two portfolios are worth choosing between",
            "Ask for --format text, which says what the controls bring.",
        )
    return charts.standalone(drawn)


def _drawn(point: FrontPoint, front: ParetoFront, result: MitigationResult) -> charts.FrontPoint:
    chosen = result.is_chosen(point)
    tail = front.of == "tail" and point.tail is not None
    return charts.FrontPoint(
        cost=point.present,
        left=point.tail if tail and point.tail is not None else point.fresh.value,
        low=None if tail else max(0.0, point.fresh.low),
        high=None if tail else point.fresh.high,
        label=f"chosen: {figures.count(len(point.controls), 'control')} for"
        f" {figures.money(point.present, result.currency)}",
        chosen=chosen,
    )
