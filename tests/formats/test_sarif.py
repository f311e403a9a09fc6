"""SARIF: valid by the standard's own schema, and within what GitHub accepts."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from panacea_policy.formats import sarif
from panacea_policy.formats.check_run import CheckRun
from panacea_policy.formats.sarif import to_sarif
from tests.shared_data import external


def load(run: CheckRun, profile: sarif.Profile) -> dict[str, Any]:
    """The only run of the document."""
    (only,) = json.loads(to_sarif(run, profile))["runs"]
    assert isinstance(only, dict)
    return only


@pytest.mark.parametrize("profile", ["github", "audit"])
@pytest.mark.parametrize("model", ["sound", "broken"])
def test_it_is_valid_by_the_schema(
    model: str, profile: sarif.Profile, request: pytest.FixtureRequest
) -> None:
    schema = json.loads(external("sarif/sarif-schema-2.1.0.json").read_text())
    document = json.loads(to_sarif(request.getfixturevalue(model), profile))
    jsonschema.validate(document, schema)


def test_github_gets_open_failures_alone_each_with_a_place(sound: CheckRun) -> None:
    run = load(sound, "github")
    assert [(each["ruleId"], each["level"]) for each in run["results"]] == [
        ("in_clear", "error"),
        ("owned", "warning"),
    ]
    assert all("suppressions" not in each for each in run["results"])
    (location,) = run["results"][0]["locations"]
    assert location == {
        "physicalLocation": {
            "artifactLocation": {"uri": "our%20clinic/clinic.panacea", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 20, "startColumn": 6, "endLine": 20, "endColumn": 17},
        },
        "logicalLocations": [{"fullyQualifiedName": "vital_signs", "kind": "declaration"}],
    }
    assert run["results"][0]["message"]["text"] == (
        "vital_signs: carries health data from kitchen to ehr in clear"
    )
    assert run["automationDetails"]["id"].endswith("/")


def test_every_rule_is_declared_so_that_resolved_alerts_close(sound: CheckRun) -> None:
    rules = load(sound, "github")["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["in_clear", "owned"]
    for rule in rules:
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]
        assert isinstance(rule["properties"]["security-severity"], str)
    assert rules[0]["properties"]["tags"] == ["security", "art1"]


def test_the_audit_profile_holds_every_verdict(sound: CheckRun) -> None:
    run = load(sound, "audit")
    kinds = {
        (each["ruleId"], each["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]): each
        for each in run["results"]
    }
    assert {key: (each["kind"], each["level"]) for key, each in kinds.items()} == {
        ("in_clear", "vital_signs"): ("fail", "error"),
        ("in_clear", "old_feed"): ("fail", "error"),
        ("in_clear", "unasked"): ("open", "none"),
        ("in_clear", "bookings"): ("pass", "none"),
        ("owned", "portal"): ("fail", "warning"),
        ("owned", "kitchen"): ("open", "none"),
        ("owned", "ehr"): ("pass", "none"),
    }
    (suppression,) = kinds["in_clear", "old_feed"]["suppressions"]
    assert suppression == {
        "kind": "external",
        "status": "accepted",
        "justification": "Replacement ordered",
        "properties": {"by": "ciso", "until": "2027-01-31"},
    }
    assert kinds["owned", "kitchen"]["properties"]["questions"] == [
        "What is `owner` of kitchen? (Who answers for it)"
    ]


def test_fingerprints_survive_a_move_within_the_file(sound: CheckRun) -> None:
    def prints() -> dict[str, str]:
        return {
            each["message"]["text"]: each["partialFingerprints"]["primaryLocationLineHash"]
            for each in load(sound, "github")["results"]
        }

    before = prints()
    path = sound.workspace.root / "clinic.panacea"
    sound.workspace.update(path, "# a new first line\n\n" + path.read_text())
    assert prints() == before
    assert len(set(before.values())) == 2


def test_the_same_run_gives_the_same_bytes(sound: CheckRun) -> None:
    assert to_sarif(sound, "audit") == to_sarif(sound, "audit")


def test_mistakes_of_the_language_are_results_too(broken: CheckRun) -> None:
    run = load(broken, "github")
    assert [each["ruleId"] for each in run["results"]] == ["P0302", "P0202"]
    assert all(
        each["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1 for each in run["results"]
    )
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["P0202", "P0302"]
    assert run["invocations"] == [{"executionSuccessful": False}]


def test_large_results_are_split_into_runs_that_github_accepts(
    sound: CheckRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sarif, "RESULTS_IN_RUN", 3)
    monkeypatch.setattr(sarif, "RUNS_IN_FILE", 2)
    runs = json.loads(to_sarif(sound, "audit"))["runs"]
    assert [len(run["results"]) for run in runs] == [3, 3]
    assert [run["automationDetails"]["id"] for run in runs] == ["panacea/check/", "panacea/check/2/"]
