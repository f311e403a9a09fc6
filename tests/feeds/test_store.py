"""The store: whole transactions, older and newer files, damaged ones set aside."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from panacea_policy.errors import PanaceaError
from panacea_policy.feeds.declarations import Added, Declared, Matched, Question, Said, Told
from panacea_policy.feeds.migrations import STEPS, migrate
from panacea_policy.feeds.records import (
    Bill,
    Component,
    Damage,
    ExploitNews,
    IdentityEvent,
    IncidentReport,
    Origin,
    ProductClaim,
    ProductStatus,
    Record,
    ScanFinding,
    ScannedHost,
    Service,
    VersionRange,
    Weakness,
)
from panacea_policy.feeds.store import Document, File, Moment, ProcessChange, Store, Visit
from panacea_policy.feeds.telling import keys_of

NOW = datetime(2026, 11, 28, 10, 3, tzinfo=UTC)
TODAY = NOW.date()
ORIGIN = Origin("csaf", "A-1", "file", NOW, date(2027, 1, 1))
RECORDS: list[Record] = [
    Weakness(
        ORIGIN, "CVE-2026-0001", cve="CVE-2026-0001", cvss=9.8, published_on=TODAY,
        products=(ProductStatus(ProductClaim("A", "B", versions=(VersionRange(high="3"),)), "affected"),),
    ),
    ExploitNews(ORIGIN, "CVE-2026-0001", known_exploited=True, epss=0.5, due=TODAY),
    Bill(ORIGIN, Component("p", "1"), (Component("c", "2", purl="pkg:npm/c@2"),)),
    ScannedHost(
        ORIGIN, ("10.0.0.1",), services=(Service(22, "tcp"),),
        findings=(ScanFinding("1", "t", cves=("CVE-1-1",)),),
    ),
    IdentityEvent(ORIGIN, "e", "left", "jo", NOW),
    IncidentReport(ORIGIN, "i", "t", "k", NOW, subjects=("x",)),
]  # fmt: skip
TOLD = Told(
    (
        Declared("v", "vulnerability", "t", (("cvss", "5"),)),
        Said("a", "b", "c", "d"),
        Added("a", "l", ("v",)),
    ),
    (ORIGIN,),
    ("assumed",),
    (Question("q", "text?", "cure", 0.5),),
    (Matched("p", "it", 0.9, "strong", ("why",), True),),
    ("note",),
)


def document(name: str = "A-1", digest: str = "d1") -> Document:
    return Document("csaf", name, digest, NOW, len(RECORDS))


def kept(records: list[Record]) -> list[tuple[Record, tuple[str, ...], date | None]]:
    return [(each, keys_of(each), each.origin.expires) for each in records]


def test_records_come_back_as_they_were(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store, store.transaction():
        keys = store.replace_document(document(), kept(RECORDS), TODAY)
        assert keys == {key for each in RECORDS for key in keys_of(each)}
    with Store(tmp_path / "s") as store:
        assert store.records("weakness CVE-2026-0001") == RECORDS[:2]
        assert [each for key in store.every_key() for each in store.records(key)] != []
        assert store.records("identity jo") == [RECORDS[4]]
        assert store.document("csaf", "A-1") == document()
        assert store.speaking() == {key for each in RECORDS for key in keys_of(each)}


def test_a_document_replaces_its_older_self(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store, store.transaction():
        store.replace_document(document(), kept(RECORDS), TODAY)
        keys = store.replace_document(document(digest="d2"), kept(RECORDS[4:5]), TODAY)
        assert keys == {
            key for each in RECORDS for key in keys_of(each)
        }  # what is gone must be told anew too
        assert store.every_key() == ["identity jo"]
        assert [each.digest for each in store.documents()] == ["d2"]


def test_what_expires_goes_once(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store, store.transaction():
        store.replace_document(document(), kept(RECORDS[:1]), TODAY)
        assert store.expire(date(2027, 1, 1)) == set()  # the last day counts
        assert store.expire(date(2027, 1, 2)) == {"weakness CVE-2026-0001"}
        assert store.expire(date(2027, 1, 2)) == set()


def test_what_was_told_comes_back(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        with store.transaction():
            store.put_told("k", TOLD)
        assert store.facts() == {"k": TOLD.facts}
        assert store.told("k") == (TOLD.origins, TOLD.assumptions, TOLD.notes)
        assert store.matches() == [("k", TOLD.matched[0])]
        assert store.questions() == [("k", TOLD.questions[0])]
        assert store.keys_matched(["it"]) == {"k"}
        assert store.assumptions() == ("assumed",)
        with store.transaction():
            store.put_told("k", Told())
        assert (store.facts(), store.questions(), store.matches()) == ({}, [], [])


def test_the_timeline_the_visits_and_the_damage_come_back(tmp_path: Path) -> None:
    moment = Moment(
        NOW, "A-1", "line", (ProcessChange("care", "Care", 0.1, 0.2, 1.0, 2.0, "a → b"),), 1, 2, 1
    )
    visit = Visit("https://x", '"e"', "yesterday", NOW, "d")
    file = File("d", "src", NOW, "csaf")
    with Store(tmp_path / "s") as store:
        with store.transaction():
            store.add_moment(moment)
            store.put_visit(visit)
            store.add_file(file, [Damage("src", "3", "broken", "mend it")])
        assert store.timeline() == [moment]
        assert store.visit("https://x") == visit
        assert store.visit("https://y") is None
        assert (store.files(), store.seen("d"), store.seen("e")) == ([file], True, False)
        assert store.damage() == [(NOW, Damage("src", "3", "broken", "mend it"))]


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:

        def half() -> None:
            with store.transaction():
                store.put_told("k", TOLD)
                store.add_file(File("d", "src", NOW))
                raise RuntimeError("stop")

        with pytest.raises(RuntimeError, match="stop"):
            half()
        assert store.facts() == {}
        assert not store.seen("d")


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_file_is_set_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "feed.sqlite"
    path.write_bytes(content)
    with Store(path) as store:
        assert store.aside is not None
        assert "feed.sqlite.damaged-1" in store.aside
        assert store.files() == []
    assert (tmp_path / "feed.sqlite.damaged-1").read_bytes() == content
    with Store(path) as again:
        assert again.aside is None


def test_a_store_damaged_inside_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with Store(path) as store, store.transaction():
        store.replace_document(document(), kept(RECORDS * 50), TODAY)
    data = bytearray(path.read_bytes())
    data[8192:40960] = b"\x5a" * len(data[8192:40960])
    path.write_bytes(data)
    with Store(path) as store:
        assert store.aside is not None
        assert store.every_key() == []


def test_a_file_of_a_later_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    Store(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    connection.close()
    with pytest.raises(PanaceaError, match="later version"):
        Store(path)
    assert list(tmp_path.glob("*damaged*")) == []


def test_migrations_run_once_each_and_whole(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "s", isolation_level=None)
    first, second = "CREATE TABLE a (x)", "CREATE TABLE b (x); INSERT INTO a VALUES (1)"
    migrate(connection, "s", [first])
    migrate(connection, "s", [first, second])
    migrate(connection, "s", [first, second])
    assert connection.execute("SELECT count(*) FROM a").fetchone() == (1,)
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, "s", [first, second, "CREATE TABLE c (x); CREATE TABLE a (x)"])
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'c'").fetchone() == (0,)
    connection.close()


def test_a_present_file_is_at_the_present_version(tmp_path: Path) -> None:
    Store(tmp_path / "s").close()
    connection = sqlite3.connect(tmp_path / "s")
    assert connection.execute("PRAGMA user_version").fetchone() == (len(STEPS),)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_others_may_read_while_one_writes(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as writer, Store(tmp_path / "s") as reader, writer.transaction():
        writer.put_told("k", TOLD)
        assert reader.facts() == {}
