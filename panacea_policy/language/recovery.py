"""Reading a file with mistakes in it: every mistake is reported once, and what is sound stays in the tree.

The text is cut into items, each of which is parsed alone. Where an item does not parse, the smallest change
that helps (a comma put in, an entry left out) is made to its tokens, and it is parsed again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from panacea_policy.language.builder import MAX_MISTAKES
from panacea_policy.language.diagnostics import Diagnostic, Severity, Span
from panacea_policy.language.explain import explain
from panacea_policy.language.lexer import MAX_BRACKETS, MAX_DEPTH, Lexer, Tokens
from panacea_policy.language.machine import Machine, Stuck
from panacea_policy.language.rule_builder import RuleBuilder
from panacea_policy.language.situation import Edit, Situation, mended
from panacea_policy.language.syntax import Comment, Item

_MAX_ATTEMPTS = 40
_MAX_ITEM_TOKENS = 400_000
# How many tokens may be parsed again in all, so that a hostile file cannot buy time with mistakes.
_MAX_RETRIED_TOKENS = 500_000

# A line that may begin an item: its first column holds a letter, and what follows is no attribute's colon.
_ITEM = re.compile(
    r"^(?!(?:for|where|require|report|remedy|applies|from|to|chance|effort|hindered|given|expect|set|remove"
    r"|and|or|not|in|is|if|with|has|some|no|every)(?![\w.])|[A-Za-z_][\w.]*[ \t]*:)[A-Za-z_]",
    re.MULTILINE,
)


class Recovery:
    """One reading of one faulty text; ``first`` is its first mistake, if that is known."""

    def __init__(
        self, name: str, text: str, lexer: Lexer, machine: Machine, first: Diagnostic | None = None
    ) -> None:
        self._first = first
        self._name = name
        self._text = text
        self._lexer = lexer
        self._machine = machine
        self._retried = 0
        self.items: list[Item] = []
        self.comments: list[Comment] = []
        self.diagnostics: list[Diagnostic] = []

    def run(self) -> None:
        """Read all items; stops after MAX_MISTAKES mistakes and says so."""
        for start, end in self._chunks():
            if len(self.diagnostics) >= MAX_MISTAKES or self._retried >= _MAX_RETRIED_TOKENS:
                message = "too many mistakes: the rest of the file was not read"
                span = Span(self._name, start, start)
                self.diagnostics.append(Diagnostic("P0005", Severity.ERROR, message, span))
                return
            self._read(start, end)

    def _chunks(self) -> Iterator[tuple[int, int]]:
        start = 0
        for match in _ITEM.finditer(self._text):
            cut = self._with_doc(match.start(), start)
            if cut > start:
                yield start, cut
                start = cut
        yield start, len(self._text)

    def _with_doc(self, start: int, floor: int) -> int:
        """Where the ``##`` lines right above a line begin, so that they stay with their item."""
        while start > floor:
            line = self._text.rfind("\n", floor, start - 1) + 1
            if line <= floor or not self._text.startswith("##", line):
                break
            start = line
        return start

    def _read(self, start: int, end: int) -> None:
        tokens = self._lexer.tokenize(self._text, start, end, _MAX_ITEM_TOKENS)
        self.comments += tokens.comments
        if tokens.limit is not None:
            self.diagnostics.append(self._beyond_limit(tokens, start, end))
            return
        left_out = False
        said: set[tuple[str, Span]] = set()
        for _ in range(_MAX_ATTEMPTS):
            builder = RuleBuilder(self._name, tokens.docs)
            result = self._machine.run("file", self._text, tokens, builder)
            if not isinstance(result, Stuck):
                self.items += result
                # What is missing now may have been in a part left out: no second message for one mistake.
                self.diagnostics += [d for d in builder.diagnostics if not left_out or d.code != "P0116"]
                return
            self._retried += len(tokens) + 1
            situation = Situation(self._text, tokens, result, self._lexer.terminals)
            finding = explain(situation, self._name)
            place = finding.diagnostic.code, finding.diagnostic.span
            if place in said:
                return  # the edits did not help: better no item than the same message again
            said.add(place)
            self.diagnostics.append(finding.diagnostic)
            edits = finding.edits
            if edits is None:
                edits = (Edit(*situation.blamed_entry()),)
            left_out = left_out or any(not edit.kinds for edit in edits)
            tokens = mended(tokens, edits, self._lexer.terminals)
            if not len(tokens) or self._retried >= _MAX_RETRIED_TOKENS:
                return

    def _beyond_limit(self, tokens: Tokens, start: int, end: int) -> Diagnostic:
        """What to say of an item that is not read to its end: the mistake in it, if that is known."""
        if self._first is not None and start <= self._first.span.start <= end:
            return self._first
        if tokens.limit == "tokens":
            result = self._machine.run("file", self._text, tokens, RuleBuilder(self._name, tokens.docs))
            if isinstance(result, Stuck) and result.at < len(tokens):
                return mistake(self._name, self._text, tokens, result, self._lexer.terminals)
        return limit_passed(self._name, tokens)


def mistake(name: str, text: str, tokens: Tokens, stuck: Stuck, terminals: tuple[str, ...]) -> Diagnostic:
    """What is wrong where a parse got stuck, without any attempt to go on."""
    return explain(Situation(text, tokens, stuck, terminals), name).diagnostic


def limit_passed(name: str, tokens: Tokens) -> Diagnostic:
    """What to say of tokens that end at a limit."""
    span = Span(name, tokens.starts[-1], tokens.ends[-1])
    if tokens.limit == "tokens":
        message = "there are more words and signs here than can be read"
        return Diagnostic("P0006", Severity.ERROR, message, span, help="split it into several files")
    if tokens.limit == "brackets":
        message = f"brackets are nested more than {MAX_BRACKETS} deep"
        return Diagnostic(
            "P0004", Severity.ERROR, message, span, help="look for a bracket that is not closed"
        )
    message = f"this expression is nested more than {MAX_DEPTH} deep"
    cure = "split it: give parts of it a name, as relations or declarations of their own"
    return Diagnostic("P0004", Severity.ERROR, message, span, help=cure)
