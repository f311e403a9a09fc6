"""Pictures as SVG: boxes, curves, labels that stand free of each other, and a numbered key for those that
cannot.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from panacea_policy.report.graphs.layout import Box, Layout, Point, Ports, place
from panacea_policy.report.graphs.picture import Link, Node, Picture
from panacea_policy.report.html import Element, el, render, slug
from panacea_policy.report.metrics import shorten, width, wrap
from panacea_policy.report.style import SVG_STYLE

TITLE, TEXT, SMALL = 13.0, 11.5, 10.5
#: How much wider a text is in bold.
BOLD = 1.14
_PAD = 12.0
_ROW = 18.0
_WIDEST = 250.0
_NARROWEST = 120.0
#: How many arrows a picture tells in words; a reader of a page waits for all of them.
_TOLD = 80


@dataclass(frozen=True)
class Face:
    """The text of a box, wrapped, and the size that it takes."""

    node: Node
    title: tuple[str, ...]
    subtitle: tuple[str, ...]
    width: float
    height: float
    rows_at: float

    def row_offset(self, row: str) -> float | None:
        """The middle of a row, measured down from the top of the box."""
        for n, each in enumerate(self.node.rows):
            if each.id == row:
                return self.rows_at + _ROW * (n + 0.5)
        return None


def face(node: Node) -> Face:
    """Measure a box."""
    texts = [width(r.text, TEXT) + (width(r.detail, SMALL) + 12 if r.detail else 0) for r in node.rows]
    mark = width(node.mark, SMALL) + 22 if node.mark else 0.0
    wanted = max([width(node.title, TITLE) * BOLD + mark, width(node.subtitle, SMALL), *texts], default=0.0)
    # A pixel more, so that rounding never cuts a title that just fits.
    inner = node.width - 2 * _PAD if node.width else min(max(wanted + 1, _NARROWEST - 2 * _PAD), _WIDEST)
    title = wrap(node.title, TITLE * BOLD, inner - mark, lines=3)
    subtitle = wrap(node.subtitle, SMALL, inner, lines=3) if node.subtitle else ()
    rows_at = _PAD + 17 * len(title) + 14 * len(subtitle) + (6 if node.rows else 0)
    height = rows_at + _ROW * len(node.rows) + (_PAD if not node.rows else _PAD * 0.7)
    return Face(node, title, subtitle, inner + 2 * _PAD, height, rows_at)


def draw_svg(picture: Picture, *, standalone: bool = True, limit: float = 1100.0) -> str:
    """The SVG text of a picture; standalone ones carry their own style, others take the page's."""
    return render(svg_element(picture, standalone=standalone, limit=limit))


def svg_element(picture: Picture, *, standalone: bool = False, limit: float = 1100.0) -> Element:
    """The SVG element of a picture."""
    faces = {node.id: face(node) for node in picture.nodes}
    owners = picture.owners()
    links = picture.known_links()
    ends = [(owners[link.source], owners[link.target]) for link in links]
    layout = place(
        {name: (f.width, f.height) for name, f in faces.items()},
        ends,
        rightwards=picture.rightwards,
        ordered=picture.ordered,
        limit=limit,
        step=72.0 if picture.rightwards else 48.0,
        ports=[_ports(link, faces, owners, picture.rightwards) for link in links],
    )
    routes, paths = _routes(links, ends, layout, faces)
    drawn_links = [_link(link, path, picture) for link, path in zip(links, paths, strict=True)]
    labels, key = _labels(links, routes, layout, faces)
    boxes = [draw_box(f, layout.boxes[name]) for name, f in faces.items()]
    right = max([layout.width, *(x + 30 for route in routes for x, _ in route)])
    bottom, foot = _foot(picture, key, layout.height, max(right, 560.0))
    size = (max(right, 560.0), bottom)
    style = el("style", SVG_STYLE) if standalone else None
    heads = markers(picture)
    return el(
        "svg",
        el("title", picture.title),
        el("desc", told(picture)),
        style,
        el("defs", heads),
        el("rect", width=size[0], height=size[1], class_="ground") if standalone else None,
        el("g", drawn_links, class_="links"),
        el("g", boxes, class_="boxes"),
        el("g", labels, class_="labels"),
        foot,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {size[0]:.0f} {size[1]:.0f}",
        width=f"{size[0]:.0f}",
        height=f"{size[1]:.0f}",
        role="img",
        class_="picture",
    )


def _routes(
    links: Sequence[Link], ends: Sequence[tuple[str, str]], layout: Layout, faces: dict[str, Face]
) -> tuple[list[Sequence[Point]], list[str]]:
    """The points and the drawn path of every edge; edges within one box stand further out one by one."""
    routes: list[Sequence[Point]] = []
    paths = []
    loops: dict[str, int] = {}
    for link, route, (box, _) in zip(links, layout.routes, ends, strict=True):
        if route:
            routes.append(route)
            paths.append(_path(route, layout.rightwards))
        else:
            corners = _loop(link, faces[box], layout.boxes[box], loops.get(box, 0))
            loops[box] = loops.get(box, 0) + 1
            routes.append(corners)
            paths.append(_loop_path(corners))
    return routes, paths


def _ports(link: Link, faces: dict[str, Face], owners: dict[str, str], rightwards: bool) -> Ports:
    """Links to rows attach at the row's height in drawings to the right; all others are spread over the
    side.
    """
    if not rightwards:
        return Ports()

    def offset(end: str) -> float | None:
        box = faces[owners[end]]
        at = box.row_offset(end)
        return None if at is None else at - box.height / 2

    return Ports(offset(link.source), offset(link.target))


def told(picture: Picture) -> str:
    """What the picture shows in words, for those who cannot see it: its boxes and its arrows."""
    titles = {node.id: node.title for node in picture.nodes}
    titles.update({row.id: row.text for node in picture.nodes for row in node.rows})
    links = picture.known_links()
    said = [
        f"{titles[link.source]} {'↔' if link.both_ways else '→'} {titles[link.target]}"
        + (f" ({link.label})" if link.label else "")
        for link in links[:_TOLD]
    ]
    more = f" and {len(links) - _TOLD} more" if len(links) > _TOLD else ""
    boxes = f"{len(picture.nodes)} boxes, {len(links)} arrows."
    return f"{boxes} {'; '.join(said)}{more}." if said else boxes


def markers(picture: Picture) -> tuple[Element, Element]:
    """The heads of a picture's arrows. Their names are the picture's own: a page may hold several."""
    name = slug(picture.title)
    return _marker(f"{name}-arrow", "arrow"), _marker(f"{name}-arrow-strong", "arrow strong")


def arrow_head(picture: Picture, link: Link) -> str:
    """The reference to the head of the arrow of a link."""
    return f"url(#{slug(picture.title)}-arrow{'-strong' if link.strong else ''})"


def _marker(name: str, class_: str) -> Element:
    return el(
        "marker",
        el("path", d="M0 0 L8 4 L0 8 z", class_=class_),
        id=name,
        viewBox="0 0 8 8",
        refX="7.5",
        refY="4",
        markerWidth="7",
        markerHeight="7",
        orient="auto-start-reverse",
    )


def _path(route: Sequence[Point], rightwards: bool) -> str:
    """Straight within layers, an S-curve between them."""
    x, y = route[0]
    parts = [f"M{x:.1f} {y:.1f}"]
    for (x0, y0), (x1, y1) in itertools.pairwise(route):
        if (y0 == y1) if rightwards else (x0 == x1):
            parts.append(f"L{x1:.1f} {y1:.1f}")
        elif rightwards:
            mid = (x0 + x1) / 2
            parts.append(f"C{mid:.1f} {y0:.1f} {mid:.1f} {y1:.1f} {x1:.1f} {y1:.1f}")
        else:
            mid = (y0 + y1) / 2
            parts.append(f"C{x0:.1f} {mid:.1f} {x1:.1f} {mid:.1f} {x1:.1f} {y1:.1f}")
    return " ".join(parts)


def _loop(link: Link, face_: Face, box: Box, number: int) -> tuple[Point, ...]:
    """The corners of an edge within one box: out on the right side, down or up, and back in."""
    a = face_.row_offset(link.source) or box.height * 0.35
    b = face_.row_offset(link.target) or box.height * 0.65
    right = box.x + box.width
    far = right + 16.0 + 11.0 * number
    return ((right, box.y + a), (far, box.y + a), (far, box.y + b), (right, box.y + b))


def _loop_path(corners: Sequence[Point]) -> str:
    (x0, y0), (x1, y1), (_, y2), (x3, y3) = corners
    return f"M{x0:.1f} {y0:.1f} C{x1:.1f} {y1:.1f} {x1:.1f} {y2:.1f} {x3:.1f} {y3:.1f}"


def _link(link: Link, path: str, picture: Picture) -> Element:
    tone = " ".join(["link", *(["strong"] if link.strong else []), *(["dashed"] if link.dashed else [])])
    arrow = arrow_head(picture, link)
    start = arrow if link.both_ways else None
    return el("path", el("title", _said(link)), d=path, class_=tone, marker_end=arrow, marker_start=start)


def _said(link: Link) -> str:
    arrow = "↔" if link.both_ways else "→"
    return f"{link.source} {arrow} {link.target}" + (f": {link.label}" if link.label else "")


def draw_box(face_: Face, box: Box) -> Element:
    """A box with its texts."""
    node = face_.node
    x, y = box.x + _PAD, box.y + _PAD + 11
    texts = [el("text", line, x=x, y=y + 17 * n, class_="title") for n, line in enumerate(face_.title)]
    y += 17 * len(face_.title)
    texts += [
        el("text", line, x=x, y=y - 2 + 14 * n, class_="small") for n, line in enumerate(face_.subtitle)
    ]
    inner = face_.width - 2 * _PAD
    for n, row in enumerate(node.rows):
        base = box.y + face_.rows_at + _ROW * n
        detail = width(row.detail, SMALL) + 12 if row.detail else 0.0
        texts.append(el("line", x1=box.x, x2=box.x + box.width, y1=base, y2=base, class_="rule"))
        texts.append(el("text", shorten(row.text, TEXT, inner - detail), x=x, y=base + 13, class_="row"))
        if row.detail:
            texts.append(el("text", row.detail, x=box.x + box.width - _PAD, y=base + 13, class_="small end"))
    if node.mark:
        texts.append(
            el("text", node.mark, x=box.x + box.width - _PAD, y=box.y + _PAD + 11, class_="mark end")
        )
    edge = el("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx="6", class_="body")
    band = el("rect", x=box.x, y=box.y, width=4, height=box.height, rx="2", class_="band")
    return el("g", el("title", node.title), edge, band, texts, class_=f"box tone-{node.tone}")


@dataclass(frozen=True)
class _Area:
    x0: float
    y0: float
    x1: float
    y1: float

    def meets(self, other: _Area) -> bool:
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1

    def holds(self, point: Point) -> bool:
        return self.x0 <= point[0] <= self.x1 and self.y0 <= point[1] <= self.y1


def _labels(
    links: Sequence[Link], routes: Sequence[Sequence[Point]], layout: Layout, faces: dict[str, Face]
) -> tuple[list[Element], list[tuple[int, str]]]:
    """Labels on the edges where there is room; elsewhere a number on the edge and its text in the key below.

    INVARIANT: no label or number overlaps a box, a label, a number or another edge's label; without any room
    the number is left out of the drawing and the key names both ends.
    """
    taken = [_Area(b.x - 2, b.y - 2, b.x + b.width + 2, b.y + b.height + 2) for b in layout.boxes.values()]
    traces = [_trace(route) for route in routes]
    drawn: list[Element] = []
    key: list[tuple[int, str]] = []
    for n, (link, route) in enumerate(zip(links, routes, strict=True)):
        if not link.label:
            continue
        others = [point for m, trace in enumerate(traces) if m != n for point in trace]
        spots = _spots(route)
        size = (width(link.label, SMALL) + 8, 15.0)
        area = _free(spots, size, taken, others) if len(link.label) <= 28 else None
        if area:
            taken.append(area)
            drawn.append(_tag(area, link.label, "label"))
            continue
        number = len(key) + 1
        size = (18.0 + 6 * (number > 9), 16.0)
        area = _free(spots, size, taken, others) or _free(spots, size, taken, [])
        if area:
            taken.append(area)
            drawn.append(_tag(area, str(number), "number"))
        key.append((number, _said_with(link, faces)))
    return drawn, key


def _trace(route: Sequence[Point]) -> list[Point]:
    """Points along an edge, close enough to each other that none of its pieces hides under a label."""
    points = []
    for (x0, y0), (x1, y1) in itertools.pairwise(route):
        steps = max(2, int((abs(x1 - x0) + abs(y1 - y0)) / 8))
        points += [_between((x0, y0), (x1, y1), k / steps) for k in range(steps + 1)]
    return points


def _between(start: Point, end: Point, share: float) -> Point:
    """A point of the S-curve between two points: it leaves and arrives along its longer direction."""
    (x0, y0), (x1, y1) = start, end
    ease = share * share * (3 - 2 * share)
    if abs(x1 - x0) > abs(y1 - y0):
        return x0 + (x1 - x0) * share, y0 + (y1 - y0) * ease
    return x0 + (x1 - x0) * ease, y0 + (y1 - y0) * share


def _said_with(link: Link, faces: dict[str, Face]) -> str:
    names = {f.node.id: f.node.title for f in faces.values()}
    names.update({row.id: row.text for f in faces.values() for row in f.node.rows})
    arrow = "↔" if link.both_ways else "→"
    return f"{names[link.source]} {arrow} {names[link.target]}: {link.label}"


def _spots(route: Sequence[Point]) -> list[Point]:
    """Places along an edge where its label may stand, the best first: the middle of its longest bend."""
    pieces = sorted(
        itertools.pairwise(route), key=lambda p: -(abs(p[0][0] - p[1][0]) + abs(p[0][1] - p[1][1]))
    )
    shares = (0.5, 0.35, 0.65, 0.22, 0.78, 0.12, 0.88)
    return [_between(*piece, share) for share in shares for piece in pieces[:4]]


def _free(
    spots: Sequence[Point], size: tuple[float, float], taken: Sequence[_Area], edges: Sequence[Point]
) -> _Area | None:
    """The first place where an area of this size meets neither taken areas nor points of edges."""
    wide, high = size
    for x, y in spots:
        area = _Area(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
        if area.x0 < 0 or area.y0 < 0 or any(area.meets(other) for other in taken):
            continue
        if not any(area.holds(point) for point in edges):
            return area
    return None


def _tag(area: _Area, text: str, class_: str) -> Element:
    shape = el(
        "rect", x=area.x0, y=area.y0, width=area.x1 - area.x0, height=area.y1 - area.y0, rx="7", class_=class_
    )
    middle = (area.x0 + area.x1) / 2
    return el("g", shape, el("text", text, x=middle, y=area.y1 - 4.2, class_=f"{class_}-text"))


def _foot(
    picture: Picture, key: Sequence[tuple[int, str]], top: float, wide: float
) -> tuple[float, Element | None]:
    """The key of numbers in columns, the legend of tones, and the notes, below the drawing."""
    parts: list[Element] = []
    y = top + 4
    if picture.legend:
        x = 24.0
        for tone, text in picture.legend:
            if x + 26 + width(text, SMALL) > wide and x > 24:
                x, y = 24.0, y + 18
            parts.append(
                el(
                    "g",
                    el("rect", x=x, y=y, width=14, height=10, rx="2", class_="body"),
                    class_=f"box tone-{tone}",
                )
            )
            parts.append(el("text", text, x=x + 20, y=y + 9, class_="small"))
            x += 40 + width(text, SMALL)
        y += 26
    columns = max(1, int((wide - 48) // 360))
    per_column = -(-len(key) // columns)
    column_width = (wide - 48) / columns
    for n, (number, text) in enumerate(key):
        x, line = 24 + (n // per_column) * column_width, y + 17 * (n % per_column)
        parts.append(_tag(_Area(x, line - 4, x + 18 + 6 * (number > 9), line + 12), str(number), "number"))
        parts.append(
            el("text", shorten(text, SMALL, column_width - 44), x=x + 30, y=line + 8, class_="small")
        )
    y += 17 * per_column + (8 if key else 0)
    for note in picture.notes:
        for line_text in wrap(note, SMALL, wide - 48, lines=4):
            parts.append(el("text", line_text, x=24, y=y + 9, class_="small"))
            y += 16
    return y + 10, el("g", parts, class_="key") if parts else None
