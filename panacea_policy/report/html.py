"""Markup as values: elements are built, never pasted together, so every text is escaped exactly once.

There is no way to put raw markup into a tree. Names of tags and attributes are checked, attribute values and
texts are escaped; a hostile hospital name stays a name.
"""

from __future__ import annotations

import html as _html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Union

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9:-]*\Z")
_VOID = frozenset({"br", "hr", "img", "meta", "link", "col", "wbr"})
#: Elements whose content starts and ends a line of its own, for readable source.
_BLOCK = frozenset(
    {"html", "head", "body", "main", "header", "footer", "nav", "section", "article", "div", "table", "thead"}
    | {"tbody", "tr", "ol", "ul", "li", "dl", "figure", "svg", "g", "details", "h1", "h2", "h3", "h4", "p"}
)
#: What XML and HTML cannot hold: control characters other than tab, line feed and carriage return; lone
#: surrogates.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Element:
    """A tag with its attributes and children."""

    tag: str
    attributes: tuple[tuple[str, str], ...]
    children: tuple[Node, ...]


Node = Union[Element, str]
Child = Union[Element, str, None, Iterable["Child"]]


def el(tag: str, *children: Child, **attributes: object) -> Element:
    """An element. Children may be nested lists; None is left out.

    Attributes: a trailing underscore is dropped (``class_``), other underscores become hyphens, except that
    ``viewBox`` and its like are written as they are. None and False leave the attribute out, True writes its
    name.
    """
    if not _NAME.match(tag):
        raise ValueError(f"not a tag: {tag!r}")
    written = []
    for key, value in attributes.items():
        name = key.rstrip("_").replace("_", "-")
        if not _NAME.match(name) or name.lower().startswith("on"):
            raise ValueError(f"not an attribute: {name!r}")
        if value is None or value is False:
            continue
        written.append((name, name if value is True else _number(value)))
    return Element(tag, tuple(written), tuple(_flat(children)))


def _number(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _flat(children: Iterable[Child]) -> Iterable[Node]:
    for child in children:
        if child is None:
            continue
        if isinstance(child, Element | str):
            yield child
        else:
            yield from _flat(child)


def escape(text: str) -> str:
    """A text as it stands in markup: special characters escaped, characters that markup cannot hold
    replaced.
    """
    return _html.escape(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text), quote=True)


def render(node: Node) -> str:
    """The markup of a tree."""
    parts: list[str] = []
    _write(node, parts)
    return "".join(parts)


def _write(node: Node, parts: list[str]) -> None:
    if isinstance(node, str):
        parts.append(escape(node))
        return
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in node.attributes)
    block = node.tag in _BLOCK
    if node.tag in _VOID:
        parts.append(f"<{node.tag}{attributes}>")
        return
    if not node.children and node.tag in {"path", "rect", "line", "circle", "polyline", "polygon"}:
        parts.append(f"<{node.tag}{attributes}/>")
        return
    parts.append(f"<{node.tag}{attributes}>")
    for child in node.children:
        _write(child, parts)
    parts.append(f"</{node.tag}>" + ("\n" if block else ""))


def slug(text: str) -> str:
    """A name as an identifier for links within the page."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "x"


# ------------------------------------------------------------------------------------------ common pieces


def paragraph(*children: Child, class_: str | None = None) -> Element:
    """A paragraph."""
    return el("p", *children, class_=class_)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers are set to the right."""

    title: str
    number: bool = False
    wide: bool = False


def table(
    caption: str, columns: Sequence[Column | str], rows: Iterable[Sequence[Child]], *, note: str = ""
) -> Element:
    """A table with a caption, headed columns, and the first cell of each row as its heading."""
    heads = [c if isinstance(c, Column) else Column(c) for c in columns]
    body = []
    for row in rows:
        cells = []
        for n, (column, cell) in enumerate(zip(heads, row, strict=True)):
            kind = " ".join(k for k, on in (("number", column.number), ("wide", column.wide)) if on) or None
            cells.append(el("th", cell, scope="row", class_=kind) if n == 0 else el("td", cell, class_=kind))
        body.append(el("tr", cells))
    head = el("tr", [el("th", c.title, scope="col", class_="number" if c.number else None) for c in heads])
    return framed(caption, el("thead", head), el("tbody", body), note=note)


def framed(caption: str, *parts: Child, note: str = "", class_: str = "table") -> Element:
    """A table of ready parts under its caption, in a frame that scrolls where the screen is too narrow.

    The frame can be reached and scrolled with the keyboard, and the caption stays in view.
    """
    shown = el("span", caption, el("span", note, class_="note") if note else None, class_="stays")
    return el(
        "div",
        el("table", el("caption", shown), parts),
        class_=class_,
        role="region",
        aria_label=caption,
        tabindex="0",
    )


def items(entries: Iterable[Child], *, ordered: bool = False, class_: str | None = None) -> Element:
    """A list."""
    return el("ol" if ordered else "ul", [el("li", entry) for entry in entries], class_=class_)


def badge(text: str, tone: str) -> Element:
    """A short label with a tone: critical, high, medium, low, good, quiet. The text carries the meaning."""
    return el("span", text, class_=f"badge {slug(tone)}")


def code(text: str) -> Element:
    """A name or place of the model; a line may break after each of its parts."""
    return el("code", breakable(text))


def prose(text: str) -> list[Child]:
    """A text in which names stand between backticks, with these as code."""
    parts = enumerate(re.split(r"`([^`]+)`", text))
    return [code(part) if n % 2 else breakable(part) for n, part in parts if part]


def breakable(text: str) -> list[Child]:
    """A text whose lines may also break within paths and long names, after ``/`` and ``_``."""
    first, *more = re.split(r"(?<=\w[/_])(?=\w)", text)
    return [first, *([el("wbr"), part] for part in more)]
