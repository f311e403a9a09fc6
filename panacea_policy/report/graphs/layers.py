"""Layered drawing of a directed graph, first half: who stands in which layer, in which order (Sugiyama et al.
1981).

Cycles are broken by turning edges round for the drawing; long edges pass through every layer between in a
slot of their own, so that no edge runs behind a box.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Edge = tuple[str, str]

_SWEEPS = 16


@dataclass(frozen=True)
class Chain:
    """An edge as the nodes it passes: the upper end, a slot per layer between, the lower end."""

    nodes: tuple[str, ...]
    turned: bool


@dataclass(frozen=True)
class Layering:
    """Nodes and slots by layer, in order; and the chain of every edge (None for an edge from a node to
    itself).
    """

    layers: tuple[tuple[str, ...], ...]
    chains: tuple[Chain | None, ...]


def arrange(
    nodes: Sequence[str],
    edges: Sequence[Edge],
    breadth: Mapping[str, float],
    limit: float,
    *,
    ordered: bool = False,
) -> Layering:
    """Assign layers and orders. ``breadth`` is the size across; a layer broader than ``limit`` is split.

    The order of ``nodes`` decides which edges of a cycle are turned round: earlier nodes come first.
    ``ordered`` turns all edges to earlier nodes, so that the drawing keeps the order of nodes throughout.
    """
    rank = {node: n for n, node in enumerate(nodes)}
    turns = [rank[a] > rank[b] for a, b in edges] if ordered else _turned(nodes, edges, rank)
    forward = [_forward(edge, turned) for edge, turned in zip(edges, turns, strict=True)]
    layer = _longest_paths(nodes, forward)
    _pull_down(nodes, forward, layer)
    layer = _split_broad(nodes, layer, breadth, limit)
    chains, slots = _chains(edges, layer)
    rows: list[list[str]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for node in nodes:
        rows[layer[node]].append(node)
    for slot, level in slots.items():
        rows[level].append(slot)
    return Layering(tuple(tuple(row) for row in _ordered(rows, chains)), tuple(chains))


def _forward(edge: Edge, turned: bool) -> Edge:
    return (edge[1], edge[0]) if turned else edge


def _turned(nodes: Sequence[str], edges: Sequence[Edge], rank: Mapping[str, int]) -> list[bool]:
    """Which edges to turn round so that no cycle is left: those that close a cycle in a search from early
    nodes.
    """
    out: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        if source != target:
            out[source].append(target)
    for targets in out.values():
        targets.sort(key=rank.__getitem__)
    finished: dict[str, int] = {}
    open_ones: set[str] = set()
    for root in nodes:
        stack = [(root, iter(out[root]))] if root not in finished else []
        open_ones.update(n for n, _ in stack)
        while stack:
            node, rest = stack[-1]
            following = next((t for t in rest if t not in finished and t not in open_ones), None)
            if following is None:
                finished[node] = len(finished)
                open_ones.discard(node)
                stack.pop()
            else:
                open_ones.add(following)
                stack.append((following, iter(out[following])))
    return [finished[source] < finished[target] for source, target in edges]


def _longest_paths(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The layer of each node: one below the lowest of those above it."""
    below: dict[str, list[str]] = defaultdict(list)
    waiting = dict.fromkeys(nodes, 0)
    for source, target in edges:
        if source != target:
            below[source].append(target)
            waiting[target] += 1
    layer = dict.fromkeys(nodes, 0)
    ready = [node for node in nodes if waiting[node] == 0]
    for node in ready:
        for target in below[node]:
            layer[target] = max(layer[target], layer[node] + 1)
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    return layer


def _pull_down(nodes: Sequence[str], edges: Sequence[Edge], layer: dict[str, int]) -> None:
    """Move nodes without anything above them next to what they lead to, which shortens edges."""
    has_above = {target for source, target in edges if source != target}
    below: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        if source != target:
            below[source].append(target)
    for node in nodes:
        if node not in has_above and below[node]:
            layer[node] = max(layer[node], min(layer[t] for t in below[node]) - 1)


def _split_broad(
    nodes: Sequence[str], layer: Mapping[str, int], breadth: Mapping[str, float], limit: float
) -> dict[str, int]:
    """Break layers that are broader than the limit into several; order among layers is kept."""
    result: dict[str, int] = {}
    level = 0
    for old in range(max(layer.values(), default=-1) + 1):
        used = 0.0
        for node in (n for n in nodes if layer[n] == old):
            if used and used + breadth[node] > limit:
                level += 1
                used = 0.0
            used += breadth[node]
            result[node] = level
        level += 1
    return result


def _chains(edges: Sequence[Edge], layer: Mapping[str, int]) -> tuple[list[Chain | None], dict[str, int]]:
    chains: list[Chain | None] = []
    slots: dict[str, int] = {}
    for number, (source, target) in enumerate(edges):
        if source == target or layer[source] == layer[target]:
            chains.append(None)
            continue
        turned = layer[source] > layer[target]
        top, bottom = (target, source) if turned else (source, target)
        between = []
        for level in range(layer[top] + 1, layer[bottom]):
            slot = f"\0{number}:{level}"
            slots[slot] = level
            between.append(slot)
        chains.append(Chain((top, *between, bottom), turned))
    return chains, slots


def _ordered(rows: list[list[str]], chains: Sequence[Chain | None]) -> list[list[str]]:
    """Order every layer so that few edges cross: sweeps by barycentre, keeping the best order seen."""
    above: dict[str, list[str]] = defaultdict(list)
    below: dict[str, list[str]] = defaultdict(list)
    for chain in chains:
        for upper, lower in zip(chain.nodes, chain.nodes[1:], strict=False) if chain else ():
            below[upper].append(lower)
            above[lower].append(upper)
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    for sweep in range(_SWEEPS):
        if fewest == 0:
            break
        down = sweep % 2 == 0
        order = range(1, len(rows)) if down else range(len(rows) - 2, -1, -1)
        for level in order:
            fixed = rows[level - 1] if down else rows[level + 1]
            place = {node: n for n, node in enumerate(fixed)}
            links = above if down else below
            here = {node: n for n, node in enumerate(rows[level])}
            rows[level].sort(key=lambda node, h=here, p=place, k=links: (_mean(k[node], p, h[node]), h[node]))  # type: ignore[misc]
        crossings = _crossings(rows, below)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _mean(neighbours: Sequence[str], place: Mapping[str, int], otherwise: int) -> float:
    known = [place[n] for n in neighbours if n in place]
    return sum(known) / len(known) if known else float(otherwise)


def _crossings(rows: Sequence[Sequence[str]], below: Mapping[str, Sequence[str]]) -> int:
    """How many pairs of edges between neighbouring layers cross."""
    total = 0
    for upper, lower in itertools.pairwise(rows):
        place = {node: n for n, node in enumerate(lower)}
        ends = [
            place[t]
            for node in upper
            for t in sorted(below.get(node, ()), key=lambda t: place.get(t, -1))
            if t in place
        ]
        seen: list[int] = []
        for end in ends:
            total += sum(1 for other in seen if other > end)
            seen.append(end)
    return total
