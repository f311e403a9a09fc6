"""Quantities: what a number with its unit means in the model's base units, and how a base value is printed.

Base units: seconds, fractions of one, the model's currency, money per year, events per year, bytes, bytes per
second, money per item. A month is 30 days and a year 365 days as durations; ``per month`` is twelve times a
year.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import msgspec

from panacea_policy.model.currencies import CURRENCIES


class Dimension(enum.Enum):
    """What a number measures. The value is the phrase used in messages."""

    COUNT = "a plain number"
    FRACTION = "a percentage or a number from 0 to 1"
    DURATION = "a duration such as 30 min"
    MONEY = "an amount of money such as 60k EUR"
    MONEY_RATE = "money per time such as 12k EUR per year"
    MONEY_PER_ITEM = "money per item such as 150 EUR per record"
    RATE = "a rate such as 3 per year"
    DATA_SIZE = "a size such as 20 GB"
    DATA_RATE = "a data rate such as 10 MB per s"

    # Members are singletons: hashing by identity is what equality means, and is four times faster.
    __hash__ = object.__hash__


class InvalidValue(ValueError):
    """A value that cannot be read: ``message`` says what is wrong, ``help`` what to do, where that helps."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class UnitError(InvalidValue):
    """An unknown unit, a unit of another dimension, or a missing or foreign currency."""


class ValueDateError(InvalidValue):
    """A date that is not in the calendar."""


DURATIONS: Mapping[str, float] = {
    "ms": 0.001,
    "s": 1.0,
    "second": 1.0,
    "seconds": 1.0,
    "min": 60.0,
    "minute": 60.0,
    "minutes": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
    "hours": 3600.0,
    "d": 86400.0,
    "day": 86400.0,
    "days": 86400.0,
    "week": 7 * 86400.0,
    "weeks": 7 * 86400.0,
    "month": 30 * 86400.0,
    "months": 30 * 86400.0,
    "y": 365 * 86400.0,
    "year": 365 * 86400.0,
    "years": 365 * 86400.0,
}

#: How often a period fits in a year, for rates and for money per time.
PER_YEAR: Mapping[str, float] = {
    "s": 31_536_000.0,
    "min": 525_600.0,
    "minute": 525_600.0,
    "h": 8760.0,
    "hour": 8760.0,
    "d": 365.0,
    "day": 365.0,
    "week": 365 / 7,
    "month": 12.0,
    "quarter": 4.0,
    "y": 1.0,
    "year": 1.0,
}

DATA_SIZES: Mapping[str, float] = {"B": 1.0, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15}

#: What money may be counted for: ``150 EUR per record``.
ITEMS = frozenset({"record", "person", "patient", "user", "device", "bed", "case", "item", "incident"})

#: Every unit word that is not a currency, with the dimension it belongs to.
UNITS: Mapping[str, Dimension] = {
    **dict.fromkeys(DURATIONS, Dimension.DURATION),
    **dict.fromkeys(DATA_SIZES, Dimension.DATA_SIZE),
    "%": Dimension.FRACTION,
}


class Currencies(msgspec.Struct, frozen=True):
    """The model's currency, and what one unit of another currency is worth in it.

    ``model`` is None while nobody has stated a currency: any amount of money is then an error that says so.
    """

    model: str | None = None
    rates: Mapping[str, float] = msgspec.field(default_factory=dict)

    def rate(self, currency: str) -> float:
        """The worth of one unit of ``currency`` in the model's currency. Raises :class:`UnitError`."""
        if self.model is None:
            raise UnitError(
                f"{currency} cannot be converted: the model has no currency",
                "State it on the organisation: `currency: EUR`.",
            )
        if currency == self.model:
            return 1.0
        if currency not in self.rates:
            raise UnitError(
                f"the model counts in {self.model}; there is no exchange rate for {currency}",
                f"Write the amount in {self.model}, or state `exchange_rates: {{ {currency}: … }}`"
                " on the organisation.",
            )
        return self.rates[currency]


def is_currency(unit: str) -> bool:
    """Whether the word is a currency code of ISO 4217."""
    return unit in CURRENCIES


def to_base(
    value: float, unit: str | None, per: str | None, dimension: Dimension, currency: Currencies
) -> float:
    """The quantity in the base unit of ``dimension``. Raises :class:`UnitError` where it does not fit."""
    _check_words(unit, per)
    if dimension in _MONEY:
        return _money(value, unit, per, dimension, currency)
    if dimension is Dimension.RATE:
        return _rate(value, unit, per)
    if dimension is Dimension.DATA_RATE:
        return _data_rate(value, unit, per)
    if per is not None:
        raise UnitError(f"`per {per}` does not fit here: this must be {dimension.value}")
    if dimension is Dimension.COUNT:
        if unit is not None:
            raise UnitError(f"`{unit}` does not fit here: this must be {dimension.value}")
        return value
    if dimension is Dimension.FRACTION:
        return _fraction(value, unit)
    table = DURATIONS if dimension is Dimension.DURATION else DATA_SIZES
    return value * _factor(unit, table, dimension)


_MONEY = frozenset({Dimension.MONEY, Dimension.MONEY_RATE, Dimension.MONEY_PER_ITEM})


def _check_words(unit: str | None, per: str | None) -> None:
    """Refuse words that are no unit at all, with the nearest ones that are."""
    if unit is not None and unit not in UNITS and not is_currency(unit):
        known = [*UNITS, *CURRENCIES]
        raise UnitError(f"unknown unit `{unit}`", _did_you_mean(unit, known))
    if per is not None and per not in PER_YEAR and per not in ITEMS:
        raise UnitError(f"unknown unit `per {per}`", _did_you_mean(per, [*PER_YEAR, *ITEMS]))


def _did_you_mean(word: str, known: list[str]) -> str | None:
    from difflib import get_close_matches

    lowered = {k.lower(): k for k in known}
    near = [lowered[m] for m in get_close_matches(word.lower(), list(lowered), n=2, cutoff=0.5)]
    return f"Did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else None


def _factor(unit: str | None, table: Mapping[str, float], dimension: Dimension) -> float:
    if unit is None:
        raise UnitError(f"a unit is missing: this must be {dimension.value}")
    if unit not in table:
        raise UnitError(f"`{unit}` does not fit here: this must be {dimension.value}")
    return table[unit]


def _fraction(value: float, unit: str | None) -> float:
    if unit not in (None, "%"):
        raise UnitError(f"`{unit}` does not fit here: this must be {Dimension.FRACTION.value}")
    fraction = value / 100 if unit == "%" else value
    if not 0 <= fraction <= 1:
        written = f"{value:g}{' %' if unit else ''}"
        meant = f"Did you mean {value:g} %?" if 1 < fraction <= 100 and unit is None else None
        raise UnitError(f"{written} is outside 0 to 1", meant)
    return fraction


def _money(
    value: float, unit: str | None, per: str | None, dimension: Dimension, currency: Currencies
) -> float:
    if unit is None:
        raise UnitError(f"a currency is missing: this must be {dimension.value}")
    if not is_currency(unit):
        raise UnitError(f"`{unit}` does not fit here: this must be {dimension.value}")
    times = 1.0
    if dimension is Dimension.MONEY:
        if per is not None:
            raise UnitError(f"`per {per}` does not fit here: this must be {dimension.value}")
    elif dimension is Dimension.MONEY_RATE:
        if per is None or per not in PER_YEAR:
            raise UnitError(f"a period is missing: this must be {dimension.value}")
        times = PER_YEAR[per]
    elif per not in ITEMS:
        raise UnitError(f"an item is missing: this must be {dimension.value}")
    return value * times * currency.rate(unit)


def _rate(value: float, unit: str | None, per: str | None) -> float:
    if unit not in (None, "%") or per is None or per not in PER_YEAR:
        raise UnitError(f"this must be {Dimension.RATE.value}")
    return value * PER_YEAR[per] / (100 if unit == "%" else 1)


def _data_rate(value: float, unit: str | None, per: str | None) -> float:
    if per is None or per not in DURATIONS:
        raise UnitError(f"this must be {Dimension.DATA_RATE.value}")
    return value * _factor(unit, DATA_SIZES, Dimension.DATA_RATE) / DURATIONS[per]


def parse_date(text: str) -> date:
    """A calendar date written ``2027-03-31``. Raises :class:`ValueDateError`."""
    year, dash, rest = text.partition("-")
    if not (dash and len(year) == 4 and len(rest) == 5 and rest[2] == "-" and text.isascii()):
        raise ValueDateError(f"`{text}` is not a date", "Write year, month and day: 2027-03-31.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueDateError(f"`{text}` is not in the calendar", None) from None


_SCALES = ((1e9, "bn"), (1e6, "M"), (1e3, "k"))
_DURATION_STEPS = tuple((unit, DURATIONS[unit]) for unit in ("year", "d", "h", "min", "s", "ms"))
_SIZE_STEPS = tuple(reversed(list(DATA_SIZES.items())))


def written_quantity(value: Fraction | float, dimension: Dimension, currency: str | None = None) -> str:
    """A number in base units as the language writes it, such as ``3 d`` or ``60000 EUR per year``. Read back,
    a decimal number is the same to fifteen digits; a fraction that has no end, such as a third, is rounded.
    Money without a currency is written in EUR.
    """
    exact = value if isinstance(value, Fraction) else Fraction(repr(float(value)))
    number, money = _decimal(exact), currency or "EUR"
    match dimension:
        case Dimension.COUNT | Dimension.FRACTION:
            return number
        case Dimension.DURATION:
            for unit in ("d", "h", "min"):
                if exact and exact % int(DURATIONS[unit]) == 0:
                    return f"{_decimal(exact / int(DURATIONS[unit]))} {unit}"
            return f"{number} s"
        case Dimension.MONEY:
            return f"{number} {money}"
        case Dimension.MONEY_RATE:
            return f"{number} {money} per year"
        case Dimension.MONEY_PER_ITEM:
            return f"{number} {money} per record"
        case Dimension.RATE:
            return f"{number} per year"
        case Dimension.DATA_SIZE:
            return f"{number} B"
        case Dimension.DATA_RATE:
            return f"{number} B per s"


#: So many digits after the point are enough for numbers down to a quadrillionth with fifteen that count.
_MOST_DIGITS = 31


def _decimal(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    # A decimal fraction is written to its end, whatever else to three digits more than its denominator has.
    ends = next((n for n in range(1, _MOST_DIGITS) if 10**n % value.denominator == 0), None)
    digits = ends or min(15, 3 + math.ceil(math.log10(value.denominator)))
    return f"{float(value):.{digits}f}".rstrip("0")


def format_quantity(base_value: float, dimension: Dimension, currency: str | None = None) -> str:
    """A base value for people, to three significant digits: ``30 min``, ``EUR 60k``, ``23 %``."""
    if dimension is Dimension.FRACTION:
        return f"{_three_digits(base_value * 100)} %"
    if dimension is Dimension.DURATION:
        if base_value == 0:
            return "0 s"
        return _format_steps(base_value, _DURATION_STEPS)
    if dimension is Dimension.DATA_SIZE:
        return _format_steps(base_value, _SIZE_STEPS)
    if dimension is Dimension.DATA_RATE:
        return f"{_format_steps(base_value, _SIZE_STEPS)} per s"
    if dimension is Dimension.COUNT:
        return _three_digits(base_value) if base_value % 1 else f"{base_value:.0f}"
    if dimension is Dimension.RATE:
        return f"{_three_digits(base_value)} per year"
    suffix = {Dimension.MONEY_RATE: " per year", Dimension.MONEY_PER_ITEM: " per item"}.get(dimension, "")
    return f"{currency or '¤'} {_scaled(base_value)}{suffix}"


def _format_steps(value: float, steps: tuple[tuple[str, float], ...]) -> str:
    """In the largest unit of ``steps`` that is not above the value."""
    for unit, size in steps:
        if abs(value) >= size * 0.9995 or unit == steps[-1][0]:
            return f"{_three_digits(value / size)} {unit}"
    raise AssertionError("the last step always fits")


def _scaled(value: float) -> str:
    for size, suffix in _SCALES:
        if abs(value) >= size * 0.9995:
            return f"{_three_digits(value / size)}{suffix}"
    return _three_digits(value)


def _three_digits(value: float) -> str:
    """Three significant digits, never in exponent form, without idle zeros."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, decimals)
    text = f"{rounded:.{max(decimals, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
