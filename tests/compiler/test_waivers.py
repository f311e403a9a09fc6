"""Waivers count for a time, and only with the authority of somebody who has it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from panacea_policy.compiler import Delta, Workspace

DAY = date(2026, 11, 23)
FRAME = """\
role ciso {{ {ciso} }}
role cio {{ {cio} }}
body board {{ {board} }}
person ada {{ roles: [ciso] }}
zone red {{ wireless: true }}
rule radio "Radio" {{ severity: {severity}  for zone z where z.wireless report z "is on air" }}
waive radio on red until 2027-01-31 because "Ordered" by {by}
"""


def opened(folder: Path, text: str) -> Workspace:
    (folder / "model.panacea").write_text(text)
    return Workspace.open(folder, as_of=DAY, cache=None)


def model(by: str, severity: str = "high", ciso: str = "", cio: str = "", board: str = "") -> str:
    return FRAME.format(by=by, severity=severity, ciso=ciso, cio=cio, board=board)


def found(workspace: Workspace) -> dict[str, str]:
    assert [d.message for d in workspace.diagnostics() if d.severity.value == "error"] == []
    return {finding.rule.id: str(finding.verdict) for finding in workspace.findings()}


REFUSED = {"radio": "violated", "std.unauthorised_waiver": "violated"}


@pytest.mark.parametrize("by", ["ciso", "cio", "board", "ada"])
def test_where_nobody_says_who_may_everybody_may(tmp_path: Path, by: str) -> None:
    assert found(opened(tmp_path, model(by))) == {"radio": "waived"}


@pytest.mark.parametrize(
    ("by", "severity", "verdict"),
    [
        ("ciso", "high", "waived"),
        ("ciso", "low", "waived"),
        ("ciso", "critical", "violated"),
        ("ada", "high", "waived"),
        ("ada", "critical", "violated"),
        ("board", "critical", "waived"),
        ("cio", "info", "violated"),
    ],
)
def test_authority_reaches_up_to_a_severity(tmp_path: Path, by: str, severity: str, verdict: str) -> None:
    text = model(by, severity, ciso="may_accept: high", board="may_accept: critical")
    assert found(opened(tmp_path, text)) == ({"radio": "waived"} if verdict == "waived" else REFUSED)


def test_a_waiver_without_authority_is_a_finding_that_names_it(tmp_path: Path) -> None:
    workspace = opened(tmp_path, model("cio", ciso="may_accept: high"))
    told = [f.message for f in workspace.findings() if f.rule.id == "std.unauthorised_waiver"]
    assert told == ["cio may not accept a violation of severity high, as in radio"]


def test_authority_that_comes_and_goes_is_followed(tmp_path: Path) -> None:
    workspace = opened(tmp_path, model("cio"))
    assert found(workspace) == {"radio": "waived"}
    applied = workspace.apply(Delta("set ciso.may_accept: high"))
    assert found(workspace) == REFUSED
    assert {finding.rule.id for finding in applied.appeared} == set(REFUSED)
    workspace.apply(Delta("set cio.may_accept: critical"))
    assert found(workspace) == {"radio": "waived"}


@pytest.mark.parametrize(
    ("waiver", "missing"),
    [
        ('waive radio on red because "Ordered" by ciso', "expires"),
        ("waive radio on red until 2027-01-31 by ciso", "reason"),
        ('waive radio on red until 2027-01-31 because "Ordered"', "approver"),
    ],
)
def test_a_waiver_has_an_end_a_reason_and_a_name(tmp_path: Path, waiver: str, missing: str) -> None:
    text = model("ciso").rpartition("waive")[0] + waiver + "\n"
    told = [(d.code, d.message) for d in opened(tmp_path, text).diagnostics()]
    assert told == [("P0307", f"`radio_on_red` must state its `{missing}`")]


def test_an_approver_must_exist(tmp_path: Path) -> None:
    codes = [d.code for d in opened(tmp_path, model("nobody")).diagnostics()]
    assert codes == ["P0202"]
