# The texts of models keep their lines.
# ruff: noqa: E501
"""What a stranger may send: it is refused or read, but nothing falls over and nothing hangs."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import Workspace, WorkspaceError
from panacea_policy.language import render
from tests.compiler.workspaces import codes, lay_out, open_model

EVERYTHING = """
use std.healthcare
organisation o { currency: EUR }
zone ward in ward2 { trust: 3  target: { integrity: 3 } }
zone ward2 {}
template system t : u { backup: { every: 1 d } }
template system u { typically { rto: 1 h } }
system s "S" : t in ward { product: cpe("cpe:2.3:a:x:y:1:*:*:*:*:*:*:*")  endpoint e { ports: [80, 8000..8080] } }
flow s -> s.e over https { carries: [record] }
data_class record {}
role nurse { behaviours: { shares_credential: 23 % } }
process care { needs: s and (s or ward)  outage_loss: pert(1k, 2k, 9k) EUR per h }
control c : patching { cost: 60k EUR + 12k EUR per year  status: planned by 2027-03-31 }
table vlans { 1: ward }
device pump[2] from inventory("p.csv") { id: column("id")  zone: lookup(vlans, column("vlan")) }
relation near(zone, zone)
near(a, b) if a.parent = b
near(a, b) if near(a, c), near(c, b)
rule r "R" { severity: high for zone z, zone y applies when z.trust > 1 where near(z, y), not (some system s with s.zone = z)
  report z "is near {y.trust}" }
step enter { for zone z, asset a from near(z, z), a.zone = z to near(z, z) chance 5 % effort 1 d hindered by patching on a }
waive r on ward until 2027-01-01 because "x" by nurse
scenario sc { set ward.trust: 4 remove s }
test "t" { given { zone z {} } expect r met on z }
"""


def look_at_everything(workspace: Workspace) -> None:
    """Ask for all that a command could ask for."""
    for diagnostic in workspace.diagnostics():
        assert render(diagnostic, workspace.sources, colour=False)
    for ask in (workspace.findings, workspace.tallies, workspace.attack, workspace.run_tests):
        with suppress(WorkspaceError):
            ask()
    for name in workspace.scenarios():
        workspace.with_scenario(name).diagnostics()
    for entity in workspace.model.entities():
        for attribute in entity.kind.attributes:
            workspace.model.text(entity, attribute)


WORDS = EVERYTHING.split()


@settings(max_examples=60)
@given(data=st.data())
def test_mangled_models_are_read_to_the_end(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    words = list(WORDS)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(words) - 1))
        change = data.draw(st.integers(0, 2))
        if change == 0:
            del words[at]
        elif change == 1:
            words[at] = data.draw(st.sampled_from(WORDS))
        else:
            words.insert(
                at,
                data.draw(
                    st.sampled_from([*WORDS, "none", "true", "9999999999999999", "-1", '""', "_", "[]", "{}"])
                ),
            )
    folder = lay_out(
        tmp_path_factory.mktemp("m"), {"m.panacea": " ".join(words), "p.csv": "id,vlan\nA,1\nB,2\n"}
    )
    look_at_everything(Workspace.open(folder, cache=None))


def test_it_is_sound_before_it_is_mangled(tmp_path: Path) -> None:
    workspace = open_model(tmp_path, {"m.panacea": EVERYTHING, "p.csv": "id,vlan\nA,1\nB,1\n"})
    look_at_everything(workspace)


@pytest.mark.parametrize(
    "text",
    [
        "zone a { trust: 1e400 }",
        "zone a { trust: 99999999999999999999999999999999 }",
        "process p { rto: 1e300 years }",
        "zone a { vlan: 0.1 }",
        'system s { support_end: 9999-12-31 }\nrule r { for system s where s.support_end + 9000 years > today report s "x" }',
        'system s { support_end: 0001-01-01 }\nrule r { for system s where s.support_end < today report s "{s.support_end}" }',
        'zone a { trust: 4 }\nrule r { for zone z where z.trust * 1e308 * 1e308 > 1 report z "x" }',
        'zone a { trust: 0 }\nrule r { for zone z where 1 / z.trust > 1 report z "x" }',
        'zone a { trust: 1 }\nrelation n(number)\nn(1)\nn(y) if n(x), y = x + 1\nrule r { for zone z where n(z.trust) report z "x" }',
        'zone a { note: "\\u{1}\\u{7f}\\u{202e}" }\nrule r { for zone z where z.note != none report z "{z.note}" }',
        'rule r { for zone z where z.trust > 0 report z "{z.parent.parent.parent.parent.trust}{z}{{z}}{}" }\nzone a { trust: 1 }',
        "control c { cost: 1e308 EUR + 1e308 EUR + 1e308 EUR }",
        "process p { outage_loss: pert(-1e308, 0, 1e308) EUR per h }",
        "process p { outage_loss: lognormal(p5: 1e-300, p95: 1e300) EUR per h }",
        "process p { needs: " + " and ".join(["s"] * 150) + " }\nsystem s {}",
        "process p { needs: " + "(" * 60 + "s" + ")" * 60 + " }\nsystem s {}",
        "system s { " + "backup: { " * 50 + "}" * 50 + " }",
        'table t {}\ntable t {}\ndevice d from inventory("") { id: lookup(t, column("")) }',
        "relation a(a, a.a, a.a.a)\na(a, b, c) if a(b, c, a)",
        'rule r { for rule x where x.severity = high report x "{x}" }',
        'rule r { for element e where e.owner = e report e "x" }\nrole a { owner: a }',
        "scenario a { remove a  set a.a: a  scenario b {} }",
        "waive r on r until 0001-01-01\nattest r by r",
        "use use\nuse a.b.c.d\nuse std\nuse packs\nuse std.std.std\nuse packs..\nuse .",
    ],
)
def test_extreme_values(tmp_path: Path, text: str) -> None:
    look_at_everything(open_model(tmp_path, text))


def test_long_chains_of_templates_and_zones(tmp_path: Path) -> None:
    count = 3000
    templates = (
        "".join(f"template zone t{n} : t{n + 1} {{}}\n" for n in range(count))
        + f"template zone t{count} {{ trust: 1 }}\n"
    )
    zones = "".join(f"zone z{n} in z{n + 1} {{}}\n" for n in range(count)) + f"zone z{count} : t0 {{}}\n"
    workspace = open_model(tmp_path, templates + zones)
    assert codes(workspace) == []
    last = workspace.model.get(f"z{count}")
    assert last is not None
    assert workspace.model.value(last, "trust") == 1


def test_many_parents_that_meet_again(tmp_path: Path) -> None:
    layers = 24
    text = "template zone l0_a {}\ntemplate zone l0_b { trust: 1 }\n"
    for n in range(1, layers):
        for side in "ab":
            text += f"template zone l{n}_{side} : l{n - 1}_a, l{n - 1}_b {{}}\n"
    text += f"zone z : l{layers - 1}_a {{}}\n"
    workspace = open_model(tmp_path, text)
    assert codes(workspace) == []
    assert len(list(workspace.model.entities("zone")[0].lines())) == 2 * layers - 1


@settings(max_examples=40)
@given(
    cells=st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), min_size=1, max_size=4),
    suffix=st.sampled_from(["csv", "json", "yaml"]),
)
def test_inventories_of_any_texts(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]], suffix: str
) -> None:
    records = [{"id": one, "x": other} for one, other in cells]
    content = json.dumps(records)
    if suffix == "csv":
        content = "id,x\n" + "\n".join(f"{one},{other}" for one, other in cells)
    elif suffix == "yaml":
        content = "\n".join(f"- id: {one}\n  x: {other}" for one, other in cells)
    text = f"""
    zone ward {{}}
    device pump from inventory("p.{suffix}") {{ id: column("id")  hostname: column("x")  rto: column("x")  zone: column("x")
      support_end: column("x")  internet_facing: column("x")  safety: column("x")  product: column("x")  addresses: column("x") }}
    rule r {{ for device d where d.hostname != none report d "{{d}} {{d.hostname}}" }}
    """
    folder = lay_out(tmp_path_factory.mktemp("i"), {"m.panacea": text, f"p.{suffix}": content})
    look_at_everything(Workspace.open(folder, cache=None))


def test_a_yaml_bomb_is_small(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for n in range(1, 12):
        bomb += f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 9) + "]\n"
    text = 'device pump from inventory("p.yaml", items: "a11") { id: column("id") }'
    assert codes(open_model(tmp_path, {"m.panacea": text, "p.yaml": bomb})) == ["P0404"]


def test_a_file_that_is_a_folder_or_a_loop(tmp_path: Path) -> None:
    (tmp_path / "m.panacea").mkdir()
    (tmp_path / "loop.panacea").symlink_to(tmp_path / "loop.panacea")
    (tmp_path / "gone.panacea").symlink_to(tmp_path / "nothing.panacea")
    look_at_everything(open_model(tmp_path, {"good.panacea": "zone ward {}"}))


def test_negations_in_negations_do_not_double(tmp_path: Path) -> None:
    condition = "s.owner = none"
    for depth in range(40):
        condition = f"not (s.zone != none and {condition})" if depth % 2 else f"not ({condition})"
    text = f'rule deep {{ severity: low for system s where {condition} report s "x" }} system x'
    workspace = open_model(tmp_path, {"m.panacea": text})
    look_at_everything(workspace)
    assert len(workspace._program.builder.rules) < 3_000
