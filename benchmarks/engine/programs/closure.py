"""Transitive closure of a random graph, of a chain, and of layers."""

from __future__ import annotations

import numpy as np

from benchmarks.engine.problem import Builder, Problem

RULES = """
relation edge(from: symbol, to: symbol)
relation path(from: symbol, to: symbol)

path(x, y) if edge(x, y)
path(x, z) if path(x, y), edge(y, z)
"""


def random(nodes: int = 1_500, edges: int = 6_000) -> Problem:
    """Edges between any two nodes, drawn with repeats."""
    build = Builder(1, RULES)
    all_nodes = build.take(nodes)
    build.add("edge", build.pick(all_nodes, edges), build.pick(all_nodes, edges))
    return build.problem("closure_random", "path")


def chain(edges: int = 1_000) -> Problem:
    """One line of nodes: as many rounds as edges."""
    build = Builder(1, RULES)
    nodes = build.take(edges + 1)
    build.add("edge", nodes[:-1], nodes[1:])
    return build.problem("closure_chain", "path")


def layered(layers: int = 40, width: int = 100, fan_out: int = 3) -> Problem:
    """Each node of a layer has edges to some of the next: rows that many paths derive again and again."""
    build = Builder(1, RULES)
    nodes = build.take(layers * width)
    sources = np.repeat(nodes[:-width], fan_out)
    onward = (sources // width + 1) * width + build.random.integers(0, width, len(sources))
    build.add("edge", sources, nodes[onward])
    return build.problem("closure_layered", "path")
