"""Loss mathematics against closed forms and published tables."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.model.distributions import Constant, Lognormal, Pert, build
from panacea_policy.model.values import Dimension
from panacea_policy.risk.loss.compound import Claims, annual
from panacea_policy.risk.loss.curve import loss_curve, years_of
from panacea_policy.risk.losses import (
    quantiles,
    rate_estimate,
)
from panacea_policy.risk.order_statistics import percentiles
from panacea_policy.risk.results import Estimate
from panacea_policy.risk.severity import Severity

#: The law of `process.outage` in models/std.
OUTAGE = Lognormal(mu=math.log(7 * 86_400.0), sigma=1.0)


@pytest.mark.parametrize(
    ("probability", "low", "high", "expected"),
    [
        (0.01, 1e6, 1e7, 40_400.13),
        (0.05, 5e6, 5e7, 1_010_003.21),
        (0.10, 1e7, 1e9, 26_639_800.98),
        (0.10, 1e4, 1e6, 26_639.80),
        (0.20, 1e5, 5e6, 286_806.30),
    ],
)
def test_annual_loss_of_riskquant(probability: float, low: float, high: float, expected: float) -> None:
    """README of riskquant: a lognormal loss by its 90 % interval, and an annual probability."""
    law = build("lognormal", [], {"p5": low, "p95": high}, Dimension.MONEY)
    assert probability * Severity(per_event=law).mean() == pytest.approx(expected, abs=0.01)


def compound(rate: float, severity: np.ndarray, years: int, seed: int = 3) -> np.ndarray:
    """Simulated years at this rate of events whose losses are drawn from ``severity``."""
    return annual([Claims(rate, severity)], years=years, seed=seed)[0]


def test_compound_poisson_of_the_event_model() -> None:
    """lambda .9625 per year, severity 90 % in 50k to 1.5M: mean 449,828, sd 782,458, no event in .381937 of
    years.
    """
    law = build("lognormal", [], {"p5": 5e4, "p95": 1.5e6}, Dimension.MONEY)
    severity = law.sample(np.random.default_rng(11), 200_000)
    years = compound(0.9625, severity, 200_000)
    n = len(years)
    assert 0.9625 * law.mean() == pytest.approx(449_828.03, rel=1e-6)
    assert years.mean() == pytest.approx(449_828.03, abs=4 * 782_458.47 * math.sqrt(1 / n + 1 / 200_000))
    assert years.std() == pytest.approx(782_458.47, rel=0.05)
    assert (years == 0).mean() == pytest.approx(0.381937, abs=4 * math.sqrt(0.381937 * 0.618063 / n))
    assert np.percentile(years, 95) == pytest.approx(1.84e6, rel=0.02)


def test_compound_poisson_identities() -> None:
    severity = np.array([0.0, 0.0, 0.0, 1.0, 4.0])
    years = compound(2.0, severity, 100_000)
    assert years.mean() == pytest.approx(2.0 * severity.mean(), abs=0.03)
    assert years.var() == pytest.approx(2.0 * (severity**2).mean(), rel=0.03)
    assert (years == 0).mean() == pytest.approx(math.exp(-2.0 * 0.4), abs=0.01)


def test_pert_multiplication_of_the_pycrq_example() -> None:
    """PERT(1,3,8) x PERT(.10,.25,.55) x PERT(50k,250k,1.5M) has mean 409,062.50 (its README prints
    245,312).
    """
    product = Pert(1, 3, 8).mean() * Pert(0.10, 0.25, 0.55).mean() * Pert(5e4, 2.5e5, 1.5e6).mean()
    assert product == pytest.approx(409_062.50)


def test_the_default_law_of_outages_has_the_stated_figures() -> None:
    day = 86_400.0
    assert OUTAGE.percentile(0.5) / day == pytest.approx(7.0)
    assert OUTAGE.mean() / day == pytest.approx(11.54, abs=0.01)
    assert OUTAGE.percentile(0.95) / day == pytest.approx(36.3, abs=0.1)


@given(st.floats(0, 1), st.floats(1, 60))
def test_a_fallback_saves_its_share_for_as_long_as_it_lasts(share: float, days: float) -> None:
    day = 86_400.0
    severity = Severity(
        outage=OUTAGE,
        loss_rate=Constant(365.0),
        fallback_share=share,
        fallback_lasts=days * day,
    )
    rng = np.random.default_rng(1)
    losses = severity.losses(lambda law, _: law.sample(rng, 20_000), 20_000)
    assert severity.mean() == pytest.approx(losses.mean(), rel=0.06)
    assert severity.mean() <= Severity(outage=OUTAGE, loss_rate=Constant(365.0)).mean() + 1e-9


def test_harm_counts_cases_that_meet_the_outage() -> None:
    severity = Severity(
        outage=Constant(36.5 * 86_400.0), cases_per_year=1000.0, harm_per_case=0.02, harmed_per_event=3.0
    )
    assert severity.mean_harmed() == pytest.approx(1000 * 0.1 * 0.02 + 3)
    assert Severity().mean_harmed() is None


def test_no_success_in_n_trials_leaves_a_bound_but_the_impossible_is_zero() -> None:
    nothing = [np.zeros(1000)]
    assert rate_estimate(nothing, [2.0]).high == pytest.approx(2.0 * 2.9957 / 1000, rel=1e-4)
    assert rate_estimate(nothing, [2.0], possible=False).high == 0.0
    assert rate_estimate([], []).value == 0.0


@pytest.mark.parametrize("n", [1, 2, 10, 1000])
def test_where_all_trials_agree_the_interval_is_that_of_n_of_n(n: int) -> None:
    """Clopper and Pearson's interval of n successes in n trials has its lower end at 0.05**(1/n)."""
    always = rate_estimate([np.ones(n)], [2.0])
    assert always.value == 2.0
    assert always.low == pytest.approx(2.0 * 0.05 ** (1 / n))
    assert always.high == 2.0
    never = rate_estimate([np.zeros(n)], [2.0])
    assert 0 < never.high <= 2.0
    mixed = rate_estimate([np.ones(n), np.zeros(n)], [2.0, 3.0])
    assert mixed.low == pytest.approx(2.0 * 0.05 ** (1 / n))
    assert mixed.high == pytest.approx(2.0 + 3.0 * (1 - 0.05 ** (1 / n)))


def test_sources_share_their_draws_in_the_standard_error() -> None:
    fell = np.array([1.0, 0.0] * 50)
    same = rate_estimate([fell, fell], [1.0, 1.0])
    opposite = rate_estimate([fell, 1 - fell], [1.0, 1.0])
    assert same.standard_error > 0
    assert opposite.standard_error == 0.0
    assert opposite.value == 1.0


def test_quantiles_of_nothing_are_nothing() -> None:
    assert quantiles(np.array([np.inf, np.inf])) is None
    found = quantiles(np.array([1.0, np.inf, 3.0]))
    assert found is not None
    assert found.mean == 2.0


def test_the_curve_falls_and_holds_the_mean() -> None:
    law = Lognormal(mu=10.0, sigma=1.0)
    claims = [Claims(0.5, law.sample(np.random.default_rng(2), 5000))]
    mean = Estimate(value=0.5 * law.mean(), standard_error=1.0, low=0, high=1)
    curve = loss_curve(years_of(claims, years=20_000, seed=3), mean)
    losses = [loss for _, loss in curve.exceedance]
    assert losses == sorted(losses)
    assert curve.p5 <= curve.p50 <= curve.p90 <= curve.p95 <= curve.p99
    assert curve.tail_mean >= curve.p95
    assert curve.none == pytest.approx(math.exp(-0.5), abs=0.02)


def test_years_do_not_depend_on_anything_but_seed_and_losses() -> None:
    severity = np.array([0.0, 5.0])
    assert np.array_equal(compound(1.0, severity, 500), compound(1.0, severity, 500))
    assert not np.array_equal(compound(1.0, severity, 500), compound(1.0, severity, 500, seed=4))


@given(
    values=st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=40),
    share=st.floats(0.0, 1.0) | st.sampled_from([0.05, 0.5, 0.95]),
)
def test_percentiles_are_those_of_numpy(values: list[float], share: float) -> None:
    assert percentiles(np.sort(np.array(values)), [share]) == [float(np.quantile(values, share))]
