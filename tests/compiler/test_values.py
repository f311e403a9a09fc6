# The texts of models keep their lines.
# ruff: noqa: E501
"""Values of attributes: structures, maps, sums, dates with a state, formulas, and what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from panacea_policy.compiler import UNKNOWN, Formula
from tests.compiler.workspaces import codes, entity, good_model, marked, named, open_model, value, verdicts

EUROS = "organisation clinic { currency: EUR  exchange_rates: { USD: 0.5 } }\n"


def test_a_structure_is_an_entity_of_its_own(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, "system pacs { backup: { every: 1 d  offsite: true } }")
    assert value(workspace, "pacs", "backup") == "pacs.backup"
    assert value(workspace, "pacs.backup", "every") == 86400
    assert value(workspace, "pacs.backup", "rto") is UNKNOWN


def test_structures_may_nest(tmp_path: Path) -> None:
    workspace = good_model(
        tmp_path, "zone ward { target: { integrity: 3 } }\nsystem s { logging: { retention: 1 y } }"
    )
    assert value(workspace, "ward.target", "integrity") == 3


def test_a_structure_may_be_stated_to_be_absent(tmp_path: Path) -> None:
    workspace = good_model(
        tmp_path,
        'system a { backup: none }\nsystem b {}\nrule r { for system s where s.backup = none report s "x" }',
    )
    assert [(f.subjects[0].name, str(f.verdict)) for f in workspace.findings()] == [
        ("a", "violated"),
        ("b", "unknown"),
    ]


def test_a_map_is_a_list_of_entries(tmp_path: Path) -> None:
    workspace = good_model(
        tmp_path,
        """
        behaviour shares_credential {}
        behaviour leaves_unlocked {}
        role nurse { behaviours: { shares_credential: 23 %  leaves_unlocked: 41 % } }
        role clerk { behaviours: {} }
        rule r { for role r where some entry e in r.behaviours with e.key = shares_credential and e.value > 20 % report r "x" }
        """,
    )
    entries = workspace.model.value(entity(workspace, "nurse"), "behaviours")
    assert isinstance(entries, tuple)
    assert named(entries) == ("nurse.behaviours.shares_credential", "nurse.behaviours.leaves_unlocked")
    assert value(workspace, "nurse.behaviours.shares_credential", "key") == "shares_credential"
    assert verdicts(workspace) == {("r", "nurse"): "violated"}
    assert value(workspace, "clerk", "behaviours") == ()


def test_a_sum_stands_for_a_structure(tmp_path: Path) -> None:
    workspace = good_model(
        tmp_path, EUROS + "control mfa { cost: 60k EUR + 12k USD per year }\ncontrol free { cost: 1k EUR }"
    )
    once = workspace.model.value(entity(workspace, "mfa.cost"), "once")
    yearly = workspace.model.value(entity(workspace, "mfa.cost"), "yearly")
    assert (once.mean(), yearly.mean()) == (
        60_000,
        pytest.approx(6_000 / 31_557_600, rel=0.01),
    ) or yearly.mean() == 6_000  # type: ignore[union-attr]
    assert value(workspace, "free.cost", "yearly") in (None, UNKNOWN)


def test_a_state_may_carry_its_date(tmp_path: Path) -> None:
    workspace = good_model(
        tmp_path,
        "control a { status: planned by 2027-03-31 }\ncontrol b { status: in_place }\ncontrol c { status: planned }",
    )
    dated = entity(workspace, "a").kind.attributes["status"].dated
    assert dated is not None
    assert value(workspace, "a", "status") == "planned"
    assert value(workspace, "a", dated) == date(2027, 3, 31)
    assert value(workspace, "c", dated) is UNKNOWN


def test_a_formula_keeps_its_shape(tmp_path: Path) -> None:
    workspace = good_model(
        tmp_path,
        """
        system ehr {}
        system pacs {}
        system paper {}
        process care { needs: ehr and (pacs or paper) }
        process walk { needs: paper }
        rule both { for process p where p.needs = n, all_of(n, l, r), any_of(r, a, b), a = pacs report p "x" }
        """,
    )
    needs = workspace.model.formula(entity(workspace, "care"), "needs")
    assert isinstance(needs, Formula)
    assert (needs.word, needs.left) == ("and", "ehr")
    assert isinstance(needs.right, Formula)
    assert (needs.right.word, needs.right.left, needs.right.right) == ("or", "pacs", "paper")
    assert named(workspace.model.formula(entity(workspace, "walk"), "needs")) == "paper"
    assert [f.subjects[0].name for f in workspace.findings()] == ["care"]


def test_an_inventory_in_a_formula_means_any_of_its_members(tmp_path: Path) -> None:
    files = {
        "m.panacea": 'device pump from inventory("p.csv") { id: column("id") }\nprocess care { needs: pump }',
        "p.csv": "id\na\nb\nc\n",
    }
    workspace = good_model(tmp_path, files)
    needs = workspace.model.formula(entity(workspace, "care"), "needs")
    assert isinstance(needs, Formula)
    assert needs.word == "or"


def test_the_clauses_of_a_head_fill_attributes(tmp_path: Path) -> None:
    workspace = good_model(
        tmp_path,
        """
        protocol dicom {}
        system ct {}
        system pacs {}
        role ciso {}
        rule r { for zone z where z.flat report z "x" }
        flow ct -> pacs over dicom {}
        waive r on ct, pacs until 2027-01-31 because "Ordered" by ciso
        """,
    )
    assert value(workspace, "ct_to_pacs", "source") == "ct"
    assert value(workspace, "ct_to_pacs", "target") == "pacs"
    waiver = workspace.model.entities("waiver")[0]
    assert named(workspace.model.value(waiver, "subjects")) == ("ct", "pacs")
    assert workspace.model.value(waiver, "expires") == date(2027, 1, 31)
    assert waiver.value("reason") == "Ordered"


def test_numbers_are_in_base_units(tmp_path: Path) -> None:
    text = (
        EUROS
        + "process care { rto: 30 min  degraded_capacity: 40 %  volume: 90 per d  outage_loss: 20k USD per h }"
    )
    workspace = good_model(tmp_path, text)
    assert value(workspace, "care", "rto") == 1800
    assert value(workspace, "care", "degraded_capacity") == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zone a { trust: 1  trust: 2 }", ("P0308", "trust")),
        ("zone a { wireless: none }", ("P0315", "none")),
        ("system a { stores: none }", ("P0315", "none")),
        ("zone a in b, c {}\nzone b {}\nzone c {}", ("P0309", "c")),
        ("system a { rto: 30 }", ("P0305", "30")),
        ("system a { rto: 3 EUR }", ("P0305", "3 EUR")),
        ("process p { outage: lognormal(median: 7 d, sigma: 2 d) }", ("P0305", "2 d")),
        ("process p { outage: lognormal(median: 7, sigma: 2) }", ("P0305", "7")),
        ("process p { outage: beta(2, 3 d) }", ("P0305", "3 d")),
        ("zone a { trust: -1 }", ("P0310", "-1")),
        ("zone a { trust: 1.5 }", ("P0310", "1.5")),
        ("system a { support_end: 2026-02-30 }", ("P0311", "2026-02-30")),
        ("zone a { note: b }", ("P0303", "b")),
        ("zone a { type: clinicl }", ("P0304", "clinicl")),
        ('zone a { addresses: ["10.0.0.0/99"] }', ("P0312", '"10.0.0.0/99"')),
        ("system a in a {}", ("P0207", "a")),
        ("zone a { endpoint e {} }", ("P0301", "endpoint")),
        ("zone a { target: 3 }", ("P0303", "3")),
    ],
)
def test_a_wrong_value_is_marked_alone(tmp_path: Path, text: str, expected: tuple[str, str]) -> None:
    assert marked(open_model(tmp_path, text)) == [expected]


def test_zones_may_not_lie_in_themselves(tmp_path: Path) -> None:
    workspace = open_model(tmp_path, "zone a in b {}\nzone b in c {}\nzone c in a {}\nzone d in a {}")
    assert codes(workspace) == ["P0206"]


def test_order_never_matters(tmp_path: Path) -> None:
    lines = [
        "zone ward in hall { trust: 2 }",
        "zone hall {}",
        "system pacs : server in ward { owner: it }",
        "template system server { rto: 1 h }",
        "role it {}",
        'rule r { for system s where s.zone.trust < 3 report s "in {s.zone}" }',
    ]
    forward = good_model(tmp_path / "a", "\n".join(lines))
    backward = good_model(tmp_path / "b", "\n".join(reversed(lines)))
    assert [f.fingerprint for f in forward.findings()] == [f.fingerprint for f in backward.findings()]
    assert {e.name for e in forward.model.entities()} == {e.name for e in backward.model.entities()}
