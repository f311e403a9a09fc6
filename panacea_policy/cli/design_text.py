"""A design file for the terminal: what stands, how bad, and what to do first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from panacea_policy.cli.output import Terminal
from panacea_policy.cli.session import plural
from panacea_policy.cli.text_table import Head, fitted, lines_of
from panacea_policy.language.diagnostics import visible
from panacea_policy.secure_design import DesignFile, Judged, Risk, Threat, with_error

#: Lines of one sort that are listed; the other formats have all.
_MOST = 8
_STYLES: dict[str, dict[str, Any]] = {
    "not acceptable": {"fg": "red", "bold": True},
    "reduce further": {"fg": "yellow"},
    "acceptable": {"fg": "green"},
    "critical": {"fg": "red", "bold": True},
    "high": {"fg": "red"},
    "medium": {"fg": "yellow"},
}


def summary(design: DesignFile, terminal: Terminal, *, quiet: bool) -> str:
    """The text; ``quiet`` leaves a line for each open threat alone."""
    page = _Page(design, terminal)
    lines = page.brief() if quiet else page.whole()
    return "\n".join(lines).rstrip("\n") + "\n"


class _Page:
    """Lays out one design file."""

    def __init__(self, design: DesignFile, terminal: Terminal) -> None:
        self._design = design
        self._terminal = terminal

    def brief(self) -> Iterator[str]:
        """A line for each open threat."""
        for threat in self._design.threats:
            if threat.state == "open":
                said = f"{threat.id} {threat.severity}: {threat.title} ({threat.subject.name})"
                yield visible(said)

    def whole(self) -> Iterator[str]:
        """Everything that fits a screen or two."""
        design = self._design
        subject = design.subject
        name = "" if subject.title == subject.name else f" {subject.name}"
        told = f"{subject.title} ({subject.kind.replace('_', ' ')}{name}), as of {design.as_of}"
        yield self._terminal.style(visible(told), bold=True)
        yield from self._wrapped(
            f"{plural(design.counted('open'), 'threat')} open, {design.counted('unknown')} undecided, "
            f"{design.counted('waived')} waived, {design.counted('met')} met "
            f"({design.rules_that_apply} of {design.rules_looked_at} rules apply)"
        )
        yield from self._section("Threats that stand", self._threats())
        yield from self._section("Accepted", self._accepted())
        yield from self._section("Risks", self._risks())
        yield from self._section("Who brings the worst about, per year", self._actors())
        yield from self._section("Requirements to meet first", self._requirements())
        yield from self._section("Controls", self._controls())
        yield from self._section("Bill of materials", self._bill())
        yield from self._section("Disclosure statement (MDS2)", self._disclosure())
        yield from self._section("Residual risk", self._residual())
        yield ""
        yield from self._wrapped(
            "-o FOLDER writes the page, Markdown, JSON, CSV, ReqIF, MDS2 and the four views"
        )

    def _section(self, title: str, lines: Iterator[str]) -> Iterator[str]:
        listed = list(lines)
        if listed:
            yield ""
            yield self._terminal.style(title, bold=True)
            yield from listed

    def _threats(self) -> Iterator[str]:
        standing = [t for t in self._design.threats if t.state in ("open", "unknown")]
        for threat in standing[:_MOST]:
            yield from self._threat(threat)
        if len(standing) > _MOST:
            yield f"  and {len(standing) - _MOST} more"

    def _accepted(self) -> Iterator[str]:
        """What somebody accepted: all of it, since a waiver is never out of sight."""
        for each in self._design.requirements:
            if each.state == "waived":
                yield from self._wrapped(f"~ {each.id} {each.text} ({each.subject.title})", 2)
                yield from self._wrapped(f"waived by {each.waiver}", 4)

    def _threat(self, threat: Threat) -> Iterator[str]:
        mark = {"open": "✗", "unknown": "?"}[threat.state]
        severity = self._word(threat.severity)
        ids = " ".join((*threat.weaknesses, *threat.techniques))
        yield f"  {mark} {severity} {visible(threat.title)}"
        told = threat.message if threat.state == "open" else "; ".join(threat.questions) or threat.message
        yield from self._wrapped(f"{told} [{ids}] {threat.requirement}", 4)

    def _risks(self) -> Iterator[str]:
        for risk in self._design.risks:
            yield f"  {risk.id} {visible(risk.title)}: {risk.severity.title}"
            yield from self._rated(risk)

    def _rated(self, risk: Risk) -> Iterator[str]:
        if risk.basis == "simulated":
            states = (
                ("without controls", risk.before),
                ("now", risk.now),
                ("with those planned", risk.planned),
            )
            for words, judged in states:
                yield f"    {words:<18} {self._judged(judged)}"
        else:
            basis = {"ordinal": "ordinal, not simulated", "unreached": "no way known"}
            yield f"    now                {self._judged(risk.now)} ({basis[risk.basis]})"
        if risk.assumed:
            yield from self._wrapped(risk.assumed, 4)

    def _judged(self, judged: Judged) -> str:
        if judged.level is None:
            return "not rated"
        chance = f"{with_error(judged.chance)} a year, " if judged.chance is not None else ""
        return f"{judged.level.title}, {chance}{self._word(judged.acceptability or '')}"

    def _actors(self) -> Iterator[str]:
        worst = next((r for r in self._design.risks if r.actors), None)
        if worst is None:
            return
        heads = (Head(worst.id, 40, left=True), Head("attempts", 10), Head("chance a year", 20))
        rows = [
            (visible(a.title), f"{a.attempts_per_year:.3g}", with_error(a.chance)) for a in worst.actors[:5]
        ]
        yield from lines_of(heads, rows)
        for each in self._design.not_counted:
            yield from self._wrapped(f"not counted: {each}", 2)

    def _requirements(self) -> Iterator[str]:
        open_ = [r for r in self._design.requirements if r.state == "open"]
        for each in open_[:_MOST]:
            yield from self._wrapped(f"{each.id} {each.text} ({each.subject.title})", 2)
            if each.test_idea:
                yield from self._wrapped(f"test: {each.test_idea}", 4)
        if len(open_) > _MOST:
            yield f"  and {len(open_) - _MOST} more open ones"

    def _controls(self) -> Iterator[str]:
        for status in ("in_place", "planned", "candidate", "not declared"):
            names = [c.title for c in self._design.controls if c.status == status]
            if names:
                yield from self._wrapped(f"{status.replace('_', ' ')}: {', '.join(names)}", 2)

    def _bill(self) -> Iterator[str]:
        bill = self._design.bill
        if bill is None:
            return
        exploited = sum(w.known_exploited for w in bill.weaknesses)
        yield from self._wrapped(
            f"{bill.product}: {plural(len(bill.components), 'component')}, "
            f"{plural(len(bill.weaknesses), 'known weakness', 'known weaknesses')}, {exploited} known "
            f"exploited; held against {bill.records}",
            2,
        )
        for each in bill.weaknesses[:_MOST]:
            worst = " known exploited" if each.known_exploited else ""
            yield fitted(
                visible(f"    {each.id} in {each.component}: {each.status}{worst}"), self._terminal.width
            )

    def _disclosure(self) -> Iterator[str]:
        answers = self._design.disclosure
        stated = sum(a.answer in ("yes", "no") for a in answers)
        open_ = list(dict.fromkeys(a.section for a in answers if a.answer == "see note"))
        yield from self._wrapped(
            f"{stated} of {len(answers)} questions answered"
            + (f"; not stated in {', '.join(open_)}" if open_ else ""),
            2,
        )

    def _residual(self) -> Iterator[str]:
        for each in (self._design.residual[0], *self._design.residual[1 + len(self._design.risks) :]):
            yield from self._wrapped(each, 2)

    def _word(self, word: str) -> str:
        return self._terminal.style(word, **_STYLES.get(word, {}))

    def _wrapped(self, text: str, indent: int = 0) -> Iterator[str]:
        pad = " " * indent
        yield from textwrap.wrap(
            visible(text), self._terminal.width, initial_indent=pad, subsequent_indent=pad + "  "
        )
