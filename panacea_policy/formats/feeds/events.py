"""Identity events and incident reports: our own JSON lines, each line one object (docs/feeds.md, Formats).

Strict: a field that the schema does not have, a word that it does not know or a time without its zone sets
the line aside. Nobody should believe that something was reported which was not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, get_args, get_type_hints

from panacea_policy.feeds.records import IdentityEvent, IncidentReport, Origin, Reading
from panacea_policy.formats.feeds import json_text
from panacea_policy.formats.feeds.intake import (
    Intake,
    JsonObject,
    Refused,
    as_moment,
    pointer,
    seen,
    unusable,
)

FEED = "events"
IDENTITY, INCIDENT = "panacea/identity-event/v1", "panacea/incident-report/v1"

_KINDS: tuple[str, ...] = get_args(get_type_hints(IdentityEvent)["kind"])
_COMMON = {"schema": True, "id": True, "origin": False, "expires": False, "detail": False}
#: Field names, and whether they are required.
_IDENTITY_FIELDS = {**_COMMON, "kind": True, "subject": True, "at": True, "system": False}
_INCIDENT_FIELDS = {
    **_COMMON, "title": True, "kind": True, "at": True, "ended": False, "where": False, "subjects": False,
    "techniques": False,
}  # fmt: skip
_TECHNIQUE = re.compile(r"T\d{4}(?:\.\d{3})?|T0\d{3}", re.ASCII)
_ZONED = re.compile(r".*(?:Z|z|[+-]\d\d:?\d\d)", re.DOTALL)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def recognises(first: object) -> bool:
    """Whether the first line is one of ours."""
    return isinstance(first, dict) and first.get("schema") in (IDENTITY, INCIDENT)


def read(data: bytes, intake: Intake) -> Reading:
    """All lines that can be read, in their order; an id that was used before is set aside."""
    return intake.reading(FEED, _lines(data, intake))


def _lines(data: bytes, intake: Intake) -> Iterator[IdentityEvent | IncidentReport]:
    used: set[tuple[str, str]] = set()
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        place = f"line {number}"
        if not line.strip():
            continue
        try:
            record = _record(line, place, intake)
        except Refused as refusal:
            intake.damage(place, _reason(refusal, place), refusal.cure)
            continue
        key = (type(record).__name__, record.id)
        if key in used:
            intake.damage(place, f"the id `{record.id[:100]}` was used by an earlier line", "give it its own")
        else:
            used.add(key)
            yield record


def _reason(refusal: Refused, place: str) -> str:
    """The reason, with its place inside of the line where it has one."""
    inside = refusal.where
    if isinstance(inside, str):
        inside = inside.partition(", ")[2] if inside.startswith("line ") else inside
    else:
        inside = pointer(inside)
    return f"{inside}: {refusal.reason}" if inside else refusal.reason


def _record(line: bytes, place: str, intake: Intake) -> IdentityEvent | IncidentReport:
    if len(line) > intake.limits.line_bytes:
        raise Refused(place, f"longer than {intake.limits.line_bytes:,} bytes")
    given = json_text.whole(json_text.decoded(line, intake.limits.depth))
    if not isinstance(given, dict):
        raise Refused(place, "an object is expected")
    schema = given.get("schema")
    if schema == IDENTITY:
        return _identity(_Line(given, _IDENTITY_FIELDS, intake), intake.source)
    if schema == INCIDENT:
        return _incident(_Line(given, _INCIDENT_FIELDS, intake), intake.source)
    raise Refused(((), "schema"), "an unknown schema", f"it is {IDENTITY} or {INCIDENT}")


def _identity(line: _Line, source: str) -> IdentityEvent:
    at = line.moment("at")
    kind: Any = line.word("kind", _KINDS)
    return IdentityEvent(
        line.origin("identity", source, at),
        line.text("id"),
        kind,
        line.text("subject"),
        at,
        line.optional("system"),
        line.optional("detail"),
    )


def _incident(line: _Line, source: str) -> IncidentReport:
    at = line.moment("at")
    ended = line.moment("ended") if line.has("ended") else None
    if ended and ended < at:
        raise Refused(((), "ended"), "it ended before it began")
    techniques = line.many("techniques")
    for n, technique in enumerate(techniques):
        if not _TECHNIQUE.fullmatch(technique):
            raise Refused((((), "techniques"), n), "no ATT&CK technique", "write it as T1566 or T1566.001")
    return IncidentReport(
        line.origin("incidents", source, at),
        line.text("id"),
        line.text("title"),
        line.text("kind"),
        at,
        ended,
        line.optional("where"),
        line.many("subjects"),
        techniques,
        line.optional("detail"),
    )


class _Line:
    """One object whose fields are all known. Every method raises :class:`Refused` for what it cannot take."""

    def __init__(self, given: JsonObject, fields: Mapping[str, bool], intake: Intake) -> None:
        self._given = given
        self._limit = intake.limits.text
        for name in sorted(given):
            if name not in fields:
                raise Refused(((), name), "an unknown field", f"known are {', '.join(fields)}")
        for name, required in fields.items():
            if required and given.get(name) is None:
                raise Refused((), f"`{name}` is missing")

    def has(self, name: str) -> bool:
        return self._given.get(name) is not None

    def text(self, name: str) -> str:
        return self._clean(self._given[name], ((), name))

    def optional(self, name: str) -> str | None:
        return self.text(name) if self.has(name) else None

    def many(self, name: str) -> tuple[str, ...]:
        values = self._given.get(name)
        if values is None:
            return ()
        if not isinstance(values, list) or len(values) > 1_000:
            raise Refused(((), name), "a list of at most 1,000 texts is expected")
        return tuple(self._clean(v, (((), name), n)) for n, v in enumerate(values))

    def word(self, name: str, known: tuple[str, ...]) -> str:
        value = self.text(name)
        if value not in known:
            raise Refused(((), name), f"`{value[:60]}` is not known", f"it is one of {', '.join(known)}")
        return value

    def moment(self, name: str) -> datetime:
        value = self.text(name)
        moment = as_moment(value)
        if moment is None or not _ZONED.fullmatch(value):
            raise Refused(((), name), "no time with its zone", "write it as 2026-01-31T12:00:00Z")
        return moment

    def origin(self, feed: str, source: str, at: datetime) -> Origin:
        expires: date | None = None
        if self.has("expires"):
            value = self.text("expires")
            day = as_moment(value) if _DAY.fullmatch(value) else None
            if day is None:
                raise Refused(((), "expires"), "no day", "write it as 2026-12-31")
            expires = day.date()
        return Origin(feed, self.optional("origin") or self.text("id"), source, at, expires)

    def _clean(self, value: object, where: tuple[Any, ...]) -> str:
        if not isinstance(value, str) or not value.strip():
            raise Refused(where, "a text is expected that is not empty")
        if reason := unusable(value.strip(), self._limit):
            raise Refused(where, reason)
        return seen(value.strip())
