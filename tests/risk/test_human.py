"""People differ from one another: the tables of repeat clickers, odds of campaigns, anybody of a group."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.model.distributions import Beta, Constant, Uniform
from panacea_policy.risk import human
from panacea_policy.risk.case import RiskOptions, prepare
from panacea_policy.risk.exact import probability
from panacea_policy.risk.graph import GraphBuilder
from panacea_policy.risk.human import groups_of_staff
from panacea_policy.risk.kernels import Form
from panacea_policy.risk.simulate import Ability, Runner, controls_of, draws_of, plan_of
from tests.risk.clinic import CLINIC, clinic

#: Fitted to the trial at UC San Diego Health (Ho et al. 2025); stands in models/std.
STAFF = Beta(1.79, 16.7)


def test_repeat_clickers_of_the_trial() -> None:
    """10 lures, 19,500 staff: 56 % fell at least once, 25.9 % twice, 9.8 % three times."""
    once, twice, thrice = human.repeat_clickers(STAFF, 10)
    assert (once, twice, thrice) == pytest.approx((0.561, 0.256, 0.101), abs=1e-3)
    assert (once, twice, thrice) == pytest.approx((0.56, 0.259, 0.098), abs=5e-3)
    assert STAFF.mean() == pytest.approx(0.097, abs=5e-4)


def test_people_who_are_alike_do_not_give_the_trial() -> None:
    """Binomial with p = .079 fits the first figure, and fails at the others: 18.4 and 3.9 %."""
    once, twice, thrice = human.homogeneous(0.079, 10)
    assert (once, twice, thrice) == pytest.approx((0.561, 0.184, 0.039), abs=6e-4)


def test_all_ten_lures() -> None:
    """The trial saw one such person in 19,500. The law expects .013: real tails are heavier than its own, but
    people who are alike (binomial) would give 2e-7.
    """
    expected = 19_500 * float(human.clicks_of_one(STAFF, 10)[10])
    assert expected == pytest.approx(0.0132, abs=1e-4)
    assert 19_500 * 0.079**10 < 1e-6 < expected


@given(st.floats(0.2, 20), st.floats(0.2, 50), st.integers(1, 40))
def test_clicks_are_a_distribution_with_the_right_mean(a: float, b: float, lures: int) -> None:
    chances = human.clicks_of_one(Beta(a, b), lures)
    assert chances.sum() == pytest.approx(1.0)
    assert (np.arange(lures + 1) * chances).sum() == pytest.approx(lures * a / (a + b))
    assert human.any_lure(Beta(a, b), lures) == pytest.approx(1 - chances[0])
    # Who differs clicks less often at all, and more often again.
    assert human.any_lure(Beta(a, b), lures) <= human.homogeneous(a / (a + b), lures)[0] + 1e-9


@given(st.floats(0.2, 20), st.floats(0.2, 50), st.integers(1, 30))
def test_any_lure_is_the_closed_form_of_the_beta(a: float, b: float, lures: int) -> None:
    closed = 1 - math.prod((b + k) / (a + b + k) for k in range(lures))
    assert human.any_lure(Beta(a, b), lures) == pytest.approx(closed)


def test_other_laws_are_averaged() -> None:
    assert human.repeat_clickers(Constant(0.079), 10) == pytest.approx(human.homogeneous(0.079, 10))
    flat = human.clicks_of_one(Uniform(0, 1), 4)
    assert flat == pytest.approx(np.full(5, 0.2), abs=1e-4)


def test_anybody_of_a_group() -> None:
    assert human.anybody(0.1, 0) == 0.0
    assert human.anybody(0.1, 2) == pytest.approx(0.19)
    assert human.anybody(1.0, 3) == 1.0
    rng = np.random.default_rng(4)
    drawn = [1.0 - np.prod(1.0 - STAFF.sample(rng, 20)) for _ in range(4000)]
    assert np.mean(drawn) == pytest.approx(human.anybody(STAFF.mean(), 20), abs=0.01)
    with pytest.raises(ValueError, match="are needed"):
        human.anybody(1.5, 2)


@given(st.floats(0, 0.99), st.integers(0, 500), st.integers(0, 500), st.floats(0, 3))
def test_a_larger_group_is_deceived_more_easily(p: float, n: int, more: int, odds: float) -> None:
    small, large = human.anybody(p, n, odds), human.anybody(p, n + more, odds)
    assert 0 <= small <= large <= 1


def test_odds_of_campaigns() -> None:
    """JAMA Netw Open 2019: 14.20 % of 2,971,945 mails; odds .511 after 6 to 10 campaigns, .335 after more."""
    assert pytest.approx(0.1420, abs=5e-5) == 422_062 / 2_971_945
    base = 422_062 / 2_971_945
    assert human.by_odds(base, 0.511) == pytest.approx(0.0780, abs=1e-4)
    assert human.by_odds(base, 0.335) == pytest.approx(0.0525, abs=1e-4)
    assert human.by_odds(base, 1.0) == pytest.approx(base)
    assert human.by_odds(1.0, 0.5) == 1.0


def test_a_warning_after_snooping() -> None:
    """4 of 219 warned against 90 of 225: 95.43 % fewer, odds ratio .0279."""
    assert human.effectiveness(4, 219, 90, 225) == pytest.approx(0.9543, abs=1e-4)
    assert human.odds_ratio(4, 219, 90, 225) == pytest.approx(0.0279, abs=1e-4)
    assert human.odds_ratio(1, 1, 0, 5) == math.inf


def test_each_role_has_its_table(tmp_path: Path) -> None:
    roles = """
role nurse "Nurses" { headcount: 50  clicks: beta(1.79, 16.7)  lures: 10 }
role guard "Guards" { headcount: 5  clicks: 0 %  lures: 10 }
role cook "Cooks" { clicks: 5 %  lures: 4 }
role unknown "Unknown" {}
"""
    nurse, cook = groups_of_staff(clinic(tmp_path, CLINIC + roles).model)
    assert (nurse.role, nurse.lures, nurse.headcount) == ("nurse", 10, 50)
    assert nurse.repeat == pytest.approx((0.561, 0.256, 0.101), abs=1e-3)
    assert nurse.anybody == pytest.approx(1 - (1 - STAFF.mean()) ** 50)
    assert cook.anybody is None
    assert cook.repeat == pytest.approx(human.homogeneous(0.05, 4))


@given(st.floats(0.3, 8), st.floats(2, 40), st.integers(1, 12))
def test_a_group_that_is_alike_falls_less_often_than_one_that_differs(a: float, b: float, n: int) -> None:
    """One p for all of them: 1 - E[(1 - p)^n] = 1 - B(a, b + n) / B(a, b), by the product of its factors; a p
    of each one's own: 1 - (1 - mean)^n, which is more (Jensen).
    """
    alike = human.anybody_alike(Beta(a, b), n)
    assert alike == pytest.approx(1 - math.prod((b + k) / (a + b + k) for k in range(n)))
    assert alike <= human.anybody(Beta(a, b).mean(), n) + 1e-12


def test_anybody_by_brute_force() -> None:
    """Every member drawn for itself, in 200,000 groups of 12: p of each one's own, and one p for all."""
    rng, groups, n = np.random.default_rng(5), 200_000, 12
    own = (rng.random((groups, n)) < STAFF.sample(rng, groups * n).reshape(groups, n)).any(axis=1)
    one = (rng.random((groups, n)) < STAFF.sample(rng, groups)[:, None]).any(axis=1)
    for drawn, exact in ((own, human.anybody(STAFF.mean(), n)), (one, human.anybody_alike(STAFF, n))):
        assert drawn.mean() == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / groups))


LURES = """
relation lured(role)
relation deceived(role)
lured(r) if r is role
step fall_for_it "Fall for a lure" { layer: human  attack: ["T1204"]  common: role  members: 20 %
  for role r
  from lured(r)
  to deceived(r)
  chance r.clicks  effort 1 min
  hindered by practice on r }
template control practice { }
control drill "Practice" : practice { protects: [nurse]  status: in_place  effectiveness: 40 % }
role nurse "Nurses" { headcount: 620  clicks: beta(1.79, 16.7) }
role pair "The two partners" { headcount: 2  clicks: 30 % }
role crowd "Nobody counted them" { clicks: 10 % }
"""


def test_a_step_meets_a_share_of_a_role(tmp_path: Path) -> None:
    """A fifth of 620 nurses, at least one of two partners, and one where nobody counted; one for all else."""
    workspace = clinic(tmp_path, CLINIC + LURES)
    attack = workspace.attack()
    members = human.members_met(attack, workspace.model)
    found = {}
    for i, step in enumerate(attack.step.tolist()):
        if attack.steps[step].name == "fall_for_it":
            (role,) = [v for _, v in attack.bindings[i]]
            found[getattr(role, "name", "")] = int(members[i])
        else:
            assert members[i] == 1
    assert found == {"nurse": 124, "pair": 1, "crowd": 1}


def test_a_control_protects_each_member(tmp_path: Path) -> None:
    """Practice lowers each nurse's chance; among 124 somebody falls all the same."""
    workspace = clinic(tmp_path, CLINIC + LURES)
    case = prepare(workspace.attack(), workspace.model, RiskOptions(trials=64), lambda _: None)
    (nurse,) = [i for i, m in enumerate(case.graph.members.tolist()) if m == 124]
    fell = Ability.all_of(case.graph).chances(case.chance)[nurse]
    assert fell == pytest.approx(human.anybody(0.6 * STAFF.mean(), 124))
    assert fell > 0.99


@given(st.floats(0.01, 0.9), st.integers(1, 6), st.floats(0, 1), st.booleans())
def test_a_group_is_its_members_one_by_one(p: float, n: int, effect: float, hindered: bool) -> None:
    """Brute force: n members as n steps of their own, against one step that n meet, with a control or
    without, after something that they share.
    """

    def builder() -> GraphBuilder:
        made = GraphBuilder()
        made.control(effect)
        return made.step(["start"], "lured", 0.7)

    control = (0,) if hindered else ()
    apart, together = builder(), builder()
    for k in range(n):
        apart.step(["lured"], "deceived", p, hindered=control, name=f"member {k}")
    together.step(["lured"], "deceived", p, hindered=control, members=n)
    found = []
    for each in (apart, together):
        graph = each.build(["start"])
        goal = each.numbers()["deceived"]
        chance = Ability.all_of(graph).chances(graph.controlled([0]))
        found.append(probability(graph, goal, [each.numbers()["start"]], chance))
    assert found[0] == pytest.approx(found[1])


def test_trials_draw_a_group_as_its_members() -> None:
    """With a control that is in place in half of the columns: both forms of the kernels alike, and within 4
    standard errors.
    """
    made = GraphBuilder()
    made.control(0.5)
    made.step(["start"], "deceived", 0.05, hindered=(0,), members=30)
    graph, trials = made.build(["start"]), 20_000
    active = np.arange(trials) % 2 == 0
    fell = []
    for form in (Form.NUMPY, Form.NUMBA):
        runner = Runner.for_work(0, form=form)
        plan = plan_of(graph, np.ones(1, bool), runner.kernels)
        draws = draws_of(plan, graph, graph.chance, 3)
        controls = controls_of(plan, graph, active[None, :])
        start, goal = made.numbers()["start"], np.array([made.numbers()["deceived"]])
        fell.append(runner.spread_columns(plan, draws, controls, [start], np.arange(trials), goal)[0])
    assert np.array_equal(*fell)
    for some, each in ((active, 0.025), (~active, 0.05)):
        exact = human.anybody(each, 30)
        error = math.sqrt(exact * (1 - exact) / some.sum())
        assert fell[0][some].mean() == pytest.approx(exact, abs=4 * error)
