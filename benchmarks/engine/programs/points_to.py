"""Andersen's points-to analysis: which objects a variable may point to, through pointers to pointers too.

Functions have 20 variables each. Statements join variables of one function, and one in twenty reaches into a
function nearby.
"""

from __future__ import annotations

import numpy as np

from benchmarks.engine.problem import Builder, Ints, Problem

RULES = """
relation address(to: symbol, of: symbol)   # to = &of
relation copy(to: symbol, of: symbol)      # to = of
relation load(to: symbol, of: symbol)      # to = *of
relation store(to: symbol, of: symbol)     # *to = of
relation points(from: symbol, to: symbol)

points(p, o) if address(p, o)
points(p, o) if copy(p, q), points(q, o)
points(p, o) if load(p, q), points(q, r), points(r, o)
points(r, o) if store(p, q), points(p, r), points(q, o)
"""

FUNCTION = 20


def make(variables: int = 40_000) -> Problem:
    build = Builder(4, RULES)
    everything = build.take(variables)

    def two(share: float) -> tuple[Ints, Ints]:
        count = round(share * variables)
        left = build.random.integers(0, variables, count)
        right = left // FUNCTION * FUNCTION + build.random.integers(0, FUNCTION, count)
        far = build.random.random(count) < 0.05
        right = np.where(far, right + build.random.integers(-40, 41, count), right) % variables
        return everything[left], everything[right]

    build.add("address", *two(0.4))
    build.add("copy", *two(1.0))
    build.add("load", *two(0.3))
    build.add("store", *two(0.2))
    return build.problem("points_to", "points")
