"""The programs here are small; questions are narrowed all the same."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest

from panacea_policy.engine import asking


@pytest.fixture(scope="module", autouse=True)
def _narrowed() -> Iterator[None]:
    with patch.object(asking, "FEW_FACTS", 0):
        yield
