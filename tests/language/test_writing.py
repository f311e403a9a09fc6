"""Names, texts and comments made of whatever others call and say things."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.language import Source, parse
from panacea_policy.language.lexer import RESERVED
from panacea_policy.language.writing import one_line, quoted, slug, word


@given(st.text(max_size=60))
def test_any_text_is_one_text_of_the_language(text: str) -> None:
    written = quoted(text)
    result = parse(Source("t", f"note n {{ note: {written} }}"))
    assert result.diagnostics == ()
    assert written.isprintable()


@given(st.text(max_size=60))
def test_any_text_is_one_comment(text: str) -> None:
    assert parse(Source("t", f"# {one_line(text)}\nnote n {{ }}")).diagnostics == ()
    assert "\n" not in one_line(text)


@given(st.text(max_size=60))
def test_any_text_makes_a_part_of_a_name(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9_]+", slug(text))


@given(st.text(max_size=60) | st.sampled_from(sorted(RESERVED)))
def test_any_text_makes_a_name(text: str) -> None:
    assert parse(Source("t", f"zone {word(text, 'zone')} {{ }}")).diagnostics == ()


@pytest.mark.parametrize(
    ("text", "part", "name"),
    [
        ("PACS / Röntgen", "pacs_rontgen", "pacs_rontgen"),
        ("3rd floor", "3rd_floor", "zone_3rd_floor"),
        ("画像", "unnamed", "zone"),
        ("", "unnamed", "zone"),
        ("Where", "where", "zone_where"),
    ],
)
def test_names(text: str, part: str, name: str) -> None:
    assert (slug(text), word(text, "zone")) == (part, name)


def test_a_long_text_is_cut_before_it_is_escaped() -> None:
    assert quoted('"' * 10, 3) == '"\\"\\"\\""'
