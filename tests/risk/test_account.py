"""What events cost, by form and goal: parts by hand, and a clinic whose losses were worked out on paper."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.model.distributions import Lognormal
from panacea_policy.risk import GoalRisk, RiskOptions, RiskResult, assess_risk
from panacea_policy.risk.case import prepare
from panacea_policy.risk.loss.account import weighed
from panacea_policy.risk.loss.ledger import book, weights
from panacea_policy.risk.loss.parts import Part, capped, charged
from tests.risk.clinic import CLINIC, clinic

OPTIONS = RiskOptions(trials=8192, years=4000, ranked=False)
TURNOVER = CLINIC.replace("currency: EUR }", "currency: EUR  turnover: 10M EUR per year }", 1)
OUTAGE_DAYS = 7 * math.exp(0.5)


def assessed(folder: Path, text: str, options: RiskOptions = OPTIONS) -> RiskResult:
    folder.mkdir(exist_ok=True)
    workspace = clinic(folder, text)
    assert workspace.ok, workspace.diagnostics()
    return assess_risk(workspace.attack(), workspace.model, options)


def goal(result: RiskResult, name: str) -> GoalRisk:
    found = result.goal(name)
    assert found is not None
    return found


def form(result: RiskResult, name: str) -> float:
    return next((f.per_year.value for f in result.forms if f.form == name), 0.0)


# ---------------------------------------------------------------------------------------------- parts by hand

FELL = np.array([[1, 0, 1, 0], [0, 1, 1, 0], [1, 0, 0, 0]], dtype=bool)


def part(amount: float, *goals: int, **more: object) -> Part:
    return Part("p", "response", goals, np.full(4, amount), amount, **more)  # type: ignore[arg-type]


def test_a_part_comes_with_any_of_its_goals_and_its_cause() -> None:
    assert part(1, 0, 1).comes(FELL, hostile=True).tolist() == [True, True, True, False]
    assert not part(1, 0, cause="accident").comes(FELL, hostile=True).any()
    assert part(1, 0, cause="attack").comes(FELL, hostile=True).any()
    assert part(1, 0, marker=2, lost=True).comes(FELL, hostile=True).tolist() == [True, False, False, False]
    assert part(1, 0, marker=2, lost=False).comes(FELL, hostile=True).tolist() == [False, False, True, False]


def test_of_shared_parts_the_dearest_counts_once() -> None:
    parts = [part(3, 0, shared="breach"), part(5, 1, shared="breach"), part(2, 1)]
    comes = charged(parts, FELL, hostile=True)
    assert comes[0].tolist() == [True, False, False, False]
    assert comes[1].tolist() == [False, True, True, False]
    assert comes[2].tolist() == [False, True, True, False]


def test_a_cap_caps() -> None:
    assert capped(np.array([1.0, 9.0]), 4.0).tolist() == [1.0, 4.0]
    assert capped(np.array([1.0, 9.0]), None).tolist() == [1.0, 9.0]


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.sets(st.integers(0, 2), min_size=1), st.booleans(), st.booleans()),
        max_size=6,
    )
)
def test_forms_and_goals_divide_the_same_money(
    made: list[tuple[float, set[int], bool, bool]],
) -> None:
    parts = [
        part(amount, *sorted(goals), shared="s" if shared else None, proportional=proportional)
        for amount, goals, shared, proportional in made
    ]
    ledger = book(parts, [FELL, ~FELL], [2.0, 0.5], [True, False], [0, 1], 4, None)
    gross = sum(r * g.mean() for r, g in zip([2.0, 0.5], ledger.gross, strict=True))
    assert ledger.expected().mean() == pytest.approx(gross)
    for split in (ledger.by_form, ledger.by_goal, ledger.by_weight):
        assert sum(float(v.mean()) for v in split.values()) == pytest.approx(gross)
    found = weights(ledger, [FELL, ~FELL], [2.0, 0.5], [0.0, 0.0, 0.0])
    rates = 2.0 * FELL.mean(axis=1) + 0.5 * (~FELL).mean(axis=1)
    assert float(found @ rates) == pytest.approx(gross)


def test_what_lost_copies_add_weighs_on_their_goal() -> None:
    parts = [
        part(10, 0, marker=2, lost=False),
        Part("p", "productivity", (0,), np.full(4, 30.0), 30.0, marker=2, lost=True, otherwise=10.0),
    ]
    ledger = book(parts, [FELL], [1.0], [True], [0, 1], 2, None)
    assert {k: float(v.sum()) for k, v in ledger.by_goal.items()} == {0: 40.0}
    assert {k: float(v.sum()) for k, v in ledger.by_weight.items()} == pytest.approx({0: 20.0, 2: 20.0})


# ---------------------------------------------------------------------------------------------- of a model


def test_goals_and_forms_add_up_to_the_mean(tmp_path: Path) -> None:
    text = (
        TURNOVER
        + """
loss crisis "Crisis team" after disruption { form: response  amount: 50k EUR  per_time: 1k EUR per d }
loss fine "Fine" after disclosure { form: fines  probability: 10 %  share_of_turnover: 0.01 }
loss away "Patients stay away" after disruption { form: competitive_advantage  lost_volume: 5 %  lasts: 73 d }
"""
    )
    result = assessed(tmp_path, text)
    assert result.loss is not None
    by_goal = sum(g.loss_per_year.value for g in result.goals if g.loss_per_year)
    by_form = sum(f.per_year.value for f in result.forms)
    assert by_goal == pytest.approx(result.loss.mean.value)
    assert by_form == pytest.approx(result.loss.mean.value)
    ward, record = goal(result, "ward"), goal(result, "record")
    assert form(result, "fines") == pytest.approx(record.events_per_year.value * 0.10 * 100_000)
    assert form(result, "competitive_advantage") == pytest.approx(
        ward.events_per_year.value * 0.05 * 0.2 * 10e6
    )
    breach = (50_000 + 4 * 200_000 + 900_000) / 6
    expected = (
        ward.events_per_year.value * (50_000 + OUTAGE_DAYS * 1000) + record.events_per_year.value * breach
    )
    assert form(result, "response") == pytest.approx(expected)
    assert {f.form: f.primary for f in result.forms} == {
        "productivity": True,
        "response": True,
        "fines": False,
        "competitive_advantage": False,
    }


def test_a_ransom_counts_only_where_it_would_be_paid(tmp_path: Path) -> None:
    ransom = "loss ransom after disruption {{ form: ransom  amount: 1M EUR  paid: {} }}\n"
    paid = assessed(tmp_path / "paid", TURNOVER + ransom.format("true"))
    refused = assessed(tmp_path / "refused", TURNOVER + ransom.format("false"))
    assert form(paid, "ransom") == pytest.approx(goal(paid, "ward").events_per_year.value * 1e6)
    assert form(refused, "ransom") == 0.0


def test_a_fine_has_the_cap_of_its_law(tmp_path: Path) -> None:
    fine = (
        "loss fine after disclosure {{ form: fines  amount: 30M EUR"
        "  cap: 20M EUR  cap_share: 4 %  cap_rule: {} }}\n"
    )
    higher = assessed(tmp_path / "h", TURNOVER + fine.format("higher"))
    lower = assessed(tmp_path / "l", TURNOVER + fine.format("lower"))
    events = goal(higher, "record").events_per_year.value
    assert form(higher, "fines") == pytest.approx(events * 20e6)
    assert form(lower, "fines") == pytest.approx(events * 0.04 * 10e6)


def test_persons_of_a_breach_are_told_once(tmp_path: Path) -> None:
    record = "breach_loss: pert(50k, 200k, 900k) EUR }"
    certain = TURNOVER.replace("chance 60 %", "chance 100 %")  # so that both classes fall together
    one = certain.replace(record, "breach_loss: 100k EUR  records: 1000  loss_per_record: 2 EUR per record }")
    two = (
        one.replace("carries: [record]", "carries: [record, letter]")
        + "data_class letter { breach_loss: 60k EUR  records: 500  loss_per_record: 2 EUR per record }\n"
    )
    claims = "loss claims after disclosure { form: claims  per_person: 3 EUR per person }\n"
    alone, both = assessed(tmp_path / "one", one + claims), assessed(tmp_path / "two", two + claims)
    events = goal(alone, "record").events_per_year.value
    assert form(alone, "response") == pytest.approx(events * 102_000)
    assert form(alone, "claims") == pytest.approx(events * 3000)
    # The letters fall in the same events, whose lawyers and letters are already counted.
    assert form(both, "response") == pytest.approx(events * 102_000)
    assert form(both, "claims") == pytest.approx(events * 3000)


def test_without_turnover_the_result_says_what_is_missing(tmp_path: Path) -> None:
    fine = 'loss fine "Fine" after disclosure { form: fines  share_of_turnover: 0.01 }\n'
    result = assessed(tmp_path, CLINIC + fine)
    assert form(result, "fines") == 0.0
    assert any("No turnover" in note and "Fine" in note for note in result.notes)


def test_a_loss_may_be_of_some_goals_only(tmp_path: Path) -> None:
    text = TURNOVER + "loss special after disruption of emergency { form: replacement  amount: 1M EUR }\n"
    assert form(assessed(tmp_path, text), "replacement") == 0.0


def test_an_accident_is_shorter_and_brings_no_costs_of_attacks(tmp_path: Path) -> None:
    text = (
        TURNOVER.replace(
            "typically process { outage: lognormal(median: 7 d, sigma: 1) }",
            "typically process { outage: lognormal(median: 7 d, sigma: 1)  outage_by_accident: 6 h }",
        )
        + "threat_actor clumsy { attempts: 50 per year  skill: advanced  motive: accident }\n"
        + "loss forensics after disruption { form: response  cause: attack  amount: 50k EUR }\n"
    )
    result = assessed(tmp_path, text)
    ward = goal(result, "ward")
    by_actor = {a.actor: a.events_per_year for a in ward.actors}
    hostile = by_actor["gang"] + by_actor["kid"]
    assert form(result, "productivity") == pytest.approx(
        (hostile * OUTAGE_DAYS * 24 + by_actor["clumsy"] * 6) * 500
    )
    assert ward.outage_hours_per_year == pytest.approx(hostile * OUTAGE_DAYS * 24 + by_actor["clumsy"] * 6)
    breach = (50_000 + 4 * 200_000 + 900_000) / 6 * goal(result, "record").events_per_year.value
    assert form(result, "response") == pytest.approx(hostile * 50_000 + breach)
    accident = result.event("disruption", "clumsy")
    assert accident is not None
    assert accident.outage is not None
    assert accident.outage.p95 == 6 * 3600


def test_hours_of_care_not_given(tmp_path: Path) -> None:
    text = TURNOVER.replace(
        'process ward "Ward care" {',
        'process ward "Ward care" { volume: 240 per d  care_per_case: 2 h'
        "  degraded_capacity: 75 %  harm: 1 %",
    )
    ward = goal(assessed(tmp_path, text), "ward")
    assert ward.care_hours_per_year == pytest.approx(
        ward.events_per_year.value * 240 * OUTAGE_DAYS * 0.25 * 2, rel=1e-6
    )
    assert ward.harmed_per_year == pytest.approx(ward.events_per_year.value * 240 * OUTAGE_DAYS * 0.01)


LOST = """
relation rebuilt(process)
step wipe "Wipe the copies" { layer: business  attack: ["T1490"]
  for process p
  from disrupted(p)
  to rebuilt(p)
  chance 40 %  effort 1 h
  hindered by patching on p }
"""


def test_lost_copies_make_an_outage_longer(tmp_path: Path) -> None:
    text = TURNOVER.replace("sigma: 1) }", "sigma: 1)  outage_rebuilt: 60 d }") + LOST
    result = assessed(tmp_path, text)
    ward = goal(result, "ward")
    event = result.event("disruption")
    assert event is not None
    assert event.rebuilt == pytest.approx(0.4, abs=0.04)
    days = OUTAGE_DAYS * (1 - event.rebuilt) + 60 * event.rebuilt
    assert form(result, "productivity") == pytest.approx(
        ward.events_per_year.value * days * 24 * 500, rel=0.01
    )
    assert {g.kind for g in result.goals} == {"process", "data_class"}  # the marker is no goal of its own


def test_corruption_is_a_loss_of_its_own(tmp_path: Path) -> None:
    spoil = """
relation corrupted(data_class)
step spoil "Change records" { layer: business  attack: ["T1565"]
  for flow f, asset b, data_class d in f.carries
  from controls(b), f.target = b
  to corrupted(d)
  chance 50 %  effort 1 h }
"""
    text = (
        TURNOVER.replace("special_category: true ", "special_category: true  corruption_loss: 7k EUR ")
        + spoil
    )
    result = assessed(tmp_path, text)
    (changed,) = [g for g in result.goals if g.kind == "corruption"]
    assert changed.loss_per_year is not None
    assert changed.loss_per_year.value == pytest.approx(changed.events_per_year.value * 7000)
    assert goal(result, "record").kind == "data_class"


POLICY = """
insurance policy {{
  limit: 2M EUR  deductible: {deductible}  share: 80 %  waiting: {waiting}  covers: [outage, breach] {more}
}}
"""


def test_insurance_leaves_its_share_deductible_and_waiting_time(tmp_path: Path) -> None:
    def net(name: str, deductible: str, waiting: str, more: str = "") -> RiskResult:
        return assessed(
            tmp_path / name, TURNOVER + POLICY.format(deductible=deductible, waiting=waiting, more=more)
        )

    full, partly, late = net("a", "0 EUR", "0 h"), net("b", "50k EUR", "0 h"), net("c", "0 EUR", "30 d")
    assert full.loss is not None
    assert full.net_loss is not None
    assert partly.net_loss is not None
    assert late.net_loss is not None
    assert full.net_loss.mean.value < full.loss.mean.value
    assert full.net_loss.mean.value < partly.net_loss.mean.value < full.loss.mean.value
    assert full.net_loss.mean.value < late.net_loss.mean.value
    assert full.net_loss.none == full.loss.none


def test_a_policy_whose_conditions_are_not_met_pays_nothing(tmp_path: Path) -> None:
    met = assessed(
        tmp_path / "met",
        TURNOVER + POLICY.format(deductible="0 EUR", waiting="0 h", more="conditions: [watching]"),
    )
    unmet = assessed(
        tmp_path / "un",
        TURNOVER + POLICY.format(deductible="0 EUR", waiting="0 h", more="conditions: [patching]"),
    )
    assert met.net_loss is not None
    assert unmet.net_loss is None
    assert any("patching" in note for note in unmet.notes)


def test_a_policy_that_has_expired_pays_nothing(tmp_path: Path) -> None:
    """The clinic is assessed as of 2026-11-01."""

    def until(day: str) -> RiskResult:
        more = f"expires: {day}"
        return assessed(
            tmp_path / day, TURNOVER + POLICY.format(deductible="0 EUR", waiting="0 h", more=more)
        )

    past, last_day, later = until("2026-10-31"), until("2026-11-01"), until("2028-01-01")
    assert past.net_loss is None
    assert any("2026-10-31" in note and "policy" in note for note in past.notes)
    assert last_day.net_loss is not None  # it still pays on its last day
    assert last_day.loss is not None
    assert last_day.net_loss.mean.value == pytest.approx(last_day.loss.mean.value, rel=0.02)
    assert later.net_loss is not None
    assert not any("policy" in note for note in later.notes)


@pytest.mark.parametrize("together", [1, 16])
def test_a_policy_that_expires_within_the_horizon_pays_for_its_part(tmp_path: Path, together: int) -> None:
    """It is 73 of 365 days, the last one included."""
    options = RiskOptions(trials=8192, years=100_000, ranked=False, attempts_per_world=together)

    def net(name: str, old: str, new: str) -> tuple[float, RiskResult]:
        text = POLICY.format(deductible="0 EUR", waiting="0 h", more="").replace("limit: 2M EUR ", "")
        assert old in text
        found = assessed(tmp_path / name, TURNOVER + text.replace(old, new), options)
        assert found.net_loss is not None
        return found.net_loss.mean.value, found

    nothing, _ = net("nothing", "share: 80 %", "share: 0 %")
    whole, always = net("whole", "", "")
    part, partly = net("part", "share: 80 %", "share: 80 %  expires: 2027-01-12")
    assert nothing - part == pytest.approx((nothing - whole) * 73 / 365, rel=0.05)
    assert partly.loss == always.loss
    assert any("2027-01-12" in note for note in partly.notes)


def test_an_expired_policy_makes_room_for_a_smaller_one(tmp_path: Path) -> None:
    smaller = "insurance second { share: 50 %  covers: [outage, breach]  limit: 1M EUR }"
    old = POLICY.format(deductible="0 EUR", waiting="0 h", more="expires: 2026-10-31")
    both = assessed(tmp_path / "both", TURNOVER + old + smaller)
    alone = assessed(tmp_path / "alone", TURNOVER + smaller)
    assert both.net_loss is not None
    assert both.net_loss == alone.net_loss


def test_an_uncertain_rate_of_attempts_is_drawn_anew_each_year(tmp_path: Path) -> None:
    options = RiskOptions(trials=8192, years=40_000, ranked=False)
    sure = assessed(tmp_path / "s", TURNOVER, options)
    unsure = assessed(
        tmp_path / "u",
        TURNOVER.replace("attempts: 3 per year", "attempts: empirical(0, 6) per year"),
        options,
    )
    assert sure.loss is not None
    assert unsure.loss is not None
    assert unsure.loss.mean.value == pytest.approx(sure.loss.mean.value)
    assert unsure.loss.none > sure.loss.none
    assert unsure.loss.second is not None
    assert unsure.loss.second.p95 is None
    assert unsure.loss.second.none == pytest.approx(unsure.loss.none, abs=0.01)


def test_the_simulated_years_agree_with_the_second_methods(tmp_path: Path) -> None:
    loss = assessed(tmp_path, TURNOVER, RiskOptions(trials=8192, years=100_000, ranked=False)).loss
    assert loss is not None
    assert loss.second is not None
    assert loss.second.p95 is not None
    assert loss.none == pytest.approx(loss.second.none, abs=0.01)
    assert loss.p95 == pytest.approx(loss.second.p95, rel=0.05)
    assert loss.second.mean == pytest.approx(loss.mean.value, rel=0.1)
    assert loss.deviation == pytest.approx(loss.second.deviation, rel=0.05)


def test_an_event_is_told_given_that_it_happens(tmp_path: Path) -> None:
    text = TURNOVER.replace("skill: advanced ", "skill: advanced  stays_hidden: 57 d ")
    result = assessed(tmp_path, text)
    every, gang = result.event("disruption"), result.event("disruption", "gang")
    assert every is not None
    assert gang is not None
    assert gang.per_year < every.per_year
    assert gang.start is not None
    assert gang.start.p5 > 57 * 86_400.0
    assert gang.outage is not None
    law = Lognormal(math.log(7 * 86_400), 1.0)
    for p, found in ((0.05, gang.outage.p5), (0.5, gang.outage.p50), (0.95, gang.outage.p95)):
        assert found == pytest.approx(law.percentile(p), rel=0.15)
    assert gang.extent is not None
    assert gang.extent.mean == 0.5  # the ward, of two processes
    assert result.event("disruption", "nobody") is None


def test_words_are_a_view_by_declared_thresholds(tmp_path: Path) -> None:
    ratings = """
rating often { likelihood: likely  from_rate: 0.01 per year }
rating seldom { likelihood: rare  from_rate: 0 per year }
rating light { impact: minor  from_share: 0 % }
rating heavy { impact: severe  from_share: 1 % }
"""
    with_words, without = assessed(tmp_path / "w", TURNOVER + ratings), assessed(tmp_path / "o", TURNOVER)
    told = {r.goal: (r.likelihood, r.impact) for r in with_words.heat}
    assert told["ward"] == ("likely", "severe")
    assert told["emergency"] == ("rare", None)
    assert without.heat == ()
    assert with_words.loss == without.loss  # nothing is computed from words


def test_evidence_is_listed_with_its_grade(tmp_path: Path) -> None:
    figure = """
figure days "Downtime" for "process.outage" {
  time: 17 d  source: "A vendor"  year: 2024  grade: vendor  level: per_event
  population: "hospitals"  caution: "Sells backups."
}
figure unused { share: 5 % }
"""
    (found,) = assessed(tmp_path, TURNOVER + figure).evidence
    assert (found.name, found.grade, found.level, found.year) == ("days", "vendor", "per_event", 2024)
    assert found.supports == ("process.outage",)
    assert found.value == "17 d"


def test_what_losses_assume_is_listed_with_what_it_rests_on(tmp_path: Path) -> None:
    figure = 'figure days for "process.outage" { time: 17 d  source: "A vendor"  grade: vendor }\n'
    result = assessed(tmp_path, TURNOVER + figure)
    (outage,) = result.loss_assumptions
    ward = goal(result, "ward")
    assert (outage.attribute, outage.basis, outage.subjects) == ("process.outage", ("days",), 1)
    assert ward.loss_per_year is not None
    assert result.loss is not None
    assert outage.share == pytest.approx(ward.loss_per_year.value / result.loss.mean.value)
    assert outage.value == "11.5 d (1.35 d to 36.3 d)"
    assert ward.outage_source == "assumed (A vendor, vendor)"


def test_what_is_stated_is_no_assumption(tmp_path: Path) -> None:
    text = TURNOVER.replace('process ward "Ward care" {', 'process ward "Ward care" { outage: 3 d')
    result = assessed(tmp_path, text)
    assert result.loss_assumptions == ()
    assert goal(result, "ward").outage_source == "stated in the model"


def test_losses_by_goal_keep_the_booked_means(tmp_path: Path) -> None:
    workspace = clinic(
        tmp_path, TURNOVER + "loss crisis after disruption { form: response  amount: 50k EUR }\n"
    )
    case = prepare(workspace.attack(), workspace.model, OPTIONS, lambda _: None)
    booked = weighed(case)
    per_goal = booked.per_goal()
    assert per_goal.shape == (len(case.goals), case.study.trials)
    assert (case.study.weights == booked.weights).all()
    for row, weight in zip(per_goal, booked.weights, strict=True):
        assert row.mean() == pytest.approx(weight, rel=0.1)
