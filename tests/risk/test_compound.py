"""Annual losses three ways: simulation, closed forms, Panjer's recursion; and what insurance leaves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.model.distributions import Empirical, Lognormal, Uniform
from panacea_policy.risk.loss import compound
from panacea_policy.risk.loss.compound import Claims, annual, by_panjer, moments, panjer
from panacea_policy.risk.loss.curve import loss_curve, second_method, years_of
from panacea_policy.risk.loss.insurance import Policy
from panacea_policy.risk.losses import rate_estimate, weighted_quantiles
from panacea_policy.risk.results import LossCurve

YEARS = 40_000
LOSSES = st.lists(st.floats(0, 1e6), min_size=1, max_size=30).map(np.array)
SOURCES = st.lists(st.tuples(st.floats(0, 8), LOSSES), min_size=1, max_size=4)


def near(value: float, expected: float, error: float) -> bool:
    """Within five standard errors, of which the second half allows for rounding."""
    return abs(value - expected) <= 5 * error + 1e-9 * max(1.0, abs(expected))


@given(SOURCES, st.floats(0.1, 3))
def test_simulated_years_have_the_moments_of_the_closed_forms(
    sources: list[tuple[float, np.ndarray]], horizon: float
) -> None:
    claims = [Claims(rate, losses) for rate, losses in sources]
    closed = moments(claims, horizon)
    years, _ = annual(claims, years=YEARS, seed=11, horizon=horizon)
    assert closed.mean == pytest.approx(sum(r * horizon * x.mean() for r, x in sources))
    assert closed.variance == pytest.approx(sum(r * horizon * (x**2).mean() for r, x in sources))
    assert closed.none == pytest.approx(math.exp(-sum(r * horizon * (x > 0).mean() for r, x in sources)))
    assert near(float(years.mean()), closed.mean, closed.deviation / math.sqrt(YEARS))
    assert near(float((years == 0).mean()), closed.none, 0.5 / math.sqrt(YEARS))


@given(st.floats(0.05, 12), st.lists(st.integers(1, 40), min_size=1, max_size=12))
def test_panjer_gives_the_moments_and_the_chance_of_nothing(rate: float, losses: list[int]) -> None:
    severity = np.zeros(4096)
    for loss in losses:
        severity[loss] += 1 / len(losses)
    lattice = panjer(rate, severity, 1.0)
    assert lattice.probability[0] == pytest.approx(math.exp(-rate))
    assert lattice.probability.sum() == pytest.approx(1.0)
    assert (lattice.probability >= 0).all()
    assert lattice.mean() == pytest.approx(rate * np.mean(losses))
    points = np.arange(4096.0)
    variance = float((points**2 * lattice.probability).sum()) - lattice.mean() ** 2
    assert variance == pytest.approx(rate * float(np.mean(np.square(losses))), rel=1e-6)


def test_panjer_of_unit_losses_is_poisson() -> None:
    severity = np.zeros(64)
    severity[1] = 1.0
    lattice = panjer(3.0, severity, 1.0)
    expected = [math.exp(-3) * 3**k / math.factorial(k) for k in range(20)]
    assert lattice.probability[:20] == pytest.approx(expected)
    assert lattice.quantile(0.5) == 3.0
    assert lattice.quantile(1 - 1e-16) >= 20 or lattice.quantile(1 - 1e-16) == math.inf


def test_panjer_refuses_what_cannot_be_written() -> None:
    severity = np.zeros(8)
    severity[1] = 1.0
    with pytest.raises(ValueError, match="too many events"):
        panjer(1000.0, severity, 1.0)
    assert by_panjer([Claims(1000.0, np.array([1.0]))]) is None
    assert by_panjer([Claims(1.0, np.array([0.0]))]) is None


def test_three_ways_to_the_event_model_of_the_table() -> None:
    """lambda .9625, lognormal 50k to 1.5M: mean 449,828.03, sd 782,458.47, P(0) .381937, p95 1.84M."""
    law = Lognormal((math.log(5e4) + math.log(1.5e6)) / 2, math.log(30) / (2 * 1.6448536269514722))
    # Equally likely points, so that the severity is the law itself up to its far tail.
    points = np.array([law.percentile((k + 0.5) / 20_000) for k in range(20_000)])
    claims = [Claims(0.9625, points)]
    closed = moments(claims)
    assert closed.mean == pytest.approx(449_828.03, rel=2e-3)
    assert closed.deviation == pytest.approx(782_458.47, rel=0.02)
    assert closed.none == pytest.approx(0.381937, abs=1e-6)
    second = second_method(claims, 1.0)
    assert second.p95 == pytest.approx(1.84e6, rel=0.01)
    assert second.p99 == pytest.approx(3.54e6, rel=0.02)
    years, _ = annual(claims, years=400_000, seed=2)
    assert near(float(years.mean()), closed.mean, closed.deviation / math.sqrt(400_000))
    assert np.quantile(years, 0.95) == pytest.approx(second.p95, rel=0.02)
    assert np.quantile(years, 0.99) == pytest.approx(second.p99, rel=0.03)


def test_an_uncertain_rate_widens_the_years_and_keeps_the_mean() -> None:
    losses = np.array([0.0, 100.0])
    law = Empirical((0.2, 5.8))
    sure, unsure = Claims(3.0, losses), Claims(3.0, losses, frequency=law)
    a, b = moments([sure]), moments([unsure])
    assert b.mean == a.mean
    assert b.variance == pytest.approx(a.variance + 2.8**2 * 50.0**2, rel=1e-6)
    assert b.none == pytest.approx((math.exp(-0.1) + math.exp(-2.9)) / 2, rel=1e-3)
    assert b.none > a.none  # Jensen
    years, _ = annual([unsure], years=100_000, seed=7)
    assert near(float(years.mean()), b.mean, b.deviation / math.sqrt(100_000))
    assert years.var() == pytest.approx(b.variance, rel=0.03)
    assert near(float((years == 0).mean()), b.none, 0.5 / math.sqrt(100_000))
    assert by_panjer([unsure]) is None
    assert second_method([unsure], 1.0).p95 is None


def test_years_are_made_in_turns_where_events_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = [Claims(5.0, np.array([0.0, 1.0, 2.0]))]
    whole, _ = annual(claims, years=3000, seed=1)
    monkeypatch.setattr(compound, "_EVENTS", 100)
    turns, _ = annual(claims, years=3000, seed=1)
    assert turns.sum() == pytest.approx(whole.sum(), rel=0.05)
    assert len(turns) == 3000


# ---------------------------------------------------------------------------------------------- the curve


def curve_of(claims: list[Claims], policy: Policy | None = None, together: int = 1) -> LossCurve:
    mean = rate_estimate([each.losses for each in claims], [each.rate for each in claims])
    return loss_curve(years_of(claims, years=20_000, seed=3, together=together), mean, policy)


def test_the_curve_has_errors_that_shrink_with_trials() -> None:
    law = Lognormal(11.0, 1.0)
    few, many = (
        curve_of([Claims(0.8, law.sample(np.random.default_rng(1), n) * (np.arange(n) % 10 == 0))])
        for n in (400, 40_000)
    )
    assert many.value_at_risk.standard_error < few.value_at_risk.standard_error
    for curve in (few, many):
        assert [p for p, _ in curve.percentiles] == sorted(p for p, _ in curve.percentiles)
        values = [e.value for _, e in curve.percentiles]
        assert values == sorted(values)
        assert curve.tail.value >= curve.value_at_risk.value
        assert all(
            low <= loss <= high
            for (_, low, high), (_, loss) in zip(curve.band, curve.exceedance, strict=True)
        )
        assert curve.none == pytest.approx(
            curve.second.none, abs=5 * curve.none_estimate.standard_error + 0.01
        )
        assert curve.deviation == pytest.approx(curve.second.deviation, rel=0.4)


def test_the_intervals_of_the_curve_hold_what_panjer_says() -> None:
    """At 5 standard errors, so that chance does not matter."""
    law = Lognormal(11.0, 0.7)
    claims = [Claims(2.0, law.sample(np.random.default_rng(5), 20_000))]
    curve = curve_of(claims)
    assert curve.second.p95 is not None
    for p, exact in ((0.5, curve.second.p50), (0.95, curve.second.p95), (0.99, curve.second.p99)):
        found = dict(curve.percentiles)[p]
        assert abs(found.value - exact) < 5 * found.standard_error + curve.second.step


def test_attempts_of_one_world_keep_the_mean_and_gather_in_some_years() -> None:
    losses = np.repeat([0.0, 0.0, 0.0, 8.0], 8)
    apart, gathered = curve_of([Claims(2.0, losses)]), curve_of([Claims(2.0, losses)], together=8)
    assert gathered.none > apart.none + 0.05
    assert gathered.second is None
    assert gathered.p99 >= apart.p99
    years, insured = annual([Claims(2.0, losses, losses / 2)], years=40_000, seed=1, together=8)
    assert years.mean() == pytest.approx(4.0, rel=0.05)
    assert np.array_equal(insured, years / 2)  # the same years


# ---------------------------------------------------------------------------------------------- insurance


def test_what_a_policy_pays() -> None:
    policy = Policy("p", limit=100.0, deductible=10.0, share=0.5, waiting=0.0, covers=frozenset({"outage"}))
    assert policy.per_event(np.array([0.0, 5.0, 10.0, 30.0])).tolist() == [0.0, 0.0, 0.0, 10.0]
    assert policy.per_year(np.array([20.0, 300.0])).tolist() == [20.0, 100.0]


@given(st.floats(0.1, 5), LOSSES, st.floats(0, 1), st.floats(0, 1e5), st.floats(0, 1e6))
def test_insurance_never_raises_what_is_borne(
    rate: float, losses: np.ndarray, share: float, deductible: float, limit: float
) -> None:
    policy = Policy("p", limit, deductible, share, 0.0, frozenset({"outage"}))
    claims = [Claims(rate, losses, policy.per_event(losses))]
    gross, insured = annual(claims, years=2000, seed=5)
    borne = gross - policy.per_year(insured)
    assert (borne <= gross + 1e-6).all()
    assert (borne >= -1e-6 * max(1.0, gross.max())).all()
    assert (gross - borne <= limit + 1e-6).all()
    plain, _ = annual([Claims(rate, losses)], years=2000, seed=5)
    assert np.array_equal(plain, gross)


def test_gross_and_net_come_from_the_same_years() -> None:
    losses = Uniform(0, 100).sample(np.random.default_rng(3), 5000)
    policy = Policy("p", 1e9, 0.0, 0.25, 0.0, frozenset({"outage"}))
    claims = [Claims(1.5, losses, policy.per_event(losses))]
    gross, net = curve_of(claims), curve_of(claims, policy)
    assert net.p95 == pytest.approx(0.75 * gross.p95)
    assert net.none == gross.none
    assert net.mean.value == pytest.approx(0.75 * gross.mean.value, rel=0.05)
    assert net.second is None


@given(st.floats(0.1, 5), LOSSES, st.floats(0, 1), st.sampled_from([1, 8]))
def test_a_policy_in_force_for_a_part_pays_no_more_and_leaves_the_years_as_they_are(
    rate: float, losses: np.ndarray, part: float, together: int
) -> None:
    claims = [Claims(rate, losses, losses / 2)]
    gross, whole = annual(claims, years=500, seed=5, together=together)
    again, some = annual(claims, years=500, seed=5, together=together, in_force=part)
    assert np.array_equal(gross, again)
    assert (some <= whole + 1e-6).all()
    _, never = annual(claims, years=500, seed=5, together=together, in_force=0.0)
    assert not never.any()


@pytest.mark.parametrize("together", [1, 8])
def test_a_policy_pays_for_its_share_of_the_events(together: int) -> None:
    claims = [Claims(2.0, np.repeat([0.0, 8.0], 64), np.repeat([0.0, 4.0], 64))]
    _, some = annual(claims, years=40_000, seed=1, together=together, in_force=0.25)
    assert some.mean() == pytest.approx(1.0, rel=0.03)  # 2 a year, half of them cost, 4 each, a quarter paid


def test_weighted_quantiles_count_each_sample_by_its_weight() -> None:
    found = weighted_quantiles([np.array([1.0, np.nan]), np.array([3.0])], [3.0, 1.0])
    assert found is not None
    assert (found.mean, found.p50, found.p95) == (1.5, 1.0, 3.0)
    assert weighted_quantiles([], []) is None
    assert weighted_quantiles([np.array([np.nan])], [1.0]) is None
