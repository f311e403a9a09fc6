"""Patterns mean what Python's own mean, and none takes long."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.engine.regex import MAX_PATTERN, PatternError, compile_pattern

ATOMS = st.sampled_from(
    [
        "a",
        "b",
        "B",
        ".",
        "[ab]",
        "[^a]",
        "[a-c1-3]",
        "[]a]",
        r"[\d-]",
        r"\d",
        r"\D",
        r"\w",
        r"\s",
        r"\.",
        r"\S",
    ]
)


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeat = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{,2}", "{2,}", "*?"])
    return st.one_of(
        st.lists(inner, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.tuples(inner, repeat).map(lambda part: f"(?:{part[0]}){part[1]}"),
    )


PATTERNS = st.recursive(ATOMS, grown, max_leaves=5)


@given(PATTERNS, st.lists(st.text("abBc.1- \n", max_size=6), min_size=1, max_size=6), st.booleans())
def test_means_what_pythons_means(pattern: str, texts: list[str], any_case: bool) -> None:
    pattern = ("(?i)" if any_case else "") + pattern
    for text in texts:
        assert compile_pattern(pattern).matches(text) == (re.fullmatch(pattern, text) is not None)


@given(st.text(string.printable, max_size=12))
def test_any_text_is_a_pattern_of_python_or_refused(text: str) -> None:
    try:
        pattern = compile_pattern(text)
    except PatternError:
        return
    for probe in ("", "a", text):
        assert pattern.matches(probe) == (re.fullmatch(text, probe) is not None)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("(a*)*b", "a" * 5_000, False),
        ("(a|a)*(a|aa)+$", "a" * 5_000 + "b", False),
        ("a?" * 60 + "a" * 60, "a" * 60, True),
        ("(.*)(.*)(.*)(.*)(.*)(.*)x", "y" * 5_000, False),
        (r"^cve-\d{4}-\d{4,7}$", "cve-2026-12345", True),
        (r"(?i)windows (7|xp|server 20(03|08))( .*)?", "Windows XP Embedded", True),
    ],
)
def test_patterns_that_make_backtracking_explode(pattern: str, text: str, expected: bool) -> None:
    assert compile_pattern(pattern).matches(text) is expected


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("a" * (MAX_PATTERN + 1), "at most"),
        ("(((a{99}){99}){99}){99}", "too many states"),
        (r"(a)\1", "not known"),
        ("(?=a)", r"only `\(\?:` is known"),
        ("(a", "not closed"),
        ("a)", "does not belong"),
        ("*a", "does not belong"),
        ("a**", "directly after another"),
        ("a{", "begins a repetition"),
        ("a{3,1}", "more than it allows"),
        ("[a", "ends too early"),
        ("[z-a]", "wrong way round"),
        ("a^b", "does not belong"),
        ("\\", "ends too early"),
    ],
)
def test_refusals_say_why(pattern: str, reason: str) -> None:
    with pytest.raises(PatternError, match=reason):
        compile_pattern(pattern)
