"""`panacea prove` as people call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from panacea_policy.formats.documents import ProveDocument
from panacea_policy.verification import Form
from tests.compiler.workspaces import lay_out

Capture = pytest.CaptureFixture[str]
DAY = ["--as-of", "2026-11-28"]
MODEL = """use std.healthcare
rule low "A zone of low trust" {
  severity: high
  for zone z
  where z.trust < 2
  report z "{z} is trusted little"
}
rule both "High and low" {
  for zone z
  where z.trust < 2, z.trust > 3
  report z "{z}"
}
relation above(lower: zone, upper: zone)
above(x, y) if x.parent = y
above(x, z) if x.parent = y, above(y, z)
rule circle "In itself" {
  for zone z
  where above(z, z)
  report z "{z}"
}
role nurse {}
system ehr { stores: [health_record] }
grant nurse may read on ehr when on_shift
scenario open { set nurse_may_read_on_ehr.condition: none }
"""


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(lay_out(tmp_path / "ward", MODEL))


def test_what_holds_ends_with_0(folder: str, capsys: Capture) -> None:
    assert main(["prove", "both never fires", folder, *DAY]) == exits.OK
    assert capsys.readouterr().out == "HOLDS  both never fires\n"


def test_what_does_not_hold_ends_with_1_and_shows_why(folder: str, capsys: Capture) -> None:
    assert main(["prove", "low never fires", folder, *DAY]) == exits.FOUND
    assert (
        capsys.readouterr().out
        == """\
DOES NOT HOLD  low never fires
  low can fire
  shown by a model that was run: low fires

# --as-of 2026-11-28
use std.healthcare

rule low "A zone of low trust" {
  severity: high
  for zone z
  where z.trust < 2
  report z "{z} is trusted little"
}

zone zone_1 {
  trust: 0
}
"""
    )


def test_what_is_not_verified_ends_with_1_and_says_so(folder: str, capsys: Capture) -> None:
    assert main(["prove", "circle never fires", folder, *DAY]) == exits.FOUND
    assert capsys.readouterr().out == (
        "NOT VERIFIED  circle never fires\n  because the relation `above` → `above` is recursive\n"
    )
    assert main(["prove", "circle never fires", folder, *DAY, "--format", "json"]) == exits.FOUND
    document = json.loads(capsys.readouterr().out)
    assert (document["outcome"], len(document["reasons"]), document["counterexamples"]) == (
        "not_verified",
        1,
        [],
    )


def test_a_counterexample_is_a_model_that_check_judges(folder: str, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "new" / "shown.panacea"
    assert main(["prove", "low can fire", folder, *DAY, "--counterexample", str(file)]) == exits.OK
    assert f"panacea check {file} --as-of 2026-11-28" in capsys.readouterr().out
    assert main(["check", str(file), *DAY, "--format", "json"]) == exits.FOUND
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [(each["rule"], each["verdict"], each["subjects"]) for each in findings] == [
        ("low", "violated", ["zone_1"])
    ]


def test_a_difference_of_access_writes_both_sides(folder: str, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "permits.panacea"
    arguments = ["prove", "access equals scenario open", folder, *DAY, "--counterexample", str(file)]
    assert main(arguments) == exits.FOUND
    capsys.readouterr()
    verdicts = []
    for each in (file, tmp_path / "permits_other.panacea"):
        main(["check", str(each), *DAY, "--format", "json"])
        findings = json.loads(capsys.readouterr().out)["findings"]
        verdicts.append([f["verdict"] for f in findings if f["rule"] == "access_question"])
    assert verdicts == [["violated"], []]


def test_json_follows_its_schema(folder: str, capsys: Capture) -> None:
    main(["schema", "prove"])
    schema = json.loads(capsys.readouterr().out)
    for question in ("low never fires", "role nurse can reach data_class health_record"):
        main(["prove", question, folder, *DAY, "--format", "json"])
        document = json.loads(capsys.readouterr().out)
        jsonschema.validate(document, schema)
        assert ProveDocument.model_validate(document).schema_ == "panacea/prove/v1"


def test_the_same_question_has_the_same_answer(folder: str, capsys: Capture) -> None:
    said = []
    for _ in range(2):
        main(["prove", "low can fire", folder, *DAY, "--format", "json"])
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("question", "more", "message"),
    [
        ("lw never fires", [], "there is no rule called `lw`\n  help: did you mean `low`?"),
        ("low", [], "`low` is no question that can be proved"),
        ("low can fire", ["--counterexample", "x.txt"], "`x.txt` is no *.panacea file"),
        ("low can fire", ["--timeout", "0"], "--timeout"),
    ],
)
def test_a_wrong_call_ends_with_2(
    folder: str, capsys: Capture, question: str, more: list[str], message: str
) -> None:
    assert main(["prove", question, folder, *DAY, *more]) == exits.WRONG
    assert message in capsys.readouterr().err


def test_a_model_with_errors_is_refused(tmp_path: Path, capsys: Capture) -> None:
    broken = lay_out(tmp_path / "broken", "zone z { trst: 3 }\n")
    assert main(["prove", "low can fire", str(broken)]) == exits.WRONG
    assert "P0302" in capsys.readouterr().err


def test_the_help_names_every_form(capsys: Capture) -> None:
    main(["prove", "--help"])
    shown = capsys.readouterr().out
    for form in Form:
        assert form.value in shown or "(or: model FOLDER)" in shown


def test_without_z3_the_cure_is_named(folder: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "z3", None)
    assert main(["prove", "low can fire", folder]) == exits.WRONG
    assert "pip install '.[verify]'" in capsys.readouterr().err


def test_no_other_command_loads_z3(folder: str) -> None:
    code = (
        "import sys; from panacea_policy.cli.main import main; "
        f"main(['check', {folder!r}]); main(['prove', '--help']); "
        "print([name for name in sys.modules if name.split('.')[0] == 'z3' or '.verification' in name])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.rstrip().endswith("[]")
