"""Verdicts of clauses: the worst finding wins, and people's statements count where rules cannot decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from panacea_policy.compiler import Workspace
from panacea_policy.compliance import Clause, ClauseVerdict, Compliance, Coverage, assess
from tests.end_to_end.small_models import CLINIC

DAY = date(2026, 11, 23)
Judge = Callable[..., Compliance]

FRAME = """\
role manager { }
role ciso { }
zone red { wireless: true }
zone green { wireless: false }
zone grey { }
rule radio "No radio" {{
  severity: medium
  satisfies: [{satisfies}]
  for zone z
  {applies}
  where z.wireless
  report z "is reached by radio"
}}
"""


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Assesses a text."""

    def run(text: str, as_of: date = DAY) -> Compliance:
        (tmp_path / "model.panacea").write_text(text)
        workspace = Workspace.open(tmp_path, as_of=as_of, cache=None)
        assert [d.message for d in workspace.diagnostics() if d.severity.value == "error"] == []
        return assess(workspace)

    return run


def clause(result: Compliance, name: str = "a") -> Clause:
    """The clause of that name."""
    return next(each for each in result.clauses if each.id == name)


def radio(applies: str, declared: str = "requirement a { decided_by: rules }", more: str = "") -> str:
    """A model with one rule on zones, one of which is red, one green, one unknown."""
    frame = (
        FRAME.replace("{{", "\0")
        .replace("}}", "\1")
        .replace("{satisfies}", "a")
        .replace("{applies}", applies)
    )
    return frame.replace("\0", "{").replace("\1", "}") + declared + "\n" + more


RED = ""
GREEN = "applies when z = green"
GREY = "applies when z != red"
NONE = "applies when z.trust = 77, z = green"


@pytest.mark.parametrize(
    ("applies", "verdict", "reason"),
    [
        (RED, "violated", "1 of 3 checks found a violation"),
        (GREY, "unknown", "1 of 2 checks lacks a fact"),
        (GREEN, "met", "1 of 1 checks is met"),
    ],
)
def test_the_worst_finding_decides(judge: Judge, applies: str, verdict: str, reason: str) -> None:
    found = clause(judge(radio(applies)))
    assert (str(found.verdict), found.reason) == (verdict, reason)


def test_a_waived_violation_is_waived_and_named(judge: Judge) -> None:
    waiver = 'waive radio on red until 2027-01-31 because "Ordered" by ciso'
    found = clause(judge(radio("applies when z != grey", more=waiver)))
    assert (str(found.verdict), found.reason) == ("waived", "1 of 2 checks is waived")
    assert [str(entity.value("reason")) for entity in found.waivers] == ["Ordered"]


RADIO = 'rule radio "No radio" { severity: low  satisfies: [a]  for zone z where z.wireless report z "x" }'


def test_a_clause_without_subjects_does_not_apply(judge: Judge) -> None:
    text = "requirement a { decided_by: rules }\n" + RADIO
    found = clause(judge(text))
    assert found.verdict is ClauseVerdict.NOT_APPLICABLE
    assert found.reason == "nothing in the model is what the clause speaks of"


ATTEST = 'attest a by manager until 2027-06-30 because "Minutes"'


def test_an_attestation_answers_what_is_unknown(judge: Judge) -> None:
    found = clause(judge(radio(GREY, more=ATTEST)))
    assert (str(found.verdict), found.reason) == ("attested", "attested by manager until 2027-06-30: Minutes")


WAIVE = 'waive radio on red until 2026-12-31 because "It leaves" by ciso'


def test_what_is_waived_is_said_beside_a_worse_verdict(judge: Judge) -> None:
    unknown = clause(judge(radio(RED, more=WAIVE)))
    assert unknown.reason == "1 of 3 checks lacks a fact, 1 is waived"
    two = "zone blue { wireless: true }\n"
    assert clause(judge(radio(RED, more=two + WAIVE))).reason == (
        "1 of 4 checks found a violation, 1 is waived"
    )


def test_an_attestation_does_not_hide_what_is_waived(judge: Judge) -> None:
    found = clause(judge(radio(RED, more=f"{WAIVE}\n{ATTEST}")))
    assert (str(found.verdict), found.reason) == (
        "waived",
        "1 of 3 checks is waived, the rest attested by manager until 2027-06-30: Minutes",
    )


def test_an_attestation_for_some_answers_for_these_only(judge: Judge) -> None:
    def attested(
        on: str, applies: str = GREY, declared: str = "requirement a { decided_by: rules }"
    ) -> Clause:
        return clause(judge(radio(applies, declared, ATTEST.replace("by", f"on {on} by", 1))))

    assert attested("grey").verdict is ClauseVerdict.ATTESTED
    other = attested("green")
    assert other.verdict is ClauseVerdict.UNKNOWN
    assert other.reason == "1 of 2 checks lacks a fact (attested by manager for green only)"
    part = attested("green", GREEN, "requirement a { decided_by: both }")
    assert part.verdict is ClauseVerdict.UNKNOWN
    assert part.reason.endswith("somebody has to attest the rest (attested by manager for green only)")
    assert attested("green", GREEN).reason == "1 of 1 checks is met"


def test_an_attestation_never_outweighs_a_violation(judge: Judge) -> None:
    found = clause(judge(radio(RED, more=ATTEST)))
    assert found.verdict is ClauseVerdict.VIOLATED
    assert found.reason == "1 of 3 checks found a violation, against the attestation by manager"


def test_an_attestation_is_valid_on_its_last_day_and_not_after(judge: Judge) -> None:
    text = "role manager { }\nrequirement a { decided_by: attestation }\n" + ATTEST
    assert clause(judge(text, date(2027, 6, 30))).verdict is ClauseVerdict.ATTESTED
    lapsed = clause(judge(text, date(2027, 7, 1)))
    assert lapsed.verdict is ClauseVerdict.UNKNOWN
    assert lapsed.reason == (
        "no rule judges it: somebody has to attest it (the attestation by manager held until 2027-06-30)"
    )


def test_an_attestation_that_has_not_begun_says_when_it_does(judge: Judge) -> None:
    text = "role manager { }\nrequirement a { decided_by: attestation }\n" + ATTEST
    ahead = clause(judge(text + " { starts: 2027-01-01 }"))
    assert ahead.verdict is ClauseVerdict.UNKNOWN
    assert ahead.reason.endswith("(the attestation by manager begins on 2027-01-01)")
    over = clause(judge(text + " { starts: 2027-01-01 }", date(2027, 7, 1)))
    assert over.reason.endswith("(the attestation by manager held until 2027-06-30)")


def test_one_can_attest_that_a_clause_is_not_met(judge: Judge) -> None:
    more = ATTEST + " { result: violated }"
    found = clause(judge(radio(GREEN, more=more)))
    assert found.verdict is ClauseVerdict.VIOLATED
    assert found.reason == "manager attests that it is not met: Minutes"


def test_a_clause_of_both_needs_rules_and_an_attestation(judge: Judge) -> None:
    both = "requirement a { decided_by: both }"
    alone = clause(judge(radio(GREEN, both)))
    assert alone.verdict is ClauseVerdict.UNKNOWN
    assert alone.reason == "the rules show a part of it: somebody has to attest the rest"
    assert clause(judge(radio(GREEN, both, ATTEST))).verdict is ClauseVerdict.ATTESTED


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ("from: 2027-01-01", "holds from 2027-01-01"),
        ("until: 2026-01-01", "held until 2026-01-01"),
        ("status: proposed", "proposed, not law yet"),
        ("status: superseded", "superseded"),
        ("basis: true", "a legal basis that others rest on, no duty of its own"),
        ("addressees: [manufacturer]", "it does not address an organisation of this kind"),
    ],
)
def test_a_clause_that_does_not_bind_us_today_does_not_apply(
    judge: Judge, attributes: str, reason: str
) -> None:
    attributes = attributes.replace("from:", "effective:").replace("until:", "ends:")
    ours = "organisation us { addressees: [hospital, controller] }"
    found = clause(judge(radio(RED, f"requirement a {{ {attributes} }}", ours)))
    assert (str(found.verdict), found.reason) == ("not_applicable", reason)
    assert found.findings != ()


def test_a_clause_takes_what_it_leaves_open_from_its_pack(judge: Judge) -> None:
    declared = "pack p { status: proposed }\nrequirement a { pack: p }"
    assert clause(judge(radio(RED, declared))).reason == "proposed, not law yet"


def test_sub_clauses_count_as_findings_of_the_whole(judge: Judge) -> None:
    declared = (
        "requirement whole { decided_by: rules }\n"
        "requirement a in whole { decided_by: rules }\n"
        "requirement b in whole { decided_by: attestation }\n"
        'attest b by manager until 2027-06-30 because "Minutes"'
    )
    whole = clause(judge(radio(RED, declared)), "whole")
    assert (str(whole.verdict), whole.reason) == ("violated", "1 of 2 sub-clauses is violated")
    better = clause(judge(radio(GREEN, declared)), "whole")
    assert (str(better.verdict), better.reason) == ("attested", "1 of 2 sub-clauses is attested")


def test_questions_are_ranked_by_the_verdicts_they_settle(judge: Judge) -> None:
    text = """\
zone a { }
zone b { }
system s in a { }
system t in a { }
system u in b { }
rule inner "Inner" { severity: low  for system s where s.zone.trust < 2 report s "x" }
rule watched "Watched" {
  severity: low
  for system s
  where not s.zone.monitored, s.zone.trust > 1
  report s "x"
}
"""
    ranked = [(q.entity.name, q.attribute, q.settles, q.concerns) for q in judge(text).questions]
    assert ranked == [
        ("a", "trust", 2, 4),
        ("b", "trust", 1, 2),
        ("a", "monitored", 0, 2),
        ("b", "monitored", 0, 1),
    ]


def test_coverage_counts_what_applies_and_is_decided(judge: Judge) -> None:
    result = judge(CLINIC)
    assert result.counts == {"violated": 2, "waived": 1, "unknown": 2, "met": 2, "not_applicable": 1}
    assert result.coverage == Coverage(5, 7)
    assert result.clause_counts == {"violated": 2, "attested": 1, "unknown": 1, "not_applicable": 1}
    assert result.clause_coverage == Coverage(3, 4)


def test_nothing_to_decide_is_full_coverage() -> None:
    assert Coverage.of({"not_applicable": 3}) == Coverage(0, 0)
    assert Coverage(0, 0).fraction == 1.0
