"""One process watches a model: a lock that ends with its process, however that ends."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from panacea_policy.errors import PanaceaError


@contextmanager
def watching(folder: Path, model: Path) -> Iterator[None]:
    """Hold the lock of a model, kept in ``folder``. Raises PanaceaError where another process holds it.

    The lock is an exclusive transaction on an SQLite file that never holds anything: the operating system
    gives it up when the process ends, and it works wherever SQLite does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / "watch.pid"
    connection = sqlite3.connect(folder / "watch.lock", timeout=0, isolation_level=None)
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise PanaceaError(
                f"another process{_who(holder)} is watching {model}",
                "one model is watched by one process; end that one, or use `panacea feed status` to look on",
            ) from error
        with suppress(OSError):
            holder.write_text(f"{os.getpid()}\n", encoding="ascii")
        try:
            yield
        finally:
            with suppress(OSError):
                holder.unlink(missing_ok=True)
    finally:
        connection.close()


def _who(holder: Path) -> str:
    try:
        number = holder.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return f" ({number})" if number.isdigit() and len(number) < 12 else ""
