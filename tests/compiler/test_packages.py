"""Which files make up a workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from panacea_policy.compiler import Workspace


def test_no_file_is_left_out_in_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("panacea_policy.compiler.packages.MAX_FILES", 3)
    for number in range(4):
        (tmp_path / f"part{number}.panacea").write_text(f"zone ward{number} {{}}\n")
    found = Workspace.open(tmp_path, cache=None).diagnostics()
    assert [each.code for each in found] == ["P0208"]
    assert "4 files" in found[0].message
