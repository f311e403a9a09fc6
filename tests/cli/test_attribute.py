"""`panacea explain --attribute`: every reader of an attribute, on a model small enough to know them all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from panacea_policy.cli.main import main
from tests.compiler.workspaces import lay_out

MODEL = """
template system kiosk { typically { rto: 4 h } }
template zone open_zone { flat: true }
zone ward : open_zone { trust: 2 }
zone hall { flat: false }
zone yard {}
system door in ward { rto: 1 h }

## What shares a wire.
relation shared(zone)
shared(z) if z.flat
## What shares a wire with the ward.
relation near(zone, zone)
near(y, z) if shared(y), shared(z)

rule direct "Reads it" { severity: low  for zone z where z.flat, z.trust > 2 report z "x" }
rule told "Tells it" { severity: low  for zone z where z.trust > 3 report z "is {z.flat}" }
rule required "Wants it" {
  severity: low
  for system s
  applies when s.zone.flat
  require s.rto < 2 h
  report s "x"
}
rule reached "Reads a relation" { severity: low  for zone z where shared(z) report z "x" }
rule reached_further "Reads a relation of a relation" {
  severity: low
  for zone z
  where some zone y with near(y, z)
  report z "x"
}
rule another "Reads the trust alone" { severity: low  for zone z where z.trust = 0 report z "x" }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lay_out(tmp_path, MODEL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    capsys.readouterr()
    assert main(["explain", "--attribute", *words, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    return document


def test_every_reader_and_no_other(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, "zone.flat")
    readers = {(r["what"], r["name"], tuple(r["parts"]), r["via"]) for r in found["readers"]}  # type: ignore[attr-defined]
    assert readers == {
        ("rule", "direct", ("where",), None),
        ("rule", "told", ("report",), None),
        ("rule", "required", ("applies when",), None),
        ("relation", "shared", ("if",), None),
        ("relation", "near", (), "shared"),
        ("rule", "reached", (), "shared"),
        ("rule", "reached_further", (), "near"),
    }
    assert found["counts"] == {"stated": 1, "inherited": 2, "open": 0}
    assert [g["name"] for g in found["givers"]] == ["open_zone"]  # type: ignore[attr-defined]


def test_places_are_where_it_is_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (folder / "model.panacea").read_text(encoding="utf-8").splitlines()
    for reader in asked(capsys, "zone.flat")["readers"]:  # type: ignore[attr-defined]
        place = reader["location"]
        text = lines[place["line"] - 1][place["column"] - 1 : place["end_column"] - 1]
        if reader["via"] is None and reader["parts"] != ["report"]:
            assert text.endswith("z.flat") or text == "s.zone.flat", reader


def test_what_it_means_that_it_is_not_set(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, "system.rto")
    assert found["counts"] == {"stated": 1, "inherited": 0, "open": 0}
    assert [(g["name"], g["assumed"]) for g in found["givers"]] == [("kiosk", True)]  # type: ignore[attr-defined]
    assert str(found["unset"]).startswith("unknown")


def test_what_the_program_reads_is_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, "process.outage_loss")
    assert found["readers"] == []
    assert [each["part"] for each in found["program"]] == ["risk"]  # type: ignore[attr-defined]


def test_an_attribute_that_nobody_reads(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--attribute", "zone.vlan"]) == 0
    assert "Nothing reads it" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("zon.flat", "did you mean `zone.flat`?"),
        ("zone.flt", "did you mean `zone.flat`?"),
        ("person.breach_loss", "`data_class.breach_loss` is one"),
        ("zone", "`panacea schema zone` lists them"),
        ("", "there is no kind"),
    ],
)
def test_a_name_that_does_not_exist(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    assert main(["explain", "--attribute", name]) == 2
    assert said in capsys.readouterr().err


def test_without_a_model_the_packs_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    found = asked(capsys, "system.authentication")
    names = {each["name"] for each in found["readers"]}  # type: ignore[attr-defined]
    assert {"design.internet_with_one_factor", "attack.asks_for", "attack.log_in_with_password"} <= names
    assert found["counts"] is None
