"""``panacea test`` through the real command line."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from panacea_policy.formats.documents import TestDocument as Format

Capture = pytest.CaptureFixture[str]

RULES = """rule low "Low trust" {
  for zone z
  applies when z.type != internet
  where z.trust < 2, z.flat
  report z "is low"
}
rule forgotten "Forgotten" {
  for zone z
  where z.wireless
  report z "is forgotten"
}
relation near(zone, zone)
near(z, y) if z.parent = y
"""
TESTS = """test "low zones are found" {
  given {
    zone a { type: office  trust: 1  flat: true }
    zone b { type: office  trust: 2  flat: true }
    zone c { type: internet  trust: 1  flat: true }
  }
  expect low on a
  expect low met on b
  expect low not_applicable on c
}
"""


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with rules and one test, entered."""
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "rules.panacea").write_text(RULES)
    (folder / "tests.panacea").write_text(TESTS)
    monkeypatch.chdir(folder)
    return folder


def document(text: str) -> dict[str, object]:
    """The document, after its own schema has accepted it."""
    found: dict[str, object] = json.loads(text)
    jsonschema.validate(found, Format.model_json_schema(by_alias=True))
    return found


# ------------------------------------------------------------------------------------------ known misses


def add_todo(pack: Path, expectation: str) -> None:
    text = TESTS.replace("  expect low on a", f'  todo "soon" {expectation}\n  expect low on a')
    (pack / "tests.panacea").write_text(text)


def test_a_known_miss_is_counted_apart(pack: Path, capsys: Capture) -> None:
    add_todo(pack, "expect low on b")
    assert main(["test"]) == exits.OK
    shown = capsys.readouterr().out
    assert "◌ low zones are found  tests.panacea:1" in shown
    assert "todo: low on b: expected violated, got met (soon)" in shown
    assert shown.endswith("0 tests passed, 1 todo\n")


def test_a_known_miss_that_is_none_any_more_ends_with_1(pack: Path, capsys: Capture) -> None:
    add_todo(pack, "expect low met on b")
    assert main(["test", "--quiet"]) == exits.FOUND
    assert "line 7 is marked `todo`, but comes out as expected: remove the mark" in capsys.readouterr().out


def test_known_misses_in_json_and_junit(pack: Path, capsys: Capture) -> None:
    add_todo(pack, "expect low on b")
    assert main(["test", "--format", "json"]) == exits.OK
    found = document(capsys.readouterr().out)
    assert [found[name] for name in ("passed", "todo", "failed")] == [0, 1, 0]
    assert main(["test", "--format", "junit"]) == exits.OK
    suite = ElementTree.fromstring(capsys.readouterr().out)[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("1", "0", "1")
    skipped = suite[0][0]
    assert skipped.tag == "skipped"
    assert "got met (soon)" in (skipped.get("message") or "")


def test_failures_in_junit(pack: Path, capsys: Capture) -> None:
    (pack / "tests.panacea").write_text(TESTS.replace("low met on b", "low on b"))
    assert main(["test", "--format", "junit"]) == exits.FOUND
    suite = ElementTree.fromstring(capsys.readouterr().out)[0]
    failure = suite[0][0]
    assert failure.get("message") == "low on b: expected violated, got met"
    assert "tests.panacea:1:6" in (failure.text or "")


# ------------------------------------------------------------------------------------------ coverage


def test_coverage_shows_what_no_test_exercises_and_what_decided(pack: Path, capsys: Capture) -> None:
    assert main(["test", "--coverage"]) == exits.OK
    shown = capsys.readouterr().out.splitlines()
    assert "  low                     v··mn              3     3      2        0  rules.panacea:1" in shown
    assert "Rules that no test exercises:" in shown
    assert "  ○ forgotten  rules.panacea:7:1" in shown
    assert "Relations that no test makes hold:" in shown
    assert "  ○ near  rules.panacea:13:1" in shown
    assert "1 of 2 rules are seen to object and to accept" in shown
    assert shown[-1] == "1 test passed"


def test_an_idle_condition_is_listed_with_its_place(pack: Path, capsys: Capture) -> None:
    text = (pack / "tests.panacea").read_text().replace("trust: 1  flat: true", "trust: 1  flat: false")
    (pack / "tests.panacea").write_text(text.replace("expect low on a", "expect low met on a"))
    assert main(["test", "--coverage", "--quiet"]) == exits.OK
    shown = capsys.readouterr().out
    assert "Conditions that never decided anything:\n" in shown
    assert "  ○ low: applies when z.type != internet" not in shown
    assert "  ○ forgotten: where z.wireless  rules.panacea:9:9\n" in shown


def test_coverage_in_json(pack: Path, capsys: Capture) -> None:
    assert main(["test", "--coverage", "--format", "json"]) == exits.OK
    found = document(capsys.readouterr().out)
    low, forgotten = found["coverage"]  # type: ignore[misc]
    assert (low["exercised"], forgotten["exercised"]) == (True, False)
    applies, trust, flat = low["conditions"]
    assert applies["text"] == "z.type != internet"
    assert applies["part"] == "applies when"
    assert applies["location"] == {
        "path": "rules.panacea", "line": 3, "column": 16, "end_line": 3, "end_column": 34,
    }  # fmt: skip
    assert [trust[value] for value in ("true", "false", "unknown")] == [True, True, False]
    assert [flat[value] for value in ("true", "false", "unknown")] == [True, False, False]
    (near,) = found["derived"]  # type: ignore[misc]
    assert (near["name"], near["kind"], near["exercised"]) == ("near", "relation", False)


# ------------------------------------------------------------------------------------------ mutation


def test_survivors_are_listed_as_a_diff_with_what_is_wanted(pack: Path, capsys: Capture) -> None:
    assert main(["test", "--mutate"]) == exits.OK
    shown = capsys.readouterr().out
    lines = (
        "  rules.panacea:4:22  drop\n"
        "    - where z.trust < 2, z.flat\n"
        "    + where z.trust < 2, true\n"
        "    = wanted: a test with something for which all else holds, but not `z.flat`:"
        " `expect … met on` it\n"
    )
    assert "Changes of pack that no test notices\nrule low\n" in shown
    assert lines in shown
    assert "survived" in shown.splitlines()[-2]
    assert shown.splitlines()[-1] == "1 test passed"


def test_the_report_is_the_same_each_time(pack: Path, capsys: Capture) -> None:
    outputs = []
    for _ in range(2):
        main(["test", "--mutate", "--format", "json"])
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    found = document(outputs[0])["mutation"]
    assert isinstance(found, dict)
    tried = found["killed"] + found["survived"]
    assert found["score"] == pytest.approx(found["killed"] / tried)
    assert len(found["survivors"]) == found["survived"]


def test_fail_under_decides_the_exit_code(pack: Path, capsys: Capture) -> None:
    assert main(["test", "--mutate", "--fail-under", "5"]) == exits.OK
    assert main(["test", "--mutate", "--fail-under", "100"]) == exits.FOUND
    assert main(["test", "--fail-under", "100"]) == exits.WRONG
    assert "--fail-under needs --mutate" in capsys.readouterr().err


def test_the_limit_is_said(pack: Path, capsys: Capture) -> None:
    assert main(["test", "--mutate", "--limit", "4"]) == exits.OK
    captured = capsys.readouterr()
    assert "pack: only the first 4 changes were tried" in captured.err
    assert "4 changes: " in captured.out
    assert "left out" in captured.out


def test_nothing_is_changed_while_a_test_fails(pack: Path, capsys: Capture) -> None:
    (pack / "tests.panacea").write_text(TESTS.replace("low met on b", "low on b"))
    assert main(["test", "--mutate"]) == exits.FOUND
    captured = capsys.readouterr()
    assert "pack: 1 of 1 tests fail, so nothing was changed: mend these first" in captured.err
    assert "survived" not in captured.out


def test_no_tests_are_no_success(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "a.panacea").write_text("zone z {}\n")
    assert main(["test", str(tmp_path)]) == exits.OK
    assert capsys.readouterr().out == "no tests\n"
