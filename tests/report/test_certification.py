"""Certification files: held against the schemas and validators of those whose formats they are in."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import jsonschema
import openpyxl
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from defusedxml import ElementTree

from panacea_policy.cli import exits
from panacea_policy.cli.comply import judged
from panacea_policy.cli.main import main
from panacea_policy.compiler import Workspace
from panacea_policy.formats.comply_run import ComplyRun
from panacea_policy.formats.oscal import dangling, documents
from panacea_policy.report.certification import certification
from panacea_policy.report.certification.pdf import to_pdf
from tests.shared_data import external

ROOT = Path(__file__).parents[2]
DAY = date(2026, 11, 23)

#: Every verdict, awkward texts, a waiver, an attestation, a clause within a clause.
MODEL = """\
organisation us "Märchen & <Söhne>" { partner: false  country: IE  addressees: [hospital] }
role ciso { }
pack house "House law" { version: "1.0.0"  source: "By-laws"  status: in_force  unchecked: ["Clause 3"] }
requirement a "No radio" of house { clause: "1"  decided_by: rules }
requirement a1 "No radio at night" of house { clause: "1(a)"  decided_by: rules  parent: a }
requirement b "Fences" of house { clause: "2"  decided_by: attestation }
requirement c "Cables" of house { clause: "3"  decided_by: rules  status: proposed }
requirement d "Names" of house { clause: "4"  decided_by: rules }
requirement e "Trust" of house { clause: "5"  decided_by: rules }
requirement f "Walls" of house { clause: "6"  decided_by: attestation }
zone red "Red #[strong] zone" { wireless: true  assurance: measured }
zone green { wireless: false  trust: 3 }
zone grey { wireless: true  trust: 3 }
rule radio "Radio" { severity: high  satisfies: [a]  for zone z where z.wireless report z "is on air"
  remedy "Set `wireless: false`." }
rule night "Night" { severity: low  satisfies: [a1]  for zone z
  applies when z = grey where z.wireless report z "at night" }
rule cable "Cable" { severity: high  satisfies: [c]  for zone z where z.wireless report z "has no cable" }
rule trusts "Trust" { severity: low  satisfies: [d]  for zone z where z.trust < 2 report z "is not trusted" }
rule green_trust "Trust" { severity: low  satisfies: [e]  for zone z
  applies when z = green where z.trust < 2 report z "x" }
attest b by ciso until 2027-01-31 because "Walked around it"
waive night on grey until 2027-02-28 because "Ordered" by ciso
applicability one of b { applies: true  reason: "=cmd()"  state: implemented }
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ComplyRun:
    folder = tmp_path_factory.mktemp("model")
    (folder / "model.panacea").write_text(MODEL)
    workspace = Workspace.open(folder, as_of=DAY, cache=None)
    assert [d.message for d in workspace.diagnostics() if d.severity.value == "error"] == []
    return judged(workspace, None, False, ())


@pytest.fixture(scope="module")
def riverside() -> ComplyRun:
    return judged(Workspace.open(ROOT / "models" / "riverside", as_of=DAY), None, False, ())


@pytest.fixture(scope="module")
def files(run: ComplyRun) -> dict[str, str | bytes]:
    (pack,) = run.packs
    return certification(run, pack)


def test_the_model_has_every_verdict(run: ComplyRun) -> None:
    assert {clause.id: str(clause.verdict) for clause in run.clauses} == {
        "a": "violated",
        "a1": "waived",
        "b": "attested",
        "c": "not_applicable",
        "d": "unknown",
        "e": "met",
        "f": "unknown",
    }


SCHEMAS = {
    "catalog.json": "catalog",
    "profile.json": "profile",
    "component-definition.json": "component-definition",
    "ssp.json": "ssp",
    "assessment-plan.json": "assessment-plan",
    "assessment-results.json": "assessment-results",
    "poam.json": "poam",
}


def schema(name: str) -> jsonschema.Draft7Validator:
    """The schema of the standard. Python's regular expressions know no classes of Unicode characters."""
    text = (
        external(f"oscal/oscal_{name}_schema.json")
        .read_text()
        .replace(r"\\p{L}", "[A-Za-z]")
        .replace(r"\\p{N}", "[0-9]")
    )
    return jsonschema.Draft7Validator(json.loads(text))


@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.parametrize("which", ["run", "riverside"])
def test_oscal_fits_the_schemas(name: str, which: str, request: pytest.FixtureRequest) -> None:
    found: ComplyRun = request.getfixturevalue(which)
    validator = schema(SCHEMAS[name])
    for pack in found.packs:
        errors = [
            f"{list(e.absolute_path)}: {e.message}"
            for e in validator.iter_errors(documents(found, pack)[name])
        ]
        assert errors[:3] == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_oscal_fits_the_schemas_whatever_things_are_called(name: str, tmp_path: Path) -> None:
    odd = "\\u{1b} \\n"
    text = MODEL.replace('"Märchen & <Söhne>"', f'"{odd}Us{odd}"').replace('"No radio"', f'"{odd}"')
    text = text.replace('"House law"', f'" law{odd}"').replace('clause: "2"', 'clause: " "')
    text = text.replace('"Fences"', '" "').replace('"Walked around it"', f'" {odd}"')
    text = text.replace('"Red #[strong] zone"', '" "').replace("role ciso", f'role ciso "{odd}"')
    text += f'data_class odd "{odd}" {{ }}\n'
    (tmp_path / "model.panacea").write_text(text)
    found = judged(Workspace.open(tmp_path, as_of=DAY, cache=None), None, False, ())
    (pack,) = found.packs
    wrong = [e.message for e in schema(SCHEMAS[name]).iter_errors(documents(found, pack)[name])]
    assert wrong[:3] == []


def test_no_reference_of_oscal_leads_to_nothing(run: ComplyRun, riverside: ComplyRun) -> None:
    for found in (run, riverside):
        for pack in found.packs:
            assert dangling(documents(found, pack)) == ()


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        (
            "assessment-results.json",
            r'"observation-uuid": "[^"]*"',
            '"observation-uuid": "x"',
            "leads to nothing",
        ),
        ("assessment-results.json", r'"target-id": "[^"]*"', '"target-id": "zz"', "no control zz"),
        ("assessment-results.json", r'"href": "assessment-plan.json"', '"href": "gone.json"', "is not there"),
        ("ssp.json", r'"component-uuid": "[^"]*"', '"component-uuid": "x"', "leads to nothing"),
        ("ssp.json", r'"role-ids": \["[^"]*"\]', '"role-ids": ["king"]', "no role king"),
        ("poam.json", r'"risk-uuid": "[^"]*"', '"risk-uuid": "x"', "leads to nothing"),
        ("catalog.json", r'"href": "#a"', '"href": "#zz"', "leads to nothing"),
        ("assessment-plan.json", r'"party-uuids": \["[^"]*"\]', '"party-uuids": ["x"]', "no party x"),
    ],
)
def test_a_reference_that_leads_to_nothing_is_found(
    run: ComplyRun, file: str, old: str, new: str, problem: str
) -> None:
    (pack,) = run.packs
    made = documents(run, pack)
    text, count = re.subn(old, new, json.dumps(made[file]), count=1)
    assert count == 1
    assert any(problem in each for each in dangling({**made, file: json.loads(text)}))


def test_verdicts_become_states_of_oscal(run: ComplyRun) -> None:
    (pack,) = run.packs
    (result,) = documents(run, pack)["assessment-results.json"]["assessment-results"]["results"]
    states = {f["target"]["target-id"]: f["target"]["status"] for f in result["findings"]}
    assert states == {
        "a": {"state": "not-satisfied", "reason": "fail"},
        "a1": {"state": "not-satisfied", "reason": "fail"},
        "b": {"state": "satisfied", "reason": "pass"},
        "d": {"state": "not-satisfied", "reason": "other"},
        "e": {"state": "satisfied", "reason": "pass"},
        "f": {"state": "not-satisfied", "reason": "other"},
    }
    waived = [risk for risk in result["risks"] if risk["status"] == "deviation-approved"]
    assert [risk["deadline"] for risk in waived] == ["2027-02-28T00:00:00+00:00"]
    assert [p["value"] for p in result["props"] if p["name"] == "not-applicable"] == ["c"]


def test_observations_carry_what_violations_rest_on(run: ComplyRun) -> None:
    (pack,) = run.packs
    made = documents(run, pack)
    (result,) = made["assessment-results.json"]["assessment-results"]["results"]
    plan = made["poam.json"]["plan-of-action-and-milestones"]
    for told in (result["observations"], plan["observations"]):
        found = {
            (each["title"], each["subjects"][0]["title"]): each["relevant-evidence"]
            for each in told
            if "relevant-evidence" in each
        }
        assert found.keys() == {("radio", "red"), ("radio", "grey"), ("night", "grey"), ("trusts", "red")}
        declared, fact = found["radio", "red"]
        assert declared["description"].startswith("Declared at ")
        values = {each["name"]: each["value"] for each in fact["props"]}
        assert fact["description"] == f"red.wireless = true, at {values['place']}"
        line, column = map(int, values["place"].rsplit(":", 2)[1:])
        assert MODEL.splitlines()[line - 1][column - 1 :].startswith("wireless: true")
        assert values["part"] == "fact"
        assert len(found["night", "grey"]) == 2  # what is waived rests on facts, too
        assert len(found["trusts", "red"]) == 1  # what is unknown has questions


def test_the_page_and_the_data_name_the_facts(files: dict[str, str | bytes]) -> None:
    told = json.loads(files["certification.json"])
    findings = next(each for each in told["clauses"] if each["id"] == "a")["findings"]
    texts = {each["message"]: [fact["text"] for fact in each["facts"]] for each in findings}
    assert texts["red: is on air"] == ["red.wireless = true"]
    page = files["certification.html"]
    assert isinstance(page, str)
    assert "red.wireless = true" in page


#: A clause that is violated, has checks that nobody can decide yet, and a violation that somebody accepted.
MIXED = """\
organisation us { partner: false  country: IE  addressees: [hospital] }
role ciso { }
pack house "House law" { version: "1.0.0"  source: "By-laws"  status: in_force }
requirement a "No radio" of house { clause: "1"  decided_by: rules }
requirement b "Fences" of house { clause: "2"  decided_by: attestation }
zone amber { wireless: true  trust: 1 }
zone blue { trust: 1 }
zone red { wireless: true  trust: 1 }
person ann { account ann_daily on desk { } }
system desk { data_store files { } }
rule a_note "Note" { severity: low  satisfies: [a]  for zone z
  where z.trust < 2 report z "is little trusted" }
rule radio "Radio" { severity: high  satisfies: [a]  for zone z where z.wireless report z "is on air" }
waive radio on amber until 2027-02-28 because "Ordered" by ciso
"""


def told_of(text: str, folder: Path) -> dict[str, str | bytes]:
    """The certification file of a model of pack house, by name of file."""
    (folder / "model.panacea").write_text(text)
    workspace = Workspace.open(folder, as_of=DAY, cache=None)
    assert [d.message for d in workspace.diagnostics() if d.severity.value == "error"] == []
    found = judged(workspace, None, False, ())
    return certification(found, found.packs[0])


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | bytes]:
    return told_of(MIXED, tmp_path_factory.mktemp("mixed"))


def test_a_violated_clause_still_tells_what_nobody_stated(mixed: dict[str, str | bytes]) -> None:
    told = json.loads(mixed["certification.json"])
    clause = next(each for each in told["clauses"] if each["id"] == "a")
    assert clause["verdict"] == "violated"
    assert clause["undecided"] == 1
    (asked,) = clause["questions"]
    assert "of blue" in asked
    assert told["questions"] == [{"question": asked, "clauses": "1"}]
    (judged_clause, _) = json.loads(mixed["verdicts.json"])["packs"][0]["clauses"]
    assert judged_clause["questions"] == [asked]
    assert "of blue" in str(mixed["oscal/assessment-results.json"])
    page = str(mixed["certification.html"])
    assert "; 1 cannot be decided yet" in page
    assert page.count("of blue") == 2  # at its clause, and among the questions


def test_the_gravest_violations_come_first_and_accepted_ones_last(mixed: dict[str, str | bytes]) -> None:
    told = json.loads(mixed["certification.json"])
    clause = next(each for each in told["clauses"] if each["id"] == "a")
    found = [(each["severity"], each["verdict"], each["message"]) for each in clause["findings"]]
    assert found[0] == ("high", "violated", "red: is on air")
    assert found[-1] == ("high", "waived", "amber: is on air")
    assert {severity for severity, _, _ in found[1:-1]} == {"low"}


def test_a_waiver_names_what_it_accepts(mixed: dict[str, str | bytes]) -> None:
    (waiver,) = json.loads(mixed["certification.json"])["waivers"]
    assert waiver["accepts"] == ["amber: is on air"]
    rows = str(mixed["certification.html"]).split("Accepted violations</span>")[1].split("</table>")[0]
    assert "amber: is on air" in rows
    assert "Ordered" in rows


def test_each_clause_says_why_it_is_judged_so(mixed: dict[str, str | bytes]) -> None:
    clauses = json.loads(mixed["certification.json"])["clauses"]
    rows = str(mixed["certification.html"]).split("Verdict on each clause</span>")[1].split("</table>")[0]
    assert [each["reason"] for each in clauses if each["reason"] in rows] == [c["reason"] for c in clauses]
    assert "somebody has to attest it" in rows


def test_the_scope_counts_what_is_declared_inside_other_things(mixed: dict[str, str | bytes]) -> None:
    told = json.loads(mixed["certification.json"])
    counts = {each["kind"]: each["count"] for each in told["scope"]}
    assert (counts["account"], counts["data store"], counts["zone"]) == (1, 1, 3)
    assert told["judgedAs"] == "hospital in IE"


def test_the_chapters_of_the_page_are_listed_and_found(mixed: dict[str, str | bytes]) -> None:
    page = str(mixed["certification.html"])
    linked = re.findall(r'<a href="#([a-z]+)">', page)
    assert linked == re.findall(r'<section id="([a-z]+)"', page)
    assert "questions" in linked


def test_what_nobody_would_read_is_counted_and_not_printed(tmp_path: Path) -> None:
    many = "\n".join(
        f"zone z{n} {{ trust: 1 }}\nzone w{n} {{ wireless: true  trust: 1 }}" for n in range(230)
    )
    on = ", ".join(f"w{n}" for n in range(230))
    waiver = f'waive radio on {on} until 2027-02-28 because "All" by ciso\n'
    made = told_of(f"{MIXED}{many}\n{waiver}", tmp_path)
    told = json.loads(made["certification.json"])
    assert (len(told["questions"]), told["moreQuestions"]) == (200, 31)
    (most,) = (each for each in told["waivers"] if each["because"] == "All")
    assert (len(most["accepts"]), most["more"]) == (200, 30)
    pdf, page = made["certification.pdf"], str(made["certification.html"])
    assert isinstance(pdf, bytes)
    for text in (pdf_text(pdf), page):
        assert "and 31 more; the files for machines hold all" in text
        assert "and 30 more; the files for machines hold all" in text
    (clause, _) = json.loads(made["verdicts.json"])["packs"][0]["clauses"]
    assert len(clause["questions"]) == 231


def test_letters_that_no_font_has_are_written_as_numbers(mixed: dict[str, str | bytes]) -> None:
    told = json.loads(mixed["certification.json"])
    odd = {**told, "organisation": "Clinic \U000f1234 e\u20dd \x1b Åse", "title": '"a` \\'}
    numbered = {**told, "organisation": "Clinic [U+F1234] e[U+20DD] [U+001B] Åse", "title": '"a` \\'}
    letters, plain = pdf_text(to_pdf(odd)), pdf_text(to_pdf(numbered))
    assert "Clinic [U+F1234] e[U+20DD] [U+001B] Åse" in letters
    assert "No font was found for 3 of the characters in this file" in letters
    assert "No font was found" not in plain
    assert to_pdf(odd) == to_pdf(odd)


def test_letters_of_this_machine_are_used_where_those_of_typst_lack(mixed: dict[str, str | bytes]) -> None:
    typst = pytest.importorskip("typst")
    if "DejaVu Sans" not in typst.Fonts(include_embedded_fonts=False).families():
        pytest.skip("this machine has no font DejaVu Sans")
    told = json.loads(mixed["certification.json"])
    text = pdf_text(to_pdf({**told, "organisation": "Clinic \U00010300"}))  # Old Italic
    assert "Clinic \U00010300" in text
    assert "No font was found" not in text


def test_the_pdf_is_for_archives_and_screen_readers(mixed: dict[str, str | bytes]) -> None:
    data = mixed["certification.pdf"]
    assert isinstance(data, bytes)
    assert b"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in data
    assert b"/Marked true" in data
    assert b"/Lang(en)" in data


def pdf_text(data: bytes) -> str:
    """What a reader of the PDF copies out of it, in lines without indents."""
    tool = shutil.which("pdftotext")
    if tool is None:
        pytest.skip("pdftotext is not installed")
    done = subprocess.run([tool, "-enc", "UTF-8", "-", "-"], input=data, check=True, capture_output=True)
    return " ".join(done.stdout.decode().split())


def test_no_violation_is_told_of_a_clause_that_does_not_apply(tmp_path: Path) -> None:
    text = MIXED.replace('"No radio" of house {', '"No radio" of house { effective: 2030-01-01')
    made = told_of(text, tmp_path)
    told = json.loads(made["certification.json"])
    clause = next(each for each in told["clauses"] if each["id"] == "a")
    assert clause["verdict"] == "not applicable"
    assert (clause["findings"], clause["remedies"], clause["questions"], clause["undecided"]) == (
        [],
        [],
        [],
        0,
    )
    assert (told["waivers"], told["questions"]) == ([], [])
    assert "is on air" not in str(made["certification.html"])


def test_the_status_of_the_law_is_that_of_its_day(tmp_path: Path) -> None:
    text = MIXED.replace("status: in_force", "status: in_force  effective: 2030-01-01")
    made = told_of(text, tmp_path)
    assert json.loads(made["certification.json"])["status"] == "not in force yet"
    assert "By-laws (not in force yet)" in str(made["certification.html"])


def test_sarif_of_a_certification_has_a_category_of_its_own(files: dict[str, str | bytes]) -> None:
    for name in ("github.sarif", "audit.sarif"):
        (made,) = json.loads(files[name])["runs"]
        assert made["automationDetails"] == {"id": "panacea/certify/house/"}


def test_the_plan_of_oscal_claims_no_plan_for_what_is_unknown(run: ComplyRun) -> None:
    (pack,) = run.packs
    plan = documents(run, pack)["ssp.json"]["system-security-plan"]
    states = {
        each["control-id"]: each["by-components"][0]["implementation-status"]["state"]
        for each in plan["control-implementation"]["implemented-requirements"]
    }
    assert states == {
        "a": "partial",
        "a1": "alternative",
        "b": "implemented",
        "d": "unknown",
        "e": "implemented",
        "f": "unknown",
    }


def test_parties_of_oscal_are_what_they_are_and_keep_their_role(tmp_path: Path) -> None:
    text = MIXED.replace("role ciso { }", 'role ciso "Security officer" { }\nbody board "Board" of us { }')
    made = told_of(text + 'attest b by board until 2027-01-31 because "Minutes 4"\n', tmp_path)
    heads = {
        name: next(iter(json.loads(made[f"oscal/{name}"]).values()))["metadata"]
        for name in ("assessment-results.json", "assessment-plan.json", "poam.json")
    }
    for head in heads.values():
        told = {each["short-name"]: each for each in head["parties"] if "short-name" in each}
        assert {name: (each["type"], each["name"]) for name, each in told.items()} == {
            "board": ("organization", "Board"),
            "ciso": ("person", "Security officer"),
        }
    (task,) = json.loads(made["oscal/assessment-plan.json"])["assessment-plan"]["tasks"]
    (named,) = task["responsible-roles"]
    held = {
        each["role-id"]: each["party-uuids"] for each in heads["assessment-plan.json"]["responsible-parties"]
    }
    assert named["party-uuids"] == held[named["role-id"]]


def test_uuids_stay_when_only_the_place_and_the_day_change(run: ComplyRun, tmp_path: Path) -> None:
    (tmp_path / "other.panacea").write_text("\n# moved\n" + MODEL)
    again = judged(Workspace.open(tmp_path, as_of=date(2026, 11, 24), cache=None), None, False, ())
    for name in SCHEMAS:
        before, after = (documents(each, each.packs[0])[name] for each in (run, again))
        ids = [sorted(re.findall(r'"uuid": "([^"]*)"', json.dumps(each))) for each in (before, after)]
        if name == "assessment-results.json":  # the result itself is that of a day
            assert len(set(ids[0]) ^ set(ids[1])) == 2
        else:
            assert ids[0] == ids[1]


#: Where trestle looks for documents.
PLACES = {
    "catalog.json": "catalogs/house/catalog.json",
    "profile.json": "profiles/house/profile.json",
    "component-definition.json": "component-definitions/house/component-definition.json",
    "ssp.json": "system-security-plans/house/system-security-plan.json",
    "assessment-plan.json": "assessment-plans/house/assessment-plan.json",
    "assessment-results.json": "assessment-results/house/assessment-results.json",
    "poam.json": "plan-of-action-and-milestones/house/plan-of-action-and-milestones.json",
}


def test_trestle_accepts_the_documents(files: dict[str, str | bytes], tmp_path: Path) -> None:
    trestle = Path(sys.executable).with_name("trestle")
    if not trestle.exists():
        pytest.skip("compliance-trestle is not installed")
    subprocess.run([trestle, "init", "--local"], cwd=tmp_path, check=True, capture_output=True)
    for name, place in PLACES.items():
        path = tmp_path / place
        path.parent.mkdir(parents=True)
        content = files[f"oscal/{name}"]
        assert isinstance(content, str)
        path.write_text(content)
        (tmp_path / name).write_text(content)
    done = subprocess.run([trestle, "validate", "-a"], cwd=tmp_path, capture_output=True, text=True)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert told.count("VALID: Model") == len(PLACES)


def test_cyclonedx_fits_the_schema(run: ComplyRun, files: dict[str, str | bytes]) -> None:
    text = files["cyclonedx.json"]
    assert isinstance(text, str)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    declared = json.loads(text)["declarations"]
    claims = {claim["bom-ref"] for claim in declared["claims"]}
    (attestation,) = declared["attestations"]
    named = {
        n for each in attestation["map"] for n in (*each.get("claims", ()), *each.get("counterClaims", ()))
    }
    assert named == claims == {"claim:b", "claim:e", "counterclaim:a", "counterclaim:a1"}
    scores = {each["requirement"]: each.get("conformance", {}).get("score") for each in attestation["map"]}
    assert scores["requirement:d"] is None


def test_sarif_fits_the_schema(files: dict[str, str | bytes]) -> None:
    path = external("sarif/sarif-schema-2.1.0.json")
    validator = jsonschema.Draft7Validator(json.loads(path.read_text()))
    for name in ("github.sarif", "audit.sarif"):
        found = json.loads(files[name])
        assert list(validator.iter_errors(found)) == []
    rules = {rule["id"] for rule in json.loads(files["github.sarif"])["runs"][0]["tool"]["driver"]["rules"]}
    assert rules == {"radio", "night", "cable", "trusts", "green_trust"}


def test_junit_is_sound(files: dict[str, str | bytes]) -> None:
    text = files["junit.xml"]
    assert isinstance(text, str)
    assert ElementTree.fromstring(text).tag == "testsuites"


def test_the_spreadsheet_holds_texts_and_no_formula(files: dict[str, str | bytes]) -> None:
    data = files["certification.xlsx"]
    assert isinstance(data, bytes)
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["clauses", "statement"]
    rows = list(book["statement"].iter_rows(values_only=True))
    assert rows[0][:4] == ("clause", "title", "applies", "reason")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert any(cell.value == "=cmd()" for cell in cells)


def test_the_pdf_is_whole_and_runs_no_text_of_the_model(files: dict[str, str | bytes]) -> None:
    data = files["certification.pdf"]
    assert isinstance(data, bytes)
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    told = files["certification.html"]
    assert isinstance(told, str)
    assert "Märchen &amp; &lt;Söhne&gt;" in told
    printed = pdf_text(data)
    for text in ("is on air", "Walked around it", "Ordered", "Clause 3", "measured"):
        assert text in told
        assert text in printed
    assert "Märchen & <Söhne>" in printed


#: Where no verdict on a clause is shown, or none of one that is attested.
SILENT = {"oscal/catalog.json", "oscal/profile.json", "oscal/component-definition.json",
          "oscal/assessment-plan.json", "oscal/poam.json", "github.sarif", "junit.xml"}  # fmt: skip


def test_an_attestation_without_an_end_says_so_in_every_output(tmp_path: Path) -> None:
    endless = MODEL.replace("attest b by ciso until 2027-01-31", "attest b by ciso")
    (tmp_path / "model.panacea").write_text(endless)
    found = judged(Workspace.open(tmp_path, as_of=DAY, cache=None), None, False, ())
    made = certification(found, found.packs[0])
    texts = {name: data for name, data in made.items() if isinstance(data, str)}
    assert {name for name, text in texts.items() if "no end date" not in text} == SILENT
    data = made["certification.xlsx"]
    assert isinstance(data, bytes)
    book = openpyxl.load_workbook(io.BytesIO(data))
    for sheet in book:
        names, *rows = sheet.iter_rows(values_only=True)
        ends = {row[names.index("clause")]: row[names.index("attested_until")] for row in rows}
        assert {clause: end for clause, end in ends.items() if end} == {"2": "no end date"}
    (said,) = json.loads(texts["oscal/assessment-results.json"])["assessment-results"]["results"][0][
        "attestations"
    ]
    assert said["parts"][0]["props"][0]["value"] == "no end date"
    clauses = json.loads(texts["verdicts.json"])["packs"][0]["clauses"]
    (attested,) = (clause["attestation"] for clause in clauses if clause["attestation"])
    assert (attested["until"], attested["no_end_date"]) == (None, True)
    out = tmp_path / "report"
    words = ["assess", str(tmp_path), "-o", str(out), "--trials", "64", "--as-of", "2026-11-23"]
    assert main(words) == exits.FOUND
    assert "by ciso with no end date: Walked around it" in (out / "report.html").read_text()


def test_the_same_run_gives_the_same_bytes(run: ComplyRun, files: dict[str, str | bytes]) -> None:
    (pack,) = run.packs
    again = certification(run, pack)
    assert {name for name in files if files[name] != again[name]} == set()


def test_the_command_writes_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "model.panacea").write_text(MODEL)
    out = tmp_path / "file"
    code = main(
        ["comply", str(tmp_path / "m"), "--certify", "house", "-o", str(out), "--as-of", "2026-11-23"]
    )
    assert code == exits.FOUND
    assert "18 files written" in capsys.readouterr().out
    assert (out / "oscal" / "ssp.json").exists()
    again = ["comply", str(tmp_path / "m"), "-o", str(out), "--as-of", "2026-11-23"]
    assert main([*again, "--certify", "house"]) == exits.FOUND
    assert main(again) == exits.WRONG
    assert "is a folder" in capsys.readouterr().err
    assert main(["comply", str(tmp_path / "m"), "--certify", "nis3"]) == exits.WRONG


def test_a_clause_that_is_part_of_another_pack_leads_nowhere(tmp_path: Path) -> None:
    text = MODEL.replace('"Fences" of house {', '"Fences" of house {  parent: nis2.art21_2_c')
    (tmp_path / "model.panacea").write_text(f"use packs.nis2\n{text}")
    found = judged(Workspace.open(tmp_path, as_of=DAY, cache=None), None, False, ("house",))
    (pack,) = found.packs
    made = documents(found, pack)
    assert dangling(made) == ()
    (control,) = (each for each in made["catalog.json"]["catalog"]["controls"] if each["id"] == "b")
    assert "links" not in control
    assert "nis2.art21_2_c" in [each["value"] for each in control["props"]]


def test_a_pack_is_certified_beside_another_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model.panacea").write_text(MODEL)
    words = ["comply", str(tmp_path), "--pack", "nis2", "--certify", "house", "-o", str(tmp_path / "out")]
    assert main([*words, "--as-of", DAY.isoformat()]) == exits.FOUND
    assert "begin with" in capsys.readouterr().out
    names = [p["name"] for p in json.loads((tmp_path / "out/verdicts.json").read_text())["packs"]]
    assert sorted(names) == ["house", "nis2"]


def test_a_certification_is_the_same_from_wherever_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str | bytes]
) -> None:
    (tmp_path / "model.panacea").write_text(MODEL)
    made = []
    for place in (tmp_path, tmp_path.parent):
        monkeypatch.chdir(place)
        found = judged(Workspace.open(tmp_path, as_of=DAY, cache=None), None, False, ())
        made.append(certification(found, found.packs[0]))
    assert [name for name in made[0] if made[0][name] != made[1][name]] == ["github.sarif"]
    assert "model.panacea:11:6" in str(made[1]["certification.html"])
    assert f"{tmp_path.name}/model.panacea" in str(made[1]["github.sarif"])
