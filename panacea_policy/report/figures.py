"""Figures for people: probabilities, rates, money and times with units, to the digits that they deserve."""

from __future__ import annotations

from panacea_policy.model import Dimension, format_quantity
from panacea_policy.risk import Estimate, Quantiles

DAY = 86400.0
YEAR = 365 * DAY


def percent(value: float) -> str:
    """A probability: ``12 %``, ``0.3 %``, ``< 0.01 %``, ``> 99.9 %``."""
    if value <= 0:
        return "0 %"
    if value < 0.0001:
        return "< 0.01 %"
    if value > 0.999:
        return "> 99.9 %" if value < 1 else "100 %"
    if value >= 0.1:
        return f"{value * 100:.0f} %"
    return f"{value * 100:.1f} %" if value >= 0.01 else f"{value * 100:.2f} %"


def change(share: float) -> str:
    """A share by which something is more or less: ``+950 %``, ``-54 %``."""
    return f"{share * 100:+,.0f} %".replace(",", "\N{NARROW NO-BREAK SPACE}")


def interval(estimate: Estimate) -> str:
    """The 90 % interval of a probability; one figure where both ends read the same."""
    low, high = percent(estimate.low), percent(estimate.high)
    return low if low == high else f"{low.removesuffix(' %')}–{high}"


def rate(value: float) -> str:
    """Events per year in words: ``2.1 a year``, ``every 4 years``, ``every 300 years``."""
    if value <= 0:
        return "never"
    if value >= 0.95:
        return f"{_short(value)} a year"
    return f"once in {_short(1 / value)} years"


def money(value: float, currency: str | None) -> str:
    """An amount: ``EUR 1.2M``. Without a currency of the model the amount stands alone."""
    if value and abs(value) < 1000:
        value = float(round(value))
    return format_quantity(value, Dimension.MONEY, currency).replace("\N{CURRENCY SIGN}", "").strip()


def money_interval(estimate: Estimate, currency: str | None) -> str:
    """The 90 % interval of an amount."""
    return f"{money(estimate.low, currency)} – {money(estimate.high, None)}"


def duration(seconds: float) -> str:
    """A time span to two digits in a unit that reads well: ``40 min``, ``6 h``, ``12 d``, ``8 months``."""
    for unit, size, least in (
        ("years", YEAR, 2 * YEAR),
        ("months", YEAR / 12, 70 * DAY),
        ("d", DAY, 2 * DAY),
        ("h", 3600.0, 3600.0),
        ("min", 60.0, 60.0),
    ):
        if seconds >= least:
            return f"{_short(seconds / size)} {unit}"
    return "at once" if seconds < 1 else f"{seconds:.0f} s"


def a_year(value: float, days: float) -> float:
    """Something of a horizon of so many days, per year."""
    return value * YEAR / (days * DAY)


def period(days: float) -> str:
    """A horizon in words: ``twelve months``, ``90 d``."""
    return "twelve months" if days == YEAR / DAY else duration(days * DAY)


def spread(quantiles: Quantiles) -> str:
    """The middle and the 90 % range of times: ``12 d (3 d – 40 d)``."""
    if quantiles.p5 == quantiles.p95:
        return duration(quantiles.p50)
    return f"{duration(quantiles.p50)} ({duration(quantiles.p5)} – {duration(quantiles.p95)})"


def number(value: float) -> str:
    """A number that varies, to two digits: ``0.04``, ``2.5``, ``3 900``."""
    return f"{value:.2g}" if 0 < value < 0.95 else _short(value)


def count(number: int, noun: str, plural: str | None = None) -> str:
    """``1 finding``, ``3 findings``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}".replace(
        ",", "\N{NARROW NO-BREAK SPACE}"
    )


def _short(value: float) -> str:
    if value >= 9.95:
        return f"{float(f'{value:.2g}'):,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{value:.1f}".removesuffix(".0")
