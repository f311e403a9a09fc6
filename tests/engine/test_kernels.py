"""The kernels against Python sets and dictionaries, in every form that sizes and ranges make them take."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.engine import relation as relations
from panacea_policy.engine.frame import distinct_rows
from panacea_policy.engine.index import Index, expand
from panacea_policy.engine.keymap import KeyMap
from panacea_policy.engine.packing import Packer
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.values import INT_MAX, INT_MIN, Type, decode, decode_floats, encode, encode_floats

FEW = st.integers(-3, 3)
ANY_INT = st.one_of(
    st.integers(-3, 5), st.integers(INT_MIN, INT_MAX), st.sampled_from([INT_MIN, INT_MAX, 2**40, 2**61])
)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(FINITE))
def test_float_codes_keep_value_and_order(values: list[float]) -> None:
    codes = encode_floats(np.array(values, np.float64))
    assert decode_floats(codes).tolist() == values
    by_code = [values[i] for i in np.argsort(codes, kind="stable")]
    assert by_code == sorted(values)


def test_both_zeros_have_one_code() -> None:
    assert len(set(encode(np.array([0.0, -0.0]), Type.FLOAT).tolist())) == 1
    assert decode(np.array([7]), Type.INT).tolist() == [7]


@given(st.sampled_from([6, 16, 40, 61]), st.lists(st.lists(st.integers(0, 2**61)), max_size=6))
def test_key_map_numbers_keys_in_order_of_first_occurrence(bits: int, batches: list[list[int]]) -> None:
    keys = KeyMap(bits)
    known: dict[int, int] = {}
    for batch in batches:
        values = np.array([key % 2**bits for key in batch], np.int64)
        first = []
        for position, key in enumerate(values.tolist()):
            if key not in known:
                known[key] = len(known)
                first.append(position)
        assert keys.add(values).tolist() == first
        assert keys.find(values).tolist() == [known[key] for key in values.tolist()]
    others = np.arange(40, dtype=np.int64) % 2**bits
    assert keys.find(others).tolist() == [known.get(key, -1) for key in others.tolist()]


@pytest.mark.parametrize("bits", [14, 20, 60])
def test_key_map_grows_through_all_its_forms(bits: int) -> None:
    random = np.random.default_rng(bits)
    keys = KeyMap(bits)
    known: dict[int, int] = {}
    for size in (10, 100, 5_000, 20_000):
        batch = random.integers(0, 2 ** min(bits, 15), size) * (1 if bits < 20 else 31)
        for key in batch.tolist():
            known.setdefault(key, len(known))
        keys.add(batch)
        assert keys.size == len(known)
        assert keys.find(batch).tolist() == [known[key] for key in batch.tolist()]
        assert keys.find(np.array([2**bits - 1])).tolist() == [known.get(2**bits - 1, -1)]


@given(
    st.sampled_from([6, 14, 40, 61, 64]),
    st.lists(st.tuples(st.booleans(), st.lists(st.integers(0, 60), max_size=40)), max_size=8),
    st.integers(1, 5),
)
def test_removed_keys_have_no_id_until_they_are_added_again(
    bits: int, steps: list[tuple[bool, list[int]]], gap: int
) -> None:
    keys = KeyMap(bits)
    known: dict[int, int] = {}
    next_id = 0
    for remove, batch in steps:
        values = np.array([key * 31 % 2 ** min(bits, 61) for key in batch], np.int64)
        if remove:
            keys.remove(values)
            for key in values.tolist():
                known.pop(key, None)
        else:
            first = []
            for position, key in enumerate(values.tolist()):
                if key not in known:
                    known[key] = next_id + len(first)
                    first.append(position)
            assert keys.add(values, next_id).tolist() == first
            next_id += len(first) + gap
        assert keys.size == len(known)
        every = np.arange(0, 61 * 31, 31, dtype=np.int64) % 2 ** min(bits, 61)
        assert keys.find(every).tolist() == [known.get(key, -1) for key in every.tolist()]


@pytest.mark.parametrize("bits", [20, 60])
def test_a_key_map_that_is_emptied_and_filled_does_not_grow_without_end(bits: int) -> None:
    keys = KeyMap(bits)
    for start in range(0, 200_000, 1_000):
        batch = np.arange(start, start + 1_000, dtype=np.int64) * 5
        assert len(keys.add(batch, start)) == 1_000
        keys.remove(batch)
        assert keys.size == 0
    assert keys.nbytes <= 4 << 20


def test_ids_that_do_not_fit_are_refused() -> None:
    keys = KeyMap(60)
    with pytest.raises(OverflowError, match="at most"):
        keys.add(np.array([5]), 2**31 - 2)
    assert keys.add(np.array([5]), 2**31 - 3).tolist() == [0]
    assert keys.find(np.array([5])).tolist() == [2**31 - 3]


@given(
    st.integers(1, 6).flatmap(lambda n: st.lists(st.tuples(*[ANY_INT] * n), min_size=1, max_size=30)),
    st.data(),
)
def test_packed_keys_are_equal_exactly_for_equal_rows(
    rows: list[tuple[int, ...]], data: st.DataObject
) -> None:
    columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)]
    packer = Packer(columns)
    keys = packer.keys(columns, len(rows)).tolist()
    assert min(keys) >= 0
    assert max(keys) < 2**62
    for row, key in zip(rows, keys, strict=True):
        assert [other == row for other in rows] == [other == key for other in keys]
    if packer.ordered:
        assert sorted(keys) == [key for _, key in sorted(zip(rows, keys, strict=True))]
    probe = data.draw(st.tuples(*[ANY_INT] * len(columns)))
    key = int(packer.keys([np.array([value], np.int64) for value in probe], 1)[0])
    if probe in rows:
        assert key == keys[rows.index(probe)]
    else:
        assert key not in keys


def test_values_so_far_away_that_differences_wrap_around() -> None:
    packer = Packer([np.array([INT_MAX - 2, INT_MAX])])
    probes = np.array([INT_MIN, INT_MIN + 1, -1, 0, INT_MAX - 3, INT_MAX - 2, INT_MAX])
    assert packer.keys([probes], len(probes)).tolist() == [-1, -1, -1, -1, -1, 0, 2]
    assert not packer.covers([probes[:1]], 1)


@given(
    st.integers(0, 5).flatmap(
        lambda n: st.lists(st.lists(st.tuples(*[ANY_INT] * n), max_size=15), min_size=1, max_size=8)
    )
)
def test_relation_is_a_growing_set(batches: list[list[tuple[int, ...]]]) -> None:
    arity = max((len(row) for batch in batches for row in batch), default=0)
    relation = Relation(arity)
    known: dict[tuple[int, ...], int] = {}
    for batch in batches:
        columns = [np.array(column, np.int64) for column in zip(*batch, strict=True)] or [
            np.empty(0, np.int64) for _ in range(arity)
        ]
        fresh = []
        for position, row in enumerate(batch):
            if row not in known:
                known[row] = len(known)
                fresh.append(position)
        assert relation.append(columns, len(batch)) == len(fresh)
        assert relation.size == len(known)
        assert relation.find(columns, len(batch)).tolist() == [known[row] for row in batch]
    if arity:
        assert list(zip(*(column.tolist() for column in relation.columns()), strict=True)) == list(known)


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 4), ANY_INT), min_size=1, max_size=20), min_size=1, max_size=6
    ),
    st.sampled_from([(0,), (1,), (0, 1), (1, 0)]),
)
def test_index_finds_the_rows_of_each_key(batches: list[list[tuple[int, int]]], key: tuple[int, ...]) -> None:
    rows: list[tuple[int, ...]] = []
    index = Index(key)
    for batch in batches:
        rows.extend(batch)
        columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)]
        index.extend(columns, len(rows))
        probes = [*{tuple(row[position] for position in key) for row in rows}, tuple(9 for _ in key)]
        probe_columns = [np.array(column, np.int64) for column in zip(*probes, strict=True)]
        found: list[tuple[int, int]] = []
        for matches in index.find(probe_columns, len(probes)):
            which, numbers = expand(matches)
            if which is None:
                which = np.arange(len(probes))
            found.extend(zip(which.tolist(), numbers.tolist(), strict=True))
        expected = [
            (number, row)
            for number, probe in enumerate(probes)
            for row, values in enumerate(rows)
            if tuple(values[position] for position in key) == probe
        ]
        assert sorted(found) == sorted(expected)
        contained = index.contains(probe_columns, len(probes)).tolist()
        assert contained == [number in {which for which, _ in expected} for number in range(len(probes))]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 1)), max_size=20), st.integers(0, 2))
def test_distinct_rows(rows: list[tuple[int, int]], width: int) -> None:
    columns = [np.array([row[i] for row in rows], np.int64) for i in range(width)]
    values, inverse = distinct_rows(columns, len(rows))
    if not width:
        assert inverse.tolist() == [0] * len(rows)
        return
    distinct = list(zip(*(column.tolist() for column in values), strict=True))
    assert distinct == sorted({row[:width] for row in rows})
    assert [distinct[i] for i in inverse.tolist()] == [row[:width] for row in rows]


@given(
    st.lists(st.tuples(st.booleans(), st.lists(st.tuples(FEW, FEW), max_size=12)), max_size=8),
    st.sampled_from([0, 5, 512]),
)
def test_relation_has_the_same_rows_in_either_form(
    batches: list[tuple[bool, list[tuple[int, int]]]], most: int
) -> None:
    with patch.object(relations, "SMALL", most):
        relation = Relation(2)
        known: dict[tuple[int, int], None] = {}
        for as_tuples, batch in batches:
            fresh = len(set(batch) - known.keys())
            known.update(dict.fromkeys(batch))
            columns = [np.array([row[i] for row in batch], np.int64) for i in range(2)]
            assert (relation.add(batch) if as_tuples else relation.append(columns, len(batch))) == fresh
            assert list(relation.tuples()) == list(known)
            assert [column.tolist() for column in relation.columns()] == [
                [r[i] for r in known] for i in (0, 1)
            ]
            assert relation.keys((1,)) == {right for _, right in known}
            seconds = relation.lookup((0,), (1,))
            assert {(left, *row) for left, rows in seconds.items() for row in rows} == set(known)
            assert list(relation.lookup((), (1,)).get((), [])) == list(dict.fromkeys((r,) for _, r in known))
            assert relation.find(columns, len(batch)).tolist() == [list(known).index(row) for row in batch]
