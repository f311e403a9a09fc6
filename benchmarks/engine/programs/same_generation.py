"""Same generation: pairs at one distance from a common ancestor, in layers of nodes with two parents each."""

from __future__ import annotations

import numpy as np

from benchmarks.engine.problem import Builder, Problem

RULES = """
relation parent(child: symbol, parent: symbol)
relation same(one: symbol, other: symbol)

same(x, y) if parent(x, p), parent(y, p), x != y
same(x, y) if parent(x, p), same(p, q), parent(y, q)
"""


def make(generations: int = 12, width: int = 250, parents: int = 2) -> Problem:
    build = Builder(2, RULES)
    nodes = build.take(generations * width)
    children = np.repeat(nodes[width:], parents)
    above = (children // width - 1) * width + build.random.integers(0, width, len(children))
    build.add("parent", children, nodes[above])
    return build.problem("same_generation", "same")
