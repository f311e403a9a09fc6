"""Runs that the format tests share."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from panacea_policy.compiler import Workspace
from panacea_policy.compliance import assess
from panacea_policy.formats.check_run import CheckRun
from tests.end_to_end.small_models import CLINIC, clinic


def run_over(folder: Path, base: Path) -> CheckRun:
    """The check of a folder, with paths as seen from ``base``."""
    workspace = Workspace.open(folder, as_of=date(2026, 11, 23), cache=None)
    return CheckRun(workspace, base, workspace.diagnostics(), assess(workspace) if workspace.ok else None)


@pytest.fixture
def sound(tmp_path: Path) -> CheckRun:
    """A model with every verdict, in a folder whose name needs quoting."""
    return run_over(clinic(tmp_path / "our clinic"), tmp_path)


@pytest.fixture
def broken(tmp_path: Path) -> CheckRun:
    """A model with two errors."""
    text = CLINIC.replace("trust: 2", "trst: 2").replace("kitchen ->", "kitchn ->", 1)
    return run_over(clinic(tmp_path / "clinic", text), tmp_path)
