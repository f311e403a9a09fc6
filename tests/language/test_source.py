"""Places in texts, and reading files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.language import Diagnostic, Source, read_source


@given(st.text(st.sampled_from("ab\n\r\t é画"), max_size=60), st.integers(0, 60))
def test_position_and_offset_are_inverse(text: str, offset: int) -> None:
    source = Source("", text)
    offset = min(offset, len(text))
    line, column = source.position(offset)
    assert line == text.count("\n", 0, offset) + 1
    assert column == offset - (text.rfind("\n", 0, offset) + 1) + 1
    if column <= len(source.line_text(line)) + 1:
        assert source.offset(line, column) == offset


def test_lines() -> None:
    source = Source("x", "one\r\ntwo\n\nfour")
    assert source.line_count == 4
    assert [source.line_text(line) for line in range(1, 5)] == ["one", "two", "", "four"]
    assert source.position(-5) == (1, 1)
    assert source.position(10_000) == (4, 5)
    assert source.offset(99, 99) == len(source.text)
    assert source.offset(2, 99) == 8
    assert source.span(1, 2).file == "x"
    assert repr(source) == "Source('x', 14 characters)"


def test_read_source(tmp_path: Path) -> None:
    path = tmp_path / "a.panacea"
    path.write_bytes("\ufeffzone göteborg\r\n".encode())
    source = read_source(path)
    assert isinstance(source, Source)
    assert source.text == "zone göteborg\r\n"
    assert source.name == str(path)
    named = read_source(path, name="a.panacea")
    assert isinstance(named, Source)
    assert named.name == "a.panacea"


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"zone a\n" * 20, "P0002", "larger"),
        ("zone göteborg\n".encode("latin-1"), "P0003", "line 1"),
        (b"ok\n\xff\xfe", "P0003", "line 2"),
        ("zone a".encode("utf-16"), "P0003", "UTF-8"),
    ],
)
def test_unreadable_content(tmp_path: Path, content: bytes, code: str, words: str) -> None:
    path = tmp_path / "a.panacea"
    path.write_bytes(content)
    found = read_source(path, limit=100)
    assert isinstance(found, Diagnostic)
    assert found.code == code
    assert words in found.message
    assert found.help


def test_a_file_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.panacea"
    path.write_bytes(b"#" * 100)
    assert isinstance(read_source(path, limit=100), Source)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.panacea", tmp_path):
        found = read_source(path)
        assert isinstance(found, Diagnostic)
        assert found.code == "P0001"
