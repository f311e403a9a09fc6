"""Relations that nothing reads: what is wrong with them is said all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.workspaces import codes, open_model

RELATION = """
## Read by those who use this.
relation special(system)
special(s) if {conditions}
"""


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        ("s is mail_serve", "P0301"),
        ("s.nonsense = 3", "P0502"),
        ("s is asset, extraordinary(s)", "P0509"),
        ("s is asset, not special(s)", "P0514"),
        ("s.internet_facing", None),
    ],
)
def test_a_mistake_where_nobody_reads(conditions: str, code: str | None, tmp_path: Path) -> None:
    found = codes(open_model(tmp_path, RELATION.format(conditions=conditions)))
    assert found == ([code] if code else [])


def test_a_derivation_added_to_a_library_is_looked_at(tmp_path: Path) -> None:
    text = "use std.devices\nuse packs.design as design\ndesign.nothing_of_that_name(s) if s is system\n"
    assert "P0509" in codes(open_model(tmp_path, text))


def test_one_mistake_is_told_once(tmp_path: Path) -> None:
    text = RELATION.format(conditions="s is mail_serve") + "relation more(system)\nmore(s) if special(s)\n"
    assert [code for code in codes(open_model(tmp_path, text)) if code == "P0301"] == ["P0301"]
