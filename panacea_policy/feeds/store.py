"""What is kept of feeds, in one SQLite file: documents seen, their records, what they came to, and the
timeline.

Everything that one document changes is one transaction in write-ahead mode with full synchronisation: a kill
at any moment leaves the state before it or the state after it, and what was committed survives a power cut
(https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import msgspec

from panacea_policy.errors import PanaceaError
from panacea_policy.feeds.catalogues import Catalogues
from panacea_policy.feeds.declarations import (
    Added,
    Declared,
    Fact,
    Matched,
    Question,
    Said,
    Told,
)
from panacea_policy.feeds.migrations import migrate
from panacea_policy.feeds.records import (
    Bill,
    Damage,
    ExploitNews,
    IdentityEvent,
    IncidentReport,
    Origin,
    Record,
    ScannedHost,
    Weakness,
)

_RECORDS: dict[str, type] = {
    each.__name__: each for each in (Weakness, ExploitNews, Bill, ScannedHost, IdentityEvent, IncidentReport)
}
_FACTS: dict[str, type] = {each.__name__: each for each in (Declared, Said, Added)}
#: How long a second process waits for a lock before it gives up, in seconds.
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class File:
    """A feed file that was read: its digest, where it came from, when, and its format."""

    digest: str
    source: str
    read_at: datetime
    format: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it is known now: its feed and id, the file that it came in, and its own time."""

    feed: str
    document: str
    digest: str
    said_at: datetime | None
    records: int


@dataclass(frozen=True, slots=True)
class ProcessChange:
    """The risk of one care process before and after: chance of a disruption within a year, and what it
    costs.
    """

    process: str
    title: str
    before: float
    after: float
    loss_before: float | None = None
    loss_after: float | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of the timeline: when, what happened, in one line, and what it did to each process."""

    at: datetime
    what: str
    line: str
    processes: tuple[ProcessChange, ...] = ()
    declared: int = 0
    withdrawn: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Visit:
    """What a server said of a URL last: for conditional requests."""

    url: str
    etag: str | None
    last_modified: str | None
    visited_at: datetime
    digest: str | None


class StoreError(PanaceaError):
    """A store that cannot be used."""


class Store:
    """The file. Opening it creates it; one process may write at a time, others may read meanwhile."""

    def __init__(self, path: Path | str) -> None:
        """``:memory:`` is a store that nobody keeps. A damaged file is set aside; :attr:`aside` says where
        and why. Raises :class:`StoreError` for a file of a later version and OSError where none can be made.
        """
        self.path = str(path)
        self.aside: str | None = None
        try:
            self._connection = _open(self.path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                raise StoreError(f"another process holds {self.path}", "wait until it has ended") from error
            self.aside = _set_aside(Path(self.path), error)
            self._connection = _open(self.path)
        self.catalogues = Catalogues(self._connection)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside, or nothing. Raises StoreError where the file cannot be written."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise StoreError(f"{self.path} cannot be written: {error}", "what was kept stands") from error
            raise

    # ------------------------------------------------------------------------------------------ files

    def seen(self, digest: str) -> bool:
        """Whether a file with this content was taken in."""
        return self._one("SELECT 1 FROM files WHERE digest = ?", digest) is not None

    def add_file(self, file: File, damage: Sequence[Damage] = ()) -> None:
        """Remember a file, and what of it was damaged."""
        self._connection.execute(
            "INSERT OR REPLACE INTO files (digest, source, read_at, format) VALUES (?, ?, ?, ?)",
            (file.digest, file.source, file.read_at.isoformat(), file.format),
        )
        self._connection.executemany(
            "INSERT INTO damage (digest, source, place, reason, cure, at) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (file.digest, d.source, d.place, d.reason, d.cure, file.read_at.isoformat())
                for d in damage
            ],
        )  # fmt: skip

    def files(self) -> list[File]:
        """The files taken in, in that order."""
        rows = self._connection.execute("SELECT digest, source, read_at, format FROM files ORDER BY rowid")
        return [File(d, s, datetime.fromisoformat(r), f) for d, s, r, f in rows]

    def damage(self) -> list[tuple[datetime, Damage]]:
        """What was damaged, in order."""
        rows = self._connection.execute("SELECT at, source, place, reason, cure FROM damage ORDER BY rowid")
        return [(datetime.fromisoformat(at), Damage(*rest)) for at, *rest in rows]

    # ------------------------------------------------------------------------------------------ records

    def document(self, feed: str, document: str) -> Document | None:
        """The document that counts under this id."""
        row = self._one(
            "SELECT feed, document, digest, said_at, records FROM documents WHERE feed = ? AND document = ?",
            feed,
            document,
        )
        return None if row is None else _document(row)

    def documents(self) -> list[Document]:
        """The documents that count, by feed and id."""
        rows = self._connection.execute(
            "SELECT feed, document, digest, said_at, records FROM documents ORDER BY feed, document"
        )
        return [_document(row) for row in rows]

    def replace_document(
        self, document: Document, records: Sequence[tuple[Record, Sequence[str], date | None]], today: date
    ) -> set[str]:
        """Put a document in place of its older self; the keys that it, or its older self, speaks of.

        ``records``: each with its keys and the last day on which it counts.
        """
        keys = self._remove_records(document.feed, document.document)
        self._connection.execute(
            "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?)",
            (document.feed, document.document, document.digest, _iso(document.said_at), document.records),
        )
        for record, own, expires in records:
            row = self._connection.execute(
                "INSERT INTO records (feed, document, kind, expires, body) VALUES (?, ?, ?, ?, ?)",
                (
                    document.feed,
                    document.document,
                    type(record).__name__,
                    _iso(expires),
                    msgspec.json.encode(record),
                ),
            ).lastrowid
            self._connection.executemany(
                "INSERT OR IGNORE INTO record_keys (key, record) VALUES (?, ?)", [(key, row) for key in own]
            )
            keys.update(own)
        met = {key for record, own, _ in records if not isinstance(record, ExploitNews) for key in own}
        self._connection.executemany(
            "INSERT OR IGNORE INTO keys (key, met_on) VALUES (?, ?)",
            [(key, today.isoformat()) for key in sorted(met)],
        )
        return keys

    def _remove_records(self, feed: str, document: str) -> set[str]:
        chosen = "SELECT id FROM records WHERE feed = ? AND document = ?"
        rows = self._connection.execute(
            f"SELECT DISTINCT key FROM record_keys WHERE record IN ({chosen})", (feed, document)
        )
        keys = {key for (key,) in rows}
        self._connection.execute(f"DELETE FROM record_keys WHERE record IN ({chosen})", (feed, document))
        self._connection.execute("DELETE FROM records WHERE feed = ? AND document = ?", (feed, document))
        return keys

    def expire(self, today: date) -> set[str]:
        """Take out the records whose last day is over; the keys that they spoke of."""
        chosen = "SELECT id FROM records WHERE expires < ?"
        rows = self._connection.execute(
            f"SELECT DISTINCT key FROM record_keys WHERE record IN ({chosen})", (today.isoformat(),)
        )
        keys = {key for (key,) in rows}
        if keys:
            self._connection.execute(
                f"DELETE FROM record_keys WHERE record IN ({chosen})", (today.isoformat(),)
            )
            self._connection.execute("DELETE FROM records WHERE expires < ?", (today.isoformat(),))
        return keys

    def records(self, key: str) -> list[Record]:
        """The records that speak of a key, by feed, document and place in it; then those of catalogues."""
        rows = self._connection.execute(
            "SELECT kind, body FROM records JOIN record_keys ON record = id WHERE key = ?"
            " ORDER BY feed, document, id",
            (key,),
        )
        found = [_record(kind, body) for kind, body in rows]
        kind, _, number = key.partition(" ")
        return [*found, *self.catalogues.news(number)] if kind == "weakness" else found

    def records_of(self, kind: type[Record]) -> Iterator[tuple[str, Record]]:
        """All records of a kind with one of their keys."""
        rows = self._connection.execute(
            "SELECT key, kind, body FROM records JOIN record_keys ON record = id WHERE kind = ?"
            " ORDER BY id, key",
            (kind.__name__,),
        )
        for key, name, body in rows:
            yield key, _record(name, body)

    def speaking(self) -> set[str]:
        """The keys of which more is known than the use of a CVE number."""
        rows = self._connection.execute(
            "SELECT DISTINCT key FROM record_keys JOIN records ON record = id WHERE kind <> 'ExploitNews'"
        )
        return {key for (key,) in rows}

    def every_key(self) -> list[str]:
        """Every key of which some record speaks, catalogues left out, in order."""
        return [
            key for (key,) in self._connection.execute("SELECT DISTINCT key FROM record_keys ORDER BY key")
        ]

    def met_on(self, key: str, today: date) -> date:
        """When a key was first met."""
        row = self._one("SELECT met_on FROM keys WHERE key = ?", key)
        return date.fromisoformat(row[0]) if row else today

    # ------------------------------------------------------------------------------------------ what is told

    def put_told(self, key: str, told: Told) -> None:
        """What a key comes to now, in place of what it came to before."""
        for table in ("facts", "matches", "questions", "told"):
            self._connection.execute(f"DELETE FROM {table} WHERE key = ?", (key,))
        if told == Told():
            return
        self._connection.executemany(
            "INSERT INTO facts (key, slot, kind, body) VALUES (?, ?, ?, ?)",
            [(key, f.slot, type(f).__name__, msgspec.json.encode(f)) for f in told.facts],
        )
        self._connection.executemany(
            "INSERT INTO matches (key, item, confidence, taken, body) VALUES (?, ?, ?, ?, ?)",
            [(key, m.item, m.confidence, m.taken, msgspec.json.encode(m)) for m in told.matched],
        )
        self._connection.executemany(
            "INSERT INTO questions (key, id, body) VALUES (?, ?, ?)",
            [(key, q.id, msgspec.json.encode(q)) for q in told.questions],
        )
        self._connection.execute(
            "INSERT INTO told (key, origins, assumptions, notes) VALUES (?, ?, ?, ?)",
            (
                key,
                msgspec.json.encode(told.origins),
                msgspec.json.encode(told.assumptions),
                msgspec.json.encode(told.notes),
            ),
        )

    def told_before(self) -> set[str]:
        """The keys that came to something."""
        return {key for (key,) in self._connection.execute("SELECT key FROM told")}

    def facts(self) -> dict[str, tuple[Fact, ...]]:
        """The facts of every key."""
        found: dict[str, list[Fact]] = {}
        for key, kind, body in self._connection.execute("SELECT key, kind, body FROM facts ORDER BY rowid"):
            fact: Fact = msgspec.json.decode(body, type=_FACTS[kind])
            found.setdefault(key, []).append(fact)
        return {key: tuple(group) for key, group in found.items()}

    def told(self, key: str) -> tuple[tuple[Origin, ...], tuple[str, ...], tuple[str, ...]]:
        """Origins, assumptions and notes of a key."""
        row = self._one("SELECT origins, assumptions, notes FROM told WHERE key = ?", key)
        if row is None:
            return (), (), ()
        origins = msgspec.json.decode(row[0], type=tuple[Origin, ...])
        assumptions, notes = (msgspec.json.decode(each, type=tuple[str, ...]) for each in row[1:])
        return origins, assumptions, notes

    def assumptions(self) -> tuple[str, ...]:
        """Everything that was guessed, each once, in order."""
        rows = self._connection.execute("SELECT assumptions FROM told ORDER BY key")
        found = [each for (body,) in rows for each in msgspec.json.decode(body, type=tuple[str, ...])]
        return tuple(dict.fromkeys(found))

    def matches(self) -> list[tuple[str, Matched]]:
        """All matches with their keys, in order of the keys."""
        rows = self._connection.execute("SELECT key, body FROM matches ORDER BY key, confidence DESC, item")
        return [(key, msgspec.json.decode(body, type=Matched)) for key, body in rows]

    def keys_matched(self, references: Sequence[str]) -> set[str]:
        """The keys that were found to mean one of some items."""
        found: set[str] = set()
        for reference in references:
            rows = self._connection.execute("SELECT key FROM matches WHERE item = ?", (reference,))
            found.update(key for (key,) in rows)
        return found

    def questions(self) -> list[tuple[str, Question]]:
        """The open questions, each once, with the first of their keys: those nearest to a fact first."""
        rows = self._connection.execute("SELECT key, body FROM questions ORDER BY key DESC, id")
        decoded = [(key, msgspec.json.decode(body, type=Question)) for key, body in rows]
        found = {question.id: (key, question) for key, question in decoded}
        return sorted(found.values(), key=lambda each: (-(each[1].confidence or 0.0), each[0], each[1].id))

    # ------------------------------------------------------------------------------------------ timeline

    def add_moment(self, moment: Moment) -> None:
        """Add to the timeline."""
        self._connection.execute(
            "INSERT INTO timeline (at, what, line, processes, declared, withdrawn) VALUES (?, ?, ?, ?, ?, ?)",
            (
                moment.at.isoformat(),
                moment.what,
                moment.line,
                msgspec.json.encode(moment.processes),
                moment.declared,
                moment.withdrawn,
            ),
        )

    def timeline(self) -> list[Moment]:
        """The timeline, oldest first."""
        rows = self._connection.execute(
            "SELECT number, at, what, line, processes, declared, withdrawn FROM timeline ORDER BY number"
        )
        return [
            Moment(
                datetime.fromisoformat(at),
                what,
                line,
                msgspec.json.decode(processes, type=tuple[ProcessChange, ...]),
                declared,
                withdrawn,
                number,
            )
            for number, at, what, line, processes, declared, withdrawn in rows
        ]

    # ------------------------------------------------------------------------------------------ the rest

    def visit(self, url: str) -> Visit | None:
        """What a server said of a URL last."""
        row = self._one("SELECT url, etag, last_modified, visited_at, digest FROM visits WHERE url = ?", url)
        return None if row is None else Visit(row[0], row[1], row[2], datetime.fromisoformat(row[3]), row[4])

    def put_visit(self, visit: Visit) -> None:
        """Remember what a server said of a URL."""
        self._connection.execute(
            "INSERT OR REPLACE INTO visits VALUES (?, ?, ?, ?, ?)",
            (visit.url, visit.etag, visit.last_modified, visit.visited_at.isoformat(), visit.digest),
        )

    def note(self, name: str) -> str | None:
        """A remark that was left under a name."""
        row = self._one("SELECT value FROM notes WHERE name = ?", name)
        return None if row is None else str(row[0])

    def put_note(self, name: str, value: str) -> None:
        """Leave a remark under a name."""
        self._connection.execute("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)", (name, value))

    def _one(self, query: str, *values: object) -> tuple[str, ...] | None:
        row: tuple[str, ...] | None = self._connection.execute(query, values).fetchone()
        return row


def _open(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA trusted_schema = OFF")
        found = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found is None or found[0] != "ok":
            raise sqlite3.DatabaseError(str(found[0]) if found else "unreadable")
        migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_aside(path: Path, error: Exception) -> str:
    """Give a damaged file and its journals another name; says where it is and why."""
    number = 1
    while (target := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    os.replace(path, target)
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            os.replace(f"{path}{suffix}", f"{target}{suffix}")
    return f"{path.name} is damaged ({error}); it is now {target.name}, and a new one was begun"


def _document(row: Sequence[object]) -> Document:
    feed, document, digest, said_at, records = row
    when = datetime.fromisoformat(str(said_at)) if said_at else None
    return Document(str(feed), str(document), str(digest), when, int(str(records)))


def _record(kind: str, body: bytes) -> Record:
    record: Record = msgspec.json.decode(body, type=_RECORDS[kind])
    return record


def _iso(value: date | datetime | None) -> str | None:
    return value.isoformat() if value is not None else None
