"""Design threats: what the rules of secure design find, rule by rule with all its subjects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panacea_policy.report import figures
from panacea_policy.report.chapter import ChapterContent, Context, Section, section
from panacea_policy.report.chapters.actions import by_rule
from panacea_policy.report.html import Child, Element, badge, code, el, paragraph, prose
from panacea_policy.report.reading import places, shown, title, words

if TYPE_CHECKING:
    from panacea_policy.compiler import Finding, RuleInfo
    from panacea_policy.risk import Place

_SHOWN = 8


@dataclass(frozen=True)
class DesignThreats:
    """Weaknesses of design that no single law names."""

    id: str = "design"
    title: str = "Threats by design"
    order: int = 300

    def build(self, context: Context) -> ChapterContent | None:
        """One entry per violated rule that serves no legal clause alone: design, own rules, housekeeping."""
        found = [f for f in context.findings if _is_design(f.rule)]
        groups = by_rule(found, "violated")
        if not groups:
            return None
        locate = places(context.workspace)
        findings = figures.count(sum(len(g) for _, g in groups), "finding")
        told = f"{findings} of {figures.count(len(groups), 'rule')}, the gravest first."
        return ChapterContent(
            (section("", paragraph(told)), *[_rule(rule, group, locate) for rule, group in groups])
        )


def _is_design(rule: RuleInfo) -> bool:
    package = rule.package.rsplit("/", 1)[-1].rsplit(".", 1)[-1]
    return package == "design" or not rule.satisfies


def _rule(rule: RuleInfo, findings: list[Finding], locate: Callable[[object], Place | None]) -> Section:
    lines: list[Child] = [
        el(
            "li",
            prose(_said(f)),
            " ",
            code(shown(locate(f.span))),
        )
        for f in findings[:_SHOWN]
    ]
    if len(findings) > _SHOWN:
        lines.append(el("li", f"and {len(findings) - _SHOWN} more", class_="quiet"))
    head: Element = paragraph(badge(rule.severity, rule.severity), " ", prose(rule.remedy or ""))
    return section(rule.title or words(rule.name), head, el("ul", lines, class_="plain"))


def _said(finding: Finding) -> str:
    subject = title(finding.subjects[0]) if finding.subjects else ""
    return f"{subject}: {finding.message}" if finding.message else subject
