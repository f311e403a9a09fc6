"""``panacea design``: the file of one system in each form, exit codes, and a folder with all of it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring

from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from tests.secure_design.ward import MODEL

DAY = ["--as-of", "2026-11-23", "--no-color", "--trials", "200"]


@pytest.fixture
def model(tmp_path: Path) -> str:
    folder = tmp_path / "ward"
    folder.mkdir()
    # The pack of scales and hazards comes with the command, in use or not.
    (folder / "ward.panacea").write_text(MODEL.replace(", packs.secure_design", ""))
    return str(folder)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["design", *words, *DAY])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_terminal_gets_what_stands_and_what_to_do(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, told, _ = run(capsys, "pump", model)
    assert code == exits.FOUND
    assert told.startswith(
        "New pump (device pump), as of 2026-11-23\n3 threats open, 4 undecided, 0 waived, 6 met"
    )
    for title in ("Threats that stand", "Risks", "Requirements to meet first", "Controls", "Residual risk"):
        assert f"\n{title}\n" in told
    assert "S5 catastrophic" in told
    assert "test: Send a well-formed order from a machine of another identity" in told


def test_quiet_leaves_a_line_for_each_open_threat(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, told, _ = run(capsys, "pump", model, "--quiet", "--no-risk")
    lines = told.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("T-") for line in lines)


def test_each_form_is_what_it_says(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(run(capsys, "pump", model, "--format", "json", "--no-risk")[1])
    assert document["schema"] == "panacea/design/v1"
    assert document["subject"]["name"] == "pump"
    assert run(capsys, "pump", model, "--format", "markdown", "--no-risk")[1].startswith(
        "# Secure design file: New pump\n"
    )
    assert run(capsys, "pump", model, "--format", "html", "--no-risk")[1].startswith("<!DOCTYPE html>")
    rows = list(csv.DictReader(io.StringIO(run(capsys, "pump", model, "--format", "csv", "--no-risk")[1])))
    assert [row["id"] for row in rows] == [each["id"] for each in document["requirements"]]
    assert fromstring(run(capsys, "pump", model, "--format", "reqif", "--no-risk")[1]).tag.endswith("REQ-IF")


def test_a_folder_gets_every_form_and_the_same_bytes_twice(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contents = []
    for name in ("one", "two"):
        _, told, _ = run(capsys, "pump", model, "-o", str(tmp_path / name), "--no-risk")
        assert told.startswith("10 files written to")
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        contents.append({str(path.relative_to(tmp_path / name)): path.read_bytes() for path in files})
    assert contents[0] == contents[1]
    assert set(contents[0]) == {
        "design.html", "design.md", "design.json", "requirements.csv", "requirements.reqif", "mds2.csv",
        "views/global.svg", "views/multi_patient.svg", "views/update.svg", "views/use.svg",
    }  # fmt: skip


def test_a_file_gets_the_form_that_was_asked_for(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.reqif"
    _, told, _ = run(capsys, "pump", model, "--format", "reqif", "-o", str(path))
    assert told == ""
    assert path.read_text().startswith("<?xml")


def test_exit_codes_follow_the_threshold(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "pump", model, "--no-risk", "--fail-on", "critical")[0] == exits.OK
    assert run(capsys, "pump", model, "--no-risk", "--fail-on", "never")[0] == exits.OK
    assert run(capsys, "pump", model, "--no-risk", "--fail-on", "high")[0] == exits.FOUND
    code, _, said = run(capsys, "pmp", model)
    assert code == exits.WRONG
    assert "no system or device is called `pmp`" in said
    assert "did you mean `pump`?" in said


def test_a_bill_of_materials_is_taken_in(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bill = tmp_path / "bill.json"
    bill.write_text(
        json.dumps(
            {
                "bomFormat": "CycloneDX",
                "specVersion": "1.5",
                "metadata": {"component": {"type": "device", "name": "P-9", "version": "0.9"}},
                "components": [{"type": "library", "name": "zlib", "version": "1.2"}],
            }
        )
    )
    _, told, _ = run(capsys, "pump", model, "--sbom", str(bill), "--no-risk")
    assert "P-9 0.9: 1 component, 0 known weaknesses, 0 known exploited" in told
    code, _, said = run(capsys, "pump", model, "--sbom", str(tmp_path / "none.json"))
    assert code == exits.WRONG
    assert "there is no file" in said


def test_a_model_without_attack_rules_is_judged_ordinally(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = "use std.healthcare\nzone z { trust: 1 }\ndevice box : infusion_pump in z { networked: true }\n"
    (tmp_path / "m.panacea").write_text(plain)
    code, told, _ = run(capsys, "box", str(tmp_path), "--pack", "design", "--format", "json")
    document = json.loads(told)
    assert code == exits.OK
    assert document["threats"]
    assert {risk["basis"] for risk in document["risks"]} <= {"ordinal", "unreached"}
