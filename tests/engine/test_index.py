"""Indexes of relations that lose rows: what is found equals what looking through all rows finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.engine import index
from panacea_policy.engine.index import expand
from panacea_policy.engine.kernels import using
from panacea_policy.engine.relation import Relation

#: Rows to add, of few keys, places among the rows there to take away, and keys to look up.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 99)), max_size=30)),
        st.tuples(st.just("take"), st.lists(st.integers(0, 10**6), max_size=12)),
        st.tuples(st.just("find"), st.lists(st.integers(0, 4), min_size=1, max_size=4)),
        st.tuples(st.just("probe"), st.just([])),
    ),
    max_size=20,
)


def found(relation: Relation, keys: list[int]) -> list[list[int]]:
    """The numbers of the rows with each key, in the order in which the index gives them."""
    columns = [np.array(keys, np.int64)]
    rows: list[list[int]] = [[] for _ in keys]
    for matches in relation.index((0,)).find(columns, len(keys)):
        probes, numbers = expand(matches)
        for probe, number in zip(range(len(keys)) if probes is None else probes, numbers, strict=True):
            rows[int(probe)].append(int(number))
    return rows


@pytest.mark.parametrize("kernels", ["numpy", None])
@pytest.mark.parametrize(("large", "holes"), [(256, 16), (3, 2), (0, 1)])
@settings(max_examples=60, deadline=None, derandomize=True)
@given(steps=STEPS)
def test_rows_taken_away_are_not_found(
    kernels: str | None, large: int, holes: int, steps: list[tuple[str, list[object]]]
) -> None:
    with pytest.MonkeyPatch.context() as patch, using(kernels):  # type: ignore[arg-type]
        patch.setattr(index, "_LARGE", large)
        patch.setattr(index, "_MOST_HOLES", holes)
        relation, there = Relation(2), dict[int, tuple[int, int]]()
        for what, given in steps:
            if what == "add" and given:
                start = relation.size
                relation.append(list(np.array(given, np.int64).T), len(given))
                columns = [column.tolist() for column in relation.columns(start)]
                there |= dict(enumerate(zip(*columns, strict=True), start))
            elif what == "take" and there:
                gone = sorted({sorted(there)[place % len(there)] for place in given})  # type: ignore[operator]
                relation.index((0,))
                relation.retract(np.array(gone, np.int64))
                there = {number: row for number, row in there.items() if number not in gone}
            elif what == "probe":
                relation.index((0,)).probing()
            keys = given if what == "find" else [0, 1]
            assert found(relation, keys) == [  # type: ignore[arg-type]
                [number for number, row in there.items() if row[0] == key] for key in keys
            ]
