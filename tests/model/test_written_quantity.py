"""Numbers in base units as the language writes them are read back as they were."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.model import Currencies, Dimension, to_base, written_quantity

EUR = Currencies("EUR")


@pytest.mark.parametrize(
    ("value", "dimension", "text"),
    [
        (259_200.0, Dimension.DURATION, "3 d"),
        (5_400.0, Dimension.DURATION, "90 min"),
        (0.25, Dimension.DURATION, "0.25 s"),
        (0.0, Dimension.DURATION, "0 s"),
        (Fraction(1, 3), Dimension.FRACTION, "0.3333"),
        (60_000.0, Dimension.MONEY_RATE, "60000 EUR per year"),
        (1e-9, Dimension.COUNT, "0.000000001"),
        (1.6384e-11, Dimension.FRACTION, "0.000000000016384"),
        (0.1 + 0.2, Dimension.COUNT, "0.30000000000000004"),
    ],
)
def test_examples(value: Fraction | float, dimension: Dimension, text: str) -> None:
    assert written_quantity(value, dimension, "EUR") == text


@given(st.integers(0, 10**12).map(lambda n: n / 1000), st.sampled_from(list(Dimension)))
def test_what_is_written_is_read_back(value: float, dimension: Dimension) -> None:
    number, *words = written_quantity(value, dimension, "EUR").split()
    unit, per = words[0] if words and words[0] != "per" else None, words[-1] if "per" in words else None
    if dimension is Dimension.FRACTION:
        value = value / 10**12
        number = written_quantity(value, dimension)
    found = to_base(float(number), unit, per, dimension, EUR)
    assert found == pytest.approx(value, rel=1e-12)
