"""Requirements and the disclosure statement of one system as tables for a spreadsheet or another tool."""

from __future__ import annotations

from panacea_policy.formats.csv_table import Table
from panacea_policy.secure_design import DesignFile, Requirement

REQUIREMENT_COLUMNS = (
    "id",
    "text",
    "state",
    "priority",
    "source",
    "subject",
    "threats",
    "risks",
    "controls",
    "clauses",
    "test_idea",
    "remedy",
    "waiver",
    "rule",
    "fingerprint",
)
DISCLOSURE_COLUMNS = ("section", "title", "number", "question", "answer", "note", "attribute", "place")


def requirement_table(design: DesignFile) -> Table:
    """A row for each security requirement."""
    told = "Security requirements, each tied to threat, risk, control, clause, test idea and state."
    return Table(
        "requirements", told, REQUIREMENT_COLUMNS, tuple(_requirement(r) for r in design.requirements)
    )


def disclosure_table(design: DesignFile) -> Table:
    """A row for each question of the disclosure statement."""
    told = "A draft of the disclosure statement; numbers of questions are our own."
    rows = tuple(
        (
            a.section,
            a.section_title,
            a.number,
            a.question,
            a.answer,
            a.note,
            a.attribute,
            f"{a.place.file}:{a.place.line}" if a.place is not None else None,
        )
        for a in design.disclosure
    )
    return Table("disclosure", told, DISCLOSURE_COLUMNS, rows)


def _requirement(each: Requirement) -> tuple[str | None, ...]:
    return (
        each.id,
        each.text,
        each.state,
        each.priority,
        each.source,
        each.subject.name,
        " ".join(each.threats),
        " ".join(each.risks),
        " ".join(each.controls),
        "; ".join(clause.label for clause in each.clauses),
        each.test_idea,
        each.remedy,
        each.waiver,
        each.rule,
        each.fingerprint,
    )
