"""Each warning where it is due, and none where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from panacea_policy.compiler import Workspace
from panacea_policy.compiler.places import builtin_folder
from tests.compiler.workspaces import marked, open_model

BEFORE = """
template system kiosk {}
template system ticket_kiosk : kiosk {}
zone ward { trust: 2 }
zone hall {}
## For questions.
relation shared(zone)
shared(z) if z.flat
## For questions.
relation near(zone, zone)
near(y, z) if y.parent = z
relation never_derived(zone)
relation circular(zone)
circular(z) if circular(y), y.parent = z
relation dead(zone)
dead(z) if z.trust > 2, z.trust < 1
"""


def rule(conditions: str, bindings: str = "zone z", subject: str = "z") -> str:
    return f'rule r {{ for {bindings} where {conditions} report {subject} "x" }}'


def warned(folder: Path, text: str) -> list[tuple[str, str]]:
    """Warnings about a text that stands behind ``BEFORE``, with what they point at."""
    workspace = open_model(folder, {"before.panacea": BEFORE, "model.panacea": text})
    assert workspace.ok, workspace.diagnostics()
    return [
        (each.code, workspace.sources[each.span.file].text[each.span.start : each.span.end])
        for each in workspace.diagnostics()
        if each.span.file == "model.panacea"
    ]


Z, S, SZ = ("zone z", "z"), ("system s", "s"), ("system s, zone z", "s")


@pytest.mark.parametrize(
    ("conditions", "of", "place"),
    [
        ("z.trust > 2, z.trust < 1", Z, "z.trust < 1"),
        ("z.trust > 2, z.trust < 3", Z, "z.trust < 3"),  # whole numbers: nothing lies between
        ("z.trust = 1, z.trust in [2, 3]", Z, "z.trust in [2, 3]"),
        ("z.type = dmz, z.type = office", Z, "z.type = office"),
        ("z.type in [dmz, office], z.type not in [dmz, office]", Z, "z.type not in [dmz, office]"),
        ("z.flat, not z.flat", Z, "not z.flat"),
        ("z.flat, not (z.flat or z.trust > 1)", Z, "z.flat"),
        ("s.zone = z, z.flat, not s.zone.flat", SZ, "not s.zone.flat"),
        ("s.zone = ward, s.zone = hall", S, "s.zone = hall"),
        ("s.zone = none, s.zone.trust > 1", S, "s.zone.trust > 1"),
        ("shared(z), not shared(z)", Z, "not shared(z)"),
        ("near(z, y), not near(z, _x)", ("zone z, zone y", "z"), "not near(z, _x)"),
        ("s is ticket_kiosk, s is not kiosk", S, "s is not kiosk"),
        ("s.support_end < today, s.support_end > today", S, "s.support_end > today"),
        ("s.support_end < today - 30 d, s.support_end > today - 30 d", S, "s.support_end > today - 30 d"),
        ("s.rto < s.rpo, s.rpo < s.mtpd, s.mtpd < s.rto", ("process s", "s"), "s.mtpd < s.rto"),
        ("some system s with s.zone = z and s.rto > 2 h and s.rto < 1 h", Z, "s.rto < 1 h"),
        ("z.flat or (z.trust > 3 and z.trust < 2)", Z, "z.trust < 2"),
        ("some system s with s.zone = z, no system t with t.zone = z and t.rto > 2 h and t.rto < 1 h", Z,
         "t.rto < 1 h"),
        ("(count of system s with s.zone = z) < 0", Z, "(count of system s with s.zone = z) < 0"),
    ],
)  # fmt: skip
def test_conditions_that_exclude_each_other(
    tmp_path: Path, conditions: str, of: tuple[str, str], place: str
) -> None:
    found = warned(tmp_path, rule(conditions, *of))
    assert found in ([("P0701", place)], [("P0702", place)])


@pytest.mark.parametrize(
    ("conditions", "of", "place"),
    [
        ("p.maturity > 4", ("practice p", "p"), "p.maturity > 4"),
        ("p.maturity = 2.5", ("practice p", "p"), "p.maturity = 2.5"),
        ("k.target > 100 %", ("kpi k", "k"), "k.target > 100 %"),
        ("s is zone", S, "s is zone"),
        ("s.zone is role", S, "s.zone is role"),
        ("z.flat, false", Z, "false"),
        ("z.type in [dmz], z.trust < 0", Z, "z.trust < 0"),
    ],
)
def test_conditions_that_no_model_can_meet(
    tmp_path: Path, conditions: str, of: tuple[str, str], place: str
) -> None:
    assert warned(tmp_path, rule(conditions, *of)) == [("P0702", place)]


@pytest.mark.parametrize(
    ("conditions", "of", "place"),
    [
        ("z.trust > 2, z.trust > 1", Z, "z.trust > 1"),
        ("z.trust > 1, z.trust > 2", Z, "z.trust > 1"),
        ("z.flat, z.flat", Z, "z.flat"),
        ("z.type = dmz, z.type != office", Z, "z.type != office"),
        ("z is zone, z.flat", Z, "z is zone"),
        ("s is ticket_kiosk, s is kiosk", S, "s is kiosk"),
        ("z.trust >= 0", Z, "z.trust >= 0"),
        ("p.maturity <= 4", ("practice p", "p"), "p.maturity <= 4"),
        ("s.zone is zone", S, "s.zone is zone"),
        ("shared(z), z.trust > 1, shared(z)", Z, "shared(z)"),
        ("near(z, y), near(z, _x)", ("zone z, zone y", "z"), "near(z, _x)"),
        ("some system s with s.zone = z and s.rto < 1 h and s.rto < 2 h", Z, "s.rto < 2 h"),
        ("every system s with s.zone = z and s.rto < 1 h has s.rto < 2 h", Z, "s.rto < 2 h"),
        ("z.flat, z.flat or z.trust > 1", Z, "z.flat or z.trust > 1"),
        ("z.flat or not z.flat", Z, "z.flat or not z.flat"),
        ("(count of system s with s.zone = z) >= 0", Z, "(count of system s with s.zone = z) >= 0"),
        ("s.zone = z, s.zone.flat, z.flat", SZ, "z.flat"),
        ("z.flat, true", Z, "true"),
    ],
)
def test_conditions_that_are_always_true(
    tmp_path: Path, conditions: str, of: tuple[str, str], place: str
) -> None:
    assert warned(tmp_path, rule(conditions, *of)) == [("P0706", place)]


@pytest.mark.parametrize(
    ("conditions", "of"),
    [
        ("z.trust > 2 or z.trust < 1", Z),
        ("z.trust >= 2, z.trust <= 2", Z),
        ("z.trust != 2, z.trust != 3", Z),
        ("not (z.trust > 2), not (z.trust <= 2)", Z),  # both hold where it has none
        ("z.trust > 1, z.trust != none", ("zone z, zone y", "z")),
        ("some system s with s.zone = z and s.rto > 2 h, some system s with s.zone = z and s.rto < 1 h", Z),
        ("some system c with c.zone = z and c.rto > 2 h, some process c with c.rto < 1 h", Z),
        ("s.zone = z, s.rto > 2 h, z.trust > 2", SZ),
        ("s.support_end < today, s.support_end > today - 30 d", S),
        ("near(z, y), not near(y, z)", ("zone z, zone y", "z")),
        ("s is kiosk, s is not ticket_kiosk", S),
        ("true", Z),
        ("h is device", ("asset h", "h")),
        ("h is not system", ("asset h", "h")),
        ("z.trust = none", Z),
        ("z.type in [dmz, office], z.type != dmz", Z),
        ("(z.trust > 2 and near(z, y)) or (z.trust < 1 and near(y, z))", ("zone z, zone y", "z")),
        ("s.rto + 1 h > 2 h, s.rto - 1 h < 2 h", S),
        ("no system s with s.zone = z", Z),
    ],
)
def test_no_false_alarm(tmp_path: Path, conditions: str, of: tuple[str, str]) -> None:
    found = [each for each in warned(tmp_path, rule(conditions, *of)) if "!= none" not in each[1]]
    assert found == []


def test_applies_when_and_where_are_looked_at_together(tmp_path: Path) -> None:
    text = 'rule r { for zone z applies when z.trust > 3 where z.trust < 2 report z "x" }'
    assert warned(tmp_path, text) == [("P0701", "z.trust < 2")]
    # What `where` says makes no part of `applies when` needless: that decides what is met.
    text = 'rule r { for zone z applies when z.trust > 1 where z.trust > 2 report z "x" }'
    assert warned(tmp_path / "other", text) == []


def test_requirements(tmp_path: Path) -> None:
    never = 'rule r { for zone z applies when z.trust > 3 require z.trust < 2 report z "x" }'
    assert warned(tmp_path / "1", never) == [("P0701", "z.trust < 2")]
    always = 'rule r { for zone z applies when z.trust > 3 require z.trust > 2 report z "x" }'
    workspace = open_model(tmp_path / "2", always)
    assert marked(workspace) == [("P0706", "z.trust > 2")]
    assert "so the rule never finds anything" in workspace.diagnostics()[0].message


@pytest.mark.parametrize("name", ["never_derived", "circular", "dead"])
def test_relations_that_are_always_empty(tmp_path: Path, name: str) -> None:
    assert warned(tmp_path, rule(f"{name}(z)")) == [("P0703", f"{name}(z)")]
    assert warned(tmp_path / "not", rule(f"z.flat, not {name}(z)")) == [("P0703", f"not {name}(z)")]


def test_what_follows_from_an_empty_relation_is_empty(tmp_path: Path) -> None:
    text = "## For questions.\nrelation follows(zone)\nfollows(z) if dead(z)\n" + rule("follows(z)")
    assert warned(tmp_path, text) == [("P0703", "dead(z)"), ("P0703", "follows(z)")]


def test_steps_and_derivations_too(tmp_path: Path) -> None:
    text = """## For questions.
    relation open(zone)
    open(z) if z is zone, z.flat, not z.flat
    ## What is held.
    relation at(zone)
    step s "Step" { for zone z from z.trust > 2, z.trust < 1 to at(z) chance 10 % effort 1 h }
    """
    assert warned(tmp_path, text) == [("P0701", "not z.flat"), ("P0701", "z.trust < 1")]


def pair(first: str, second: str) -> str:
    return (
        f'rule one {{ severity: medium  for {first} report z "x" }}\n'
        f'rule two {{ severity: medium  for {second} report z "y" }}\n'
    )


@pytest.mark.parametrize(
    ("first", "second", "covered"),
    [
        ("zone z where z.flat", "zone z where z.flat, z.trust > 2", ["two"]),
        ("zone z where z.flat, z.trust > 2", "zone z where z.flat", ["one"]),
        ("zone z where z.flat", "zone z where z.flat", ["two"]),
        ("zone z where z.trust > 2", "zone z where z.trust > 3", ["two"]),
        ("zone z where z.trust > 3", "zone z where not (z.trust <= 3)", ["one"]),  # nor has it none
        ("zone z where not z.flat", "zone z require z.flat", ["two"]),
        ("zone z require z.flat, z.trust > 1", "zone z where not z.flat", ["two"]),
        ("zone z where near(z, _y)", "zone z where near(z, ward)", ["two"]),
        ("zone z where near(z, y)", "zone z where near(z, y), y.flat", ["two"]),
        ("zone z, system s where s.zone = z", "zone z, system t where t.zone = z, t.rto > 1 h", ["two"]),
        ("zone z, system s where s.zone = z, s.rto > 1 h", "zone z where z.flat", []),
        ("zone z where some system s with s.zone = z", "zone z where some system t with t.zone = z", ["two"]),
        ("zone z where z.type = dmz", "zone z where z.type = office", []),
        ("zone z applies when z.flat where z.trust > 1", "zone z where z.flat, z.trust > 1", ["two"]),
        ("zone z where (z.flat or z.trust > 1)", "zone z where z.flat", ["two"]),
    ],
)
def test_rules_that_others_cover(tmp_path: Path, first: str, second: str, covered: list[str]) -> None:
    found = [place for code, place in warned(tmp_path, pair(first, second)) if code == "P0704"]
    assert found == covered


def test_a_worse_or_further_finding_is_no_repetition(tmp_path: Path) -> None:
    def text(more: str, less: str) -> str:
        return (
            f'requirement art1 {{}}\nrule wide {{ {more}  for zone z where z.flat report z "x" }}\n'
            f'rule narrow {{ {less}  for zone z where z.flat, z.trust > 2 report z "y" }}\n'
        )

    assert warned(tmp_path / "1", text("severity: low", "severity: high")) == []
    assert warned(tmp_path / "2", text("severity: low", "severity: low  satisfies: [art1]")) == []
    found = warned(tmp_path / "3", text("severity: high", "severity: low"))
    assert found == [("P0704", "narrow")]


def test_a_rule_of_ones_own_that_a_pack_has(tmp_path: Path) -> None:
    pack = (builtin_folder() / "rules" / "design" / "zones.panacea").read_text(encoding="utf-8")
    name = "life_support_among_workstations"
    start = pack.index(f"rule {name}")
    text = "use std.healthcare, packs.design, packs.attack\n" + pack[start : pack.index("\n}\n", start) + 3]
    workspace = open_model(tmp_path, text)
    assert marked(workspace) == [("P0704", name)]
    assert "`design.life_support_among_workstations`" in workspace.diagnostics()[0].message


def test_relations_that_nothing_reads(tmp_path: Path) -> None:
    text = """relation loose(zone)
    loose(z) if loose(y), y.parent = z
    loose(z) if z.flat
    relation tested(zone)
    tested(z) if z.flat
    relation read(zone)
    read(z) if z.flat
    ## For questions.
    relation documented(zone)
    documented(z) if read(z)
    test "t" { given { zone q { flat: true } } expect tested(q) }
    """
    assert warned(tmp_path, text) == [("P0705", "loose")]


def test_a_pack_may_leave_relations_to_its_users(tmp_path: Path) -> None:
    text = 'pack mine "Mine" {}\n## Models say who is there.\nrelation there(zone)\n' + rule("there(z)")
    assert warned(tmp_path, text) == []
    bare = 'pack mine "Mine" {}\nrelation there(zone)\n' + rule("there(z)")
    assert warned(tmp_path / "bare", bare) == [("P0703", "there(z)")]


def test_other_places_and_the_cure_are_shown(tmp_path: Path) -> None:
    workspace = open_model(tmp_path, rule("z.trust > 2, z.trust < 1"))
    (warning,) = workspace.diagnostics()
    assert warning.severity.value == "warning"
    assert warning.help is not None
    (label,) = warning.labels
    assert workspace.sources[label.span.file].text[label.span.start : label.span.end] == "z.trust > 2"


def test_a_model_with_errors_is_not_looked_at(tmp_path: Path) -> None:
    workspace = open_model(tmp_path, rule("z.trust > 2, z.trust < 1") + "\nzone y { trst: 1 }")
    assert [each.code for each in workspace.diagnostics()] == ["P0302"]


def test_an_edit_of_the_facts_alone_keeps_the_warnings(tmp_path: Path) -> None:
    workspace = open_model(tmp_path, rule("z.trust > 2, z.trust < 1") + "\nzone y { trust: 1 }")
    workspace.findings()
    workspace.update("model.panacea", rule("z.trust > 2, z.trust < 1") + "\nzone y { trust: 2 }")
    assert marked(workspace) == [("P0701", "z.trust < 1")]


PACKAGES = [
    *sorted((builtin_folder() / "rules").iterdir()),
    *sorted(each for each in (builtin_folder() / "models").iterdir() if any(each.glob("*.panacea"))),
]


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda each: f"{each.parent.name}/{each.name}")
def test_our_own_rules_are_meant_as_they_stand(folder: Path) -> None:
    workspace = Workspace.open(folder)
    assert [each for each in workspace.diagnostics() if each.code.startswith("P07")] == []
