"""Text → tokens.

One regular expression, put together from the terminals of the grammar, runs over the text once. Comments are
kept aside; a block of ``##`` comments is remembered as the documentation of the token that follows it.
"""

from __future__ import annotations

import re
from itertools import islice

from panacea_policy.language.syntax import Comment
from panacea_policy.language.tables import Tables

# Words that are never names (but for the keys before a colon).
RESERVED = frozenset(
    [
        "and",
        "or",
        "not",
        "in",
        "is",
        "if",
        "for",
        "where",
        "with",
        "has",
        "true",
        "false",
        "none",
        "some",
        "no",
        "every",
    ]
)

MAX_TOKENS = 3_000_000
MAX_BRACKETS = 64
MAX_DEPTH = 160

_COLON = re.compile(r"[ \t\r\n]*:")
# What other languages use, in one piece so that a message can name it: before our own signs, and after them.
_FOREIGN_SIGNS = r"==+|&&|\|\||:=|=>|/\*|//"
_FOREIGN = r"\"[^\"\\\n]*+(?:\\[^\n][^\"\\\n]*+)*+\\?|'[^'\n]*'|[^ \t\r\n\f]"


class Tokens:
    """The tokens of a text, as columns, and what stood between them.

    ``kinds`` numbers terminals (-1: characters that are no token), ``starts`` and ``ends`` are offsets.
    ``docs`` maps the offset at which a token starts to the ``##`` comments above it. ``limit`` is None, or
    says which bound the last token passed: "brackets", "depth" or "tokens".
    """

    __slots__ = ("comments", "docs", "ends", "kinds", "limit", "starts")

    def __init__(self) -> None:
        self.kinds: list[int] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.comments: list[Comment] = []
        self.docs: dict[int, str] = {}
        self.limit: str | None = None

    def __len__(self) -> int:
        return len(self.kinds)


# What a terminal does to the depth: it opens or closes a bracket, is an operator that nests, or ends a value.
_OPEN, _CLOSE, _NEST, _END = 1, 2, 3, 4
_OPENERS = ("LBRACE", "LPAR", "LSQB")
_CLOSERS = ("RBRACE", "RPAR", "RSQB", "UNIT_AFTER_CALL")
_SEPARATORS = ("COLON", "COMMA", "IF")
_NESTING = (
    "OR", "AND", "NOT", "EQUAL", "UNEQUAL", "LESS", "AT_MOST", "MORE", "AT_LEAST", "IS", "IS_NOT", "IN",
    "NOT_IN", "PLUS", "MINUS", "STAR", "SLASH", "HAS", "SOME", "NO", "EVERY", "COUNT", "MEASURE",
)  # fmt: skip


class Lexer:
    """Cuts texts into tokens by the patterns of one grammar."""

    def __init__(self, tables: Tables) -> None:
        self.terminals = tables.terminals
        self.name = tables.terminals.index("NAME")
        self.fallback = [-1] * len(tables.terminals)
        for word, kind in tables.keywords.items():
            if word not in RESERVED:
                self.fallback[kind] = self.name
        self._words = tables.keywords
        self._signs = tables.signs
        self._effects = [*(_effect(name) for name in tables.terminals), 0]  # the last is that of kind -1
        self._scan, self._kind_of_group = _scanner(tables)

    def tokenize(self, text: str, first: int = 0, last: int | None = None, most: int = MAX_TOKENS) -> Tokens:
        """The tokens from character ``first`` up to ``last`` (default: all), or up to the first limit passed.

        At most ``most`` tokens and comments are read.

        Characters that are no token are given the kind -1: whoever reads them decides what to say.
        """
        stop = len(text) if last is None else last
        tokens = Tokens()
        kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
        words, signs, effects, kind_of_group = self._words, self._signs, self._effects, self._kind_of_group
        bases: list[int] = []
        base = depth = 0
        doc = _Doc(text)
        for match in islice(self._scan.finditer(text, first, stop), most):
            group = match.lastindex
            if group is None:
                continue
            start, end = match.span(group)
            kind = kind_of_group[group]
            if kind < -1:
                if kind == _WORD:
                    kind = words.get(match[group], self.name)
                    if kind != self.name and _COLON.match(text, end, stop):
                        kind = self.name
                elif kind == _SIGN:
                    kind = signs[match[group]]
                else:
                    comment = match[group].rstrip("\r")
                    tokens.comments.append(Comment(start, start + len(comment), comment))
                    doc.add(comment, start, end)
                    continue
            if doc.lines:
                tokens.docs[start] = doc.take()
            kinds.append(kind)
            starts.append(start)
            ends.append(end)
            effect = effects[kind]
            if effect:
                if effect == _OPEN:
                    bases.append(base)
                    base = depth = depth + 1
                    if len(bases) > MAX_BRACKETS:
                        tokens.limit = "brackets"
                        break
                elif effect == _CLOSE:
                    depth = base = bases.pop() if bases else 0
                elif effect == _END:
                    depth = base
                else:
                    depth += 1
                    if depth > MAX_DEPTH:
                        tokens.limit = "depth"
                        break
        if len(kinds) + len(tokens.comments) >= most:
            tokens.limit = "tokens"
        return tokens


class _Doc:
    """The ``##`` comments since the last token, one per line; a plain comment or a gap starts them anew."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = 0
        self.lines: list[str] = []

    def add(self, comment: str, start: int, end: int) -> None:
        if not comment.startswith("##"):
            return
        if self.lines and self._text.count("\n", self._end, start) > 1:
            self.lines.clear()
        line_start = self._text.rfind("\n", 0, start) + 1
        if self._text[line_start:start].isspace() or line_start == start:
            self.lines.append(comment.lstrip("#").strip())
            self._end = end

    def take(self) -> str:
        doc = "\n".join(self.lines)
        self.lines.clear()
        return doc


_WORD, _SIGN, _COMMENT = -2, -3, -4


def _scanner(tables: Tables) -> tuple[re.Pattern[str], list[int]]:
    """The scanner, and what each of its groups is: a terminal, or one of -1 and the kinds above."""
    ignored = dict(tables.ignored)
    groups: list[tuple[int, str]] = []
    name = ""
    for kind, pattern in tables.patterns:
        if tables.terminals[kind] == "NAME":
            name = pattern
        else:
            groups.append((kind, pattern))
    signs = sorted(tables.signs, key=len, reverse=True)
    groups.append((_WORD, name))
    groups.append((-1, _FOREIGN_SIGNS))
    groups.append((_SIGN, "|".join(re.escape(sign) for sign in signs)))
    groups.append((_COMMENT, ignored["COMMENT"]))
    groups.append((-1, _FOREIGN))
    # Blanks are taken at once and for good, and the end matches too: nothing is ever scanned twice.
    blank = f"(?>{ignored['WHITE_SPACE']})?+"
    pattern = blank + "(?:" + "|".join(f"({pattern})" for _, pattern in groups) + r"|\Z)"
    return re.compile(pattern), [0, *(kind for kind, _ in groups)]


def _effect(terminal: str) -> int:
    if terminal in _OPENERS:
        return _OPEN
    if terminal in _CLOSERS:
        return _CLOSE
    if terminal in _NESTING:
        return _NEST
    return _END if terminal in _SEPARATORS else 0
