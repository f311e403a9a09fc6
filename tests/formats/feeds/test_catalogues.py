"""The catalogue of exploited vulnerabilities, and EPSS."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from panacea_policy.feeds.records import ExploitNews, ProductClaim
from panacea_policy.formats.feeds import read
from tests.formats.feeds import samples
from tests.shared_data import external


def news(text: str) -> list[ExploitNews]:
    return [r for r in samples.read_text(text).records if isinstance(r, ExploitNews)]


def test_an_entry_of_the_catalogue() -> None:
    first, second = news(samples.ALL["kev"])
    assert (first.cve, first.known_exploited, first.ransomware) == ("CVE-2024-0001", True, True)
    assert (first.exploited_since, first.due) == (date(2024, 5, 1), date(2024, 5, 22))
    assert first.product == ProductClaim("Acme", "Portal")
    assert (first.cwe, first.action) == (("CWE-77",), "Apply the update.")
    assert first.origin.said_at == datetime(2024, 5, 1, 15, 0, 0, 123400, UTC)
    assert second.ransomware is None, "unknown is not no"


def test_the_whole_catalogue_is_read() -> None:
    path = external("kev") / "known_exploited_vulnerabilities.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    reading = read(path)
    found = [r for r in reading.records if isinstance(r, ExploitNews)]
    assert reading.damage == ()
    assert len(found) == raw["count"]
    assert [r.cve for r in found] == [v["cveID"] for v in raw["vulnerabilities"]]
    known = sum(v["knownRansomwareCampaignUse"] == "Known" for v in raw["vulnerabilities"])
    assert sum(r.ransomware is True for r in found) == known
    assert all(r.exploited_since and r.due and r.product and r.title for r in found)


def test_a_count_that_is_wrong_is_told() -> None:
    reading = samples.read_json({**samples.kev(), "count": 3})
    assert [d.place for d in reading.damage] == ["/count"]
    assert len(reading.records) == 2


def test_a_damaged_entry_is_set_aside_alone() -> None:
    document = samples.kev()
    document["vulnerabilities"][0]["cveID"] = "CVE-24-1"
    document["vulnerabilities"][1]["dueDate"] = "soon"
    reading = samples.read_json(document)
    assert [d.place for d in reading.damage] == ["/vulnerabilities/0/cveID", "/vulnerabilities/1/dueDate"]
    [left] = reading.records
    assert isinstance(left, ExploitNews)
    assert left.due is None


def test_scores_count_for_the_days_that_they_speak_of() -> None:
    first, second = news(samples.EPSS)
    assert (first.cve, first.epss, first.percentile) == ("CVE-1999-0001", 0.01254, 0.78921)
    assert second.epss == 0.97
    assert first.origin.version == "v2025.03.14"
    assert first.origin.said_at == datetime(2026, 11, 28, 12, 55, tzinfo=UTC)
    assert first.origin.expires == date(2026, 12, 28)


def test_scores_without_percentiles_and_with_other_line_ends() -> None:
    text = "#model_version:v1,score_date:2022-01-01\r\ncve,epss\r\nCVE-1999-0001,0.5\r\n"
    [only] = news(text)
    assert (only.epss, only.percentile) == (0.5, None)


def test_scores_without_their_day_do_not_expire_and_say_so() -> None:
    reading = samples.read_text("cve,epss,percentile\nCVE-1999-0001,0.5,0.5\n")
    assert len(reading.records) == 1
    assert reading.records[0].origin.expires is None
    assert [d.place for d in reading.damage] == ["line 1"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("CVE-1999-0002,1.5,0.5", "from 0 to 1"),
        ("CVE-1999-0002,0.5,-1", "from 0 to 1"),
        ("CVE-1999-0002,nan,0.5", "no CVE number"),
        ("CVE-1999-0002,1e999,0.5", "from 0 to 1"),
        ("CVE-1999-0002,1-2,0.5", "from 0 to 1"),
        ("CVE-1999-0001,0.5,0.5", "a score already"),
        ("cve,epss", "no CVE number"),
    ],
)
def test_a_damaged_row_is_set_aside_with_its_line(row: str, reason: str) -> None:
    reading = samples.read_text(samples.EPSS + row + "\nCVE-2026-2000,0.1,0.1\n")
    assert len(reading.records) == 3
    [damage] = reading.damage
    assert damage.place == "line 5"
    assert reason in damage.reason


def test_scores_without_columns_are_refused() -> None:
    reading = samples.read_text(samples.EPSS.replace("cve,epss,percentile\n", ""))
    assert reading.records == ()
    assert reading.damage[0].place == "line 2"
