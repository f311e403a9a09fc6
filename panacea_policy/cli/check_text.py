"""The text of `panacea check` for people: violations by severity, waivers, open questions, a summary."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from panacea_policy.cli.check_groups import Group, QuestionGroup, grouped, grouped_questions
from panacea_policy.cli.options import SEVERITIES, reaches
from panacea_policy.cli.output import Terminal
from panacea_policy.cli.session import plural, render_diagnostics
from panacea_policy.compiler import Finding, RuleInfo, Verdict
from panacea_policy.compliance import Compliance, OpenQuestion, read_waiver
from panacea_policy.formats.check_run import CheckRun, Ratchet, names, sentence
from panacea_policy.language.diagnostics import visible

#: Entries of a rule, and questions, beyond these are counted, not listed, unless all are asked for.
SUBJECTS_SHOWN = 5
QUESTIONS_SHOWN = 5
#: A longer text is nobody's reading: beyond this many lines a rule gets one or two.
LINES = 150

_COLOURS = {"critical": "magenta", "high": "red", "medium": "yellow", "low": "cyan", "info": "blue"}
_LABEL_WIDTH = 10


def check_text(run: CheckRun, terminal: Terminal, *, everything: bool) -> str:
    """The whole text. ``everything`` lists each subject and question, not groups and the first few."""
    text = _laid_out(run, terminal, everything=everything, brief=False)
    if everything or text.count("\n") <= LINES:
        return text
    return _laid_out(run, terminal, everything=False, brief=True)


def _laid_out(run: CheckRun, terminal: Terminal, *, everything: bool, brief: bool) -> str:
    blocks: list[str] = []
    if run.diagnostics:
        root, colour = run.workspace.root, terminal.colour
        blocks.append(render_diagnostics(run.workspace.sources, run.diagnostics, colour=colour, root=root))
    if run.compliance is not None:
        view = _View(run, terminal, everything)
        violations = view.brief_violations() if brief else view.violations()
        if run.ratchet is None:
            blocks += [*violations, *view.waivers(), *view.questions(run.compliance.questions)]
        else:
            # What refuses a commit stands last, where it is read. No question is new or old: whoever asks
            # what a change brought does not wait for the proofs that they take.
            blocks += [*view.known(), *view.waivers(), *violations, *view.void()]
        blocks.append(view.summary(run.compliance, brief=brief))
    return "\n".join(blocks)


def failures_text(run: CheckRun, threshold: str) -> str:
    """One plain line for each mistake and each finding that decides the exit code, and nothing else."""
    lines = [f"{run.place(d.span)}: {d.severity.value}[{d.code}]: {d.message}" for d in run.diagnostics]
    for finding in run.deciding:
        if finding.verdict is Verdict.VIOLATED and reaches(finding.rule.severity, threshold):
            told = f"{sentence(finding)} [{finding.rule.id}]"
            lines.append(f"{run.place(finding.span)}: {finding.rule.severity}: {visible(told)}")
    lines += [f"{visible(str(void))} ({void.reason})" for void in (run.ratchet.void if run.ratchet else ())]
    return "".join(line + "\n" for line in lines)


class _View:
    """Lays out the findings of one run."""

    def __init__(self, run: CheckRun, terminal: Terminal, everything: bool) -> None:
        self._run = run
        self._terminal = terminal
        self._everything = everything

    def violations(self) -> Iterator[str]:
        """A block for each rule that is violated, worst first."""
        for findings in self._violated():
            yield self._rule_block(findings[0].rule, findings)

    def brief_violations(self) -> Iterator[str]:
        """A block for each severity, worst first, with a line or two for each rule that is violated."""
        for severity, rules in groupby(self._violated(), key=lambda findings: findings[0].rule.severity):
            blocks = list(rules)
            count = plural(sum(map(len, blocks)), "violation")
            title = f"{count} of {plural(len(blocks), 'rule')}"
            lines = [self._heading(severity.upper(), _COLOURS[severity], title)]
            for findings in blocks:
                lines += self._brief(findings[0].rule, grouped(findings))
            yield "\n".join(lines) + "\n"

    def _violated(self) -> Iterator[Sequence[Finding]]:
        """The violations of each rule that are not known from before, worst first."""
        violated = [f for f in self._run.findings if f.verdict is Verdict.VIOLATED and not self._run.known(f)]
        violated.sort(key=lambda f: (SEVERITIES.index(f.rule.severity), f.rule.id))
        for _, findings in groupby(violated, key=lambda f: f.rule.id):
            yield list(findings)

    def known(self) -> Iterator[str]:
        """One block of the violations that were there before: they do not decide, and are never hidden."""
        known = sorted(
            (f for f in self._run.findings if f.verdict is Verdict.VIOLATED and self._run.known(f)),
            key=lambda f: (SEVERITIES.index(f.rule.severity), f.rule.id),
        )
        if known and self._run.ratchet is not None:
            told = f"{plural(len(known), 'violation')} as before, in {self._run.ratchet.before}"
            lines = [self._heading("KNOWN", "white", told)]
            for _, findings in groupby(known, key=lambda f: f.rule.id):
                found = list(findings)
                lines += self._brief(found[0].rule, grouped(found), mark="~")
            yield "\n".join(lines) + "\n"

    def void(self) -> Iterator[str]:
        """A block for the certified claims that do not hold any more, those of this change first."""
        ratchet = self._run.ratchet
        if ratchet is None:
            return
        if ratchet.void:
            count = plural(len(ratchet.void), "certified claim")
            lines = [self._heading("VOID", "magenta", f"{count} would be false")]
            for void in ratchet.void:
                lines += self._item("✗", "red", str(void), void.reason, name=void.clause)
                for finding in void.findings[:SUBJECTS_SHOWN]:
                    lines += [f"    {line}" for line in self._wrap(f"- {sentence(finding)}", indent=4)]
                    lines.append(f"      {self._dim(self._run.where(finding))}")
            yield "\n".join(lines) + "\n"
        if ratchet.void_before:
            count = plural(len(ratchet.void_before), "certified claim")
            lines = [self._heading("VOID", "white", f"{count} false before this change already")]
            for void in ratchet.void_before:
                lines += self._item(
                    "~", "white", str(void).replace("would be", "is"), void.reason, void.clause
                )
            yield "\n".join(lines) + "\n"

    def waivers(self) -> Iterator[str]:
        """One block of all waived findings: they are accepted, never hidden."""
        waived = [finding for finding in self._run.findings if finding.verdict is Verdict.WAIVED]
        if waived:
            lines = [self._heading("WAIVED", "white", plural(len(waived), "accepted violation"))]
            same = {(f.rule.id, f.waiver.name if f.waiver else ""): None for f in waived}
            for key in same:
                group = [f for f in waived if (f.rule.id, f.waiver.name if f.waiver else "") == key]
                lines += self._waiver(group)
            yield "\n".join(lines) + "\n"

    def questions(self, questions: Sequence[OpenQuestion]) -> Iterator[str]:
        """The questions whose answers settle most."""
        if not questions:
            return
        groups = grouped_questions(questions)
        shown = groups if self._everything else groups[:QUESTIONS_SHOWN]
        waiting = {finding.fingerprint for question in questions for finding in question.findings}
        verb = "waits" if len(waiting) == 1 else "wait"
        heading = f"{plural(len(waiting), 'check')} {verb} for {plural(len(questions), 'answer')}"
        lines = [self._heading("UNKNOWN", "yellow", heading)]
        for group in shown:
            lines += self._item("?", "yellow", group.text, self._worth(group))
        if len(shown) < len(groups):
            left = len(questions) - sum(len(group.entities) for group in shown)
            lines.append(self._dim(f"  … and {left:,} more (--all)"))
        yield "\n".join(lines) + "\n"

    def _worth(self, group: QuestionGroup) -> str:
        """Where the question arises, and how many checks wait for its answers."""
        answers = f"{plural(len(group.entities), 'answer')}, " if len(group.entities) > 1 else ""
        first = group.entities[0]
        row = self._run.row(first) if len(group.entities) == 1 else None
        place = f"{self._run.place(first.span)}{f', {row}' if row is not None else ''}"
        return f"{place}  {answers}{plural(group.checks, 'check')}"

    def summary(self, compliance: Compliance, *, brief: bool) -> str:
        """The closing lines: every verdict counted, coverage, the clauses, and how to see more."""
        if not compliance.rules:
            return "nothing was checked: no rule is in use (`use packs.design` brings some)\n"
        coverage = compliance.coverage
        decided = f"{coverage.decided:,} of {plural(coverage.applicable, 'check')} decided"
        told = f"coverage {_percent(coverage.fraction)} ({decided})"
        if not coverage.applicable:
            told = "nothing in the model is what the rules speak of"
        lines = [self._verdicts(compliance.counts), f"{told}, as of {compliance.as_of.isoformat()}"]
        if compliance.clauses:
            counts = compliance.clause_counts
            parts = [f"{counts[name]} {name.replace('_', ' ')}" for name in _CLAUSE_ORDER if counts.get(name)]
            lines.append(f"{plural(len(compliance.clauses), 'clause')}: {', '.join(parts)}")
        lines += [self._dim(line) for line in _beside(compliance)]
        if self._run.ratchet is not None:
            lines += self._compared(self._run.ratchet)
        if brief:
            lines.append(self._dim("places, reasons and remedies: --all; one rule: panacea explain RULE"))
        return "\n".join(lines) + "\n"

    def _compared(self, ratchet: Ratchet) -> list[str]:
        """How the model compares with what was there before."""
        violated = [finding for finding in self._run.findings if finding.verdict is Verdict.VIOLATED]
        new = sum(not self._run.known(finding) for finding in violated)
        told = (
            f"against {ratchet.before}: {new:,} new, {len(violated) - new:,} known, {ratchet.gone:,} mended"
        )
        return [self._bold(told), *(self._dim(note) for note in ratchet.notes)]

    # ------------------------------------------------------------------------------------------ parts

    def _rule_block(self, rule: RuleInfo, findings: Sequence[Finding]) -> str:
        title, colour = rule.title or rule.name, _COLOURS[rule.severity]
        lines = [self._heading(rule.severity.upper(), colour, title, rule.id)]
        groups = [Group(names(f), (f,)) for f in findings] if self._everything else grouped(findings)
        shown = groups if self._everything else groups[:SUBJECTS_SHOWN]
        for group in shown:
            lines += self._item("✗", "red", group.sentence(), group.where(self._run), name=group.name)
        left = len(findings) - sum(len(group.findings) for group in shown)
        if left:
            lines.append(self._dim(f"  … and {left:,} more (--all)"))
        if rule.satisfies:
            lines += self._labelled("why", ", ".join(rule.satisfies))
        if rule.remedy:
            lines += self._labelled("remedy", rule.remedy)
        return "\n".join(lines) + "\n"

    def _waiver(self, findings: Sequence[Finding]) -> list[str]:
        """What one waiver accepts of one rule."""
        first = findings[0]
        if first.waiver is None:
            return []
        told = f"{first.rule.id}, {read_waiver(first.waiver, self._run.workspace.model)}"
        if len(findings) == 1:
            return self._item("~", "white", sentence(first), told, name=names(first))
        if self._everything:
            return [line for finding in findings for line in self._waiver([finding])]
        return self._item("~", "white", _listed(grouped(findings)), told)

    def _brief(self, rule: RuleInfo, groups: Sequence[Group], mark: str = "✗") -> list[str]:
        """A rule and whom it found: in one line if it fits, else in two."""
        mark = f"  {self._terminal.style(mark, fg='red' if mark == '✗' else 'white')} "
        title, every = visible(rule.title or rule.name), visible(_listed(groups))
        if len(title) + len(every) + len(rule.id) + 8 <= self._terminal.width:
            return [f"{mark}{title}: {self._bold(every)}  {self._dim(rule.id)}"]
        return [f"{mark}{title}  {self._dim(rule.id)}", f"    {self._in_a_line(groups)}"]

    def _in_a_line(self, groups: Sequence[Group]) -> str:
        """The only sentence if it fits into a line, else as many names as do."""
        width = self._terminal.width - 4
        only = visible(groups[0].sentence())
        if len(groups) == 1 and len(only) <= width:
            return only.replace(groups[0].name, self._bold(groups[0].name), 1)
        for count in range(len(groups), 0, -1):
            text = visible(_listed(groups, count))
            if len(text) <= width:
                return self._bold(text)
        return textwrap.shorten(visible(_listed(groups, 1)), width, placeholder=" …")

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
        worst = f" ({by_severity})" if by_severity else ""
        others = " · ".join(f"{counts.get(name, 0):,} {name.replace('_', ' ')}" for name in _OTHER_VERDICTS)
        fits = len(f"{total:,} violated{worst} · {others}") <= self._terminal.width
        count = self._terminal.style(f"{total:,} violated", fg="red" if total else "green", bold=True)
        return f"{count}{worst}{' · ' if fits else chr(10)}{others}"

    def _bold(self, text: str) -> str:
        return self._terminal.style(text, bold=True)

    def _dim(self, text: str) -> str:
        return self._terminal.style(text, dim=True)


def _listed(groups: Sequence[Group], shown: int | None = None) -> str:
    """The names, and how many findings more there are."""
    chosen = groups[:shown]
    left = sum(len(group.findings) for group in groups[len(chosen) :])
    listed = ", ".join(group.name for group in chosen)
    return f"{listed} and {left:,} more" if left else listed


def _beside(compliance: Compliance) -> Iterator[str]:
    """What was found and is not held against the model, and why not."""
    unbound = [finding for finding in compliance.unbound if finding.verdict is Verdict.VIOLATED]
    if unbound:
        yield f"not counted: {plural(len(unbound), 'violation')} of law that does not bind here today"
    measured = len(compliance.findings) - len(compliance.deciding)
    if measured:
        yield f"{plural(measured, 'finding')} of clauses that only measure: no reason for exit code 1"


_OTHER_VERDICTS = ("unknown", "waived", "met", "not_applicable")
_CLAUSE_ORDER = ("violated", "unknown", "waived", "attested", "met", "not_applicable")


def _percent(fraction: float) -> str:
    """Rounded down, so that 100 % means all."""
    return f"{int(fraction * 100)} %"
