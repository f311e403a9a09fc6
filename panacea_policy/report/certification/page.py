"""The certification file as a page: one file, readable offline, on paper, and with a screen reader."""

from __future__ import annotations

from collections.abc import Iterator

from panacea_policy.report.certification.content import Json
from panacea_policy.report.html import Child, Column, Element, badge, el, items, paragraph, prose, table
from panacea_policy.report.page import document

_SPECIAL = {"not applicable": "not_applicable"}


def to_html(content: Json) -> str:
    """The page as HTML text."""
    title = f"{content['title']}: {content['organisation']}"
    chapters = list(_chapters(content))
    contents = el(
        "nav",
        items((el("a", name, href=f"#{id}") for id, name, _ in chapters), ordered=True),
        class_="contents",
        aria_label="Contents",
    )
    sections = [
        el("section", el("h2", name, id=f"{id}-title"), *said, id=id, aria_labelledby=f"{id}-title")
        for id, name, said in chapters
    ]
    return document(title, [_cover(content), el("main", contents, sections, id="content"), _closing(content)])


def _cover(content: Json) -> Element:
    foreseen = ", and what is proposed or adopted for later" if content["foreseen"] else ""
    status = f" ({content['status']})" if content["status"] else ""
    facts = (
        ("Source", f"{content['source']}{status}"),
        ("Pack", f"{content['pack']} {content['version']}"),
        ("Model as of", content["asOf"]),
        ("Law of", f"{content['lawOf']}{foreseen}"),
        *([("Judged as", content["judgedAs"])] if content["judgedAs"] else []),
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


def _chapters(content: Json) -> Iterator[tuple[str, str, list[Child]]]:
    """Each chapter: its identifier, its title, and what it says."""
    yield "summary", "Verdicts at a glance", [_counts(content)]
    yield "scope", "Scope", [_scope(content)]
    yield "method", "Method", _method(content)
    yield "limits", "Limits", _limits(content)
    yield "verdicts", "Verdicts", [_verdicts(content)]
    told = [each for each in content["clauses"] if each["findings"] or each["questions"]]
    if told:
        yield "witnesses", "Witnesses", [_told(each) for each in told]
    yield "questions", "Questions", _questions(content)
    yield "waivers", "Waivers", [_waivers(content)]
    yield "attestations", "Attestations", [_attestations(content)]
    yield "statement", "Statement of applicability", _statement(content)


def _counts(content: Json) -> Element:
    meanings = {each["verdict"]: each["meaning"] for each in content["meanings"]}
    return table(
        "Clauses by verdict",
        ["Verdict", Column("Clauses", number=True), Column("What it means", wide=True)],
        [
            (_verdict(each["verdict"]), str(each["count"]), meanings[each["verdict"]])
            for each in content["counts"]
        ],
    )


def _scope(content: Json) -> Element:
    return table(
        "What the model declares",
        ["Kind", Column("Number", number=True)],
        [(each["kind"], str(each["count"])) for each in content["scope"]],
    )


def _method(content: Json) -> list[Child]:
    known = ", ".join(f"{each['assets']} {each['strength']}" for each in content["strengths"])
    return [
        paragraph(content["method"]),
        paragraph(
            f"How what is stated about assets is known: {known}. "
            "The strength of a verdict is that of the weakest thing it rests on."
        ),
    ]


def _limits(content: Json) -> list[Child]:
    said: list[Child] = [paragraph(content["limits"])]
    if content["unchecked"]:
        said.append(paragraph("Statements of the pack about the law that nobody could check:"))
        said.append(items(content["unchecked"]))
    return said


def _verdict(name: str) -> Element:
    return badge(name, _SPECIAL.get(name, name))


def _verdicts(content: Json) -> Element:
    rows = [
        (
            el("span", each["number"], class_="id"),
            [
                each["title"],
                " (a measure)" if each["benchmark"] else None,
                el("span", prose(each["reason"]), class_="sub"),
            ],
            _verdict(each["verdict"]),
            each["strength"],
        )
        for each in content["clauses"]
    ]
    return table(
        "Verdict on each clause",
        ["Clause", Column("What it demands; why it is judged so", wide=True), "Verdict", "Known as"],
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
        el("li", _verdict(each["verdict"]), " ", prose(each["message"]), " ",
           el("span", f"{each['rule']}, {each['severity']} · {each['place']}", class_="quiet"),
           _facts(each["facts"]))
        for each in clause["findings"]
    ]  # fmt: skip
    if clause["more"]:
        lines.append(el("li", _more(clause["more"]), class_="quiet"))
    lines += [el("li", badge("open", "unknown"), " ", prose(text)) for text in clause["questions"]]
    if clause["moreQuestions"]:
        more = f"and {clause['moreQuestions']} more questions; the next chapter has those that most wait for"
        lines.append(el("li", more, class_="quiet"))
    return el(
        "div",
        el("h3", f"{clause['number']}  {clause['title']}"),
        el("p", _verdict(clause["verdict"]), f" {_reason(clause)}"),
        el("ul", lines, class_="plain"),
        [paragraph("Remedy: ", prose(text)) for text in clause["remedies"]],
        class_="clause",
    )


def _reason(clause: Json) -> str:
    if not clause["undecided"] or clause["verdict"] == "unknown":
        return str(clause["reason"])
    return f"{clause['reason']}; {clause['undecided']} cannot be decided yet"


def _questions(content: Json) -> list[Child]:
    if not content["questions"]:
        return [paragraph("No check of a rule waits for an answer.")]
    rows = [(prose(each["question"]), each["clauses"]) for each in content["questions"]]
    made = table("What nobody has stated", [Column("Question", wide=True), "Clauses that wait for it"], rows)
    return [made, paragraph(_more(content["moreQuestions"])) if content["moreQuestions"] else None]


def _more(count: int) -> str:
    return f"and {count} more; the files for machines hold all"


def _waivers(content: Json) -> Element:
    if not content["waivers"]:
        return paragraph("No violation of a clause of this pack is accepted.")
    rows = [
        (
            each["clauses"],
            items(
                (
                    prose(text)
                    for text in (*each["accepts"], *([_more(each["more"])] if each["more"] else []))
                ),
                class_="plain",
            ),
            each["because"],
            each["by"],
            each["until"],
        )
        for each in content["waivers"]
    ]
    columns: list[Column | str] = ["Clauses", Column("What is accepted", wide=True), "Because", "By", "Until"]
    return table("Accepted violations", columns, rows)


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


def _statement(content: Json) -> list[Child]:
    rows = [
        (
            each["number"],
            " — ".join(filter(None, (each["title"], each["reason"], each["remark"]))),
            each["applies"],
            each["state"],
        )
        for each in content["statement"]
    ]
    said = sum(each["applies"] != "unsaid" for each in content["statement"])
    return [
        paragraph(
            f"For {said} of {len(rows)} clauses somebody has declared whether they apply, and why; "
            "of the others that is unsaid."
        ),
        table(
            "Whether each clause applies",
            ["Clause", Column("What it demands; why", wide=True), "Applies", "State"],
            rows,
        ),
    ]


def _closing(content: Json) -> Element:
    return el(
        "footer", el("p", f"{content['program']} · the same model and law give the same file", class_="note")
    )
