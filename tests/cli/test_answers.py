"""Answers kept on disk: used again only while everything that they rest on is unchanged."""

from __future__ import annotations

from pathlib import Path

import pytest

from panacea_policy.cli.answers import Answers
from panacea_policy.cli.main import main

MODEL = """organisation clinic { country: IE  currency: EUR }
zone ward { trust: 3 }
device pump from inventory("pumps.csv") { id: column("id")  zone: ward }
rule few "Few pumps" {
  severity: high
  for zone z
  where (count of device d with d.zone = z) >= 2
  report z "{z} has too many pumps"
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PANACEA_CACHE_DIR", str(tmp_path / "cache"))
    model = tmp_path / "model"
    model.mkdir()
    (model / "clinic.panacea").write_text(MODEL)
    (model / "pumps.csv").write_text("id\nA\n")
    return model


def count_runs(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    from panacea_policy.cli import check_call

    runs: list[object] = []
    real = check_call._run

    def counted(*arguments: object) -> object:
        runs.append(arguments)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(check_call, "_run", counted)
    return runs


def test_an_unchanged_model_is_answered_from_the_cache(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = count_runs(monkeypatch)
    assert main(["check", str(folder)]) == 0
    first = capsys.readouterr().out
    assert main(["check", str(folder)]) == 0
    assert capsys.readouterr().out == first
    assert len(runs) == 1
    assert main(["check", str(folder), "--no-cache"]) == 0
    assert len(runs) == 2


@pytest.mark.parametrize("change", ["text", "inventory", "new file"])
def test_whatever_the_answer_rests_on_makes_it_stale(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    runs = count_runs(monkeypatch)
    assert main(["check", str(folder)]) == 0
    if change == "text":
        (folder / "clinic.panacea").write_text(MODEL.replace(">= 2", ">= 1"))
    elif change == "inventory":
        (folder / "pumps.csv").write_text("id\nA\nB\n")
    else:
        (folder / "more.panacea").write_text("device another in ward\n")
    capsys.readouterr()
    assert main(["check", str(folder)]) == 1
    assert "ward has too many pumps" in capsys.readouterr().out
    assert len(runs) == 2


def test_the_question_counts_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = count_runs(monkeypatch)
    for call in (["--format", "json"], ["--as-of", "2026-01-01"], ["--all"], []):
        assert main(["check", str(folder), *call]) == 0
    assert len(runs) == 4


def test_a_model_with_errors_is_never_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = count_runs(monkeypatch)
    (folder / "clinic.panacea").write_text("zonne ward\n")
    assert main(["check", str(folder)]) == 2
    assert main(["check", str(folder)]) == 2
    assert len(runs) == 2


def test_a_damaged_answer_is_no_answer(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = count_runs(monkeypatch)
    assert main(["check", str(folder)]) == 0
    (kept,) = (tmp_path / "cache" / "answers").iterdir()
    kept.write_bytes(b"\xff" + kept.read_bytes()[:50])
    assert main(["check", str(folder)]) == 0
    assert len(runs) == 2


def test_old_answers_are_dropped(tmp_path: Path) -> None:
    answers = Answers(tmp_path)
    for number in range(80):
        answers.put(["check", str(number)], "text", 0, [], [])
    assert len(list(tmp_path.iterdir())) <= 65
