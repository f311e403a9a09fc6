"""Amounts as people type them in options: ``400k``, ``1.2M EUR``, ``90k per year``, ``30 min``, ``4 %``."""

from __future__ import annotations

import re

import click

_SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "bn": 1e9}
_MONEY = re.compile(
    r"(?P<before>[A-Za-z]{3}\s+)?(?P<number>\d{1,15}(\.\d{1,6})?)\s*(?P<scale>bn|[kKmM])?"
    r"(\s+(?P<after>[A-Za-z]{3}))?\s*(?P<yearly>(per|a|/)\s*year)?",
)
_DURATION = re.compile(r"(?P<number>\d{1,6}(\.\d{1,6})?)\s*(?P<unit>[a-z]+)?")
_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_YEARS = ("", "y", "year", "years")


class Money(click.ParamType[tuple[float, str | None, bool]]):
    """An amount of money: (number, currency or None, whether it is meant per year)."""

    name = "amount"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, str | None, bool]:
        if isinstance(value, tuple):
            return value
        text = str(value).strip()
        if text.startswith("-"):
            self.fail(f"a budget is not negative: `{text}`", param, ctx)
        match = _MONEY.fullmatch(text.replace("\N{NARROW NO-BREAK SPACE}", "").replace(",", ""))
        if match is None:
            self.fail(f"`{text}` is no amount such as 400k, 1.2M EUR or 90k EUR per year", param, ctx)
        number = float(match["number"]) * _SCALES[(match["scale"] or "").lower()]
        currency = (match["before"] or match["after"] or "").strip().upper() or None
        return number, currency, bool(match["yearly"])


class Seconds(click.ParamType[float]):
    """A length of time in seconds: ``30min``, ``1.5 h``."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        match = _DURATION.fullmatch(str(value).strip())
        if match is None or match["unit"] not in _UNITS:
            self.fail(f"`{value}` is no length of time such as 30min or 1.5 h", param, ctx)
        return float(match["number"]) * _UNITS[match["unit"]]


class Years(click.ParamType[float]):
    """A number of years: ``5``, ``5 years``."""

    name = "years"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        match = _DURATION.fullmatch(str(value).strip())
        if match is None or (match["unit"] or "") not in _YEARS or not 0 < float(match["number"]) <= 100:
            self.fail(f"`{value}` is no number of years above 0, at most 100, such as `5 years`", param, ctx)
        return float(match["number"])


class Share(click.ParamType[float]):
    """A share: ``4%``, ``4 %`` or ``0.04``."""

    name = "share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
        except ValueError:
            self.fail(f"`{value}` is no share such as 4%", param, ctx)
        if not 0 <= share < 1:
            self.fail(f"`{value}` lies outside 0 to 100 %; did you mean {text.rstrip('%')}%?", param, ctx)
        return share
