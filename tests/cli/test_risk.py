"""``panacea risk``: the figures as text, tables and pictures, and what is said when a name is wrong."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest
from defusedxml import ElementTree

from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from panacea_policy.cli.risk import CHARTS, TABLES
from panacea_policy.cli.text_table import cells_of
from panacea_policy.formats.risk_tables import NAMES
from panacea_policy.report.pictures import PICTURES
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
    for part in (
        "Emergency care",
        "Health records",
        "Loss in twelve months",
        "Ransomware group",
        "300 trials",
    ):
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


@pytest.mark.parametrize("chart", ["layers", "exceedance", "forms", "tornado"])
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
    ward = next(line for line in out.splitlines() if line.strip().startswith("Ward care"))
    assert "before" in out
    assert ward.rstrip().endswith("%")


def test_a_scenario_that_does_not_exist(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    with_scenario(model)
    code, _, err = run(capsys, model, "--scenario", "patchd")
    assert code == exits.WRONG
    assert "did you mean `patched`?" in err


def test_more_risk_than_is_borne_gives_exit_code_one(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, model, "--fail-over", "0")[0] == exits.FOUND
    assert run(capsys, model, "--fail-over", "100")[0] == exits.OK


def test_quiet_names_the_processes_over_the_limit_and_nothing_else(
    model: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = run(capsys, model, "-q", "--fail-over", "0")
    assert (code, err) == (exits.FOUND, "")
    over = [line for line in out.splitlines() if "over 0 %" in line]
    assert over == out.splitlines()
    (line,) = over  # no attack leads to emergency care: it can do with paper
    assert ": Ward care is stopped within twelve months with a probability of " in line
    assert "m.panacea:" in line
    assert run(capsys, model, "-q", "--fail-over", "100") == (exits.OK, "", "")
    assert run(capsys, model, "-q") == (exits.OK, "", "")
    assert json.loads(run(capsys, model, "-q", "--format", "json")[1])["trials"] == 300


def test_a_file_is_written_whole(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out" / "risk.json"
    code, out, err = run(capsys, model, "--format", "json", "-o", str(target))
    assert (code, out) == (exits.OK, "")
    assert "risk.json" in err
    assert json.loads(target.read_text(encoding="utf-8"))["trials"] == 300


def test_the_command_knows_every_table_and_picture() -> None:
    assert TABLES == NAMES
    assert tuple(PICTURES) == CHARTS


def test_no_line_is_wider_than_a_hundred_columns(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    long = Path(model, "m.panacea")
    long.write_text(CLINIC.replace('"Ward care"', f'"{"Ward care, " * 20}"'), encoding="utf-8")
    with_scenario(model)
    for arguments in ([], ["--scenario", "patched"], ["--horizon", "30"], ["--goal", "ward"]):
        out = run(capsys, model, *arguments)[1]
        assert [line for line in out.splitlines() if cells_of(line) > 100] == []
        assert "None" not in out


def test_the_text_says_who_tries_how_often_and_what_falls(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = run(capsys, model)[1].splitlines()
    head = next(n for n, line in enumerate(lines) if line == "Who")
    assert lines[head + 1].split("  ")[-1].strip() == "data disclosed"
    gang = next(line for line in lines[head:] if "Ransomware group" in line)
    assert "3 a year" in gang
    assert gang.count("once in") == 2


def test_data_that_is_changed_unnoticed_has_its_own_section(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = """relation corrupted(data_class)
step tamper "Change the records" { layer: business  attack: ["T1565"]
  for flow f, asset b, data_class d in f.carries
  from controls(b), f.target = b
  to corrupted(d)
  chance 50 %  effort 1 d }
"""
    Path(model, "m.panacea").write_text(CLINIC + changed, encoding="utf-8")
    out = run(capsys, model)[1]
    section = out.split("Data changed without anybody noticing")[1].split("\n\n")[0]
    assert "Health records" in section
    assert "Health records" in out.split("Data disclosed")[1].split("\n\n")[0]


def test_a_precision_stops_early_and_says_so(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["risk", model, "--precision", "20%", "--format", "json"])
    risk = json.loads(capsys.readouterr().out)
    assert code == exits.OK
    assert risk["precision"]["reached"]
    assert risk["precision"]["relative_error"] <= 0.2
    assert risk["trials"] < 10_000
    main(["risk", model, "--precision", "20 %"])
    assert "The precision asked for (20.00%) is reached" in capsys.readouterr().out


def test_a_precision_that_is_not_reached_is_said(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, model, "--precision", "0.1%")
    assert code == exits.OK
    assert "(0.10%) is not reached after 300 trials" in out
    _, out, err = run(capsys, model, "--precision", "0.1", "--format", "csv")
    assert "not reached" in err
    assert "not reached" not in out


@pytest.mark.parametrize("wrong", ["0%", "100%", "-1", "one", "1e-3", "nan", "5 % %"])
def test_a_precision_that_is_none_is_refused(
    model: str, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, model, f"--precision={wrong}")
    assert code == exits.WRONG
    assert "is not a share such as 1%" in err


def test_worlds_and_years_change_the_distribution_alone(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def loss(*arguments: str) -> dict[str, dict[str, float]]:
        code, out, _ = run(capsys, model, "--format", "json", *arguments)
        assert code == exits.OK
        found: dict[str, dict[str, float]] = json.loads(out)["loss"]
        return found

    plain = loss()
    assert loss("--years", "500")["mean"] == plain["mean"]
    assert loss("--years", "500")["value_at_risk"] != plain["value_at_risk"]
    assert loss("--attempts-per-world", "16") != plain
    assert run(capsys, model, "--attempts-per-world", "3")[0] == exits.WRONG


def test_simulated_stands_beside_exact(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("dd")
    code, out, _ = run(capsys, model, "--exact")
    assert code == exits.OK
    assert "All 4 agree within" in out
    assert run(capsys, model, "--exact", "-q")[:2] == (exits.OK, "")
    code, out, _ = run(capsys, model, "--exact", "--format", "json", "--goal", "ward")
    check = json.loads(out)
    assert check["schema"] == "panacea/exact/v1"
    assert {c["goal"] for c in check["chances"]} == {"ward"}
    rows = list(csv.DictReader(io.StringIO(run(capsys, model, "--exact", "--format", "csv")[1])))
    assert len(rows) == 4
    assert run(capsys, model, "--exact", "--format", "svg")[0] == exits.WRONG
    code, _, err = run(capsys, model, "--exact", "--goal", "dinner")
    assert code == exits.WRONG
    assert "ward" in err


def test_a_simulation_that_is_far_off_gives_exit_code_one(
    model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("dd")
    monkeypatch.setattr("panacea_policy.cli.risk_exact.FAR", 0.0)
    code, out, _ = run(capsys, model, "--exact")
    assert code == exits.FOUND
    assert "standard errors off" in out
    code, out, _ = run(capsys, model, "--exact", "-q")
    assert code == exits.FOUND
    assert len(out.splitlines()) == 4
    assert all(" reaches " in line and ", off by " in line for line in out.splitlines())


def test_a_graph_too_large_for_exact_computation_is_said(
    model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("dd")
    monkeypatch.setattr("panacea_policy.risk.exact_risk.BUDGET", 0)
    code, out, _ = run(capsys, model, "--exact")
    assert code == exits.OK
    assert "4 pairs of actor and goal cannot be computed exactly" in out
    assert "agree" not in out


def test_without_the_library_the_extra_is_named(
    model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "dd.bdd", None)
    code, _, err = run(capsys, model, "--exact")
    assert code == exits.WRONG
    assert "pip install '.[exact]'" in err


def test_assess_takes_a_precision(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "report"
    code = main(
        ["assess", model, "-o", str(folder), "--precision", "20%", "--no-scenarios", "--fail-on", "never"]
    )
    capsys.readouterr()
    assert code == exits.OK
    risk = json.loads((folder / "assessment.json").read_text(encoding="utf-8"))["risk"]
    assert risk["precision"]["asked"] == pytest.approx(0.2)
    assert risk["precision"]["reached"]
    pictures = {path.name for path in (folder / "pictures").iterdir()}
    assert {"attack-layers.svg", "loss-exceedance.svg", "loss-forms.svg", "sensitivity.svg"} <= pictures
    numbers = {path.stem for path in (folder / "numbers").iterdir()}
    assert {"goals", "exceedance", "forms", "sensitivity", "events", "paths"} <= numbers


def test_wrong_names_are_told_before_anything_is_simulated(
    model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("simulated")

    monkeypatch.setattr("panacea_policy.risk.assess_risk", never)
    for wrong in (["--goal", "nowhere"], ["--scenario", "nowhere"], ["--goal", "nowhere", "--exact"]):
        code, _, err = run(capsys, model, *wrong)
        assert (code, "nowhere" in err) == (exits.WRONG, True)


def test_a_class_of_data_is_shown_disclosed_and_changed(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = json.loads(run(capsys, model, "--format", "json")[1])
    one = json.loads(run(capsys, model, "--format", "json", "--goal", "record")[1])
    kinds = [g["kind"] for g in whole["goals"] if g["name"] == "record"]
    assert kinds
    assert [g["kind"] for g in one["goals"]] == kinds
