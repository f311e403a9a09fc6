"""The design file of one system: what it finds, what it rests on, and that all of it hangs together."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.errors import PanaceaError
from panacea_policy.risk import RiskOptions
from panacea_policy.secure_design import DesignFile, design, find
from panacea_policy.secure_design.scales import scales
from tests.secure_design.ward import MODEL, workspace

FEW = RiskOptions(trials=200)


def test_threats_are_those_of_the_system_and_what_leads_to_it(pump: DesignFile) -> None:
    standing = {(t.rule, t.subject.name): t.state for t in pump.threats if t.state != "met"}
    assert standing["design.service_password_known", "pump"] == "open"
    assert standing["design.treatment_data_changeable", "settings"] == "open"
    assert standing["design.endpoint_asks_nothing", "pump.orders"] == "unknown"
    assert not any(t.subject.name == "pump_server" for t in pump.threats)
    found = next(t for t in pump.threats if t.rule == "design.service_password_known")
    assert found.weaknesses == ("CWE-798", "CWE-1392")
    assert found.techniques == ("T0812", "T1078.001")
    assert found.patterns == ("CAPEC-70",)
    assert found.kinds == ("elevation of privilege",)
    unknown = next(t for t in pump.threats if t.rule == "design.endpoint_asks_nothing")
    assert unknown.questions
    assert next(t for t in pump.threats if t.subject.name == "settings").relation == "flow to it"


def test_identifiers_come_from_names_alone(pump: DesignFile, tmp_path: Path) -> None:
    moved = (
        "# a comment that moves every line\n"
        + MODEL
        + 'device other : infusion_pump in bedside { model: "X" }\n'
    )
    again = design(workspace(tmp_path, text=moved), "pump", options=FEW)
    assert [t.id for t in again.threats] == [t.id for t in pump.threats]
    assert {r.id for r in again.requirements} == {r.id for r in pump.requirements}
    assert {r.id for r in again.risks} == {r.id for r in pump.risks}
    for threat in pump.threats:
        assert threat.id == f"T-{threat.fingerprint[:8].upper()}"
        assert threat.requirement == f"SR-{threat.fingerprint[:8].upper()}"


def test_everything_that_is_named_is_there(pump: DesignFile) -> None:
    threats, risks = {t.id for t in pump.threats}, {r.id for r in pump.risks}
    requirements = {r.id: r for r in pump.requirements}
    controls = {c.name for c in pump.controls}
    assert len(requirements) == len(pump.requirements)
    for each in pump.requirements:
        assert each.text
        assert set(each.threats) <= threats
        assert set(each.risks) <= risks
        assert set(each.controls) <= controls
    for threat in pump.threats:
        assert threat.requirement in requirements
        assert set(threat.risks) <= risks
    for risk in pump.risks:
        assert set(risk.threats) <= threats
        assert set(risk.requirements) <= set(requirements)


def test_each_open_threat_has_a_demand_and_a_test_idea(pump: DesignFile) -> None:
    by_id = {r.id: r for r in pump.requirements}
    for threat in pump.threats:
        requirement = by_id[threat.requirement]
        assert " shall " in requirement.text
        assert requirement.test_idea
        assert requirement.state == threat.state


def test_risks_are_simulated_and_fall_with_controls(pump: DesignFile) -> None:
    worst = next(r for r in pump.risks if r.title == "The device does what nobody ordered")
    assert worst.basis == "simulated"
    assert worst.severity.title == "S5 catastrophic"
    chances = [each.chance for each in (worst.before, worst.now, worst.planned, worst.candidates)]
    values = [each.value for each in chances if each is not None]
    assert len(values) == 4
    assert values == sorted(values, reverse=True)
    assert values[0] > values[1] > values[2]
    (gang,) = (a for a in worst.actors if a.actor == "gang")
    assert 0 < gang.chance.standard_error < gang.chance.value
    assert worst.events == ("controls pump, user", "controls pump, root")


def test_the_verdict_on_a_risk_is_that_of_the_declared_matrix(pump: DesignFile) -> None:
    cells = {row.severity.name: row.cells for row in pump.matrix.rows}
    for risk in pump.risks:
        for judged in (risk.before, risk.now, risk.planned, risk.candidates):
            if judged.level is not None:
                assert judged.acceptability == cells[risk.severity.name][judged.level.rank - 1]


def test_without_simulation_exploitability_is_ordinal_and_says_so(tmp_path: Path) -> None:
    made = design(workspace(tmp_path), "pump", simulate=False)
    assert not made.simulated
    assert made.moves == ()
    assert {r.basis for r in made.risks} == {"ordinal"}
    worst = next(r for r in made.risks if r.title == "The device does what nobody ordered")
    assert worst.now.chance is None
    assert worst.now.level is not None
    assert worst.now.level.title == "P4 likely"
    assert worst.planned.level is None
    assert any("ordinal" in each for each in made.method)
    assert any("ordinal" in each for each in made.residual)


def test_a_risk_that_no_way_leads_to_is_not_called_safe_while_a_threat_stands(tmp_path: Path) -> None:
    quiet = MODEL.replace("threat_actor gang", "threat_actor visitor_only").replace(
        "type: criminal_group", "type: visitor"
    )
    alone = quiet.replace(
        "  endpoint orders "
        "{ protocol: vendor_protocol  security: cleartext  authentication: no_authentication }\n",
        "",
    ).replace("networked: true", "networked: false")
    made = design(workspace(tmp_path, text=alone), "pump", options=FEW)
    for risk in made.risks:
        if risk.basis == "ordinal":
            assert any(t.state != "met" for t in made.threats if t.id in risk.threats)
        if risk.basis == "unreached":
            assert all(t.state == "met" for t in made.threats if t.id in risk.threats)


def test_own_hazards_and_levels_take_the_place_of_those_of_the_library(tmp_path: Path) -> None:
    own = """\
harm_level catastrophic "Death" { rank: 5  acceptable_up_to: frequent  tolerable_up_to: frequent }
hazard free_flow "Free flow" of pump {
  categories: [tampering, spoofing, elevation, safety]  events: ["controls"]
  situation: "It runs at full speed."  harm: "Death"  severity: catastrophic
}
"""
    made = design(workspace(tmp_path, own), "pump", options=FEW)
    titles = [r.title for r in made.risks]
    assert "Free flow" in titles
    assert "The device does what nobody ordered" not in titles
    flow = next(r for r in made.risks if r.title == "Free flow")
    assert flow.severity.title == "Death"
    assert flow.now.acceptability == "acceptable"


def test_where_safety_is_not_stated_the_worst_is_assumed(tmp_path: Path) -> None:
    bare = "device box in bedside { medical: true  default_service_password: true  safety: administrative }\n"
    stated = design(workspace(tmp_path / "a", bare), "box", simulate=False)
    unsaid = design(
        workspace(tmp_path / "b", bare.replace("  safety: administrative", "")), "box", simulate=False
    )
    assert all(r.severity.rank < 5 and not r.assumed for r in stated.risks)
    assert unsaid.subject.safety == "not stated"
    for risk in unsaid.risks:
        assert risk.severity.rank < 4 or risk.assumed


def test_residual_risk_begins_with_the_verdict(pump: DesignFile) -> None:
    assert pump.residual[0].startswith("With the controls in place, 2 of 3 risks are not acceptable")
    assert pump.residual[-1].startswith("Acceptance of what is left")


def test_attack_steps_that_touch_it_are_told_from_both_sides(pump: DesignFile) -> None:
    entry = {m.title for m in pump.moves if m.direction == "entry"}
    assert "Send commands to a device that believes everybody" in entry
    assert "Open a device with the service password of its series" in entry
    command = next(m for m in pump.moves if m.title == "Send commands to a device that believes everybody")
    assert command.test_idea
    assert command.hindered_by == ("guard",)
    assert command.hindered_later == ("gate",)
    assert "std.device_monitoring" in command.could_hinder


def test_four_views_show_what_is_declared_and_what_is_not(pump: DesignFile) -> None:
    by_id = {view.id: view for view in pump.views}
    assert list(by_id) == ["global", "multi_patient", "update", "use"]
    whole = by_id["global"]
    assert [(e.source, e.target, e.label, e.broken) for e in whole.links] == [
        ("servers", "bedside", "vendor_protocol", True)
    ]
    assert any("`update_route`" in gap for gap in by_id["update"].gaps)
    assert by_id["update"].links[0].broken
    care = next(table for table in by_id["multi_patient"].tables if table.caption == "Care that needs it")
    assert care.rows[0][0] == "Infusions"
    uses = by_id["use"].tables[0]
    assert uses.rows[0][:2] == ("Receive Settings and drug libraries", "Pump server")
    for view in pump.views:
        boxes = {node.id for node in view.nodes}
        assert all(link.source in boxes and link.target in boxes for link in view.links)


def test_a_suppliers_access_is_not_the_makers_way_of_updates(tmp_path: Path) -> None:
    more = """\
supplier other "Other firm" { type: manufacturer  country: IE }
remote_access tunnel "Other's tunnel" by other to pump { jump_host: none }
remote_access service "Maker's service" by maker to pump { jump_host: none }
"""
    found = design(workspace(tmp_path, more), "pump", simulate=False)
    (view,) = (each for each in found.views if each.id == "update")
    titles = {node.id: node.title for node in view.nodes}
    links = {(titles[e.source], titles[e.target]): (e.label, e.broken) for e in view.links}
    assert links["Other firm", "Other's tunnel"] == ("remote service", True)
    assert links["Maker", "Maker's service"] == ("remote service", True)
    assert links["Other's tunnel", "New pump"] == ("may install", True)
    assert ("Maker", "Other's tunnel") not in links
    # That something comes from afar does not tell how updates come.
    assert links["Maker", "Way not stated"] == ("update", True)


def test_what_many_have_in_common_is_only_what_is_declared(tmp_path: Path) -> None:
    more = "device second : infusion_pump in bedside { }\n"
    alone = design(workspace(tmp_path / "a", more), "pump", simulate=False)
    both = design(
        workspace(tmp_path / "b", more + "flow pump_server -> second over vendor_protocol { }\n"),
        "pump",
        simulate=False,
    )

    def reaches(made: DesignFile) -> bool:
        view = next(v for v in made.views if v.id == "multi_patient")
        return any(link.source == "shared pump_server" and link.target == "alike" for link in view.links)

    assert not reaches(alone)
    assert reaches(both)


def test_the_disclosure_draft_answers_what_is_stated_and_nothing_else(pump: DesignFile) -> None:
    answers = {a.number: a for a in pump.disclosure}
    assert (answers["DOC-1"].answer, answers["DOC-1"].note) == ("yes", "P-9")
    assert answers["ALOF-1"].answer == "no"
    assert (answers["CSUP-1"].answer, answers["CSUP-1"].note) == ("see note", "not stated")
    assert answers["CONN-2"].answer == "no"
    assert answers["CONN-1"].answer == "yes"
    assert answers["PAUT-5"].answer == "yes"
    # A prior of the library ("usually false") is no answer of a manufacturer.
    assert answers["TXCF-1"].answer == "see note"
    sections = list(dict.fromkeys(a.section for a in pump.disclosure))
    assert sections[1:] == [
        "MPII",
        "ALOF",
        "AUDT",
        "AUTH",
        "CSUP",
        "DIDT",
        "DTBK",
        "EMRG",
        "IGAU",
        "MLDP",
        "NAUT",
        "CONN",
        "PAUT",
        "PLOK",
        "RDMP",
        "SBOM",
        "SAHD",
        "SGUD",
        "STCF",
        "TXCF",
        "TXIG",
        "RMOT",
        "OTHR",
    ]


def test_the_disclosure_does_not_contradict_what_rules_found(tmp_path: Path) -> None:
    more = """\
account night_shift "Night shift" on pump_server {
  shared: true  expires: none  state: active  logged: false  privileged: false
}
"""
    text = MODEL.replace("internet_facing: true", "internet_facing: false  shared_workstation: false")
    server = design(workspace(tmp_path, more, text), "pump_server", simulate=False)
    answers = {a.number: a for a in server.disclosure}
    reached, shared = answers["CONN-4"], answers["AUTH-2"]
    assert (reached.answer, shared.answer) == ("see note", "see note")
    threats = {t.requirement: t for t in server.threats}
    for answer, rules in (
        (reached, {"design.data_outside_dmz", "design.internet_with_one_factor"}),
        (shared, {"design.shared_account_unlogged"}),
    ):
        start, _, said = answer.note.partition("; but ")
        named, _, message = said.partition(": ")
        assert start == "stated: no"
        assert threats[named].rule in rules
        assert message == threats[named].message
    # A system in a zone is on a network, whether or not the internet reaches it.
    assert (answers["DOC-7"].answer, answers["DOC-7"].note) == ("yes", "Servers")


def test_what_rules_found_answers_where_nobody_stated_anything(tmp_path: Path) -> None:
    text = MODEL.replace("internet_facing: true", "")
    server = design(workspace(tmp_path, text=text), "pump_server", simulate=False)
    reached = next(a for a in server.disclosure if a.number == "CONN-4")
    assert reached.answer == "yes"
    assert "can be reached from" in reached.note


def test_rules_that_contradict_an_answer_exist(tmp_path: Path) -> None:
    opened = workspace(tmp_path)
    rules = {rule.id for rule in opened.rules()}
    named = [
        str(rule)
        for question in opened.model.entities("disclosure_question")
        for rule in question.value("contradicted_by") or ()
    ]
    assert named
    assert set(named) - rules == set()


def test_every_question_of_the_disclosure_asks_for_an_attribute_that_exists(tmp_path: Path) -> None:
    model = workspace(tmp_path).model
    device = model.registry.kind("device")
    for question in model.entities("disclosure_question"):
        paths = [
            question.value("attribute"),
            *(v if isinstance(v := question.value("otherwise"), tuple) else ()),
        ]
        for path in paths:
            assert str(path).split(".")[0] in device.attributes, (question.name, path)


def test_the_same_model_gives_the_same_bytes(pump: DesignFile, tmp_path: Path) -> None:
    again = design(workspace(tmp_path), "pump", options=RiskOptions(trials=1000))
    assert again.to_json() == pump.to_json()


def test_requirements_of_law_name_their_clauses(tmp_path: Path) -> None:
    law = """\
pack house "House law" { version: "1.0.0"  status: in_force }
requirement keys "Keys" of house { clause: "7"  text: "Service keys are our own."  decided_by: rules }
rule own_keys "A service key that others have" {
  severity: high  satisfies: [keys]
  for device d
  where d.default_service_password
  report d "has one"
  remedy "Change it."
}
"""
    made = design(workspace(tmp_path, law), "pump", simulate=False)
    (found,) = (r for r in made.requirements if r.rule == "own_keys")
    assert found.source == "clause"
    assert found.state == "open"
    assert [c.number for c in found.clauses] == ["7"]
    assert found.text == "Service keys are our own. This shall not be found: a service key that others have."
    assert not any(t.rule == "own_keys" for t in made.threats)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pmp", "no system or device is called `pmp`"),
        ("bedside", "`bedside` is a zone"),
        ("row", "`row` stands for 2 units"),
    ],
)
def test_a_name_that_is_not_one_system_is_refused_with_a_cure(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "rows.csv").write_text("tag\nA\nB\n")
    rows = 'device row[2] : infusion_pump in bedside from inventory("rows.csv") { id: column("tag") }\n'
    with pytest.raises(PanaceaError, match=said) as refused:
        find(workspace(tmp_path, rows).model, name)
    assert refused.value.help


def test_a_system_is_found_by_its_title_too(tmp_path: Path) -> None:
    assert find(workspace(tmp_path).model, "new pump").name == "pump"


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 4))
def test_more_probable_exploitation_is_never_more_acceptable(one: float, other: float, row: int) -> None:
    known = _scales()
    order = ("acceptable", "reduce further", "not acceptable")
    low, high = sorted((one, other))
    harm = known.harms[row]
    assert order.index(known.judge(harm, known.of_chance(low))) <= order.index(
        known.judge(harm, known.of_chance(high))
    )


_KNOWN = []


def _scales():  # type: ignore[no-untyped-def]
    if not _KNOWN:
        from panacea_policy.compiler import Workspace

        opened = Workspace.open(Path(__file__).parents[2] / "rules" / "secure_design")
        _KNOWN.append(scales(opened.model))
    return _KNOWN[0]


def test_no_known_way_is_no_finding_where_nobody_says_what_it_listens_on(tmp_path: Path) -> None:
    said = "works_offline: true  removable_media: false  default_service_password: false"
    box = f"device box : infusion_pump in bedside {{ networked: true  {said} }}\n"
    silent = design(workspace(tmp_path / "a", box), "box", options=FEW)
    unreached = [r for r in silent.risks if r.basis == "unreached"]
    assert unreached
    assert all(r.now.level is None and r.now.acceptability is None for r in unreached)
    assert any(each.startswith("Not rated: ") for each in silent.residual)
    apart = design(
        workspace(tmp_path / "b", box.replace("networked: true", "networked: false")), "box", options=FEW
    )
    rated = [r for r in apart.risks if r.basis == "unreached"]
    assert rated
    assert all(r.now.level is not None for r in rated)


def test_residual_risk_says_that_nobody_stated_on_what_it_listens(tmp_path: Path) -> None:
    (line,) = (each for each in MODEL.splitlines() if "endpoint orders" in each)
    said = "No end point of the system is declared"
    silent = design(workspace(tmp_path / "a", text=MODEL.replace(line, "")), "pump", simulate=False)
    assert [each for each in silent.residual if each.startswith(said)]
    told = design(workspace(tmp_path / "b"), "pump", simulate=False)
    assert not [each for each in told.residual if each.startswith(said)]


def test_the_organisation_is_that_which_is_no_partner(tmp_path: Path) -> None:
    text = MODEL.replace("partner: false  ", "") + 'organisation other "Other" { partner: true }\n'
    made = design(workspace(tmp_path, text=text), "pump", options=FEW, simulate=False)
    assert made.organisation == "Ward"


FRAUD = """
threat_actor fraudster "Fraudster" {
  type: criminal_group  internal: false  attempts: 6 per year  skill: professional  motive: financial
  aims_at: [AIM]  effects: [EFFECTS]
}
"""


@pytest.mark.parametrize(
    ("aim", "effects", "counted"),
    [
        ("financial_record", "theft", False),
        ("financial_record", "theft, disclosure", False),
        ("financial_record", "theft, disruption", True),
        ("device_settings", "theft", True),
        ("financial_record, device_settings", "theft", True),
        ("pump_server", "theft", True),
    ],
)
def test_who_only_wants_money_from_elsewhere_is_not_counted(
    tmp_path: Path, aim: str, effects: str, counted: bool
) -> None:
    text = FRAUD.replace("AIM", aim).replace("EFFECTS", effects)
    made = design(workspace(tmp_path, text), "pump_server", options=RiskOptions(trials=500))
    actors = {actor.title for risk in made.risks for actor in risk.actors}
    assert "Gang" in actors
    assert ("Fraudster" in actors) == counted
    told = "Not counted: Fraudster, who only takes things and aims at Financial"
    assert any(each.startswith(told) for each in made.method) != counted
