# The texts of models keep their lines.
# ruff: noqa: E501
"""Inventories: files of other tools as declarations, row by row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from panacea_policy.compiler import UNKNOWN, Workspace
from tests.compiler.workspaces import codes, entity, good_model, lay_out, open_model, value, verdicts

PUMPS = 'device pump from inventory("{file}") {{ id: column("tag")  hostname: column("host")  {more} }}\n'


def pumps(folder: Path, content: str, more: str = "", file: str = "pumps.csv", rest: str = "") -> Workspace:
    return open_model(folder, {"model.panacea": PUMPS.format(file=file, more=more) + rest, file: content})


@pytest.mark.parametrize(
    "content",
    [
        "tag,host\nA1,one\nA2,two\n",
        "tag;host\nA1;one\nA2;two\n",
        "tag\thost\r\nA1\tone\r\nA2\ttwo\r\n",
        "\ufefftag,host\nA1,one\nA2,two",
        '"tag","host"\n"A1","one"\n"A2","two"\n',
        "tag , host\n A1 , one \n A2 ,two\n",
        "host,tag,more\none,A1,x\n\ntwo,A2,y\n",
    ],
)
def test_tables_in_many_hands(tmp_path: Path, content: str) -> None:
    workspace = pumps(tmp_path, content)
    assert codes(workspace) == []
    assert [each.name for each in workspace.model.entities("device")] == ['pump["A1"]', 'pump["A2"]']
    assert value(workspace, 'pump["A2"]', "hostname") == "two"


def test_quoted_cells_hold_separators_and_line_ends(tmp_path: Path) -> None:
    workspace = pumps(tmp_path, 'tag,host\nA1,"one, two"\nA2,"say ""hi""\nthere"\n')
    assert value(workspace, 'pump["A1"]', "hostname") == "one, two"
    assert value(workspace, 'pump["A2"]', "hostname") == 'say "hi"\nthere'


def test_an_empty_cell_is_unknown(tmp_path: Path) -> None:
    rule = 'rule r { for device d where d.hostname = none report d "x" }'
    workspace = pumps(tmp_path, "tag,host\nA1,\nA2,two\n", rest=rule)
    assert value(workspace, 'pump["A1"]', "hostname") is UNKNOWN
    assert verdicts(workspace) == {("r", 'pump["A1"]'): "unknown"}


def test_a_row_is_where_its_entity_comes_from(tmp_path: Path) -> None:
    origin = entity(pumps(tmp_path, "tag,host\nA1,one\nA2,two\n"), 'pump["A2"]').origin
    assert (origin.file, origin.row, origin.inventory) == ("model.panacea", 3, "pumps.csv")


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ("tag\nA1\n", "P0402", "the inventory has no column `host`"),
        ("tag,host\nA1,one,more\nA2,two\n", "P0404", "row 2"),
        ("tag,host\nA1,one\nA1,two\n", "P0407", "row 3 repeats the id `A1` of row 2"),
        ("tag,host\n,one\nA2,two\n", "P0404", "has no id"),
        ("tag,tag\nA1,one\n", "P0402", "name each column once"),
        ("", "P0401", "empty"),
        ('tag,host\nA1,"one\n', "P0404", "broken"),
    ],
)
def test_what_is_wrong_with_a_table(tmp_path: Path, content: str, code: str, message: str) -> None:
    workspace = pumps(tmp_path, content)
    assert codes(workspace) == [code]
    assert message in workspace.diagnostics()[0].message


def test_the_other_rows_of_a_broken_table_are_there(tmp_path: Path) -> None:
    workspace = pumps(tmp_path, "tag,host\nA1,one,more\nA2,two\nA2,three\n,four\nA5,five\n")
    assert codes(workspace) == ["P0404", "P0407", "P0404"] or len(codes(workspace)) == 3
    assert [each.name for each in workspace.model.entities("device")] == ['pump["A2"]', 'pump["A5"]']


def test_a_column_that_is_missing_is_said_once(tmp_path: Path) -> None:
    rows = "".join(f"A{n},h\n" for n in range(50))
    workspace = pumps(tmp_path, "tag,host\n" + rows, more='support_end: column("eol")')
    assert codes(workspace) == ["P0402"]


@pytest.mark.parametrize(
    ("more", "cell", "expected"),
    [
        ('support_end: column("x")', "2029-06-30", None),
        ('support_end: column("x")', "30.06.2029", "P0404"),
        ('internet_facing: column("x")', "yes", None),
        ('internet_facing: column("x")', "0", None),
        ('internet_facing: column("x")', "perhaps", "P0404"),
        ('rto: column("x")', "30 min", None),
        ('rto: column("x")', "fast", "P0404"),
        ('zone: column("x")', "ward", None),
        ('zone: column("x")', "nowhere", "P0202"),
        ('zone: lookup(vlans, column("x"))', "101", None),
        ('zone: lookup(vlans, column("x"))', "102", "P0403"),
        ('zone: lookup(vlan, column("x"))', "101", "P0202"),
    ],
)
def test_a_cell_takes_the_type_of_its_attribute(
    tmp_path: Path, more: str, cell: str, expected: str | None
) -> None:
    rest = "zone ward {}\ntable vlans { 101: ward }\n"
    workspace = pumps(tmp_path, f"tag,host,x\nA1,one,{cell}\n", more=more, rest=rest)
    assert codes(workspace) == ([expected] if expected else [])


def test_the_count_is_checked(tmp_path: Path) -> None:
    text = 'device pump[3] from inventory("p.csv") { id: column("tag") }'
    assert codes(open_model(tmp_path, {"m.panacea": text, "p.csv": "tag\nA\nB\n"})) == ["P0406"]


def test_rows_may_name_their_template(tmp_path: Path) -> None:
    text = """
    template device small { rto: 1 h }
    template device big { rto: 2 h }
    table sizes { "S": small  "B": big }
    device pump from inventory("p.csv") { id: column("tag")  template: lookup(sizes, column("size")) }
    """
    workspace = good_model(tmp_path, {"m.panacea": text, "p.csv": "tag,size\nA,S\nB,B\n"})
    assert value(workspace, 'pump["A"]', "rto") == 3600
    assert value(workspace, 'pump["B"]', "rto") == 7200


def test_json_with_nested_fields(tmp_path: Path) -> None:
    document = {
        "devices": [{"tag": "A1", "net": {"host": "one"}, "new": True}, {"tag": "A2", "net": {}, "new": None}]
    }
    text = 'device pump from inventory("p.json", items: "devices") { id: column("tag")  hostname: column("net.host") }'
    workspace = good_model(tmp_path, {"m.panacea": text, "p.json": json.dumps(document)})
    assert value(workspace, 'pump["A1"]', "hostname") == "one"
    assert value(workspace, 'pump["A2"]', "hostname") is UNKNOWN


def test_yaml(tmp_path: Path) -> None:
    text = 'device pump from inventory("p.yaml") { id: column("tag")  hostname: column("host") }'
    files = {"m.panacea": text, "p.yaml": "- tag: A1\n  host: one\n- {tag: A2, host: ~}\n"}
    workspace = good_model(tmp_path, files)
    assert value(workspace, 'pump["A1"]', "hostname") == "one"
    assert value(workspace, 'pump["A2"]', "hostname") is UNKNOWN


def test_cyclonedx_with_nested_components(tmp_path: Path) -> None:
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "components": [
            {
                "type": "library",
                "name": "a",
                "version": "1.0",
                "bom-ref": "ref-a",
                "components": [{"type": "library", "name": "b"}],
            },
            {"type": "library", "name": "c", "supplier": {"name": "Acme"}},
        ],
    }
    text = 'software part from cyclonedx("bom.json") { id: column("id")  version: column("version") }'
    workspace = good_model(tmp_path, {"m.panacea": text, "bom.json": json.dumps(bom)})
    assert [each.name for each in workspace.model.entities("software")] == [
        'part["ref-a"]',
        'part["b"]',
        'part["c"]',
    ]
    assert value(workspace, 'part["ref-a"]', "version") == "1.0"


@pytest.mark.parametrize(
    ("file", "content", "code"),
    [
        ("p.json", "{", "P0401"),
        ("p.json", '{"devices": []}', "P0401"),
        ("p.json", '["a"]', "P0404"),
        ("p.json", "[" * 5000 + "]" * 5000, "P0401"),
        ("p.yaml", "a: [", "P0401"),
        ("p.yaml", "&a [*a, *a]", "P0404"),
        ("p.yaml", "!!python/object/apply:os.system ['true']", "P0401"),
    ],
)
def test_documents_that_cannot_be_read(tmp_path: Path, file: str, content: str, code: str) -> None:
    text = f'device pump from inventory("{file}") {{ id: column("tag") }}'
    assert codes(open_model(tmp_path, {"m.panacea": text, file: content})) == [code]


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    lay_out(tmp_path, PUMPS.format(file="pumps.csv", more=""))
    (tmp_path / "pumps.csv").write_bytes("tag,host\nA1,Zürich\n".encode("latin-1"))
    assert codes(open_model(tmp_path, {})) == ["P0401"]


@pytest.mark.parametrize("file", ["../pumps.csv", "/etc/hostname", "no.csv", "..", "", "a\u0000b"])
def test_files_elsewhere_are_not_read(tmp_path: Path, file: str) -> None:
    files: Mapping[str, str] = {
        "inside/m.panacea": PUMPS.format(file=file.replace("\0", "\\u{0}"), more=""),
        "pumps.csv": "tag,host\nA,b\n",
    }
    lay_out(tmp_path, files)
    found = codes(Workspace.open(tmp_path / "inside", cache=None))
    assert found in (["P0405"], ["P0401"], ["P0108"], ["P0108", "P0401"], ["P0401", "P0108"])


def test_members_have_parts_of_their_own(tmp_path: Path) -> None:
    text = 'protocol https {}\ndevice pump from inventory("p.csv") { id: column("tag")  endpoint web { protocol: https } }'
    workspace = good_model(tmp_path, {"m.panacea": text, "p.csv": "tag\nA\nB\n"})
    assert value(workspace, 'pump["B"]', "endpoints") == ('pump["B"].web',)
    assert value(workspace, 'pump["B"].web', "asset") == 'pump["B"]'


def test_one_member_and_the_whole_inventory_by_name(tmp_path: Path) -> None:
    text = """
    device pump from inventory("p.csv") { id: column("tag") }
    control c { protects: [pump] }
    control d { protects: [pump["B"]] }
    system s {}
    flow one: pump["A"] -> s {}
    """
    workspace = good_model(tmp_path, {"m.panacea": text, "p.csv": "tag\nA\nB\n"})
    assert value(workspace, "c", "protects") == ('pump["A"]', 'pump["B"]')
    assert value(workspace, "d", "protects") == ('pump["B"]',)
    assert value(workspace, "one", "source") == 'pump["A"]'


def test_one_where_several_stand(tmp_path: Path) -> None:
    text = 'device pump from inventory("p.csv") { id: column("tag") }\nsystem s {}\nflow f: pump -> s {}'
    assert codes(open_model(tmp_path, {"m.panacea": text, "p.csv": "tag\nA\nB\n"})) == ["P0207"]
