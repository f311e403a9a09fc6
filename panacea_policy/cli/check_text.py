"""The text of `panacea check` for people: violations by severity, waivers, open questions, a summary."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from panacea_policy.cli.options import SEVERITIES, reaches
from panacea_policy.cli.output import Terminal
from panacea_policy.cli.session import plural, render_diagnostics
from panacea_policy.compiler import Finding, RuleInfo, Verdict
from panacea_policy.compliance import Compliance, OpenQuestion, read_waiver
from panacea_policy.formats.check_run import CheckRun, names, sentence
from panacea_policy.language.diagnostics import visible

#: A rule's subjects, and questions, beyond these are counted, not listed, unless all are asked for.
SUBJECTS_SHOWN = 5
QUESTIONS_SHOWN = 5

_COLOURS = {"critical": "magenta", "high": "red", "medium": "yellow", "low": "cyan", "info": "blue"}
_LABEL_WIDTH = 10


def check_text(run: CheckRun, terminal: Terminal, *, everything: bool) -> str:
    """The whole text. ``everything`` lists all subjects and questions rather than the first few."""
    blocks: list[str] = []
    if run.diagnostics:
        blocks.append(render_diagnostics(run.workspace.sources, run.diagnostics, colour=terminal.colour))
    if run.compliance is not None:
        view = _View(run, terminal, everything)
        blocks += [*view.violations(), *view.waivers(), *view.questions(run.compliance.questions)]
        blocks.append(view.summary(run.compliance))
    return "\n".join(blocks)


def failures_text(run: CheckRun, threshold: str) -> str:
    """One plain line for each mistake and each finding that decides the exit code, and nothing else."""
    lines = [f"{run.place(d.span)}: {d.severity.value}[{d.code}]: {d.message}" for d in run.diagnostics]
    for finding in run.findings:
        if finding.verdict is Verdict.VIOLATED and reaches(finding.rule.severity, threshold):
            told = f"{sentence(finding)} [{finding.rule.id}]"
            lines.append(f"{run.place(finding.span)}: {finding.rule.severity}: {visible(told)}")
    return "".join(line + "\n" for line in lines)


class _View:
    """Lays out the findings of one run."""

    def __init__(self, run: CheckRun, terminal: Terminal, everything: bool) -> None:
        self._run = run
        self._terminal = terminal
        self._everything = everything

    def violations(self) -> Iterator[str]:
        """A block for each rule that is violated, worst first."""
        violated = [finding for finding in self._run.findings if finding.verdict is Verdict.VIOLATED]
        violated.sort(key=lambda f: (SEVERITIES.index(f.rule.severity), f.rule.id))
        for _, group in groupby(violated, key=lambda f: f.rule.id):
            findings = list(group)
            yield self._rule_block(findings[0].rule, findings)

    def waivers(self) -> Iterator[str]:
        """One block of all waived findings: they are accepted, never hidden."""
        waived = [finding for finding in self._run.findings if finding.verdict is Verdict.WAIVED]
        if waived:
            lines = [self._heading("WAIVED", "white", f"{plural(len(waived), 'accepted violation')}")]
            lines += [line for finding in waived for line in self._waiver(finding)]
            yield "\n".join(lines) + "\n"

    def questions(self, questions: Sequence[OpenQuestion]) -> Iterator[str]:
        """The questions whose answers settle most."""
        if not questions:
            return
        shown = questions if self._everything else questions[:QUESTIONS_SHOWN]
        unknown = self._run.compliance.counts.get("unknown", 0) if self._run.compliance else 0
        heading = f"{plural(len(questions), 'question')} would settle {plural(unknown, 'check')}"
        lines = [self._heading("UNKNOWN", "yellow", heading)]
        for question in shown:
            worth = plural(question.concerns, "check")
            place = f"{self._run.place(question.entity.span)}  {worth}"
            lines += self._item("?", "yellow", question.text, place)
        if len(shown) < len(questions):
            lines.append(self._dim(f"  … and {len(questions) - len(shown)} more (--all)"))
        yield "\n".join(lines) + "\n"

    def summary(self, compliance: Compliance) -> str:
        """The closing lines: every verdict counted, coverage, and the clauses."""
        if not compliance.rules:
            return "nothing was checked: no rule is in use (`use packs.design` brings some)\n"
        coverage = compliance.coverage
        decided = f"{coverage.decided:,} of {plural(coverage.applicable, 'check')} decided"
        lines = [
            self._verdicts(compliance.counts),
            f"coverage {_percent(coverage.fraction)} ({decided}), as of {compliance.as_of.isoformat()}",
        ]
        if compliance.clauses:
            counts = compliance.clause_counts
            parts = [f"{counts[name]} {name.replace('_', ' ')}" for name in _CLAUSE_ORDER if counts.get(name)]
            lines.append(f"{plural(len(compliance.clauses), 'clause')}: {', '.join(parts)}")
        return "\n".join(lines) + "\n"

    # ------------------------------------------------------------------------------------------ parts

    def _rule_block(self, rule: RuleInfo, findings: Sequence[Finding]) -> str:
        title, colour = rule.title or rule.name, _COLOURS[rule.severity]
        lines = [self._heading(rule.severity.upper(), colour, title, rule.id)]
        shown = findings if self._everything else findings[:SUBJECTS_SHOWN]
        for finding in shown:
            place = str(self._run.place(finding.span))
            lines += self._item("✗", "red", sentence(finding), place, name=names(finding))
        if len(shown) < len(findings):
            lines.append(self._dim(f"  … and {len(findings) - len(shown)} more (--all)"))
        if rule.satisfies:
            lines += self._labelled("why", ", ".join(rule.satisfies))
        if rule.remedy:
            lines += self._labelled("remedy", rule.remedy)
        return "\n".join(lines) + "\n"

    def _waiver(self, finding: Finding) -> list[str]:
        if finding.waiver is None:
            return []
        waiver = read_waiver(finding.waiver, self._run.workspace.model)
        note = f"{finding.rule.id}, {waiver}"
        return self._item("~", "white", sentence(finding), note, name=names(finding))

    def _heading(self, label: str, colour: str, title: str, note: str = "") -> str:
        tag = self._terminal.style(f"{label:<{_LABEL_WIDTH - 1}}", fg=colour, bold=True)
        return f"{tag} {self._bold(visible(title))}" + (f"  {self._dim(note)}" if note else "")

    def _item(self, mark: str, colour: str, text: str, note: str, name: str = "") -> list[str]:
        """A marked entry, its name in bold, and a dim note below it."""
        first, *rest = self._wrap(text, indent=4)
        if name and name in first:
            first = first.replace(name, self._bold(name), 1)
        return [
            f"  {self._terminal.style(mark, fg=colour)} {first}",
            *(f"    {line}" for line in rest),
            *(f"    {self._dim(line)}" for line in self._wrap(note, indent=4)),
        ]

    def _labelled(self, label: str, text: str) -> list[str]:
        first, *rest = self._wrap(text, indent=_LABEL_WIDTH)
        head = self._dim(f"  {label:<{_LABEL_WIDTH - 2}}")
        return [head + first, *(" " * _LABEL_WIDTH + line for line in rest)]

    def _wrap(self, text: str, indent: int) -> list[str]:
        """The text broken to the terminal's width, with control characters escaped."""
        width = self._terminal.width - indent
        return textwrap.wrap(visible(text), width, break_long_words=False, break_on_hyphens=False) or [""]

    def _verdicts(self, counts: Mapping[str, int]) -> str:
        violated = Counter(f.rule.severity for f in self._run.findings if f.verdict is Verdict.VIOLATED)
        by_severity = ", ".join(f"{violated[name]} {name}" for name in SEVERITIES if violated[name])
        total = sum(violated.values())
        parts = [
            self._terminal.style(f"{total:,} violated", fg="red" if total else "green", bold=True)
            + (f" ({by_severity})" if by_severity else ""),
            *(f"{counts.get(name, 0):,} {name.replace('_', ' ')}" for name in _OTHER_VERDICTS),
        ]
        return " · ".join(parts)

    def _bold(self, text: str) -> str:
        return self._terminal.style(text, bold=True)

    def _dim(self, text: str) -> str:
        return self._terminal.style(text, dim=True)


_OTHER_VERDICTS = ("unknown", "waived", "met", "not_applicable")
_CLAUSE_ORDER = ("violated", "unknown", "waived", "attested", "met", "not_applicable")


def _percent(fraction: float) -> str:
    """Rounded down, so that 100 % means all."""
    return f"{int(fraction * 100)} %"
