"""``panacea risk``: the figures as text, tables and pictures, and what is said when a name is wrong."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from defusedxml import ElementTree

from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from panacea_policy.cli.risk import TABLES
from panacea_policy.formats.risk_tables import NAMES
from tests.risk.clinic import CLINIC

SCENARIO = 'scenario patched "Everything patched" { set patch_all.status: in_place }\n'


@pytest.fixture
def model(tmp_path: Path) -> str:
    (tmp_path / "clinic").mkdir()
    (tmp_path / "clinic" / "m.panacea").write_text(CLINIC, encoding="utf-8")
    return str(tmp_path / "clinic")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["risk", *arguments, "--trials", "300", "--as-of", "2026-11-01"])
    out, err = capsys.readouterr()
    return code, out, err


def with_scenario(model: str) -> None:
    (Path(model) / "s.panacea").write_text(SCENARIO, encoding="utf-8")


def test_the_text_names_care_data_losses_and_who(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, model)
    assert code == exits.OK
    for part in ("Emergency care", "Health records", "expected a year", "Ransomware group", "300 trials"):
        assert part in out
    assert "<Clinic> & Partners" in out


def test_equal_seeds_give_equal_bytes(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    first = run(capsys, model, "--format", "json", "--seed", "7")[1]
    assert first == run(capsys, model, "--format", "json", "--seed", "7")[1]
    assert first != run(capsys, model, "--format", "json", "--seed", "8")[1]


def test_json_and_csv_hold_the_same_figures(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    known = json.loads(run(capsys, model, "--format", "json")[1])
    assert known["schema"] == "panacea/risk/v1"
    rows = list(csv.DictReader(io.StringIO(run(capsys, model, "--format", "csv")[1])))
    assert {r["name"]: float(r["probability"]) for r in rows} == {
        g["name"]: g["probability"]["value"] for g in known["goals"]
    }


@pytest.mark.parametrize("chart", ["layers", "exceedance", "tornado"])
def test_pictures_are_svg(model: str, capsys: pytest.CaptureFixture[str], chart: str) -> None:
    code, out, _ = run(capsys, model, "--format", "svg", "--chart", chart)
    assert code == exits.OK
    assert ElementTree.fromstring(out).tag == "{http://www.w3.org/2000/svg}svg"


def test_one_goal_alone(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, model, "--goal", "ward")
    assert "Ward care" in out
    assert "Emergency care" not in out


def test_a_goal_that_does_not_exist(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, model, "--goal", "emergancy")
    assert code == exits.WRONG
    assert "emergancy" in err
    assert "did you mean `emergency`?" in err


def test_a_scenario_stands_beside_the_model_as_it_is(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    with_scenario(model)
    code, out, _ = run(capsys, model, "--scenario", "patched")
    assert code == exits.OK
    assert "Everything patched" in out
    assert "before:" in out


def test_a_scenario_that_does_not_exist(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    with_scenario(model)
    code, _, err = run(capsys, model, "--scenario", "patchd")
    assert code == exits.WRONG
    assert "did you mean `patched`?" in err


def test_more_risk_than_is_borne_gives_exit_code_one(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, model, "--fail-over", "0")[0] == exits.FOUND
    assert run(capsys, model, "--fail-over", "100")[0] == exits.OK


def test_a_file_is_written_whole(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out" / "risk.json"
    code, out, err = run(capsys, model, "--format", "json", "-o", str(target))
    assert (code, out) == (exits.OK, "")
    assert "risk.json" in err
    assert json.loads(target.read_text(encoding="utf-8"))["trials"] == 300


def test_the_command_knows_every_table() -> None:
    assert TABLES == NAMES
