"""The tables of the store, and how an older file gets them: one step for each version, by
``user_version``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from panacea_policy.errors import PanaceaError

_FIRST = """
CREATE TABLE files (
  digest TEXT PRIMARY KEY, source TEXT NOT NULL, read_at TEXT NOT NULL, format TEXT NOT NULL
);
CREATE TABLE damage (
  digest TEXT NOT NULL, source TEXT NOT NULL, place TEXT NOT NULL, reason TEXT NOT NULL, cure TEXT NOT NULL,
  at TEXT NOT NULL
);
CREATE TABLE documents (
  feed TEXT, document TEXT, digest TEXT NOT NULL, said_at TEXT, records INTEGER NOT NULL,
  PRIMARY KEY (feed, document)
);
CREATE TABLE records (
  id INTEGER PRIMARY KEY, feed TEXT NOT NULL, document TEXT NOT NULL, kind TEXT NOT NULL, expires TEXT,
  body BLOB NOT NULL
);
CREATE INDEX records_of_document ON records (feed, document);
CREATE INDEX records_by_expiry ON records (expires) WHERE expires IS NOT NULL;
CREATE TABLE record_keys (key TEXT, record INTEGER, PRIMARY KEY (key, record)) WITHOUT ROWID;
CREATE INDEX keys_of_record ON record_keys (record);
CREATE TABLE editions (feed TEXT PRIMARY KEY, origin BLOB NOT NULL, expires TEXT);
CREATE TABLE news (
  feed TEXT, cve TEXT, epss REAL, percentile REAL, body BLOB, PRIMARY KEY (feed, cve)
) WITHOUT ROWID;
CREATE TABLE keys (key TEXT PRIMARY KEY, met_on TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE facts (key TEXT NOT NULL, slot TEXT NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX facts_of_key ON facts (key);
CREATE TABLE matches (
  key TEXT NOT NULL, item TEXT NOT NULL, confidence REAL NOT NULL, taken INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX matches_of_key ON matches (key);
CREATE INDEX matches_of_item ON matches (item);
CREATE TABLE questions (key TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX questions_of_key ON questions (key);
CREATE TABLE told (
  key TEXT PRIMARY KEY, origins BLOB NOT NULL, assumptions BLOB NOT NULL, notes BLOB NOT NULL
);
CREATE TABLE timeline (
  number INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL, line TEXT NOT NULL,
  processes BLOB NOT NULL, declared INTEGER NOT NULL, withdrawn INTEGER NOT NULL
);
CREATE TABLE visits (
  url TEXT PRIMARY KEY, etag TEXT, last_modified TEXT, visited_at TEXT NOT NULL, digest TEXT
);
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL)
"""

#: What makes version n of version n - 1. A step that was released is never edited; the next one follows it.
STEPS: tuple[str, ...] = (_FIRST,)


def migrate(connection: sqlite3.Connection, path: str, steps: Sequence[str] = STEPS) -> None:
    """Bring a file to the present version, step by step, each of them whole or not at all.

    Raises PanaceaError for a file of a later version.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(steps):
        raise PanaceaError(
            f"{path} was written by a later version of panacea (store {version}, known {len(steps)})",
            "use that version, or another --store",
        )
    for number in range(version, len(steps)):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in steps[number].split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number + 1}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
