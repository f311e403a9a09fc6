"""The published DRMP inventories, imported and assessed: the way from outside to the point-of-care tester."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from tests.shared_data import external

DAY = ["--as-of", "2026-11-01"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def model(tmp_path: Path, capsys: Capture) -> Path:
    """The model that the import writes."""
    source = external("panacea-drmp")
    assert main(["import", "drmp", str(source), "-o", str(tmp_path / "model")]) == exits.OK
    assert "next: panacea check" in capsys.readouterr().err
    return tmp_path / "model"


def test_what_is_imported_is_a_sound_model_in_standard_form(model: Path, capsys: Capture) -> None:
    assert {path.name for path in model.iterdir()} >= {
        "hospital.panacea",
        "vulnerabilities.panacea",
        "NOTES.md",
    }
    assert main(["check", str(model), *DAY]) == exits.OK
    assert "error" not in capsys.readouterr().out
    assert main(["fmt", "--check", str(model)]) == exits.OK
    assert main(["query", 'device d where d.hostname = "POCT1"', str(model)]) == exits.OK
    assert "poct1" in capsys.readouterr().out


def test_an_import_never_replaces_what_was_changed(model: Path, capsys: Capture) -> None:
    hospital = model / "hospital.panacea"
    hospital.write_text(hospital.read_text() + "# ours\n")
    arguments = ["import", "drmp", str(external("panacea-drmp")), "-o", str(model)]
    assert main(arguments) == exits.WRONG
    assert "already has hospital.panacea" in capsys.readouterr().err
    assert hospital.read_text().endswith("# ours\n")


def test_the_way_from_outside_to_the_point_of_care_tester_is_told_step_by_step(
    model: Path, tmp_path: Path, capsys: Capture
) -> None:
    report = tmp_path / "report"
    assert main(["assess", str(model), *DAY, "--trials", "300", "-o", str(report)]) == exits.OK
    assert "Point-of-care testing" in capsys.readouterr().out
    goals = json.loads((report / "assessment.json").read_text())["risk"]["goals"]
    (goal,) = [each for each in goals if each["name"] == "point_of_care_testing"]
    assert 0 < goal["probability"]["value"] < 1
    steps: list[dict[str, Any]] = goal["path"]["steps"]
    assert [step["number"] for step in steps] == list(range(1, len(steps) + 1))
    assert steps[0]["results"] == ["the attacker can send from Internet"]
    controlled = [result for step in steps for result in step["results"] if "controls" in result]
    assert "POCT1" in controlled[-1]
    assert len(controlled) >= 2  # somewhere on the way the attacker takes another machine
    assert any(technique for step in steps for technique in step["techniques"])
    told = (report / "report.html").read_text()
    for step in steps:
        assert step["title"] in told


def test_each_step_is_caused_by_the_outside_or_by_steps_before_it(model: Path, tmp_path: Path) -> None:
    report = tmp_path / "report"
    main(["assess", str(model), *DAY, "--trials", "300", "-q", "-o", str(report)])
    goals = json.loads((report / "assessment.json").read_text())["risk"]["goals"]
    for step in next(each for each in goals if each["kind"] == "process")["path"]["steps"]:
        assert all(by < step["number"] for premise in step["premises"] for by in premise["by"])
