"""The commands on small models, through the real command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

import panacea_policy as pp
from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from panacea_policy.formats.assessment import SCHEMAS
from tests.end_to_end.small_models import CLINIC, clinic

DAY = ["--as-of", "2026-11-23"]
BROKEN = "zone ward { trst: 3 }\n"
Capture = pytest.CaptureFixture[str]

CHECK_TEXT = """\
HIGH      Health data is sent in clear  in_clear
  ✗ vital_signs: carries health data from kitchen to ehr in clear
    clinic.panacea:20:6
  why     art1
  remedy  Set `security` on the flow to a profile that encrypts.

MEDIUM    A system without an owner  owned
  ✗ portal: has no owner
    clinic.panacea:14:8
  why     art2

WAIVED    1 accepted violation
  ~ old_feed: carries health data from ehr to kitchen in clear
    in_clear, waived until 2027-01-31 by ciso: Replacement ordered

UNKNOWN   2 checks wait for 2 answers
  ? What is `owner` of kitchen? (Who answers for it)
    clinic.panacea:15:8  1 check
  ? What is `security` of unasked? (How it is protected)
    clinic.panacea:24:6  1 check

2 violated (1 high, 1 medium) · 2 unknown · 1 waived · 2 met · 1 not applicable
coverage 71 % (5 of 7 checks decided), as of 2026-11-23
5 clauses: 2 violated, 1 unknown, 1 attested, 1 not applicable
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The clinic, entered."""
    monkeypatch.chdir(clinic(tmp_path / "clinic"))
    return Path.cwd()


def validate(name: str, text: str) -> dict[str, object]:
    """The document, after its own schema has accepted it."""
    document = json.loads(text)
    jsonschema.validate(document, SCHEMAS[name].model_json_schema(mode="serialization"))
    assert isinstance(document, dict)
    return document


# ------------------------------------------------------------------------------------------ check


def test_check_tells_people_what_is_wrong_and_what_is_open(model: Path, capsys: Capture) -> None:
    assert main(["check", *DAY]) == exits.FOUND
    assert capsys.readouterr().out == CHECK_TEXT


@pytest.mark.parametrize(
    ("threshold", "code"),
    [("critical", 0), ("high", 1), ("medium", 1), ("low", 1), ("info", 1), ("never", 0)],
)
def test_the_threshold_decides_the_exit_code(model: Path, threshold: str, code: int) -> None:
    assert main(["check", *DAY, "--fail-on", threshold]) == code


def test_waived_and_unknown_do_not_fail(model: Path) -> None:
    (model / "clinic.panacea").write_text(
        CLINIC.replace("security: plain }\nflow bookings", "security: tls }\nflow bookings")
    )
    assert main(["check", *DAY]) == exits.OK


def test_a_waiver_ends_with_its_day(model: Path, capsys: Capture) -> None:
    assert main(["check", "--as-of", "2027-01-31", "--quiet"]) == exits.FOUND
    assert "old_feed" not in capsys.readouterr().out
    main(["check", "--as-of", "2027-02-01", "--quiet"])
    assert "clinic.panacea:22:6: high: old_feed: carries health data" in capsys.readouterr().out


def test_quiet_prints_what_decides_the_exit_code_alone(model: Path, capsys: Capture) -> None:
    main(["check", *DAY, "--quiet"])
    assert capsys.readouterr().out == (
        "clinic.panacea:20:6: high: vital_signs: carries health data from kitchen to ehr in clear"
        " [in_clear]\n"
    )
    assert main(["check", *DAY, "--quiet", "--fail-on", "critical"]) == exits.OK
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "junit", "github"])
def test_every_format_can_go_to_a_file(model: Path, format_: str, capsys: Capture) -> None:
    main(["check", *DAY, "--format", format_])
    shown = capsys.readouterr().out
    assert main(["check", *DAY, "--format", format_, "-o", "out/result"]) == exits.FOUND
    assert capsys.readouterr().out == ""
    assert (model / "out" / "result").read_text() == shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "junit", "github"])
def test_a_model_with_errors_ends_with_2_in_every_format(
    format_: str, tmp_path: Path, capsys: Capture
) -> None:
    assert main(["check", str(clinic(tmp_path, BROKEN)), "--format", format_]) == exits.WRONG
    shown = capsys.readouterr().out
    assert "P0302" in shown
    assert "a `zone` has no attribute `trst`" in shown


def test_colour_is_used_when_asked_for_and_only_then(
    model: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    main(["check", *DAY])
    assert "\x1b[31m" in capsys.readouterr().out
    main(["check", *DAY, "--no-color"])
    assert capsys.readouterr().out == CHECK_TEXT
    monkeypatch.setenv("NO_COLOR", "1")
    main(["check", *DAY])
    assert capsys.readouterr().out == CHECK_TEXT


def test_control_characters_of_a_model_never_reach_the_terminal(model: Path, capsys: Capture) -> None:
    hostile = CLINIC.replace("has no owner", "has \\u{1b}[2J no owner").replace('"Replacement', '"\\u{9b}31m')
    (model / "clinic.panacea").write_text(hostile.replace('"Patient portal"', '"\\u{7}"'))
    main(["check", *DAY, "--all"])
    main(["check", *DAY, "--quiet", "--fail-on", "info"])
    shown = capsys.readouterr().out
    assert "\\x1b[2J" in shown
    assert not set(shown) & {"\x1b", "\x9b", "\x07"}


def test_a_model_without_rules_is_not_called_good(tmp_path: Path, capsys: Capture) -> None:
    assert main(["check", str(clinic(tmp_path, "zone ward { trust: 3 }\n"))]) == exits.OK
    assert "nothing was checked: no rule is in use" in capsys.readouterr().out


def test_rules_that_speak_of_nothing_are_not_called_covered(tmp_path: Path, capsys: Capture) -> None:
    rule = 'rule radio "Radio" { severity: low  for zone z where z.wireless report z "by radio" }\n'
    assert main(["check", str(clinic(tmp_path, rule)), *DAY]) == exits.OK
    assert "nothing in the model is what the rules speak of, as of 2026-11-23" in capsys.readouterr().out


DIVIDES = 'zone a { trust: 3 }\nrule d { for zone z where 1 / (z.trust - 3) > 2 report z "x" }\n'


@pytest.mark.parametrize(
    "arguments",
    [["check"], ["check", "--format", "json"], ["check", "--format", "sarif"], ["explain", "d"], ["assess"]],
)
def test_a_model_that_cannot_be_evaluated_is_refused(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(clinic(tmp_path, DIVIDES))
    assert main(arguments) == exits.WRONG
    captured = capsys.readouterr()
    assert "division by zero" in captured.out + captured.err


def test_long_lists_are_cut_and_say_so(tmp_path: Path, capsys: Capture) -> None:
    zones = "".join(f"zone z{n} {{ wireless: true }}\n" for n in range(8))
    rule = 'rule radio "Radio" { severity: low  for zone z where z.wireless report z "by radio" }\n'
    folder = str(clinic(tmp_path, zones + rule))
    main(["check", folder])
    assert "… and 3 more (--all)" in capsys.readouterr().out
    main(["check", folder, "--all"])
    shown = capsys.readouterr().out
    assert "more (--all)" not in shown
    assert "z7: by radio" in shown


# ------------------------------------------------------------------------------------------ fmt


UGLY = "zone   ward{trust:3}\n"
NEAT = "zone ward { trust: 3 }\n"


def test_fmt_rewrites_what_differs(tmp_path: Path, capsys: Capture) -> None:
    file = clinic(tmp_path, UGLY) / "clinic.panacea"
    assert main(["fmt", "--check", str(tmp_path)]) == exits.FOUND
    assert file.read_text() == UGLY
    assert "would change" in capsys.readouterr().err
    assert main(["fmt", str(tmp_path)]) == exits.OK
    assert file.read_text() == NEAT
    assert main(["fmt", "--check", str(tmp_path)]) == exits.OK


def test_fmt_shows_the_difference(tmp_path: Path, capsys: Capture) -> None:
    clinic(tmp_path, UGLY)
    assert main(["fmt", "--diff", str(tmp_path)]) == exits.FOUND
    shown = capsys.readouterr().out.splitlines()
    assert shown[2:] == ["@@ -1 +1 @@", f"-{UGLY[:-1]}", f"+{NEAT[:-1]}"]


def test_fmt_leaves_a_file_with_errors_and_does_the_others(tmp_path: Path, capsys: Capture) -> None:
    clinic(tmp_path / "bad", "zone ward {{\n")
    good = clinic(tmp_path / "good", UGLY)
    assert main(["fmt", str(tmp_path)]) == exits.WRONG
    assert (tmp_path / "bad" / "clinic.panacea").read_text() == "zone ward {{\n"
    assert (good / "clinic.panacea").read_text() == NEAT
    assert "error[P01" in capsys.readouterr().err


def test_fmt_reads_standard_input() -> None:
    command = [sys.executable, "-m", "panacea_policy", "fmt", "-"]
    result = subprocess.run(command, input=UGLY.encode(), capture_output=True, check=True)
    assert result.stdout.decode() == NEAT
    wrong = subprocess.run(command, input=b"zone \xff", capture_output=True, check=False)
    assert (wrong.returncode, wrong.stdout) == (exits.WRONG, b"")
    assert b"not UTF-8" in wrong.stderr


# ------------------------------------------------------------------------------------------ test


TESTS = """
test "clear text is found" {
  given {
    security_profile open { encrypts: false }
    data_class secret { special_category: true }
    system a { owner: none }
    flow f: a -> a { carries: [secret]  security: open }
  }
  expect in_clear on f
}
"""


def test_tests_of_the_language_are_run(model: Path, capsys: Capture) -> None:
    (model / "tests.panacea").write_text(TESTS)
    assert main(["test"]) == exits.OK
    shown = capsys.readouterr().out
    assert "✓ clear text is found" in shown
    assert "1 test passed" in shown
    assert main(["test", "--format", "json", "--coverage"]) == exits.OK
    document = validate("test", capsys.readouterr().out)
    assert (document["passed"], document["todo"], document["failed"]) == (1, 0, 0)
    coverage = document["coverage"]
    assert isinstance(coverage, list)
    assert [(each["rule"], each["verdicts"], each["exercised"]) for each in coverage] == [
        ("in_clear", ["violated"], True),
        ("owned", [], False),
    ]


def test_a_failing_test_says_what_it_got(model: Path, capsys: Capture) -> None:
    (model / "tests.panacea").write_text(TESTS.replace("expect in_clear on f", "expect in_clear met on f"))
    assert main(["test", "--quiet"]) == exits.FOUND
    shown = capsys.readouterr().out
    assert "✗ clear text is found  tests.panacea:2" in shown
    assert "1 test, 1 failed" in shown


def test_coverage_names_rules_that_no_test_exercises(model: Path, capsys: Capture) -> None:
    (model / "tests.panacea").write_text(TESTS)
    main(["test", "--coverage"])
    shown = capsys.readouterr().out
    assert "○ in_clear: no test makes it accept" in shown
    assert "○ owned: no test makes it object, no test makes it accept" in shown
    assert "0 of 2 rules are seen to object and to accept" in shown


def test_tests_of_a_package_with_errors_end_with_2(tmp_path: Path) -> None:
    clinic(tmp_path / "bad", BROKEN)
    clinic(tmp_path / "good")
    assert main(["test", str(tmp_path)]) == exits.WRONG


# ------------------------------------------------------------------------------------------ query, explain


def test_a_question_is_answered_in_a_table(model: Path, capsys: Capture) -> None:
    assert main(["query", "flow f, data_class d in f.carries where d.special_category, f.target = ehr"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "f            d\nbookings     record\nvital_signs  record\n"
    assert captured.err == "2 rows\n"


def test_a_question_is_answered_as_json(model: Path, capsys: Capture) -> None:
    assert main(["query", "zone z where z.trust >= 2", "--format", "json"]) == exits.OK
    document = validate("query", capsys.readouterr().out)
    assert (document["columns"], document["rows"]) == (["z"], [["servers"], ["ward"]])


def test_a_wrong_question_is_shown_with_its_place(model: Path, capsys: Capture) -> None:
    assert main(["query", "flow f where f.sorce = ehr"]) == exits.WRONG
    shown = capsys.readouterr().err
    assert "a `flow` has no attribute `sorce`" in shown
    assert "flow f where f.sorce = ehr" in shown
    assert "did you mean `source`?" in shown


def test_a_finding_is_explained(model: Path, capsys: Capture) -> None:
    assert main(["explain", "in_clear on vital_signs", *DAY]) == exits.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "violated: vital_signs: carries health data from kitchen to ehr in clear  clinic.panacea:20"
    )
    assert lines[-1] == "└─ plain.encrypts = false  clinic.panacea:18"


def test_a_finding_is_found_by_its_fingerprint(model: Path, capsys: Capture) -> None:
    main(["check", *DAY, "--format", "json"])
    (fingerprint,) = [
        finding["fingerprint"]
        for finding in json.loads(capsys.readouterr().out)["findings"]
        if finding["subjects"] == ["portal"]
    ]
    assert main(["explain", fingerprint[:8], *DAY, "--format", "json"]) == exits.OK
    document = validate("proof", capsys.readouterr().out)
    assert "portal: has no owner" in json.dumps(document)


def test_what_was_not_found_is_guessed(model: Path, capsys: Capture) -> None:
    assert main(["explain", "owned on kitchn", *DAY]) == exits.WRONG
    assert "did you mean `owned on kitchen`?" in capsys.readouterr().err
    assert main(["explain", "ownd", *DAY]) == exits.WRONG
    assert "did you mean `owned`?" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------ the rest


def test_the_vocabulary_is_printed(capsys: Capture) -> None:
    assert main(["schema", "vocabulary"]) == exits.OK
    assert {"System", "Zone", "Flow"} <= json.loads(capsys.readouterr().out)["$defs"].keys()
    assert main(["schema", "vocabulary", "--format", "markdown"]) == exits.OK
    assert capsys.readouterr().out.startswith("# Kinds")


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_json_schemas(name: str, capsys: Capture) -> None:
    assert main(["schema", name]) == exits.OK
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)


def test_a_kind_is_described(capsys: Capture) -> None:
    assert main(["schema", "zone"]) == exits.OK
    shown = capsys.readouterr().out
    assert shown.startswith("zone: A part of the network")
    assert "in its head: in (parent), at (site)" in shown
    assert main(["schema", "zon"]) == exits.WRONG
    assert "did you mean `zone`?" in capsys.readouterr().err
    assert main(["schema", "nonsense"]) == exits.WRONG
    assert "`panacea schema` lists them" in capsys.readouterr().err


def test_every_output_is_listed(capsys: Capture) -> None:
    assert main(["schema"]) == exits.OK
    shown = capsys.readouterr().out
    assert all(f"panacea/{name}/v1" in shown for name in ("check", "query", "assessment", "risk"))


def test_the_example_of_init_is_nearly_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "clinic"]) == exits.OK
    assert main(["fmt", "--check", "clinic"]) == exits.OK
    assert main(["test", "clinic"]) == exits.OK
    assert "2 tests passed" in capsys.readouterr().out
    assert main(["check", "clinic", *DAY]) == exits.FOUND
    shown = capsys.readouterr().out
    assert "2 of pump[…], such as pump[" in shown
    assert "2 checks wait for 3 answers" in shown
    assert "3 violated (1 high, 2 medium)" in shown
    assert (
        main(["assess", "clinic", *DAY, "--trials", "50", "--fail-on", "never", "-o", "report"]) == exits.OK
    )
    assert "Ward care" in capsys.readouterr().out


def test_graphs_are_drawn(model: Path, capsys: Capture) -> None:
    assert main(["graph", "--kind", "flows", "--format", "mermaid"]) == exits.OK
    assert "Patient record" in capsys.readouterr().out
    assert main(["graph", "--kind", "processes", "--format", "svg"]) == exits.WRONG
    assert "nothing to draw" in capsys.readouterr().err


def test_assess_writes_a_report_folder(model: Path, capsys: Capture) -> None:
    more = "process care { needs: ehr  rto: 4 h  outage_loss: pert(1k, 2k, 4k) EUR per h }\n"
    (model / "care.panacea").write_text(more)
    arguments = ["assess", *DAY, "--trials", "50", "-o", "report"]
    assert main(arguments) == exits.FOUND
    written = {str(path.relative_to("report")): path.read_bytes() for path in Path("report").rglob("*.*")}
    assert {"report.html", "assessment.json", "findings.sarif", "findings.json"} <= written.keys()
    assert "Seaside Clinic" in capsys.readouterr().out
    jsonschema.validate(
        json.loads(written["assessment.json"]), SCHEMAS["assessment"].model_json_schema(mode="serialization")
    )
    assert main([*arguments, "--fail-on", "never", "--quiet"]) == exits.OK
    again = {str(path.relative_to("report")): path.read_bytes() for path in Path("report").rglob("*.*")}
    assert again == written


def test_the_python_interface_gives_the_same_objects(model: Path) -> None:
    from datetime import date

    hospital = pp.load(model, as_of=date(2026, 11, 23))
    assert hospital.ok
    assert {finding.verdict for finding in hospital.findings()} == {"violated", "unknown", "waived"}
    with pytest.raises(AttributeError):
        _ = pp.nothing  # type: ignore[attr-defined]
