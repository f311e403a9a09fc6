"""Tables for a terminal: widths are kept, whatever the texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.cli.text_table import Head, cells_of, fitted, lines_of


def test_numbers_stand_to_the_right_and_names_to_the_left() -> None:
    heads = (Head("name", 8, left=True), Head("a year", 8))
    assert list(lines_of(heads, [("a", "1"), ("much too long", "22")])) == [
        "  name        a year",
        "  a                1",
        "  much to…        22",
    ]


def test_without_headings_there_is_no_line_of_them() -> None:
    assert list(lines_of((Head("", 3),), [("1",)])) == ["    1"]


@given(text=st.text(max_size=40), width=st.integers(1, 30))
def test_a_text_never_takes_more_cells_than_it_has(text: str, width: int) -> None:
    assert cells_of(fitted(text, width)) <= width


@pytest.mark.parametrize(("text", "cells"), [("abc", 3), ("病院", 4), ("e\u0301", 1), ("–", 1)])
def test_wide_and_combining_characters_count_as_they_are_shown(text: str, cells: int) -> None:
    assert cells_of(text) == cells
