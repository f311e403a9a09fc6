"""One process watches a model: a lock that ends with its process, however that ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from panacea_policy.errors import PanaceaError
from panacea_policy.storage import exclusive


@contextmanager
def watching(folder: Path, model: Path) -> Iterator[None]:
    """Hold the lock of a model, kept in ``folder``. Raises PanaceaError where another process holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / "watch.pid"
    with ExitStack() as held:
        try:
            held.enter_context(exclusive(folder / "watch.lock"))
        except TimeoutError as error:
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


def _who(holder: Path) -> str:
    try:
        number = holder.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return f" ({number})" if number.isdigit() and len(number) < 12 else ""
