"""The certification file as a page: one file, readable offline, on paper, and with a screen reader."""

from __future__ import annotations

from collections.abc import Iterator

from panacea_policy.report.certification.content import Json
from panacea_policy.report.html import Child, Column, Element, badge, el, paragraph, table
from panacea_policy.report.page import document

_SPECIAL = {"not applicable": "not_applicable"}


def to_html(content: Json) -> str:
    """The page as HTML text."""
    title = f"{content['title']}: {content['organisation']}"
    body = [_cover(content), el("main", list(_chapters(content)), id="content"), _closing(content)]
    return document(title, body)


def _cover(content: Json) -> Element:
    foreseen = ", and what is proposed or adopted for later" if content["foreseen"] else ""
    status = f" ({content['status']})" if content["status"] else ""
    facts = (
        ("Source", f"{content['source']}{status}"),
        ("Pack", f"{content['pack']} {content['version']}"),
        ("Model as of", content["asOf"]),
        ("Law of", f"{content['lawOf']}{foreseen}"),
        (
            "Decided",
            f"{content['coverage']['decided']} of {content['coverage']['applicable']} clauses that apply",
        ),
    )
    return el(
        "header",
        el("p", f"Certification file · {content['program']}", class_="over"),
        el("h1", content["title"]),
        el("p", content["organisation"], class_="lead"),
        el("dl", [[el("dt", name), el("dd", value)] for name, value in facts], class_="facts"),
        class_="cover",
    )


def _chapters(content: Json) -> Iterator[Element]:
    meanings = {each["verdict"]: each["meaning"] for each in content["meanings"]}
    yield _chapter(
        "summary",
        "Verdicts at a glance",
        table(
            "Clauses by verdict",
            ["Verdict", Column("Clauses", number=True), Column("What it means", wide=True)],
            [
                (_verdict(each["verdict"]), str(each["count"]), meanings[each["verdict"]])
                for each in content["counts"]
            ],
        ),
    )
    yield _chapter(
        "scope",
        "Scope",
        table(
            "What the model declares",
            ["Kind", Column("Number", number=True)],
            [(each["kind"], str(each["count"])) for each in content["scope"]],
        ),
    )
    known = ", ".join(f"{each['assets']} {each['strength']}" for each in content["strengths"])
    yield _chapter(
        "method",
        "Method",
        paragraph(content["method"]),
        paragraph(
            f"How what is stated about assets is known: {known}. "
            "The strength of a verdict is that of the weakest thing it rests on."
        ),
    )
    yield _chapter(
        "limits",
        "Limits",
        paragraph(content["limits"]),
        [
            paragraph("Statements of the pack about the law that nobody could check:"),
            el("ul", [el("li", each) for each in content["unchecked"]]),
        ]
        if content["unchecked"]
        else None,
    )
    yield _chapter("verdicts", "Verdicts", _verdicts(content))
    told = [each for each in content["clauses"] if each["findings"] or each["questions"]]
    if told:
        yield _chapter("witnesses", "Witnesses and questions", [_told(each) for each in told])
    yield _chapter("waivers", "Waivers", _waivers(content))
    yield _chapter("attestations", "Attestations", _attestations(content))
    yield _chapter("statement", "Statement of applicability", _statement(content))


def _chapter(id: str, title: str, *children: Child) -> Element:
    return el("section", el("h2", title, id=f"{id}-title"), *children, id=id, aria_labelledby=f"{id}-title")


def _verdict(name: str) -> Element:
    return badge(name, _SPECIAL.get(name, name))


def _verdicts(content: Json) -> Element:
    rows = [
        (
            each["number"],
            [each["title"], " (a measure)" if each["benchmark"] else None],
            _verdict(each["verdict"]),
            each["strength"],
        )
        for each in content["clauses"]
    ]
    return table(
        "Verdict on each clause",
        ["Clause", Column("What it demands", wide=True), "Verdict", "Known as"],
        rows,
    )


def _facts(facts: list[Json]) -> Element | None:
    """What a finding rests on."""
    if not facts:
        return None
    lines = [
        el("li", each["text"], el("span", f" · {each['place']}", class_="quiet") if each["place"] else None)
        for each in facts
    ]
    return el("ul", lines)


def _told(clause: Json) -> Element:
    lines: list[Child] = [
        el("li", _verdict(each["verdict"]), f" {each['message']} ",
           el("span", f"{each['rule']}, {each['severity']} · {each['place']}", class_="quiet"),
           _facts(each["facts"]))
        for each in clause["findings"]
    ]  # fmt: skip
    if clause["more"]:
        lines.append(el("li", f"and {clause['more']} more; the files for machines hold all", class_="quiet"))
    lines += [el("li", badge("open", "unknown"), f" {text}") for text in clause["questions"]]
    return el(
        "div",
        el("h3", f"{clause['number']}  {clause['title']}"),
        el("p", _verdict(clause["verdict"]), f" {clause['reason']}"),
        el("ul", lines, class_="plain"),
        [paragraph(f"Remedy: {text}") for text in clause["remedies"]],
        class_="clause",
    )


def _waivers(content: Json) -> Element:
    if not content["waivers"]:
        return paragraph("No violation of a clause of this pack is accepted.")
    rows = [(each["clauses"], each["because"], each["by"], each["until"]) for each in content["waivers"]]
    return table("Accepted violations", ["Clauses", Column("Because", wide=True), "By", "Until"], rows)


def _attestations(content: Json) -> Element:
    if not content["attestations"]:
        return paragraph("No clause of this pack is attested.")
    rows = [
        (
            each["clause"],
            each["because"] if each["valid"] else f"{each['because']} (not valid on this day)",
            each["by"],
            each["until"],
        )
        for each in content["attestations"]
    ]
    return table("What people answer for", ["Clause", Column("Because", wide=True), "By", "Until"], rows)


def _statement(content: Json) -> Element:
    rows = [
        (
            each["number"],
            " — ".join(filter(None, (each["title"], each["reason"], each["remark"]))),
            each["applies"],
            each["state"],
        )
        for each in content["statement"]
    ]
    return table(
        "Whether each clause applies",
        ["Clause", Column("What it demands; why", wide=True), "Applies", "State"],
        rows,
    )


def _closing(content: Json) -> Element:
    return el(
        "footer", el("p", f"{content['program']} · the same model and law give the same file", class_="note")
    )
