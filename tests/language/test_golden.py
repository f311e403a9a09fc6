"""Diagnostics as people see them: ``NAME.panacea`` gives the text in ``NAME.txt``.

After a wanted change: ``pytest tests/language --update-golden``, and read the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from panacea_policy.language import CODES, Source, parse, render

FOLDER = Path(__file__).parents[1] / "golden" / "language" / "diagnostics"
CASES = sorted(FOLDER.glob("*.panacea"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_diagnostics(path: Path, update_golden: bool) -> None:
    source = Source(path.name, path.read_text(encoding="utf-8"))
    diagnostics = parse(source).diagnostics
    assert diagnostics
    assert all(diagnostic.code in CODES for diagnostic in diagnostics)
    shown = "\n\n".join(render(diagnostic, {source.name: source}) for diagnostic in diagnostics) + "\n"
    golden = path.with_suffix(".txt")
    if update_golden:
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 25
    codes = {
        diagnostic.code
        for path in CASES
        for diagnostic in parse(Source("", path.read_text("utf-8"))).diagnostics
    }
    assert len(codes) >= 20
