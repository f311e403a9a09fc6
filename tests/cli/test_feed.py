"""``panacea feed`` from the outside."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from defusedxml import ElementTree

from panacea_policy.cli.main import main
from panacea_policy.compiler import Workspace
from panacea_policy.formats.assessment import SCHEMAS
from panacea_policy.service.fetch import FetchError
from panacea_policy.service.lock import watching
from panacea_policy.service.sources import Arrived, WebSource
from tests.formats.feeds.samples import ALL
from tests.service.ward import lay_out
from tests.shared_data import external

DAY = ["--as-of", "2026-11-28"]
FEW = ["--trials", "500", "--seed", "3"]


def advisory(folder: Path, name: str, product: str, cve: str, range_: str = "<5.0") -> Path:
    """A CSAF advisory of one product."""
    tracking = {
        "id": name, "status": "final", "version": "1", "initial_release_date": "2026-11-01T00:00:00Z",
        "current_release_date": "2026-11-01T00:00:00Z",
        "revision_history": [{"date": "2026-11-01T00:00:00Z", "number": "1", "summary": "x"}],
    }  # fmt: skip
    version = {
        "category": "product_version_range",
        "name": range_,
        "product": {"product_id": "P", "name": product},
    }
    tree = [{"category": "vendor", "name": "Careweave", "branches": [
        {"category": "product_name", "name": product, "branches": [version]}]}]  # fmt: skip
    score = {"version": "3.1", "baseScore": 9.8, "baseSeverity": "CRITICAL",
             "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}  # fmt: skip
    document = {
        "document": {
            "category": "csaf_security_advisory", "csaf_version": "2.0", "title": name,
            "publisher": {"category": "vendor", "name": "C", "namespace": "https://c.example"},
            "tracking": tracking,
        },
        "product_tree": {"branches": tree},
        "vulnerabilities": [
            {
                "cve": cve,
                "product_status": {"known_affected": ["P"]},
                "scores": [{"products": ["P"], "cvss_v3": score}],
            }
        ],
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    lay_out(tmp_path / "ward")
    advisory(tmp_path / "in", "CW-26-1", "Patient Portal", "CVE-2026-22222")
    advisory(tmp_path / "in", "CW-26-2", "Heart Monitor Nobody Has", "CVE-2026-22223")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["feed", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def document(text: str, name: str) -> dict[str, object]:
    loaded: dict[str, object] = json.loads(text)
    jsonschema.validate(loaded, SCHEMAS[name].model_json_schema(mode="serialization"))
    return loaded


def test_read_shows_matches_declarations_and_what_changes(
    ward: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "read", str(ward / "in"), "--model", str(ward / "ward"), *DAY, *FEW)
    assert code == 0
    assert "CW-26-1 (CSAF)  emergency_care" in out
    assert "new path: internet → portal (exploit_service)" in out
    assert "CW-26-2 (CSAF)  nothing changes: no product of ours" in out
    assert "portal  exact  1.00" in out
    assert "vulnerability cve_2026_22222" in out
    assert not (ward / "ward" / ".panacea").exists()


def test_documents_that_change_nothing_for_the_same_reason_are_counted(
    ward: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = (ward / "in" / "CW-26-2.json").read_text()
    for name in ("CW-26-3", "CW-26-4"):
        (ward / "in" / f"{name}.json").write_text(other.replace("CW-26-2", name))
    code, out, _ = run(capsys, "read", str(ward / "in"), "--model", str(ward / "ward"), "--no-risk", *DAY)
    assert code == 0
    (line,) = [line for line in out.splitlines() if "nothing changes" in line]
    assert line.endswith("  3 documents (--format json names them)  nothing changes: no product of ours")
    assert "CW-26-1 (CSAF)" in out
    assert "CW-26-3" not in out


def test_read_as_json(ward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = ward / "read.json"
    code, _, _ = run(
        capsys, "read", str(ward / "in" / "CW-26-1.json"), "--model", str(ward / "ward"), "--no-risk",
        "--format", "json", "-o", str(target), *DAY,
    )  # fmt: skip
    assert code == 0
    said = document(target.read_text(), "feed-read")
    assert [each["item"] for each in said["matches"]] == ["portal"]  # type: ignore[index, union-attr]


def test_a_damaged_file_makes_the_code_one(ward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = ward / "in" / "bad.json"
    bad.write_text('{"document": {')
    code, out, _ = run(capsys, "read", str(ward / "in"), "--model", str(ward / "ward"), "--no-risk", *DAY)
    assert code == 1
    assert "set aside" in out
    assert "cve_2026_22222" in out  # the rest went on


def test_watch_status_questions_timeline_and_facts(ward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = ["--model", str(ward / "ward")]
    watch = ["watch", str(ward / "in"), *model, "--once", *DAY, *FEW]
    code, out, err = run(capsys, *watch)
    assert (code, len(out.splitlines()), err) == (0, 2, "")
    assert run(capsys, *watch) == (0, "", "nothing new\n")
    code, out, _ = run(capsys, "status", *model)
    assert (code, "2 files taken in" in out, "2 csaf" in out) == (0, True, True)
    document(run(capsys, "status", *model, "--format", "json")[1], "feed-status")
    assert run(capsys, "questions", *model) == (0, "no questions\n", "")
    document(run(capsys, "questions", *model, "--format", "json")[1], "feed-questions")
    document(run(capsys, "timeline", *model, "--format", "json")[1], "feed-timeline")
    rows = list(csv.DictReader(io.StringIO(run(capsys, "timeline", *model, "--format", "csv")[1])))
    assert [row["process"] for row in rows] == ["emergency_care", "ward_care"]
    assert float(rows[0]["after"]) > float(rows[0]["before"])
    facts = run(capsys, "facts", *model)[1]
    (ward / "ward" / "feeds.panacea").write_text(facts, encoding="utf-8")
    workspace = Workspace.open(ward / "ward")
    assert workspace.ok, workspace.diagnostics()
    assert workspace.with_scenario("from_feeds").model.get("cve_2026_22222") is not None


def test_watch_as_json_lines(ward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = ward / "elsewhere" / "s.sqlite"
    code, out, _ = run(
        capsys, "watch", str(ward / "in"), "--model", str(ward / "ward"), "--once", "--no-risk",
        "--format", "json", "--store", str(store), *DAY,
    )  # fmt: skip
    assert code == 0
    assert [json.loads(line)["what"] for line in out.splitlines()] == ["CW-26-1 (CSAF)", "CW-26-2 (CSAF)"]
    assert store.exists()


def test_a_look_at_what_cannot_be_had_is_not_called_nothing_new(
    ward: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> Iterator[Arrived]:
        raise FetchError("http://there.example/x.json: Connection refused")
        yield

    monkeypatch.setattr(WebSource, "poll", refused)
    place = ["watch", "http://there.example/x.json", "--model", str(ward / "ward")]
    code, _, err = run(capsys, *place, "--once", "--no-risk", *DAY)
    assert code == 1
    assert "Connection refused" in err
    assert "nothing new" not in err


def test_a_second_watch_says_so(ward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with watching(ward / "ward" / ".panacea", ward / "ward"):
        code, _, err = run(capsys, "watch", str(ward / "in"), "--model", str(ward / "ward"), "--once")
    assert code == 2
    assert "is watching" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["status"], "there is no store"),
        (["read", "missing.json"], "there is no file or folder"),
        (["watch", "ward/ward.panacea"], "is no folder"),
        (["watch", "ftp://x/y", "--once"], "is not fetched"),
        (["read", "in", "--model", "nowhere"], "there is no file or folder `nowhere`"),
    ],
)
def test_wrong_calls(
    ward: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(ward)
    given = arguments if "--model" in arguments else [*arguments, "--model", "ward"]
    code, _, err = run(capsys, *given)
    assert code == 2
    assert said in err


def test_a_model_with_errors_is_shown(ward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (ward / "ward" / "more.panacea").write_text("zone {")
    code, _, err = run(capsys, "read", str(ward / "in"), "--model", str(ward / "ward"))
    assert code == 2
    assert "error[P" in err


HOUSE = """use std.healthcare
use packs.attack
organisation us "Us" { country: IE  partner: false }
organisation mater "Mater" { partner: true }
supplier acme "Acme" { }
zone wards "Wards" { type: medical_device }
zone internet "Internet" { type: internet }
conduit internet -> wards { allow: [https, dicom] }
device pump : infusion_pump in wards { manufacturer: acme  model: "Pump One"  version: "2.4" }
system pacs "Archive" : server in wards {
  mac: "00:0C:29:AA:BB:CC"  addresses: [10.1.2.5]
  endpoint d { protocol: dicom }
}
system ehr "Record" in wards { }
role nurse "Nurse" { headcount: 3 }
account nurse_12 of nurse on ehr { username: "nurse_12" }
credential nurse_pw of nurse_12 for ehr { authenticator: password }
process care "Care" { needs: pacs and pump }
threat_actor gang { attempts: 3 per year  internal: false  starts_at: [internet]  effects: [disruption] }
"""


def test_a_file_of_every_format_becomes_facts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    house = tmp_path / "house"
    house.mkdir()
    (house / "house.panacea").write_text(HOUSE, encoding="utf-8")
    for name, text in ALL.items():
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_text(text, encoding="utf-8")
    target = tmp_path / "out.json"
    run(
        capsys, "read", str(tmp_path / "in"), "--model", str(house), "--as-of", "2025-12-01", "--no-risk",
        "--format", "json", "-o", str(target),
    )  # fmt: skip
    said = document(target.read_text(), "feed-read")
    assert len(said["moments"]) == len(ALL)  # type: ignore[arg-type]
    heads = {" ".join(each.split()[:2]) for each in said["declarations"]}  # type: ignore[attr-defined]
    assert heads == {
        "software bill_pump_one_2_4",  # CycloneDX
        "software bill_pump_one_2_4_vxworks",
        "software bill_pump_one_2_4_zlib_1_2_11",
        "set pump.software:",
        "vulnerability cve_2026_1000",  # CSAF, NVD, CVE, EPSS
        "vulnerability cve_2021_41773",  # Nessus, OpenVAS, nmap
        "endpoint pacs_seen_tcp_443",
        "software pacs_runs_http_server",
        "software pacs_runs_linux_kernel",
        "set pacs.endpoints:",
        "set pacs.software:",
        "set pacs.scanned_on:",
        "incident incident_i_1",  # events
        "set nurse_pw.leaked:",
    }
    text = "\n".join(said["declarations"])  # type: ignore[arg-type]
    assert "protocol: https" in text
    assert "epss: 97 %" in text


@pytest.mark.slow
def test_all_medical_advisories_and_the_catalogue_on_the_reference_hospital(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = Path(__file__).parents[2] / "models" / "riverside"
    code, out, _ = run(
        capsys, "read", str(external("csaf")), str(external("kev")), "--model", str(model), *FEW, *DAY
    )  # fmt: skip
    assert code in (0, 1)
    first, *_ = lines = out.splitlines()
    assert "  nothing changes: no product of ours" in first
    told = [line for line in lines if "(CSAF)" in line]
    folded = [
        re.search(r"  (\d+) documents \(--format json names them\)  nothing changes", each) for each in lines
    ]
    assert len(told) + sum(int(found[1]) for found in folded if found) == 72
    assert "(KEV)" in out


def test_the_timeline_is_drawn_and_stands_in_the_report(
    ward: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, model = ward / "feed.sqlite", str(ward / "ward")
    run(capsys, "watch", str(ward / "in"), "--model", model, "--store", str(store), "--once", *DAY, *FEW)
    drawing = ["timeline", "--model", model, "--store", str(store), "--format", "svg"]
    code, out, _ = run(capsys, *drawing)
    assert code == 0
    texts = [
        "".join(t.itertext()) for t in ElementTree.fromstring(out).iter("{http://www.w3.org/2000/svg}text")
    ]
    assert any("CW-26-1" in text for text in texts)
    code, _, err = run(capsys, *drawing, "--process", "nowhere")
    assert (code, "no care process `nowhere`" in err) == (2, True)
    report = ward / "report"
    arguments = [
        "assess",
        model,
        "--feed",
        str(store),
        "--no-scenarios",
        "--trials",
        "200",
        "-o",
        str(report),
    ]
    main([*arguments, "--fail-on", "never", *DAY])
    assert "Risk under the feed" in (report / "report.html").read_text(encoding="utf-8")
    assert (report / "pictures" / "timeline-1.svg").exists()
