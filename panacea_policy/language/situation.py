"""Where a parse got stuck, as a person sees it: brackets, lines, entries; and how tokens may be mended."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from panacea_policy.language.lexer import RESERVED, Tokens
from panacea_policy.language.machine import Stuck

END = "$END"
FOREIGN = "FOREIGN"
CLOSER_OF = {"LBRACE": "RBRACE", "LPAR": "RPAR", "LSQB": "RSQB"}
SIGN_OF = {"LBRACE": "{", "LPAR": "(", "LSQB": "[", "RBRACE": "}", "RPAR": ")", "RSQB": "]"}
CLOSERS = frozenset(CLOSER_OF.values()) | {"UNIT_AFTER_CALL"}
VALUE_STARTS = frozenset({"STRING", "QUANTITY", "DATE", "ADDRESS", "TRUE", "FALSE", "NONE", "LSQB"})
PART_WORDS = frozenset(
    {
        "APPLIES_WHEN",
        "WHERE",
        "REQUIRE",
        "REPORT",
        "REMEDY",
        "CHANCE",
        "EFFORT",
        "HINDERED_BY",
        "EXPECT",
        "GIVEN",
    }
)


_SHOWN = 60


class Edit(NamedTuple):
    """One change to the tokens: those from ``start`` up to ``stop`` give way to ``kinds`` (terminals' names).

    New tokens stand where the replaced ones stood; inserted ones are empty.
    """

    start: int
    stop: int
    kinds: tuple[str, ...] = ()


class Situation:
    """The tokens of one item and the one among them that the grammar has no place for."""

    def __init__(self, text: str, tokens: Tokens, stuck: Stuck, terminals: tuple[str, ...]) -> None:
        self.source_text = text
        self.tokens = tokens
        self.at = stuck.at
        self.expected = stuck.expected
        self._terminals = terminals

    def __len__(self) -> int:
        return len(self.tokens)

    def kind(self, index: int) -> str:
        """The terminal of a token; END behind the last and before the first."""
        if not 0 <= index < len(self.tokens):
            return END
        number = self.tokens.kinds[index]
        return self._terminals[number] if number >= 0 else FOREIGN

    def is_name(self, index: int) -> bool:
        """Whether a token is a name, or one of the words that can be names."""
        text = self.text(index)
        return self.kind(index) == "NAME" or (text.isalpha() and text not in RESERVED)

    def text(self, index: int) -> str:
        """What is written at a token."""
        if not 0 <= index < len(self.tokens):
            return ""
        return self.source_text[self.tokens.starts[index] : self.tokens.ends[index]]

    def shown(self, index: int) -> str:
        """What is written at a token, on one line and not at endless length: for messages."""
        text = " ".join(self.text(index)[: _SHOWN * 4].split())
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

    def span(self, index: int) -> tuple[int, int]:
        """Where a token stands; the end of the last token stands for whatever comes after it."""
        if index < len(self.tokens):
            return self.tokens.starts[index], self.tokens.ends[index]
        last = self.tokens.ends[-1] if len(self.tokens) else 0
        return last, last

    def first_on_line(self, index: int) -> bool:
        """Whether a line ends between the token before and this one."""
        if index == 0 or index >= len(self.tokens):
            return True
        return "\n" in self.source_text[self.tokens.ends[index - 1] : self.tokens.starts[index]]

    def indent(self, index: int) -> int:
        """How far the line of a token is indented, in characters."""
        start = self.tokens.starts[index]
        line_start = self.source_text.rfind("\n", 0, start) + 1
        line = self.source_text[line_start : start + 1]
        return len(line) - len(line.lstrip())

    @cached_property
    def openers(self) -> list[int]:
        """For each token, and the end, the bracket around it (-1: none); for a closing one, its opening."""
        opening = {number for number, name in enumerate(self._terminals) if name in CLOSER_OF}
        closing = {number for number, name in enumerate(self._terminals) if name in CLOSERS}
        result: list[int] = []
        stack = [-1]
        for index, number in enumerate(self.tokens.kinds):
            result.append(stack[-1])
            if number in opening:
                stack.append(index)
            elif number in closing and len(stack) > 1:
                stack.pop()
        result.append(stack[-1])
        return result

    def opener(self, index: int) -> int:
        """The bracket around a token or, for a closing bracket, the one that it closes; -1 for none."""
        return self.openers[min(index, len(self.tokens))]

    def inside(self) -> str:
        """The kind of the bracket around the place: LBRACE, LPAR, LSQB, or END at the level of items."""
        return self.kind(self.opener(self.at))

    def unclosed(self) -> list[int]:
        """The brackets still open where the tokens end, outermost first."""
        stack = []
        index = self.openers[-1]
        while index >= 0:
            stack.append(index)
            index = self.openers[index]
        return stack[::-1]

    def in_body(self, index: int) -> bool:
        """Whether a token stands directly in braces or at the level of items."""
        return self.kind(self.opener(index)) in ("LBRACE", END)

    def starts_entry(self, index: int) -> bool:
        """Whether an entry of a body, or an item, seems to begin with this token."""
        if self.kind(index) in CLOSERS:
            return False
        if index == 0 or self.first_on_line(index) or self.kind(index) in PART_WORDS:
            return True
        if self.kind(index - 1) == "LBRACE" and self.opener(index) == index - 1:
            return True
        return self._is_key(index)

    def _is_key(self, index: int) -> bool:
        if self.kind(index) not in ("NAME", "STRING", "QUANTITY") or self.kind(index + 1) != "COLON":
            return False
        glued = self.tokens.ends[index] == self.tokens.starts[index + 1]
        head = self.kind(index - 1) == "NAME" and self.kind(index - 2) not in ("COLON", "COMMA")
        return glued and not head

    def entry(self, index: int) -> tuple[int, int]:
        """The tokens, from and up to, of the entry of a body (or the item) that a token belongs to."""
        index = min(index, len(self.tokens) - 1)
        if self.kind(index) in CLOSERS and self.opener(index) >= 0:
            index = self.opener(index)
        while not self.in_body(index):
            index = self.opener(index)
        around = self.opener(index)
        start = index
        while start > around + 1 and not (self.opener(start) == around and self.starts_entry(start)):
            start -= 1
        stop = index + 1
        while stop < len(self.tokens):
            if self.opener(stop) == around:
                closes = around >= 0 and self.kind(stop) in CLOSERS
                if closes or self.starts_entry(stop):
                    break
            stop += 1
        return start, stop

    def blamed_entry(self) -> tuple[int, int]:
        """The entry to leave out: the one before the place if that is unfinished, else the one at it."""
        at = self.at
        unfinished = at >= len(self.tokens) or (self.kind(at) in CLOSERS and self.in_body(at))
        wants_value = self.expected >= {"STRING", "QUANTITY", "LSQB"}
        if at > 0 and (unfinished or (wants_value and self.starts_entry(at))):
            previous = at - 1
            return self.entry(previous) if self.kind(previous) != "LBRACE" else self.entry(at)
        return self.entry(at)


def mended(tokens: Tokens, edits: tuple[Edit, ...], terminals: tuple[str, ...]) -> Tokens:
    """The tokens after some edits, given from the first to the last; comments and docs stay."""
    result = Tokens()
    result.kinds, result.starts, result.ends = list(tokens.kinds), list(tokens.starts), list(tokens.ends)
    result.comments, result.docs = tokens.comments, tokens.docs
    for start, stop, kinds in reversed(edits):
        result.kinds[start:stop] = [terminals.index(kind) for kind in kinds]
        if len(kinds) != stop - start:
            here = tokens.starts[start] if start < len(tokens) else tokens.ends[-1]
            result.starts[start:stop] = result.ends[start:stop] = [here] * len(kinds)
    return result
