"""The cache folder: small files that can be lost at any time without harm, and the place of others."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

VARIABLE = "PANACEA_CACHE_DIR"
STATE_VARIABLE = "PANACEA_STATE_DIR"


def cache_folder() -> Path:
    """Where caches live: $PANACEA_CACHE_DIR, else the platform's place for caches of this user."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen)
    return _place("XDG_CACHE_HOME", ".cache")


def state_folder() -> Path:
    """Where what must outlast caches lives: $PANACEA_STATE_DIR, else the platform's place for it."""
    chosen = os.environ.get(STATE_VARIABLE)
    return Path(chosen) if chosen else _place("XDG_STATE_HOME", ".local/state")


def _place(variable: str, default: str) -> Path:
    base = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get(variable)
    root = Path(base) if base and Path(base).is_absolute() else Path(os.path.expanduser("~")) / default
    return root / "panacea-policy"


def read_blob(name: str, folder: Path | None = None) -> bytes | None:
    """What was written under ``name``, or None; every failure to read counts as absence."""
    try:
        return ((folder or cache_folder()) / name).read_bytes()
    except OSError:
        return None


def write_blob(name: str, data: bytes, folder: Path | None = None) -> bool:
    """Keep ``data`` under ``name``; False when the folder cannot be written.

    The file appears whole or not at all, also when several processes write it at once. Unlike
    ``storage.write_atomically`` nothing is flushed to the disk: after a crash the reader's own checks find
    the damage.
    """
    import tempfile  # it brings much along, and most runs write nothing

    folder = folder or cache_folder()
    temporary = None
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, folder / name)
    except OSError:
        if temporary is not None:
            with suppress(OSError):
                os.unlink(temporary)
        return False
    return True
