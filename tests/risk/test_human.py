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
from panacea_policy.risk.human import groups_of_staff
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


LURES = """
relation lured(role)
relation deceived(role)
lured(r) if r is role
step fall_for_it "Fall for a lure" { layer: human  attack: ["T1204"]  common: role  members: 5
  for role r
  from lured(r)
  to deceived(r)
  chance r.clicks  effort 1 min }
role nurse "Nurses" { headcount: 50  clicks: beta(1.79, 16.7) }
role pair "The two partners" { headcount: 2  clicks: 30 % }
role crowd "Nobody counted them" { clicks: 10 % }
"""


def test_a_lure_that_meets_several_members_needs_one_of_them(tmp_path: Path) -> None:
    workspace = clinic(tmp_path, CLINIC + LURES)
    attack, model = workspace.attack(), workspace.model
    chance = human.in_groups(attack, model, np.asarray(attack.chance, dtype=np.float64))
    found = {}
    for i, step in enumerate(attack.step.tolist()):
        if attack.steps[step].name == "fall_for_it":
            (role,) = [v for _, v in attack.bindings[i]]
            found[getattr(role, "name", "")] = float(chance[i])
        else:
            assert chance[i] == attack.chance[i]
    assert found == pytest.approx(
        {"nurse": 1 - (1 - STAFF.mean()) ** 5, "pair": 1 - 0.7**2, "crowd": 1 - 0.9**5}
    )
