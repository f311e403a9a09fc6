"""The text of `panacea comply`: packs at a glance, their clauses, one clause in full, and changes of law."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import date

from panacea_policy.cli.comply import FORESEEN
from panacea_policy.cli.output import Terminal
from panacea_policy.cli.repair_text import repair_lines, together_lines
from panacea_policy.cli.session import plural
from panacea_policy.cli.text_table import Head, cells_of, fitted, lines_of
from panacea_policy.compiler import Finding, Verdict
from panacea_policy.compliance import Clause, ClauseVerdict, LawChange, Topic, read_waiver, related
from panacea_policy.formats.check_run import sentence
from panacea_policy.formats.comply_run import ComplyRun, PackView, number
from panacea_policy.formats.repair_json import Mending
from panacea_policy.formats.witnesses import leaf_place, leaf_text, witness_of
from panacea_policy.language.diagnostics import visible

#: Findings of a clause beyond these are counted, not listed, unless all are asked for.
SHOWN = 5

COLOURS = {
    "violated": "red",
    "unknown": "yellow",
    "waived": "white",
    "attested": "cyan",
    "met": "green",
    "not_applicable": "white",
}
_MARKS = {"violated": "✗", "unknown": "?", "waived": "~", "attested": "✎", "met": "✓", "not_applicable": "–"}


def overview_text(run: ComplyRun, terminal: Terminal, *, everything: bool) -> str:
    """Every pack in two lines, and its clauses: those that need work, or all of them."""
    page = _Page(run, terminal)
    blocks = ["\n".join(page.pack(pack, everything=everything)) for pack in run.packs]
    if not blocks:
        blocks = ["no clause is in use (`use packs.nis2` in the model, or --pack nis2, brings some)"]
    return "\n\n".join([*blocks, "\n".join(page.closing())]) + "\n"


def clause_text(
    run: ComplyRun, clause: Clause, terminal: Terminal, *, everything: bool, mending: Mending | None = None
) -> str:
    """Everything that one verdict rests on, and what would mend its violations if that was looked for."""
    page = _Page(run, terminal)
    return "\n".join(page.whole(clause, everything=everything, mending=mending)) + "\n"


def change_text(run: ComplyRun, change: LawChange, between: tuple[str, str], terminal: Terminal) -> str:
    """What the law of the second day changes against that of the first."""
    page = _Page(run, terminal)
    after = "what is foreseen" if between[1] == FORESEEN else f"the law of {between[1]}"
    lines = [page.bold(f"From the law of {between[0]} to {after}")]
    for one, many, changes in (
        ("clause comes to bind", "clauses come to bind", change.come),
        ("clause ceases to bind", "clauses cease to bind", change.gone),
        ("clause ends otherwise than before", "clauses end otherwise than before", change.other),
    ):
        if changes:
            lines += ["", plural(len(changes), one, many)]
        for each in changes:
            was, now = str(each.before.verdict), str(each.after.verdict)
            moved = f"{_words(was)} → {_words(now)}" if was != now else _words(now)
            lines += page.item(now, f"{each.id}  {each.after.title}", f"{moved}: {each.after.reason}")
    for one, many, findings in (
        ("violation counts only then", "violations count only then", change.new_violations),
        ("violation no longer counts", "violations no longer count", change.old_violations),
    ):
        if findings:
            lines += ["", plural(len(findings), one, many)]
            lines += page.findings(findings, everything=False)
    if len(lines) == 1:
        lines += ["", "nothing changes for this model"]
    return "\n".join(lines) + "\n"


def violated_text(run: ComplyRun) -> str:
    """One plain line for each binding clause that is violated, and nothing else."""
    return "".join(
        f"{clause.id}: {visible(clause.title)}: {visible(clause.reason)}\n"
        for clause in run.clauses
        if clause.verdict is ClauseVerdict.VIOLATED and not clause.standing.benchmark
    )


def statement_text(run: ComplyRun, pack: str, terminal: Terminal) -> str:
    """The statement of applicability of a pack, with what contradicts the verdicts."""
    lines = run.statement(pack)
    width = _width_of_numbers([line.clause for line in lines], terminal)
    room = terminal.width - width - 38
    heads = (
        Head("clause", width, left=True),
        Head("applies", 7, left=True),
        Head("state", 11, left=True),
        Head("verdict", 14, left=True),
        Head("what it demands; why", room, left=True),
    )
    rows = [
        (
            visible(number(line.clause)),
            {True: "yes", False: "no", None: "unsaid"}[line.applies],
            line.state or "unsaid",
            _words(str(line.clause.verdict)),
            visible("; ".join(filter(None, (line.clause.title, line.reason)))),
        )
        for line in lines
    ]
    told = [visible(f"{number(line.clause)}: {line.remark}") for line in lines if line.remark]
    unsaid = sum(line.declared is None and line.applies is None for line in lines)
    blocks = [*lines_of(heads, rows), ""]
    if told:
        blocks += ["What is stated and what was found contradict each other:", *(f"  {t}" for t in told), ""]
    blocks.append(
        f"{plural(len(lines), 'clause')}, {unsaid} without a statement "
        "(`applicability NAME of CLAUSE { applies: … reason: … state: … }` makes one)"
    )
    return "\n".join(blocks) + "\n"


def crosswalk_text(topics: Sequence[Topic], terminal: Terminal) -> str:
    """Every topic, and under it each clause with its verdict."""
    blocks = []
    width = _width_of_numbers([clause for topic in topics for clause in topic.clauses], terminal)
    for topic in topics:
        lines = [terminal.style(visible(topic.title), bold=True)]
        for clause in topic.clauses:
            verdict = str(clause.verdict)
            mark = terminal.style(_MARKS[verdict], fg=COLOURS[verdict])
            told = visible(f"{_words(verdict)}: {clause.reason}")
            numbered = fitted(visible(number(clause)), width)
            room = terminal.width - width - 20
            lines.append(f"  {mark} {clause.pack:<12} {numbered:<{width}}  {fitted(told, room)}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks or ["no mapping is in use"]) + "\n"


class _Page:
    """Lays out the clauses of one run."""

    def __init__(self, run: ComplyRun, terminal: Terminal) -> None:
        self._run = run
        self._terminal = terminal

    def pack(self, pack: PackView, *, everything: bool) -> Iterator[str]:
        """A pack's heading, its tally, and a line for each clause that is to be shown."""
        version = pack.says("version")
        name = f"{pack.name} {version}" if version else pack.name
        yield f"{self.bold(visible(pack.title))}  {self.dim(visible(name))}"
        law = _law(pack, self._run.law_of)
        if law:
            yield f"  {self.dim(visible(law))}"
        parts = [f"{pack.counts[v]} {_words(v)}" for v in COLOURS if pack.counts.get(v)]
        coverage = pack.coverage
        decided = "nothing of it applies"
        if coverage.applicable:
            decided = f"{int(coverage.fraction * 100)} % of what applies is decided"
        yield f"  {plural(len(pack.clauses), 'clause')}: {' · '.join(parts)}  ({decided})"
        shown = [c for c in pack.clauses if everything or c.verdict in _OPEN]
        waiting = [] if everything else [c for c in shown if _waits_for_people(c)]
        apart = {c.id for c in waiting}
        if shown:
            yield ""
        for clause in sorted((c for c in shown if c.id not in apart), key=_urgency):
            yield from self._line(clause)
        if waiting:
            numbers = ", ".join(map(number, waiting))
            told = f"{plural(len(waiting), 'clause')} for somebody to attest (no rule decides them)"
            yield from self.item("unknown", told, numbers)
        left = len(pack.clauses) - len(shown)
        if left:
            yield self.dim(f"  … and {plural(left, 'clause')} with nothing to do (--all)")

    def whole(self, clause: Clause, *, everything: bool, mending: Mending | None = None) -> Iterator[str]:
        """One clause with its findings, waivers, questions, rules, and the clauses that ask for the same."""
        verdict = str(clause.verdict)
        mark = self._terminal.style(f"{_MARKS[verdict]} {_words(verdict)}", fg=COLOURS[verdict], bold=True)
        yield f"{self.bold(visible(clause.title))}  {self.dim(clause.id)}"
        yield f"  {mark}: {visible(clause.reason)}"
        strength = self._run.strength(clause)
        if strength is not None:
            yield f"  known as {strength}, the weakest of what it rests on"
        if clause.standing.benchmark:
            yield "  a measure for us: nobody is held to it"
        if clause.standing.proposed:
            yield "  proposed or not applicable yet: judged as if it were law"
        for findings, title in (
            ([*clause.findings.with_verdict(Verdict.VIOLATED)], "violations"),
            ([*clause.findings.with_verdict(Verdict.WAIVED)], "accepted violations"),
        ):
            if findings:
                yield from ("", f"{len(findings)} {title if len(findings) > 1 else title[:-1]}")
                yield from self.findings(findings, everything=everything, mending=mending, witness=True)
        if mending is not None and mending.all is not None:
            yield from ("", *together_lines(mending, self._terminal))
        yield from self._questions(clause, everything=everything)
        yield from self._rules(clause)
        yield from self._related(clause)

    def findings(
        self,
        findings: Sequence[Finding],
        *,
        everything: bool,
        mending: Mending | None = None,
        witness: bool = False,
    ) -> Iterator[str]:
        """Some findings with their places and what mends them; with ``witness``, what they rest on."""
        shown = findings if everything else findings[:SHOWN]
        check = self._run.check
        for finding in shown:
            note = check.where(finding)
            if finding.waiver is not None:
                note = f"{note}; {read_waiver(finding.waiver, self._run.model)}"
            yield from self.item(str(finding.verdict), sentence(finding), note)
            if witness:
                yield from self._witness(finding)
            found = mending.of(finding) if mending is not None else None
            if found is not None:
                yield from (f"  {line}" for line in repair_lines(found, self._terminal))
        if len(shown) < len(findings):
            yield self.dim(f"  … and {len(findings) - len(shown):,} more (--all)")
        for remedy in dict.fromkeys(f.rule.remedy for f in findings if f.rule.remedy):
            yield from self._wrapped(f"remedy: {remedy}", indent=4)

    def _witness(self, finding: Finding) -> Iterator[str]:
        """What a finding rests on, and where the model says it."""
        check = self._run.check
        found = witness_of(check, finding)
        for leaf in found.leaves if found is not None else ():
            place = leaf_place(check, leaf)
            text = leaf_text(check, leaf)
            first, *rest = self._wrap(f"{text}  @ {place}" if place else text, 8)
            yield f"    {self.dim({'fact': '·', 'absent': '∅', 'counted': 'Σ'}[leaf.what])} {first}"
            yield from (f"        {line}" for line in rest)

    def item(self, verdict: str, text: str, note: str) -> Iterator[str]:
        """A marked entry and a dim note below it."""
        first, *rest = self._wrap(text, 4)
        yield f"  {self._terminal.style(_MARKS[verdict], fg=COLOURS[verdict])} {first}"
        yield from (f"    {line}" for line in rest)
        yield from (f"    {self.dim(line)}" for line in self._wrap(note, 4))

    def closing(self) -> Iterator[str]:
        """The day, what is not counted, and how to see more."""
        run = self._run
        yield f"the model as of {run.check.workspace.as_of}, the law of {_day(run)}"
        unbound = run.unbound.count_of(Verdict.VIOLATED)
        if unbound:
            yield self.dim(
                f"not counted: {plural(unbound, 'violation')} of law that does not bind here then "
                "(--foreseen, --law DATE)"
            )
        for pack in run.packs:
            if pack.unchecked:
                yield self.dim(f"{pack.name}: {plural(len(pack.unchecked), 'statement')} unchecked (--all)")
        if any(clause.verdict in _OPEN for clause in run.clauses):
            yield self.dim("one clause with everything it rests on: panacea comply --clause ID")

    def bold(self, text: str) -> str:
        """The text in bold."""
        return self._terminal.style(text, bold=True)

    def dim(self, text: str) -> str:
        """The text in a dim colour."""
        return self._terminal.style(text, dim=True)

    # ------------------------------------------------------------------------------------------ parts

    def _line(self, clause: Clause) -> Iterator[str]:
        """A clause, its verdict and why, in two lines."""
        strength = self._run.strength(clause)
        parts = [_words(str(clause.verdict)), *(["a measure for us"] if clause.standing.benchmark else [])]
        known = f" ({strength})" if strength is not None else ""
        title = f"{number(clause)}  {clause.title}"
        yield from self.item(str(clause.verdict), title, f"{', '.join(parts)}: {clause.reason}{known}")

    def _questions(self, clause: Clause, *, everything: bool) -> Iterator[str]:
        asked = list(dict.fromkeys(question.text for question in clause.asked))
        if not asked:
            return
        lacking = clause.findings.count_of(Verdict.UNKNOWN)
        why = "would settle it"
        if clause.verdict is not ClauseVerdict.UNKNOWN:
            why = f"of {plural(lacking, 'check')} that {'lacks' if lacking == 1 else 'lack'} a fact"
        yield from ("", f"{plural(len(asked), 'question')} {why}")
        for text in asked if everything else asked[:SHOWN]:
            yield from self._wrapped(f"? {text}", indent=2)
        if not everything and len(asked) > SHOWN:
            yield self.dim(f"  … and {len(asked) - SHOWN} more (--all)")

    def _rules(self, clause: Clause) -> Iterator[str]:
        if clause.rules:
            yield from ("", "rules that speak of it")
        for rule in clause.rules:
            tally = self._run.compliance.tally(rule.id)
            found = sum(f.rule.id == rule.id for f in clause.findings)
            met = tally.counts[Verdict.MET] if tally is not None else 0
            told = f"{met} met, {found} open" if met + found else "applies to nothing"
            yield f"  {rule.id}  {self.dim(f'{told}; panacea explain {rule.id}')}"

    def _related(self, clause: Clause) -> Iterator[str]:
        others = related(clause, self._run.compliance, self._run.model)
        if others:
            yield from ("", "clauses in use that ask for the same, or support it")
        for each in others:
            yield from self.item(
                str(each.verdict), f"{each.id}  {each.title}", f"{_words(str(each.verdict))}: {each.reason}"
            )

    def _wrapped(self, text: str, indent: int) -> Iterator[str]:
        return (" " * indent + line for line in self._wrap(text, indent))

    def _wrap(self, text: str, indent: int) -> list[str]:
        width = self._terminal.width - indent
        return textwrap.wrap(visible(text), width, break_long_words=False, break_on_hyphens=False) or [""]


def _width_of_numbers(clauses: Sequence[Clause], terminal: Terminal) -> int:
    """Cells for the numbers of some clauses: those of one law often differ in their last letter only."""
    return min(terminal.width // 3, max([6, *(cells_of(visible(number(each))) for each in clauses)]))


_OPEN = (ClauseVerdict.VIOLATED, ClauseVerdict.UNKNOWN, ClauseVerdict.WAIVED)


def _waits_for_people(clause: Clause) -> bool:
    """Whether nothing but an attestation can decide it, and none was ever given."""
    return clause.verdict is ClauseVerdict.UNKNOWN and not clause.findings and clause.attestation is None


def _urgency(clause: Clause) -> int:
    return list(ClauseVerdict).index(clause.verdict)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _day(run: ComplyRun) -> str:
    return f"{run.law_of} and what is foreseen" if run.foreseen else str(run.law_of)


def _law(pack: PackView, day: date) -> str:
    """Status, place and first day of a law, as they are on a day."""
    status, where, first = pack.status_on(day), pack.says("jurisdiction"), pack.says("effective")
    parts = [status] if status else []
    if isinstance(where, tuple):
        parts.append(", ".join(map(str, where)))
    if isinstance(first, date):
        parts.append(f"{'from' if day < first else 'since'} {first.isoformat()}")
    source = pack.says("source")
    return " · ".join([*([str(source)] if source else []), *parts])
