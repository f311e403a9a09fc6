"""Layered drawing, second half: coordinates of boxes and routes of edges.

The algorithm thinks downwards (``along`` is the direction of the layers, ``across`` the order within a
layer); a drawing to the right is the same with the axes exchanged.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from panacea_policy.report.graphs.layers import Chain, Edge, Layering, arrange

Point = tuple[float, float]

_PASSES = 12
_SLOT = 14.0
_MARGIN = 24.0


@dataclass(frozen=True)
class Box:
    """A placed rectangle, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True)
class Layout:
    """Where everything is. ``routes[i]`` are the points of edge i from source to target; straight runs along
    the layers alternate with bends between them. Empty for an edge within one box.
    """

    boxes: Mapping[str, Box]
    routes: tuple[tuple[Point, ...], ...]
    width: float
    height: float
    rightwards: bool


@dataclass(frozen=True)
class Ports:
    """Where an edge leaves and enters, as offsets across from the middle of the boxes; None: spread
    evenly.
    """

    source: float | None = None
    target: float | None = None


def place(
    sizes: Mapping[str, tuple[float, float]],
    edges: Sequence[Edge],
    *,
    rightwards: bool = False,
    limit: float = 1200.0,
    gap: float = 28.0,
    step: float = 56.0,
    ports: Sequence[Ports] | None = None,
    ordered: bool = False,
) -> Layout:
    """Lay out boxes of these sizes (width, height); parts that no edge joins are laid out each on their own.

    ``limit`` bounds the breadth of a layer, ``gap`` is the least distance across, ``step`` that between
    layers.
    """
    pitch = Pitch(rightwards, limit, gap, step, ordered)
    routes: list[tuple[Point, ...]] = [()] * len(edges)
    parts = []
    for members in _parts(list(sizes), edges):
        chosen = [n for n, edge in enumerate(edges) if edge[0] in members]
        part = _place_part(
            {name: size for name, size in sizes.items() if name in members},
            [edges[n] for n in chosen],
            [ports[n] if ports else Ports() for n in chosen],
            pitch,
        )
        parts.append((part, chosen))
    boxes: dict[str, Box] = {}
    width = height = 0.0
    for (part, chosen), (dx, dy) in zip(parts, _packed([p for p, _ in parts], limit, gap), strict=True):
        for name, box in part.boxes.items():
            boxes[name] = Box(box.x + dx, box.y + dy, box.width, box.height)
        for n, route in zip(chosen, part.routes, strict=True):
            routes[n] = tuple((x + dx, y + dy) for x, y in route)
        width, height = max(width, part.width + dx), max(height, part.height + dy)
    return Layout(boxes, tuple(routes), width, height, rightwards)


@dataclass(frozen=True)
class Pitch:
    """Direction and distances of one drawing."""

    rightwards: bool
    limit: float
    gap: float
    step: float
    ordered: bool


def _parts(nodes: Sequence[str], edges: Sequence[Edge]) -> list[set[str]]:
    """The connected parts, largest first; nodes without any edge last."""
    leader = {node: node for node in nodes}

    def find(node: str) -> str:
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for source, target in edges:
        leader[find(source)] = find(target)
    groups: dict[str, set[str]] = {}
    for node in nodes:
        groups.setdefault(find(node), set()).add(node)
    return sorted(groups.values(), key=lambda g: -len(g))


def _packed(parts: Sequence[Layout], limit: float, gap: float) -> list[Point]:
    """Where each part goes: side by side in shelves of at most the limit, the largest at the top."""
    spots: list[Point] = []
    widest = max([limit, *(p.width for p in parts)])
    x = y = shelf = 0.0
    for part in parts:
        if x and x + part.width > widest:
            x, y, shelf = 0.0, y + shelf - _MARGIN, 0.0
        spots.append((x, y))
        x += part.width - _MARGIN - gap / 2
        shelf = max(shelf, part.height)
    return spots


def _place_part(
    sizes: Mapping[str, tuple[float, float]], edges: Sequence[Edge], ports: Sequence[Ports], pitch: Pitch
) -> Layout:
    """The layout of one connected part, with a margin around it."""
    rightwards, gap = pitch.rightwards, pitch.gap
    across = {n: (h if rightwards else w) for n, (w, h) in sizes.items()}
    along = {n: (w if rightwards else h) for n, (w, h) in sizes.items()}
    spaced = {n: b + gap for n, b in across.items()}
    layering = arrange(list(sizes), edges, spaced, pitch.limit, ordered=pitch.ordered)
    breadth = defaultdict(lambda: _SLOT, across)
    centre = _centres(layering, breadth, gap)
    start, depth = _levels(layering, along, pitch.step)
    level = {node: n for n, row in enumerate(layering.layers) for node in row}
    spreads = _spread(layering, edges, centre, across, ports)
    shift = _MARGIN - min(centre[n] - breadth[n] / 2 for n in centre)
    boxes = {}
    for node, (width, height) in sizes.items():
        a = centre[node] + shift - across[node] / 2
        b = start[level[node]] + (depth[level[node]] - along[node]) / 2
        boxes[node] = Box(b, a, width, height) if rightwards else Box(a, b, width, height)
    routes = []
    for number, chain in enumerate(layering.chains):
        points = _route(chain, spreads[number], centre, shift, start, depth, level, along) if chain else []
        routes.append(tuple((b, a) if rightwards else (a, b) for a, b in points))
    far_across = max(centre[n] + shift + breadth[n] / 2 for n in centre) + _MARGIN
    far_along = start[-1] + depth[-1] + _MARGIN
    size = (far_along, far_across) if rightwards else (far_across, far_along)
    return Layout(boxes, tuple(routes), *size, rightwards)


def _centres(layering: Layering, breadth: Mapping[str, float], gap: float) -> dict[str, float]:
    """Coordinates across: everything as near to its neighbours' mean as order and distances allow."""
    neighbours: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for chain in layering.chains:
        for upper, lower in zip(chain.nodes, chain.nodes[1:], strict=False) if chain else ():
            weight = 1.0 + 3.0 * (upper.startswith("\0") + lower.startswith("\0"))
            neighbours[upper].append((lower, weight))
            neighbours[lower].append((upper, weight))
    centre: dict[str, float] = {}
    for row in layering.layers:
        position = 0.0
        for node in row:
            centre[node] = position + breadth[node] / 2
            position += breadth[node] + gap
        for node in row:
            centre[node] -= (position - gap) / 2
    for number in range(_PASSES):
        rows = layering.layers if number % 2 == 0 else tuple(reversed(layering.layers))
        for row in rows:
            wanted = []
            for node in row:
                near = neighbours[node]
                weight = sum(w for _, w in near)
                wanted.append(sum(centre[n] * w for n, w in near) / weight if near else centre[node])
            for node, position in zip(row, _apart(row, wanted, breadth, gap), strict=True):
                centre[node] = position
    return centre


def _apart(
    row: Sequence[str], wanted: Sequence[float], breadth: Mapping[str, float], gap: float
) -> list[float]:
    """The positions nearest to the wanted ones (least squares) in this order and with these distances.

    With the distances subtracted this is isotonic regression, solved by pooling adjacent violators.
    """
    offsets = [0.0]
    for left, right in itertools.pairwise(row):
        slim = left.startswith("\0") or right.startswith("\0")
        offsets.append(offsets[-1] + (breadth[left] + breadth[right]) / 2 + (gap / 2 if slim else gap))
    blocks: list[tuple[float, int]] = []
    for target, offset in zip(wanted, offsets, strict=True):
        blocks.append((target - offset, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (m2, n2), (m1, n1) = blocks.pop(), blocks.pop()
            blocks.append(((m1 * n1 + m2 * n2) / (n1 + n2), n1 + n2))
    flat = [mean for mean, n in blocks for _ in range(n)]
    return [base + offset for base, offset in zip(flat, offsets, strict=True)]


def _levels(layering: Layering, along: Mapping[str, float], step: float) -> tuple[list[float], list[float]]:
    """Start and depth of every layer; the distance between layers grows with the edges that pass between
    them.
    """
    depth = [max((along.get(n, 0.0) for n in row), default=0.0) for row in layering.layers]
    passing = [0] * len(depth)
    level = {node: n for n, row in enumerate(layering.layers) for node in row}
    for chain in layering.chains:
        for node in chain.nodes[:-1] if chain else ():
            passing[level[node]] += 1
    start, position = [], _MARGIN
    for size, edges in zip(depth, passing, strict=True):
        start.append(position)
        position += size + step + min(4.0 * edges, 80.0)
    return start, depth


def _spread(
    layering: Layering,
    edges: Sequence[Edge],
    centre: Mapping[str, float],
    across: Mapping[str, float],
    ports: Sequence[Ports],
) -> list[tuple[float, float]]:
    """Per edge the offsets at its upper and its lower end: given ones, or spread over the side by where edges
    go.
    """
    ends: dict[tuple[str, bool], list[tuple[float, int]]] = defaultdict(list)
    result = [[0.0, 0.0] for _ in edges]
    for number, chain in enumerate(layering.chains):
        if chain is None:
            continue
        given = ports[number]
        upper, lower = (given.target, given.source) if chain.turned else (given.source, given.target)
        for lower_end, fixed in ((False, upper), (True, lower)):
            node, other = (
                (chain.nodes[-1], chain.nodes[-2]) if lower_end else (chain.nodes[0], chain.nodes[1])
            )
            if fixed is not None:
                result[number][lower_end] = fixed
            else:
                ends[node, lower_end].append((centre[other], number))
    for (node, lower_end), arriving in ends.items():
        room = across[node] * 0.8
        for n, (_, number) in enumerate(sorted(arriving), start=1):
            pitch = min(room / (len(arriving) + 1), 36.0)
            result[number][lower_end] = pitch * (n - (len(arriving) + 1) / 2)
    return [(a, b) for a, b in result]


def _route(
    chain: Chain,
    offsets: tuple[float, float],
    centre: Mapping[str, float],
    shift: float,
    start: Sequence[float],
    depth: Sequence[float],
    level: Mapping[str, int],
    along: Mapping[str, float],
) -> list[Point]:
    """The points of an edge as (across, along): within layers it runs straight, between them it bends."""
    points: list[Point] = []
    last = len(chain.nodes) - 1
    for n, node in enumerate(chain.nodes):
        a = centre[node] + shift + (offsets[0] if n == 0 else offsets[1] if n == last else 0.0)
        top, bottom = start[level[node]], start[level[node]] + depth[level[node]]
        middle, half = (top + bottom) / 2, along.get(node, 0.0) / 2
        if n > 0:
            points.append((a, top))
        if n == last:
            points.append((a, middle - half))
        elif n == 0:
            points.append((a, middle + half))
        if n < last:
            points.append((a, bottom))
    points = [(round(a, 1), round(b, 1)) for a, b in points]
    points = [p for n, p in enumerate(points) if n == 0 or p != points[n - 1]]
    return points[::-1] if chain.turned else points
