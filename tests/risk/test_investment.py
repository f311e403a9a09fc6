"""What spending is worth: the closed forms of Gordon and Loeb, the return of ENISA, sums of real cases."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.risk.investment import (
    BOUND,
    annuity,
    gordon_loeb,
    gordon_loeb_second,
    most_worth_spending,
    rosi,
)

VULNERABILITIES = st.floats(0.001, 1)
LOSSES = st.floats(1.0, 1e9)
PRODUCTIVITIES = st.floats(1e-9, 1e-2)


def test_class_one_of_gordon_and_loeb() -> None:
    """S = v / (az + 1)^b, v = .65, L = 400,000, a = 1e-5, b = 1."""
    best = gordon_loeb(0.65, 400_000, 1e-5)
    assert best.spend == pytest.approx(61_245.15, abs=0.01)
    assert best.left == pytest.approx(0.403113, abs=1e-6)
    assert best.benefit == pytest.approx(37_509.69, abs=0.01)
    assert best.share == pytest.approx(0.2356, abs=1e-4)
    other = gordon_loeb(0.5, 1e6, 1e-5)
    assert other.spend == pytest.approx(123_606.80, abs=0.01)
    assert other.share == pytest.approx(0.2472, abs=1e-4)


def test_class_two_of_gordon_and_loeb() -> None:
    """S = v^(az + 1), v = .5, L = 1M, a = 1e-5."""
    best = gordon_loeb_second(0.5, 1e6, 1e-5)
    assert best.spend == pytest.approx(179_316.17, abs=0.01)
    assert best.left == pytest.approx(0.144270, abs=1e-6)
    assert best.benefit == pytest.approx(176_414.32, abs=0.01)
    assert best.share == pytest.approx(0.3586, abs=1e-4)
    assert gordon_loeb_second(0.3, 1e6, 1e-5).spend == pytest.approx(106_666.78, abs=0.01)
    assert gordon_loeb_second(0.9, 1e6, 1e-5).spend == 0.0


def test_the_bound_and_how_near_class_one_comes() -> None:
    assert pytest.approx(0.36788, abs=1e-5) == BOUND
    nearest = max(gordon_loeb(0.5, 1e6, a * 1e-11, 1000).share for a in range(100, 2000))
    assert nearest == pytest.approx(0.3667, abs=1e-3)
    assert nearest < BOUND
    assert most_worth_spending(1e6 * 0.15 * 0.8) == pytest.approx(44_146, abs=1)


@given(VULNERABILITIES, LOSSES, PRODUCTIVITIES, st.floats(1, 1000))
def test_no_optimum_is_above_the_bound(v: float, loss: float, a: float, b: float) -> None:
    for best in (gordon_loeb(v, loss, a, b), gordon_loeb_second(v, loss, a)):
        assert 0 <= best.spend <= BOUND * v * loss * (1 + 1e-9)
        assert 0 <= best.left <= v
        assert best.benefit >= -1e-6 * loss


@given(st.floats(0.01, 0.99), st.floats(1e3, 1e8), st.floats(1e-7, 1e-3), st.floats(0.5, 2))
def test_no_other_spending_gains_more(v: float, loss: float, a: float, factor: float) -> None:
    first, second = gordon_loeb(v, loss, a, 2.0), gordon_loeb_second(v, loss, a)
    z = first.spend * factor
    assert (v - v / (a * z + 1) ** 2) * loss - z <= first.benefit + 1e-6 * loss
    z = second.spend * factor
    assert (v - v ** (a * z + 1)) * loss - z <= second.benefit + 1e-6 * loss


@pytest.mark.parametrize("wrong", [(0, 1, 1), (1.1, 1, 1), (0.5, 0, 1), (0.5, 1, 0), (0.5, math.inf, 1)])
def test_what_lies_outside_is_refused(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="are needed"):
        gordon_loeb(*wrong)
    with pytest.raises(ValueError, match="are needed"):
        gordon_loeb_second(*wrong)
    with pytest.raises(ValueError, match="at least 1"):
        gordon_loeb(0.5, 1.0, 1.0, 0.5)


def test_return_on_security_investment_of_enisa() -> None:
    """Acme's antivirus: 5 attacks of 15,000, blocks 80 %, costs 25,000: 140 %."""
    assert rosi(5 * 15_000 * 0.8, 25_000) == pytest.approx(1.40)
    assert rosi(0, 10) == -1.0
    assert rosi(5, 0) == math.inf
    assert rosi(0, 0) == 0.0
    with pytest.raises(ValueError, match="negative"):
        rosi(1, -1)


def test_costs_are_spread_over_a_life() -> None:
    assert annuity(60_000, 12_000, 5) == 24_000
    assert annuity(1000, 0, 10, 0.05) == pytest.approx(129.5046, abs=1e-4)
    assert annuity(1000, 0, 10, 1e-12) == pytest.approx(100.0, rel=1e-3)
    with pytest.raises(ValueError, match="longer"):
        annuity(1, 1, 0)


@pytest.mark.parametrize(
    ("parts", "total", "said"),
    [
        ((19, 0.5, 72), 91.5, 92),  # WannaCry, GBP M (Department of Health 2018)
        ((4, 0.6, 1.3), 5.9, 5.9),  # value of activity lost at infected trusts, GBP M (Ghafur 2019)
        ((91.6, 21.1), 112.7, 112.7),  # Scripps, USD M: lost revenue and cost
        ((12.7, 5.5, 15.3, 8.4), 41.9, 42),  # HSE, first year, EUR M (C&AG 2022)
    ],
)
def test_published_costs_add_up(parts: tuple[float, ...], total: float, said: float) -> None:
    assert math.fsum(parts) == pytest.approx(total)
    assert said == pytest.approx(total, abs=0.5)


def test_insurance_paid_scripps_less_than_a_fifth() -> None:
    assert pytest.approx(0.177, abs=1e-3) == (5.9 + 14.1) / 112.7
