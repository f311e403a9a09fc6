"""The databases that ledgers are kept in: found by an address, opened, brought up to date."""

from __future__ import annotations

import os
import sqlite3
from functools import partial
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from panacea_policy.evidence.canonical import MOST_BYTES
from panacea_policy.evidence.errors import EvidenceError
from panacea_policy.evidence.notes import ORIGIN
from panacea_policy.evidence.tables import HEAD, METADATA

#: The newest form of the tables.
REVISION = "0001"


def connected(where: str | Path, create: str | None) -> tuple[sa.Engine, str]:
    """The database of the ledger at a place, open, its tables made or brought up to date; and its name.

    ``create`` makes a ledger of that name where there is none. Without it a file that cannot be written is
    opened for reading. Raises EvidenceError.
    """
    text = str(where)
    address, frozen = _address(text) if "://" in text else None, False
    if address is None or _is_file(address):
        path = Path(where if address is None else str(address.database)).absolute()
        if create is None and not path.is_file():
            raise _absent(text)
        frozen = create is None and not _writable(path)
        address = _frozen(path) if frozen else sa.URL.create("sqlite", database=str(path))
    engine = _engine(address, frozen, made=create is not None)
    try:
        with engine.execution_options(writes=create is not None).begin() as connection:
            return engine, _prepared(connection, create, text)
    except SQLAlchemyError as error:
        engine.dispose()
        raise EvidenceError(f"the ledger cannot be opened: {reason(error)}") from None
    except EvidenceError:
        engine.dispose()
        raise


def reason(error: BaseException) -> str:
    """What a database says, in one line; its texts hold no password."""
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().split("\n")[0] or type(cause).__name__


def _address(text: str) -> sa.URL:
    try:
        return sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):  # their texts may hold what was taken for a port
        raise EvidenceError(
            "the address of the ledger cannot be used: it is malformed",
            "write it like postgresql+psycopg://USER@HOST:5432/NAME",
        ) from None


def _is_file(address: sa.URL) -> bool:
    """Whether an address is a longer way to name a file of SQLite, which must be there like any other."""
    file = address.database or ""
    return (
        address.get_backend_name() == "sqlite" and not file.startswith(("file:", ":memory:")) and file != ""
    )


def _writable(path: Path) -> bool:
    effective = os.access in os.supports_effective_ids
    return all(os.access(each, os.W_OK, effective_ids=effective) for each in (path, path.parent))


def _frozen(path: Path) -> sa.URL:
    """The address of a file that nobody changes while we read it, as on a disc or a share for reading."""
    journal = path.with_name(f"{path.name}-wal")
    if journal.is_file() and journal.stat().st_size:
        raise EvidenceError(
            f"`{path}` cannot be written here, and its newest records are in {journal.name}",
            "copy both files to a folder of your own, and open the copy",
        )
    return sa.URL.create(
        "sqlite", database=f"file:{quote(str(path))}", query={"immutable": "1", "uri": "true"}
    )


def _engine(address: sa.URL, frozen: bool, made: bool) -> sa.Engine:
    try:
        engine = sa.create_engine(address)
    except (sa.exc.ArgumentError, ImportError) as error:
        raise EvidenceError(f"the address of the ledger cannot be used: {reason(error)}") from None
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _ours if frozen else partial(_durable, made))
        sa.event.listen(engine, "begin", _begin)
    return engine


def _ours(connection: object, _: object) -> None:
    """Transactions begin where `_begin` says; what the file brings along runs no functions, and no value in
    it is larger than what is read as evidence.
    """
    connection.isolation_level = None  # type: ignore[attr-defined]
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)  # type: ignore[attr-defined]
    _set(connection, "trusted_schema = OFF")


def _durable(made: bool, connection: object, _: object) -> None:
    """SQLite keeps what it acknowledged through a loss of power; writers wait for each other.

    Its kind of journal is set where a ledger is made, and stands in the file: whoever only verifies one must
    leave it as it is.
    """
    _ours(connection, _)
    _set(connection, "synchronous = FULL", "busy_timeout = 30000", *(["journal_mode = WAL"] if made else []))


def _set(connection: object, *pragmas: str) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    """Writers wait for each other from the start; readers for nobody."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepared(connection: sa.Connection, create: str | None, where: str) -> str:
    """The name of the ledger behind a connection, its tables made or brought up to date."""
    if connection.dialect.name == "postgresql":
        # One process makes the tables, the others wait and find them.
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(7261)"))
    tables = set(sa.inspect(connection).get_table_names())
    if "head" not in tables:
        if create is None:
            raise _absent(where)
        if not ORIGIN.fullmatch(create):
            raise EvidenceError(
                f"`{create}` cannot be the name of a ledger", "a name has no blank and no plus sign"
            )
    _upgrade(connection, create or "", "alembic_version" in tables)
    # A view in place of a table could go on without an end.
    missing = METADATA.tables.keys() - set(sa.inspect(connection).get_table_names())
    if missing:
        raise EvidenceError(f"the ledger is damaged: it has no table `{min(missing)}`")
    return str(connection.execute(sa.select(HEAD.c.origin)).scalar_one())


def _upgrade(connection: sa.Connection, origin: str, known: bool) -> None:
    if known:
        now = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        if now == REVISION:
            return
        if str(now) > REVISION:
            raise EvidenceError("the ledger was made by a newer version of this program")
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes.update(connection=connection, origin=origin)
    try:
        command.upgrade(config, REVISION)
    except CommandError:
        raise EvidenceError("the tables of the ledger are in no form that is known") from None


def _absent(where: str) -> EvidenceError:
    return EvidenceError(
        f"there is no ledger at `{_shown(where)}`", "`panacea evidence log --create` makes one"
    )


def _shown(where: str) -> str:
    """A place without its password."""
    return sa.make_url(where).render_as_string(hide_password=True) if "://" in where else where
