# The texts of models keep their lines.
# ruff: noqa: E501
"""Verdicts: each of the five, with message, witnesses, questions, fingerprint and waiver."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from panacea_policy.compiler import SEVERITIES, Verdict, Workspace
from tests.compiler.workspaces import good_model, lay_out, open_model, the_finding, verdicts

MODEL = """
role it "IT" {}
role ciso {}
data_class record "Health record" { special_category: true }
data_class menu { special_category: false }
data_class scan { }
system ehr "Patient record" { owner: it }
system portal { owner: none }
system kitchen { }
flow a: ehr -> portal { carries: [record, menu] }
flow b: ehr -> kitchen { carries: [menu] }
flow c: portal -> kitchen { carries: [scan] }
flow d: portal -> ehr { }
flow e: kitchen -> ehr { carries: [] }

rule owned "Owned" { severity: low  for system s require s.owner != none report s "is {s.owner}'s" remedy "Name one." }
rule secret "Secret" {
  severity: critical
  for flow f, data_class d in f.carries
  where d.special_category
  report f "carries {d} from {f.source} to {f.target}"
}
rule narrow "Narrow" {
  for flow f
  applies when some data_class d in f.carries with d = menu
  where f.target = portal
  report f "carries the menu"
}
waive owned on portal until 2027-01-31 because "Sold soon" by ciso
"""


def tally(workspace: Workspace, rule: str) -> dict[str, int]:
    (found,) = [each for each in workspace.tallies() if each.rule.name == rule]
    return {str(verdict): count for verdict, count in found.counts.items() if count}


def test_each_verdict(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, MODEL)
    assert verdicts(workspace) == {
        ("owned", "portal"): "waived",
        ("owned", "kitchen"): "unknown",
        ("secret", "a"): "violated",
        ("secret", "c"): "unknown",
        ("secret", "d"): "unknown",
        ("narrow", "a"): "violated",
    }


def test_tallies_count_every_subject(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, MODEL)
    assert tally(workspace, "owned") == {"met": 1, "unknown": 1, "waived": 1}
    assert tally(workspace, "secret") == {"violated": 1, "unknown": 2, "met": 1, "not_applicable": 1}
    assert tally(workspace, "narrow") == {"violated": 1, "met": 2, "not_applicable": 2}
    (owned,) = [each for each in workspace.tallies() if each.rule.name == "owned"]
    assert owned.met == (("ehr",),)


def test_messages_speak_of_the_model(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, MODEL)
    assert the_finding(workspace, "secret", "a").message == "carries record from ehr to portal"
    assert the_finding(workspace, "owned", "portal").message == "is none's"
    assert the_finding(workspace, "owned", "kitchen").message == "is unknown's"
    assert the_finding(workspace, "owned", "portal").rule.remedy == "Name one."


def test_each_witness_is_told_once(tmp_path: Path) -> None:
    text = MODEL.replace(
        "data_class menu { special_category: false }", "data_class menu { special_category: true }"
    )
    finding = the_finding(good_model(tmp_path, text), "secret", "a")
    assert set(finding.witnesses) == {
        "carries record from ehr to portal",
        "carries menu from ehr to portal",
    }
    assert finding.message == finding.witnesses[0]


def test_unknown_says_what_would_settle_it(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, MODEL)
    asked = {
        (q.entity.name, q.attribute)
        for f in workspace.findings()
        if f.verdict is Verdict.UNKNOWN and f.rule.name in ("owned", "secret")
        for q in f.questions
    }
    assert asked == {("kitchen", "owner"), ("scan", "special_category"), ("d", "carries")}
    assert the_finding(workspace, "secret", "a").questions == ()


def test_a_question_behind_a_derived_relation(tmp_path: Path) -> None:
    text = """
    zone a { }
    relation low(zone)
    low(z) if z.trust < 2
    rule r { for zone z where low(z) report z "x" }
    rule not_low { for zone z where not low(z) report z "x" }
    """
    workspace = good_model(tmp_path, text)
    for rule in ("r", "not_low"):
        finding = the_finding(workspace, rule, "a")
        assert finding.verdict is Verdict.UNKNOWN
        assert [(q.entity.name, q.attribute) for q in finding.questions] == [("a", "trust")]


def test_findings_come_by_severity_rule_and_subject(tmp_path: Path) -> None:
    found = good_model(tmp_path, MODEL).findings()
    keys = [(SEVERITIES.index(f.rule.severity), f.rule.id, [s.name for s in f.subjects]) for f in found]
    assert keys == sorted(keys)


def test_a_fingerprint_outlives_moved_lines_and_new_texts(tmp_path: Path) -> None:
    before = good_model(tmp_path / "a", MODEL)
    after = good_model(tmp_path / "b", "# moved\n\n" + MODEL.replace('"Patient record"', '"EHR"'))
    assert [f.fingerprint for f in before.findings()] == [f.fingerprint for f in after.findings()]
    assert len({f.fingerprint for f in before.findings()}) == len(before.findings())
    assert all(len(f.fingerprint) == 32 for f in before.findings())


def test_a_finding_stands_where_its_subject_stands(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, MODEL)
    span = the_finding(workspace, "owned", "kitchen").span
    assert workspace.sources[span.file].text[span.start : span.end] == "kitchen"


@pytest.mark.parametrize(("day", "verdict"), [(date(2027, 1, 31), "waived"), (date(2027, 2, 1), "violated")])
def test_a_waiver_holds_through_its_last_day(tmp_path: Path, day: date, verdict: str) -> None:
    workspace = open_model(tmp_path, MODEL, as_of=day)
    assert verdicts(workspace)["owned", "portal"] == verdict
    assert [d.code for d in workspace.diagnostics()] == ([] if verdict == "waived" else ["P0601"])


def test_an_expired_waiver_is_a_finding_itself(tmp_path: Path) -> None:
    workspace = open_model(tmp_path, MODEL, as_of=date(2027, 6, 1))
    (found,) = [f for f in workspace.findings() if f.rule.id == "std.expired_waiver"]
    assert found.message == "the waiver of owned expired on 2027-01-31"
    assert found not in workspace.findings({"other"})
    assert workspace.ok, "it warns"


def test_a_waiver_covers_no_unknown(tmp_path: Path) -> None:
    text = MODEL + '\nwaive owned on kitchen until 2027-01-31 because "Unsure" by ciso'
    assert verdicts(good_model(tmp_path, text))["owned", "kitchen"] == "unknown"


def test_a_waiver_without_subjects_covers_all(tmp_path: Path) -> None:
    text = MODEL + '\nwaive secret until 2027-01-31 because "Ordered" by ciso'
    assert verdicts(good_model(tmp_path, text))["secret", "a"] == "waived"


def test_a_waiver_without_an_end_waives_nothing(tmp_path: Path) -> None:
    text = MODEL.replace(" until 2027-01-31", "")
    assert verdicts(open_model(tmp_path, text))["owned", "portal"] == "violated"


def test_a_waiver_waits_for_its_first_day(tmp_path: Path) -> None:
    text = MODEL.replace("by ciso\n", "by ciso { starts: 2026-12-01 }\n")
    assert verdicts(open_model(tmp_path / "a", text))["owned", "portal"] == "violated"
    assert verdicts(open_model(tmp_path / "b", text, as_of=date(2026, 12, 1)))["owned", "portal"] == "waived"


def test_today_is_the_day_of_the_check(tmp_path: Path) -> None:
    text = 'system s { support_end: 2026-12-31 }\nrule r { for system s where s.support_end < today + 30 d report s "x" }'
    lay_out(tmp_path, text)
    found = {
        day: len(Workspace.open(tmp_path, as_of=day, cache=None).findings())
        for day in (date(2026, 12, 1), date(2026, 12, 2))
    }
    assert found == {date(2026, 12, 1): 0, date(2026, 12, 2): 1}


@pytest.mark.parametrize(
    ("require", "expected"),
    [
        ("s.interactive", {"good": None, "bad": "violated", "unset": "unknown"}),
        ("s.session_policy.lock_after < 10 min", {"good": None, "bad": "violated", "unset": "violated"}),
        ("s.interactive, s.owner != none", {"good": None, "bad": "violated", "unset": "unknown"}),
        ("not s.interactive", {"good": "violated", "bad": None, "unset": "unknown"}),
    ],
)
def test_require_wants_all_of_it(tmp_path: Path, require: str, expected: dict[str, str | None]) -> None:
    text = f"""
    role it {{}}
    session_policy strict {{ lock_after: 5 min }}
    system good {{ interactive: true  owner: it  session_policy: strict }}
    system bad {{ interactive: false  owner: it  session_policy: none }}
    system unset {{ owner: it }}
    rule r {{ for system s require {require} report s "x" }}
    """
    found = verdicts(good_model(tmp_path, text))
    assert {name: found.get(("r", name)) for name in expected} == expected


def test_findings_of_some_packages(tmp_path: Path) -> None:
    workspace = open_model(
        tmp_path,
        'use packs.nis2\norganisation o {}\nrule own { for organisation o where o.beds = none report o "x" }',
    )
    assert {f.rule.package for f in workspace.findings({"nis2"})} <= {"nis2"}
    assert {f.rule.package for f in workspace.findings()} >= {tmp_path.name}
