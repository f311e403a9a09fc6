"""The formatter: what it changes, and the laws that it keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from panacea_policy.language import Source, format_text, parse
from panacea_policy.language.format import WIDTH
from tests.language.programs import programs, shape

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for folder in ("models", "rules", "tests")
    for path in (ROOT / folder).rglob("*.panacea")
    if path.is_file()
)
GOLDEN = ROOT / "tests" / "golden" / "language" / "format"


def formatted(text: str) -> str:
    return format_text(Source("f.panacea", text)).text


def check_laws(text: str) -> None:
    """Same tree, same comments, and nothing left to do the second time."""
    source = Source("f.panacea", text)
    before = parse(source)
    result = format_text(source)
    after = parse(Source("f.panacea", result.text))
    assert shape(after.file.items) == shape(before.file.items)
    kept = [comment.text.lstrip("#").strip() for comment in after.file.comments]
    assert kept == [comment.text.lstrip("#").strip() for comment in before.file.comments]
    assert formatted(result.text) == result.text


@given(programs())
@settings(max_examples=70)
def test_formatting_keeps_tree_and_comments_and_is_idempotent(text: str) -> None:
    assert parse(Source("f.panacea", text)).diagnostics == ()
    check_laws(text)


@given(programs())
@settings(max_examples=30)
def test_no_line_of_many_entries_is_too_long(text: str) -> None:
    for line in formatted(text).splitlines():
        code = line.partition("  #")[0]
        assert len(code) <= WIDTH or "  " not in code.strip() or '"' in code


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_of_the_repository(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if parse(Source("", text)).diagnostics:
        assert formatted(text) == text
    else:
        check_laws(text)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.panacea")), ids=lambda path: path.stem)
def test_golden_layout(path: Path, update_golden: bool) -> None:
    result = formatted(path.read_text(encoding="utf-8"))
    golden = path.with_suffix(".txt")
    if update_golden:
        golden.write_text(result, encoding="utf-8")
    assert result == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("zone  a{trust:3}", "zone a { trust: 3 }\n"),
        ("zone a { }", "zone a {}\n"),
        ("system p:server in z", "system p : server in z\n"),
        ("conduit c1 : a<->b", "conduit c1: a <-> b\n"),
        ("flow a->b over  dicom", "flow a -> b over dicom\n"),
        ("zone a { x: 1 y: 2 }", "zone a { x: 1  y: 2 }\n"),
        ("zone a { x: 1,y: 2 }", "zone a { x: 1, y: 2 }\n"),
        ("zone a { x: -1*( 2+3 ) }", "zone a { x: -1 * (2 + 3) }\n"),
        (
            "zone a { x: 23% y: 1d z: 12k  EUR   per year }",
            "zone a { x: 23 %  y: 1 d  z: 12k EUR per year }\n",
        ),
        ("zone a { x: f( 1,p5 :2 )EUR  per h }", "zone a { x: f(1, p5: 2) EUR per h }\n"),
        ("zone a { x: 8000 .. 8080 }", "zone a { x: 8000..8080 }\n"),
        ("device p [ 240 ] : q", "device p[240] : q\n"),
        ('waive r on p [ "x" ]', 'waive r on p["x"]\n'),
        ("r(a) if not  x not   in [ a ]", "r(a) if not x not in [a]\n"),
        ("r(a) if ( a or b )and c", "r(a) if (a or b) and c\n"),
        ("r(a) if count  of ( x a,y b ) with a", "r(a) if count of (x a, y b) with a\n"),
        ("relation  r ( a:b,c )", "relation r(a: b, c)\n"),
        ("zone a {\nx: 1\n}", "zone a {\n  x: 1\n}\n"),
        ("zone a {\n\n\n\nx: [\n1,\n2\n]\n}", "zone a {\n\n  x: [\n    1,\n    2\n  ]\n}\n"),
        ("r(a) if b,\nc", "r(a) if b,\n  c\n"),
        ("#x\n##y\n### z\nzone a #w", "# x\n## y\n### z\nzone a  # w\n"),
        ("zone a {\n# x\nb: 1\n# y\n}", "zone a {\n  # x\n  b: 1\n  # y\n}\n"),
        ("\ufeffzone a\r\nzone b\r\n\r\n\r\n", "zone a\nzone b\n"),
        ("", ""),
        ("\n\n# only\n\n", "# only\n"),
    ],
)
def test_layout(before: str, after: str) -> None:
    assert formatted(before) == after
    check_laws(before)


def test_a_long_line_is_broken_between_entries() -> None:
    entries = "  ".join(f"attribute_{number}: value_{number}" for number in range(5))
    text = f"zone imaging {{ {entries}  nested: {{ a: 1  b: 2 }} }}\n"
    lines = formatted(text).splitlines()
    assert lines[0] == "zone imaging {"
    assert lines[1:-2] == [f"  attribute_{number}: value_{number}" for number in range(5)]
    assert lines[-2:] == ["  nested: { a: 1  b: 2 }", "}"]


def test_a_file_with_errors_is_left_alone() -> None:
    source = Source("f.panacea", "zone  a { trust 3 }")
    result = format_text(source)
    assert result.text == source.text
    assert [diagnostic.code for diagnostic in result.diagnostics] == ["P0107"]
