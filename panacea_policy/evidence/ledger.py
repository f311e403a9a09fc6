"""The ledger: envelopes as they came, the leaves of one Merkle tree, in SQLite or PostgreSQL.

A record that was acknowledged is on the disk. The head (size and peaks of the tree) moves in the same
transaction as the record, so that a writer killed at any moment leaves a whole tree. What was written is
never changed: the database refuses it, and an audit would see it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from panacea_policy.evidence.databases import connected, reason
from panacea_policy.evidence.envelopes import Envelope
from panacea_policy.evidence.errors import EvidenceError
from panacea_policy.evidence.keys import PublicKey, SigningKey
from panacea_policy.evidence.merkle import Tree, grown, leaf_hash, root_of
from panacea_policy.evidence.notes import Checkpoint, open_note, read_checkpoint, sign_note
from panacea_policy.evidence.tables import CHECKPOINTS, HEAD, RECORDS, STAMPS

#: Another writer may move the head first; then the append begins anew.
_TRIES = 200
_BUSY = "the ledger is busy: other writers came first every time"
#: Rows that are fetched at once; each may hold an envelope of some 100 kB.
_ROWS = 200
#: A clock may lag a little behind the one that wrote the last record.
_TOLERANCE = 2.0


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the ledger. ``seq`` counts from 0; ``written_at`` is what the clock of its writer said."""

    seq: int
    digest: str
    written_at: datetime
    note: str
    envelope: bytes

    @property
    def entry(self) -> bytes:
        """What the leaf of the tree is made of: SHA-256 of the envelope."""
        return bytes.fromhex(self.digest)


class Ledger:
    """One ledger, open. Several processes may use it at once."""

    def __init__(self, engine: sa.Engine, origin: str) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self.origin = origin

    @classmethod
    def open(cls, where: str | Path, *, create: str | None = None) -> Ledger:
        """The ledger in a file, or at a URL such as ``postgresql+psycopg://user@host/name``.

        ``create`` makes one of that name (its origin) where there is none. Raises EvidenceError where there
        is none, it cannot be reached, or it was made by a newer version.
        """
        engine, origin = connected(where, create)
        return cls(engine, origin)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------ writing

    def append(
        self,
        envelopes: Sequence[Envelope],
        *,
        now: datetime | None = None,
        note: str = "",
        accept_clock: bool = False,
    ) -> int:
        """Add envelopes, all or none, and give the place of the first; when this returns they are durable.

        Raises EvidenceError for one that is there already, and where the clock is behind the last record:
        ``accept_clock`` writes all the same, and the record says so.
        """
        for _ in range(_TRIES):
            try:
                with self._writing.begin() as connection:
                    return _appended(connection, envelopes, now or datetime.now(UTC), note, accept_clock)
            except _Moved:
                continue
            except IntegrityError as error:
                twice = self._known(envelopes)
                if twice is None:
                    continue
                told = f"is in the ledger already, as record {twice}" if twice >= 0 else "was given twice"
                raise EvidenceError(f"this envelope {told}") from error
            except OperationalError as error:
                if "locked" in str(error.orig):
                    continue
                raise EvidenceError(f"the ledger cannot be written: {reason(error)}") from None
            except SQLAlchemyError as error:
                raise EvidenceError(f"the ledger cannot be written: {reason(error)}") from None
        raise EvidenceError(_BUSY, "try again")

    def stamp(self, digest: str, token: bytes) -> None:
        """Keep the time stamp of an envelope. Raises EvidenceError where it has one."""
        try:
            with self._writing.begin() as connection:
                connection.execute(STAMPS.insert(), [{"digest": digest, "token": token}])
        except IntegrityError:
            raise EvidenceError("this envelope has a time stamp already: what is written stays") from None
        except SQLAlchemyError as error:
            raise EvidenceError(f"the ledger cannot be written: {reason(error)}") from None

    def checkpoint(self, key: SigningKey) -> str:
        """The signed checkpoint of the ledger as it is, made and kept if that size has none yet."""
        for _ in range(_TRIES):
            try:
                with self._writing.begin() as connection:
                    note = _kept_checkpoint(connection, self.origin, key)
            except IntegrityError:
                continue  # another process made that of this size
            except SQLAlchemyError as error:
                raise EvidenceError(f"the ledger cannot be written: {reason(error)}") from None
            open_note(note, self.origin, key.public)
            return note
        raise EvidenceError(_BUSY, "try again")

    # ------------------------------------------------------------------------------------------ reading

    @property
    def size(self) -> int:
        """How many records there are."""
        with self.connection() as connection:
            return _head(connection).size

    @property
    def root(self) -> bytes:
        """The root hash of the tree, as the head says."""
        with self.connection() as connection:
            return root_of(_split(_head(connection).peaks))

    def record(self, seq: int) -> Record:
        """A record by its place. Raises EvidenceError for none."""
        with self.connection() as connection:
            row = connection.execute(sa.select(RECORDS).where(RECORDS.c.seq == seq)).first()
        if row is None:
            raise EvidenceError(f"the ledger has no record {seq}")
        return _record(row)

    def find(self, digest: str) -> Record | None:
        """The record of an envelope, by its digest."""
        query = sa.select(RECORDS).where(RECORDS.c.digest == digest)
        with self.connection() as connection:
            row = connection.execute(query).first()
        return _record(row) if row is not None else None

    def records(self, first: int = 0, last: int | None = None) -> Iterator[Record]:
        """The records from ``first`` to ``last`` (not included), in order."""
        query = sa.select(RECORDS).where(RECORDS.c.seq >= first).order_by(RECORDS.c.seq)
        if last is not None:
            query = query.where(RECORDS.c.seq < last)
        options = {"yield_per": _ROWS}
        with self.connection() as connection, connection.execute(query, execution_options=options) as rows:
            for row in rows:
                yield _record(row)

    def token(self, digest: str) -> bytes | None:
        """The time stamp of an envelope, if it has one."""
        query = sa.select(STAMPS.c.token).where(STAMPS.c.digest == digest)
        with self.connection() as connection:
            return connection.execute(query).scalar()

    def checkpoints(self) -> Sequence[str]:
        """The signed checkpoints, smallest first."""
        with self.connection() as connection:
            return tuple(
                connection.execute(sa.select(CHECKPOINTS.c.note).order_by(CHECKPOINTS.c.size)).scalars()
            )

    def tree(self, size: int | None = None) -> Tree:
        """The tree over the digests that the first ``size`` records say, or all of them; O(n).

        Raises EvidenceError where there are not so many.
        """
        query = sa.select(RECORDS.c.digest).order_by(RECORDS.c.seq)
        if size is not None:
            query = query.where(RECORDS.c.seq < size)
        with self.connection() as connection:
            digests = connection.execute(query).scalars()
            try:
                tree = Tree([leaf_hash(bytes.fromhex(digest)) for digest in digests])
            except (TypeError, ValueError):
                raise EvidenceError("the ledger is damaged: a digest in it is none") from None
        if size is not None and len(tree) != size:
            told = f"the ledger is damaged: it has {len(tree):,} of the {size:,} records that it counts"
            raise EvidenceError(told, "`panacea evidence verify` finds out more")
        return tree

    def checked_checkpoint(self, note: str, key: PublicKey) -> Checkpoint:
        """A checkpoint of this ledger. Raises EvidenceError for one of another ledger or key."""
        found = read_checkpoint(open_note(note, self.origin, key))
        if found.origin != self.origin:
            raise EvidenceError(f"the checkpoint is that of `{found.origin}`, not of `{self.origin}`")
        return found

    @contextmanager
    def connection(self) -> Iterator[sa.Connection]:
        """A connection for reading. Raises EvidenceError for what the database says meanwhile."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise EvidenceError(f"the ledger cannot be read: {reason(error)}") from None

    def _known(self, envelopes: Sequence[Envelope]) -> int | None:
        for each in envelopes:
            found = self.find(each.digest)
            if found is not None:
                return found.seq
        digests = [each.digest for each in envelopes]
        return -1 if len(set(digests)) < len(digests) else None


class _Moved(Exception):
    """Another writer was first."""


@dataclass(frozen=True, slots=True)
class _Head:
    size: int
    peaks: bytes
    written_at: str


def _appended(
    connection: sa.Connection, envelopes: Sequence[Envelope], now: datetime, note: str, accept_clock: bool
) -> int:
    head = _head(connection)
    note = _clock_note(head, now, note, accept_clock)
    stamp = _stamp(now)
    peaks, size = _split(head.peaks), head.size
    rows = []
    for seq, envelope in enumerate(envelopes, head.size):
        entry = hashlib.sha256(envelope.data).digest()
        rows.append(
            {"seq": seq, "digest": entry.hex(), "written_at": stamp, "note": note, "envelope": envelope.data}
        )
        peaks, size = grown(peaks, size, leaf_hash(entry)), size + 1
    moved = connection.execute(
        HEAD.update()
        .where(HEAD.c.id == 1, HEAD.c.size == head.size)
        .values(size=size, peaks=b"".join(peaks), written_at=stamp)
    )
    if moved.rowcount != 1:
        raise _Moved
    if rows:
        connection.execute(RECORDS.insert(), rows)
    return head.size


def _clock_note(head: _Head, now: datetime, note: str, accept_clock: bool) -> str:
    """The note of new records; raises EvidenceError where the clock went back and nobody accepts that."""
    if not head.written_at:
        return note
    behind = (_time(head.written_at) - now).total_seconds()
    if behind <= _TOLERANCE:
        return note
    told = f"the clock is {behind:,.0f} s behind the last record ({head.written_at})"
    if not accept_clock:
        raise EvidenceError(told, "set the clock right, or say --accept-clock: the record will tell it")
    return f"{note}; {told}" if note else told


def _kept_checkpoint(connection: sa.Connection, origin: str, key: SigningKey) -> str:
    """The checkpoint of the ledger's size as it is, made where there is none."""
    head = _head(connection)
    kept = connection.execute(sa.select(CHECKPOINTS.c.note).where(CHECKPOINTS.c.size == head.size)).scalar()
    if kept is not None:
        return str(kept)
    note = sign_note(Checkpoint(origin, head.size, root_of(_split(head.peaks))).text, origin, key)
    connection.execute(CHECKPOINTS.insert(), [{"size": head.size, "note": note}])
    return note


def _head(connection: sa.Connection) -> _Head:
    row = connection.execute(sa.select(HEAD.c.size, HEAD.c.peaks, HEAD.c.written_at)).one()
    try:
        return _Head(int(row.size), bytes(row.peaks), str(row.written_at))
    except (TypeError, ValueError):
        raise EvidenceError("the head of the ledger is damaged: it has no size or no root") from None


def _split(peaks: bytes) -> list[bytes]:
    return [peaks[first : first + 32] for first in range(0, len(peaks), 32)]


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _time(text: str) -> datetime:
    if not _STAMP.fullmatch(text):
        raise ValueError("no time as it is written here")
    return datetime.fromisoformat(text)


#: What `_stamp` writes; in this form `fromisoformat` reads it, in a twentieth of the time of `strptime`.
_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


def _record(row: sa.Row[tuple[object, ...]]) -> Record:
    try:
        return Record(
            int(row.seq), str(row.digest), _time(row.written_at), str(row.note), bytes(row.envelope)
        )
    except (TypeError, ValueError):
        raise EvidenceError(f"record {row.seq} was altered: what stands there is no record") from None
