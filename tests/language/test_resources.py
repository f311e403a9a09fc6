"""The grammar is found in a checkout and in an installed package; changes of what decides trees count."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from panacea_policy.language import resources


def test_in_this_checkout() -> None:
    assert "file: item*" in resources.grammar_text()


def test_inside_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    language = tmp_path / "site-packages" / "panacea_policy" / "language"
    grammars = language.parent / "grammars"
    grammars.mkdir(parents=True)
    (grammars / "panacea.lark").write_text("installed: ë", encoding="utf-8")
    monkeypatch.setattr(resources, "_HERE", language)
    assert resources.grammar_text() == "installed: ë"


def test_a_damaged_installation_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_HERE", tmp_path / "panacea_policy" / "language")
    with pytest.raises(FileNotFoundError, match=r"panacea\.lark is missing"):
        resources.grammar_text()


def test_a_change_of_the_reading_code_gives_new_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Path(resources.__file__).parent
    language = tmp_path / "panacea_policy" / "language"
    shutil.copytree(here, language, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "grammars").mkdir()
    (tmp_path / "grammars" / "panacea.lark").write_text(resources.grammar_text(), encoding="utf-8")
    monkeypatch.setattr(resources, "_HERE", language)
    before = resources.tables_digest.__wrapped__(), resources.trees_digest.__wrapped__()
    assert before == (resources.tables_digest(), resources.trees_digest())
    with (language / "builder.py").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert resources.tables_digest.__wrapped__() == before[0]
    assert resources.trees_digest.__wrapped__() != before[1]
    with (tmp_path / "grammars" / "panacea.lark").open("a", encoding="utf-8") as file:
        file.write("// changed\n")
    assert resources.tables_digest.__wrapped__() != before[0]
