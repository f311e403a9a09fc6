"""The words of a change."""

from __future__ import annotations

from datetime import UTC, datetime

from panacea_policy.service.effects import changes, effect, line, told
from panacea_policy.service.estimate import Hop, ProcessRisk


def risk(name: str, probability: float, *path: Hop) -> ProcessRisk:
    return ProcessRisk(name, name.title(), probability, None, path)


def hop(step: str, place: str, *used: str) -> Hop:
    return Hop(step, (place,), used)


WAY = (
    hop("start_outside", "internet"),
    hop("exploit_service", "portal", "cve_1"),
    hop("log_in", 'pump["P-1"]'),
    hop("disrupt_process", "care"),
)


def test_a_path_names_places_and_the_step_that_uses_the_weakness() -> None:
    assert told(WAY, "care") == 'internet → portal (exploit_service) → pump["P-1"]'
    assert told((hop("flood", "portal"),), "care") == "portal (flood)"
    assert told((), "care") == ""


def test_a_long_path_keeps_its_ends_and_what_decides() -> None:
    way = [hop(f"s{n}", f"h{n}", *(["v"] if n == 5 else [])) for n in range(10)]
    assert told(way, "care") == "h0 → h1 → … → h5 (s5) → … → h8 → h9"
    way = [hop(f"s{n}", f"h{n}", *(["v"] if n == 1 else [])) for n in range(10)]
    assert told(way, "care") == "h0 → h1 (s1) → … → h8 → h9"


def test_the_largest_change_comes_first_and_the_rest_is_counted() -> None:
    before = {f"p{n}": risk(f"p{n}", 0.1) for n in range(6)}
    after = {f"p{n}": risk(f"p{n}", 0.1 + n / 100, *WAY) for n in range(6)}
    found = changes(before, after)
    assert [each.process for each in found] == ["p5", "p4", "p3", "p2", "p1", "p0"]
    assert effect(found) == (
        'p5 10.0 → 15.0 % a year (+5.0)  new path: internet → portal (exploit_service) → pump["P-1"] → care  '
        "also p4 +4.0, p3 +3.0, p2 +2.0 and 1 more"
    )


def test_less_risk_is_told_too() -> None:
    found = changes({"care": risk("care", 0.047, *WAY)}, {"care": risk("care", 0.031, WAY[0])})
    assert effect(found) == "care 4.7 → 3.1 % a year (-1.6)  now by: internet (start_outside)"


def test_what_rounds_to_nothing_is_no_change() -> None:
    assert effect(changes({"care": risk("care", 0.1)}, {"care": risk("care", 0.1002)})) == ""


def test_processes_come_and_go() -> None:
    assert [(e.before, e.after) for e in changes({"a": risk("a", 0.2)}, {"b": risk("b", 0.3)})] == [
        (0.0, 0.3),
        (0.2, 0.0),
    ]


def test_a_line_commands_no_terminal() -> None:
    at = datetime(2026, 11, 28, 10, 3, tzinfo=UTC)
    assert line(at, "A\x1b[31m-1", "x\ny") == "2026-11-28 10:03  A\\x1b[31m-1  x\\ny"
