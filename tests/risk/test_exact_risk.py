"""The simulation of a model beside the exact chances of its actors."""

from __future__ import annotations

from pathlib import Path

import pytest

from panacea_policy.risk import RiskOptions
from panacea_policy.risk.exact_risk import exact_chances
from tests.risk.clinic import clinic

pytest.importorskip("dd")


def test_every_actor_and_goal_is_compared(tmp_path: Path) -> None:
    workspace = clinic(tmp_path)
    found = exact_chances(workspace.attack(), workspace.model, RiskOptions(trials=20_000))
    chances = {(each.actor, each.goal): each.exact for each in found}
    assert set(chances) == {(a, g) for a in ("gang", "kid") for g in ("ward", "record")}
    assert chances["gang", "ward"] == pytest.approx((1 - 0.8 * 0.99) * 0.5 * 0.7 * 0.8)
    assert chances["kid", "ward"] == pytest.approx(0.01 * 0.5 * 0.7 * 0.8)
    assert all(each.errors is not None and each.errors < 4 for each in found)
