"""Charts as SVG elements: bars, loss exceedance, Pareto front, tornado, timeline.

They take plain values, so that every domain can draw, and bear no colours of their own: the page's style
sheet, or :func:`standalone`, gives these.
"""

from __future__ import annotations

from panacea_policy.report.charts.axes import Text
from panacea_policy.report.charts.bars import Amount, amounts, bar, shares
from panacea_policy.report.charts.exceedance import State, compared, exceedance
from panacea_policy.report.charts.file import standalone
from panacea_policy.report.charts.front import FrontPoint, front
from panacea_policy.report.charts.timeline import Moment, timeline
from panacea_policy.report.charts.tornado import Swing, tornado

__all__ = [
    "Amount",
    "FrontPoint",
    "Moment",
    "State",
    "Swing",
    "Text",
    "amounts",
    "bar",
    "compared",
    "exceedance",
    "front",
    "shares",
    "standalone",
    "timeline",
    "tornado",
]
