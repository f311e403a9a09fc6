"""Units, currencies, dates, and how quantities are printed."""

from __future__ import annotations

import math
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.model import (
    UNITS,
    Currencies,
    Dimension,
    UnitError,
    ValueDateError,
    format_quantity,
    is_currency,
    parse_date,
    to_base,
)
from panacea_policy.model.values import DATA_SIZES, DURATIONS, ITEMS, PER_YEAR

EURO = Currencies("EUR", {"USD": 0.9})


@pytest.mark.parametrize(
    ("value", "unit", "per", "dimension", "expected"),
    [
        (30, "min", None, Dimension.DURATION, 1800),
        (1, "d", None, Dimension.DURATION, 86400),
        (2, "months", None, Dimension.DURATION, 60 * 86400),
        (1, "year", None, Dimension.DURATION, 365 * 86400),
        (250, "ms", None, Dimension.DURATION, 0.25),
        (23, "%", None, Dimension.FRACTION, 0.23),
        (0.23, None, None, Dimension.FRACTION, 0.23),
        (1, None, None, Dimension.FRACTION, 1.0),
        (100, "%", None, Dimension.FRACTION, 1.0),
        (60_000, "EUR", None, Dimension.MONEY, 60_000),
        (100, "USD", None, Dimension.MONEY, 90),
        (1, "EUR", "h", Dimension.MONEY_RATE, 8760),
        (100, "EUR", "month", Dimension.MONEY_RATE, 1200),
        (150, "EUR", "record", Dimension.MONEY_PER_ITEM, 150),
        (3, None, "year", Dimension.RATE, 3),
        (90, None, "d", Dimension.RATE, 32_850),
        (5, "%", "year", Dimension.RATE, 0.05),
        (20, "GB", None, Dimension.DATA_SIZE, 2e10),
        (10, "MB", "s", Dimension.DATA_RATE, 1e7),
        (480, None, None, Dimension.COUNT, 480),
    ],
)
def test_to_base(
    value: float, unit: str | None, per: str | None, dimension: Dimension, expected: float
) -> None:
    assert to_base(value, unit, per, dimension, EURO) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "unit", "per", "dimension", "message", "help_text"),
    [
        (3, "mins", None, Dimension.DURATION, "unknown unit `mins`", "`min`"),
        (3, "Days", None, Dimension.DURATION, "unknown unit `Days`", "`days`"),
        (3, "eur", None, Dimension.MONEY, "unknown unit `eur`", "`EUR`"),
        (3, "EUR", "fortnight", Dimension.MONEY_RATE, "unknown unit `per fortnight`", None),
        (3, None, None, Dimension.DURATION, "a unit is missing", None),
        (3, "min", None, Dimension.MONEY, "`min` does not fit", None),
        (3, "GB", None, Dimension.DURATION, "`GB` does not fit", None),
        (3, "min", "year", Dimension.DURATION, "`per year` does not fit", None),
        (3, None, None, Dimension.MONEY, "a currency is missing", None),
        (3, "EUR", None, Dimension.MONEY_RATE, "a period is missing", None),
        (3, "EUR", "year", Dimension.MONEY, "`per year` does not fit", None),
        (3, "EUR", "year", Dimension.MONEY_PER_ITEM, "an item is missing", None),
        (3, "CHF", None, Dimension.MONEY, "no exchange rate for CHF", "exchange_rates"),
        (3, None, None, Dimension.RATE, "this must be a rate", None),
        (3, "min", "year", Dimension.RATE, "this must be a rate", None),
        (3, "%", None, Dimension.COUNT, "`%` does not fit", None),
        (23, None, None, Dimension.FRACTION, "23 is outside 0 to 1", "Did you mean 23 %?"),
        (101, "%", None, Dimension.FRACTION, "101 % is outside 0 to 1", None),
        (-1, "%", None, Dimension.FRACTION, "-1 % is outside 0 to 1", None),
        (3, "d", None, Dimension.FRACTION, "`d` does not fit", None),
        (3, "MB", None, Dimension.DATA_RATE, "this must be a data rate", None),
    ],
)
def test_what_does_not_fit_is_refused(
    value: float, unit: str | None, per: str | None, dimension: Dimension, message: str, help_text: str | None
) -> None:
    with pytest.raises(UnitError) as caught:
        to_base(value, unit, per, dimension, EURO)
    assert message in caught.value.message
    if help_text is None:
        assert caught.value.help is None
    else:
        assert help_text in (caught.value.help or "")


def test_money_needs_a_currency_of_the_model() -> None:
    with pytest.raises(UnitError, match="the model has no currency"):
        to_base(3, "EUR", None, Dimension.MONEY, Currencies())


def test_currencies() -> None:
    assert is_currency("EUR")
    assert is_currency("CHF")
    assert not is_currency("XXX")
    assert not is_currency("eur")


@given(
    st.sampled_from([*UNITS, "EUR", None]),
    st.sampled_from([*PER_YEAR, *ITEMS, None]),
    st.sampled_from(Dimension),
)
def test_a_quantity_fits_at_most_the_dimensions_of_its_unit(
    unit: str | None, per: str | None, dimension: Dimension
) -> None:
    try:
        base = to_base(0.5, unit, per, dimension, EURO)
    except UnitError:
        return
    assert math.isfinite(base)
    assert base > 0
    money = {Dimension.MONEY, Dimension.MONEY_RATE, Dimension.MONEY_PER_ITEM}
    assert (dimension in money) == (unit == "EUR")
    if per is None and unit is not None and unit in UNITS:
        assert dimension is UNITS[unit]
    if dimension in (Dimension.RATE, Dimension.MONEY_RATE, Dimension.MONEY_PER_ITEM, Dimension.DATA_RATE):
        assert per is not None
    else:
        assert per is None


@given(
    st.floats(min_value=1e-3, max_value=1e6),
    st.sampled_from([*DURATIONS, *DATA_SIZES]),
    st.sampled_from([*DURATIONS, *DATA_SIZES]),
)
def test_the_same_quantity_in_two_units_is_the_same(value: float, first: str, second: str) -> None:
    dimension = UNITS[first]
    if UNITS[second] is not dimension:
        return
    factor = to_base(1, first, None, dimension, EURO) / to_base(1, second, None, dimension, EURO)
    there = to_base(value, first, None, dimension, EURO)
    assert to_base(value * factor, second, None, dimension, EURO) == pytest.approx(there)


_WRITTEN = re.compile(
    r"(?:(?P<currency>[A-Z]{3}) )?(?P<number>-?[\d.]+)(?P<suffix>bn|[kM])?"
    r"(?: (?P<unit>\S+?))??(?: per (?P<per>\w+))?"
)


@given(
    st.floats(min_value=1e-2, max_value=1e13, allow_nan=False),
    st.sampled_from([d for d in Dimension if d not in (Dimension.FRACTION, Dimension.MONEY_PER_ITEM)]),
)
def test_what_is_printed_reads_back_to_three_digits(value: float, dimension: Dimension) -> None:
    text = format_quantity(value, dimension, "EUR")
    match = _WRITTEN.fullmatch(text)
    assert match, text
    scale = {"bn": 1e9, "M": 1e6, "k": 1e3, None: 1.0}[match["suffix"]]
    number = float(match["number"]) * scale
    back = to_base(number, match["currency"] or match["unit"], match["per"], dimension, EURO)
    assert back == pytest.approx(value, rel=0.006, abs=0.5 if dimension is Dimension.COUNT else 0)


@pytest.mark.parametrize(
    ("value", "dimension", "text"),
    [
        (1800, Dimension.DURATION, "30 min"),
        (5400, Dimension.DURATION, "1.5 h"),
        (86400, Dimension.DURATION, "1 d"),
        (365 * 86400, Dimension.DURATION, "1 year"),
        (0.25, Dimension.DURATION, "250 ms"),
        (0, Dimension.DURATION, "0 s"),
        (60_000, Dimension.MONEY, "EUR 60k"),
        (1_250_000, Dimension.MONEY, "EUR 1.25M"),
        (999.9, Dimension.MONEY, "EUR 1k"),
        (12_000, Dimension.MONEY_RATE, "EUR 12k per year"),
        (150, Dimension.MONEY_PER_ITEM, "EUR 150 per item"),
        (0.23, Dimension.FRACTION, "23 %"),
        (0.00125, Dimension.FRACTION, "0.125 %"),
        (3, Dimension.RATE, "3 per year"),
        (2e10, Dimension.DATA_SIZE, "20 GB"),
        (0, Dimension.DATA_SIZE, "0 B"),
        (1e7, Dimension.DATA_RATE, "10 MB per s"),
        (480, Dimension.COUNT, "480"),
        (0, Dimension.MONEY, "EUR 0"),
        (-60_000, Dimension.MONEY, "EUR -60k"),
    ],
)
def test_format_quantity(value: float, dimension: Dimension, text: str) -> None:
    assert format_quantity(value, dimension, "EUR") == text


def test_money_of_a_model_without_currency_has_the_general_sign() -> None:
    assert format_quantity(5, Dimension.MONEY) == "¤ 5"


@given(st.dates())
def test_dates_round_trip(day: date) -> None:
    assert parse_date(day.isoformat()) == day


@pytest.mark.parametrize(
    "text",
    ["2027-02-30", "2027-13-01", "2027-1-01", "20270101", "2027-01-01T00", "", "2027-W01-1", "٢٠٢٧-01-01"],
)
def test_days_that_do_not_exist_are_refused(text: str) -> None:
    with pytest.raises(ValueDateError) as caught:
        parse_date(text)
    assert text in caught.value.message
