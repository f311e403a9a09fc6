"""Answers kept on disk: the same question about the very same files has the same answer.

A hook asks again and again about models that have not changed. What a command printed is kept together with
the digest of every file that it read and the names in every folder that it listed; it is used again only if
all of these are as they were, and the code too. Whatever cannot be read or does not fit is no answer, never
an error.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from panacea_policy.caches import cache_folder, code_digest, leave_newest, write_blob
from panacea_policy.version import __version__

SUFFIX = ".panacea"
#: Answers beyond these are dropped, oldest first.
KEPT = 64


class Answer(msgspec.Struct, frozen=True):
    """What a command printed, its exit code, and what it was made from."""

    text: str
    code: int
    files: dict[str, str]
    folders: dict[str, list[str]]


class Answers:
    """The answers of one cache folder. Several processes may use it at once."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder if folder is not None else cache_folder() / "answers"

    def get(self, question: Sequence[str]) -> Answer | None:
        """The answer to a question (the words of the call), if everything it rests on is unchanged."""
        try:
            data = (self.folder / _name(question)).read_bytes()
            answer = msgspec.msgpack.decode(data, type=Answer)
        except (OSError, msgspec.DecodeError):
            return None
        same_folders = all(_names(folder) == names for folder, names in answer.folders.items())
        return answer if same_folders and all(_digest(f) == d for f, d in answer.files.items()) else None

    def put(
        self, question: Sequence[str], text: str, code: int, files: Iterable[Path], folders: Iterable[Path]
    ) -> None:
        """Keep an answer. Files that changed meanwhile are no matter: the answer is then never used."""
        answer = Answer(
            text,
            code,
            {str(path): _digest(str(path)) for path in sorted(files)},
            {str(folder): _names(str(folder)) for folder in sorted(folders)},
        )
        if write_blob(_name(question), msgspec.msgpack.encode(answer), self.folder):
            leave_newest(self.folder, KEPT)


def _name(question: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join([__version__, code_digest(), *question]).encode()).hexdigest()


def _digest(path: str) -> str:
    """The SHA-256 of a file; of nothing at all where it cannot be read, which no real file has as its
    text.
    """
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""


def _names(folder: str) -> list[str]:
    """The model files of a folder and its subfolders: a new one changes what the folder means."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return []
    return sorted(entry.name for entry in entries if entry.name.endswith(SUFFIX) or entry.is_dir())
