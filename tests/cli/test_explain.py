"""`panacea explain`: proofs, why not, the formats, and the check of proofs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from panacea_policy import proofcheck
from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from panacea_policy.formats.assessment import SCHEMAS
from tests.end_to_end.small_models import clinic

DAY = ["--as-of", "2026-11-23"]
FACTS = """
relation feeds(system, system)
feeds(a, b) if some flow f with f.source = a and f.target = b
feeds(a, b) if feeds(a, c), feeds(c, b)
relation alone(system)
alone(s) if kind_of(s), not feeds(s, ehr)
system spare "Spare" in servers { owner: manager }
relation kind_of(system)
kind_of(s) if s.zone = servers
"""
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The clinic with relations of its own, entered."""
    folder = clinic(tmp_path / "clinic")
    (folder / "facts.panacea").write_text(FACTS, "utf-8")
    monkeypatch.chdir(folder)
    return folder


def answered(name: str, text: str) -> dict[str, object]:
    """A document that its schema accepts."""
    document = json.loads(text)
    jsonschema.validate(document, SCHEMAS[name].model_json_schema(mode="serialization"))
    assert document["schema"] == f"panacea/{name}/v1"
    assert isinstance(document, dict)
    return document


def test_a_fact_that_does_not_hold_is_answered_with_what_is_missing(model: Path, capsys: Capture) -> None:
    assert main(["explain", "feeds(spare, ehr)", *DAY]) == exits.OK
    shown = capsys.readouterr().out
    assert shown.startswith("feeds(spare, ehr) does not hold\n")
    assert "─ 1 condition is not met: feeds(a, b) if feeds(a, c), feeds(c, b)  facts.panacea:4\n" in shown
    assert "─ ✗ missing: feeds(spare, kitchen)" in shown
    assert "─ ✓ feeds(kitchen, ehr)  facts.panacea:3\n" in shown
    asked = shown.partition("\nask next:\n")[2].splitlines()
    assert asked == ['  panacea explain "feeds(spare, portal)"', '  panacea explain "feeds(spare, kitchen)"']


def test_a_rule_that_found_nothing_says_why(model: Path, capsys: Capture) -> None:
    assert main(["explain", "in_clear on bookings", *DAY]) == exits.OK
    shown = capsys.readouterr().out
    assert shown.startswith("in_clear is met by bookings: what it looks for is not there")
    assert "✗ tls.encrypts is not false: it is true" in shown
    assert main(["explain", "in_clear on lunch", *DAY]) == exits.OK
    assert capsys.readouterr().out.startswith("in_clear does not apply to lunch")
    assert main(["explain", "in_clear on kitchen", *DAY]) == exits.OK
    assert "✗ kitchen is a system, not a flow" in capsys.readouterr().out
    assert main(["explain", "in_clear on nobody", *DAY]) == exits.WRONG


def test_a_proof_is_a_document_that_stands_alone(model: Path, capsys: Capture) -> None:
    assert main(["explain", "alone(spare)", *DAY, "--format", "json"]) == exits.OK
    shown = capsys.readouterr().out
    document = answered("proof", shown)
    assert document["subject"] == "alone(spare)"
    assert proofcheck.Check(document, {}).trusted
    (model / "proof.json").write_text(shown, "utf-8")
    alone = [sys.executable, "-I", "-S", proofcheck.__file__, "proof.json"]
    found = subprocess.run(alone, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout.splitlines()[0]) == (0, "holds")


def test_why_not_is_a_document_too(model: Path, capsys: Capture) -> None:
    assert main(["explain", "alone(kitchen)", *DAY, "--format", "json"]) == exits.OK
    document = answered("why-not", capsys.readouterr().out)
    answer = document["answer"]
    assert isinstance(answer, dict)
    assert (answer["text"], answer["mark"]) == ("alone(kitchen) does not hold", "missing")


def test_pictures_have_a_box_for_each_fact(model: Path, capsys: Capture) -> None:
    assert main(["explain", "in_clear on vital_signs", *DAY, "--format", "dot"]) == exits.OK
    shown = capsys.readouterr().out
    assert shown.startswith('digraph "in_clear on vital_signs" {')
    assert shown.count("vital_signs.security = plain") == 1
    assert "->" in shown
    assert main(["explain", "alone(kitchen)", *DAY, "--format", "dot"]) == exits.OK
    assert "alone(kitchen) does not hold" in capsys.readouterr().out


def written(capsys: Capture, subject: str = "in_clear on vital_signs") -> Path:
    assert main(["explain", subject, *DAY, "--format", "json", "-o", "proof.json"]) == exits.OK
    capsys.readouterr()
    return Path("proof.json")


def test_a_proof_is_checked_alone_and_against_the_model(model: Path, capsys: Capture) -> None:
    path = written(capsys)
    assert main(["explain", "--check", str(path)]) == exits.OK
    alone = capsys.readouterr().out
    assert alone.startswith("proof.json: holds (")
    assert "taken on trust: the facts are the model's" in alone
    assert main(["explain", "--check", str(path), "."]) == exits.OK
    against = capsys.readouterr().out
    assert "the model's" not in against
    assert "are those of the model" in against


def test_a_proof_that_was_tampered_with_is_refused(model: Path, capsys: Capture) -> None:
    path = written(capsys)
    proof = json.loads(path.read_text("utf-8"))
    fact = next(n for n, step in enumerate(proof["steps"]) if step["relation"].endswith(".encrypts"))
    proof["steps"][fact]["row"][1] = True
    path.write_text(json.dumps(proof), "utf-8")
    assert main(["explain", "--check", str(path)]) == exits.FOUND
    assert "proof.json: refused: step " in capsys.readouterr().err


def test_a_proof_of_another_model_is_refused(model: Path, capsys: Capture) -> None:
    path = written(capsys, "feeds(kitchen, ehr)")
    text = (model / "clinic.panacea").read_text("utf-8")
    for old, new in (
        ("flow vital_signs: kitchen -> ehr", "flow vital_signs: portal -> ehr"),
        ("flow vital_signs: kitchen -> ehr", "flow vital: kitchen -> ehr"),
    ):
        (model / "clinic.panacea").write_text(text.replace(old, new), "utf-8")
        assert main(["explain", "--check", str(path), "."]) == exits.FOUND
        assert "refused" in capsys.readouterr().err
    (model / "clinic.panacea").write_text(text, "utf-8")
    facts = (model / "facts.panacea").read_text("utf-8")
    (model / "facts.panacea").write_text(
        facts.replace("f.source = a and f.target = b", "f.target = b"), "utf-8"
    )
    assert main(["explain", "--check", str(path), "."]) in (exits.FOUND, exits.WRONG)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": "panacea/proof/v1"}', "[" * 100_000])
def test_what_is_no_proof_is_refused(model: Path, capsys: Capture, text: str) -> None:
    Path("proof.json").write_text(text, "utf-8")
    assert main(["explain", "--check", "proof.json"]) in (exits.FOUND, exits.WRONG)
    assert main(["explain", "--check", "proof.json", "."]) in (exits.FOUND, exits.WRONG)
    assert main(["explain", "--check", "nothing.json"]) == exits.WRONG
    assert "Traceback" not in capsys.readouterr().err


def test_whoever_asks_for_a_clause_is_told_where_it_is_explained(model: Path, capsys: Capture) -> None:
    (model / "law.panacea").write_text('requirement fences "Fences" { clause: "1" }\n', "utf-8")
    assert main(["explain", "fences", *DAY]) == exits.WRONG
    assert "`panacea comply --clause fences` says what it rests on" in capsys.readouterr().err
