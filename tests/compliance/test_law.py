"""Which law counts on a day, and for whom: dates, status, places, addressees, what replaces what."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from panacea_policy.compiler import Workspace
from panacea_policy.compliance import Compliance, assess, compare

DAY = date(2026, 11, 23)

RULE = """\
zone red { wireless: true }
rule radio "No radio" { severity: high  satisfies: [a]  for zone z where z.wireless report z "is on air" }
"""
OURS = "organisation us { partner: false  country: IE  addressees: [hospital] }\n"


def opened(folder: Path, text: str) -> Workspace:
    (folder / "model.panacea").write_text(text)
    workspace = Workspace.open(folder, as_of=DAY, cache=None)
    assert [d.message for d in workspace.diagnostics() if d.severity.value == "error"] == []
    return workspace


def told(result: Compliance) -> dict[str, str]:
    return {c.id: f"{c.verdict}: {c.reason}" for c in result.clauses}


def rules_of(findings: object) -> list[str]:
    return [finding.rule.id for finding in findings]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ("effective: 2026-11-24", "holds from 2026-11-24"),
        ("ends: 2026-11-22", "held until 2026-11-22"),
        ("status: proposed", "proposed, not law yet"),
        ("status: superseded", "superseded"),
        ("status: adopted_not_applicable", "adopted, not applicable yet"),
        ("jurisdiction: [US]", "it holds in US, and we are in IE"),
        ("addressees: [manufacturer]", "it does not address an organisation of this kind"),
    ],
)
def test_what_does_not_bind_is_not_held_against_us(tmp_path: Path, says: str, reason: str) -> None:
    result = assess(opened(tmp_path, OURS + RULE + f"requirement a {{ decided_by: rules  {says} }}"))
    assert told(result) == {"a": f"not_applicable: {reason}"}
    assert (rules_of(result.findings), rules_of(result.unbound)) == ([], ["radio"])
    assert result.counts["violated"] == 0


@pytest.mark.parametrize(
    "says",
    [
        "effective: 2026-11-23",
        "ends: 2026-11-23",
        "status: in_force",
        "status: voluntary",
        "status: adopted_not_applicable  effective: 2026-11-01",
        "jurisdiction: [EU]",
        "jurisdiction: [international]",
        "jurisdiction: [FR, IE]",
        "addressees: [processor, hospital]",
    ],
)
def test_what_binds_is(tmp_path: Path, says: str) -> None:
    result = assess(opened(tmp_path, OURS + RULE + f"requirement a {{ decided_by: rules  {says} }}"))
    assert told(result) == {"a": "violated: 1 of 1 checks found a violation"}
    assert (rules_of(result.findings), rules_of(result.unbound)) == (["radio"], [])


def test_what_nobody_said_of_us_never_frees_us(tmp_path: Path) -> None:
    text = RULE + "requirement a { decided_by: rules  addressees: [manufacturer]  jurisdiction: [US] }"
    assert told(assess(opened(tmp_path, text))) == {"a": "violated: 1 of 1 checks found a violation"}


def test_a_partner_s_country_and_parts_are_not_ours(tmp_path: Path) -> None:
    partner = "organisation other { partner: true  country: US  addressees: [manufacturer] }\n"
    text = OURS + partner + RULE + "requirement a { addressees: [manufacturer]  jurisdiction: [US] }"
    assert told(assess(opened(tmp_path, text)))["a"].startswith("not_applicable: it holds in US")


def test_a_rule_counts_as_soon_as_one_of_its_clauses_binds(tmp_path: Path) -> None:
    rule = RULE.replace("[a]", "[a, b]")
    text = (
        OURS
        + rule
        + "requirement a { status: proposed }\nrequirement b { status: in_force  decided_by: rules }"
    )
    result = assess(opened(tmp_path, text))
    assert rules_of(result.findings) == ["radio"]
    assert told(result)["a"] == "not_applicable: proposed, not law yet"


def test_a_benchmark_is_judged_but_nobody_is_held_to_it(tmp_path: Path) -> None:
    clause = "requirement a { decided_by: rules  addressees: [cloud_provider]  benchmark_for: [hospital] }"
    result = assess(opened(tmp_path, OURS + RULE + clause))
    assert told(result) == {"a": "violated: 1 of 1 checks found a violation"}
    assert result.clauses[0].standing.benchmark
    assert (rules_of(result.findings), result.deciding) == (["radio"], ())
    provider = OURS.replace("[hospital]", "[hospital, cloud_provider]")
    assert rules_of(assess(opened(tmp_path, provider + RULE + clause)).deciding) == ["radio"]


REFORM = """\
requirement a { decided_by: rules  status: in_force  superseded_by: b }
requirement b { decided_by: rules  status: proposed }
rule cable "Cables" { severity: high  satisfies: [b]  for zone z where z.wireless report z "has no cable" }
"""


def test_proposed_law_counts_where_it_is_foreseen(tmp_path: Path) -> None:
    workspace = opened(tmp_path, OURS + RULE + REFORM)
    today, then = assess(workspace), assess(workspace, foreseen=True)
    assert rules_of(today.findings) == ["radio"]
    assert told(then) == {
        "a": "not_applicable: superseded by b",
        "b": "violated: 1 of 1 checks found a violation",
    }
    assert next(c for c in then.clauses if c.id == "b").standing.proposed
    assert rules_of(then.findings) == ["cable"]
    change = compare(today, then)
    assert ([c.id for c in change.come], [c.id for c in change.gone], change.other) == (["b"], ["a"], ())
    assert (rules_of(change.new_violations), rules_of(change.old_violations)) == (["cable"], ["radio"])
    assert not compare(then, then)


def test_only_the_law_moves_with_the_day_of_the_law(tmp_path: Path) -> None:
    text = OURS + RULE + "requirement a { decided_by: rules  effective: 2027-03-26 }"
    text += '\nrole m { }\nattest a by m until 2026-12-31 because "seen"'
    workspace = opened(tmp_path, text)
    change = compare(assess(workspace), assess(workspace, law_of=date(2027, 3, 26)))
    assert [(c.id, str(c.before.verdict), str(c.after.verdict)) for c in change.come] == [
        ("a", "not_applicable", "violated")
    ]
    # The attestation is judged on the workspace's own day, so it still counts and is contradicted.
    assert "against the attestation by m" in change.come[0].after.reason


def test_clauses_that_supersede_each_other_end_nothing_but_themselves(tmp_path: Path) -> None:
    text = OURS + RULE + "requirement a { superseded_by: b }\nrequirement b { superseded_by: a }\n"
    assert told(assess(opened(tmp_path, text))) == {
        "a": "not_applicable: superseded by b",
        "b": "not_applicable: superseded by a",
    }


@pytest.mark.parametrize(
    ("says", "proposed"),
    [
        ("status: in_force", False),
        ("status: in_force  effective: 2030-01-01", True),
        ("status: adopted_not_applicable  effective: 2026-11-01", False),
        ("status: adopted_not_applicable  effective: 2027-03-26", True),
        ("status: proposed", True),
    ],
)
def test_what_is_only_foreseen_says_so(tmp_path: Path, says: str, proposed: bool) -> None:
    workspace = opened(tmp_path, OURS + RULE + f"requirement a {{ decided_by: rules  {says} }}")
    (clause,) = assess(workspace, foreseen=True).clauses
    assert (clause.standing.binds, clause.standing.proposed) == (True, proposed)
