# The texts of models keep their lines.
# ruff: noqa: E501
"""Findings that are counted before they are made: numbers, parts and order are those of the findings themselves."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import Findings, Verdict, Workspace
from panacea_policy.compiler.evaluation import LIMITS, ROWS_PER_FACT, limits_for
from panacea_policy.compiler.facts import Column
from panacea_policy.compiler.judge import Judge, first_of_each, rows_of
from panacea_policy.engine import Database, Symbols
from tests.compiler.workspaces import good_model

MODEL = """
role ciso {}
data_class record { special_category: true }
data_class scan { }
system ehr { owner: none }
system portal { owner: none }
system kitchen { }
system archive { owner: ciso }
flow a: ehr -> portal { carries: [record, scan] }
flow b: portal -> ehr { }
flow c: ehr -> kitchen { carries: [] }

rule owned "Owned" { severity: low  for system s require s.owner != none report s "has no owner" }
rule apart "Apart" { severity: high  for system s, system t where s.owner = none, t.owner = none, s != t report s, t "both" }
rule secret "Secret" {
  severity: critical
  for flow f, data_class d in f.carries where d.special_category
  report f "carries {d}"
}
"""
WAIVED = MODEL + 'waive owned on portal until 2027-01-31 because "Sold soon" by ciso\n'


@pytest.mark.parametrize("text", [MODEL, WAIVED], ids=["none waived", "waived"])
def test_the_numbers_are_those_of_the_findings(tmp_path: Path, text: str) -> None:
    workspace = good_model(tmp_path, text)
    findings = workspace.findings()
    numbers = {verdict: findings.count_of(verdict) for verdict in Verdict if findings.count_of(verdict)}
    size = len(findings)
    made = list(findings)
    assert len(made) == size
    assert Counter(finding.verdict for finding in made) == numbers
    assert {Verdict.VIOLATED, Verdict.UNKNOWN} <= numbers.keys()
    for tally in workspace.tallies():
        of_rule = Counter(each.verdict for each in made if each.rule.id == tally.rule.id)
        for verdict in (Verdict.VIOLATED, Verdict.UNKNOWN, Verdict.WAIVED):
            assert tally.counts[verdict] == of_rule[verdict], (tally.rule.id, verdict)


def test_nothing_is_made_to_be_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = good_model(tmp_path, MODEL)
    with monkeypatch.context() as patched:
        patched.setattr(Judge, "_find", None)
        findings = workspace.findings()
        assert findings.count_of(Verdict.UNKNOWN)
        assert findings.count_of(Verdict.VIOLATED)
        assert len(findings.only(lambda rule: rule.name == "owned")) == 3
    assert {str(each.verdict) for each in findings if each.rule.name == "owned"} == {"violated", "unknown"}


def test_they_are_a_sequence(tmp_path: Path) -> None:
    findings = good_model(tmp_path, MODEL).findings()
    made = tuple(findings)
    assert findings == made
    assert made == findings
    assert findings == list(made)
    assert findings != made[1:]
    assert findings != Findings()
    assert Findings() == ()
    assert [findings[index] for index in range(-len(made), len(made))] == [*made, *made]
    assert findings[1:3] == made[1:3]
    assert findings[::-1] == made[::-1]
    with pytest.raises(IndexError):
        findings[len(made)]
    secret = findings.only(lambda rule: rule.name == "secret")
    assert tuple(secret) == tuple(each for each in made if each.rule.name == "secret")
    unknown = tuple(findings.with_verdict(Verdict.UNKNOWN))
    assert unknown == tuple(each for each in made if each.verdict is Verdict.UNKNOWN)


def test_what_rules_ask_is_worked_out_with_the_first_question(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, MODEL)
    (owner,) = [each for each in workspace.findings() if each.rule.name == "owned" and each.questions]
    assert [(each.entity.short, each.attribute) for each in owner.questions] == [("kitchen", "owner")]
    asked = {
        (each.rule.name, each.subjects[0].short, question.attribute)
        for each in workspace.findings()
        for question in each.questions
    }
    assert ("secret", "b", "carries") in asked
    assert ("secret", "a", "special_category") not in asked


def test_findings_handed_out_stay_when_the_model_changes(tmp_path: Path) -> None:
    from panacea_policy.compiler import Delta

    workspace = good_model(tmp_path, MODEL)
    before = workspace.findings()
    assert before.count_of(Verdict.UNKNOWN)
    size = len(before)
    workspace.apply(Delta("set kitchen.owner: ciso\n"))
    assert len(list(before)) == size
    assert ("kitchen", "unknown") in {(each.subjects[0].short, str(each.verdict)) for each in before}
    after = {each.subjects[0].short for each in workspace.findings() if each.rule.name == "owned"}
    assert after == {"ehr", "portal"}


def test_many_facts_may_have_many_rows() -> None:
    database = Database(Symbols())
    assert limits_for(database) == LIMITS
    database.insert("number", [range(2_000_000)])
    assert limits_for(database).max_tuples == ROWS_PER_FACT * 2_000_000 > LIMITS.max_tuples


def test_a_workspace_told_twice_tells_the_same(tmp_path: Path) -> None:
    def told(workspace: Workspace) -> list[tuple[str, str, tuple[str, ...]]]:
        return [(each.fingerprint, str(each.verdict), each.witnesses) for each in workspace.findings()]

    assert told(good_model(tmp_path / "a", MODEL)) == told(good_model(tmp_path / "b", MODEL))


@pytest.mark.parametrize("text", [MODEL, WAIVED], ids=["none waived", "waived"])
def test_verdicts_need_no_more_than_what_may_be_violated(tmp_path: Path, text: str) -> None:
    """Read off the full result, they are the same; of rules that nothing may violate less is derived."""
    never = 'rule never "Never" { severity: low  for zone z where z.trust > 2 report z "trusted" }\n'
    workspace = good_model(tmp_path, text + never)
    evaluation = workspace._evaluation
    rules = evaluation.program.rules
    open_, full = evaluation.open_result(rules), evaluation.result(rules)
    assert any(rule.violated not in open_.relations for rule in rules)
    waivers = workspace.model.entities("waiver")
    judges = [Judge(workspace.model, each, waivers, evaluation.as_of) for each in (open_, full)]
    for rule in rules:
        (one, tally), (other, expected) = (judge.judge(rule, evaluation.info(rule)) for judge in judges)
        assert [(each.fingerprint, each.verdict) for each in one] == [
            (each.fingerprint, each.verdict) for each in other
        ]
        assert tally.counts == expected.counts


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(0, 2).map(round), st.integers(0, 2)), max_size=30),
    st.sets(st.integers(0, 2)).map(sorted).map(tuple),
    st.integers(1, 3),
)
def test_the_first_rows_of_each_key(
    rows: list[tuple[int, float, int]], positions: tuple[int, ...], most: int
) -> None:
    rows = sorted(set(rows))
    seen: dict[tuple[float, ...], int] = {}
    expected = []
    for row in rows:
        key = tuple(row[each] for each in positions)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= most:
            expected.append(row)
    columns: list[Column] = [
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.float64),
        np.array([row[2] for row in rows], np.int64),
    ]
    assert rows_of(first_of_each(columns, positions, most)) == expected
