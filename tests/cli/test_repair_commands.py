"""Witnesses, repairs and certificates of absence on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from panacea_policy.cli import exits
from panacea_policy.cli.main import main

MODEL = """\
pack house "House law" { version: "1.0.0"  status: in_force }
requirement a "Doors" of house { clause: "1"  decided_by: rules }
zone guests { }
zone wards { }
system desk in wards { }
remote_access door { per_request: false  always_on: true }
remote_access gate { per_request: true  always_on: true }
rule asked "Open without a request" { severity: high  satisfies: [a]  for remote_access r
  require r.per_request, not r.always_on report r "is always open" }
relation leads(from: zone, to: zone)
leads(a, b) if some conduit c with c.source = a and c.target = b
leads(a, c) if leads(a, b), leads(b, c)
"""
DAY = ["--as-of", "2026-11-23", "--no-color"]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.panacea").write_text(MODEL)
    return "model.panacea"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main([*words, *DAY])
    return code, capsys.readouterr().out


def test_a_clause_shows_what_each_violation_rests_on(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, told = run(capsys, "comply", model, "--clause", "a")
    assert "∅ the model has nothing that meets this condition for door: r.per_request, not" in told
    assert "repair:" not in told


def test_repairs_are_told_one_by_one_and_together(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = run(capsys, "comply", model, "--clause", "a", "--repair")
    assert code == exits.FOUND
    assert "repair: mends 1 finding, brings none\n      set gate.always_on: false" in told
    assert "All together, 3 edits\n  mends 2 findings, brings none" in told


def test_a_clause_as_json_has_witnesses_and_repairs(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, told = run(capsys, "comply", model, "--clause", "a", "--format", "json")
    found = json.loads(told)
    assert (found["schema"], found["repairs"], found["together"]) == ("panacea/clause/v1", None, None)
    (door, _) = found["witnesses"]
    assert (door["subjects"], door["leaves"][0]["what"]) == (["door"], "absent")
    assert door["leaves"][0]["location"]["path"] == "model.panacea"
    _, told = run(capsys, "comply", model, "--clause", "a", "--repair", "--format", "json")
    found = json.loads(told)
    edits = [[edit["text"] for edit in each["repairs"][0]["edits"]] for each in found["repairs"]]
    assert sorted(edits[0]) == ["set door.always_on: false", "set door.per_request: true"]
    assert edits[1] == ["set gate.always_on: false"]
    assert sorted(found["together"]["repair"]["mends"]) == sorted(found["clause"]["fingerprints"])


def test_a_finding_is_repaired_by_its_name(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = run(capsys, "explain", "asked on gate", model, "--repair")
    assert (code, told) == (
        exits.OK,
        "gate: is always open\n  repair: mends 1 finding, brings none\n    set gate.always_on: false\n",
    )
    _, told = run(capsys, "explain", "asked on gate", model, "--repair", "--format", "json")
    assert json.loads(told)["schema"] == "panacea/repair/v1"


def test_what_cannot_be_repaired_is_a_wrong_call(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "asked on wards", model, "--repair", *DAY]) == exits.WRONG
    assert "nothing is violated that `asked on wards` stands for" in capsys.readouterr().err
    assert main(["comply", model, "--repair", *DAY]) == exits.WRONG
    assert "--repair mends one clause" in capsys.readouterr().err


CLAIM = "zone z where leads(guests, z)"


def test_an_absence_has_a_certificate_that_checks_alone(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = run(capsys, "prove", CLAIM, model, "--absent", "--certificate", "absent.json")
    assert (code, told.splitlines()[0]) == (exits.OK, f"HOLDS  absent: {CLAIM}")
    checker = [sys.executable, "-m", "panacea_policy.closurecheck", "absent.json"]
    path = str(Path(__file__).parents[2])
    ran = subprocess.run(
        checker, capture_output=True, text=True, check=False, env={"PYTHONPATH": path, "PATH": ""}
    )
    assert (ran.returncode, ran.stdout.splitlines()[0]) == (0, "closed: it is absent"), ran.stderr
    code, told = run(capsys, "explain", "--check", "absent.json", model)
    assert (code, told.splitlines()[0]) == (exits.OK, f"absent.json: closed: absent: {CLAIM}")
    assert "rules and facts are those of the model" in told


def test_a_certificate_of_another_model_is_refused(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "prove", CLAIM, model, "--absent", "--certificate", "absent.json")
    Path(model).write_text(MODEL + "conduit wards -> guests { }\n")
    assert main(["explain", "--check", "absent.json", model, *DAY]) == exits.FOUND
    assert "the facts are not those of the program" in capsys.readouterr().err
    Path(model).write_text(MODEL + "conduit guests -> wards { }\n")
    assert main(["explain", "--check", "absent.json", model, *DAY]) == exits.FOUND
    assert "the model does not bear out the claim" in capsys.readouterr().err


def test_what_is_there_is_shown_with_its_proof(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(model).write_text(MODEL + "conduit guests -> wards { }\n")
    code, told = run(capsys, "prove", CLAIM, model, "--absent", "--certificate", "absent.json")
    assert code == exits.FOUND
    assert told.splitlines()[:4] == [
        f"DOES NOT HOLD  absent: {CLAIM}",
        "  these are there",
        "    z",
        "    wards",
    ]
    assert "guests_to_wards.target = wards" in told
    assert not Path("absent.json").exists()
    _, told = run(capsys, "prove", CLAIM, model, "--absent", "--format", "json")
    assert (json.loads(told)["schema"], json.loads(told)["certain"]) == ("panacea/presence/v1", [["wards"]])


def test_what_nobody_said_is_no_absence(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = run(capsys, "prove", "zone z where z.trust > 2", model, "--absent")
    assert code == exits.FOUND
    assert told.startswith("NOT SHOWN  absent: zone z where z.trust > 2\n  these may be there")
    assert "nobody said what `trust` of guests is" in told
