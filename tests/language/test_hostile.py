"""Texts made to hurt: they end in a few diagnostics, not in a crash, a hang, or a full memory.

The quick tests use a hundredth of the largest size; the slow ones all of it. Time is bounded by the limits
that the tests check (how much is read, how often it is read again), not by a clock.
"""

from __future__ import annotations

import random

import msgspec
import pytest

from panacea_policy.language import Source, format_text, parse, render
from panacea_policy.language.lexer import MAX_BRACKETS, MAX_DEPTH
from panacea_policy.language.parser import engine
from panacea_policy.language.syntax import File

_RANDOM = random.Random(7)
_NOISE = "".join(chr(_RANDOM.randrange(1, 0x2FF)) for _ in range(50_000))
_SIGNS = "".join(_RANDOM.choice('ab{}[]():=,." \n') for _ in range(50_000))

PIECES = {
    "opening braces": "{",
    "opening parentheses": "(",
    "opening lists": "[",
    "closing braces": "}",
    "pairs": "[]",
    "calls": "a(",
    "declarations in declarations": "a b {",
    "commas": ",",
    "colons": "a:\n",
    "NUL": "\0",
    "quotes": '"',
    "escapes": '"\\u{',
    "blanks": " ",
    "line ends": "\n",
    "carriage returns": "## a\r",
    "CRLF": "zone a\r\n",
    "comments": "## a\n",
    "negations": "not ",
    "minus signs": "-",
    "reserved words": "for ",
    "numbers": "1 ",
    "numbers with gaps": "1" + " " * 500,
    "units": "1 a ",
    "dotted": "a.",
    "one long word": "a",
    "one long number": "1",
    "faulty declarations": "zone a =\n",
    "marks": "\ufeff",
    "noise": _NOISE,
    "signs": _SIGNS,
}
# What is sound, however often it is repeated.
SOUND = {"blanks", "line ends", "carriage returns", "CRLF", "comments"}


def check(name: str, size: int) -> None:
    piece = PIECES[name]
    text = piece * (size // len(piece))
    source = Source(name, text)
    found = parse(source).diagnostics
    assert len(found) <= 220
    assert bool(found) == (name not in SOUND)
    for diagnostic in found[:5]:
        shown = render(diagnostic, {name: source})
        assert len(shown) < 20_000
        assert len(diagnostic.message) < 500


@pytest.mark.parametrize("name", PIECES)
def test_hostile_text(name: str) -> None:
    check(name, 100_000)


@pytest.mark.slow
@pytest.mark.parametrize("name", PIECES)
def test_hostile_text_of_full_size(name: str) -> None:
    check(name, 10_000_000)


@pytest.mark.slow
def test_too_long_a_text() -> None:
    assert [d.code for d in parse(Source("", " " * (17 * 1024 * 1024))).diagnostics] == ["P0002"]


DEEP = {
    "not": "r(a) if " + "not " * (MAX_DEPTH - 1) + "a",
    "minus": "r(a) if " + "- " * (MAX_DEPTH - 1) + "a",
    "left": "r(a) if " + "a + " * (MAX_DEPTH - 1) + "a",
    "and": "r(a) if " + "a and " * (MAX_DEPTH - 1) + "a",
    "quantifiers": "r(a) if " + "some a b with " * (MAX_DEPTH - 1) + "a",
    "parentheses": "r(a) if " + "(" * (MAX_BRACKETS - 1) + "a" + ")" * (MAX_BRACKETS - 1),
    "lists": "r(a) if " + "[" * (MAX_BRACKETS - 1) + "a" + "]" * (MAX_BRACKETS - 1),
    "declarations": "a b { " * MAX_BRACKETS + "}" * MAX_BRACKETS,
    "mixed": "r(a) if " + "not (a and " * 52 + "a" + ")" * 52,
}


@pytest.mark.parametrize("name", DEEP)
def test_the_deepest_allowed_texts_can_be_handled(name: str) -> None:
    source = Source("", DEEP[name])
    result = parse(source)
    assert result.diagnostics == ()
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(result.file), type=File) == result.file
    assert hash(result.file) == hash(parse(source).file)
    assert parse(Source("", format_text(source).text)).diagnostics == ()


TOO_DEEP = {
    "not": "not " * (MAX_DEPTH + 1) + "a",
    "minus": "- " * (MAX_DEPTH + 1) + "a",
    "left": "a + " * (MAX_DEPTH + 1) + "a",
    "quantifiers": "some a b with " * (MAX_DEPTH + 1) + "a",
    "lists": "[" * (MAX_BRACKETS + 1) + "a" + "]" * (MAX_BRACKETS + 1),
    "mixed": "not (a and " * 55 + "a" + ")" * 55,
}


@pytest.mark.parametrize("name", TOO_DEEP)
def test_one_deeper_is_refused(name: str) -> None:
    text = f"r(a) if {TOO_DEEP[name]}\nzone z {{ trust 3 }}\n"
    assert [diagnostic.code for diagnostic in parse(Source("", text)).diagnostics] == ["P0004", "P0107"]


def test_depth_does_not_add_up_between_entries() -> None:
    entries = "".join(f"  k{number}: a and b or c\n" for number in range(500))
    conditions = ", ".join("a = b and c" for _ in range(500))
    assert parse(Source("", f"zone z {{\n{entries}}}\nr(a) if {conditions}\n")).diagnostics == ()
    assert parse(Source("", "r(a) if a = b\n" * 500)).diagnostics == ()
    assert parse(Source("", "rule r { for a b where b report b }\n" * 500)).diagnostics == ()


@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marks_and_line_ends_make_no_difference(mark: str, end: str) -> None:
    text = mark + end.join(["# c", "## doc", "zone a {", "  x: 480", "  y: 1 d # e", "}", ""])
    result = parse(Source("", text))
    assert result.diagnostics == ()
    assert [comment.text for comment in result.file.comments] == ["# c", "## doc", "# e"]
    assert format_text(Source("", text)).text == "# c\n## doc\nzone a {\n  x: 480\n  y: 1 d  # e\n}\n"


def test_the_machine_can_be_shared() -> None:
    lexer, machine = engine()
    assert engine() == (lexer, machine)
