"""The page of each code of the compiler: its wrong example gives that code alone, its right one none."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from panacea_policy.cli import exits
from panacea_policy.cli.codes import all_codes
from panacea_policy.cli.main import main
from panacea_policy.compiler import Workspace, WorkspaceError

GOLDEN = Path(__file__).parent.parent / "golden" / "diagnostics"
#: Codes of files, syntax and questions have examples that are no whole models.
MODELS = {
    code: info
    for code, info in all_codes().items()
    if code >= "P0200" and not info.example_bad.startswith("panacea ")
}


def codes_of(text: str, folder: Path) -> set[str]:
    """The codes that a model gives, beside an inventory and two packages."""
    folder.mkdir()
    (folder / "model.panacea").write_text(text + "\n")
    (folder / "pumps.csv").write_text("asset_tag,model\nPMP-1,F2\nPMP-2,F2\n")
    for package in ("east", "west"):
        (folder / package).mkdir()
        (folder / package / "zones.panacea").write_text("zone ward {}\n")
    workspace = Workspace.open(folder, as_of=date(2026, 11, 23), cache=None)
    found = list(workspace.diagnostics())
    try:
        if workspace.ok:
            workspace.findings()
    except WorkspaceError as error:
        found += error.diagnostics
    return {diagnostic.code for diagnostic in found}


@pytest.mark.parametrize("code", MODELS)
def test_the_examples_of_a_page_are_true(code: str, tmp_path: Path) -> None:
    assert codes_of(MODELS[code].example_bad, tmp_path / "bad") == {code}
    assert codes_of(MODELS[code].example_good, tmp_path / "good") == set()


def test_every_code_that_is_seen_has_a_page() -> None:
    seen = {code for path in GOLDEN.glob("*.txt") for code in re.findall(r"\[(P\d{4})\]", path.read_text())}
    assert seen <= set(all_codes())


def test_a_page_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "P0202"]) == exits.OK
    shown = capsys.readouterr().out
    assert shown.startswith("P0202: no such declaration\n\n")
    assert "wrong\n    zone clinical {}\n    system pacs in clincal {}" in shown
    assert main(["explain", "P0999"]) == exits.WRONG
    assert "there is no code P0999" in capsys.readouterr().err
