"""Paths in the heads of derivations and in the results of steps, where what they stand for may be unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.workspaces import codes, good_model, open_model

MODEL = """
privilege user "User" {{}}
privilege root "Administrator" {{}}
system pacs {{}}
system desk {{}}
vulnerability v {{ affects: [pacs]  {gives} }}
relation controls(asset, privilege)
step exploit "Exploit" {{
  for asset h, vulnerability v from h in v.affects to controls(h, v.gives) chance 1 % effort 1 h }}
rule safe "Nobody administers it" {{
  severity: low
  for system s
  require not controls(s, root)
  report s "can be administered"
}}
"""


@pytest.mark.parametrize(
    ("gives", "verdict"), [("gives: root", "violated"), ("gives: user", "met"), ("", "unknown")]
)
def test_a_path_in_a_head_may_be_anything_where_nobody_set_it(
    gives: str, verdict: str, tmp_path: Path
) -> None:
    workspace = good_model(tmp_path, MODEL.format(gives=gives))
    found = {each.subjects[0].name: each.verdict.value for each in workspace.findings()}
    assert found.get("pacs", "met") == verdict
    assert "desk" not in found, "it is in none of the vulnerabilities"


def test_a_number_in_a_head_that_may_be_unknown_is_refused(tmp_path: Path) -> None:
    text = """
    system pacs {}
    relation lasts(asset, duration)
    lasts(h, h.rto) if h is asset
    rule short "Short" { severity: low  for system s  require not lasts(s, 1 h)  report s "lasts" }
    """
    assert codes(open_model(tmp_path, text)) == ["P0519"]


def test_the_library_of_attacks_can_be_denied(tmp_path: Path) -> None:
    text = """
    use std.healthcare, packs.attack
    zone ward {}
    system pacs in ward {}
    rule safe "Nobody administers it" {
      severity: low  for system s  require not controls(s, root)  report s "can be administered"
    }
    """
    workspace = good_model(tmp_path, text)
    assert {each.verdict.value for each in workspace.findings() if each.rule.id == "safe"} == {"unknown"}
