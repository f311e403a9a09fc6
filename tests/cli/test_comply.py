"""``panacea comply``: clauses by the law of a day, one in full, statements of applicability, changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from panacea_policy.cli.options import date_of

MODEL = """\
organisation us { partner: false  country: IE  addressees: [hospital] }
role ciso { }
pack house "House law" { version: "1.0.0"  source: "By-laws"  status: in_force  unchecked: ["Clause 3"] }
requirement a "No radio" of house { clause: "1"  decided_by: rules }
requirement b "Fences" of house { clause: "2"  decided_by: attestation }
requirement c "Cables" of house { clause: "3"  decided_by: rules  status: proposed }
zone red { wireless: true  assurance: measured }
zone green { wireless: false  assurance: attested }
rule radio "Radio" { severity: high  satisfies: [a]  for zone z where z.wireless report z "is on air"
  remedy "Set `wireless: false`." }
rule cable "Cable" { severity: high  satisfies: [c]  for zone z where z.wireless report z "has no cable" }
attest b by ciso until 2027-01-31 because "Walked around it"
applicability one of a { applies: true  reason: "We have zones"  state: implemented }
"""
DAY = ["--as-of", "2026-11-23", "--no-color"]


@pytest.fixture
def model(tmp_path: Path) -> str:
    (tmp_path / "model.panacea").write_text(MODEL)
    return str(tmp_path)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(["comply", *words, *DAY])
    return code, capsys.readouterr().out


def test_every_clause_has_a_verdict_and_a_reason(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = run(capsys, model, "--all")
    assert code == exits.FOUND
    assert (
        told
        == """\
House law  house 1.0.0
  By-laws · in force
  3 clauses: 1 violated · 1 attested · 1 not applicable  (100 % of what applies is decided)

  ✗ 1  No radio
    violated: 1 of 2 checks found a violation (attested)
  ✎ 2  Fences
    attested: attested by ciso until 2027-01-31: Walked around it (attested)
  – 3  Cables
    not applicable: proposed, not law yet

the model as of 2026-11-23, the law of 2026-11-23
not counted: 1 violation of law that does not bind here then (--foreseen, --law DATE)
house: 1 statement unchecked (--all)
one clause with everything it rests on: panacea comply --clause ID
"""
    )


def test_what_is_foreseen_counts_when_asked(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, told = run(capsys, model, "--foreseen", "--format", "json")
    found = json.loads(told)
    assert (found["schema"], found["foreseen"], found["unbound"]) == ("panacea/comply/v1", True, 0)
    (pack,) = found["packs"]
    assert [clause["verdict"] for clause in pack["clauses"]] == ["violated", "attested", "violated"]
    assert pack["clauses"][2]["proposed"] is True


@pytest.mark.parametrize("name", ["a", "1"])
def test_one_clause_tells_all_that_it_rests_on(
    model: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = run(capsys, model, "--clause", name)
    assert code == exits.FOUND
    assert "known as attested, the weakest of what it rests on" in told
    assert "✗ red: is on air" in told
    assert "remedy: Set `wireless: false`." in told
    assert "radio  1 met, 1 open; panacea explain radio" in told


def test_a_clause_that_is_not_there_is_a_wrong_call(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["comply", model, "--clause", "art99"]) == exits.WRONG
    assert "no clause in use is called `art99`" in capsys.readouterr().err


def test_a_statement_of_applicability_names_contradictions(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, told = run(capsys, model, "--soa", "house", "--format", "csv")
    assert told.splitlines()[1].startswith("1,No radio,yes,We have zones,implemented")
    assert "stated as implemented, but it is violated" in told


def test_a_change_of_law_is_told(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, told = run(capsys, model, "--diff", "today", "foreseen")
    assert "1 clause comes to bind\n" in told
    assert "✗ c  Cables" in told
    assert "1 violation counts only then\n" in told
    _, told = run(capsys, model, "--diff", "2026-11-23", "2027-01-01")
    assert "nothing changes for this model" in told
    _, told = run(capsys, model, "--diff", "today", "foreseen", "--format", "json")
    assert [each["change"] for each in json.loads(told)["clauses"]] == ["comes"]


def test_a_pack_need_not_be_in_use(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, told = run(capsys, model, "--pack", "nis2", "--format", "json")
    assert [pack["name"] for pack in json.loads(told)["packs"]] == ["nis2"]
    assert main(["comply", model, "--pack", "nis3"]) == exits.WRONG
    assert "did you mean `nis2`?" in capsys.readouterr().err


def test_a_pack_is_brought_in_for_a_single_file_too(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, told = run(capsys, f"{model}/model.panacea", "--pack", "nis2", "--format", "json")
    assert [pack["name"] for pack in json.loads(told)["packs"]] == ["nis2"]


def test_quiet_prints_what_decides_the_exit_code(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, model, "-q") == (exits.FOUND, "a: No radio: 1 of 2 checks found a violation\n")
    assert run(capsys, model, "-q", "--fail-on", "critical")[0] == exits.OK


def test_a_date_that_is_none_is_a_wrong_call(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["comply", model, "--diff", "yesterday", "today"]) == exits.WRONG
    assert "`yesterday` of --diff is not a date" in capsys.readouterr().err
    assert main(["comply", model, "--soa", "x", "--clause", "a"]) == exits.WRONG


def test_clauses_that_ask_for_the_same_are_shown_together(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    more = 'mapping air "Nothing on air" { clauses: [a, c]  relation: overlaps }\n'
    (Path(model) / "more.panacea").write_text(more)
    _, told = run(capsys, model, "--crosswalk", "--pack", "house", "--format", "json")
    (topic,) = json.loads(told)["topics"]
    assert [(c["id"], c["verdict"]) for c in topic["clauses"]] == [("a", "violated"), ("c", "not_applicable")]
    assert topic["rules"] == ["cable", "radio"]
    _, told = run(capsys, model, "--crosswalk", "--pack", "house")
    assert told.startswith("Nothing on air\n  ✗ ")


PARTS = MODEL.replace(
    'clause: "1"  decided_by: rules }',
    'clause: "1"  parent: whole  decided_by: rules }\n'
    'requirement whole "All of it" of house { clause: "0"  decided_by: rules }',
)


def test_a_clause_is_known_as_well_as_its_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model.panacea").write_text(PARTS)
    told = run(capsys, str(tmp_path), "--all")[1]
    assert "violated: 1 of 1 sub-clauses is violated (attested)" in told
    text = PARTS.replace("zone green", "zone blue { wireless: true }\nzone green")
    (tmp_path / "model.panacea").write_text(text)
    assert "violated: 1 of 1 sub-clauses is violated (declared)" in run(capsys, str(tmp_path), "--all")[1]


def test_the_threshold_counts_for_sub_clauses_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model.panacea").write_text(PARTS)
    assert run(capsys, str(tmp_path), "-q", "--fail-on", "critical")[0] == exits.OK
    assert run(capsys, str(tmp_path), "-q", "--fail-on", "high")[0] == exits.FOUND
    attested = 'attest whole by ciso until 2027-01-31 because "No" { result: violated }\n'
    (tmp_path / "model.panacea").write_text(PARTS.replace("wireless: true", "wireless: false") + attested)
    assert run(capsys, str(tmp_path), "-q", "--fail-on", "critical")[0] == exits.FOUND


@pytest.mark.parametrize(
    "words", [[], ["--all"], ["--clause", "b"], ["--soa", "house"], ["--crosswalk"], ["-q"]]
)
def test_no_text_of_a_model_or_pack_reaches_the_terminal_as_a_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    evil = "\\u{1b}[2J"
    text = MODEL.replace('"By-laws"', f'"By-laws{evil}"').replace('"1.0.0"', f'"1.0.0{evil}"')
    text = text.replace('clause: "2"', f'clause: "2{evil}"').replace("Walked", f"{evil}Walked")
    text += f'mapping fences "F{evil}" {{ clauses: [a, b] }}\n'
    (tmp_path / "model.panacea").write_text(text)
    told = run(capsys, str(tmp_path), *words)[1]
    assert "\x1b" not in told
    assert "\\x1b[2J" in told or words == ["-q"]


def test_a_comparison_with_what_is_foreseen_says_so(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = run(capsys, model, "--diff", "2026-11-23", "foreseen")[1]
    assert told.startswith("From the law of 2026-11-23 to what is foreseen\n")


TWO_LAWS = """\
organisation us { partner: false  country: IE  addressees: [hospital] }
zone red { wireless: true }
rule radio "Radio" {
  severity: high  satisfies: [old_law.a]  for zone z where z.wireless report z "is on air"
}
rule cable "Cable" {
  severity: high  satisfies: [new_law.b]  for zone z where z.wireless report z "has no cable"
}
"""


@pytest.fixture
def two_laws(tmp_path: Path) -> str:
    """A model under a law that ends with 2026 and one that begins with 2027."""
    for name, clause, says in (
        ("old_law", "a", "effective: 2020-01-01  ends: 2026-12-31"),
        ("new_law", "b", "effective: 2027-01-01"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pack.panacea").write_text(
            f'pack {name} "Law" {{ status: adopted_not_applicable  {says} }}\n'
            f'requirement {clause} "Clause" of {name} {{ clause: "1"  decided_by: rules }}\n'
        )
    (tmp_path / "model.panacea").write_text("use old_law\nuse new_law\n" + TWO_LAWS)
    return str(tmp_path)


def test_a_change_of_law_tells_of_the_packs_that_were_asked_for(
    two_laws: str, capsys: pytest.CaptureFixture[str]
) -> None:
    days = ["--diff", "2026-11-23", "2027-01-01"]
    _, told = run(capsys, two_laws, *days)
    assert "1 violation counts only then\n" in told
    assert "1 violation no longer counts\n" in told
    assert "violated → not applicable: held until 2026-12-31" in told
    _, told = run(capsys, two_laws, "--pack", "new_law", *days)
    assert "is on air" not in told
    assert "has no cable" in told
    _, told = run(capsys, two_laws, "--pack", "old_law", *days, "--format", "json")
    found = json.loads(told)
    assert (len(found["clauses"]), len(found["new_violations"]), len(found["old_violations"])) == (1, 0, 1)


def test_a_clause_shows_the_verdicts_of_those_that_ask_for_the_same(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = Path(model) / "model.panacea"
    file.write_text(
        file.read_text()
        .replace('clause: "2"', 'clause: "2"  maps_to: [c]')
        .replace('clause: "3"', 'clause: "3"  tags: ["a", "hardware"]')
    )
    heading = "clauses in use that ask for the same, or support it\n"
    _, told = run(capsys, model, "--clause", "c")
    assert told.partition(heading)[2] == (
        "  ✗ a  No radio\n    violated: 1 of 2 checks found a violation\n"
        "  ✎ b  Fences\n    attested: attested by ciso until 2027-01-31: Walked around it\n"
    )
    _, told = run(capsys, model, "--clause", "b")
    assert told.partition(heading)[2] == "  – c  Cables\n    not applicable: proposed, not law yet\n"
    assert heading not in run(capsys, model, "--clause", "a")[1]
    _, told = run(capsys, model, "--clause", "c", "--format", "json")
    assert [(each["id"], each["verdict"]) for each in json.loads(told)["related"]] == [
        ("a", "violated"),
        ("b", "attested"),
    ]


def test_a_pack_without_clauses_is_a_wrong_call(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--pack", "common"], ["--soa", "common"], ["--certify", "common"]):
        assert run(capsys, model, *words) == (exits.WRONG, "")
    assert main(["comply", model, "--pack", "common"]) == exits.WRONG
    assert "the pack `common` has no clauses" in capsys.readouterr().err


def test_a_comparison_names_its_days(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    day = date_of("today")
    _, told = run(capsys, model, "--diff", "today", "today")
    assert told.startswith(f"From the law of {day} to the law of {day}\n")
    _, told = run(capsys, model, "--diff", "today", "foreseen", "--format", "json")
    found = json.loads(told)
    assert (found["before"], found["after"]) == (str(day), "foreseen")


def test_the_status_of_a_law_is_that_of_the_day(two_laws: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, told = run(capsys, two_laws, "--pack", "new_law")
    assert "adopted not applicable · from 2027-01-01\n" in told
    assert "1 clause: 1 not applicable  (nothing of it applies)\n" in told
    assert "not counted: 1 violation of law" in told
    _, told = run(capsys, two_laws, "--pack", "new_law", "--law", "2027-01-01")
    assert "in force · since 2027-01-01\n" in told
    assert "not counted" not in told
    _, told = run(capsys, two_laws, "--pack", "gdpr", "--law", "2010-01-01")
    assert "not in force yet · EU · from 2018-05-25\n" in told


def test_long_numbers_are_told_apart(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = Path(model) / "model.panacea"
    text = file.read_text().replace('clause: "1"', 'clause: "164.308(a)(1)(ii)(A)"')
    text = text.replace('clause: "2"', 'clause: "164.308(a)(1)(ii)(B)"')
    file.write_text(text + 'mapping air "Nothing on air" { clauses: [a, b]  relation: overlaps }\n')
    for words in (["--soa", "house"], ["--crosswalk", "--pack", "house"]):
        _, told = run(capsys, model, *words)
        assert "164.308(a)(1)(ii)(A) " in told
        assert "164.308(a)(1)(ii)(B) " in told


def test_what_is_waived_and_what_is_unknown_is_told_beside_violations(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    more = "zone blue { wireless: true }\nzone grey { }\nwaive radio on blue until 2027-01-31 "
    (Path(model) / "more.panacea").write_text(more + 'because "It leaves" by ciso\n')
    told = "1 of 4 checks found a violation, 1 is waived"
    for words in ([], ["--all"], ["-q"], ["--clause", "a"]):
        assert told in run(capsys, model, *words)[1]
    _, table = run(capsys, model, "--format", "csv")
    assert "waived until 2027-01-31 by ciso: It leaves" in table
    _, told = run(capsys, model, "--clause", "a")
    assert "1 question of 1 check that lacks a fact\n  ? " in told
    assert "grey" in told


def test_a_run_follows_the_one_before_and_says_the_same(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, text = tmp_path / "model.panacea", MODEL
    monkeypatch.setenv("PANACEA_CACHE_DIR", str(tmp_path / "cache"))
    run(capsys, model, "--all")
    assert len(list((tmp_path / "cache" / "runs").iterdir())) == 1
    for said in ("false", "true"):
        text = text.replace("green { wireless: false", f"green {{ wireless: {said}")
        file.write_text(text)
        followed = run(capsys, model, "--all")
        monkeypatch.setenv("PANACEA_CACHE_DIR", str(tmp_path / f"none{said}"))
        assert run(capsys, model, "--all") == followed
        monkeypatch.setenv("PANACEA_CACHE_DIR", str(tmp_path / "cache"))
