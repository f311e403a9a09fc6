"""The page of outputs names every document that there is a schema of."""

from __future__ import annotations

from pathlib import Path

import pytest

from panacea_policy.formats.assessment import SCHEMAS

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_document_stands_on_the_page(name: str) -> None:
    assert f"`panacea/{name}/v1`" in PAGE.read_text("utf-8")
