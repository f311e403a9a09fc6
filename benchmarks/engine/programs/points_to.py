"""Andersen's points-to analysis: which objects a variable of a program may point to, pointers to pointers too.

Variables are those of functions of 20. Statements join variables of one function, and one in twenty those of two
neighbours; a few variables are global.
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

    build.add("address", *two(0.5))
    build.add("copy", *two(0.5))
    build.add("load", *two(0.15))
    build.add("store", *two(0.1))
    return build.problem("points_to", "points")
