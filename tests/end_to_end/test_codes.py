"""Every code that a person can meet has a page; what the pages say is tested where the codes are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from panacea_policy.cli import exits
from panacea_policy.cli.codes import all_codes
from panacea_policy.cli.main import main

GOLDEN = Path(__file__).parent.parent / "golden"


def test_every_code_that_is_seen_has_a_page() -> None:
    seen = {code for path in GOLDEN.rglob("*.txt") for code in re.findall(r"\[(P\d{4})\]", path.read_text())}
    assert len(seen) > 40
    assert seen <= set(all_codes())


def test_a_page_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "P0202"]) == exits.OK
    shown = capsys.readouterr().out
    assert shown.startswith("P0202: no such declaration\n\n")
    assert "wrong\n    zone clinical {}\n    system pacs in clincal {}" in shown
    assert main(["explain", "P0999"]) == exits.WRONG
    assert "there is no code P0999" in capsys.readouterr().err
