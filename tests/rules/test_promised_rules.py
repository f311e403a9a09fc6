"""The 114 rules that packs promise: shown violated, met and unknown, with a remedy; and whom laws bind."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from panacea_policy.compiler import Verdict, Workspace
from panacea_policy.compliance import assess, compare

RULES = Path(__file__).resolve().parents[2] / "rules"
#: The first part of the rules' names, the pack that has them, and how many numbers it promises.
PROMISED = {
    "nis2": ("nis2", 15),
    "gdpr": ("gdpr", 15),
    "hip": ("hipaa", 15),
    "iso": ("iso27001", 15),
    "iec": ("iec62443", 15),
    "med": ("devices", 14),
    "ehd": ("ehds", 10),
    "cpg": ("csf", 15),
}
DAY = date(2026, 11, 28)


@cache
def pack(name: str) -> Workspace:
    return Workspace.open(RULES / name, as_of=DAY, cache=None)


def numbered(prefix: str) -> dict[int, list[str]]:
    """The rules of each promised number, by id."""
    name, count = PROMISED[prefix]
    found: dict[int, list[str]] = {number: [] for number in range(1, count + 1)}
    for rule in pack(name).rules():
        for number, ids in found.items():
            if rule.name.startswith(f"{prefix}_{number:02}_"):
                assert rule.remedy, rule.id
                assert rule.satisfies, rule.id
                ids.append(rule.id)
    return found


def test_every_promised_rule_is_there_with_a_remedy_and_a_clause() -> None:
    there = {(prefix, number) for prefix in PROMISED for number, ids in numbered(prefix).items() if ids}
    assert len(there) == 114


@pytest.mark.slow
@pytest.mark.parametrize("prefix", PROMISED)
def test_every_promised_rule_is_shown_violated_met_and_unknown(prefix: str) -> None:
    seen: dict[str, set[Verdict]] = {}
    for result in pack(PROMISED[prefix][0]).run_tests():
        assert result.passed, result.name
        for rule, verdicts in result.exercised.items():
            seen.setdefault(rule, set()).update(verdicts)
    for number, ids in numbered(prefix).items():
        shown = set().union(*(seen[rule] for rule in ids))
        assert shown >= {Verdict.VIOLATED, Verdict.MET, Verdict.UNKNOWN}, (prefix, number)


def under(folder: Path, name: str, *addressees: str, says: str = "") -> Workspace:
    """A model of one organisation under a law."""
    named = ", ".join(addressees)
    (folder / "model.panacea").write_text(
        f"use packs.{name}\norganisation us {{ partner: false  country: IE  addressees: [{named}] }}\n{says}"
    )
    return Workspace.open(folder, as_of=DAY, cache=None)


def test_what_binds_processors_as_controllers_does(tmp_path: Path) -> None:
    bound = {
        clause.id.removeprefix("gdpr.art")
        for clause in assess(under(tmp_path, "gdpr", "processor")).clauses
        if clause.standing.binds
    }
    # Regulation (EU) 2016/679: each of these names the processor.
    assert bound >= {
        "28_3",
        "28_9",
        "29",
        "30_3",
        "30_4",
        "32_1",
        "32_1_a",
        "32_2",
        "32_4",
        "37_1_c",
        "38_3",
        "44",
    }
    # And each of these the controller alone.
    assert not bound & {
        "5_1_a",
        "5_2",
        "24_1",
        "25_1",
        "26_1",
        "28_1",
        "30_1",
        "33_1",
        "34_1",
        "35_1",
        "36_1",
    }


@pytest.mark.parametrize("whom", ["hospital", "managed_service_provider", "cloud_provider"])
def test_nis2_binds_a_hospital_and_its_providers(tmp_path: Path, whom: str) -> None:
    clauses = assess(under(tmp_path, "nis2", whom)).clauses
    assert [c.id for c in clauses if not c.standing.binds] == ["nis2.com_2026_13"]
    assert not any(c.standing.binds for c in assess(under(tmp_path, "nis2", "manufacturer")).clauses)


def test_a_breach_report_within_96_hours_is_enough_only_as_proposed(tmp_path: Path) -> None:
    says = (
        "authority dpc { type: data_protection }\nrole watch { headcount: 4 }\n"
        "incident_process way of us {\n  detects: watch  data_protection: watch\n"
        "  notification report to dpc { stage: data_breach  deadline: 96 h  clock: awareness }\n}\n"
    )
    workspace = under(tmp_path, "gdpr", "controller", says=says)
    change = compare(assess(workspace), assess(workspace, foreseen=True))
    assert [(c.id, str(c.before.verdict), c.after.reason) for c in change.gone] == [
        ("gdpr.art33_1", "violated", "superseded by gdpr.art33_1_proposed")
    ]
    assert [(c.id, str(c.after.verdict)) for c in change.come] == [("gdpr.art33_1_proposed", "met")]
    assert [f.rule.name for f in change.old_violations] == ["gdpr_13_authority"]


@pytest.mark.parametrize(("name", "says"), [("iso27001", ""), ("iec62443", "type: building")])
def test_what_is_unknown_of_a_baseline_is_asked(tmp_path: Path, name: str, says: str) -> None:
    more = f"use std\nzone green {{ {says} }}\nsystem one : server in green {{ hosted_by: none }}\n"
    found = assess(under(tmp_path, name, "hospital", says=more)).findings
    (finding,) = (each for each in found if each.rule.name.endswith("_baseline"))
    assert [question.text for question in finding.questions] == [
        "What is `baseline` of one? (The configuration baseline it follows)"
    ]
