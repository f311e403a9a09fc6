"""What commands begin with."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from panacea_policy.cli.session import open_workspace
from panacea_policy.engine.kernels import announce_to, choice


@pytest.mark.parametrize("terminal", [True, False])
def test_people_at_a_terminal_are_told_of_a_compilation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: bool
) -> None:
    (tmp_path / "model.panacea").write_text("")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    try:
        open_workspace([tmp_path], None)
        listener = choice._ANNOUNCE.get()
        assert (listener is not None) == terminal
        if listener is not None:
            listener()
            assert capsys.readouterr().err == "compiling kernels (once)…\n"
    finally:
        announce_to(None)
