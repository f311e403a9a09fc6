"""A scan on the command line: imported, checked, never replacing what was changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from tests.formats.feeds import samples


def imported(tmp_path: Path, *options: str) -> int:
    (tmp_path / "scan.xml").write_text(samples.NMAP, encoding="utf-8")
    return main(["import", "nmap", str(tmp_path / "scan.xml"), "-o", str(tmp_path / "model"), *options])


def test_a_scan_becomes_a_model_that_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert imported(tmp_path) == exits.OK
    told = capsys.readouterr().err
    assert "next: panacea check" in told
    assert "note: Who reaches whom" in told
    assert {p.name for p in (tmp_path / "model").iterdir()} == {"network.panacea", "NOTES.md"}
    assert main(["fmt", "--check", str(tmp_path / "model")]) == exits.OK
    assert main(["check", str(tmp_path / "model"), "--as-of", "2026-11-28"]) != exits.WRONG


def test_stating_networks_changes_the_zones_by_force_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imported(tmp_path, "-q") == exits.OK
    assert imported(tmp_path, "--network", "10.1.0.0/16", "--network", "10.1.2.0/25") == exits.WRONG
    assert "already has" in capsys.readouterr().err
    assert imported(tmp_path, "--force", "--network", "10.1.2.0/25") == exits.OK
    assert "net_10_1_2_0_25" in (tmp_path / "model" / "network.panacea").read_text(encoding="utf-8")


def test_a_file_that_is_no_scan_is_a_wrong_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").write_text("<html/>", encoding="utf-8")
    assert main(["import", "nmap", str(tmp_path / "x"), "-o", str(tmp_path / "model")]) == exits.WRONG
    assert "no XML output of nmap" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()
