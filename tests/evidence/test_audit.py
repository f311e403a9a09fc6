"""Attacks on a ledger: each is found, with its reason. The attacker owns the database, but no key."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from panacea_policy.evidence import (
    Audit,
    EvidenceError,
    Ledger,
    Record,
    SigningKey,
    audit,
    canonical,
    read_envelope,
    seal,
)
from panacea_policy.evidence.merkle import grown, leaf_hash
from tests.evidence.conftest import DAY, ORIGIN, envelopes, statement

SIZE = 7
#: The module; the package offers the function under its name.
auditing = sys.modules["panacea_policy.evidence.audit"]


@pytest.fixture
def full(ledger: Ledger, key: SigningKey, log_key: SigningKey) -> Ledger:
    """A ledger of seven records with a checkpoint after four, and one at the end."""
    ledger.append(envelopes(4, key), now=DAY)
    ledger.checkpoint(log_key)
    ledger.append(envelopes(3, key, first=4), now=DAY)
    ledger.checkpoint(log_key)
    return ledger


class Attacker:
    """Whoever can write the database as they like, triggers or not."""

    def __init__(self, ledger: Ledger) -> None:
        self.engine = ledger._writing
        with self.engine.begin() as connection:
            if self.engine.dialect.name == "postgresql":
                for table in ("records", "checkpoints"):
                    connection.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            else:
                names = connection.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
                for name in list(names.scalars()):
                    connection.execute(sa.text(f"DROP TRIGGER {name}"))

    def run(self, statement: str, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement), values)

    def rehash(self) -> None:
        """Make digests, head and peaks fit what the records hold now."""
        with self.engine.begin() as connection:
            rows = list(connection.execute(sa.text("SELECT seq, envelope FROM records ORDER BY seq")))
            peaks: list[bytes] = []
            for size, (seq, data) in enumerate(rows):
                digest = read_envelope(bytes(data)).digest
                connection.execute(
                    sa.text("UPDATE records SET digest = :digest WHERE seq = :seq"),
                    {"digest": digest, "seq": seq},
                )
                peaks = grown(peaks, size, leaf_hash(bytes.fromhex(digest)))
            connection.execute(
                sa.text("UPDATE head SET size = :size, peaks = :peaks"),
                {"size": len(rows), "peaks": b"".join(peaks)},
            )


@pytest.fixture
def attacker(full: Ledger) -> Attacker:
    """An attacker at work on that ledger."""
    return Attacker(full)


@pytest.fixture
def look(full: Ledger, key: SigningKey, log_key: SigningKey) -> Callable[..., Audit]:
    """The audit of that ledger."""
    return lambda *seen: audit(full, [key.public], log_key.public, seen)


def altered(data: bytes) -> bytes:
    """An envelope that says something else under the old signature."""
    found = json.loads(data)
    import base64

    payload = json.loads(base64.b64decode(found["payload"]))
    payload["predicate"]["properties"] = ["PANACEA_everything_is_fine"]
    return canonical({**found, "payload": base64.b64encode(canonical(payload)).decode()})


def test_a_sound_ledger_is_verified(full: Ledger, look: Callable[..., Audit]) -> None:
    found = look()
    assert (found.ok, found.records, found.faults, found.notices) == (True, SIZE, [], [])
    assert found.root == full.root


def test_a_tampered_record_is_found(full: Ledger, attacker: Attacker, look: Callable[..., Audit]) -> None:
    attacker.run("UPDATE records SET envelope = :e WHERE seq = 2", e=altered(full.record(2).envelope))
    found = look()
    assert not found.ok
    assert "record 2 was altered: its envelope has another digest" in found.faults
    assert "record 2 is signed by no key that is trusted" in found.faults


def test_tampered_and_hashed_again_is_found(
    full: Ledger, attacker: Attacker, look: Callable[..., Audit]
) -> None:
    attacker.run("UPDATE records SET envelope = :e WHERE seq = 2", e=altered(full.record(2).envelope))
    attacker.rehash()
    found = look()
    assert "record 2 is signed by no key that is trusted" in found.faults
    assert any("first 4 records are not those of a checkpoint" in fault for fault in found.faults)


def test_signed_again_by_another_key_is_found(
    full: Ledger, attacker: Attacker, look: Callable[..., Audit]
) -> None:
    forged = seal(statement(99), [SigningKey.new()])
    attacker.run("UPDATE records SET envelope = :e WHERE seq = 6", e=forged.data)
    attacker.rehash()
    found = look()
    assert "record 6 is signed by no key that is trusted" in found.faults
    assert any("first 7 records are not those of a checkpoint" in fault for fault in found.faults)


def test_reordered_records_are_found(full: Ledger, attacker: Attacker, look: Callable[..., Audit]) -> None:
    for was, now in ((1, 100), (2, 1), (100, 2)):
        attacker.run("UPDATE records SET seq = :now WHERE seq = :was", was=was, now=now)
    found = look()
    assert any("altered or reordered" in fault for fault in found.faults)
    attacker.rehash()
    found = look()
    assert any("first 4 records are not those of a checkpoint" in fault for fault in found.faults)


def test_a_record_taken_out_is_found(attacker: Attacker, look: Callable[..., Audit]) -> None:
    attacker.run("DELETE FROM records WHERE seq = 3")
    found = look()
    assert "record 3 is missing: the next one is 4" in found.faults
    assert "the head counts 7 records, and there are 6" in found.faults


def test_a_ledger_cut_short_is_found_by_its_checkpoint(
    attacker: Attacker, look: Callable[..., Audit]
) -> None:
    attacker.run("DELETE FROM records WHERE seq > 4")
    attacker.rehash()
    assert look().faults == ["a checkpoint in the ledger speaks of 7 records: the ledger was cut off"]


def test_a_ledger_cut_short_with_its_checkpoints_is_found_by_what_was_seen_before(
    full: Ledger, attacker: Attacker, look: Callable[..., Audit]
) -> None:
    seen = full.checkpoints()[-1]
    attacker.run("DELETE FROM records WHERE seq > 4")
    attacker.run("DELETE FROM checkpoints WHERE size > 5")
    attacker.rehash()
    assert look().ok
    assert look(seen).faults == ["a checkpoint seen before speaks of 7 records: the ledger was cut off"]


def test_an_unsigned_record_is_called_unsigned(full: Ledger, look: Callable[..., Audit]) -> None:
    full.append([seal(statement(50), [])], now=DAY)
    found = look()
    assert (found.ok, found.unsigned) == (True, 1)


def test_a_forged_checkpoint_is_found(full: Ledger, attacker: Attacker, look: Callable[..., Audit]) -> None:
    from panacea_policy.evidence.notes import Checkpoint, sign_note

    note = sign_note(Checkpoint(ORIGIN, 5, b"\x00" * 32).text, ORIGIN, SigningKey.new())
    attacker.run("INSERT INTO checkpoints (size, note) VALUES (5, :note)", note=note)
    assert any("not signed by the key" in fault for fault in look().faults)


def test_a_record_that_is_no_envelope_is_found(attacker: Attacker, look: Callable[..., Audit]) -> None:
    attacker.run("UPDATE records SET envelope = :e WHERE seq = 0", e=b"{}")
    assert any(fault.startswith("record 0 holds no envelope") for fault in look().faults)


def test_a_clock_set_back_is_told(full: Ledger, key: SigningKey, look: Callable[..., Audit]) -> None:
    from datetime import timedelta

    full.append(envelopes(1, key, first=60), now=DAY - timedelta(days=1), accept_clock=True)
    found = look()
    assert found.ok
    assert any("record 7 was written with a clock set back" in told for told in found.notices)


def test_many_records_are_checked_on_all_processors(
    tmp_path: Path, key: SigningKey, log_key: SigningKey
) -> None:
    with Ledger.open(tmp_path / "many.sqlite", create=ORIGIN) as ledger:
        ledger.append([*envelopes(4100, key), seal(statement(9999), [SigningKey.new()])])
        ledger.checkpoint(log_key)
        found = audit(ledger, [key.public], log_key.public)
        assert (found.records, found.faults) == (4101, ["record 4100 is signed by no key that is trusted"])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE records SET written_at = 'noon' WHERE seq = 2", "record 2 was altered"),
        ("UPDATE head SET peaks = envelope FROM records", "do not lead to the root"),
        ("UPDATE records SET digest = 'zz' WHERE seq = 2", "record 2 was altered"),
        ("DELETE FROM head", "the ledger cannot be read"),
        ("DROP TABLE records", "the ledger cannot be read"),
        ("DROP TABLE checkpoints", "the ledger cannot be read"),
    ],
)
def test_what_stands_in_the_database_breaks_no_audit(
    attacker: Attacker, look: Callable[..., Audit], change: str, told: str
) -> None:
    attacker.run(change)
    found = look()
    assert not found.ok
    assert any(told in fault for fault in found.faults), found.faults


@pytest.mark.parametrize(
    "change",
    ["UPDATE records SET envelope = 'text' WHERE seq = 0", "UPDATE head SET size = 'many'"],
)
def test_values_of_other_types_break_no_audit(
    tmp_path: Path, key: SigningKey, log_key: SigningKey, change: str
) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite", create=ORIGIN) as ledger:
        ledger.append(envelopes(2, key))
        Attacker(ledger).run(change)
        found = audit(ledger, [key.public], log_key.public)
    assert not found.ok


def test_a_view_in_place_of_a_table_is_not_read(tmp_path: Path, key: SigningKey) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite", create=ORIGIN) as ledger:
        attacker = Attacker(ledger)
        attacker.run("DROP TABLE records")
        attacker.run(
            "CREATE VIEW records AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
            "SELECT x AS seq, '' AS digest, '' AS written_at, '' AS note, x'00' AS envelope FROM c"
        )
    with pytest.raises(EvidenceError, match="it has no table `records`"):
        Ledger.open(tmp_path / "ledger.sqlite")


def test_what_is_wrong_many_times_is_told_a_few_times_and_counted(
    ledger: Ledger, key: SigningKey, log_key: SigningKey
) -> None:
    ledger.append(envelopes(40, key), now=DAY)
    attacker = Attacker(ledger)
    attacker.run("DELETE FROM records WHERE seq = 3")
    gap = audit(ledger, [key.public], log_key.public)
    assert [fault for fault in gap.faults if "missing" in fault] == ["record 3 is missing: the next one is 4"]
    attacker.run("UPDATE records SET written_at = '2020-01-01T00:00:00.000000Z' WHERE seq % 2 = 0")
    attacker.run("UPDATE records SET envelope = :e", e=b"{}")
    found = audit(ledger, [key.public], log_key.public)
    assert sum("another digest" in fault for fault in found.faults) == 5
    assert sum("holds no envelope" in fault for fault in found.faults) == 5
    assert "39 records in all were altered" in found.faults
    assert "39 records in all hold no envelope" in found.faults
    assert len(found.notices) == 6
    assert found.notices[-1] == "18 records in all were written with a clock set back"


def test_a_checkpoint_without_the_log_s_key_is_not_passed_over(full: Ledger, key: SigningKey) -> None:
    found = audit(full, [key.public], None, iter(["whatever"]))
    assert not found.ok
    assert "no key of the log to believe it with" in found.faults[0]
    assert audit(full, [key.public]).ok


def test_portions_are_bounded_in_records_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "_PORTION", 10)
    monkeypatch.setattr(auditing, "_PORTION_BYTES", 1000)
    sizes = [10] * 25 + [400] * 7 + [5000, 1]
    records = [Record(seq, "", DAY, "", bytes(size)) for seq, size in enumerate(sizes)]
    portions = list(auditing._portions(iter(records)))
    assert [record for portion in portions for record in portion] == records
    assert [len(portion) for portion in portions] == [10, 10, 8, 3, 2, 1]


def test_one_huge_value_is_not_taken_into_memory(
    tmp_path: Path, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "ledger.sqlite"
    with Ledger.open(place, create=ORIGIN) as made:
        made.append(envelopes(3, key), now=DAY)
        Attacker(made).run("UPDATE records SET envelope = zeroblob(100000) WHERE seq = 1")
    monkeypatch.setattr("panacea_policy.evidence.databases.MOST_BYTES", 50_000)
    with Ledger.open(place) as opened:
        found = audit(opened, [key.public])
    assert any("too big" in fault for fault in found.faults)
