"""Where the figures come from: sources with year and grade, and what must not be read into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from panacea_policy.report import figures
from panacea_policy.report.chapter import ChapterContent, Context, Section, section
from panacea_policy.report.html import Child, Column, Element, badge, code, el, paragraph, table
from panacea_policy.report.reading import listed, shown, words
from panacea_policy.risk import Evidence, LossAssumption, RiskResult

#: Grades from the best to the weakest, and their tones.
_GRADES = {
    "trial": "good",
    "registry": "good",
    "observational": "info",
    "survey": "medium",
    "vendor": "medium",
    "case": "medium",
    "assumption": "high",
}
_ORDER = list(_GRADES)


@dataclass(frozen=True)
class Sources:
    """The evidence behind priors."""

    id: str = "evidence"
    title: str = "Where figures come from"
    order: int = 860

    def build(self, context: Context) -> ChapterContent | None:
        """Priors of losses, then every figure that is used."""
        risk = context.risk
        if risk is None or not (risk.evidence or risk.loss_assumptions):
            return None
        sections: list[Section] = []
        if risk.loss_assumptions:
            sections.append(section("Losses that the model does not state", *_priors(risk)))
        if risk.evidence:
            sections.append(section("Published figures", *_published(risk.evidence)))
        return ChapterContent(tuple(sections))


def _priors(risk: RiskResult) -> tuple[Child, ...]:
    titles = {each.name: each for each in risk.evidence}
    rows = [_prior(each, titles) for each in risk.loss_assumptions]
    columns: list[Column | str] = [
        "What",
        Column("Assumed", wide=True),
        Column("For", True),
        "It rests on",
        Column("Of the expected loss", True),
    ]
    note = "The share of the expected loss that is computed with it; one loss may rest on several."
    return (table("Taken from the library", columns, rows, note=note),)


def _prior(each: LossAssumption, titles: dict[str, Evidence]) -> tuple[Child, ...]:
    kind, _, attribute = each.attribute.partition(".")
    basis = [titles[name].title for name in each.basis if name in titles]
    noun = words(kind)
    return (
        [words(attribute), el("span", noun, class_="sub")],
        each.value,
        str(each.subjects),
        listed(basis, 3) if basis else "an assumption",
        figures.percent(each.share),
    )


def _published(evidence: Sequence[Evidence]) -> tuple[Child, ...]:
    counts = {grade: sum(e.grade == grade for e in evidence) for grade in _ORDER}
    said = ", ".join(f"{n} {grade}" for grade, n in counts.items() if n)
    told = (
        f"{figures.count(len(evidence), 'figure')} support what the simulation assumes, graded by how good "
        f"they are: {said}. A figure measured on one level, such as per account, says nothing about another."
    )
    rows = [_row(e) for e in sorted(evidence, key=_best_first)]
    columns: list[Column | str] = [
        Column("Figure", wide=True),
        "Value",
        "Source",
        "Grade",
        Column("Mind", wide=True),
    ]
    return (
        paragraph(told),
        el("details", el("summary", "All figures"), table("Figures with their sources", columns, rows)),
    )


def _best_first(each: Evidence) -> tuple[int, str]:
    return (_ORDER.index(each.grade) if each.grade in _GRADES else len(_ORDER), each.name)


def _row(each: Evidence) -> tuple[Child, ...]:
    supports = listed([s.replace("_", " ") for s in each.supports], 3)
    year = "" if each.year is None or str(each.year) in each.source else f", {each.year}"
    measured = words(each.level) if each.level else ""
    mind: list[Element] = []
    if each.population:
        mind.append(el("span", each.population, class_="sub"))
    if each.caution:
        mind.append(el("span", each.caution, class_="sub"))
    return (
        [each.title, el("span", f"for {supports}", class_="sub")],
        [each.value, el("span", measured, class_="sub") if measured else None],
        [each.source + year, el("span", code(shown(each.place)), class_="sub") if each.place else None],
        badge(each.grade, _GRADES.get(each.grade, "quiet")),
        mind or "—",
    )
