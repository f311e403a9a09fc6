"""What to do first: measures ranked by what they save, and findings ranked by how much hangs on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panacea_policy.report import figures
from panacea_policy.report.chapter import ChapterContent, Context, Section, section
from panacea_policy.report.chapters.summary import objective
from panacea_policy.report.html import Child, Column, Element, badge, el, paragraph, prose, table
from panacea_policy.report.reading import listed, title, words
from panacea_policy.risk import ControlValue, RiskResult

if TYPE_CHECKING:
    from panacea_policy.compiler import Finding, RuleInfo

SEVERITIES = ("critical", "high", "medium", "low", "info")
_ROWS = 15
_CLEAR = 0.002


@dataclass(frozen=True)
class Actions:
    """The second chapter: what to do."""

    id: str = "actions"
    title: str = "What to do first"
    order: int = 50

    def build(self, context: Context) -> ChapterContent | None:
        """Measures, then remedies."""
        sections: list[Section] = []
        if context.risk and context.risk.controls:
            sections.append(section("Measures, by what they save", *_measures(context.risk)))
        found = by_rule(context.findings, "violated")
        if found:
            sections.append(section("Findings to remedy", _remedies(found)))
        return ChapterContent(tuple(sections)) if sections else None


def by_rule(findings: Sequence[Finding], verdict: str) -> list[tuple[RuleInfo, list[Finding]]]:
    """Findings of one verdict by rule: one entry, many subjects; the gravest and most frequent first."""
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.verdict == verdict:
            groups[finding.rule.id].append(finding)
    made = [(group[0].rule, group) for group in groups.values()]
    return sorted(
        made,
        key=lambda g: (
            SEVERITIES.index(g[0].severity) if g[0].severity in SEVERITIES else 9,
            -len(g[1]),
            g[0].id,
        ),
    )


def _measures(risk: RiskResult) -> list[Child]:
    useful = [c for c in risk.controls if c.relative >= _CLEAR]
    idle = [c for c in risk.controls if c.relative < _CLEAR]
    priced = risk.loss is not None
    columns: list[Column | str] = [
        "Measure",
        "Status",
        Column("Saves a year" if priced else "Avoids a year", True),
        Column(f"Of the {objective(risk)}", True),
        Column("Costs", True),
    ]
    rows = [_measure(c, risk) for c in useful[:_ROWS]]
    if risk.all_controls and len(useful) > 1:
        rows.append(_measure(risk.all_controls, risk))
    note = (
        "Each measure alone, compared trial by trial with the same random numbers; "
        "together they save less than their sum."
    )
    shown: list[Child] = (
        [table("Measures that are not yet in place", columns, rows, note=note)] if rows else []
    )
    if idle:
        names = listed([c.title for c in idle], 6)
        shown.append(
            paragraph(f"Without a measurable effect on what the model computes: {names}.", class_="note")
        )
    return shown


def _measure(control: ControlValue, risk: RiskResult) -> tuple[Child, ...]:
    saved = control.saves_per_year
    if saved is not None:
        gain: Child = [
            figures.money(saved.value, risk.currency),
            el("span", f"{figures.money(saved.low, None)} – {figures.money(saved.high, None)}", class_="sub"),
        ]
    else:
        gain = figures.rate(control.events_avoided_per_year.value)
    status = badge(words(control.status), control.status) if control.status else "—"
    return (control.title, status, gain, figures.percent(control.relative), _cost(control, risk))


def _cost(control: ControlValue, risk: RiskResult) -> Child:
    parts = []
    if control.cost_once is not None:
        parts.append(f"{figures.money(control.cost_once, risk.currency)} once")
    if control.cost_per_year is not None:
        parts.append(f"{figures.money(control.cost_per_year, risk.currency)} a year")
    return (
        [el("span", part, class_="sub") for part in parts]
        if parts
        else el("span", "not stated", class_="quiet")
    )


def _remedies(found: list[tuple[RuleInfo, list[Finding]]]) -> Element:
    rows: list[tuple[Child, ...]] = []
    for rule, findings in found[:_ROWS]:
        names = listed([", ".join(title(s) for s in f.subjects) for f in findings], 3)
        rows.append(
            (
                rule.title or words(rule.name),
                badge(rule.severity, rule.severity),
                str(len(findings)),
                [prose(rule.remedy or ""), el("span", names, class_="sub")],
            )
        )
    note = (
        f"The {_ROWS} that matter most, of {len(found)} rules that are violated."
        if len(found) > _ROWS
        else ""
    )
    return table(
        "What to change in the hospital",
        ["Finding", "Severity", Column("Where", True), Column("Remedy, and for what", wide=True)],
        rows,
        note=note,
    )
