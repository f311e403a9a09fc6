"""JUnit, GitHub annotations and our own JSON."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import jsonschema
import pytest

from panacea_policy.compliance import assess
from panacea_policy.formats.check_json import to_json
from panacea_policy.formats.check_run import CheckRun
from panacea_policy.formats.documents import DOCUMENTS, CheckDocument
from panacea_policy.formats.github import to_github
from panacea_policy.formats.junit import to_junit


def test_junit_has_a_case_for_each_rule_and_subject(sound: CheckRun) -> None:
    root = ET.fromstring(to_junit(sound))
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("7", "2", "3")
    cases = {(c.get("classname"), c.get("name")): [(r.tag, r.get("message")) for r in c] for c in suite}
    assert cases == {
        ("in_clear", "vital_signs"): [
            ("failure", "vital_signs: carries health data from kitchen to ehr in clear")
        ],
        ("in_clear", "old_feed"): [("skipped", "waived until 2027-01-31 by ciso: Replacement ordered")],
        ("in_clear", "unasked"): [
            ("skipped", "unknown: What is `security` of unasked? (How it is protected)")
        ],
        ("in_clear", "bookings"): [],
        ("owned", "portal"): [("failure", "portal: has no owner")],
        ("owned", "kitchen"): [("skipped", "unknown: What is `owner` of kitchen? (Who answers for it)")],
        ("owned", "ehr"): [],
    }


def test_junit_of_a_broken_model_has_errors(broken: CheckRun) -> None:
    (suite,) = ET.fromstring(to_junit(broken))
    assert (suite.get("name"), suite.get("errors")) == ("language", "2")


def test_junit_leaves_out_what_xml_cannot_hold(sound: CheckRun) -> None:
    path = sound.workspace.root / "clinic.panacea"
    hostile = path.read_text().replace("has no owner", "has <no> & \\u{1}\\u{1b}[31m \\u{fffe}owner")
    sound.workspace.update(path, hostile)
    run = CheckRun(sound.workspace, sound.base, (), assess(sound.workspace))
    messages = [failure.get("message") for failure in ET.fromstring(to_junit(run)).iter("failure")]
    assert "portal: has <no> & \ufffd\ufffd[31m \ufffdowner" in messages


def test_github_annotations_name_file_line_and_remedy(sound: CheckRun) -> None:
    first, second = to_github(sound).splitlines()
    assert first == (
        "::error file=our clinic/clinic.panacea,line=20,endLine=20,col=6,endColumn=17,"
        "title=Health data is sent in clear (in_clear)"
        "::vital_signs: carries health data from kitchen to ehr in clear"
        "%0ASet `security` on the flow to a profile that encrypts."
    )
    assert second.startswith("::warning file=our clinic/clinic.panacea,line=14,")


def test_an_annotation_cannot_start_another_command(broken: CheckRun) -> None:
    path = broken.workspace.root / "clinic.panacea"
    broken.workspace.update(path, 'zone a { b: "x\n::warning ::y" }\nzone "::error::%0A" { }\n')
    run = CheckRun(broken.workspace, broken.base, broken.workspace.diagnostics(), None)
    lines = to_github(run).splitlines()
    assert lines
    assert all(line.startswith("::error file=clinic/clinic.panacea,line=") for line in lines)


def test_json_is_what_its_schema_says(sound: CheckRun, broken: CheckRun) -> None:
    schema = CheckDocument.model_json_schema(mode="serialization")
    for run in (sound, broken):
        jsonschema.validate(json.loads(to_json(run)), schema)


def test_json_gives_the_figures(sound: CheckRun) -> None:
    document = json.loads(to_json(sound))
    assert document["schema"] == "panacea/check/v1"
    assert document["as_of"] == "2026-11-23"
    assert document["summary"]["verdicts"] == {
        "violated": 2, "unknown": 2, "waived": 1, "met": 2, "not_applicable": 1,
    }  # fmt: skip
    assert document["summary"]["violated"] == {"critical": 0, "high": 1, "medium": 1, "low": 0, "info": 0}
    assert document["summary"]["coverage"] == {"decided": 5, "applicable": 7, "fraction": 0.7143}
    assert [(c["id"], c["verdict"]) for c in document["clauses"]] == [
        ("art1", "violated"), ("art2", "violated"), ("art3", "attested"), ("art4", "unknown"),
        ("art5", "not_applicable"),
    ]  # fmt: skip
    assert [(q["entity"], q["attribute"], q["settles"]) for q in document["questions"]] == [
        ("kitchen", "owner", 1), ("unasked", "security", 1),
    ]  # fmt: skip
    waived = next(f for f in document["findings"] if f["verdict"] == "waived")
    assert waived["waiver"] == {"by": "ciso", "because": "Replacement ordered", "until": "2027-01-31"}


def test_json_of_a_broken_model_has_its_mistakes_and_no_summary(broken: CheckRun) -> None:
    document = json.loads(to_json(broken))
    assert document["summary"] is None
    assert [(d["code"], d["location"]["line"]) for d in document["diagnostics"]] == [
        ("P0302", 4),
        ("P0202", 20),
    ]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_says_which_schema_it_has(name: str) -> None:
    schema = DOCUMENTS[name].model_json_schema(mode="serialization")
    assert schema["properties"]["schema"]["const"] == f"panacea/{name}/v1"
