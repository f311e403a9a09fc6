"""One scenario of FAIR against closed forms and published examples, two of which are wrong as published."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.model.distributions import (
    Beta,
    Constant,
    Distribution,
    Empirical,
    Lognormal,
    Pert,
    Triangular,
    Uniform,
    build,
)
from panacea_policy.model.values import Dimension
from panacea_policy.risk import fair
from panacea_policy.risk.fair import Loss, Scenario, draws, exceeds, variance_of

#: RISK table: events per year, and a lognormal severity with 90 % between 50k and 1.5M.
RATE = 0.9625


def severity() -> Lognormal:
    law = build("lognormal", [], {"p5": 5e4, "p95": 1.5e6}, Dimension.MONEY)
    assert isinstance(law, Lognormal)
    return law


def event_model() -> Scenario:
    return Scenario(Constant(RATE), Loss((severity(),)), vulnerability=Constant(1.0))


# ---------------------------------------------------------------------------------------------- published
# examples


def test_pyfair_readme_within_three_standard_errors() -> None:
    """LEF PERT(20, 100, 900), primary PERT(3M, 3.5M, 5M), secondary 3.5M: 220 x 7,166,666.67."""
    scenario = Scenario(
        Pert(20, 100, 900),
        Loss((Pert(3e6, 3.5e6, 5e6),)),
        secondary=Loss((Constant(3.5e6),)),
        vulnerability=Constant(1.0),
    )
    assert scenario.mean() == pytest.approx(1_576_666_666.67, abs=0.01)
    years = scenario.simulate(20_000, seed=42)
    assert abs(years.mean() - 1_576_666_666.67) < 3 * years.std() / math.sqrt(len(years))


def test_pycrq_quick_start_has_the_mean_that_its_readme_does_not() -> None:
    """TEF PERT(1, 3, 8), V PERT(.10, .25, .55), loss PERT(50k, 250k, 1.5M): 409,062.50, not 245,312."""
    scenario = Scenario(Pert(1, 3, 8), Loss((Pert(5e4, 2.5e5, 1.5e6),)), vulnerability=Pert(0.10, 0.25, 0.55))
    assert Pert(1, 3, 8).mean() == 3.5
    assert scenario.mean() == pytest.approx(409_062.50)
    years = scenario.simulate(400_000, seed=42)
    assert abs(years.mean() - 409_062.50) < 3 * years.std() / math.sqrt(len(years))
    assert years.std() == pytest.approx(math.sqrt(scenario.variance()), rel=0.02)


def test_the_event_model_of_the_table() -> None:
    """Compound Poisson: mean 449,828.03, sd 782,458.47, P(0) .381937, p95 1.84M, p99 3.54M."""
    scenario = event_model()
    assert scenario.mean() == pytest.approx(449_828.03, abs=0.01)
    assert math.sqrt(scenario.variance()) == pytest.approx(782_458.47, abs=0.01)
    years = scenario.simulate(2_000_000, seed=5)
    error = 782_458.47 / math.sqrt(len(years))
    assert abs(years.mean() - 449_828.03) < 3 * error
    nothing = math.exp(-RATE)
    assert nothing == pytest.approx(0.381937, abs=1e-6)
    assert abs((years == 0).mean() - nothing) < 3 * math.sqrt(nothing * (1 - nothing) / len(years))
    assert np.quantile(years, 0.95) == pytest.approx(1.84e6, rel=0.01)
    assert np.quantile(years, 0.99) == pytest.approx(3.54e6, rel=0.02)


def test_frequency_times_one_loss_for_comparison_only() -> None:
    """What pyfair and pyCRQ compute: the same mean, but no year without loss and a thinner tail."""
    naive = RATE * severity().sample(np.random.default_rng(1), 2_000_000)
    assert naive.mean() == pytest.approx(449_828.03, rel=0.01)
    assert (naive > 0).all()
    assert np.quantile(naive, 0.95) == pytest.approx(1.45e6, rel=0.01)
    assert np.quantile(naive, 0.99) == pytest.approx(2.93e6, rel=0.02)
    years = event_model().simulate(2_000_000, seed=5)
    for p in (0.95, 0.99):
        assert np.quantile(years, p) > np.quantile(naive, p)


def test_at_most_one_event_a_year_for_comparison_only() -> None:
    """What CISO Assistant computes: a Bernoulli event, whose mean is 36 % too low."""
    rng = np.random.default_rng(2)
    once = (rng.random(2_000_000) < 1 - math.exp(-RATE)) * severity().sample(rng, 2_000_000)
    assert once.mean() == pytest.approx(289e3, rel=0.01)
    assert once.mean() / event_model().mean() - 1 == pytest.approx(-0.36, abs=0.01)
    assert np.quantile(once, 0.95) == pytest.approx(1.16e6, rel=0.01)
    assert np.quantile(once, 0.99) == pytest.approx(2.51e6, rel=0.02)


# ---------------------------------------------------------------------------------------------- its parts


def test_secondary_losses_come_with_their_frequency() -> None:
    scenario = Scenario(
        Constant(2.0),
        Loss((Pert(1.0, 2.0, 9.0), Uniform(0.0, 4.0))),
        secondary=Loss((Lognormal(3.0, 0.5),), chance=Constant(0.25)),
        vulnerability=Constant(0.5),
    )
    assert scenario.mean() == pytest.approx(3.0 + 2.0 + 0.25 * Lognormal(3.0, 0.5).mean())
    years = scenario.simulate(200_000, seed=3)
    assert abs(years.mean() - scenario.mean()) < 4 * years.std() / math.sqrt(len(years))
    assert years.std() == pytest.approx(math.sqrt(scenario.variance()), rel=0.02)


def test_vulnerability_is_capability_above_resistance() -> None:
    assert exceeds(Uniform(0, 1), Uniform(0, 1)) == pytest.approx(0.5)
    assert exceeds(Uniform(0, 1), Uniform(1, 2)) == 0.0
    assert exceeds(Uniform(1, 2), Uniform(0, 1)) == 1.0
    assert exceeds(Uniform(0, 2), Uniform(1, 2)) == pytest.approx(0.25, abs=1e-3)
    assert exceeds(Constant(1.0), Constant(1.0)) == 0.5
    scenario = Scenario(
        Constant(4.0), Loss((Constant(10.0),)), capability=Uniform(0, 2), resistance=Uniform(1, 2)
    )
    assert scenario.mean() == pytest.approx(10.0, rel=1e-2)


@pytest.mark.parametrize(
    "law",
    [
        Constant(3.0),
        Pert(1, 3, 8),
        Triangular(1, 3, 8),
        Uniform(2, 5),
        Lognormal(1.0, 0.5),
        Beta(1.79, 16.7),
        Empirical((1.0, 2.0, 2.0, 9.0)),
    ],
    ids=lambda law: type(law).__name__,
)
def test_variances_are_those_of_samples(law: Distribution) -> None:
    drawn = law.sample(np.random.default_rng(8), 400_000)
    assert variance_of(law) == pytest.approx(float(drawn.var()), rel=0.03, abs=1e-12)


@given(st.floats(0, 100), st.floats(0.01, 50), st.floats(0.01, 50), st.integers(0, 5))
def test_fast_draws_of_a_pert_are_draws_of_it(low: float, left: float, right: float, seed: int) -> None:
    law = Pert(low, low + left, low + left + right)
    drawn = draws(law, np.random.default_rng(seed), 20_000)
    assert law.low <= drawn.min() <= drawn.max() <= law.high
    assert abs(drawn.mean() - law.mean()) < 5 * math.sqrt(variance_of(law) / len(drawn)) + 1e-9
    assert np.median(drawn) == pytest.approx(law.percentile(0.5), abs=0.03 * (law.high - law.low))


@pytest.mark.parametrize(
    ("rate", "chance"),
    [
        (Constant(0.9625), Constant(1.0)),
        (Pert(1, 3, 8), Pert(0.10, 0.25, 0.55)),
        (Uniform(0, 12), Constant(0.5)),
        (Pert(20, 100, 900), Constant(0.3)),
    ],
)
def test_the_law_of_counts_is_mixed_poisson(rate: Distribution, chance: Distribution) -> None:
    """E N = E R E V and Var N = E N + Var(R V)."""
    reached = fair._counts(rate, chance)
    assert reached is not None
    law = np.diff(reached, prepend=0.0)
    numbers = np.arange(len(law))
    mean = float(numbers @ law)
    mixed = (variance_of(rate) + rate.mean() ** 2) * (variance_of(chance) + chance.mean() ** 2)
    expected = rate.mean() * chance.mean()
    assert mean == pytest.approx(expected, rel=1e-4)
    assert float(numbers**2 @ law) - mean**2 == pytest.approx(expected + mixed - expected**2, rel=1e-3)


def test_counts_drawn_and_counts_by_gaps_have_one_law(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Scenario(Pert(1, 3, 8), Loss((Constant(1.0),)), vulnerability=Pert(0.10, 0.25, 0.55))
    drawn = scenario.simulate(400_000, seed=3)
    monkeypatch.setattr(fair, "_counts", lambda *_: None)
    by_gaps = scenario.simulate(400_000, seed=4)
    for k in range(5):
        one, two = float((drawn == k).mean()), float((by_gaps == k).mean())
        assert abs(one - two) < 5 * math.sqrt(2 * one * (1 - one) / 400_000)
    assert fair._coarse(Lognormal(0.0, 1.0)) is None


def test_a_seed_gives_the_same_years_and_blocks_do_not_repeat() -> None:
    years = event_model().simulate(150_000, seed=9)
    assert np.array_equal(years, event_model().simulate(150_000, seed=9))
    assert not np.array_equal(years, event_model().simulate(150_000, seed=10))
    assert np.array_equal(years[:65_536], event_model().simulate(65_536, seed=9))
    assert not np.array_equal(years[:65_536], years[65_536 : 2 * 65_536])


@pytest.mark.parametrize(
    "given_",
    [
        {},
        {"capability": Constant(1.0)},
        {"vulnerability": Constant(0.5), "capability": Constant(1.0), "resistance": Constant(1.0)},
        {"vulnerability": Constant(1.5)},
        {"vulnerability": Uniform(-0.5, 0.5)},
        {"vulnerability": Constant(0.5), "frequency": Uniform(-1, 1)},
    ],
)
def test_a_scenario_that_cannot_be_is_refused(given_: dict[str, Distribution]) -> None:
    with pytest.raises(ValueError, match=r"needed|between 0 and 1|negative"):
        Scenario(
            given_.get("frequency", Constant(1.0)),
            Loss((Constant(1.0),)),
            **{k: v for k, v in given_.items() if k != "frequency"},
        )
