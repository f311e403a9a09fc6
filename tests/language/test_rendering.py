"""Diagnostics as text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.language import (
    CodeInfo,
    Diagnostic,
    Label,
    Severity,
    Source,
    Span,
    merge_codes,
    render,
    suggest,
)

TEXT = "zone imaging {\n\ttrust: 3\n}\nsystem pacs in imagin\n"


def found(start: int, end: int, *labels: Label, **more: object) -> Diagnostic:
    return Diagnostic("P0201", Severity.ERROR, "no such zone", Span("m", start, end), labels, **more)  # type: ignore[arg-type]


def shown(diagnostic: Diagnostic, text: str = TEXT, colour: bool = False) -> str:
    return render(diagnostic, {"m": Source("m", text), "n": Source("n", "zone x\n")}, colour)


def test_everything_at_its_place() -> None:
    at = TEXT.index("imagin\n")
    span = Span("m", at, at + 6)
    labels = (Label(span, "not declared"), Label(Span("m", 5, 12), "this one is similar"))
    text = shown(found(at, at + 6, *labels, help="did you mean `imaging`?", notes=("zones are named once",)))
    assert text == (
        "error[P0201]: no such zone\n"
        " --> m:4:16\n"
        "  |\n"
        "1 | zone imaging {\n"
        "  |      ------- this one is similar\n"
        "...\n"
        "4 | system pacs in imagin\n"
        "  |                ^^^^^^ not declared\n"
        "  = help: did you mean `imaging`?\n"
        "  = note: zones are named once"
    )


def test_labels_in_other_files() -> None:
    text = shown(found(0, 4, Label(Span("n", 5, 6), "here"), Label(Span("gone", 3, 4), "and there")))
    assert " ::: n:1:6\n" in text
    assert "  |      - here" in text
    assert text.endswith(" ::: gone")


def test_tabs_and_wide_characters_line_up() -> None:
    text = '\ta: "画像"\tb = 1\n'
    at = text.index("=")
    lines = shown(found(at, at + 1), text).splitlines()
    assert lines[3].index("=") == len('1 |     a: "画像"   b ')
    assert (
        lines[4].index("^") == lines[3].index("=") + 2
    )  # two characters of the line above are two columns wide


def test_spans_over_several_lines() -> None:
    text = "a {\n" + "  b: 1\n" * 10 + "}\n"
    lines = shown(found(0, len(text) - 1), text).splitlines()
    assert "1 | a {" in lines[3].strip()
    assert lines[-1].strip() == "| ^"
    assert len(lines) < 12
    short = shown(found(0, 8), "a\n\nb\nccc\n").splitlines()
    assert [line for line in short if "^" in line][-1].count("^") == 3


def test_very_long_lines_are_cut_around_the_place() -> None:
    text = "x" * 5000 + "!" + "y" * 5000
    lines = shown(found(5000, 5001), text).splitlines()
    assert all(len(line) < 200 for line in lines)
    assert lines[3][lines[4].index("^")] == "!"


def test_control_characters_never_reach_the_terminal() -> None:
    text = "a \x1b]0;title\x07 \x9b31m\u202e b\n"
    output = shown(found(2, 3, Label(Span("m", 14, 15), "\x1b[2J")), text)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", output)
    assert "\\x1b]0;title\\x07 \\x9b31m\\u{202e} b" in output


def test_colours_can_be_stripped_to_the_plain_text() -> None:
    diagnostic = found(0, 4, Label(Span("m", 5, 12), "x"), help="h", notes=("n",))
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown(diagnostic, colour=True)) == shown(diagnostic)
    assert "\x1b[1;31m" in shown(diagnostic, colour=True)


def test_files_without_text() -> None:
    diagnostic = Diagnostic("P0001", Severity.WARNING, "cannot read", Span("gone", 0, 0), help="check")
    assert render(diagnostic, {}) == "warning[P0001]: cannot read\n --> gone\n  = help: check"


@given(st.text(max_size=80), st.integers(-3, 90), st.integers(-3, 90), st.booleans())
@settings(max_examples=200)
def test_rendering_never_fails(text: str, start: int, end: int, colour: bool) -> None:
    output = render(found(start, end, Label(Span("m", end, start), text)), {"m": Source("m", text)}, colour)
    assert output.startswith("\x1b" if colour else "error[P0201]")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("sytem", "system"),
        ("System", "system"),
        ("sysetm", "system"),
        ("endpoints", "endpoint"),
        ("pump-type", "pump_type"),
        ("art32_1_a", "gdpr.art32_1_a"),
        ("banana", None),
        ("x", None),
        ("system", None),
    ],
)
def test_suggestions(word: str, meant: str | None) -> None:
    names = ["system", "endpoint", "pump_type", "gdpr.art32_1_a", "zone"]
    assert suggest(word, names) == meant


def test_catalogues_are_merged_in_order() -> None:
    page = CodeInfo("t", "e", "b", "g")
    assert list(merge_codes({"P0201": page}, {"P0101": page})) == ["P0101", "P0201"]
    with pytest.raises(ValueError, match="P0101"):
        merge_codes({"P0101": page}, {"P0101": page})
