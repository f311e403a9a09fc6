"""Scenarios: what they set, take away and add, and that the model itself stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from panacea_policy.compiler import UNKNOWN, Formula
from tests.compiler.workspaces import codes, entity, good_model, marked, open_model, value, verdicts

MODEL = """
zone ward { trust: 1 }
zone hall { trust: 2 }
role it {}
template system server { rto: 4 h }
system pacs : server in ward { backup: { every: 1 d } }
system gate in hall { endpoint web {}  owner: it }
device pump from inventory("pumps.csv") { id: column("id")  zone: column("zone") }
flow feed: gate -> pacs {}
flow inside: pacs -> pacs {}
process care { needs: pacs or gate }
rule low { for zone z where z.trust < 2 report z "low" }
rule owned { for asset a require a.owner != none report a "nobody's" }
rule near { for flow f where f.source.zone != f.target.zone report f "crosses" }

scenario change { set ward.trust: 3  set pacs.owner: it }
scenario structure { set pacs.backup.every: 1 h }
scenario rows { set pump.owner: it }
scenario without { remove gate }
scenario more { system extra in ward { owner: none }  flow other: extra -> pacs {} }
scenario nothing {}
scenario unset { set gate.owner: none }
"""
FILES = {"m.panacea": MODEL, "pumps.csv": "id,zone\nA,ward\nB,ward\n"}


def test_a_scenario_sets_values(tmp_path: Path) -> None:
    base = good_model(tmp_path, FILES)
    before = verdicts(base)
    other = base.with_scenario("change")
    assert codes(other) == []
    assert (value(other, "ward", "trust"), value(other, "pacs", "owner")) == (3, "it")
    assert ("low", "ward") not in verdicts(other)
    assert ("owned", "pacs") not in verdicts(other)
    assert (value(base, "ward", "trust"), value(base, "pacs", "owner")) == (1, UNKNOWN)
    assert verdicts(base) == before


def test_it_sets_inside_a_structure(tmp_path: Path) -> None:
    base = good_model(tmp_path, FILES)
    assert value(base.with_scenario("structure"), "pacs.backup", "every") == 3600
    assert value(base, "pacs.backup", "every") == 86400


def test_it_sets_rows_of_an_inventory(tmp_path: Path) -> None:
    base = good_model(tmp_path, FILES)
    other = base.with_scenario("rows")
    assert codes(other) == []
    assert value(other, 'pump["A"]', "owner") == value(other, 'pump["B"]', "owner") == "it"
    assert value(base, 'pump["A"]', "owner") is UNKNOWN


def test_what_it_removes_is_gone_with_its_parts_and_its_flows(tmp_path: Path) -> None:
    base = good_model(tmp_path, FILES)
    other = base.with_scenario("without")
    assert codes(other) == []
    assert other.model.get("gate") is None
    assert other.model.get("gate.web") is None
    assert other.model.get("feed") is None, "a flow without one end is no flow"
    assert other.model.get("inside") is not None
    assert base.model.get("feed") is not None
    assert not any(subject == "feed" for _, subject in verdicts(other))


def test_it_adds_declarations(tmp_path: Path) -> None:
    base = good_model(tmp_path, FILES)
    other = base.with_scenario("more")
    assert verdicts(other)["owned", "extra"] == "violated"
    assert value(other, "other", "target") == "pacs"
    assert base.model.get("extra") is None


def test_none_is_a_value_that_can_be_set(tmp_path: Path) -> None:
    assert verdicts(good_model(tmp_path, FILES).with_scenario("unset"))["owned", "gate"] == "violated"


def test_an_empty_scenario_changes_nothing(tmp_path: Path) -> None:
    base = good_model(tmp_path, FILES)
    other = base.with_scenario("nothing")
    assert other.scenario == "nothing"
    assert [f.fingerprint for f in other.findings()] == [f.fingerprint for f in base.findings()]


def test_scenarios_are_listed_and_unknown_ones_refused(tmp_path: Path) -> None:
    base = good_model(tmp_path, FILES)
    assert list(base.scenarios()) == ["change", "structure", "rows", "without", "more", "nothing", "unset"]
    assert base.scenarios()["more"].title == "more"
    with pytest.raises(KeyError):
        base.with_scenario("better")


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ("set wrd.trust: 4", ("P0202", "wrd.trust")),
        ("set ward.trst: 4", ("P0302", "ward.trst")),
        ('set ward.trust: "high"', ("P0303", '"high"')),
        ("remove wrd", ("P0202", "wrd")),
    ],
)
def test_mistakes_in_a_scenario_are_seen_before_it_is_used(
    tmp_path: Path, entries: str, expected: tuple[str, str]
) -> None:
    workspace = open_model(tmp_path, f"zone ward {{}}\nscenario better {{ {entries} }}")
    assert marked(workspace) == [expected]


def test_a_scenario_may_set_what_it_adds(tmp_path: Path) -> None:
    text = "zone ward {}\nscenario s { zone hall {}  set ward.parent: hall  set hall.trust: 3 }"
    assert codes(good_model(tmp_path, text).with_scenario("s")) == []


def test_what_a_scenario_adds_is_checked_when_it_is_applied(tmp_path: Path) -> None:
    base = open_model(tmp_path, "zone ward {}\nscenario s { system x in wrd {} }")
    assert marked(base.with_scenario("s")) == [("P0202", "wrd")]


def test_a_scenario_of_a_model_with_libraries_reads_the_same_names(tmp_path: Path) -> None:
    files = {"m.panacea": "use std.healthcare, packs.nis2\nsystem a {}\nscenario s { system b {} }"}
    base = good_model(tmp_path, files)
    before = {f.rule.id for f in base.findings()}
    assert {f.rule.id for f in base.with_scenario("s").findings()} >= before


def test_mentions_of_what_is_removed_go_with_it(tmp_path: Path) -> None:
    text = """
    system pacs {}
    system gate {}
    system spare {}
    control mfa { protects: [gate, pacs] }
    process care { needs: pacs and (gate or spare) }
    process walk { needs: gate }
    rule r { for control c where gate in c.protects report c "x" }
    scenario without { remove gate }
    """
    base = good_model(tmp_path, text)
    other = base.with_scenario("without")
    assert codes(other) == []
    assert value(other, "mfa", "protects") == ("pacs",)
    care = other.model.formula(entity(other, "care"), "needs")
    assert isinstance(care, Formula)
    assert (care.word, care.left, care.right) == ("and", "pacs", "spare")
    assert other.model.formula(entity(other, "walk"), "needs") is None
    assert verdicts(base) == {("r", "mfa"): "violated"}
    assert verdicts(other) == {}


def test_an_inventory_and_a_part_can_be_removed(tmp_path: Path) -> None:
    text = MODEL + "scenario no_pumps { remove pump }\nscenario no_page { remove gate.web }\n"
    base = good_model(tmp_path, {**FILES, "m.panacea": text})
    assert base.with_scenario("no_pumps").model.entities("device") == []
    other = base.with_scenario("no_page")
    assert value(other, "gate", "endpoints") == ()
    assert other.model.get("feed") is not None


BUILT_ON = """
scenario first { system extra in ward { owner: none }  set ward.trust: 3 }
scenario second { includes: [first]  set ward.trust: 4  remove gate }
scenario third { includes: [second, first]  set pacs.owner: it  set extra.owner: it }
"""


def test_a_scenario_is_laid_over_those_that_it_includes(tmp_path: Path) -> None:
    base = good_model(tmp_path, {**FILES, "n.panacea": BUILT_ON})
    other = base.with_scenario("third")
    assert codes(other) == []
    assert value(other, "ward", "trust") == 4
    assert value(other, "pacs", "owner") == value(other, "extra", "owner") == "it"
    assert other.model.get("gate") is None
    assert value(base.with_scenario("first"), "ward", "trust") == 3


def test_what_includes_itself_is_refused_with_the_circle(tmp_path: Path) -> None:
    text = "scenario a { includes: [b] }\nscenario b { includes: [c] }\nscenario c { includes: [a] }\n"
    workspace = open_model(tmp_path, {**FILES, "n.panacea": text})
    found = [each for each in workspace.diagnostics() if each.code == "P0209"]
    assert found[0].message == "scenario `a` builds on itself: a → b → c → a"
    assert len(found) == 3
    workspace.with_scenario("a").diagnostics()
