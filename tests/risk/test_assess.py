"""The assessment of a small clinic, against figures worked out by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from panacea_policy.model.distributions import Lognormal
from panacea_policy.report.reading import places
from panacea_policy.risk import GoalRisk, RiskOptions, RiskResult, assess_risk
from tests.risk.clinic import CLINIC, clinic

OPTIONS = RiskOptions(trials=8192, years=5000, compared=8192)


def assessed(folder: Path, text: str = CLINIC, options: RiskOptions = OPTIONS) -> RiskResult:
    workspace = clinic(folder, text)
    return assess_risk(workspace.attack(), workspace.model, options, locate=places(workspace))


def goal(result: RiskResult, name: str) -> GoalRisk:
    found = result.goal(name)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RiskResult:
    return assessed(tmp_path_factory.mktemp("clinic"))


#: Portal by exploit or password, then the record system (detection in place takes 30 % away), then
#: encryption.
GANG = (1 - 0.8 * 0.99) * 0.5 * 0.7 * 0.8
#: The opportunist cannot exploit; a guessed password is all.
KID = 0.01 * 0.5 * 0.7 * 0.8


def test_rates_of_actors_and_their_skill_give_the_rate_of_events(result: RiskResult) -> None:
    ward = goal(result, "ward")
    chances = {a.actor: a.chance_per_attempt for a in ward.actors}
    assert abs(chances["gang"].value - GANG) < 4 * chances["gang"].standard_error + 0.002
    assert abs(chances["kid"].value - KID) < 4 * chances["kid"].standard_error + 0.0005
    rate = 3 * GANG + 20 * KID
    assert abs(ward.events_per_year.value - rate) < 4 * ward.events_per_year.standard_error + 0.005
    assert ward.probability.value == pytest.approx(-math.expm1(-ward.events_per_year.value))
    assert ward.probability.low <= ward.probability.value <= ward.probability.high


def test_a_process_with_a_fallback_that_nobody_reaches_is_safe(result: RiskResult) -> None:
    emergency = goal(result, "emergency")
    assert not emergency.reachable
    assert emergency.probability.value == 0.0
    assert emergency.path is None


def test_losses_are_rate_times_severity(result: RiskResult) -> None:
    ward, record = goal(result, "ward"), goal(result, "record")
    hours = Lognormal(math.log(7 * 24), 1.0).mean()
    assert ward.loss_per_year is not None
    assert ward.loss_per_year.value == pytest.approx(ward.events_per_year.value * hours * 500)
    assert record.loss_per_year is not None
    mean = (50_000 + 4 * 200_000 + 900_000) / 6
    assert record.loss_per_year.value == pytest.approx(record.events_per_year.value * mean)
    assert result.loss is not None
    assert result.loss.mean.value == pytest.approx(ward.loss_per_year.value + record.loss_per_year.value)
    assert result.loss.p50 <= result.loss.p95 <= result.loss.p99


def test_the_path_tells_steps_facts_places_and_controls(result: RiskResult) -> None:
    path = goal(result, "ward").path
    assert path is not None
    assert path.actor == "Ransomware group"
    assert [s.title for s in path.steps][:4] == [
        "Come from the internet",
        "Exploit the portal",
        "Follow the data flow",
        "Encrypt the system",
    ]
    assert path.chance == pytest.approx(0.2 * 0.5 * 0.7 * 0.8)
    move = path.steps[2]
    assert (move.base_chance, move.chance) == (0.5, pytest.approx(0.35))
    assert {(h.name, h.status) for h in move.hindrances} == {("patch_all", "planned"), ("watch", "in_place")}
    assert move.premises[0].by == (2,)
    assert move.premises[0].places[0].file.endswith("clinic.panacea")
    assert [u.name for u in move.using] == ["portal_to_ehr"]
    assert move.place is not None
    assert path.steps[-1].results == ("Ward care cannot do its work",)


def test_a_planned_control_is_ranked_by_what_it_saves(result: RiskResult) -> None:
    (patch,) = result.controls
    assert (patch.name, patch.status) == ("patch_all", "planned")
    gang = (1 - (1 - 0.2 * 0.4) * 0.99) * 0.5 * 0.4 * 0.7 * 0.8
    kid = 0.01 * 0.5 * 0.4 * 0.7 * 0.8
    left = (3 * gang + 20 * kid) / (3 * GANG + 20 * KID)
    assert patch.relative == pytest.approx(1 - left, abs=0.12)  # four standard errors
    assert (patch.cost_once, patch.cost_per_year) == (40_000.0, 10_000.0)
    assert patch.saves_per_year is not None
    assert patch.saves_per_year.low > 0


def test_equal_input_and_seed_give_an_equal_result(tmp_path: Path, result: RiskResult) -> None:
    assert assessed(tmp_path).to_json() == result.to_json()


def test_order_of_declarations_is_without_effect_on_the_figures(tmp_path: Path, result: RiskResult) -> None:
    parts = CLINIC.strip().split("\n")
    head = [line for line in parts if line.startswith(("zone ", "system ", "threat_actor "))]
    rest = [line for line in parts if line not in head]
    other = assessed(tmp_path, "\n".join([*rest, *reversed(head)]))
    assert [(g.name, g.events_per_year) for g in other.goals] == [
        (g.name, g.events_per_year) for g in result.goals
    ]


def test_a_stronger_control_in_place_never_raises_the_risk(tmp_path: Path, result: RiskResult) -> None:
    stronger = assessed(tmp_path, CLINIC.replace("effectiveness: 30 %", "effectiveness: 90 %"))
    for before in result.goals:
        assert goal(stronger, before.name).events_per_year.value <= before.events_per_year.value


def test_another_vulnerable_way_never_lowers_the_risk(tmp_path: Path, result: RiskResult) -> None:
    trick = "for asset h from h is record_system to controls(h) chance 5 % effort 1 d"
    more = f'{CLINIC}step phish "Trick the staff" {{ {trick} }}\n'
    with_more = assessed(tmp_path, more)
    for before in result.goals:
        assert goal(with_more, before.name).events_per_year.value >= before.events_per_year.value


def test_an_impatient_actor_gives_up(tmp_path: Path) -> None:
    impatient = assessed(tmp_path, CLINIC.replace("skill: advanced ", "skill: advanced  patience: 1 h "))
    assert {a.actor: a.events_per_year for a in goal(impatient, "ward").actors}["gang"] == 0.0


def test_without_actors_nothing_happens_and_the_result_says_why(tmp_path: Path) -> None:
    quiet = "\n".join(line for line in CLINIC.split("\n") if not line.startswith("threat_actor"))
    result = assessed(tmp_path, quiet)
    assert all(g.probability.value == 0.0 for g in result.goals)
    assert any("no threat actor" in note for note in result.notes)


def test_the_json_form_is_versioned_and_has_no_odd_numbers(result: RiskResult) -> None:
    data = json.loads(result.to_json())
    assert data["schema"] == "panacea/risk/v1"
    assert "NaN" not in result.to_json()
    assert "Infinity" not in result.to_json()
    assert RiskResult.model_validate_json(result.to_json()) == result


def test_an_assumption_counts_by_what_rests_on_it(result: RiskResult) -> None:
    for assumption in result.assumptions:
        assert 0.0 <= assumption.share <= 1.0


def test_options_are_checked() -> None:
    with pytest.raises(ValueError, match="at least one trial"):
        RiskOptions(trials=0)
    with pytest.raises(ValueError, match="horizon"):
        RiskOptions(horizon_days=float("inf"))
