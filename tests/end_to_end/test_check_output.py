"""How findings are shown where there are many: rows of inventories by their rows, long texts in brief."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from panacea_policy.cli import exits
from panacea_policy.cli.check_text import LINES
from panacea_policy.cli.main import main

DAY = ["--as-of", "2026-11-23"]
Capture = pytest.CaptureFixture[str]

PUMPS = """\
zone ward { }
device pump from inventory("lists/pumps.csv") {
  id: column("tag")
  zone: ward
  support_end: column("end")
}
device scanner from inventory("lists/scanners.json") { id: column("tag")  support_end: column("end") }
rule supported "A device gets updates" {
  severity: high
  for device d
  where d.support_end < today
  report d "gets none since {d.support_end}"
}
"""
ROWS = "tag,end\nA,2020-01-31\nB,2029-01-31\nC,2021-01-31\nD,2022-01-31\nE,\n"
ITEMS = [{"tag": "X", "end": "2029-01-31"}, {"tag": "Y", "end": "2019-01-31"}]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder above a model of two inventories, entered."""
    lists = tmp_path / "clinic" / "lists"
    lists.mkdir(parents=True)
    (tmp_path / "clinic" / "devices.panacea").write_text(PUMPS)
    (lists / "pumps.csv").write_text(ROWS)
    (lists / "scanners.json").write_text(json.dumps(ITEMS))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "clinic"


def test_findings_on_rows_of_an_inventory_are_one_entry(model: Path, capsys: Capture) -> None:
    assert main(["check", "clinic", *DAY]) == exits.FOUND
    shown = capsys.readouterr().out
    assert (
        """\
HIGH      A device gets updates  supported
  ✗ 3 of pump[…], such as pump["A"]: gets none since 2020-01-31
    clinic/devices.panacea:2:8, clinic/lists/pumps.csv rows 2, 4–5
  ✗ scanner["Y"]: gets none since 2019-01-31
    clinic/devices.panacea:7:8, clinic/lists/scanners.json item 2
"""
        in shown
    )
    assert "UNKNOWN   1 check waits for 1 answer\n" in shown
    assert "clinic/devices.panacea:2:8, clinic/lists/pumps.csv row 6  1 check" in shown


def test_all_lists_each_of_them(model: Path, capsys: Capture) -> None:
    main(["check", "clinic", *DAY, "--all"])
    shown = capsys.readouterr().out
    assert '✗ pump["C"]: gets none since 2021-01-31' in shown
    assert "clinic/lists/pumps.csv row 4\n" in shown


def test_the_same_question_about_many_rows_is_asked_once(model: Path, capsys: Capture) -> None:
    (model / "lists" / "pumps.csv").write_text("tag,end\nA,\nB,\n")
    main(["check", "clinic", *DAY])
    shown = capsys.readouterr().out
    assert "2 checks wait for 2 answers" in shown
    assert "? What is `support_end` of pump[…]?" in shown
    assert "2 answers, 2 checks" in shown


def test_other_tools_get_the_rows_too(model: Path, capsys: Capture) -> None:
    outputs = {}
    for format_ in ("json", "sarif", "junit", "github"):
        main(["check", "clinic", *DAY, "--format", format_])
        outputs[format_] = capsys.readouterr().out
    found = json.loads(outputs["json"])["findings"]
    rows = {each["subjects"][0]: each["rows"] for each in found}
    assert rows['pump["C"]'] == [{"path": "clinic/lists/pumps.csv", "row": 4}]
    assert rows['scanner["Y"]'] == [{"path": "clinic/lists/scanners.json", "row": 2}]
    related = [each["relatedLocations"] for each in json.loads(outputs["sarif"])["runs"][0]["results"]]
    places = [locations[0]["physicalLocation"] for locations in related]
    uris = {(p["artifactLocation"]["uri"], p.get("region", {}).get("startLine")) for p in places}
    assert uris == {("clinic/lists/pumps.csv", n) for n in (2, 4, 5)} | {("clinic/lists/scanners.json", None)}
    assert "clinic/devices.panacea:2:8, clinic/lists/pumps.csv row 4" in outputs["junit"]
    assert "%0Aclinic/lists/pumps.csv row 4" in outputs["github"]


def test_a_proof_names_the_row(model: Path, capsys: Capture) -> None:
    assert main(["explain", 'supported on pump["C"]', "clinic", *DAY]) == exits.OK
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith('violated: pump["C"]: gets none since 2021-01-31 (clinic/lists/pumps.csv row 4)')
    assert first.endswith("clinic/devices.panacea:2")


def test_diagnostics_and_findings_are_named_as_seen_from_the_current_folder(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    lapsed = 'role ciso { }\nwaive supported on scanner until 2020-01-31 because "x" by ciso\n'
    (model / "waivers.panacea").write_text(lapsed)
    main(["check", "clinic", *DAY])
    shown = capsys.readouterr().out
    assert "--> clinic/waivers.panacea:2:" in shown
    assert "    clinic/waivers.panacea:2:7\n" in shown
    (model / "lists" / "inner").mkdir()
    monkeypatch.chdir(model / "lists" / "inner")
    main(["check", str(model), *DAY])
    assert "--> ../../waivers.panacea:2:" in capsys.readouterr().out


def test_files_of_the_installation_keep_their_name(model: Path, capsys: Capture) -> None:
    used = "use std.healthcare\nzone left { }\nsystem s in left { endpoint e { security: tls10 } }\n"
    where = "where e.security.approved = false"
    rule = f'rule old "Old" {{ severity: low  for endpoint e {where} report e "old" }}\n'
    (model / "devices.panacea").write_text(used + rule)
    assert main(["explain", "old", "clinic", *DAY]) == exits.OK
    shown = capsys.readouterr().out
    assert "  models/std/security.panacea:" in shown
    assert "  clinic/devices.panacea:" in shown


def rules(count: int) -> str:
    """That many rules, each violated by two zones."""
    zones = "zone left { wireless: true  trust: 0 }\nzone right { wireless: true  trust: 0 }\n"
    rule = (
        'rule radio_{} "No radio, reason {}" {{\n'
        '  severity: {}  for zone z where z.wireless, z.trust != {} report z "has it"\n}}\n'
    )
    return zones + "".join(rule.format(n, n, "low" if n % 2 else "critical", n + 1) for n in range(count))


def test_a_long_text_is_told_in_brief_worst_first(model: Path, capsys: Capture) -> None:
    (model / "devices.panacea").write_text(rules(70))
    main(["check", "clinic", *DAY])
    shown = capsys.readouterr().out
    assert shown.count("\n") <= LINES
    assert shown.index("CRITICAL  70 violations of 35 rules") < shown.index("LOW       70 violations")
    assert "  ✗ No radio, reason 68: left, right  radio_68\n" in shown
    assert shown.endswith("places, reasons and remedies: --all; one rule: panacea explain RULE\n")
    main(["check", "clinic", *DAY, "--all"])
    assert capsys.readouterr().out.count("✗ left: has it") == 70


def test_a_short_text_tells_everything(model: Path, capsys: Capture) -> None:
    (model / "devices.panacea").write_text(rules(20))
    main(["check", "clinic", *DAY])
    assert "    clinic/devices.panacea:1:6\n" in capsys.readouterr().out
