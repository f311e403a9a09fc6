"""Pictures on a page: on the screen in a frame that scrolls, on paper whole and, where they are large, once
more in parts that can be read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from panacea_policy.report.html import Child, Element, el, slug

#: What a column of text and a printed page (A4 without margins) hold, in CSS pixels.
_COLUMN = 912.0
_PAGE = (672.0, 880.0)
#: The least size at which a picture is printed: its small texts (10.5 px) come out at 5 pt.
_LEAST = 0.64
#: What neighbouring parts have in common, in units of the picture.
_SHARED = 40.0


def figure(picture: Element, caption: Child) -> Element:
    """A picture with its caption.

    It keeps its natural size; one that is broader than the column may use the whole width of the window, and
    one that would be too small to read on paper is followed there by its parts.
    """
    known = dict(picture.attributes)
    wide, high = (float(part) for part in known["viewBox"].split()[2:])
    name = next((text for text in _title(picture)), "Picture")
    sheets = _sheets(name, wide, high, slug(f"picture {name}"), known.get("class"))
    drawn = replace(picture, attributes=(*picture.attributes, ("id", slug(f"picture {name}"))))
    frame = el(
        "div", drawn if sheets else picture, class_="scroll", role="group", aria_label=name, tabindex="0"
    )
    told = el("figcaption", caption) if caption else None
    return el("figure", frame, told, sheets, class_="broad" if wide > _COLUMN else None)


def _title(picture: Element) -> Iterator[str]:
    for child in picture.children:
        if isinstance(child, Element) and child.tag == "title":
            yield from (text for text in child.children if isinstance(text, str))


def _sheets(name: str, wide: float, high: float, drawn: str, class_: str | None) -> Element | None:
    """The picture ``drawn`` (an id) in parts of at most a page each; None where a page holds it."""
    if min(_PAGE[0] / wide, _PAGE[1] / high) >= _LEAST:
        return None
    columns, width = _parts(wide, _PAGE[0] / _LEAST)
    rows, height = _parts(high, _PAGE[1] / _LEAST)
    made = []
    for n in range(rows * columns):
        row, column = divmod(n, columns)
        x, y = column * (width - _SHARED), row * (height - _SHARED)
        place = f"row {row + 1} of {rows}, column {column + 1} of {columns}"
        part = el(
            "svg",
            el("use", href=f"#{drawn}"),
            viewBox=f"{x:.1f} {y:.1f} {width:.1f} {height:.1f}",
            class_=class_,
        )
        made.append(el("div", el("p", f"{name}: {place}", class_="note"), part, class_="sheet"))
    return el("div", made, class_="sheets", aria_hidden="true")


def _parts(length: float, most: float) -> tuple[int, float]:
    """Into how many equal parts of at most ``most`` a length goes that overlap, and how long each is."""
    count = max(math.ceil((length - _SHARED) / (most - _SHARED)), 1)
    return count, (length + (count - 1) * _SHARED) / count
