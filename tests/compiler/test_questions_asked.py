"""Questions put to a model: queries and proofs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from panacea_policy.compiler import Explanation, QueryError, Workspace
from tests.compiler.workspaces import entity, good_model, named, the_finding

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
rule low "Low" { for system s where s.zone.trust < 2 report s "low" }
rule islands { for zone z where not (some zone y with joined(z, y)) report z "leads nowhere" }
rule old { for system s where s.support_end < 2028-01-01 report s "old" }
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return good_model(tmp_path, MODEL)


def rows(workspace: Workspace, question: str) -> list[tuple[object, ...]]:
    return [tuple(named(each) for each in row) for row in workspace.query(question).rows]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("zone z", [("far",), ("hall",), ("ward",)]),
        ("zone z where z.trust < 2", [("ward",)]),
        ("system s, zone z where s.zone = z", [("gate", "hall"), ("pacs", "ward")]),
        ("zone x, zone y where joined(x, y)", [("hall", "far"), ("ward", "far"), ("ward", "hall")]),
        ("zone y where joined(ward, y)", [("far",), ("hall",)]),
        ("zone z where not joined(z, far)", [("far",)]),
        ("system s where s.zone.trust > 9", []),
        ("zone z where z.trust != 1,", [("hall",)]),
    ],
)
def test_answers(workspace: Workspace, question: str, expected: list[tuple[object, ...]]) -> None:
    assert rows(workspace, question) == expected


def test_columns_are_the_variables(workspace: Workspace) -> None:
    result = workspace.query("system s, zone z where s.zone = z")
    assert result.columns == ("s", "z")
    assert result.rows[0][0] is entity(workspace, "gate")


@pytest.mark.parametrize(
    "question",
    [
        "",
        "zne z",
        "zone",
        "zone z where z.trst = 1",
        "zone z where near(z)",
        "zone z where z.trust <",
        "}{",
        "zone z where y = 2",
    ],
)
def test_what_cannot_be_asked(workspace: Workspace, question: str) -> None:
    with pytest.raises(QueryError) as problem:
        workspace.query(question)
    for each in problem.value.diagnostics:
        assert 0 <= each.span.start <= each.span.end <= len(problem.value.source.text)


def lines(explanation: Explanation) -> list[str]:
    return [explanation.text, *(line for child in explanation.children for line in lines(child))]


@pytest.mark.parametrize(
    ("question", "told", "help"),
    [
        ("reaches(", "a question begins with what it asks for: `KIND NAME`", "device d where"),
        ("reaches(red, blue, _)", "a question begins with what it asks for: `KIND NAME`", "panacea explain"),
        ("", "a question begins with what it asks for: `KIND NAME`", "device d where"),
        ("zone", "a question begins with what it asks for: `KIND NAME`", "device d where"),
        ("zone where z.trust < 2", "a question begins with what it asks for: `KIND NAME`", "device d where"),
        ("zone z where (z.trust < 2", "`(` is never closed", "close it with `)`"),
        ("zone z where z.type in [office", "`[` is never closed", "close it with `]`"),
        ('zone z where z.title = "(" and (z.trust < 2', "`(` is never closed", "close it with `)`"),
        ("zone z where z.trust < 2)", "`)` closes nothing", ""),
        ("zone z, where z.trust", "a value is missing after `,`", ""),
    ],
)
def test_one_mistake_has_one_diagnostic(workspace: Workspace, question: str, told: str, help: str) -> None:
    for ask in (workspace.query, workspace.prove_absent):
        with pytest.raises(QueryError) as refused:
            ask(question)
        (one,) = refused.value.diagnostics
        assert one.message == told
        assert help in (one.help or "")
        assert one.span.end <= len(refused.value.source.text)


def test_a_proof_of_a_finding(workspace: Workspace) -> None:
    told = lines(workspace.explain(the_finding(workspace, "low", "pacs")))
    assert told[0] == "low"
    assert "rule low: Low" in told
    assert any("pacs.zone = ward" in line for line in told)
    assert any("ward.trust = 1" in line for line in told)


def test_a_proof_shows_dates_as_dates(workspace: Workspace) -> None:
    told = lines(workspace.explain(the_finding(workspace, "old", "pacs")))
    assert any(date(2027, 6, 30).isoformat() in line for line in told)


def test_a_proof_of_an_unknown_verdict_says_what_is_missing(workspace: Workspace) -> None:
    told = lines(workspace.explain(the_finding(workspace, "low", "lost")))
    assert "nobody said what `zone` of lost is" in told


def test_a_proof_of_a_fact(workspace: Workspace) -> None:
    explanation = workspace.explain("joined(ward, far)")
    assert explanation.text == "joined(ward, far)"
    told = lines(explanation)
    assert {"joined(ward, hall)", "joined(hall, far)"} <= set(told)
    assert any(child.span is not None for child in explanation.children)


@pytest.mark.parametrize(
    "fact",
    ["joined(far, ward)", "joined(ward)", "near(ward, hall)", "ward", "joined(ward, nowhere)", "", "("],
)
def test_what_cannot_be_proved(workspace: Workspace, fact: str) -> None:
    with pytest.raises(QueryError) as problem:
        workspace.explain(fact)
    assert problem.value.diagnostics


def test_a_finding_of_another_model_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    finding = the_finding(workspace, "low", "pacs")
    other = good_model(tmp_path / "other", MODEL.replace("trust: 1", "trust: 3"))
    with pytest.raises(KeyError):
        other.explain(finding)


def test_questions_leave_the_model_as_it_is(workspace: Workspace) -> None:
    before = [(f.fingerprint, f.verdict) for f in workspace.findings()]
    rules = len(workspace.rules())
    workspace.query("zone z where not joined(z, far)")
    workspace.explain("joined(ward, far)")
    assert [(f.fingerprint, f.verdict) for f in workspace.findings()] == before
    assert len(workspace.rules()) == rules
