"""Taking values out of what strangers wrote: typed, bounded, and every refusal with its place and reason.

A reader asks for what it needs. What is optional and damaged is noted and left out; what is required raises
:class:`Refused`, and the record as a whole is set aside.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from panacea_policy.feeds.records import Damage, Reading, Record
from panacea_policy.formats.feeds.limits import Limits

#: Where a value stands: () is the whole document, else (place of the parent, key or index).
Where = tuple[Any, ...]
JsonObject = dict[str, Any]

#: What terminals act on and people do not see: control characters, and marks that turn the direction of text.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_NO_TEXT = re.compile("[\ud800-\udfff]")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?\s*(Z|z|[+-]\d\d:?\d\d)?")


class Refused(Exception):
    """A record, or a whole file, that cannot be used: where, why, and what would mend it."""

    def __init__(self, where: Where | str, reason: str, cure: str = "") -> None:
        super().__init__(reason)
        self.where = where
        self.reason = reason
        self.cure = cure


class Intake:
    """One file being read: its name, its bounds, and the damage found so far."""

    def __init__(self, source: str, limits: Limits) -> None:
        self.source = source
        self.limits = limits
        self._damage: list[Damage] = []
        self._untold = 0
        self._spent = 0

    def damage(self, where: Where | str, reason: str, cure: str = "") -> None:
        """Note that something could not be used."""
        if len(self._damage) >= self.limits.damage:
            self._untold += 1
            return
        place = where if isinstance(where, str) else pointer(where)
        self._damage.append(Damage(self.source, place, reason, cure))

    def spend(self, count: int, where: Where) -> None:
        """Count products that a few lines of the file stand for. Raises :class:`Refused` beyond the bound."""
        self._spent += count
        if count and self._spent > self.limits.records:
            raise Refused(where, f"more than {self.limits.records:,} combinations of products in the file")

    def refuse(self, refusal: Refused) -> None:
        """Note what was raised."""
        self.damage(refusal.where, refusal.reason, refusal.cure)

    def reading(self, feed: str, records: Iterable[Record]) -> Reading:
        """Take all records, up to the bound on their number; a refusal that comes through ends the file."""
        kept: list[Record] = []
        try:
            for record in records:
                if len(kept) >= self.limits.records:
                    raise Refused((), f"more than {self.limits.records:,} records", "split the file")
                kept.append(record)
        except Refused as refusal:
            self.refuse(refusal)
        except RecursionError:
            self.damage((), "nested too deeply", "get the file anew from its source")
        damage = self._damage
        if self._untold:
            damage = [*damage, Damage(self.source, "", f"{self._untold:,} more pieces of damage")]
        return Reading(tuple(kept), tuple(damage), feed)

    # ------------------------------------------------------------------------------------------ single values

    def clean(self, text: str, where: Where) -> str | None:
        """The text without blanks around it, what cannot be seen shown as U+FFFD; None if unusable."""
        text = text.strip()
        if reason := unusable(text, self.limits.text):
            self.damage(where, reason)
            return None
        return seen(text)

    def text(self, given: JsonObject, where: Where, key: str) -> str | None:
        """A text; None where it is missing, empty or damaged."""
        value = given.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.damage((where, key), f"a text is expected, not {_kind(value)}")
            return None
        if len(value) <= self.limits.text and value.isascii() and value.isprintable():  # nearly all are
            return value.strip() or None
        return self.clean(value, (where, key)) or None

    def needed(self, given: JsonObject, where: Where, key: str) -> str:
        """A text without which there is no record. Raises :class:`Refused`."""
        value = given.get(key)
        if not isinstance(value, str) or not value.strip():
            raise Refused((where, key), f"`{key}` is missing" if value is None else f"`{key}` is no text")
        cleaned = self.clean(value, (where, key))
        if cleaned is None:
            raise Refused(where, f"its `{key}` is unusable")
        return cleaned

    def number(self, given: JsonObject, where: Where, key: str, low: float, high: float) -> float | None:
        """A finite number between two bounds, written as a number or (as some feeds do) as a text."""
        value = given.get(key)
        if value is None:
            return None
        number = as_number(value)
        if number is None or not low <= number <= high:
            self.damage((where, key), f"a number from {low:g} to {high:g} is expected")
            return None
        return number

    def flag(self, given: JsonObject, where: Where, key: str) -> bool | None:
        """True or false; None where it is missing or damaged."""
        value = given.get(key)
        if value is None or isinstance(value, bool):
            return value
        self.damage((where, key), f"true or false is expected, not {_kind(value)}")
        return None

    def moment(self, given: JsonObject, where: Where, key: str) -> datetime | None:
        """A time with its zone; a time without one is taken as UTC, a day as its midnight."""
        value = self.text(given, where, key)
        if value is None:
            return None
        moment = as_moment(value)
        if moment is None:
            self.damage((where, key), "no date and time", "write it as 2026-01-31T12:00:00Z")
        return moment

    def day(self, given: JsonObject, where: Where, key: str) -> date | None:
        """A day, of a date or a time."""
        moment = self.moment(given, where, key)
        return moment.date() if moment else None

    # -------------------------------------------------------------------------------------------------- many

    def inner(self, given: JsonObject, where: Where, key: str) -> JsonObject:
        """The object under a key; an empty one where it is missing or damaged."""
        value = given.get(key)
        if isinstance(value, dict):
            return value
        if value is not None:
            self.damage((where, key), f"an object is expected, not {_kind(value)}")
        return {}

    def items(self, given: JsonObject, where: Where, key: str) -> list[Any]:
        """The list under a key; an empty one where it is missing or damaged."""
        value = given.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.damage((where, key), f"a list is expected, not {_kind(value)}")
            return []
        if len(value) > self.limits.items:
            self.damage((where, key), f"{len(value):,} entries; at most {self.limits.items:,} are read")
            return []
        return value

    def objects(self, given: JsonObject, where: Where, key: str) -> Iterator[tuple[JsonObject, Where]]:
        """The objects of a list, each with its place."""
        inside = (where, key)
        for n, value in enumerate(self.items(given, where, key)):
            if isinstance(value, dict):
                yield value, (inside, n)
            else:
                self.damage((inside, n), f"an object is expected, not {_kind(value)}")

    def texts(self, given: JsonObject, where: Where, key: str) -> tuple[str, ...]:
        """The texts of a list, empty ones left out."""
        kept = []
        for n, value in enumerate(self.items(given, where, key)):
            if not isinstance(value, str):
                self.damage(((where, key), n), f"a text is expected, not {_kind(value)}")
            elif cleaned := self.clean(value, ((where, key), n)):
                kept.append(cleaned)
        return tuple(kept)


def pointer(where: Where) -> str:
    """The place as a JSON pointer (RFC 6901)."""
    steps: list[str] = []
    while where:
        where, step = where
        steps.append(str(step)[:200].replace("~", "~0").replace("/", "~1"))
    shown = "".join("/" + step for step in reversed(steps))
    return shown.encode("utf-8", "replace").decode("utf-8")


def as_number(value: object) -> float | None:
    """A finite number, out of a number or a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and len(value) > 40:
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_moment(text: str) -> datetime | None:
    """A time with its zone, out of ISO 8601; UTC where none is written, midnight where only a day is."""
    if len(text) == 10:
        text += "T00:00:00Z"
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    day, clock, part, zone = match.groups()
    part = "." + part[:6].ljust(6, "0") if part else ""
    zone = "+00:00" if zone is None or zone in "Zz" else zone
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{part}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    # Some tools write the year 1 where they know none; the ends of the calendar leave no room to reckon.
    return moment if 1900 <= moment.year < 9000 else None


def as_epoch(text: str | None) -> datetime | None:
    """A time out of seconds since 1970, as scanners write it."""
    number = as_number(text) if text else None
    if number is None or not 0 < number < 32_503_680_000:  # the year 3000
        return None
    return datetime.fromtimestamp(number, UTC)


def unique(texts: Iterable[str | None]) -> tuple[str, ...]:
    """Each text once, in the order of its first appearance; empty ones left out."""
    return tuple(dict.fromkeys(t for t in texts if t))


def unusable(text: str, longest: int) -> str | None:
    """Why a text cannot be used, or None if it can."""
    if len(text) > longest:
        return f"a text of {len(text):,} characters; at most {longest:,} are read"
    if not text.isascii() and _NO_TEXT.search(text):
        return "bytes that are not UTF-8, or half of a character"
    return None


def seen(text: str) -> str:
    """The text with U+FFFD in the place of what terminals act on and people do not see."""
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub("\ufffd", text)


def _kind(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list"}
    return names.get(type(value), "an object")
