"""How uncertain rates and shared worlds reach probabilities and losses, against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.model.distributions import Constant, Lognormal, Poisson
from panacea_policy.risk.attempts import Source
from panacea_policy.risk.frequency import any_event, losses_in_worlds, yearly_rates
from panacea_policy.risk.graph import GraphBuilder
from panacea_policy.risk.inputs import _uncertain
from panacea_policy.risk.loss.compound import Claims, annual
from panacea_policy.risk.losses import rate_estimate
from panacea_policy.risk.study import Study

UNCERTAIN = Lognormal(mu=math.log(2.0) - 0.32, sigma=0.8)


def source(rate: float, law: Lognormal | None = None) -> Source:
    return Source("gang", "Gang", rate, (0,), frequency=law)


def happened(chance: float, trials: int = 1000) -> np.ndarray:
    return np.arange(trials) < chance * trials


@given(st.floats(0, 20), st.floats(0, 1), st.floats(0.01, 10))
def test_at_known_rates_events_are_a_poisson_process(rate: float, chance: float, years: float) -> None:
    fell = [happened(chance)]
    events = rate_estimate([f.astype(float) for f in fell], [rate])
    found = any_event([source(rate)], fell, events, years)
    assert found.value == pytest.approx(-math.expm1(-rate * float(fell[0].mean()) * years), abs=1e-9)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.standard_error >= 0


def test_an_uncertain_rate_makes_a_year_without_event_more_likely() -> None:
    fell = [happened(0.3)]
    events = rate_estimate([fell[0].astype(float)], [2.0])
    known, unknown = (any_event([source(2.0, law)], fell, events, 1.0) for law in (None, UNCERTAIN))
    assert UNCERTAIN.mean() == pytest.approx(2.0)
    drawn = UNCERTAIN.sample(np.random.default_rng(5), 400_000)
    assert 1 - unknown.value == pytest.approx(float(np.exp(-0.3 * drawn).mean()), abs=1e-3)
    assert unknown.value < known.value


def test_the_spread_of_the_rate_reaches_the_losses() -> None:
    """Var = E[R] E[X^2] + Var[R] E[X]^2, of a mixed Poisson process."""
    severity = np.array([0.0, 0.0, 1.0, 4.0])
    years = 200_000
    rates = yearly_rates(source(2.0, UNCERTAIN), years, seed=3)
    assert rates.mean() == pytest.approx(2.0, rel=0.02)
    losses, _ = annual([Claims(2.0, severity, frequency=UNCERTAIN)], years=years, seed=3)
    first, second = severity.mean(), (severity**2).mean()
    variance = (math.exp(0.64) - 1) * 4.0
    assert losses.mean() == pytest.approx(2.0 * first, rel=0.02)
    assert losses.var() == pytest.approx(2.0 * second + variance * first**2, rel=0.04)
    known, _ = annual([Claims(2.0, severity)], years=years, seed=3)
    assert losses.var() > 1.3 * known.var()


def test_a_count_of_attempts_is_no_uncertainty_of_their_rate() -> None:
    assert _uncertain(Poisson(12.0)) is None
    assert _uncertain(Constant(3.0)) is None
    assert _uncertain(UNCERTAIN) is UNCERTAIN
    assert _uncertain(None) is None


def worldly(shift: int, trials: int) -> tuple[Study, Source]:
    """Half of the worlds have an exploit; where there is one, an attempt succeeds in half of all cases."""
    builder = GraphBuilder()
    builder.step(["start"], "inside", 0.5, cause=1).step(["inside"], "goal", 0.5)
    graph = builder.build(["start"])
    actor = Source("gang", "Gang", 3.0, (builder.names["start"],))
    study = Study(
        graph,
        graph.chance,
        [actor],
        [builder.names["goal"]],
        np.ones(1),
        horizon=1e9,
        trials=trials,
        seed=2,
        shift=shift,
    )
    return study, actor


@pytest.mark.parametrize("shift", [0, 3, 4, 6])
def test_what_is_common_to_a_world_stays_for_all_its_attempts(shift: int) -> None:
    together, trials = 1 << shift, 64 * 512
    study, actor = worldly(shift, trials)
    fell = study.fallen()[0][0]
    rate = study.estimate([fell.astype(float)])
    assert abs(rate.value - 0.75) < 4.5 * rate.standard_error
    found = any_event([actor], [fell], rate, 1.0, together)
    # In half of the worlds nothing can happen; in the others 3 attempts a year succeed with chance 1/2.
    expected = 0.5 * -math.expm1(-1.5) if shift else -math.expm1(-0.75)
    assert abs(found.value - expected) < 4.5 * found.standard_error + 1e-9
    assert 0 <= found.low <= found.value <= found.high <= 1
    if shift:
        hit = fell.reshape(-1, together).any(axis=1).mean()
        assert hit < 0.53
        losses = losses_in_worlds([actor], [fell.astype(float)], together, years=40_000, seed=1)
        assert losses.mean() == pytest.approx(0.75, abs=0.06)
        assert (losses == 0).mean() == pytest.approx(1 - expected, abs=0.03)


def test_sharing_a_world_leaves_single_attempts_as_they_are_on_average() -> None:
    alone, _ = worldly(0, 64 * 256)
    shared, _ = worldly(5, 64 * 256)
    one, two = (s.estimate([s.fallen()[0][0].astype(float)]) for s in (alone, shared))
    assert abs(one.value - two.value) < 4.5 * math.hypot(one.standard_error, two.standard_error)
    assert two.standard_error > 2 * one.standard_error
