"""Files of other projects that tests read and this one does not contain: schemas, advisories, inventories."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

#: Their folder: ``PANACEA_TEST_DATA``, or ``shared/data`` beside the checkout.
FOLDER = Path(os.environ.get("PANACEA_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")


def external(name: str) -> Path:
    """The file or folder of that name; skips the test, naming it, where it is missing."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{name} is not in the folder of test data")
    return path
