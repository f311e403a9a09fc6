"""Choosing controls of a model: equal to brute force, conditions kept, judged on fresh trials."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from panacea_policy.compiler import Workspace
from panacea_policy.errors import PanaceaError
from panacea_policy.risk.mitigation import Horizon, MitigationOptions, MitigationResult, Wishes, mitigate
from panacea_policy.risk.mitigation.advise import answer
from panacea_policy.risk.mitigation.candidates import candidates
from panacea_policy.risk.mitigation.choose import Chooser
from panacea_policy.risk.mitigation.portfolio import Problem, pose
from panacea_policy.risk.mitigation.trials import Bench, set_up
from tests.risk.clinic import clinic
from tests.risk.mitigation.graphs import bits, brute_best, brute_front
from tests.risk.mitigation.wards import wards

pytest.importorskip("highspy")

TRIALS = 1000


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return wards(tmp_path_factory.mktemp("wards"))


@pytest.fixture(scope="module")
def bench(workspace: Workspace) -> Bench:
    return set_up(workspace.attack(), workspace.model, trials=TRIALS, seed=1, locate=lambda _: None)


def problem_of(workspace: Workspace, **wishes: object) -> Problem:
    attack = workspace.attack()
    found = candidates(workspace.model, attack.controls)
    return pose(found, len(attack.controls), Wishes(**wishes))  # type: ignore[arg-type]


def chooser_of(bench: Bench, problem: Problem) -> Chooser:
    sample = bench.sample(problem.switches, bench.counts(2000))
    sample.gather()
    return Chooser(sample, problem.cost, problem.rows)


@pytest.mark.parametrize(
    "wishes",
    [
        {"care_time": 1500.0},
        pytest.param({}, marks=pytest.mark.slow),
        pytest.param({"required": ("login_watch",)}, marks=pytest.mark.slow),
        pytest.param({"excluded": ("card_desk",)}, marks=pytest.mark.slow),
    ],
)
def test_front_and_best_are_those_of_brute_force(
    workspace: Workspace, bench: Bench, wishes: dict[str, object]
) -> None:
    problem = problem_of(workspace, **wishes)
    chooser, m = chooser_of(bench, problem), len(problem)
    front = chooser.front()
    expected = brute_front(chooser, m)
    assert front.complete
    assert len(expected) >= 2
    assert [(p.cost, p.value) for p in front.points] == [pytest.approx(each) for each in expected]
    for budget in (0.0, 40e3, 90e3, 200e3):
        point, best = chooser.best(budget + problem.sunk), brute_best(chooser, budget + problem.sunk, m)
        assert (point is None) == (best is None)
        if point is not None and best is not None:
            assert point.value == pytest.approx(best)
            assert point.gap <= 1e-6


def test_the_study_and_the_sample_agree_on_what_today_costs(workspace: Workspace, bench: Bench) -> None:
    problem = problem_of(workspace)
    sample = bench.sample(problem.switches, [TRIALS] * len(bench.case.sources))
    study = bench.case.study
    today = sum(
        rate * float((bench.weights @ fell).mean())
        for rate, fell in zip(study.rates, study.fallen(), strict=True)
    )
    found = sample.value(bits(problem.today, len(problem)))
    error = sum(
        float(v.var()) / len(v) for v in sample.by_trial(sample.still(bits(problem.today, len(problem))))
    )
    assert abs(found - today) < 6 * error**0.5


def test_learning_all_clauses_answers_every_set_as_the_oracle_does(
    workspace: Workspace, bench: Bench
) -> None:
    problem = problem_of(workspace)
    sample = bench.sample(problem.switches, [256] * len(bench.case.sources))
    assert sample.complete()
    for mask in range(0, 1 << len(problem), 5):
        assert (sample.known(mask) == sample.still(bits(mask, len(problem)))).all()


def advice(workspace: Workspace, **options: object) -> MitigationResult:
    chosen = MitigationOptions(trials=TRIALS, **options)  # type: ignore[arg-type]
    return mitigate(workspace.attack(), workspace.model, chosen)


def test_a_portfolio_says_what_it_brings_what_it_costs_and_what_is_left(workspace: Workspace) -> None:
    result = advice(workspace, budget=300e3)
    found = result.portfolio
    assert found is not None
    assert result.today is not None
    assert found.payments.present.value <= 300e3
    assert found.gap <= 1e-6
    assert found.saves.value + found.left.value == pytest.approx(result.today.value)
    assert sum(c.shapley for c in found.controls) == pytest.approx(sum(c.adds.value for c in found.controls))
    assert all(c.last.value <= c.alone.value + 1e-6 or c.last.value >= 0 for c in found.controls)
    names = {c.name for c in found.controls}
    assert names | {r.name for r in found.rejected} == {c.name for c in problem_of(workspace).open}
    assert "login_watch" not in names or "card_desk" in names
    assert not {"portal_shield", "patch_all"} <= names
    idle = next(r for r in found.rejected if r.name == "idle_lock")
    assert "leads nowhere" in idle.reason
    assert found.returns is not None
    net = found.returns.net_benefit
    assert net.low <= net.value <= net.high
    assert found.tail_before is not None
    assert found.tail_after is not None
    assert found.tail_after <= found.tail_before


@pytest.mark.slow
def test_equal_calls_give_equal_bytes(workspace: Workspace) -> None:
    one, two = (advice(workspace, budget=100e3, front=True).to_json() for _ in range(2))
    assert one == two


@pytest.mark.slow
def test_without_a_budget_only_what_pays_for_itself_is_bought_and_more_money_never_buys_less(
    workspace: Workspace,
) -> None:
    nothing = advice(workspace, budget=0.0).portfolio
    assert nothing is not None
    assert nothing.payments.present.value <= nothing.falls_away
    assert nothing.given_up == ("watch",)
    values = [
        found.portfolio.promised
        for b in (0.0, 30e3, 90e3, 400e3)
        if (found := advice(workspace, budget=b)).portfolio
    ]
    assert values == sorted(values, reverse=True)


@pytest.mark.slow
def test_money_that_does_not_come_back_is_not_spent_on_the_net_objective(workspace: Workspace) -> None:
    net = advice(workspace, objective="net").portfolio
    assert net is not None
    problem = problem_of(workspace)
    bench = set_up(workspace.attack(), workspace.model, trials=TRIALS, seed=1, locate=lambda _: None)
    sample = bench.sample(problem.switches, bench.counts(4000))
    chooser = Chooser(sample, problem.cost, problem.rows, price=1 / Horizon().annuity())
    assert net.promised == pytest.approx(brute_best(chooser, np.inf, len(problem)))


@pytest.mark.parametrize("objective", ["tail", "net-tail"])
def test_the_tail_objective_lowers_the_bad_years(workspace: Workspace, objective: str) -> None:
    found = advice(workspace, objective=objective, budget=200e3, years=200).portfolio
    assert found is not None
    assert found.controls
    assert found.tail_after is not None
    assert found.tail_before is not None
    assert found.tail_after < found.tail_before


def test_what_a_purchase_replaces_may_be_given_up_and_saves_its_cost(workspace: Workspace) -> None:
    problem = problem_of(workspace)
    assert [c.name for c in problem.kept] == ["watch"]
    assert problem.sunk == pytest.approx(9e3 * Horizon().annuity())
    free = next(i for i, c in enumerate(problem.open) if c.name == "new_watch")
    kept = len(problem.open)
    assert not all(row.met(bits(0, len(problem))) for row in problem.rows)
    assert all(row.met(bits(1 << free, len(problem))) for row in problem.rows)
    assert all(row.met(bits(1 << kept, len(problem))) for row in problem.rows)


# ------------------------------------------------------------------------------------------------ wrong input


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"required": ("patch_al",)}, "there is no control `patch_al` (--require)"),
        ({"excluded": ("patch_al",)}, "did you mean `patch_all`?"),
        ({"required": ("login_watch",), "excluded": ("card_desk",)}, "needs `card_desk`, which is excluded"),
        ({"required": ("patch_all",), "excluded": ("patch_all",)}, "both required and excluded"),
        ({"required": ("portal_shield", "patch_all")}, "exclude each other"),
    ],
)
def test_demands_that_cannot_be_met_are_refused(
    workspace: Workspace, wishes: dict[str, object], message: str
) -> None:
    with pytest.raises(PanaceaError, match=re.escape(message)):
        problem_of(workspace, **wishes)


def test_needs_in_a_circle_are_refused_with_the_circle(tmp_path: Path) -> None:
    circle = """
control a { protects: [ehr] status: candidate needs: [b] }
control b { protects: [ehr] status: candidate needs: [c] }
control c { protects: [ehr] status: candidate needs: [a] }
"""
    with pytest.raises(PanaceaError, match="`a` needs `b` needs `c` needs `a`"):
        problem_of(wards(tmp_path, circle))


def test_what_needs_a_retired_control_cannot_be_bought_and_that_is_said(tmp_path: Path) -> None:
    more = "control late { protects: [ehr] status: candidate needs: [old_shield] }"
    problem = problem_of(wards(tmp_path, more))
    assert any("late cannot be bought: it needs old_shield, which is retired" in n for n in problem.notes)
    assert any("No cost is stated for late" in n for n in problem.notes)


def test_a_budget_below_what_is_required_is_refused_with_the_sum(workspace: Workspace) -> None:
    with pytest.raises(PanaceaError, match="no portfolio meets all demands") as refused:
        advice(workspace, budget=10.0, wishes=Wishes(required=("patch_all",)))
    assert refused.value.help is not None
    assert "raise --budget" in refused.value.help


def test_a_limit_of_care_time_below_what_is_required_is_refused_with_both_times(tmp_path: Path) -> None:
    slow = "control slow { protects: [ehr] status: candidate cost: 1k EUR care_time: 45 min }"
    with pytest.raises(PanaceaError, match="no portfolio meets all demands") as refused:
        advice(wards(tmp_path, slow), wishes=Wishes(required=("slow",), care_time=600.0))
    assert refused.value.help is not None
    assert "takes 45 min a day from patients, and --care-time allows 10 min" in refused.value.help


def test_a_model_without_candidates_is_told_what_to_declare(tmp_path: Path) -> None:
    from tests.risk.clinic import CLINIC

    text = CLINIC.replace("status: planned by 2027-03-31", "status: in_place")
    with pytest.raises(PanaceaError, match="no control to choose from"):
        advice(clinic(tmp_path, text))


# ------------------------------------------------------------------------------------------------ weak points


def test_the_difference_between_scenarios_is_surer_than_that_of_independent_runs(tmp_path: Path) -> None:
    more = """
scenario patched "Patched" { set patch_all.status: in_place }
scenario shielded "Patched and locked" {
  includes: [patched]  set idle_lock.status: in_place  set card_desk.status: in_place
}
"""
    workspace = wards(tmp_path, more)
    pair = tuple((name, workspace.with_scenario(name)) for name in ("patched", "shielded"))
    options = MitigationOptions(trials=4000)
    result = answer(workspace.attack(), workspace.model, options, portfolio=False, scenarios=pair)  # type: ignore[arg-type]
    gap = result.comparison
    assert gap is not None
    assert gap.difference.value == pytest.approx(gap.second_value.value - gap.first_value.value)
    assert gap.difference.value <= 0
    assert gap.difference.standard_error < 0.5 * gap.unpaired_error
    same = answer(
        workspace.attack(),
        workspace.model,
        options,
        portfolio=False,
        scenarios=(pair[0], pair[0]),  # type: ignore[arg-type]
    ).comparison
    assert same is not None
    assert (same.difference.value, same.difference.standard_error) == (0.0, 0.0)


def test_single_points_of_failure_are_found(workspace: Workspace) -> None:
    options = MitigationOptions(trials=TRIALS)
    points = answer(
        workspace.attack(), workspace.model, options, portfolio=False, single_points=True
    ).single_points
    assert points is not None
    watch = next(f for f in points.controls if f.controls == ("watch",))
    assert watch.raises.value > 0
    assert {d.assets: d.processes for d in points.assets} == {("ehr",): ("ward",), ("pump_a",): ("ward",)}
    assert [(d.assets, d.processes) for d in points.asset_pairs] == [(("ehr", "paper"), ("emergency",))]


def test_cut_sets_of_a_process_are_minimal_and_name_what_they_cost(workspace: Workspace) -> None:
    options = MitigationOptions(trials=TRIALS)
    found = answer(workspace.attack(), workspace.model, options, portfolio=False, goal="ward").cut_sets
    by_kind = {cuts.of: cuts for cuts in found}
    assert [[e.name for e in s.elements] for s in by_kind["assets"].sets] == [["portal"], ["ehr"]] or [
        [e.name for e in s.elements] for s in by_kind["assets"].sets
    ] == [["ehr"], ["portal"]]
    controls = by_kind["controls"]
    assert controls.possible
    assert [s.cost for s in controls.sets] == sorted(s.cost for s in controls.sets)
    assert all(s.remaining is not None and s.remaining >= 0 for s in controls.sets)
    with pytest.raises(PanaceaError, match="did you mean `ward`"):
        answer(workspace.attack(), workspace.model, options, portfolio=False, goal="wrad")
