"""Looking up a few rows finds what an index finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.engine import lookup
from panacea_policy.engine.index import Matches
from panacea_policy.engine.lookup import Lookups
from panacea_policy.engine.relation import Relation

ROWS = st.lists(st.tuples(*[st.integers(0, 4)] * 3), max_size=40)
KEYS = st.lists(st.tuples(*[st.integers(-1, 5)] * 3), max_size=12)


def held(rows: list[tuple[int, ...]]) -> Relation:
    relation = Relation(3)
    if rows:
        relation.append([np.array(column) for column in zip(*rows, strict=True)], len(rows))
    return relation


def found(parts: list[Matches], count: int) -> list[list[int]]:
    """The row numbers of each key, in order."""
    rows: list[list[int]] = [[] for _ in range(count)]
    for part in parts:
        for key, (start, length) in enumerate(zip(part.starts.tolist(), part.counts.tolist(), strict=True)):
            rows[key] += part.rows[start : start + length].tolist()
    return [sorted(each) for each in rows]


@settings(deadline=None)
@given(ROWS, KEYS, st.sets(st.integers(0, 2), min_size=1))
def test_keys_have_the_rows_that_an_index_gives(
    rows: list[tuple[int, ...]], keys: list[tuple[int, ...]], chosen: set[int]
) -> None:
    relation, positions = held(rows), tuple(sorted(chosen))
    sought = Lookups({"r": held(rows)})["r"]
    columns = [np.array([key[at] for key in keys], np.int64) for at in positions]
    expected = found(relation.index(positions).find(columns, len(keys)), len(keys))
    assert found(sought.index(positions).find(columns, len(keys)), len(keys)) == expected
    contained = sought.contains(positions, columns, len(keys)).tolist()
    assert contained == [bool(each) for each in expected]
    whole = [np.array([key[at] for key in keys], np.int64) for at in range(3)]
    assert sought.find(whole, len(keys)).tolist() == relation.find(whole, len(keys)).tolist()


def test_many_look_ups_make_an_index_and_few_make_none() -> None:
    whole = held([(i, i % 3, 0) for i in range(600)])
    sought = Lookups({"r": whole})["r"]
    for number in range(lookup._ENOUGH + 1):
        sought.index((1,)).find([np.array([number % 3])], 1)
    assert not whole.has_index((1,))
    sought.index((1,)).find([np.array([0])], 1)
    assert whole.has_index((1,))
