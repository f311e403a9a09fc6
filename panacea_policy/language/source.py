"""Source texts and the places in them."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from pathlib import Path

from panacea_policy.language.diagnostics import Diagnostic, Severity, Span

DEFAULT_LIMIT = 16 * 1024 * 1024


class Source:
    """A text with a name: what a :class:`~panacea_policy.language.diagnostics.Span` points into.

    ``name`` is what people see and what spans carry, a path relative to the workspace as a rule. Offsets
    count characters; lines and columns count from 1; a tab is one column here (rendering widens it).
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    def __repr__(self) -> str:
        return f"Source({self.name!r}, {len(self.text)} characters)"

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        position = self.text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = self.text.find("\n", position + 1)
        return starts

    @property
    def line_count(self) -> int:
        """How many lines the text has; the empty text has one."""
        return len(self._line_starts)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character; offsets outside the text are drawn to its ends."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The inverse of :meth:`position`; a column past the end of its line gives the end of the line."""
        line = max(1, min(line, self.line_count))
        start = self._line_starts[line - 1]
        return min(start + max(1, column) - 1, start + len(self.line_text(line)))

    def line_text(self, line: int) -> str:
        """Line ``line`` (from 1) without its line end."""
        start = self._line_starts[line - 1]
        end = self._line_starts[line] if line < self.line_count else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def span(self, start: int, end: int) -> Span:
        """The span of the characters from ``start`` up to and without ``end``."""
        return Span(self.name, start, end)


def read_source(path: Path, limit: int = DEFAULT_LIMIT, name: str | None = None) -> Source | Diagnostic:
    """Read a file as UTF-8, or say why that is not possible.

    ``limit`` is the greatest number of bytes; ``name`` is what diagnostics call the file (default: the path).
    A byte order mark is dropped.
    """
    shown = name if name is not None else str(path)
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return _refused(
            "P0001", shown, f"cannot read the file: {reason}", "check the path and the permissions"
        )
    if len(data) > limit:
        message = f"the file is larger than {limit / (1024 * 1024):g} MB"
        return _refused("P0002", shown, message, "split it: the files of a folder share their names")
    try:
        return Source(shown, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"the file is not UTF-8 text: byte {data[error.start]:#04x} in line {line}"
        return _refused("P0003", shown, message, "save it as UTF-8 in your editor")


def _refused(code: str, name: str, message: str, cure: str) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, message, Span(name, 0, 0), help=cure)
