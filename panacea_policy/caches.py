"""The cache folder: small files that can be lost at any time without harm, and the place of others."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

VARIABLE = "PANACEA_CACHE_DIR"
STATE_VARIABLE = "PANACEA_STATE_DIR"
_SEAL = 16
#: Where files are opened as text unless told otherwise.
_BINARY = getattr(os, "O_BINARY", 0)


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
    folder = folder or cache_folder()
    temporary = None
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # As tempfile does it, which takes longer to import than all of this to run.
        temporary = folder / f".{os.urandom(12).hex()}.tmp"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, folder / name)
    except OSError:
        if temporary is not None:
            with suppress(OSError):
                os.unlink(temporary)
        return False
    return True


def read_sealed(name: str, mark: bytes, folder: Path) -> memoryview | None:
    """What `write_sealed` kept under a name and a mark, if it is whole."""
    data = read_blob(name, folder)
    if data is None or data[: len(mark)] != mark:
        return None
    payload = memoryview(data)[len(mark) + _SEAL :]
    return payload if data[len(mark) : len(mark) + _SEAL] == _seal(payload) else None


def write_sealed(name: str, mark: bytes, payload: bytes, folder: Path) -> bool:
    """Keep ``payload`` under a name, with a mark for its form and a digest against damage (of no use against
    malice); False when the folder cannot be written.
    """
    return write_blob(name, mark + _seal(payload) + payload, folder)


def leave_newest(folder: Path, most: int) -> None:
    """Remove the files of a folder that were used longest ago, but for so many."""
    with suppress(OSError):
        entries = sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime)
        for entry in entries[:-most]:
            entry.unlink(missing_ok=True)


@cache
def code_digest() -> str:
    """A digest of the program itself, by name, size and time of its files."""
    import hashlib

    package = Path(__file__).resolve().parent
    state = hashlib.sha256()
    for folder, _, names in sorted(os.walk(package)):
        for name in sorted(names):
            if name.endswith(".py"):
                status = os.stat(os.path.join(folder, name))
                state.update(f"{folder}/{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return state.hexdigest()


def _seal(payload: bytes | memoryview) -> bytes:
    import hashlib

    return hashlib.blake2b(payload, digest_size=_SEAL).digest()
