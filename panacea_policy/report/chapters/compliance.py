"""Compliance: the verdict on every clause, with the evidence that carries it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panacea_policy.report import charts, figures
from panacea_policy.report.chapter import ChapterContent, Context, Section, section
from panacea_policy.report.html import Child, Column, Element, badge, code, el, paragraph, prose, table
from panacea_policy.report.plates import figure
from panacea_policy.report.reading import listed, places, shown, title, words

if TYPE_CHECKING:
    from panacea_policy.compliance import Clause, Compliance
    from panacea_policy.risk import Place

Locate = Callable[[object], "Place | None"]

_ORDER = ("violated", "unknown", "waived", "attested", "met", "not_applicable")
_CLASSES = {
    "violated": "bad",
    "unknown": "open",
    "waived": "rest",
    "attested": "good",
    "met": "good",
    "not_applicable": "rest",
}
_SHOWN = 6


@dataclass(frozen=True)
class ComplianceChapter:
    """What the law demands, and what the model shows."""

    id: str = "compliance"
    title: str = "Compliance"
    order: int = 200

    def build(self, context: Context) -> ChapterContent | None:
        """Verdicts per pack, then the evidence for every clause that is not simply met."""
        result = context.compliance
        if result is None or not result.clauses:
            return None
        locate = places(context.workspace)
        return ChapterContent(tuple(_sections(result, locate)))


def _sections(result: Compliance, locate: Locate) -> Iterator[Section]:
    counts = {str(k): v for k, v in result.clause_counts.items()}
    parts = [(words(v), counts.get(v, 0), _CLASSES[v]) for v in _ORDER]
    bar = charts.shares(parts)
    told = (
        f"{figures.count(len(result.clauses), 'clause')} were examined. "
        f"{figures.percent(result.coverage.fraction)} of the applicable checks could be decided from what "
        "the model states; the others wait for an answer."
    )
    yield section("", paragraph(told), figure(bar, "Verdicts on clauses") if bar else None)
    for pack, clauses in result.packs().items():
        yield section(_pack_title(pack), _verdicts(clauses), _evidence(clauses, locate))


def _pack_title(pack: str) -> str:
    name = pack.rsplit("/", 1)[-1]
    return name.upper() if len(name) <= 5 else words(name).capitalize()


def _verdicts(clauses: tuple[Clause, ...]) -> Element:
    ordered = sorted(clauses, key=lambda c: _ORDER.index(str(c.verdict)))
    rows = [
        (
            c.id.rsplit(".", 1)[-1].replace("_", "\N{NO-BREAK SPACE}"),
            c.title,
            badge(words(str(c.verdict)), str(c.verdict)),
            prose(c.reason),
        )
        for c in ordered
    ]
    return table(
        "Verdict per clause", ["Clause", "What it demands", "Verdict", Column("Because", wide=True)], rows
    )


def _evidence(clauses: tuple[Clause, ...], locate: Locate) -> list[Element]:
    telling = [c for c in clauses if str(c.verdict) in ("violated", "waived", "attested", "unknown")]
    return [block for clause in telling if (block := _clause(clause, locate)) is not None]


def _clause(clause: Clause, locate: Locate) -> Element | None:
    lines = list(_lines(clause, locate))
    if not lines:
        return None
    return el(
        "div",
        el("h4", f"{clause.title} "),
        el("ul", [el("li", line) for line in lines], class_="plain"),
        class_="clause",
    )


def _lines(clause: Clause, locate: Locate) -> Iterator[Child]:
    violated = [f for f in clause.findings if f.verdict == "violated"]
    for finding in violated[:_SHOWN]:
        where = shown(locate(finding.span))
        yield [
            badge("violated", "violated"),
            " ",
            prose(finding.message or finding.rule.title),
            " ",
            code(where),
        ]
    if len(violated) > _SHOWN:
        yield el("span", f"and {len(violated) - _SHOWN} more of this kind", class_="quiet")
    for waiver in clause.waivers:
        yield [badge("waived", "waived"), f" {title(waiver)} ", code(shown(locate(waiver)))]
    if clause.attestation is not None:
        until = f" until {clause.attestation.until}" if clause.attestation.until else ""
        void = "" if clause.attestation.valid else " (not yet)" if clause.attestation.ahead else " (expired)"
        yield [
            badge("attested", "attested"),
            f" by {clause.attestation.by}{until}{void}: {clause.attestation.because}",
        ]
    asked = list(dict.fromkeys(q.text for q in clause.questions))
    if asked and str(clause.verdict) != "violated":
        yield [badge("open", "unknown"), " ", prose(listed(asked, 3))]
