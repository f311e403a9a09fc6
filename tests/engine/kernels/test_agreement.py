"""The compiled kernels do what NumPy's do, to the last place, and write the tables that NumPy's read."""

from __future__ import annotations

from collections.abc import Sequence
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.engine.kernels import Form, Kernels, Layout, Pairs, Place, using
from panacea_policy.engine.keymap import KeyMap
from panacea_policy.engine.values import INT_MAX, INT_MIN, Codes
from tests.engine.kernels.both import PLAIN, compiled

ANY_INT = st.one_of(
    st.integers(-3, 20), st.integers(INT_MIN, INT_MAX), st.sampled_from([INT_MIN, INT_MAX, 2**40, 2**61])
)
BITS = st.sampled_from([5, 14, 40, 61, 64])


def ints(values: Sequence[int]) -> Codes:
    return np.array(values, np.int64)


@given(
    BITS,
    st.lists(
        st.tuples(st.sampled_from("ppccr"), st.sampled_from("pc"), st.lists(st.integers(0, 90), max_size=60)),
        max_size=8,
    ),
)
def test_one_table_is_served_by_both(bits: int, steps: list[tuple[str, str, list[int]]]) -> None:
    forms: dict[str, Kernels] = {"p": PLAIN, "c": compiled()}
    slots = KeyMap(bits)
    known: dict[int, int] = {}
    next_id = 0
    for action, finder, batch in steps:
        keys = ints([key * 1_000_003 % 2 ** min(bits, 61) for key in batch])
        if action == "r":
            forms[finder].remove(slots, keys)
            for key in keys.tolist():
                known.pop(key, None)
        else:
            first = []
            for position, key in enumerate(keys.tolist()):
                if key not in known:
                    known[key] = next_id + len(first)
                    first.append(position)
            assert forms[action].add(slots, keys, next_id).tolist() == first
            next_id += len(first) + 2
        assert slots.size == len(known)
        every = ints([-1, *range(0, 91 * 1_000_003, 1_000_003)]) % 2 ** min(bits, 61)
        every[0] = -1
        for form in forms.values():
            assert form.find(slots, every).tolist() == [known.get(key, -1) for key in every.tolist()]


@pytest.mark.parametrize("bits", [14, 19, 60])
@pytest.mark.parametrize("form", [Form.NUMPY, Form.NUMBA])
def test_a_table_grows_through_all_its_shapes(bits: int, form: Form) -> None:
    compiled()
    random = np.random.default_rng(bits)
    with using(form):
        slots = KeyMap(bits)
        known: dict[int, int] = {}
        for size in (3, 40, 700, 30_000):
            batch = random.integers(0, 2 ** min(bits, 16), size) * (1 if bits < 19 else 7)
            before = len(known)
            for key in batch.tolist():
                known.setdefault(key, len(known))
            assert len(slots.add(batch)) == len(known) - before
            assert slots.find(batch).tolist() == [known[key] for key in batch.tolist()]
        assert slots.direct == (bits < 60)
        slots.remove(ints(list(known)))
        slots.put(ints(list(known)), np.arange(len(known))[::-1].copy())
        assert slots.find(ints(list(known))).tolist() == list(range(len(known)))[::-1]


@given(
    st.integers(0, 4).flatmap(lambda n: st.lists(st.tuples(*[ANY_INT] * n), max_size=40)),
    st.lists(st.tuples(ANY_INT, st.integers(0, 15)), min_size=4, max_size=4),
)
def test_packing(rows: list[tuple[int, ...]], fields: list[tuple[int, int]]) -> None:
    width = len(rows[0]) if rows else 2
    columns = [ints([row[at] for row in rows]) for at in range(width)]
    lows, bits = [low for low, _ in fields[:width]], [size for _, size in fields[:width]]
    layout = Layout(ints(lows), ints(bits), ints([sum(bits[at + 1 :]) for at in range(width)]))
    expected = []
    for row in rows:
        key = 0
        for value, low, size in zip(row, lows, bits, strict=True):
            key = -1 if key < 0 or not low <= value < low + 2**size else key << size | value - low
        expected.append(key)
    for form in (PLAIN, compiled()):
        keys, outside = form.pack(columns, len(rows), layout)
        assert keys.tolist() == expected
        assert outside == (-1 in expected)
        inside = keys[keys >= 0]
        unpacked = [column.tolist() for column in form.unpack(inside, layout)]
        assert unpacked == [column[keys >= 0].tolist() for column in columns]


@given(st.lists(ANY_INT, min_size=1))
def test_bounds(values: list[int]) -> None:
    for form in (PLAIN, compiled()):
        assert form.bounds(ints(values)) == (min(values), max(values))
        assert form.bounds(ints([*values, *values])[::2]) == (
            min([*values, *values][::2]),
            max([*values, *values][::2]),
        )


@patch("panacea_policy.engine.kernels.compiled._RADIX_LEAST", 0)
@given(st.sampled_from([1, 7, 12, 13, 23, 36, 61]), st.lists(st.integers(0, 2**61), max_size=60))
def test_sorting_keeps_equal_keys_in_order(bits: int, values: list[int]) -> None:
    values = [value % 2**bits for value in values]
    expected = sorted(range(len(values)), key=values.__getitem__)
    for form in (PLAIN, compiled()):
        ordered, order = form.sort(ints(values), bits)
        assert order.tolist() == expected
        assert ordered.tolist() == sorted(values)


@given(st.lists(st.integers(0, 20), max_size=60), st.integers(21, 40))
def test_grouping(values: list[int], end: int) -> None:
    for form in (PLAIN, compiled()):
        starts, order, distinct = form.group(ints(values), end)
        assert distinct == len(set(values))
        assert len(starts) == end + 1
        for key in range(end):
            rows = order[starts[key] : starts[key + 1]].tolist()
            assert rows == [row for row, value in enumerate(values) if value == key]


@st.composite
def matched(draw: st.DrawFn) -> tuple[list[list[int]], list[int]]:
    """The rows of some places, and places that are looked up."""
    rows = draw(st.lists(st.lists(st.integers(0, 30), max_size=5), min_size=1, max_size=8))
    return rows, draw(st.lists(st.integers(-1, len(rows) - 1), max_size=20))


@given(matched(), st.booleans())
def test_matching_and_expanding(drawn: tuple[list[list[int]], list[int]], shortened: bool) -> None:
    groups, places = drawn
    if shortened:
        # As where rows have been removed: a group ends before the next one starts.
        ends = np.cumsum([len(group) + 1 for group in groups]) - 1
        rows = ints([row for group in groups for row in (*group, 99)])
        starts = np.append(0, ends + 1)
    else:
        ends = np.cumsum([len(group) for group in groups])
        rows, starts = ints([row for group in groups for row in group]), np.append(0, ends)
    expected = [(at, row) for at, place in enumerate(places) if place >= 0 for row in groups[place]]
    for form in (PLAIN, compiled()):
        found, sizes, total = form.match(ints(places), starts, ends)
        assert total == len(expected)
        probes, pairs = form.expand(rows, found, sizes, total)
        assert list(zip(probes.tolist(), pairs.tolist(), strict=True)) == expected


@given(
    matched(),
    st.sampled_from([11, 40]),
    st.lists(st.integers(0, 3), min_size=31, max_size=31),
    st.integers(1, 3),
    st.sampled_from([1, 3, 1000]),
    st.lists(st.integers(0, 60), max_size=40),
)
def test_joining(
    drawn: tuple[list[list[int]], list[int]],
    bits: int,
    values: list[int],
    width: int,
    most: int,
    held: list[int],
) -> None:
    groups, places = drawn
    ends = np.cumsum([len(group) for group in groups])
    rows, starts = ints([row for group in groups for row in group]), np.append(0, ends)
    column = ints(values) - 7
    pairs_of = [(at, row) for at, place in enumerate(places) if place >= 0 for row in groups[place]]
    shifts = [0, 2, 4][:width]
    keys = [(at % 4 << 6) + sum(values[row] << shift for shift in shifts) for at, row in pairs_of]
    for form in (PLAIN, compiled()):
        slots = KeyMap(bits)
        known = dict.fromkeys(held)
        form.add(slots, ints(held), 0)
        first_id = len(known)
        expected = list(dict.fromkeys(key for key in keys if key not in known))
        found_at, sizes, _ = form.match(ints(places), starts, ends)
        pairs = Pairs(
            ints([at % 4 << 6 for at in range(len(places))]),
            found_at,
            sizes,
            rows,
            (column,) * width,
            ints([-7] * width),
            ints(shifts),
        )
        new: list[int] = []
        place = Place()
        while place.probe < len(places):
            some, place = form.join(slots, pairs, first_id + len(new), place, most)
            new += some.tolist()
        assert new == expected
        assert place.seen == len(keys)
        assert form.find(slots, ints([*known, *expected])).tolist() == list(range(first_id + len(new)))
        assert slots.size == first_id + len(new)


def test_arguments_are_those_of_the_source() -> None:
    pytest.importorskip("numba")
    from panacea_policy.engine.kernels.compiled import _ARGUMENTS
    from panacea_policy.engine.kernels.source import INT, KERNELS

    kinds = {name: "".join("n" if arg is INT else "o" for arg in args) for name, (_, args) in KERNELS.items()}
    assert kinds == _ARGUMENTS


def test_wrong_calls_touch_no_memory() -> None:
    """What NumPy refuses the compiled kernels refuse, too."""
    slots = KeyMap(10)
    layout = Layout(ints([0, 0]), ints([3, 3]), ints([3, 0]))
    for form in (PLAIN, compiled()):
        with pytest.raises(IndexError):
            form.add(slots, ints([1 << 20]), 0)
        with pytest.raises(ValueError, match=r"length|broadcast"):
            form.pack([ints([1, 2, 3]), ints([1, 2])], 3, layout)
