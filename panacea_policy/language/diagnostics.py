"""Mistakes as values: a code, a message, a place, a cure. And how they are shown to people.

Every layer describes its own codes in a mapping ``CODES`` (here: P00xx files and limits, P01xx syntax) and
whoever needs all of them calls :func:`merge_codes`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from panacea_policy.language.source import Source


class Severity(Enum):
    """How bad it is: an error stops the model from being used, the others do not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Span(msgspec.Struct, frozen=True, order=True):
    """The half-open range of characters ``start``..``end`` of the source named ``file``."""

    file: str
    start: int
    end: int


class Label(msgspec.Struct, frozen=True):
    """A further place that matters, and what to say there."""

    span: Span
    text: str


class Diagnostic(msgspec.Struct, frozen=True):
    """One mistake.

    ``message`` is a sentence without a full stop, ``span`` the place, ``labels`` further places (a label
    whose span is ``span`` gives the text at the carets), ``help`` what to do, ``notes`` background, one
    sentence each.
    """

    code: str
    severity: Severity
    message: str
    span: Span
    labels: tuple[Label, ...] = ()
    help: str | None = None
    notes: tuple[str, ...] = ()


class CodeInfo(msgspec.Struct, frozen=True):
    """The documentation page of a code."""

    title: str
    explanation: str
    example_bad: str
    example_good: str


def merge_codes(*catalogues: Mapping[str, CodeInfo]) -> dict[str, CodeInfo]:
    """One catalogue of several, in the order of the codes.

    Raises ValueError when two of them describe the same code.
    """
    merged: dict[str, CodeInfo] = {}
    for catalogue in catalogues:
        twice = merged.keys() & catalogue.keys()
        if twice:
            raise ValueError(f"described twice: {', '.join(sorted(twice))}")
        merged.update(catalogue)
    return dict(sorted(merged.items()))


def suggest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that ``word`` was probably meant to be, or None when none is near.

    Swapped case, swapped, missing, doubled and wrong letters are near; so is one segment of a dotted name.
    """
    import difflib  # only mistakes need it

    names = sorted(set(candidates) - {word})
    folded = {name.casefold().replace("-", "_"): name for name in reversed(names)}
    exact = folded.get(word.casefold().replace("-", "_"))
    if exact is not None:
        return exact
    cutoff = 0.6 if len(word) > 3 else 0.66
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=cutoff)
    if close:
        return folded[close[0]]
    ends = [name for name in names if name.rpartition(".")[2] == word]
    return ends[0] if len(ends) == 1 else None


# ------------------------------------------------------------------------------------------------ rendering

_TAB = 4
_MAX_LINES = 4
_MAX_WIDTH = 160
_CUT = "..."
_COLOURS = {
    Severity.ERROR: "\x1b[1;31m",
    Severity.WARNING: "\x1b[1;33m",
    Severity.INFO: "\x1b[1;36m",
}
_BOLD, _BLUE, _GREEN, _PLAIN = "\x1b[1m", "\x1b[1;34m", "\x1b[1;32m", "\x1b[0m"


def render(diagnostic: Diagnostic, sources: Mapping[str, Source], colour: bool = False) -> str:
    """The diagnostic as text for a terminal, without a final line end.

    ``sources`` maps the file names of spans to their texts; places in files that it lacks are named but not
    shown. Control characters of the text are shown as ``\\x1b`` and the like, never sent to the terminal.
    """
    paint = _Paint(colour, _COLOURS[diagnostic.severity])
    head = f"{diagnostic.severity.value}[{diagnostic.code}]"
    lines = [paint.severity(head) + paint.bold(f": {visible(diagnostic.message)}")]
    places = _places(diagnostic)
    gutter = max((_gutter(places_of, sources.get(file)) for file, places_of in places.items()), default=1)
    pad = " " * gutter
    for number, (file, labels) in enumerate(places.items()):
        source = sources.get(file)
        mark = "-->" if number == 0 else ":::"
        lines.append(f"{pad}{paint.blue(mark)} {_where(file, labels[0].span, source)}")
        if source is not None and source.text:
            lines.append(f"{pad} {paint.blue('|')}")
            lines += _excerpt(source, labels, diagnostic.span, gutter, paint)
    if diagnostic.help:
        lines.append(f"{pad} {paint.blue('=')} {paint.green('help:')} {visible(diagnostic.help)}")
    lines += [f"{pad} {paint.blue('=')} {paint.bold('note:')} {visible(note)}" for note in diagnostic.notes]
    return "\n".join(line.rstrip() for line in lines)


def visible(text: str) -> str:
    """The text with everything that a terminal could take for a command written out as an escape."""
    if text.isprintable():
        return text
    return "".join(char if _harmless(char) else _escape(char) for char in text)


def _harmless(char: str) -> bool:
    return char.isprintable() or unicodedata.category(char) in ("Zs", "Co", "Mn")


def _escape(char: str) -> str:
    code = ord(char)
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}"


class _Paint:
    """Puts colours around text, or does not."""

    def __init__(self, colour: bool, severity: str) -> None:
        self._colour = colour
        self._severity = severity

    def _wrap(self, code: str, text: str) -> str:
        return f"{code}{text}{_PLAIN}" if self._colour and text else text

    def severity(self, text: str) -> str:
        return self._wrap(self._severity, text)

    def bold(self, text: str) -> str:
        return self._wrap(_BOLD, text)

    def blue(self, text: str) -> str:
        return self._wrap(_BLUE, text)

    def green(self, text: str) -> str:
        return self._wrap(_GREEN, text)


def _places(diagnostic: Diagnostic) -> dict[str, list[Label]]:
    """The labels by file, the main place first; it gets an empty label when none speaks for it."""
    main = [label for label in diagnostic.labels if label.span == diagnostic.span]
    others = [label for label in diagnostic.labels if label.span != diagnostic.span]
    places: dict[str, list[Label]] = {}
    for label in [*(main or [Label(diagnostic.span, "")]), *others]:
        places.setdefault(label.span.file, []).append(label)
    return places


def _gutter(labels: list[Label], source: Source | None) -> int:
    if source is None:
        return 1
    return max(len(str(source.position(max(label.span.start, label.span.end - 1))[0])) for label in labels)


def _where(file: str, span: Span, source: Source | None) -> str:
    if source is None or not source.text:
        return visible(file)
    line, column = source.position(span.start)
    return f"{visible(file)}:{line}:{column}"


class _Mark(NamedTuple):
    """A stretch of one line to underline: display columns, the sign, and the text behind it."""

    line: int
    start: int
    end: int
    sign: str
    text: str


def _excerpt(source: Source, labels: list[Label], main: Span, gutter: int, paint: _Paint) -> list[str]:
    marks: list[_Mark] = []
    shifts: dict[int, int] = {}
    for label in labels:
        sign = "^" if label.span == main else "-"
        marks += _marks(source, label, sign, shifts)
    result: list[str] = []
    previous = 0
    for line in sorted({mark.line for mark in marks}):
        if previous and line == previous + 2:
            result.append(_source_line(source, line - 1, gutter, 0, paint))
        elif previous and line > previous + 1:
            result.append(paint.blue(_CUT))
        result.append(_source_line(source, line, gutter, shifts.get(line, 0), paint))
        for mark in sorted((m for m in marks if m.line == line), key=lambda m: (m.sign != "^", m.start)):
            colour = paint.severity if mark.sign == "^" else paint.blue
            under = mark.sign * max(1, mark.end - mark.start)
            tail = f" {visible(mark.text)}" if mark.text else ""
            bar = f"{' ' * gutter} {paint.blue('|')} "
            result.append(bar + " " * mark.start + colour(under + tail))
        previous = line
    return result


def _marks(source: Source, label: Label, sign: str, shifts: dict[int, int]) -> list[_Mark]:
    """One mark for each line that the label's span touches; long spans show their first and last lines."""
    first, column = source.position(label.span.start)
    last, _ = source.position(max(label.span.start, label.span.end - 1))
    lines = list(range(first, last + 1))
    if len(lines) > _MAX_LINES:
        lines = [first, first + 1, last]
    marks = []
    for line in lines:
        text = source.line_text(line)
        line_start = source.offset(line, 1)
        begin = column - 1 if line == first else len(text) - len(text.lstrip())
        end = min(label.span.end - line_start, len(text)) if line == last else len(text)
        if line not in (first, last) and begin >= end:
            continue
        shift = shifts.setdefault(line, _shift(begin))
        begin = min(max(begin, shift), shift + _MAX_WIDTH)
        margin = len(_CUT) if shift else 0
        column_start = margin + _width(text[shift:begin], margin)
        width = _width(text[begin : min(end, shift + _MAX_WIDTH)], column_start)
        marks.append(
            _Mark(line, column_start, column_start + width, sign, label.text if line == lines[-1] else "")
        )
    return marks


def _shift(begin: int) -> int:
    """How many characters of a very long line to leave out on its left, so that the place can be seen."""
    return 0 if begin <= _MAX_WIDTH // 2 else begin - _MAX_WIDTH // 4


def _source_line(source: Source, line: int, gutter: int, shift: int, paint: _Paint) -> str:
    text = source.line_text(line)
    cut = text[shift : shift + _MAX_WIDTH]
    shown = _CUT + _expand(cut, len(_CUT)) if shift else _expand(cut)
    if shift + _MAX_WIDTH < len(text):
        shown += _CUT
    return f"{paint.blue(str(line).rjust(gutter))} {paint.blue('|')} {shown}"


def _expand(text: str, column: int = 0) -> str:
    """The text as shown: tabs widened to the next stop, hostile characters written out."""
    if text.isprintable():
        return text
    result: list[str] = []
    for char in text:
        shown = " " * (_TAB - column % _TAB) if char == "\t" else visible(char)
        result.append(shown)
        column += _width(char, column)
    return "".join(result)


def _width(text: str, column: int = 0) -> int:
    """How many columns of a terminal the text takes, when it starts at ``column``."""
    if text.isascii() and text.isprintable():
        return len(text)
    start = column
    for char in text:
        if char == "\t":
            column += _TAB - column % _TAB
        elif not _harmless(char):
            column += len(_escape(char))
        elif unicodedata.combining(char):
            continue
        else:
            column += 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
    return column - start
