"""`panacea query --plan`, `--print-pass` and `--without` on a small model."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from panacea_policy.engine import asking
from panacea_policy.engine.options import PASSES
from tests.end_to_end.test_cli import Capture, validate

MODEL = """\
organisation clinic "Clinic" { country: IE }
zone outside "Outside" { trust: 0 }
zone ward "Ward" { trust: 2 }
zone lab "Laboratory" { trust: 3 }
conduit outside -> ward { allow: [https] }
conduit ward -> lab { allow: [https] }

protocol https "HTTPS" { encrypted: true }

relation leads(source: zone, target: zone)
leads(x, y) if conduit c, c.source = x, c.target = y
leads(x, z) if leads(x, y), leads(y, z)
"""

PLAN = """\
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clinic.panacea").write_text(MODEL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
