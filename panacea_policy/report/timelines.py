"""The risk of care processes over time, from what the store of feeds remembers."""

from __future__ import annotations

from collections.abc import Sequence

from panacea_policy.feeds.store import Moment
from panacea_policy.report import charts, figures
from panacea_policy.report.html import Element


def processes_of(moments: Sequence[Moment]) -> list[str]:
    """The processes of a timeline, the one whose risk moved furthest first."""
    least: dict[str, float] = {}
    most: dict[str, float] = {}
    for moment in moments:
        for each in moment.processes:
            low, high = sorted((each.before, each.after))
            least[each.process] = min(least.get(each.process, low), low)
            most[each.process] = max(most.get(each.process, high), high)
    return sorted(most, key=lambda name: (least[name] - most[name], name))


def timeline_of(moments: Sequence[Moment], process: str | None = None) -> Element | None:
    """The chance that a process is disrupted within a year, over time; without ``process`` that of the one
    which moved furthest. None where there is nothing to draw.
    """
    known = processes_of(moments)
    if not known:
        return None
    chosen = process or known[0]
    points: list[charts.Moment] = []
    title = chosen
    for moment in moments:
        for each in moment.processes:
            if each.process == chosen:
                title = each.title
                if not points:
                    points.append(charts.Moment(moment.at, each.before))
                news = moment.what + (f": {each.path}" if each.path and each.after != each.before else "")
                points.append(charts.Moment(moment.at, each.after, news))
    return charts.timeline(points, figures.percent, f"Chance of disruption of {title} within a year")
