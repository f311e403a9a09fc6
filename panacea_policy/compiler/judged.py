"""What was read off for one rule: findings with what they rest on, and the tally; made when looked at."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.verdicts import OPEN, Finding, Question, RuleFindings, RuleInfo, Tally, Verdict

if TYPE_CHECKING:
    from panacea_policy.compiler.judge import Wording

Row = tuple[int | float, ...]
"""A row of a relation: ids of symbols, and numbers."""
Subject = Row
"""What a verdict is about, as in rows."""


class Teller(msgspec.Struct):
    """Who tells of the findings of one rule. ``told``: the subjects of those that have been asked about."""

    judge: Wording
    rule: CompiledRule
    info: RuleInfo
    told: set[Subject] = msgspec.field(default_factory=set)


class Evidence(msgspec.Struct):
    """The rows that a finding rests on, at most :data:`MAX_WITNESSES`.

    ``asked``: of a finding that holds no more, the rows that said what would have settled it.
    """

    teller: Teller
    subject: Subject
    rows: Sequence[Row]
    certain: bool
    asked: Sequence[Row] = ()

    def tell(self) -> tuple[str, ...]:
        """The rule's message for every witness."""
        self.teller.told.add(self.subject)
        return self.teller.judge.sentences(self)

    def ask(self) -> tuple[Question, ...]:
        """What would settle the verdict."""
        self.teller.told.add(self.subject)
        return self.teller.judge.questions(self)


Held = tuple[Finding, Evidence]


class Judged:
    """What was read off for one rule: its open findings by subject and in order, and the tally.

    ``applies``: how many subjects it may apply to; ``open``: how many of them have a finding.
    """

    __slots__ = (
        "_evidence",
        "_find_all",
        "_findings",
        "_members",
        "_part",
        "applies",
        "counts",
        "open",
        "tally",
        "teller",
    )

    tally: Tally

    def __init__(self, teller: Teller) -> None:
        self.teller = teller
        self._findings: list[Finding] = []
        self._evidence: dict[Subject, Held] = {}
        self._find_all: Callable[[Judged], None] | None = None
        self._part: RuleFindings | None = None
        self.counts = dict.fromkeys(Verdict, 0)
        self.applies = self.open = 0
        self._members: dict[int | float, set[Subject]] | None = None

    @property
    def rule(self) -> CompiledRule:
        """The rule."""
        return self.teller.rule

    @property
    def info(self) -> RuleInfo:
        """The rule as people see it."""
        return self.teller.info

    @property
    def findings(self) -> list[Finding]:
        """The open findings in order."""
        self._settle()
        return self._findings

    @property
    def evidence(self) -> dict[Subject, Held]:
        """The open findings by subject, with what they rest on."""
        self._settle()
        return self._evidence

    @property
    def part(self) -> RuleFindings:
        """The findings as they are handed out; what is handed out stays as it is."""
        if self._part is not None:
            return self._part
        if self._find_all is None:
            return RuleFindings.of(self.info, tuple(self._findings))
        self._part = RuleFindings(self.info, self.counts, lambda: self.findings)
        return self._part

    def leave(self, find_all: Callable[[Judged], None]) -> None:
        """Leave it to be done when somebody looks at the findings, which are counted already."""
        self._find_all = find_all

    def open_to_change(self) -> None:
        """Make what has been left for later, before anything changes."""
        self._settle()
        if self._part is not None:
            self._part.made  # noqa: B018 - makes them
            self._part = None

    def _settle(self) -> None:
        find_all, self._find_all = self._find_all, None
        if find_all is not None:
            counts, self.counts = self.counts, dict.fromkeys(Verdict, 0)
            find_all(self)
            # INVARIANT: they are as many as were counted.
            assert all(self.counts[verdict] == counts[verdict] for verdict in OPEN), self.info.id
            self.counts = counts

    def find(self, subject: Subject) -> Finding | None:
        """The open finding about a subject."""
        held = self.evidence.get(subject)
        return held[0] if held is not None else None

    def about(self, symbol: int) -> Collection[Subject]:
        """The subjects with open findings that a declaration, by its symbol, is among."""
        if len(self.rule.subjects) == 1:
            return [(symbol,)] if (symbol,) in self.evidence else ()
        if self._members is None:
            self._members = {}
            for subject in self.evidence:
                self._note(subject)
        return self._members.get(symbol, ())

    def put(self, finding: Finding, evidence: Evidence) -> None:
        """Take in a finding about a subject that has none, without a place in the order yet."""
        self._evidence[evidence.subject] = finding, evidence
        self.counts[finding.verdict] += 1

    def put_in_order(self) -> None:
        """Give all findings their places in the order."""
        self._findings = [finding for finding, _ in self._evidence.values()]
        self._findings.sort(key=order_of)

    def place(self, finding: Finding, subject: Subject) -> None:
        """Give a finding its place in the order, as the last thing of taking it in."""
        self.findings.insert(bisect_left(self.findings, order_of(finding), key=order_of), finding)
        if self._members is not None:
            self._note(subject)

    def drop(self, subject: Subject) -> Held | None:
        """Take out the finding about a subject, if there is one."""
        held = self.evidence.pop(subject, None)
        if held is not None:
            self.counts[held[0].verdict] -= 1
            del self.findings[self._at(held[0])]
            if self._members is not None:
                for each in subject:
                    self._members[each].discard(subject)
        return held

    def renew(self) -> None:
        """Let what was told already be told anew, for it may read otherwise now; findings handed out stay as
        they are.
        """
        for subject in self.teller.told:
            held = self.evidence.get(subject)
            if held is not None:
                finding = replace(held[0])
                self.findings[self._at(held[0])] = finding
                self.evidence[subject] = finding, held[1]
        self.teller.told.clear()

    def _at(self, finding: Finding) -> int:
        at = bisect_left(self.findings, order_of(finding), key=order_of)
        while self.findings[at] is not finding:
            at += 1
        return at

    def _note(self, subject: Subject) -> None:
        assert self._members is not None
        for each in subject:
            self._members.setdefault(each, set()).add(subject)


def order_of(finding: Finding) -> tuple[str, ...]:
    """The place of a finding among those of its rule."""
    return tuple(each.name for each in finding.subjects)
