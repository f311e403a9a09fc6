"""Each code has a page whose examples are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import panacea_policy.language
from panacea_policy.language import CODES, Source, parse

OF_TEXTS = sorted(code for code in CODES if code >= "P0100")
FOLDER = Path(panacea_policy.language.__file__).parent


@pytest.mark.parametrize("code", OF_TEXTS)
def test_examples(code: str) -> None:
    page = CODES[code]
    assert parse(Source("good", page.example_good)).diagnostics == ()
    assert [diagnostic.code for diagnostic in parse(Source("bad", page.example_bad)).diagnostics] == [code]


def test_nesting_example() -> None:
    page = CODES["P0004"]
    assert parse(Source("", f"process p {{ {page.example_good} }}")).diagnostics == ()
    assert [d.code for d in parse(Source("", f"process p {{ {page.example_bad} }}")).diagnostics] == ["P0004"]


def test_every_code_used_has_a_page_and_every_page_is_used() -> None:
    used: set[str] = set()
    for path in FOLDER.glob("*.py"):
        if path.name != "codes.py":
            used |= set(re.findall(r'"(P0[01]\d\d)"', path.read_text(encoding="utf-8")))
    assert used == set(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_pages_are_written_out(code: str) -> None:
    page = CODES[code]
    assert page.title
    assert not page.title.endswith(".")
    assert page.explanation.endswith(".")
    assert page.example_bad != page.example_good
