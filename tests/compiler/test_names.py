"""Names and packages: whose name is meant, and what stays out of reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.workspaces import codes, good_model, lay_out, marked, open_model, value

EAST_AND_WEST = {
    "east/zones.panacea": "zone ward { trust: 1 }",
    "west/zones.panacea": "zone ward { trust: 2 }",
}


def test_files_of_a_folder_share_one_scope(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, {"a.panacea": "system pacs in ward {}", "b.panacea": "zone ward {}"})
    assert value(workspace, "pacs", "zone") == "ward"


def test_a_used_package_gives_its_names(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, {**EAST_AND_WEST, "m.panacea": "use east\nsystem pacs in ward {}"})
    assert value(workspace, "pacs", "zone") == "east.ward"
    assert workspace.model.get("west.ward") is None


def test_a_file_below_the_folder_names_its_folder(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, {**EAST_AND_WEST, "m.panacea": "use east.zones\nsystem pacs in ward {}"})
    assert codes(workspace) == []


def test_own_names_hide_those_of_used_packages(tmp_path: Path) -> None:
    files = {**EAST_AND_WEST, "m.panacea": "use east, west\nzone ward { trust: 7 }\nsystem pacs in ward {}"}
    workspace = good_model(tmp_path, files)
    assert value(workspace, "pacs", "zone") == "ward"


def test_two_used_packages_with_one_name_are_ambiguous(tmp_path: Path) -> None:
    workspace = open_model(tmp_path, {**EAST_AND_WEST, "m.panacea": "use east, west\nsystem pacs in ward {}"})
    assert marked(workspace) == [("P0203", "ward")]
    assert "`east.ward`, `west.ward`" in workspace.diagnostics()[0].message


def test_a_qualified_name_tells_them_apart(tmp_path: Path) -> None:
    files = {**EAST_AND_WEST, "m.panacea": "use east, west\nsystem pacs in west.ward {}"}
    assert value(good_model(tmp_path, files), "pacs", "zone") == "west.ward"


def test_packages_may_use_each_other(tmp_path: Path) -> None:
    files = {
        "m.panacea": "use east\nzone top {}",
        "east/e.panacea": "use west\nzone ward in hall {}",
        "west/w.panacea": "use east\nzone hall {}\nzone annex in ward {}",
    }
    workspace = good_model(tmp_path, files)
    assert value(workspace, "east.ward", "parent") == "west.hall"
    assert value(workspace, "west.annex", "parent") == "east.ward"


def test_what_a_used_package_uses_is_not_passed_on(tmp_path: Path) -> None:
    files = {
        "m.panacea": "use east\nsystem pacs in hall {}",
        "east/e.panacea": "use west\nzone ward in hall {}",
        "west/w.panacea": "zone hall {}",
    }
    assert codes(open_model(tmp_path, files)) == ["P0202"]


def test_an_unknown_package_is_reported_with_a_suggestion(tmp_path: Path) -> None:
    workspace = open_model(tmp_path, "use packs.nis3\n")
    assert marked(workspace) == [("P0200", "packs.nis3")]
    assert workspace.diagnostics()[0].help == "did you mean `packs.nis2`?"


def test_a_package_outside_the_workspace_is_refused(tmp_path: Path) -> None:
    lay_out(tmp_path / "outside", "zone secret {}")
    lay_out(tmp_path / "inside", "use neighbour\nsystem pacs in secret {}")
    (tmp_path / "inside" / "neighbour").symlink_to(tmp_path / "outside")
    workspace = open_model(tmp_path / "inside", {})
    assert codes(workspace) == ["P0200", "P0202"]
    assert "outside" not in " ".join(workspace.sources)


def test_a_file_that_links_out_of_the_workspace_is_not_read(tmp_path: Path) -> None:
    lay_out(tmp_path / "outside", {"secret.panacea": "zone secret {}"})
    lay_out(tmp_path / "inside", "zone ward {}")
    (tmp_path / "inside" / "link.panacea").symlink_to(tmp_path / "outside" / "secret.panacea")
    (tmp_path / "inside" / "sub").mkdir()
    (tmp_path / "inside" / "sub" / "link.panacea").symlink_to(tmp_path / "outside" / "secret.panacea")
    lay_out(tmp_path / "inside", {"use.panacea": "use sub"})
    workspace = open_model(tmp_path / "inside", {})
    assert codes(workspace) == ["P0201", "P0201"]
    assert workspace.model.get("secret") is None
    assert workspace.model.get("sub.secret") is None


def test_an_inventory_that_links_out_of_the_workspace_is_not_read(tmp_path: Path) -> None:
    lay_out(tmp_path / "outside", {"pumps.csv": "id\nsecret\n"})
    lay_out(tmp_path / "inside", 'device pump from inventory("pumps.csv") { id: column("id") }')
    (tmp_path / "inside" / "pumps.csv").symlink_to(tmp_path / "outside" / "pumps.csv")
    assert codes(open_model(tmp_path / "inside", {})) == ["P0405"]


def test_templates_and_declarations_have_separate_names(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, "template system server {}\nsystem server : server {}")
    assert [each.name for each in workspace.model.entities("system")] == ["server"]


@pytest.mark.parametrize("kind", ["system", "zone", "role"])
def test_one_name_is_one_thing(tmp_path: Path, kind: str) -> None:
    workspace = open_model(tmp_path, f"system core {{}}\n{kind} core {{}}")
    assert marked(workspace) == [("P0204", "core")]
    assert workspace.diagnostics()[0].labels[0].span.start == 7
    assert [each.kind.name for each in workspace.model.entities("element")] == ["system"]


def test_a_nested_name_cannot_be_taken_by_another_declaration(tmp_path: Path) -> None:
    files = {"m.panacea": "use east\nsystem east { endpoint ward {} }", "east/z.panacea": "zone ward {}"}
    assert codes(open_model(tmp_path, files)) == ["P0204"]


def test_nobody_takes_the_name_of_a_clause(tmp_path: Path) -> None:
    workspace = open_model(tmp_path, "use packs.nis2\nsystem nis2 { endpoint art21_2_a {} }")
    assert codes(workspace) == ["P0204"]
    assert value(workspace, "nis2.art21_2_a", "decided_by") is not None


def test_nested_declarations_are_named_after_their_owner(tmp_path: Path) -> None:
    text = "protocol https {}\nsystem pacs { endpoint web { protocol: https } }\nflow a: pacs -> pacs.web {}"
    workspace = open_model(tmp_path, text)
    assert value(workspace, "pacs", "endpoints") == ("pacs.web",)
    assert value(workspace, "pacs.web", "protocol") == "https"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("zone a {}\nzone b {}\nconduit a -> b {}", "a_to_b"),
        ("system a {}\nsystem b {}\nflow a -> b {}", "a_to_b"),
        ("zone a {}\nzone b {}\nconduit a <-> b {}", "a_to_b"),
        (
            'role c {}\nrule r { for zone z where z.flat report z "x" }\n'
            'waive r until 2027-01-01 because "x" by c',
            "r_waiver",
        ),
    ],
)
def test_unnamed_declarations_are_named_after_what_they_join(tmp_path: Path, text: str, name: str) -> None:
    assert good_model(tmp_path, text).model.get(name) is not None


def test_a_name_known_elsewhere_is_pointed_at(tmp_path: Path) -> None:
    files = {**EAST_AND_WEST, "m.panacea": "use east\nuse west\nsystem pacs in wrd {}"}
    assert open_model(tmp_path, files).diagnostics()[0].help == "did you mean `ward`?"
