"""The file of one system as a page: one file, readable offline, on paper, and with a screen reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from panacea_policy.report.design.annexes import bill, disclosure, views
from panacea_policy.report.design.tones import tone
from panacea_policy.report.html import Child, Column, Element, badge, code, el, items, paragraph, prose, table
from panacea_policy.report.page import document
from panacea_policy.report.reading import shown
from panacea_policy.secure_design import (
    DesignFile,
    Judged,
    Requirement,
    Risk,
    Threat,
    between,
    with_error,
)

_CHAPTERS = (
    ("result", "Result"),
    ("subject", "The system"),
    ("method", "Method"),
    ("threats", "Threats"),
    ("attacks", "Attack steps"),
    ("risks", "Risks"),
    ("controls", "Controls"),
    ("requirements", "Security requirements"),
    ("views", "Security views"),
    ("disclosure", "Disclosure statement"),
    ("bill", "Bill of materials"),
    ("questions", "Questions"),
)


def to_html(design: DesignFile) -> str:
    """The page as HTML text."""
    made = {id: list(content) for id, content in _contents(design).items()}
    chapters = [(id, title) for id, title in _CHAPTERS if made.get(id)]
    contents = el(
        "nav",
        items([el("a", title, href=f"#{id}") for id, title in chapters], ordered=True),
        class_="contents",
        aria_label="Contents",
    )
    sections = [
        el("section", el("h2", title, id=f"{id}-title"), *made[id], id=id, aria_labelledby=f"{id}-title")
        for id, title in chapters
    ]
    closing = el(
        "footer",
        paragraph(
            f"Made by Panacea Policy {design.version} from a model as of {design.as_of.isoformat()}. It "
            "supports the work of those who answer for the product, and is no certificate."
        ),
    )
    title = f"Secure design file: {design.subject.title}"
    return document(title, [_cover(design), el("main", contents, sections, id="content"), closing])


def _contents(design: DesignFile) -> dict[str, Iterator[Child]]:
    return {
        "result": _result(design),
        "subject": _subject(design),
        "method": (paragraph(each) for each in design.method),
        "threats": _threats(design),
        "attacks": _attacks(design),
        "risks": _risks(design),
        "controls": _controls(design),
        "requirements": _requirements(design),
        "views": views(design),
        "disclosure": disclosure(design),
        "bill": bill(design),
        "questions": (items(prose(each) for each in design.questions) for _ in design.questions[:1]),
    }


def _rated(design: DesignFile) -> str:
    unrated = sum(r.now.level is None for r in design.risks)
    more = f", {unrated} not rated" if unrated else ""
    return f"of {len(design.risks)}, controls in place counted{more}"


def _cover(design: DesignFile) -> Element:
    met = sum(r.state == "met" for r in design.requirements)
    bad = sum(r.now.acceptability == "not acceptable" for r in design.risks)
    figures = (
        (
            "Threats open",
            str(design.counted("open")),
            f"{design.counted('unknown')} undecided, {design.counted('met')} met",
        ),
        ("Risks not acceptable", str(bad), _rated(design)),
        (
            "Requirements met",
            f"{met} of {len(design.requirements)}",
            "each with a test idea where one is known",
        ),
        (
            "Disclosure answered",
            f"{sum(a.answer in ('yes', 'no') for a in design.disclosure)} of {len(design.disclosure)}",
            "questions of the draft",
        ),
    )
    return el(
        "header",
        el("p", f"Secure design file · as of {design.as_of.isoformat()}", class_="over"),
        el("h1", design.subject.title),
        el(
            "p",
            f"{design.subject.kind.replace('_', ' ').capitalize()} at "
            f"{design.organisation or 'an organisation'}. {design.subject.doc}",
            class_="lead",
        ),
        el(
            "dl",
            [
                el("div", el("dt", name), el("dd", value), el("dd", sub, class_="sub"))
                for name, value, sub in figures
            ],
            class_="figures",
        ),
        class_="cover",
    )


def _result(design: DesignFile) -> Iterator[Child]:
    first, *rest = design.residual
    yield el("p", first, class_="lead")
    yield items(rest[len(design.risks) :])
    yield table(
        "Risks at a glance",
        ["Risk", Column("Hazard", wide=True), "Severity", "Without controls", "Now", "With those planned"],
        [
            (
                el("a", r.id, href=f"#{r.id}", class_="id"),
                r.title,
                r.severity.title,
                _judged(r.before),
                _judged(r.now),
                _judged(r.planned),
            )
            for r in design.risks
        ],
        note="Residual risk is what stands under Now; the last column tells what planned controls would "
        "leave.",
    )


def _judged(value: Judged) -> Child:
    if value.level is None:
        return el("span", "not rated", class_="quiet")
    chance = (
        el("span", f"{with_error(value.chance)} a year", class_="sub") if value.chance is not None else None
    )
    return [value.level.title, " ", tone(value.acceptability or ""), chance]


def _subject(design: DesignFile) -> Iterator[Child]:
    subject = design.subject
    rows = [*subject.facts]
    yield table("What the model states", ["What", Column("Stated", wide=True)], rows)
    if subject.safety_source:
        yield paragraph(f"What its failure can do is {subject.safety_source}.", class_="note")
    if subject.parts:
        looked_at = table(
            "What was looked at with it",
            ["What", "Kind", "Name"],
            [(p.title, p.kind.replace("_", " "), code(p.name)) for p in subject.parts],
        )
        yield el(
            "details", el("summary", f"{len(subject.parts)} things that were looked at with it"), looked_at
        )


def _threats(design: DesignFile) -> Iterator[Child]:
    yield paragraph(
        f"{design.rules_that_apply} of {design.rules_looked_at} rules in use apply to the system and what "
        "belongs to it. Each line is one rule at one subject."
    )
    standing = [t for t in design.threats if t.state != "met"]
    if standing:
        yield table(
            "Threats that stand",
            ["Threat", Column("What is so", wide=True), "On", "State", "Answered by"],
            [_threat(t) for t in standing],
        )
    else:
        yield paragraph("No threat stands.")
    met = [t for t in design.threats if t.state == "met"]
    if met:
        yield el(
            "details",
            el("summary", f"{len(met)} threats that something answers"),
            table(
                "Threats that something answers",
                ["Threat", Column("Rule", wide=True), "On", "Requirement"],
                [
                    (
                        el("span", t.id, class_="id"),
                        [t.title, _ids(t)],
                        [t.subject.title, el("span", t.relation, class_="sub")],
                        el("a", t.requirement, href=f"#{t.requirement}", class_="id"),
                    )
                    for t in met
                ],
            ),
        )


def _threat(threat: Threat) -> tuple[Child, ...]:
    told: list[Child] = [
        threat.title,
        el("span", prose(threat.message), class_="sub") if threat.message else None,
    ]
    told += [el("span", prose(each), class_="sub") for each in threat.questions]
    return (
        [
            el("span", threat.id, id=threat.id, class_="id"),
            " ",
            el("span", badge(threat.severity, threat.severity)),
        ],
        [*told, _ids(threat)],
        [
            threat.subject.title,
            el("span", threat.relation, class_="sub"),
            el("span", code(shown(threat.place)), class_="sub"),
        ],
        tone(threat.state),
        el("a", threat.requirement, href=f"#{threat.requirement}", class_="id"),
    )


def _ids(threat: Threat) -> Element:
    kinds = ", ".join(threat.kinds) or threat.category
    numbers = " ".join((*threat.weaknesses, *threat.patterns, *threat.techniques))
    return el("span", " · ".join(filter(None, (kinds, numbers))), class_="sub")


def _attacks(design: DesignFile) -> Iterator[Child]:
    titles = {control.name: control.title for control in design.controls}
    for direction, title, about in (
        ("entry", "How it falls", "Steps whose result is about the system."),
        ("next", "What can be done from it", "Steps that build on it and give something else."),
    ):
        rows: list[tuple[Child, ...]] = [
            (
                [
                    move.title,
                    el(
                        "span",
                        " · ".join(filter(None, (move.layer, " ".join(move.techniques)))),
                        class_="sub",
                    ),
                ],
                between(move.chance_low, move.chance_high),
                [el("span", each, class_="sub") for each in move.needs[:3]],
                [
                    el("span", titles.get(each, each), class_="sub")
                    for each in (move.hindered_by or ("nothing in place",))
                ],
                move.test_idea or "–",
            )
            for move in design.moves
            if move.direction == direction
        ]
        if rows:
            columns: list[Column | str] = [
                Column("Step", wide=True),
                "Chance",
                "Needs",
                "Hindered by",
                Column("Test idea", wide=True),
            ]
            yield table(
                title, columns, rows, note=f"{about} Chances are those of one attempt, before controls."
            )


def _risks(design: DesignFile) -> Iterator[Child]:
    states = {threat.id: threat.state for threat in design.threats}
    for risk in design.risks:
        yield _risk(risk, states)
    matrix = design.matrix
    yield table(
        "Matrix of acceptable risk, as declared",
        [
            "Severity",
            *(
                f"{c.title} (from {least:.2g} a year)"
                for c, least in zip(matrix.columns, matrix.from_chance, strict=True)
            ),
        ],
        [
            (
                [row.severity.title, el("span", row.severity.meaning, class_="sub")],
                *(tone(cell) for cell in row.cells),
            )
            for row in matrix.rows
        ],
        note="Levels and limits are declarations of the model or the library; those of the library are "
        "assumptions.",
    )


def _risk(risk: Risk, states: Mapping[str, str]) -> Element:
    basis = {
        "simulated": "simulated on the attack graph",
        "unreached": "the attack graph has no way to it, and no threat stands; a way that neither knows is "
        "possible",
        "ordinal": "ordinal: assumed from the layer of the threats that stand",
    }[risk.basis]
    lines: list[tuple[str, Child]] = [
        ("Hazard", risk.title),
        ("Sequence of events", _sequence(risk, states)),
        ("Hazardous situation", risk.situation),
        ("Harm", risk.harm),
        ("Severity", [risk.severity.title, " ", el("span", risk.assumed, class_="quiet")]),
        ("Probability of exploitation", basis),
        ("Before controls", _judged(risk.before)),
        ("With controls in place", _judged(risk.now)),
        ("With those planned", _judged(risk.planned)),
        ("With all candidates", _judged(risk.candidates)),
    ]
    if risk.foreseeable_misuse:
        lines.insert(3, ("Foreseeable misuse", risk.foreseeable_misuse))
    shown_lines = [each for each in lines if risk.basis == "simulated" or each[0] not in _ONLY_SIMULATED]
    return el(
        "div",
        el("h3", f"{risk.id}  {risk.title}", id=risk.id),
        table(f"Risk {risk.id}", ["Part", Column("What is so", wide=True)], shown_lines),
        table(
            f"Who brings {risk.id} about, with the controls in place",
            [
                Column("Actor", wide=True),
                Column("Attempts a year", number=True),
                Column("Chance a year", number=True),
            ],
            [(a.title, f"{a.attempts_per_year:.3g}", with_error(a.chance)) for a in risk.actors],
            note="With the standard error of the simulation.",
        )
        if risk.actors
        else None,
    )


_ONLY_SIMULATED = ("Before controls", "With those planned", "With all candidates")


def _sequence(risk: Risk, states: Mapping[str, str]) -> Child:
    """The threats that stand, how many are answered, and the facts of the graph that they end in."""
    standing = [each for each in risk.threats if states.get(each) != "met"]
    answered = len(risk.threats) - len(standing)
    threats: list[Child] = [
        el("span", el("a", each, href=f"#{each}", class_="id"), " ") for each in standing
    ] or ["no threat stands"]
    parts: list[Child] = [threats]
    if answered:
        parts.append(el("span", f"and {answered} that something answers", class_="sub"))
    if risk.events:
        parts.append(el("span", f"Attack events: {'; '.join(risk.events[:6])}", class_="sub"))
    return parts


def _controls(design: DesignFile) -> Iterator[Child]:
    declared = [c for c in design.controls if c.status != "not declared"]
    if declared:
        yield table(
            "Controls that protect it",
            [
                Column("Control", wide=True),
                "Status",
                Column("Stops", number=True),
                Column("Hinders", wide=True),
                Column("Test idea", wide=True),
            ],
            [
                (
                    [c.title, el("span", code(c.name), class_="sub")],
                    tone(c.status),
                    f"{c.share_stopped:.0%}" if c.share_stopped is not None else "–",
                    [el("span", each, class_="sub") for each in c.hinders] or "no step that touches it",
                    c.test_idea or "–",
                )
                for c in declared
            ],
            note="Stops: the share of attempts at a step that it hinders.",
        )
    else:
        yield paragraph("No control that protects it is declared.")
    classes = [c for c in design.controls if c.status == "not declared"]
    if classes:
        yield table(
            "Classes of controls that would hinder a step by which it falls, and that nothing here belongs "
            "to",
            [Column("Class", wide=True), Column("Would hinder", wide=True)],
            [(c.title, [el("span", each, class_="sub") for each in c.hinders]) for c in classes],
        )


def _requirements(design: DesignFile) -> Iterator[Child]:
    yield paragraph(
        "Identifiers are made of names alone and survive edits of the model. The same list is there as CSV "
        "and ReqIF."
    )
    for title, wanted, closed in (
        ("Requirements that are open", ("open", "unknown", "waived"), False),
        ("Requirements that controls are to meet", ("planned", "candidate"), False),
        ("Requirements that are met", ("met",), True),
    ):
        rows = [_requirement(r) for r in design.requirements if r.state in wanted]
        if not rows:
            continue
        made = table(
            title,
            ["Id", Column("Requirement", wide=True), "State", "Traces to", Column("Test idea", wide=True)],
            rows,
        )
        yield el("details", el("summary", f"{len(rows)} requirements that are met"), made) if closed else made


def _requirement(each: Requirement) -> tuple[Child, ...]:
    traces = [*each.threats, *each.risks, *each.controls, *(clause.label for clause in each.clauses)]
    return (
        [el("span", each.id, id=each.id, class_="id"), " ", el("span", badge(each.priority, each.priority))],
        [
            each.text,
            el("span", f"On {each.subject.title}", class_="sub"),
            el("span", prose(each.remedy), class_="sub") if each.remedy and each.state != "met" else None,
            el("span", f"Waived by {each.waiver}", class_="sub") if each.waiver else None,
        ],
        tone(each.state),
        [el("span", trace, class_="sub") for trace in traces],
        each.test_idea or el("span", "none is written down", class_="quiet"),
    )
