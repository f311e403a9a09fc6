"""How the risk went while news came in."""

from __future__ import annotations

from dataclasses import dataclass

from panacea_policy.feeds.store import Moment
from panacea_policy.report import figures
from panacea_policy.report.chapter import ChapterContent, Context, section
from panacea_policy.report.charts import standalone
from panacea_policy.report.html import Child, Column, paragraph, table
from panacea_policy.report.plates import figure
from panacea_policy.report.timelines import processes_of, timeline_of

#: How many processes are drawn, and how many moments are listed, the newest first.
_DRAWN, _LISTED = 3, 20


@dataclass(frozen=True)
class FeedChapter:
    """Under the feed."""

    id: str = "feed"
    title: str = "Risk under the feed"
    order: int = 150

    def build(self, context: Context) -> ChapterContent | None:
        """A timeline of each process that moved, and the latest news; None without a store of feeds."""
        moments = context.moments
        if not moments:
            return None
        blocks: list[Child] = [
            paragraph(
                f"{figures.count(len(moments), 'document or change', 'documents and changes')} since "
                f"{moments[0].at:%d %B %Y}; each figure is the chance of a disruption within a year, then."
            )
        ]
        files = {}
        for number, name in enumerate(processes_of(moments)[:_DRAWN], 1):
            drawn = timeline_of(moments, name)
            if drawn is not None:
                blocks.append(figure(drawn, "Numbers mark the news that moved it most."))
                files[f"pictures/timeline-{number}.svg"] = standalone(drawn)
        blocks.append(_news(moments))
        return ChapterContent((section("", *blocks),), files=files)


def _news(moments: tuple[Moment, ...]) -> Child:
    rows: list[tuple[Child, ...]] = []
    for moment in reversed(moments[-_LISTED:]):
        changed = [p for p in moment.processes if p.after != p.before]
        said = "; ".join(
            f"{p.title} {figures.percent(p.before)} → {figures.percent(p.after)}" for p in changed[:4]
        )
        rows.append((f"{moment.at:%Y-%m-%d %H:%M}", moment.what, said or "no process changes"))
    return table("The latest news, newest first", [Column("When"), "What", Column("Effect", wide=True)], rows)
