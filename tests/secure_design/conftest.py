"""One design file for all tests that only read it."""

from __future__ import annotations

import pytest

from panacea_policy.secure_design import DesignFile
from tests.secure_design.ward import pump_file


@pytest.fixture(scope="session")
def pump(tmp_path_factory: pytest.TempPathFactory) -> DesignFile:
    """The file of the pump of the ward."""
    return pump_file(tmp_path_factory.mktemp("ward"))
