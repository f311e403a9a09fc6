"""What nobody has said yet: open questions, and the assumptions that the risk figures rest on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panacea_policy.report import figures
from panacea_policy.report.chapter import ChapterContent, Context, section
from panacea_policy.report.html import Child, Column, Element, code, el, paragraph, prose, table
from panacea_policy.report.reading import places, shown, title, words
from panacea_policy.risk import AssumptionInfluence, RiskResult
from panacea_policy.risk.order_statistics import Z95

if TYPE_CHECKING:
    from panacea_policy.compiler import Question

_ROWS = 30
_SHOWN = 5


@dataclass(frozen=True)
class OpenQuestions:
    """Questions to the architect, the most useful answer first."""

    id: str = "questions"
    title: str = "Open questions"
    order: int = 800

    def build(self, context: Context) -> ChapterContent | None:
        """The unknowns that keep checks undecided."""
        ranked = list(_ranked(context))
        if not ranked:
            return None
        told = (
            f"{figures.count(len(ranked), 'attribute')} that nobody has set keep checks undecided. "
            "An answer at the top settles most."
        )
        columns: list[Column | str] = [
            Column("Question", wide=True),
            "About",
            Column("Settles", True),
            Column("Concerns", True),
            "Declared in",
        ]
        note = f"The first {_ROWS} of {len(ranked)}." if len(ranked) > _ROWS else ""
        return ChapterContent(
            (
                section(
                    "", paragraph(told), table("Answers that are missing", columns, ranked[:_ROWS], note=note)
                ),
            )
        )


def _ranked(context: Context) -> Iterator[tuple[Child, ...]]:
    locate = places(context.workspace)
    if context.compliance is not None:
        for q in context.compliance.questions:
            yield (
                prose(q.text),
                title(q.entity),
                str(q.settles),
                str(q.concerns),
                code(shown(locate(q.entity))),
            )
        return
    counts: dict[tuple[str, str], list[Question]] = {}
    for finding in context.findings:
        for question in finding.questions:
            counts.setdefault((question.entity.name, question.attribute), []).append(question)
    for asked in sorted(counts.values(), key=lambda a: -len(a)):
        first = asked[0]
        yield prose(first.text), title(first.entity), "—", str(len(asked)), code(shown(locate(first.entity)))


@dataclass(frozen=True)
class Assumptions:
    """What the risk figures take for granted."""

    id: str = "assumptions"
    title: str = "Assumptions"
    order: int = 850

    def build(self, context: Context) -> ChapterContent | None:
        """Assumed values by their influence, then how the figures are made."""
        risk = context.risk
        if risk is None:
            return None
        sections = [section("What the figures rest on", *_influences(risk))] if risk.assumptions else []
        return ChapterContent((*sections, section("How the figures are made", *_method(risk))))


def _influences(risk: RiskResult) -> list[Child]:
    moving = [a for a in risk.assumptions if a.share > 0]
    told = (
        f"{figures.count(len(risk.assumptions), 'value')} that the model leaves open came from its classes. "
        "Those below move the result most: the share is what would go away if every step that speaks of the "
        "entity were impossible, so it is the most that a better answer can change."
    )
    shown_: list[Child] = [paragraph(told)]
    if moving:
        shown_.append(_table(moving))
    untested = sum(1 for a in risk.assumptions if not a.tested)
    if untested:
        shown_.append(
            paragraph(
                f"{figures.count(untested, 'assumption')} further from the likely paths were not tried.",
                class_="note",
            )
        )
    return shown_


def _table(moving: list[AssumptionInfluence]) -> Element:
    """One row per entity, as the influence is that of the entity's steps."""
    groups: dict[str, list[AssumptionInfluence]] = {}
    for assumption in moving:
        groups.setdefault(assumption.entity, []).append(assumption)
    rows: list[tuple[Child, ...]] = []
    for name, group in list(groups.items())[:_ROWS]:
        first = group[0]
        share: Child = [
            figures.percent(first.share),
            el("span", f"± {figures.percent(Z95 * first.share_error)}", class_="sub"),
        ]
        assumed = [el("li", f"{words(a.attribute)}: {a.value}") for a in group[:_SHOWN]]
        if len(group) > _SHOWN:
            assumed.append(el("li", f"and {len(group) - _SHOWN} more", class_="quiet"))
        rows.append((words(name), share, el("ul", assumed, class_="plain"), code(shown(first.place))))
    columns: list[Column | str] = [
        "About",
        Column("At most", True),
        Column("Assumed", wide=True),
        "Declared in",
    ]
    return table("Assumptions that move the result most", columns, rows)


def _method(risk: RiskResult) -> list[Child]:
    size = risk.size
    cycles = " (with cycles)" if size.cyclic else ""
    graph = (
        f"The attack graph has {figures.count(size.facts, 'fact')} and "
        f"{figures.count(size.instances, 'step instance')}, of which {size.relevant_instances} matter to the "
        f"goals{cycles}. A fact falls when one of its steps succeeds; a step needs all its premises. "
        "Nothing is cut off."
    )
    trials = (
        f"Each of {risk.trials:,} trials simulates one attempt per threat actor: which steps succeed, how "
        "long they take, when each goal falls, as far as the actor's skill and patience reach. Attempts "
        "arrive by chance at each actor's yearly rate; they count as independent, so the probability "
        "of at least one event is rather too high than too low. "
        f"Seed {risk.seed}: the same model gives the same figures."
    )
    intervals = (
        "Intervals cover the chance error of the simulation at 90 %. They do not cover errors of the model "
        "itself; for these see the assumptions."
    )
    outage = next((g.outage_source for g in risk.processes() if g.outage_source), None)
    told: list[Child] = [paragraph(graph), paragraph(trials), paragraph(intervals)]
    if outage:
        told.append(paragraph(f"Length of an outage — {outage}."))
    return told + [paragraph(note, class_="note") for note in risk.notes]
