"""Costs over time and returns, in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.model.distributions import Constant, Uniform
from panacea_policy.risk.mitigation.money import Horizon, Price, payback, rosi
from panacea_policy.risk.mitigation.returns import Saved, payments, returns
from panacea_policy.risk.results import Estimate


def test_the_return_of_the_antivirus_of_enisa() -> None:
    """ENISA, Introduction to ROSI (2012): 5 attacks x 15,000 a year, 80 % of them blocked, for 25,000."""
    assert rosi(5 * 15_000 * 0.8, 25_000) == pytest.approx(1.40)
    assert rosi(1.0, 0.0) is None


def test_an_annuity_and_a_present_value_are_those_of_the_textbook() -> None:
    horizon = Horizon(5, 0.04)
    assert horizon.annuity() == pytest.approx((1 - 1.04**-5) / 0.04)
    assert horizon.present(60_000, 12_000) == pytest.approx(60_000 + 12_000 * 4.451822331)
    assert Horizon(4, 0.0).present(100, 10) == 140
    assert Horizon(2.5, 0.0).annuity() == 2.5


def test_what_wears_out_is_bought_again() -> None:
    horizon = Horizon(6, 0.05)
    assert horizon.purchases(3) == pytest.approx(1 + 1.05**-3)
    assert horizon.purchases(6) == horizon.purchases(None) == 1.0
    assert horizon.payments(30, 2, 3) == (32, 2, 2, 32, 2, 2)
    assert horizon.payments(30, 2) == (32, 2, 2, 2, 2, 2)


@given(st.floats(0.5, 12), st.floats(0, 0.2), st.floats(0, 1e6), st.floats(0, 1e6))
def test_the_equal_yearly_cost_is_worth_the_same(
    years: float, rate: float, once: float, yearly: float
) -> None:
    horizon = Horizon(years, rate)
    annual = horizon.annual(once, yearly)
    assert annual * horizon.annuity() == pytest.approx(horizon.present(once, yearly))
    assert sum(Horizon(years, 0).payments(once, yearly)) == pytest.approx(
        Horizon(years, 0).present(once, yearly)
    )


@pytest.mark.parametrize("wrong", [(0, 0.04), (101, 0.04), (5, -0.1), (5, 1.0)])
def test_a_horizon_out_of_range_is_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Horizon(*wrong)


def test_the_year_of_payback_lies_where_savings_meet_payments() -> None:
    horizon = Horizon(4, 0.0)
    assert payback(40.0, (100.0, 0.0, 0.0, 0.0), horizon) == pytest.approx(2.5)
    assert payback(20.0, (100.0, 0.0, 0.0, 0.0), horizon) is None
    assert payback(40.0, (20.0, 60.0, 0.0, 0.0), horizon) == pytest.approx(2.0)


def saved(value: float, error: float = 0.0) -> Saved:
    """So much saved a year by attempts that each lose 10 less."""
    yearly = Estimate(value=value, standard_error=error, low=value, high=value)
    return Saved(yearly, (np.array([10.0]),), (value / 10.0,))


def test_net_benefit_and_its_interval_have_their_closed_forms() -> None:
    horizon = Horizon(5, 0.0)
    found = returns(saved(60.0, error=6.0), [Price(Constant(125.0), lifetime=5)], horizon, seed=1)
    assert found.net_benefit.value == pytest.approx(300 - 125)
    assert found.net_benefit.low == pytest.approx(175 - 1.645 * 30, abs=3)
    assert found.net_benefit.high == pytest.approx(175 + 1.645 * 30, abs=3)
    assert found.rosi is not None
    assert found.rosi.value == pytest.approx(1.4)
    assert found.break_even_cost == pytest.approx(300)
    assert found.break_even_effect == pytest.approx(125 / 300)


def test_what_chance_makes_of_it_is_a_compound_poisson_sum() -> None:
    found = returns(saved(60.0), [Price(Constant(125.0))], Horizon(5, 0.0), seed=1)
    assert found.realised is not None
    # 30 events of 10 each within five years: sd 10 * sqrt(30).
    assert found.realised.p5 == pytest.approx(175 - 1.645 * 10 * 30**0.5, abs=12)
    assert found.realised.p95 == pytest.approx(175 + 1.645 * 10 * 30**0.5, abs=12)
    assert found.pays_off is not None
    assert found.pays_off > 0.99


def test_prices_that_vary_widen_the_interval() -> None:
    paid = payments([Price(Uniform(50.0, 150.0), Constant(10.0))], Horizon(2, 0.0), 1)
    assert paid.present.value == 120
    assert paid.present.low == pytest.approx(75, abs=3)
    assert paid.present.high == pytest.approx(165, abs=3)
    assert paid.by_year == (110, 10)
    assert paid.annual == 60
