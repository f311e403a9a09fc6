"""What this user saw of a ledger last, kept apart from it: so that a ledger cut short is noticed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from panacea_policy.caches import state_folder
from panacea_policy.evidence.errors import EvidenceError
from panacea_policy.evidence.keys import PublicKey
from panacea_policy.evidence.notes import open_note, read_checkpoint
from panacea_policy.storage import read_bounded, write_atomically

_MOST_BYTES = 64 * 1024


def recall(origin: str, key: PublicKey) -> str | None:
    """The checkpoint of a log that this user saw last, if it was signed by this key."""
    try:
        note = read_bounded(_path(origin, key), _MOST_BYTES).decode("utf-8")
        open_note(note, origin, key)
    except (OSError, UnicodeDecodeError, EvidenceError):
        return None
    return note


def remember(note: str, origin: str, key: PublicKey) -> None:
    """Keep a checkpoint, if it is not behind the one that is kept.

    Raises EvidenceError for one of another log, OSError where nothing can be kept.
    """
    new = read_checkpoint(open_note(note, origin, key))
    known = recall(origin, key)
    if known is not None and read_checkpoint(open_note(known, origin, key)).size > new.size:
        return
    path = _path(origin, key)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomically(path, note)


def _path(origin: str, key: PublicKey) -> Path:
    name = hashlib.sha256(f"{origin}\n{key.id}".encode()).hexdigest()[:32]
    return state_folder() / "ledgers" / f"{name}.checkpoint"
