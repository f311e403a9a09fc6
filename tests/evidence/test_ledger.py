"""Ledgers in SQLite and PostgreSQL: what is acknowledged stays, in order, and nothing is said twice."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from panacea_policy.evidence import EvidenceError, Ledger, SigningKey, audit
from panacea_policy.evidence.merkle import Tree, leaf_hash
from panacea_policy.evidence.tiles import write_tiles
from tests.evidence.conftest import DAY, ORIGIN, envelopes

Clock = Callable[[float], datetime]


def test_records_come_back_as_they_were_written(ledger: Ledger, key: SigningKey) -> None:
    made = envelopes(5, key)
    assert ledger.append(made[:2], now=DAY) == 0
    assert ledger.append(made[2:], now=DAY, note="third and on") == 2
    assert [record.envelope for record in ledger.records()] == [each.data for each in made]
    assert [record.seq for record in ledger.records(1, 3)] == [1, 2]
    assert (ledger.record(4).note, ledger.record(0).written_at) == ("third and on", DAY)
    assert ledger.find(made[3].digest) == ledger.record(3)
    assert ledger.find("00" * 32) is None
    with pytest.raises(EvidenceError, match="no record 5"):
        ledger.record(5)


def test_the_head_is_the_root_of_the_records(ledger: Ledger, key: SigningKey) -> None:
    made = envelopes(9, key)
    for each in made:
        ledger.append([each])
    tree = Tree([leaf_hash(bytes.fromhex(each.digest)) for each in made])
    assert (ledger.size, ledger.root) == (9, tree.root())
    assert ledger.tree(4).root() == tree.root(4)


def test_a_ledger_is_found_again_under_its_name(place: str, key: SigningKey) -> None:
    with Ledger.open(place, create=ORIGIN) as first:
        first.append(envelopes(1, key))
    with Ledger.open(place, create="another/name") as again:
        assert (again.origin, again.size) == (ORIGIN, 1)
    with Ledger.open(place) as again:
        assert again.size == 1


def test_no_ledger_is_made_unasked(place: str) -> None:
    with pytest.raises(EvidenceError, match="no ledger"):
        Ledger.open(place)
    with pytest.raises(EvidenceError, match="cannot be the name"):
        Ledger.open(place, create="a name with blanks")


def test_the_same_envelope_is_refused_the_second_time(ledger: Ledger, key: SigningKey) -> None:
    first, second = envelopes(2, key)
    ledger.append([first, second])
    with pytest.raises(EvidenceError, match="already, as record 1"):
        ledger.append([second])
    third = envelopes(1, key, first=7)
    with pytest.raises(EvidenceError, match="was given twice"):
        ledger.append([*third, *third])
    assert ledger.size == 2


def test_an_envelope_has_one_time_stamp(ledger: Ledger, key: SigningKey) -> None:
    (made,) = envelopes(1, key)
    ledger.append([made])
    ledger.stamp(made.digest, b"first")
    with pytest.raises(EvidenceError, match="has a time stamp already"):
        ledger.stamp(made.digest, b"second")
    assert ledger.token(made.digest) == b"first"


def test_all_or_none_of_a_batch_is_written(ledger: Ledger, key: SigningKey) -> None:
    made = envelopes(3, key)
    ledger.append(made[:1])
    root = ledger.root
    with pytest.raises(EvidenceError):
        ledger.append([made[1], made[0]])
    assert (ledger.size, ledger.root) == (1, root)
    assert ledger.append(made[1:]) == 1


def test_a_clock_set_back_is_noticed(ledger: Ledger, key: SigningKey, clock: Clock) -> None:
    first, second, third = envelopes(3, key)
    ledger.append([first], now=clock(0))
    ledger.append([second], now=clock(-1))
    with pytest.raises(EvidenceError, match="3,600 s behind the last record"):
        ledger.append([third], now=clock(-3601))
    ledger.append([third], now=clock(-3601), accept_clock=True)
    assert "behind the last record" in ledger.record(2).note


@pytest.mark.parametrize("table", ["records", "stamps", "checkpoints"])
@pytest.mark.parametrize("change", ["DELETE FROM {table}", "UPDATE {table} SET {column} = {column}"])
def test_the_database_itself_refuses_to_change_what_is_written(
    ledger: Ledger, key: SigningKey, log_key: SigningKey, table: str, change: str
) -> None:
    (made,) = envelopes(1, key)
    ledger.append([made])
    ledger.stamp(made.digest, b"token")
    ledger.checkpoint(log_key)
    column = {"records": "note", "stamps": "token", "checkpoints": "note"}[table]
    with ledger.connection() as connection, pytest.raises(sa.exc.DatabaseError, match="append-only"):
        connection.execute(sa.text(change.format(table=table, column=column)))


def test_a_checkpoint_is_made_once_for_each_size(
    ledger: Ledger, key: SigningKey, log_key: SigningKey
) -> None:
    empty = ledger.checkpoint(log_key)
    assert ledger.checkpoint(log_key) == empty
    ledger.append(envelopes(2, key))
    second = ledger.checkpoint(log_key)
    assert ledger.checkpoints() == (empty, second)
    assert ledger.checked_checkpoint(second, log_key.public).root == ledger.root
    with pytest.raises(EvidenceError, match="not signed by the key"):
        ledger.checkpoint(SigningKey.new())


def test_many_writers_at_once_lose_nothing(place: str, key: SigningKey) -> None:
    Ledger.open(place, create=ORIGIN).close()
    made = envelopes(60, key)

    def write(part: int) -> None:
        with Ledger.open(place) as mine:
            for each in made[part::4]:
                mine.append([each])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with Ledger.open(place) as ledger:
        assert {record.digest for record in ledger.records()} == {each.digest for each in made}
        assert (ledger.size, ledger.root) == (60, ledger.tree().root())


def test_a_ledger_of_a_newer_version_is_left_alone(place: str) -> None:
    with Ledger.open(place, create=ORIGIN) as ledger:
        engine = ledger._engine
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '0002'"))
    with pytest.raises(EvidenceError, match="newer version"):
        Ledger.open(place)


def test_no_password_is_told(postgres: str) -> None:
    secret = "correct-horse"
    url = postgres.format(name="nowhere").replace("auditor@", f"auditor:{secret}@")
    with pytest.raises(EvidenceError) as refused:
        Ledger.open(url)
    assert "cannot be opened" in str(refused.value)
    assert secret not in str(refused.value)
    for url in (f"nosuchdatabase://user:{secret}@host/name", f"postgresql+psycopg://u@host:{secret}/name"):
        with pytest.raises(EvidenceError, match="cannot be used") as refused:
            Ledger.open(url)
        assert secret not in str(refused.value)


def test_looking_for_a_ledger_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="there is no ledger"):
        Ledger.open(tmp_path / "ledger.sqlite")
    assert not list(tmp_path.iterdir())


def test_the_name_of_a_file_may_hold_anything(tmp_path: Path) -> None:
    place = tmp_path / "what? 100 %#.sqlite"
    Ledger.open(place, create=ORIGIN).close()
    assert [each.name for each in tmp_path.iterdir()] == [place.name]
    with Ledger.open(place) as ledger:
        assert ledger.origin == ORIGIN


@pytest.fixture
def disc(tmp_path: Path, key: SigningKey) -> Iterator[Path]:
    """A folder with a ledger, in which this process can write nothing."""
    folder = tmp_path / "what? 100 %# disc"
    folder.mkdir()
    with Ledger.open(folder / "ledger.sqlite", create=ORIGIN) as ledger:
        ledger.append(envelopes(2, key))
    was = os.geteuid()
    for each in (*folder.parents[:4], folder):
        if each != Path("/tmp"):
            each.chmod(0o555 if each == folder else 0o755)
    if was == 0:
        os.seteuid(65534)
    try:
        yield folder
    finally:
        os.seteuid(was)
        folder.chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="takes POSIX permissions")
def test_a_ledger_on_a_disc_for_reading_is_audited(disc: Path, key: SigningKey) -> None:
    with Ledger.open(disc / "ledger.sqlite") as ledger:
        found = audit(ledger, [key.public])
    assert (found.ok, found.records) == (True, 2)
    assert [each.name for each in disc.iterdir()] == ["ledger.sqlite"]


def test_an_address_of_a_file_that_is_not_there_makes_none(tmp_path: Path, key: SigningKey) -> None:
    place = tmp_path / "ledger.sqlite"
    with pytest.raises(EvidenceError, match="there is no ledger at"):
        Ledger.open(f"sqlite:///{place}")
    assert not place.exists()
    with Ledger.open(f"sqlite:///{place}", create=ORIGIN) as made:
        made.append(envelopes(1, key), now=DAY)
    with Ledger.open(place) as found:
        assert found.size == 1


def test_a_ledger_that_is_only_verified_stays_as_it_is(tmp_path: Path, key: SigningKey) -> None:
    place = tmp_path / "ledger.sqlite"
    with Ledger.open(place, create=ORIGIN) as made:
        made.append(envelopes(2, key), now=DAY)
    connection = sqlite3.connect(place)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.execute("PRAGMA journal_mode = DELETE")  # as a copy made by other tools
    connection.close()
    before = place.read_bytes()
    with Ledger.open(place) as found:
        assert audit(found, [key.public]).ok
    assert place.read_bytes() == before


def test_a_ledger_with_fewer_records_than_it_counts_gives_no_tree(
    tmp_path: Path, key: SigningKey, log_key: SigningKey
) -> None:
    place = tmp_path / "ledger.sqlite"
    with Ledger.open(place, create=ORIGIN) as made:
        made.append(envelopes(3, key), now=DAY)
    connection = sqlite3.connect(place)
    connection.execute("DROP TRIGGER records_stay_delete")
    connection.execute("DELETE FROM records WHERE seq = 2")
    connection.commit()
    connection.close()
    too_few = pytest.raises(EvidenceError, match="it has 2 of the 3 records that it counts")
    with Ledger.open(place) as found, too_few:
        write_tiles(found, found.checkpoint(log_key), tmp_path / "tiles")


def test_tiles_of_another_log_are_not_mixed_in(tmp_path: Path, log_key: SigningKey) -> None:
    def tiles(name: str, keys: SigningKey) -> int:
        with Ledger.open(tmp_path / name, create=ORIGIN) as made:
            if not made.size:
                made.append(envelopes(300, keys), now=DAY)
            return write_tiles(made, made.checkpoint(log_key), tmp_path / "tiles")

    one = SigningKey.new()
    written = tiles("one", one)
    assert tiles("one", one) < written  # whole tiles stay
    before = (tmp_path / "tiles/checkpoint").read_text()
    with pytest.raises(EvidenceError, match="is a tile of another log"):
        tiles("two", SigningKey.new())
    assert (tmp_path / "tiles/checkpoint").read_text() == before
