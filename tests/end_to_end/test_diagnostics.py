"""Golden texts: what a person reads about each mistake, word for word.

Each ``tests/golden/diagnostics/*.txt`` holds the files of a small workspace, each after a line ``--- name``,
and after ``===`` the output of ``panacea check``. ``PANACEA_GOLDEN=write`` puts the present output there, to
be read in the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from panacea_policy.cli import exits
from panacea_policy.cli.main import main

GOLDEN = Path(__file__).parent.parent / "golden" / "diagnostics"
CASES = sorted(path.stem for path in GOLDEN.glob("*.txt"))


def lay_out(text: str, folder: Path) -> None:
    """Write the files of a case: ``--- name``, ``--- name (encoding)`` or ``--- link -> target``."""
    for part in text.split("--- ")[1:]:
        head, _, content = part.partition("\n")
        name, _, target = head.partition(" -> ")
        name, _, encoding = name.partition(" (")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if target:
            path.symlink_to(target)
        else:
            path.write_text(content, encoding=encoding.rstrip(")") or "utf-8")


@pytest.mark.parametrize("case", CASES)
def test_the_text_of_a_diagnostic(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files, _, expected = (GOLDEN / f"{case}.txt").read_text(encoding="utf-8").partition("===\n")
    workspace = tmp_path / "model"
    workspace.mkdir()
    lay_out(files, workspace)
    monkeypatch.chdir(workspace)
    code = main(["check", "--no-color", "--as-of", "2026-11-23", "."])
    captured = capsys.readouterr()
    assert captured.err == ""
    assert str(tmp_path) not in captured.out
    if os.environ.get("PANACEA_GOLDEN") == "write":
        (GOLDEN / f"{case}.txt").write_text(f"{files}===\n{captured.out}", encoding="utf-8")
    else:
        assert captured.out == expected
    assert (code == exits.WRONG) == ("error[" in captured.out)


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 60
