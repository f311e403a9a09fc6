"""What moves the result: closed forms for attempts and losses, laws for controls and steps."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.model.distributions import Lognormal
from panacea_policy.risk import RiskOptions, RiskResult, Sensitivity, assess_risk
from panacea_policy.risk.case import Case, prepare
from panacea_policy.risk.loss.account import weighed
from panacea_policy.risk.paths import Derivation, most_likely
from panacea_policy.risk.sensitivity import CANDIDATES, STEPS, _odds, _study_at, sensitivities
from tests.risk.clinic import CLINIC, clinic

OPTIONS = RiskOptions(trials=2048, compared=1024)

#: The clinic with attempts and an effect that are uncertain.
UNCERTAIN = CLINIC.replace("attempts: 3 per year", "attempts: uniform(1, 5) per year").replace(
    "status: in_place  effectiveness: 30 %", "status: in_place  effectiveness: uniform(10 %, 50 %)"
)


def case_of(folder: Path, text: str = UNCERTAIN, options: RiskOptions = OPTIONS) -> Case:
    workspace = clinic(folder, text)
    case = prepare(workspace.attack(), workspace.model, options, lambda _: None)
    weighed(case)
    return case


def result_of(folder: Path, text: str = UNCERTAIN, options: RiskOptions = OPTIONS) -> RiskResult:
    workspace = clinic(folder, text)
    return assess_risk(workspace.attack(), workspace.model, options)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RiskResult:
    return result_of(tmp_path_factory.mktemp("clinic"))


def named(result: RiskResult, start: str) -> Sensitivity:
    (found,) = [each for each in result.sensitivity if each.title.startswith(start)]
    return found


def mean(result: RiskResult) -> float:
    assert result.loss is not None
    return result.loss.mean.value


def test_the_result_is_linear_in_attempts(result: RiskResult) -> None:
    """Attempts from 1.2 to 4.8 a year around 3: the part of that actor grows in proportion."""
    found = named(result, "Attempts: Ransomware group")
    part = found.at_high - found.at_low
    gang = part * 3.0 / (4.8 - 1.2)
    assert found.at_low == pytest.approx(mean(result) - gang + gang * 1.2 / 3.0)
    assert found.at_high == pytest.approx(mean(result) - gang + gang * 4.8 / 3.0)


def test_an_actor_of_a_known_rate_moves_nothing(result: RiskResult) -> None:
    assert not [s for s in result.sensitivity if s.title == "Attempts: Opportunist"]


def test_the_loss_is_linear_in_a_severity(tmp_path: Path) -> None:
    """With one goal that costs, its loss per hour from low to high changes the result in proportion."""
    text = UNCERTAIN.replace("breach_loss: pert(50k, 200k, 900k) EUR", "").replace(
        "outage_loss: 500 EUR per h", "outage_loss: uniform(200, 800) EUR per h"
    )
    text = text.replace("special_category: true", "special_category: true  breach_loss: 0 EUR")
    found = result_of(tmp_path, text)
    hour = named(found, "Loss per hour: Ward care")
    assert hour.at_low / mean(found) == pytest.approx(230 / 500, rel=0.02)
    assert hour.at_high / mean(found) == pytest.approx(770 / 500, rel=0.02)


def test_a_length_moves_only_what_depends_on_it(tmp_path: Path) -> None:
    """Costs per event and per standstill: the length of outages leaves the first as they are."""
    extra = 'loss cleaning "Cleaning up" after disruption { form: replacement  amount: 1M EUR }\n'
    found = result_of(tmp_path, UNCERTAIN + extra)
    forms = {form.form: form.per_year.value for form in found.forms}
    law = Lognormal(math.log(7 * 86400.0), 1.0)
    length = named(found, "Length of outages")
    for at, share in ((length.at_low, 0.05), (length.at_high, 0.95)):
        stands = forms["productivity"] * (law.percentile(share) / law.mean() - 1.0)
        assert at == pytest.approx(mean(found) + stands, rel=1e-6)


def test_the_result_is_linear_in_a_declared_loss(tmp_path: Path) -> None:
    extra = (
        'loss cleaning "Cleaning up" after disruption { form: replacement  amount: uniform(1M, 3M) EUR  '
        "probability: uniform(10 %, 30 %) }\n"
    )
    found = result_of(tmp_path, UNCERTAIN + extra)
    (form,) = [form for form in found.forms if form.form == "replacement"]
    amount = named(found, "Amount: Cleaning up")
    assert (amount.low, amount.high) == ("EUR 1.1M", "EUR 2.9M")
    assert amount.at_high - mean(found) == pytest.approx(form.per_year.value * 0.45, rel=1e-6)
    often = named(found, "How often it follows: Cleaning up")
    assert mean(found) - often.at_low == pytest.approx(form.per_year.value * 0.45, rel=1e-6)


def test_a_law_that_several_goals_share_is_one_input(tmp_path: Path) -> None:
    text = UNCERTAIN.replace("needs: ehr or paper", "needs: ehr")
    found = result_of(tmp_path, text)
    assert named(found, "Length of outages").title == "Length of outages: 2 processes"


def test_a_control_that_works_better_never_raises_the_result(result: RiskResult) -> None:
    found = named(result, "Effect of Detection and response")
    assert (found.low, found.high) == ("12 %", "48 %")
    assert found.at_high < mean(result) < found.at_low


def test_raising_the_odds_of_a_step_never_lowers_the_result(result: RiskResult) -> None:
    steps = [s for s in result.sensitivity if s.kind == "step"]
    assert 0 < len(steps) <= STEPS <= CANDIDATES
    for each in steps:
        assert each.at_low <= mean(result) * (1 + 1e-9)
        assert each.at_high >= mean(result) * (1 - 1e-9)


def test_a_raised_end_is_that_of_a_run_of_its_own(tmp_path: Path) -> None:
    """The ends that one further study gives for all inputs equal those of a study for each."""
    case = case_of(tmp_path)
    paths = _paths(case)
    found = {s.name: s for s in sensitivities(case, paths) if s.kind == "step"}
    base = case.study.estimate([case.study.weights @ f for f in case.study.fallen()]).value
    total = case.study.total().value
    for number, info in enumerate(case.attack.steps):
        if info.id not in found:
            continue
        mine = case.attack.step == number
        for factor, told in ((2.0, found[info.id].at_high), (0.5, found[info.id].at_low)):
            chance = np.where(mine, _odds(case.chance, factor), case.chance)
            alone = _study_at(case, chance).total().value
            assert told == pytest.approx(base * alone / total, rel=1e-9)


def _paths(case: Case) -> list[Derivation]:
    facts = [goal.fact for goal in case.goals]
    return [
        path
        for source in case.sources
        for path in most_likely(case.graph, facts, dict.fromkeys(source.start, 1.0), case.chance).values()
    ]


def test_equal_seeds_give_equal_results(tmp_path: Path, result: RiskResult) -> None:
    assert result_of(tmp_path).sensitivity == result.sensitivity


def test_the_order_is_that_of_the_moves(result: RiskResult) -> None:
    moves = [abs(s.at_high - s.at_low) for s in result.sensitivity]
    assert moves == sorted(moves, reverse=True)
    assert all(move > 0 for move in moves)


def test_nothing_moves_a_hospital_that_nobody_attacks(tmp_path: Path) -> None:
    text = "\n".join(line for line in UNCERTAIN.splitlines() if not line.startswith("threat_actor"))
    assert result_of(tmp_path, text).sensitivity == ()


def test_where_nothing_is_priced_events_are_counted(tmp_path: Path) -> None:
    text = UNCERTAIN.replace("breach_loss: pert(50k, 200k, 900k) EUR", "")
    text = text.replace("outage_loss: pert(1k, 2k, 9k) EUR per h", "")
    text = text.replace("outage_loss: 500 EUR per h", "")
    found = result_of(tmp_path, text)
    assert found.loss is None
    assert not [s for s in found.sensitivity if s.kind == "loss"]
    events = sum(goal.events_per_year.value for goal in found.goals)
    attempts = named(found, "Attempts: Ransomware group")
    assert attempts.at_low < events < attempts.at_high


@given(chance=st.floats(0.0, 1.0), factor=st.floats(0.01, 100.0))
def test_odds_stay_probabilities_and_keep_their_order(chance: float, factor: float) -> None:
    moved = float(_odds(np.array([chance]), factor)[0])
    assert 0.0 <= moved <= 1.0
    if factor > 1:
        assert moved >= chance * (1 - 1e-12)
    if factor < 1:
        assert moved <= chance * (1 + 1e-12)
    assert float(_odds(_odds(np.array([chance]), factor), 1 / factor)[0]) == pytest.approx(chance, abs=1e-9)
