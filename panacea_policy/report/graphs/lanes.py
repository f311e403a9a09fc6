"""Pictures in lanes: one row of the drawing per layer, the ways run from left to right."""

from __future__ import annotations

from collections.abc import Sequence

from panacea_policy.report.graphs.attack_layers import LAYERS, Laned
from panacea_policy.report.graphs.layout import Box
from panacea_policy.report.graphs.picture import Link, Picture
from panacea_policy.report.graphs.svg import SMALL, arrow_head, draw_box, face, markers, told
from panacea_policy.report.html import Element, el, render
from panacea_policy.report.metrics import wrap
from panacea_policy.report.style import SVG_STYLE

_ACROSS, _DOWN, _EDGE, _HEAD = 34.0, 16.0, 24.0, 24.0


def draw_lanes(laned: Laned) -> str:
    """The SVG text of a picture in lanes, with its own style."""
    return render(lanes_element(laned, standalone=True))


def lanes_element(laned: Laned, *, standalone: bool = False) -> Element:
    """The SVG element of a picture in lanes."""
    boxes, lanes, size = _placed(laned)
    wide, high = size
    notes = [line for note in laned.picture.notes for line in wrap(note, SMALL, wide - 2 * _EDGE, lines=3)]
    total = high + 16 * len(notes) + 12
    faces = {node.id: face(node) for node in laned.picture.nodes}
    return el(
        "svg",
        el("title", laned.picture.title),
        el("desc", told(laned.picture)),
        el("style", SVG_STYLE) if standalone else None,
        el("defs", markers(laned.picture)),
        el("rect", width=wide, height=total, class_="ground") if standalone else None,
        [_lane(title, y, height, wide) for title, y, height in lanes],
        el("g", [_edge(link, boxes, laned.picture) for link in laned.picture.known_links()], class_="links"),
        el("g", [draw_box(faces[name], box) for name, box in boxes.items()], class_="boxes"),
        [el("text", line, x=_EDGE, y=high + 14 + 16 * n, class_="small") for n, line in enumerate(notes)],
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {wide:.0f} {total:.0f}",
        width=f"{wide:.0f}",
        height=f"{total:.0f}",
        role="img",
        class_="picture",
    )


_Lane = tuple[str, float, float]


def _placed(laned: Laned) -> tuple[dict[str, Box], list[_Lane], tuple[float, float]]:
    """The box of every node, the lanes in use, and the size of the drawing."""
    faces = {node.id: face(node) for node in laned.picture.nodes}
    step = max((f.width for f in faces.values()), default=0.0) + _ACROSS
    boxes: dict[str, Box] = {}
    lanes: list[_Lane] = []
    y = 8.0
    for layer, title, _ in LAYERS:
        members = [n for n in faces if laned.lane[n] == layer]
        if not members:
            continue
        filled: dict[int, float] = {}
        for name in sorted(members, key=lambda n: (laned.rank[n], n)):
            rank = laned.rank[name]
            top = filled.get(rank, y + _HEAD)
            boxes[name] = Box(_EDGE + rank * step, top, faces[name].width, faces[name].height)
            filled[rank] = top + faces[name].height + _DOWN
        height = max(filled.values()) - y
        lanes.append((title, y, height))
        y += height + 8.0
    wide = max(b.x + b.width for b in boxes.values()) + _EDGE
    return boxes, lanes, (wide, y)


def _lane(title: str, y: float, height: float, wide: float) -> Element:
    return el(
        "g",
        el("rect", x=6, y=y, width=wide - 12, height=height, rx=8, class_="lane"),
        el("text", title, x=16, y=y + 16, class_="mark"),
    )


def _edge(link: Link, boxes: dict[str, Box], picture: Picture) -> Element:
    a, b = boxes[link.source], boxes[link.target]
    x0, y0 = a.x + a.width, a.y + a.height / 2
    x1, y1 = b.x, b.y + b.height / 2
    d = _curve((x0, y0), (x1, y1), max(26.0, (x1 - x0) / 2))
    class_ = "link strong" if link.strong else "link"
    return el("path", d=d, class_=class_, marker_end=arrow_head(picture, link))


def _curve(start: Sequence[float], end: Sequence[float], bend: float) -> str:
    (x0, y0), (x1, y1) = start, end
    return f"M{x0:.1f} {y0:.1f} C{x0 + bend:.1f} {y0:.1f} {x1 - bend:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
