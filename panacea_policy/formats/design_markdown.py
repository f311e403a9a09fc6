"""The file of one system as Markdown. Texts of a model stay texts: what would be markup is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from panacea_policy.secure_design import DesignFile, Judged, Risk, View, between, with_error

#: Characters that Markdown or HTML inside it gives a meaning to.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
#: Attack events of a risk that are listed.
_EVENTS = 6


def to_markdown(design: DesignFile) -> str:
    """The file as text; the same design gives the same bytes."""
    return "\n".join(_lines(design)).rstrip("\n") + "\n"


def _lines(design: DesignFile) -> Iterator[str]:
    subject = design.subject
    yield f"# Secure design file: {escape(subject.title)}"
    yield ""
    yield (
        f"{escape(subject.kind)} `{_code(subject.name)}` of {escape(design.organisation or 'the model')}, "
        f"as of {design.as_of}."
    )
    if subject.doc:
        yield ""
        yield "\n\n".join(map(escape, re.split(r"\n\s*\n", subject.doc)))
    yield from _table(("What", "Stated"), subject.facts)
    yield from _heading(2, "Result")
    yield from _items(design.residual)
    yield from _heading(2, "Method")
    yield from _items(design.method)
    yield from _heading(2, "Threats")
    yield from _threats(design)
    if design.moves:
        yield from _heading(2, "Attack steps that touch it")
        yield from _moves(design)
    yield from _heading(2, "Risks")
    yield from _risks(design)
    yield from _heading(2, "Controls")
    yield from _table(
        ("Control", "Status", "Hinders", "Test idea"),
        [(c.title, _status(c.status), "; ".join(c.hinders), c.test_idea) for c in design.controls],
    )
    yield from _heading(2, "Security requirements")
    yield from _requirements(design)
    yield from _heading(2, "Security views")
    for view in design.views:
        yield from _view(view)
    yield from _heading(2, "Disclosure statement (MDS2), a draft")
    yield from _table(
        ("Number", "Question", "Answer", "Note"),
        [(a.number, a.question, a.answer, a.note) for a in design.disclosure],
    )
    yield from _bill(design)
    if design.questions:
        yield from _heading(2, "Questions")
        yield from _items(design.questions)


def _requirements(design: DesignFile) -> Iterator[str]:
    yield from _table(
        ("Id", "Requirement", "On", "State", "Priority", "Threat, risk", "Clause", "Test idea"),
        [
            (
                r.id,
                r.text + (f" Waived by {r.waiver}." if r.waiver else ""),
                r.subject.title,
                r.state,
                r.priority,
                " ".join((*r.threats, *r.risks)),
                "; ".join(clause.label for clause in r.clauses),
                r.test_idea,
            )
            for r in design.requirements
        ],
    )


def _threats(design: DesignFile) -> Iterator[str]:
    counts = [f"{design.counted(state)} {state}" for state in ("open", "unknown", "waived", "met")]
    yield f"{', '.join(counts)}; {design.rules_that_apply} of {design.rules_looked_at} rules apply."
    yield from _table(
        ("Id", "State", "Severity", "Threat", "On", "Category", "CWE, CAPEC, ATT&CK", "What is so"),
        [
            (
                t.id,
                t.state,
                t.severity,
                t.title,
                f"{t.subject.title} ({t.relation})",
                ", ".join(t.kinds) or t.category,
                " ".join((*t.weaknesses, *t.patterns, *t.techniques)),
                t.message or "; ".join(t.questions),
            )
            for t in design.threats
        ],
    )


def _moves(design: DesignFile) -> Iterator[str]:
    titles = {control.name: control.title for control in design.controls}
    for direction, title in (("entry", "How it falls"), ("next", "What can be done from it")):
        rows = [
            (
                m.title,
                m.layer,
                " ".join(m.techniques),
                between(m.chance_low, m.chance_high),
                "; ".join(m.needs[:2]),
                ", ".join(titles.get(name, name) for name in m.hindered_by) or "nothing in place",
                m.test_idea,
            )
            for m in design.moves
            if m.direction == direction
        ]
        if rows:
            yield from _heading(3, title)
            columns = ("Step", "Layer", "ATT&CK", "Chance per attempt", "Needs", "Hindered by", "Test idea")
            yield from _table(columns, rows)


def _risks(design: DesignFile) -> Iterator[str]:
    yield from _table(
        (
            "Id",
            "Hazard",
            "Hazardous situation",
            "Harm",
            "Severity",
            "Without controls",
            "Now",
            "With planned",
            "Basis",
        ),
        [
            (
                r.id,
                r.title,
                r.situation,
                r.harm,
                r.severity.title,
                judged(r.before),
                judged(r.now),
                judged(r.planned),
                r.basis + (f" ({r.assumed})" if r.assumed else ""),
            )
            for r in design.risks
        ],
    )
    states = {threat.id: threat.state for threat in design.threats}
    for risk in design.risks:
        yield from _risk(risk, states)
    yield from _heading(3, "Matrix of acceptable risk, as declared")
    matrix = design.matrix
    limits = zip(matrix.columns, matrix.from_chance, strict=True)
    yield from _table(
        ("Severity", "Meaning", *(f"{c.title} (from {least:.2g} a year)" for c, least in limits)),
        [(row.severity.title, row.severity.meaning, *row.cells) for row in matrix.rows],
    )


def _risk(risk: Risk, states: Mapping[str, str]) -> Iterator[str]:
    """What leads to a hazard, and who brings it about."""
    standing = [each for each in risk.threats if states.get(each) != "met"]
    answered = len(risk.threats) - len(standing)
    yield from _heading(3, f"{risk.id}: {risk.title}")
    yield from _items(
        f"{name}: {text}"
        for name, text in (
            ("Sequence of events, threats that stand", " ".join(standing) or "none"),
            ("Threats that something answers", str(answered) if answered else ""),
            ("Attack events", "; ".join(risk.events[:_EVENTS])),
            ("Foreseeable misuse", risk.foreseeable_misuse),
            ("With all candidates", judged(risk.candidates) if risk.basis == "simulated" else ""),
        )
        if text
    )
    if risk.actors:
        yield from _table(
            ("Who brings it about", "Attempts a year", "Chance a year, with standard error"),
            [(a.title, f"{a.attempts_per_year:.3g}", with_error(a.chance)) for a in risk.actors],
        )


def judged(value: Judged) -> str:
    """A level with its chance and what the matrix says; a dash where it is not rated."""
    if value.level is None:
        return "–"
    chance = f", {with_error(value.chance)} a year" if value.chance is not None else ""
    return f"{value.level.title}{chance}: {value.acceptability}"


def _view(view: View) -> Iterator[str]:
    yield from _heading(3, view.title)
    yield escape(view.about)
    if view.links:
        names = {node.id: node.title for node in view.nodes}
        yield ""
        yield from _items(
            f"{names.get(e.source, e.source)} {'↔' if e.both_ways else '→'} {names.get(e.target, e.target)}"
            + (f": {e.label}" if e.label else "")
            + (" (broken)" if e.broken else "")
            for e in view.links
        )
    for table in view.tables:
        if table.rows:
            yield ""
            yield f"**{escape(table.caption)}**"
            yield from _table(table.columns, table.rows)
    yield from _items(view.gaps)


def _bill(design: DesignFile) -> Iterator[str]:
    bill = design.bill
    if bill is None:
        return
    yield from _heading(2, "Software bill of materials")
    about = {
        True: "is this system's",
        False: "is another product's",
        None: "may be this system's; nothing shows it",
    }
    yield escape(
        f"{bill.source} describes {bill.product}, and {about[bill.about_subject]}. Held against "
        f"{bill.records}."
    )
    yield from _table(
        ("Component", "Version", "Supplier", "Identifier", "Known weaknesses"),
        [(c.name, c.version, c.supplier, c.identifier, " ".join(c.weaknesses)) for c in bill.components],
    )
    if bill.weaknesses:
        yield from _table(
            ("Weakness", "Component", "Status", "CVSS", "Known exploited", "Fixed in", "Source"),
            [
                (
                    w.id,
                    w.component,
                    w.status,
                    "" if w.cvss is None else f"{w.cvss:g}",
                    "yes" if w.known_exploited else "no",
                    w.fixed_version,
                    w.source,
                )
                for w in bill.weaknesses
            ],
        )
    yield from _items(bill.notes)


def _status(status: str) -> str:
    return status.replace("_", " ")


def _heading(level: int, text: str) -> Iterator[str]:
    yield ""
    yield f"{'#' * level} {escape(text)}"
    yield ""


def _items(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield f"- {escape(text)}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield ""
    yield "| " + " | ".join(escape(column) for column in columns) + " |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        yield "| " + " | ".join(escape(cell) for cell in row) + " |"
    yield ""


def escape(text: str) -> str:
    """A text as one line of Markdown: nothing in it starts markup."""
    line = " ".join(text.split())
    return _SPECIAL.sub(r"\\\1", "".join(c for c in line if c.isprintable()))


def _code(text: str) -> str:
    return text.replace("`", "'")
