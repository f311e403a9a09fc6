"""Why facts do not hold and rules find nothing, in the words of people."""

from __future__ import annotations

from pathlib import Path

import pytest

from panacea_policy.compiler import Explanation, Mark, QueryError, Workspace
from tests.compiler.workspaces import good_model

MODEL = """
zone ward "Ward" { trust: 1 }
zone hall { trust: 2 }
zone far {}
system pacs "Archive" in ward { rto: 1 h  support_end: 2027-06-30 }
system gate in hall {}
system lost {}
conduit ward -> hall {}
conduit hall -> far {}
relation joined(zone, zone)
joined(x, y) if some conduit c with c.source = x and c.target = y
joined(x, y) if joined(x, z), joined(z, y)
relation apart(zone, zone)
apart(x, y) if x.trust > 0, y.trust > 0, not joined(x, y)
relation trusted(system)
trusted(s) if s.zone.trust >= 2
relation busy(zone)
busy(z) if z.trust > 0, (count of zone y with joined(z, y)) > 2
rule low "Low" { for system s where s.zone.trust < 2 report s "low" }
rule islands { for zone z where not (some zone y with joined(z, y)) report z "leads nowhere" }
rule old { for system s applies when s.zone = ward where s.support_end < 2020-01-01 report s "old" }
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return good_model(tmp_path, MODEL)


def told(line: Explanation | None, indent: str = "") -> list[str]:
    """The lines, each with a sign: - missing, ! against, + met, blank for the rest."""
    assert line is not None
    sign = {Mark.MISSING: "-", Mark.AGAINST: "!", Mark.RULE: " ", Mark.NOTE: " "}.get(line.mark, "+")
    return [
        f"{indent}{sign} {line.text}",
        *(below for child in line.children for below in told(child, indent + "  ")),
    ]


def test_the_missing_premise_is_told_with_its_bindings(workspace: Workspace) -> None:
    assert told(workspace.why_not("joined(hall, hall)")) == [
        "- joined(hall, hall) does not hold",
        "    1 condition is not met",
        "    - ward_to_hall.source is not hall: it is ward",
        "    + ward_to_hall.target = hall",
        "    1 condition is not met",
        "    - missing: joined(hall, ward)",
        "        1 condition is not met",
        "        + hall_to_far.source = hall",
        "        - hall_to_far.target is not ward: it is far",
        "        1 condition is not met",
        "        + joined(hall, far)",
        "        - missing: joined(far, ward)",
        "    + joined(ward, hall)",
        "    1 condition is not met",
        "    + joined(hall, far)",
        "    - missing: joined(far, hall)",
        "        1 condition is not met",
        "        - ward_to_hall.source is not far: it is ward",
        "        + ward_to_hall.target = hall",
        "        1 condition is not met",
        "        - missing: joined(far, ward)",
        "        + joined(ward, hall)",
    ]


def test_what_may_be_asked_next_can_be_asked(workspace: Workspace) -> None:
    reason = workspace.why_not("joined(hall, hall)")
    assert reason is not None
    asked = [each.ask for child in reason.children for each in child.children if each.ask]
    assert asked == ["joined(hall, ward)", "joined(far, hall)"]
    for each in asked:
        assert workspace.why_not(each) is not None


def test_what_stands_in_the_way_is_told(workspace: Workspace) -> None:
    lines = told(workspace.why_not("apart(ward, hall)"))
    assert lines[0] == "- apart(ward, hall) does not hold"
    assert "    ! joined(ward, hall): this is so, and must not be" in lines
    assert "    + ward.trust = 1" in lines


def test_what_nobody_said_makes_it_unknown(workspace: Workspace) -> None:
    assert told(workspace.why_not("trusted(lost)")) == [
        "  trusted(lost) may hold: that is unknown until somebody says",
        "  - nobody said what `zone` of lost is",
    ]


def test_comparisons_are_told_with_their_values(workspace: Workspace) -> None:
    lines = told(workspace.why_not("trusted(pacs)"))
    assert "    - 1 >= 2 does not hold" in lines
    assert "    + pacs.zone = ward" in lines


def test_aggregates_are_told_with_what_they_took(workspace: Workspace) -> None:
    lines = told(workspace.why_not("busy(ward)"))
    assert lines[2:] == [
        "    + ward.trust = 1",
        "    + counted for ward: 2",
        "      + hall",
        "      + far",
        "    - 2 > 2 does not hold",
    ]


def test_what_holds_is_not_asked_about(workspace: Workspace) -> None:
    assert workspace.why_not("joined(ward, far)") is None
    for question in ("joined(ward)", "near(ward, hall)", "joined(ward, nowhere)", "ward", "("):
        with pytest.raises(QueryError):
            workspace.why_not(question)


def test_a_rule_that_is_met_says_which_condition_decides(workspace: Workspace) -> None:
    lines = told(workspace.why_not_found("low", ["gate"]))
    assert lines[0] == "  low is met by gate: what it looks for is not there"
    assert "    - 2 < 2 does not hold" in lines
    lines = told(workspace.why_not_found("islands", ["ward"]))
    assert any(line.endswith("joined(ward, hall): this is so, and must not be") for line in lines), lines
    lines = told(workspace.why_not_found("old", ["pacs"]))
    assert "    - 2027-06-30 < 2020-01-01 does not hold" in lines


def test_a_rule_that_does_not_apply_says_why(workspace: Workspace) -> None:
    assert told(workspace.why_not_found("old", ["gate"])) == [
        "- old does not apply to gate",
        "    1 condition is not met",
        "    - gate.zone is not ward: it is hall",
    ]
    assert told(workspace.why_not_found("old", ["hall"])) == [
        "- old does not apply to hall",
        "  - hall is a zone, not a system",
    ]


def test_wrong_questions_about_rules_are_refused(workspace: Workspace) -> None:
    with pytest.raises(KeyError):
        workspace.why_not_found("lw", ["gate"])
    with pytest.raises(KeyError):
        workspace.why_not_found("low", ["gte"])
    with pytest.raises(ValueError, match="finds something"):
        workspace.why_not_found("low", ["pacs"])


def test_an_unknown_verdict_says_what_would_settle_it(workspace: Workspace) -> None:
    (finding,) = [
        each for each in workspace.findings() if each.verdict == "unknown" and each.rule.id == "low"
    ]
    lines = told(workspace.explain(finding))
    assert "  + nobody said what `zone` of lost is" in lines
    assert "    What is `zone` of lost? (The zone it is in)" in lines


def test_long_proofs_end_with_a_note_and_deep_ones_too(tmp_path: Path) -> None:
    count = 700
    zones = "".join(f"zone z{i} {{}}\n" for i in range(count))
    ways = "".join(f"conduit z{i} -> z{i + 1} {{}}\n" for i in range(count - 1))
    rules = "relation far(zone, zone)\nfar(x, y) if some conduit c with c.source = x and c.target = y\n"
    rules += "far(x, z) if far(x, y), some conduit c with c.source = y and c.target = z\n"
    workspace = good_model(tmp_path, zones + ways + rules)
    lines = told(workspace.explain(f"far(z0, z{count - 1})"))
    assert len(lines) < 1_000
    assert any("only 100 levels are told" in line for line in lines)
    steps = workspace.prove(f"far(z0, z{count - 1})").certificate()["steps"]
    assert sum(step["relation"] == "far" for step in steps) == count - 1
