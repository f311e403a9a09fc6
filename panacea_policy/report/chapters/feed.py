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
        """A timeline of each process that moved, and the news that moved any; None without a store of
        feeds.
        """
        moments = context.moments
        if not moments:
            return None
        since = f"{moments[0].at.day} {moments[0].at:%B %Y}"
        read = f"{figures.count(len(moments), 'document or change', 'documents and changes')} since {since}"
        telling = tuple(m for m in moments if any(p.after != p.before for p in m.processes))
        if not telling:
            return ChapterContent((section("", paragraph(f"{read}; none of them changes a care process.")),))
        quiet = len(moments) - len(telling)
        others = f" {quiet} of them change no care process." if quiet else ""
        told = f"{read}.{others} Each figure is the chance of a disruption within a year, at that time."
        blocks: list[Child] = [paragraph(told)]
        files = {}
        for number, name in enumerate(processes_of(moments)[:_DRAWN], 1):
            drawn = timeline_of(moments, name)
            if drawn is not None:
                blocks.append(figure(drawn, "Numbers mark the news that moved it most."))
                files[f"pictures/timeline-{number}.svg"] = standalone(drawn)
        blocks.append(_news(telling))
        return ChapterContent((section("", *blocks),), files=files)


def _news(moments: tuple[Moment, ...]) -> Child:
    rows: list[tuple[Child, ...]] = []
    for moment in reversed(moments[-_LISTED:]):
        changed = [p for p in moment.processes if p.after != p.before]
        said = "; ".join(
            f"{p.title} {figures.percent(p.before)} → {figures.percent(p.after)}" for p in changed[:4]
        )
        more = f"; {len(changed) - 4} more" if len(changed) > 4 else ""
        rows.append((f"{moment.at:%Y-%m-%d %H:%M}", moment.what, said + more))
    return table(
        "The latest news that changes something, newest first",
        [Column("When"), "What", Column("Effect", wide=True)],
        rows,
    )
