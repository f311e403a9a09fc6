"""Small tables for a terminal: columns of a fixed width, texts cut with an ellipsis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unicodedata import combining, east_asian_width

_INDENT = "  "


@dataclass(frozen=True)
class Head:
    """A column: its heading, its width in cells of the terminal, and whether it is set to the left."""

    title: str
    width: int
    left: bool = False


def lines_of(heads: Sequence[Head], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table, headings first unless all of them are empty."""
    if any(head.title for head in heads):
        yield _line(heads, [head.title for head in heads])
    for row in rows:
        yield _line(heads, row)


def _line(heads: Sequence[Head], cells: Sequence[str]) -> str:
    placed = (_placed(cell, head) for head, cell in zip(heads, cells, strict=True))
    return (_INDENT + _INDENT.join(placed)).rstrip()


def _placed(text: str, head: Head) -> str:
    text = fitted(text, head.width)
    room = " " * (head.width - cells_of(text))
    return text + room if head.left else room + text


def fitted(text: str, width: int) -> str:
    """The text, cut with an ellipsis where it takes more cells than that."""
    if cells_of(text) <= width:
        return text
    while text and cells_of(text) > width - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def cells_of(text: str) -> int:
    """How many cells of a terminal a text takes."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
