"""Changes of a model at work: what is asked afterwards is what a fresh workspace says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import Delta, DeltaError, Finding, Workspace

MODEL = """
zone wards "Wards" { trust: 3 }
zone offices "Offices" { trust: 2 }
zone servers "Servers" { trust: 4 }
data_class record { special_category: true }
security_profile open_text { encrypts: false }
security_profile tls { encrypts: true }
role manager "Manager"
template system kiosk { zone: offices }
system ehr "Patient record" in servers { owner: manager  stores: [record] }
system desk in offices
system door: kiosk { owner: manager }
flow desk_flow: desk -> ehr { carries: [record]  security: open_text }
flow door_flow: door -> ehr { carries: [record]  security: tls }
process care { needs: ehr or desk  rto: 1 h }

relation carries(flow, system, system)
carries(f, a, b) if f.source = a, f.target = b
relation tells(system, system)
tells(a, b) if carries(f, a, b)
relation reaches(system, system)
reaches(a, b) if tells(a, b)
reaches(a, c) if reaches(a, b), tells(b, c)

rule in_clear "Sent in clear" {
  severity: high
  for flow f
  applies when some data_class d in f.carries with d.special_category
  where f.security.encrypts = false
  report f "from {f.source} to {f.target}"
}
rule owned "Without owner" {
  severity: medium
  for system s
  require s.owner != none
  report s "{s} in {s.zone} has no owner"
}
rule reached "Reached from a lower zone" {
  severity: low
  for system s, system t
  where reaches(t, s), t.zone.trust < s.zone.trust
  report s "by {t}"
}
rule crowded "Many systems" {
  severity: low
  for zone z
  where (count of system s with s.zone = z) > 1
  report z "has many"
}
"""
DAY = date(2026, 11, 28)


def opened(folder: Path, text: str = MODEL) -> Workspace:
    (folder / "model.panacea").write_text(text)
    return Workspace.open(folder, as_of=DAY, cache=None)


def said(workspace: Workspace) -> list[tuple[str, str, tuple[str, ...], tuple[str, ...], list[str]]]:
    return [told(each) for each in workspace.findings()]


def told(finding: Finding) -> tuple[str, str, tuple[str, ...], tuple[str, ...], list[str]]:
    return (
        finding.rule.id,
        finding.verdict.value,
        tuple(each.name for each in finding.subjects),
        finding.witnesses,
        [question.text for question in finding.questions],
    )


def tallies(workspace: Workspace) -> list[tuple[str, dict[str, int], tuple[tuple[str, ...], ...]]]:
    return [
        (t.rule.id, {k.value: v for k, v in t.counts.items()}, tuple(sorted(t.met)))
        for t in workspace.tallies()
    ]


def test_an_attribute_is_set_and_findings_come_and_go(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    applied = workspace.apply(Delta("set desk_flow.security: tls\nset desk.owner: manager"))
    assert sorted((f.rule.name, f.verdict.value) for f in applied.gone) == [
        ("in_clear", "violated"),
        ("owned", "unknown"),
    ]
    assert applied.appeared == ()
    assert [each.message for each in applied.gone if each.rule.name == "in_clear"] == ["from desk to ehr"]
    edited = MODEL.replace("security: open_text", "security: tls").replace(
        "system desk in offices", "system desk in offices { owner: manager }"
    )
    assert said(workspace) == said(opened(tmp_path, edited))


def test_declarations_and_rules_come(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    text = "system pump in wards\nflow pump_flow: pump -> desk { security: open_text  carries: [record] }"
    rule = 'rule far "Far" { severity: low for system s where reaches(s, ehr) report s "far" }'
    applied = workspace.apply(Delta(text, rule))
    assert {f.rule.name for f in applied.appeared} == {"in_clear", "owned", "reached", "far"} - {
        "reached"
    } | {name for name in ("reached",) if any(f.rule.name == name for f in applied.appeared)}
    assert said(workspace) == said(opened(tmp_path, f"{MODEL}\n{text}\n{rule}"))
    assert len(workspace.query("system s where reaches(s, ehr)").rows) == 3


def test_declarations_go_with_what_hangs_on_them(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    workspace.apply(Delta("remove desk"))
    assert workspace.model.get("desk") is None
    assert workspace.model.get("desk_flow") is None
    fresh = opened(
        tmp_path,
        MODEL.replace("system desk in offices\n", "")
        .replace("flow desk_flow: desk -> ehr { carries: [record]  security: open_text }\n", "")
        .replace("ehr or desk", "ehr"),
    )
    assert [each[:3] for each in said(workspace)] == [each[:3] for each in said(fresh)]


def test_what_a_template_says_goes_too(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    workspace.apply(Delta("remove offices"))
    door = workspace.model.get("door")
    assert door is not None
    assert door.value("zone") is None


def test_a_rule_is_withdrawn(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    applied = workspace.apply(Delta(withdraw=("in_clear",)))
    assert {each.rule.name for each in applied.gone} == {"in_clear"}
    assert all(each.rule.name != "in_clear" for each in workspace.findings())


@pytest.mark.parametrize(
    ("delta", "code", "place"),
    [
        (Delta("set desk.trst: 3"), "P0302", "desk.trst"),
        (Delta("set desc.owner: manager"), "P0202", "desc.owner"),
        (Delta("set desk.owner: manger"), "P0202", "manger"),
        (Delta("remove dsk"), "P0202", "dsk"),
        (Delta("system desk"), "P0204", "desk"),
        (Delta("system pump in wrads"), "P0202", "wrads"),
    ],
)
def test_a_wrong_change_changes_nothing(tmp_path: Path, delta: Delta, code: str, place: str) -> None:
    workspace = opened(tmp_path)
    before = said(workspace)
    with pytest.raises(DeltaError) as raised:
        workspace.apply(delta)
    assert [each.code for each in raised.value.diagnostics] == [code]
    span = raised.value.diagnostics[0].span
    assert raised.value.sources[span.file].text[span.start : span.end] == place
    assert said(workspace) == before
    workspace.apply(Delta("set desk.owner: manager"))


def test_wrong_rules_change_nothing(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    before = said(workspace)
    with pytest.raises(DeltaError):
        workspace.apply(Delta(rules='rule bad { for system s where s.ownr = none report s "x" }'))
    with pytest.raises(DeltaError) as raised:
        workspace.apply(Delta(withdraw=("in_cleer",)))
    assert raised.value.diagnostics[0].help == "did you mean `in_clear`?"
    with pytest.raises(DeltaError):
        workspace.apply(Delta("} zone x {"))
    assert said(workspace) == before


def test_changes_stay_over_edits_and_scenarios(tmp_path: Path) -> None:
    text = f"{MODEL}\nscenario safe {{ set desk_flow.security: tls }}"
    workspace = opened(tmp_path, text)
    workspace.apply(Delta("set desk.owner: manager"))
    scenario = workspace.with_scenario("safe")
    assert all(each.rule.name not in ("in_clear", "owned") for each in scenario.findings())
    workspace.update("model.panacea", text.replace("trust: 2", "trust: 5"))
    assert all(each.rule.name not in ("owned", "reached") for each in workspace.findings())
    assert any(each.rule.name == "in_clear" for each in workspace.findings())


ENTRIES = (
    "set desk_flow.security: tls",
    "set desk_flow.security: open_text",
    "set desk_flow.carries: []",
    "set desk_flow.carries: [record]",
    "set desk.owner: manager",
    "set desk.owner: none",
    "set door.zone: servers",
    "set desk.zone: wards",
    "set offices.trust: 5",
    "set record.special_category: false",
    "set tls.encrypts: false",
    "set care.needs: ehr and door",
    "remove door_flow",
    "remove desk",
    "remove manager",
    "system pump in wards",
    "system pump in wards { owner: manager }",
    "flow back: ehr -> desk { security: open_text }",
    "flow loop: desk -> desk",
    'waive owned on desk until 2027-01-01 because "known" by manager',
    "zone attic { trust: 1 }",
)
RULES = (
    "",
    'rule far "Far" { severity: low for system s where reaches(s, ehr) report s "far {s}" }',
    "tells(a, b) if a.zone = b.zone",
    'rule lone "Lone" { severity: low for system s where not reaches(s, ehr) report s "lone" }',
)
DELTAS = st.builds(
    Delta,
    st.lists(st.sampled_from(ENTRIES), max_size=3, unique=True).map("\n".join),
    st.sampled_from(RULES),
    st.sampled_from([(), (), (), ("owned",), ("reached",)]),
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(DELTAS, min_size=1, max_size=5))
def test_a_changed_workspace_equals_a_fresh_one(
    tmp_path_factory: pytest.TempPathFactory, deltas: list[Delta]
) -> None:
    workspace = opened(tmp_path_factory.mktemp("model"))
    for delta in deltas:
        before = said(workspace)
        try:
            applied = workspace.apply(delta)
        except DeltaError:
            assert said(workspace) == before
            continue
        fresh = Workspace.open(workspace.root, as_of=DAY, cache=None)
        fresh._deltas = list(workspace._deltas)
        assert said(workspace) == said(fresh)
        assert tallies(workspace) == tallies(fresh)
        now = {(f.fingerprint, f.verdict) for f in fresh.findings()}
        assert {(f.fingerprint, f.verdict) for f in applied.appeared} <= now
        assert not {(f.fingerprint, f.verdict) for f in applied.gone} & now
