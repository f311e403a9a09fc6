"""Random and known cases of choosing controls, with brute force over all subsets as the oracle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from panacea_policy.risk.graph import Bools, Ints
from panacea_policy.risk.mitigation.choose import Chooser
from panacea_policy.risk.mitigation.program import Row
from panacea_policy.risk.mitigation.sample import APART


def allowed(rows: Sequence[Row], m: int) -> list[int]:
    """Every set of switches, as a mask, that meets the conditions."""
    return [s for s in range(1 << m) if all(row.met(bits(s, m)) for row in rows)]


def bits(mask: int, m: int) -> np.ndarray:
    return np.array([bool(mask >> c & 1) for c in range(m)])


def brute_best(chooser: Chooser, budget: float, m: int) -> float | None:
    """The best objective under a budget, by going through all sets."""
    values = [chooser.value(s) for s in allowed(chooser.rows, m) if chooser.spent(s) <= budget + 1e-9]
    return min(values, default=None)


def brute_front(chooser: Chooser, m: int) -> list[tuple[float, float]]:
    """Cost and value of all sets that no other beats, cheapest first."""
    found = sorted((chooser.spent(s), chooser.value(s)) for s in allowed(chooser.rows, m))
    front: list[tuple[float, float]] = []
    for cost, value in found:
        if not front or value < front[-1][1] - 1e-12:
            front.append((cost, value))
    return front


def pair(m: int, a: int, b: int, kind: str) -> Row:
    """``needs``: a only with b; ``excludes``: not both; ``either``: at least one."""
    coefficients = np.zeros(m)
    if kind == "needs":
        coefficients[a], coefficients[b] = 1.0, -1.0
        return Row(coefficients, high=0.0)
    coefficients[[a, b]] = 1.0
    return Row(coefficients, high=1.0) if kind == "excludes" else Row(coefficients, low=1.0)


def conditions(m: int) -> st.SearchStrategy[list[Row]]:
    """A few needs and exclusions between switches."""
    one = st.tuples(
        st.integers(0, m - 1),
        st.integers(0, m - 1),
        st.sampled_from(["needs", "needs", "excludes", "either"]),
    )
    rows = st.lists(one.filter(lambda r: r[0] != r[1]), max_size=4)
    return rows.map(lambda found: [pair(m, *row) for row in found])


class Weighed:
    """An oracle written down by hand: item by item, which sets of controls save it.

    ``fails[s][t][g]``: the maximal sets of controls (as bit masks) under which goal g still falls in trial t
    of source s; none where it never falls.
    """

    def __init__(self, fails: Sequence[Sequence[Sequence[Sequence[int]]]]) -> None:
        self._fails = fails
        self.trials = len(fails[0])

    def fallen_with(self, source: int, trials: Ints, active: Bools) -> Bools:
        bits = [sum(1 << c for c in np.flatnonzero(column).tolist()) for column in active.T]
        rows = [
            [any(s | m == m for m in goal) for goal in self._fails[source][t]]
            for t, s in zip((trials % APART).tolist(), bits, strict=True)
        ]
        return np.array(rows, dtype=bool).reshape(len(bits), -1).T
