"""The last chapters of the page: security views, the disclosure statement, the bill of materials."""

from __future__ import annotations

from collections.abc import Iterator

from panacea_policy.report.design.pictures import view_element
from panacea_policy.report.design.tones import tone
from panacea_policy.report.html import Child, Column, Element, badge, code, el, items, paragraph, prose, table
from panacea_policy.report.plates import figure
from panacea_policy.secure_design import Answer, BillCheck, DesignFile, View


def views(design: DesignFile) -> Iterator[Child]:
    for view in design.views:
        yield _view(view)


def _view(view: View) -> Element:
    parts: list[Child] = [el("h3", view.title), paragraph(view.about)]
    if view.nodes:
        parts.append(figure(view_element(view), None))
    parts += [
        table(each.caption, [Column(c, wide=n == 0) for n, c in enumerate(each.columns)], each.rows)
        for each in view.tables
        if each.rows
    ]
    if view.gaps:
        parts += [paragraph("What it cannot show:"), items(prose(each) for each in view.gaps)]
    return el("div", parts)


def disclosure(design: DesignFile) -> Iterator[Child]:
    yield paragraph(
        "A draft, answered from what the model states. Sections have the codes of ANSI/NEMA HN 1-2019; "
        "questions are in our own words and numbers, and answers are to be carried over to the form by the "
        "manufacturer."
    )
    sections: dict[str, list[Answer]] = {}
    for answer in design.disclosure:
        sections.setdefault(f"{answer.section}  {answer.section_title}", []).append(answer)
    for title, answers in sections.items():
        yield table(
            title,
            ["Number", Column("Question", wide=True), "Answer", Column("Note", wide=True), "Attribute"],
            [
                (
                    a.number,
                    a.question,
                    tone(a.answer),
                    a.note or "–",
                    code(a.attribute) if a.attribute else "–",
                )
                for a in answers
            ],
        )


def bill(design: DesignFile) -> Iterator[Child]:
    found = design.bill
    if found is None:
        return
    about = {
        True: "It is this system's.",
        False: "The model says that this is another product than the system.",
        None: "Nothing in the model shows whether this is the system's product; state its CPE name or model.",
    }[found.about_subject]
    yield paragraph(f"{found.source} describes {found.product}. {about} Held against {found.records}.")
    if found.weaknesses:
        yield _weaknesses(found)
    else:
        yield paragraph(
            "No weakness of any component is known there. That says how much was looked at, not that there "
            "is none."
        )
    yield _components(found)
    if found.notes:
        yield items(found.notes)


_TONES = {"affected": "violated", "fixed": "met", "not affected": "met"}


def _weaknesses(found: BillCheck) -> Element:
    columns: list[Column | str] = [
        "Weakness",
        Column("Component", wide=True),
        "Status",
        Column("CVSS", number=True),
        "Exploited",
        "Fixed in",
        "Source",
    ]
    rows = [
        (
            w.id,
            w.component,
            badge(w.status, _TONES.get(w.status, "unknown")),
            f"{w.cvss:g}" if w.cvss is not None else "–",
            badge("known exploited", "critical") if w.known_exploited else "–",
            w.fixed_version or "–",
            w.source,
        )
        for w in found.weaknesses
    ]
    return table("Known weaknesses of its components", columns, rows)


def _components(found: BillCheck) -> Element:
    columns: list[Column | str] = [
        Column("Component", wide=True),
        "Version",
        "Supplier",
        Column("Identifier", wide=True),
        "Weaknesses",
    ]
    rows = [
        (
            c.name,
            c.version or "–",
            c.supplier or "–",
            code(c.identifier) if c.identifier else "–",
            " ".join(c.weaknesses) or "–",
        )
        for c in found.components
    ]
    return table("Components", columns, rows)
