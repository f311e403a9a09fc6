"""Distributions: closed forms against sampling, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.model import FORMS, Dimension, Distribution, DistributionError, build
from panacea_policy.model.distributions import Constant, Empirical, Lognormal, Pert, is_scaled
from panacea_policy.model.special import inverse_beta, inverse_poisson, regularised_beta

N = 40_000
CASES = {
    "constant": build("constant", [5], {}, Dimension.COUNT),
    "pert": build("pert", [1, 3, 8], {}, Dimension.COUNT),
    "pert_skewed": build("pert", [0, 0, 10], {}, Dimension.DURATION),
    "pert_point": build("pert", [4, 4, 4], {}, Dimension.DURATION),
    "triangular": build("triangular", [1, 3, 8], {}, Dimension.COUNT),
    "triangular_point": build("triangular", [2, 2, 2], {}, Dimension.COUNT),
    "uniform": build("uniform", [-2, 8], {}, Dimension.COUNT),
    "lognormal": build("lognormal", [], {"p5": 1, "p95": 10}, Dimension.MONEY),
    "lognormal_median": build("lognormal", [], {"median": 7, "sigma": 0.5}, Dimension.DURATION),
    "beta": build("beta", [1.79, 16.7], {}, Dimension.FRACTION),
    "poisson": build("poisson", [0.9625], {}, Dimension.RATE),
    "poisson_large": build("poisson", [5000], {}, Dimension.RATE),
    "poisson_zero": build("poisson", [0], {}, Dimension.RATE),
    "empirical": build("empirical", [1, 2, 2, 9], {}, Dimension.COUNT),
}


@pytest.mark.parametrize("name", CASES)
def test_the_mean_is_that_of_the_samples(name: str) -> None:
    distribution = CASES[name]
    drawn = distribution.sample(np.random.default_rng(20260512), N)
    assert drawn.shape == (N,)
    assert drawn.dtype == np.float64
    standard_error = float(drawn.std()) / math.sqrt(N)
    assert abs(float(drawn.mean()) - distribution.mean()) <= 4 * standard_error + 1e-9 * abs(
        distribution.mean()
    )


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("p", [0.05, 0.5, 0.95])
def test_percentiles_are_those_of_the_samples(name: str, p: float) -> None:
    distribution = CASES[name]
    drawn = distribution.sample(np.random.default_rng(7), N)
    value = distribution.percentile(p)
    below, at_most = float((drawn < value - 1e-9).mean()), float((drawn <= value + 1e-9).mean())
    slack = 4 * math.sqrt(p * (1 - p) / N)
    assert below <= p + slack
    assert at_most >= p - slack


@pytest.mark.parametrize("name", CASES)
def test_samples_stay_in_the_support_and_repeat_with_the_seed(name: str) -> None:
    distribution = CASES[name]
    drawn = distribution.sample(np.random.default_rng(3), 1000)
    low, high = distribution.support()
    assert low <= float(drawn.min())
    assert float(drawn.max()) <= high
    assert np.array_equal(drawn, distribution.sample(np.random.default_rng(3), 1000))


def test_published_figures() -> None:
    # riskquant: 90 % interval 1M to 10M at 1 % a year gives 40,400.13
    severity = build("lognormal", [], {"p5": 1e6, "p95": 1e7}, Dimension.MONEY)
    assert severity.mean() == pytest.approx(4_040_012.83, abs=0.01)
    assert isinstance(severity, Lognormal)
    assert severity.mu == pytest.approx(14.9668031, abs=1e-7)
    assert severity.sigma == pytest.approx(0.6999362, abs=1e-7)
    # the mean of pert(1, 3, 8) is 3.5, whatever a well-known page prints
    assert build("pert", [1, 3, 8], {}, Dimension.COUNT).mean() == 3.5


def test_both_ways_to_write_a_lognormal_agree() -> None:
    by_percentiles = build("lognormal", [1, 10], {}, Dimension.MONEY)
    assert isinstance(by_percentiles, Lognormal)
    same = build("lognormal", [], {"mu": by_percentiles.mu, "sigma": by_percentiles.sigma}, Dimension.MONEY)
    assert same == by_percentiles
    assert by_percentiles.percentile(0.05) == pytest.approx(1)
    assert by_percentiles.percentile(0.95) == pytest.approx(10)
    assert build("lognormal", [], {"median": 4, "sigma": 1}, Dimension.MONEY).percentile(
        0.5
    ) == pytest.approx(4)


@pytest.mark.parametrize(
    ("name", "positional", "named", "dimension", "message"),
    [
        ("gaussian", [1, 2], {}, Dimension.COUNT, "unknown distribution `gaussian`"),
        ("pert", [3, 1, 8], {}, Dimension.COUNT, "the low of a pert must not be above its mode"),
        ("pert", [1, 9, 8], {}, Dimension.COUNT, "the mode of a pert must not be above its high"),
        ("pert", [1, 2], {}, Dimension.COUNT, "does not take these parameters"),
        ("pert", [1, 2, 3, 4], {}, Dimension.COUNT, "does not take these parameters"),
        ("pert", [1, 2, 3], {"low": 1}, Dimension.COUNT, "does not take these parameters"),
        ("pert", [-1, 2, 3], {}, Dimension.MONEY, "can fall below 0"),
        ("pert", [0, 0.5, 1.5], {}, Dimension.FRACTION, "can leave the range from 0 to 1"),
        ("triangular", [5, 4, 9], {}, Dimension.COUNT, "the low of a triangular"),
        ("uniform", [2, 1], {}, Dimension.COUNT, "the low of a uniform"),
        (
            "lognormal",
            [],
            {"p5": 3, "p95": 1},
            Dimension.MONEY,
            "the p95 of a lognormal must not be below",
        ),
        ("lognormal", [], {"p5": 0, "p95": 1}, Dimension.MONEY, "the p5 of a lognormal must be above 0"),
        ("lognormal", [], {"median": -1, "sigma": 1}, Dimension.MONEY, "the median of a lognormal"),
        ("lognormal", [], {"median": 1, "sigma": -1}, Dimension.MONEY, "the sigma of a lognormal"),
        ("lognormal", [], {"p5": 1, "sigma": 1}, Dimension.MONEY, "does not take these parameters"),
        (
            "lognormal",
            [],
            {"p5": 3, "p95": 3},
            Dimension.MONEY,
            "the p5 and the p95 of a lognormal must differ",
        ),
        ("lognormal", [], {"median": 3, "sigma": 0}, Dimension.MONEY, "has no spread"),
        ("lognormal", [], {"mu": 3, "sigma": 0}, Dimension.MONEY, "has no spread"),
        ("constant", [-1], {}, Dimension.RATE, "this is below 0"),
        ("constant", [-1], {}, Dimension.DURATION, "this is below 0"),
        ("lognormal", [0.1, 0.2], {}, Dimension.FRACTION, "can leave the range from 0 to 1"),
        ("beta", [0, 1], {}, Dimension.FRACTION, "both shapes of a beta must be above 0"),
        ("poisson", [-1], {}, Dimension.RATE, "the rate of a poisson"),
        ("poisson", [3], {}, Dimension.MONEY, "a poisson counts events"),
        ("uniform", [float("nan"), 1], {}, Dimension.COUNT, "must be a finite number"),
        ("pert", [1, 2, float("inf")], {}, Dimension.COUNT, "must be a finite number"),
        ("constant", [float("nan")], {}, Dimension.COUNT, "must be a finite number"),
        ("empirical", [], {}, Dimension.COUNT, "at least one value"),
        ("empirical", [1], {"low": 2}, Dimension.COUNT, "does not take these parameters"),
        ("empirical", [1, 2], {}, Dimension.FRACTION, "can leave the range"),
    ],
)
def test_what_is_no_distribution_is_refused(
    name: str, positional: list[float], named: dict[str, float], dimension: Dimension, message: str
) -> None:
    with pytest.raises(DistributionError) as caught:
        build(name, positional, named, dimension)
    assert message in caught.value.message


def test_counts_have_the_minimum_of_their_attribute() -> None:
    with pytest.raises(DistributionError, match="this pert can fall below 0"):
        build("pert", [-1, 2, 3], {}, Dimension.COUNT, 0)
    assert build("pert", [-1, 2, 3], {}, Dimension.COUNT) == Pert(-1, 2, 3)
    assert build("pert", [0, 2, 3], {}, Dimension.COUNT, 0) == Pert(0, 2, 3)


@pytest.mark.parametrize(
    ("name", "values", "dimension"),
    [
        ("pert", [3, 1, 8], Dimension.COUNT),
        ("lognormal", [3, 1], Dimension.MONEY),
        ("lognormal", [0, 1], Dimension.MONEY),
        ("lognormal", [1, 1], Dimension.MONEY),
        ("beta", [0, 1], Dimension.FRACTION),
        ("poisson", [-1], Dimension.RATE),
        ("pert", [-1, 2, 3], Dimension.MONEY),
        ("constant", [-1], Dimension.RATE),
    ],
)
def test_what_is_refused_comes_with_a_cure(name: str, values: list[float], dimension: Dimension) -> None:
    with pytest.raises(DistributionError) as caught:
        build(name, values, {}, dimension)
    assert caught.value.help


def test_named_and_positional_arguments_mix() -> None:
    assert build("pert", [1], {"mode": 2, "high": 3}, Dimension.COUNT) == Pert(1, 2, 3)


def test_which_parameters_are_quantities() -> None:
    assert is_scaled("pert", 2)
    assert is_scaled("lognormal", "p5")
    assert is_scaled("lognormal", "median")
    assert not is_scaled("lognormal", "sigma")
    assert not is_scaled("beta", 0)
    assert is_scaled("empirical", 17)
    assert not is_scaled("lognormal", "mu")
    assert is_scaled("pert", 9)  # what is no parameter is refused by `build`
    assert is_scaled("pareto", "alpha")


def test_every_form_says_how_to_make_it() -> None:
    for name, forms in FORMS.items():
        for form in forms:
            assert form.scaled <= set(form.parameters), name


@given(st.floats(0.2, 50), st.floats(0.2, 50), st.floats(0.001, 0.999))
@settings(max_examples=60)
def test_inverse_beta_inverts(a: float, b: float, p: float) -> None:
    x = inverse_beta(p, a, b)
    assert regularised_beta(x - 1e-11, a, b) <= p + 1e-11
    assert regularised_beta(x + 1e-11, a, b) >= p - 1e-11


@given(st.floats(0.05, 20), st.floats(1e-6, 1 - 1e-6))
def test_regularised_beta_of_equal_shapes_is_symmetric(a: float, x: float) -> None:
    assert regularised_beta(x, a, a) + regularised_beta(1 - x, a, a) == pytest.approx(1, abs=1e-9)
    assert regularised_beta(x, 1, 1) == pytest.approx(x, abs=1e-12)


@given(st.floats(0, 300), st.floats(0.001, 0.999))
def test_inverse_poisson_is_the_smallest_count(rate: float, p: float) -> None:
    count = inverse_poisson(p, rate)
    log_rate = math.log(rate) if rate else -math.inf
    terms = [math.exp(k * log_rate - rate - math.lgamma(k + 1) if k else -rate) for k in range(count + 1)]
    assert math.fsum(terms) >= p - 1e-9
    assert math.fsum(terms[:-1]) < p + 1e-9


@given(st.lists(st.floats(0, 1e6), min_size=3, max_size=3).map(sorted))
def test_pert_and_triangular_means_lie_between_low_and_high(numbers: list[float]) -> None:
    for name in ("pert", "triangular"):
        distribution: Distribution = build(name, numbers, {}, Dimension.MONEY)
        assert numbers[0] - 1e-6 <= distribution.mean() <= numbers[2] + 1e-6
        assert numbers[0] - 1e-6 <= distribution.percentile(0.5) <= numbers[2] + 1e-6


def test_values_are_values() -> None:
    assert Constant(3) == Constant(3)
    assert hash(Empirical((1.0, 2.0))) == hash(Empirical((1.0, 2.0)))
