"""Our own JSON lines: identity events and incident reports."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from panacea_policy.feeds.records import IdentityEvent, IncidentReport
from tests.formats.feeds import samples


def test_an_identity_event() -> None:
    event = samples.read_text(samples.EVENTS).records[0]
    assert isinstance(event, IdentityEvent)
    assert (event.id, event.kind, event.subject) == ("e-1", "password_leaked", "nurse_12")
    assert event.at == datetime(2026, 11, 28, 6, tzinfo=UTC)
    assert (event.origin.document, event.origin.expires) == ("e-1", date(2027, 2, 28))


def test_an_incident_report() -> None:
    report = samples.read_text(samples.EVENTS).records[1]
    assert isinstance(report, IncidentReport)
    assert (report.kind, report.where, report.subjects) == ("ransomware", "mater", ("ehr", "lab"))
    assert report.techniques == ("T1486", "T1566.001")
    assert report.origin.document == "national CSIRT"
    assert report.ended == datetime(2026, 11, 22, 2, tzinfo=UTC)


def bad(base: dict[str, Any], **changes: Any) -> str:
    return json.dumps({**base, "id": "bad", **changes})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (bad(samples.IDENTITY, kind="promoted"), "/kind: `promoted` is not known"),
        (bad(samples.IDENTITY, at="2026-11-28T07:00:00"), "/at: no time with its zone"),
        (bad(samples.IDENTITY, at="2026-11-28"), "/at: no time with its zone"),
        (bad(samples.IDENTITY, at=7), "/at: a text is expected"),
        (bad(samples.IDENTITY, subject=" "), "/subject: a text is expected"),
        (bad(samples.IDENTITY, subject=None), "`subject` is missing"),
        (bad(samples.IDENTITY, who="me"), "/who: an unknown field"),
        (bad(samples.IDENTITY, expires="2027-02-30"), "/expires: no day"),
        (bad(samples.IDENTITY, schema="panacea/identity-event/v2"), "/schema: an unknown schema"),
        (bad(samples.IDENTITY, detail="x" * 20_001), "/detail: a text of 20,001 characters"),
        (bad(samples.INCIDENT, ended="2026-11-19T02:00:00Z"), "/ended: it ended before"),
        (bad(samples.INCIDENT, techniques=["T1"]), "/techniques/0: no ATT&CK technique"),
        (bad(samples.INCIDENT, subjects="ehr"), "/subjects: a list"),
        (bad(samples.INCIDENT, subjects=["ehr", 1]), "/subjects/1: a text"),
        ("[1]", "an object is expected"),
        ("{", "no valid JSON"),
        ('{"id": "a", "id": "b"}', "a key stands twice"),
        (json.dumps(samples.IDENTITY), "was used by an earlier line"),
    ],
)
def test_a_damaged_line_is_set_aside_and_the_rest_goes_on(line: str, reason: str) -> None:
    last = {**samples.IDENTITY, "id": "e-9"}
    reading = samples.read_text(f"{samples.EVENTS}\n{line}\n{json.dumps(last)}\n")
    assert [r.id for r in reading.records] == ["e-1", "i-1", "e-9"]  # type: ignore[union-attr]
    [damage] = reading.damage
    assert damage.place == "line 4"
    assert reason in damage.reason


def test_damage_of_the_first_line_is_damage_of_that_line() -> None:
    reading = samples.read_text('{"schema": "panacea/identity-event/v1", "id"\n' + samples.EVENTS)
    assert len(reading.records) == 2
    assert [d.place for d in reading.damage] == ["line 1"]


def test_bytes_that_are_no_utf8_set_one_line_aside() -> None:
    from panacea_policy.formats.feeds.detect import read_bytes

    line = json.dumps({**samples.IDENTITY, "id": "x", "subject": "Ã"}, ensure_ascii=False).encode("latin-1")
    reading = read_bytes(samples.EVENTS.encode() + line + b"\n", "x")
    assert len(reading.records) == 2
    assert "not UTF-8" in reading.damage[0].reason
