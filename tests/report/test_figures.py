"""Figures as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.report import figures
from panacea_policy.report.metrics import shorten, width, wrap
from panacea_policy.risk import Estimate


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.58, "+58 %"), (-0.54, "-54 %"), (0.0, "+0 %"), (24.87, "+2\N{NARROW NO-BREAK SPACE}487 %")],
)
def test_what_is_more_or_less(share: float, expected: str) -> None:
    assert figures.change(share) == expected


@pytest.mark.parametrize(("days", "expected"), [(365, "twelve months"), (90, "3 months"), (30, "30 d")])
def test_horizons(days: float, expected: str) -> None:
    assert figures.period(days) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0 %"),
        (0.00001, "< 0.01 %"),
        (0.0032, "0.32 %"),
        (0.042, "4.2 %"),
        (0.317, "32 %"),
        (0.9995, "> 99.9 %"),
        (1, "100 %"),
    ],
)
def test_probabilities(value: float, expected: str) -> None:
    assert figures.percent(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "never"),
        (2.13, "2.1 a year"),
        (0.25, "once in 4 years"),
        (0.0001, "once in 10\N{NARROW NO-BREAK SPACE}000 years"),
    ],
)
def test_rates(value: float, expected: str) -> None:
    assert figures.rate(value) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "at once"),
        (40, "40 s"),
        (3600, "1 h"),
        (86_400 * 7, "7 d"),
        (86_400 * 100, "3.3 months"),
        (86_400 * 800, "2.2 years"),
    ],
)
def test_durations(seconds: float, expected: str) -> None:
    assert figures.duration(seconds) == expected


def test_money_with_and_without_a_currency() -> None:
    assert figures.money(1_234_567, "EUR") == "EUR 1.23M"
    assert figures.money(950.4, None) == "950"
    estimate = Estimate(value=2e6, standard_error=1.0, low=1.9e6, high=2.1e6)
    assert figures.money_interval(estimate, "EUR") == "EUR 1.9M – 2.1M"


def test_an_interval_whose_ends_read_alike_is_one_figure() -> None:
    assert figures.interval(Estimate(value=0.5, standard_error=0, low=0.5, high=0.5)) == "50 %"
    assert figures.interval(Estimate(value=0.5, standard_error=0, low=0.45, high=0.55)) == "45–55 %"


@given(st.text(), st.floats(20, 300), st.integers(1, 4))
def test_wrapped_lines_fit(text: str, limit: float, lines: int) -> None:
    made = wrap(text, 12.0, limit, lines)
    assert len(made) <= lines
    assert all(width(line, 12.0) <= limit for line in made)
    assert width(shorten(text, 12.0, limit), 12.0) <= limit
