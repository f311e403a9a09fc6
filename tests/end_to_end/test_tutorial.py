"""The tutorial is typed in, block by block, and what it shows is compared with what happens."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from panacea_policy.cli import exits
from panacea_policy.cli.main import main

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(panacea|console)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def lines_of(text: str) -> list[str]:
    """The lines, those of a proof in any order: premises of a conjunction have none."""
    lines = text.splitlines()
    return sorted(line.replace("└", "├") for line in lines) if "├" in text else lines


def test_the_tutorial_is_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    model = tmp_path / "clinic" / "clinic.panacea"
    model.parent.mkdir()
    shown = 0
    for language, block in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if language == "panacea":
            model.write_text((model.read_text() if model.exists() else "") + block)
            assert main(["fmt", "--check", "clinic"]) == exits.OK
            assert main(["check", "clinic", "--as-of", "2026-11-23", "--quiet"]) != exits.WRONG
            capsys.readouterr()
        else:
            command, _, expected = block.partition("\n")
            main(shlex.split(command.removeprefix("$ panacea ")))
            assert lines_of(capsys.readouterr().out) == lines_of(expected)
            shown += 1
    assert shown == 3
    assert main(["test", "clinic"]) == exits.OK
    assert main(["check", "clinic", "--as-of", "2026-11-23"]) == exits.OK
