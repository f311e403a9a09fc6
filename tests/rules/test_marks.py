"""The reference hospital lies where public counts do, as far as rules/attack/README.md says so.

What a year holds of one kind of event has the chance 1 - exp(-rate), as attempts are a Poisson process.
"""

from __future__ import annotations

import math
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from panacea_policy.compiler import Workspace
from panacea_policy.risk import RiskOptions, RiskResult, assess_risk

ROOT = Path(__file__).parents[2]
OPTIONS = RiskOptions(trials=4096, years=1000, ranked=False)
README = (ROOT / "rules" / "attack" / "README.md").read_text("utf-8")
#: The scenario that closes the archive's door.
CLOSED = "mfa_everywhere"


@cache
def riverside(scenario: str = "") -> RiskResult:
    workspace = Workspace.open(ROOT / "models" / "riverside", as_of=date(2026, 11, 28))
    shown = workspace.with_scenario(scenario) if scenario else workspace
    assert shown.ok, shown.diagnostics()
    return assess_risk(shown.attack(), shown.model, OPTIONS)


def yearly(risk: RiskResult, what: str, *actors: str) -> float:
    """The chance of at least one such event in a year, by these actors or by all."""
    found = [e.per_year for e in risk.event_summaries if e.what == what and e.actor in (actors or ("",))]
    return -math.expm1(-sum(found))


def of_all(risk: RiskResult, what: str) -> float:
    return -math.expm1(-sum(e.per_year for e in risk.event_summaries if e.what == what and e.actor))


def test_ransomware_stops_care_as_often_as_hospital_systems_are_hit() -> None:
    """25 to 46 of 639 US systems a year (figure ransomware_on_systems)."""
    assert 25 / 639 <= yearly(riverside(), "disruption", "std.ransomware_group") <= 46 / 639


def test_disclosures_lie_within_the_marks_once_the_archive_asks_for_two_factors() -> None:
    """2.18 to 12.95 % of healthcare providers (figure incident_per_year_healthcare); the open door makes it
    twice as much, not more.
    """
    closed, open_ = of_all(riverside(CLOSED), "disclosure"), of_all(riverside(), "disclosure")
    assert 0.0218 <= closed <= 0.1295
    assert 0.1295 < open_ < 2.5 * closed


def test_who_extorts_by_data_alone_stops_nothing() -> None:
    assert yearly(riverside(), "disruption", "std.extortionist") == 0.0
    assert yearly(riverside(), "disclosure", "std.extortionist") > 0.0


@pytest.mark.parametrize(
    ("row", "what", "actor"),
    [
        ("ransomware stops care", "disruption", "std.ransomware_group"),
        ("… takes data", "disclosure", "std.ransomware_group"),
        ("any attack discloses a class of data", "disclosure", ""),
    ],
)
def test_the_readme_tells_what_is_computed(row: str, what: str, actor: str) -> None:
    (cells,) = [line.split("|") for line in README.splitlines() if line.startswith(f"| {row} |")]
    told = [float(cell.strip(" *%")) / 100 for cell in cells[2:4]]
    states = [riverside(), riverside(CLOSED)]
    computed = [yearly(each, what, actor) if actor else of_all(each, what) for each in states]
    assert told == pytest.approx(computed, rel=0.12)
