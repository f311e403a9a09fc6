"""The one layout of ``*.panacea`` files.

The author decides where lines break; the formatter decides indentation, spaces, blank lines and the shape of
comments. Only a line that has grown too long is broken, between the entries of its first body.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from panacea_policy.language.builder import QUANTITY
from panacea_policy.language.diagnostics import Diagnostic, Severity
from panacea_policy.language.lexer import Lexer, Tokens
from panacea_policy.language.parser import engine, parse
from panacea_policy.language.source import Source

WIDTH = 110
INDENT = "  "
_OPENERS = frozenset({"LBRACE", "LPAR", "LSQB"})
_CLOSERS = frozenset({"RBRACE", "RPAR", "RSQB", "UNIT_AFTER_CALL"})
_COMMENT = "COMMENT"


class FormatError(RuntimeError):
    """The formatter would have changed what a file says: a fault of its own, and the file is untouched."""


class FormatResult(NamedTuple):
    """The text in its standard layout; one with errors comes back as it was, with what is wrong."""

    text: str
    diagnostics: tuple[Diagnostic, ...]


def format_text(source: Source) -> FormatResult:
    """Lay out a file.

    Raises FormatError when the result would read differently from the text.
    """
    result = parse(source)
    if any(diagnostic.severity is Severity.ERROR for diagnostic in result.diagnostics):
        return FormatResult(source.text, result.diagnostics)
    text = source.text.removeprefix("\ufeff")
    lexer, machine = engine()
    tokens = lexer.tokenize(text)
    places = _Places()
    machine.run("file", text, tokens, places)
    lines = _lines(text, tokens, lexer, places)
    formatted = "".join(_written(lines))
    # INVARIANT: formatting changes blanks alone, so the tokens and the comments are the same before and
    # after.
    if _essence(text, tokens) != _essence(formatted, lexer.tokenize(formatted)):
        raise FormatError(f"formatting {source.name} would change its meaning")
    return FormatResult(formatted, result.diagnostics)


class _Places:
    """A builder that builds nothing but notes where things of interest start."""

    _ENTRIES = frozenset(
        [
            "attribute",
            "text_row",
            "number_row",
            "declaration",
            "typically",
            "set",
            "remove",
            "use",
            "relation",
            "derivation",
            "fact",
            "rule",
            "step",
            "scenario",
            "test",
            "for_part",
            "applies_part",
            "where_part",
            "require_part",
            "report_part",
            "remedy_part",
            "from_part",
            "to_part",
            "chance_part",
            "effort_part",
            "hindered_part",
            "given_part",
            "expect_rule",
            "expect_atom",
            "expect_nothing",
            "expect_anything",
        ]
    )

    def __init__(self) -> None:
        self.entries: set[int] = set()
        self.colons: set[int] = set()
        self.signs: set[int] = set()

    def __getattr__(self, name: str) -> Any:
        return self._entry if name in self._ENTRIES else self._ignore

    def _ignore(self, parts: list[Any], start: int, end: int) -> None:
        return None

    def _entry(self, parts: list[Any], start: int, end: int) -> None:
        self.entries.add(start)

    def sign(self, parts: list[Any], start: int, end: int) -> None:
        """A ``not`` or ``-`` in front of its operand."""
        self.signs.add(start)

    def arrow(self, parts: list[Any], start: int, end: int) -> str:
        return "arrow"

    def parents(self, parts: list[Any], start: int, end: int) -> None:
        """The colon of ``: server``, but not that of a named arrow, ``c1: a -> b``."""
        if parts[0] != "arrow":
            self.colons.add(start)


class _Atom(NamedTuple):
    """A token or comment in its standard spelling, and what the layout needs to know of it.

    ``breaks``: line ends in front of it; ``entry``: it begins an entry or item; ``depth``: the brackets open
    around it; ``owner``: the kind of the innermost of these; ``spaced``: a colon with a space before it, as
    in ``pacs : server``; ``sign``: a ``-`` or ``not`` in front of its operand.
    """

    kind: str
    text: str
    breaks: int
    entry: bool
    depth: int
    owner: str
    spaced: bool = False
    sign: bool = False


Line = list[_Atom]


def _lines(text: str, tokens: Tokens, lexer: Lexer, places: _Places) -> list[Line]:
    lines: list[Line] = []
    for atom in _atoms(text, tokens, lexer, places):
        if atom.breaks or not lines:
            lines.append([])
        lines[-1].append(atom)
    return [short for line in lines for short in _shortened(line)]


def _atoms(text: str, tokens: Tokens, lexer: Lexer, places: _Places) -> Iterator[_Atom]:
    comments = iter([*tokens.comments, None])
    comment = next(comments)
    brackets: list[str] = []
    previous = 0
    for number, start, end in zip(tokens.kinds, tokens.starts, tokens.ends, strict=True):
        while comment is not None and comment.start < start:
            breaks = text.count("\n", previous, comment.start)
            owner = brackets[-1] if brackets else ""
            yield _Atom(_COMMENT, _tidy_comment(comment.text), breaks, False, len(brackets), owner)
            previous = comment.end
            comment = next(comments)
        kind = lexer.terminals[number]
        if kind in _CLOSERS:
            brackets.pop()
        yield _Atom(
            kind,
            _tidy_token(kind, text[start:end]),
            text.count("\n", previous, start),
            start in places.entries,
            len(brackets),
            brackets[-1] if brackets else "",
            start in places.colons,
            start in places.signs,
        )
        if kind in _OPENERS:
            brackets.append(kind)
        previous = end
    while comment is not None:
        yield _Atom(
            _COMMENT, _tidy_comment(comment.text), text.count("\n", previous, comment.start), False, 0, ""
        )
        previous = comment.end
        comment = next(comments)


def _tidy_token(kind: str, text: str) -> str:
    if kind == "QUANTITY":
        match = QUANTITY.fullmatch(text)
        assert match is not None, text
        number, scale, unit, per = match.groups()
        return " ".join(part for part in (number + (scale or ""), unit, per and f"per {per}") if part)
    if kind == "UNIT_AFTER_CALL":
        return ") " + " ".join(text[1:].split())
    return text if kind == "STRING" else " ".join(text.split())


def _tidy_comment(text: str) -> str:
    text = text.rstrip()
    words = text.lstrip("#")
    marks = len(text) - len(words)
    return f"{text[:marks]} {words}" if marks <= 2 and words and not words[0].isspace() else text


def _shortened(line: Line) -> list[Line]:
    """The line, or the lines that it is broken into because it is too long."""
    code = [atom for atom in line if atom.kind != _COMMENT]
    if len(_indent(line)) + len(_joined(code)) <= WIDTH:
        return [line]
    cuts = _cuts(line)
    if not cuts:
        return [line]
    edges = [0, *cuts, len(line)]
    pieces = [line[start:end] for start, end in pairwise(edges)]
    result = _shortened(pieces[0])
    for first, *rest in pieces[1:]:
        result += _shortened([first._replace(breaks=1), *rest])
    return result


def _cuts(line: Line) -> list[int]:
    """Where a long line breaks: between entries side by side, else around those of its outermost body."""
    base = line[0].depth
    side_by_side = [i for i, atom in enumerate(line) if i and atom.entry and atom.depth == base]
    if side_by_side:
        return side_by_side
    bodies = [i for i, atom in enumerate(line[:-1]) if atom.kind == "LBRACE" and line[i + 1].entry]
    if not bodies:
        return []
    opening = min(bodies, key=lambda i: line[i].depth)
    inner = line[opening].depth + 1
    cuts: list[int] = []
    for index in range(opening + 1, len(line)):
        atom = line[index]
        if atom.kind == "RBRACE" and atom.depth < inner:
            return [*cuts, index]
        if atom.entry and atom.depth == inner:
            cuts.append(index)
    return cuts


def _written(lines: list[Line]) -> Iterator[str]:
    indents = [_indent(line) for line in lines]
    for index in range(len(lines) - 2, -1, -1):
        # A comment of its own line belongs to what follows, unless that is the end of the body.
        if lines[index][0].kind == _COMMENT and lines[index + 1][0].kind not in _CLOSERS:
            indents[index] = indents[index + 1]
    for index, line in enumerate(lines):
        if index and line[0].breaks > 1:
            yield "\n"
        yield f"{indents[index]}{_joined(line)}\n"


def _indent(line: Line) -> str:
    first = line[0]
    depth = first.depth
    for atom in line:
        if atom.kind not in _CLOSERS:
            break
        depth = atom.depth
    continues = not first.entry and first.kind not in _CLOSERS and first.kind not in (_COMMENT, "LBRACE")
    return INDENT * (depth + 1 if continues and first.owner in ("LBRACE", "") else depth)


def _joined(line: Line) -> str:
    parts = []
    before: _Atom | None = None
    for atom in line:
        if before is not None:
            parts.append(_gap(before, atom))
        parts.append(atom.text)
        before = atom
    return "".join(parts)


#: Clause words that are plain names in rules, where a relation may be called so: `at(zone)`.
_NAMES_TOO = frozenset({"AT", "UNDER", "AFTER", "BEFORE", "OVER", "BETWEEN", "MAY", "VIA", "UNTIL", "AS"})
_GLUED_AFTER = frozenset({"LPAR", "LSQB", "DOTS"})
_GLUED_BEFORE = frozenset({"COMMA", "RPAR", "RSQB", "UNIT_AFTER_CALL", "DOTS"})


def _gap(before: _Atom, atom: _Atom) -> str:
    """The blanks between two tokens of one line."""
    if atom.kind == _COMMENT:
        return "  "
    if atom.kind in _GLUED_BEFORE or before.kind in _GLUED_AFTER:
        return ""
    if before.kind == "LBRACE":
        return "" if atom.kind == "RBRACE" else " "
    if before.sign and before.text == "-":
        return ""
    if atom.kind == "COLON":
        return " " if atom.spaced else ""
    if atom.kind in ("LPAR", "LSQB") and (before.kind == "NAME" or before.kind in _NAMES_TOO):
        return ""
    return "  " if atom.entry and before.kind != "COMMA" else " "


def _essence(text: str, tokens: Tokens) -> list[tuple[int, str]]:
    """Tokens without the blanks inside them, and comments without those after their marks."""
    pieces = [
        (kind, text[start:end] if text[start] == '"' else "".join(text[start:end].split()))
        for kind, start, end in zip(tokens.kinds, tokens.starts, tokens.ends, strict=True)
    ]
    return pieces + [(-2, _tidy_comment(comment.text)) for comment in tokens.comments]
