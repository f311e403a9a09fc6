"""Laws from registers that leave small cases out."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.model.distributions import Lognormal
from tests.risk.truncated import from_moments_above, percentile_above, share_above

ROOT = Path(__file__).parents[2]


@given(st.floats(4, 11), st.floats(0.5, 3), st.floats(50, 2000))
def test_the_law_behind_a_register_is_found_again(mu: float, sigma: float, least: float) -> None:
    law = Lognormal(mu, sigma)
    shares = (np.arange(2000) + 0.5) / 2000
    if share_above(law, least) < 0.02:
        return
    logs = np.log([percentile_above(law, p, least) for p in shares.tolist()])
    found = from_moments_above(float(logs.mean()), float(logs.std()), least)
    # Points at equal shares lack a little of the tail.
    assert found.sigma == pytest.approx(sigma, rel=0.03)
    assert found.mu == pytest.approx(mu, abs=0.15 * sigma + 0.02)


def test_breaches_of_the_register_of_the_hhs() -> None:
    """853 breaches of at least 500 people: ln mean 9.08, sd 2.33; median 5,823, 95 % below 631,000."""
    law = from_moments_above(9.08, 2.33, 500)
    assert percentile_above(law, 0.5, 500) == pytest.approx(5_823, rel=0.4)
    assert percentile_above(law, 0.95, 500) == pytest.approx(631_000, rel=0.4)


def test_the_library_tells_the_law_behind_the_register() -> None:
    text = (ROOT / "models" / "std" / "evidence.panacea").read_text(encoding="utf-8")
    figure = text.partition("figure people_per_breach ")[2].partition("\n}")[0]
    shown = re.search(r"lognormal\(mu: ([\d.]+), sigma: ([\d.]+)\)", figure)
    least = re.search(r"at least (\d+) people", figure)
    told = re.search(r"has mu ([\d.]+) and sigma ([\d.]+), and the register shows (\d+) %", figure)
    assert shown is not None
    assert least is not None
    assert told is not None
    law = from_moments_above(float(shown[1]), float(shown[2]), float(least[1]))
    share = share_above(law, float(least[1]))
    assert (f"{law.mu:.1f}", f"{law.sigma:.1f}", f"{share * 100:.0f}") == told.groups()


def test_a_fit_to_the_shown_cases_alone_is_too_high() -> None:
    law = Lognormal(7.0, 2.0)
    every = law.sample(np.random.default_rng(5), 60_000)
    shown = every[every >= 500]
    logs = np.log(shown)
    found = from_moments_above(float(logs.mean()), float(logs.std()), 500)
    assert found.mu == pytest.approx(7.0, abs=0.15)
    assert found.sigma == pytest.approx(2.0, abs=0.06)
    assert logs.mean() > 8.0


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(ValueError, match="heavier tail"):
        from_moments_above(np.log(500) + 1.0, 2.0, 500)
