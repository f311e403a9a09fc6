"""People: who falls for lures, and how many of them again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from panacea_policy.report import figures
from panacea_policy.report.chapter import ChapterContent, Context, section
from panacea_policy.report.html import Child, Column, el, paragraph, table
from panacea_policy.report.reading import listed
from panacea_policy.risk import GroupOfStaff

_TIMES = ("Once or more", "Twice or more", "3 or more", "4 or more", "5 or more")


@dataclass(frozen=True)
class People:
    """Staff by role, and how they differ."""

    id: str = "people"
    title: str = "People"
    order: int = 150

    def build(self, context: Context) -> ChapterContent | None:
        """Repeat clickers beside what equal people would do."""
        risk = context.risk
        if risk is None or not risk.staff:
            return None
        groups = _alike(risk.staff)
        told = (
            "People differ: a few fall for lures again and again, many never do. Of a role’s members so many "
            "are expected to be deceived in a year once, twice, three times or more. Below each figure is "
            "what a model would say in which all members are alike: it counts too many who are ever deceived "
            "and, where lures are few, too few who are deceived repeatedly."
        )
        return ChapterContent((section("", paragraph(told), _table(groups)),))


def _alike(staff: Sequence[GroupOfStaff]) -> list[list[GroupOfStaff]]:
    """Roles with the same susceptibility and as many lures, those most often deceived first."""
    groups: dict[tuple[object, ...], list[GroupOfStaff]] = {}
    for each in staff:
        groups.setdefault((each.lures, each.mean, each.repeat), []).append(each)
    return list(groups.values())


def _table(groups: Sequence[list[GroupOfStaff]]) -> Child:
    most = max(len(group[0].repeat) for group in groups)
    columns: list[Column | str] = [
        "Role",
        Column("Members", True),
        Column("Lures a year", True),
        Column("Fall for one lure", True),
        *(Column(name, True) for name in _TIMES[:most]),
    ]
    rows = [_row(group, most) for group in groups]
    return table("Deceived within a year, of the members of a role", columns, rows)


def _row(group: Sequence[GroupOfStaff], most: int) -> tuple[Child, ...]:
    first = group[0]
    heads = [each.headcount for each in group if each.headcount is not None]
    names = [each.title for each in group]
    shown: Child = [
        listed(names, 2),
        el("span", f"{len(names)} roles alike", class_="sub") if len(names) > 1 else None,
    ]
    shares: list[Child] = [
        [figures.percent(share), el("span", f"if alike {figures.percent(alike)}", class_="sub")]
        for share, alike in zip(first.repeat, first.homogeneous, strict=True)
    ]
    shares += ["—"] * (most - len(shares))
    members = f"{sum(heads):,}".replace(",", "\N{NARROW NO-BREAK SPACE}") if heads else "not stated"
    return (shown, members, str(first.lures), figures.percent(first.mean), *shares)
