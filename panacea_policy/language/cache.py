"""Trees kept on disk, so that a file that has not changed is not parsed again.

An entry is named by the SHA-256 of the text and of whatever decides how it is read, and holds the tree as
MessagePack, decoded under the types of :mod:`panacea_policy.language.syntax`: a damaged or foreign entry is
no tree, never code.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import msgspec

from panacea_policy.language.parser import ParseResult, parse
from panacea_policy.language.resources import trees_digest
from panacea_policy.language.source import Source
from panacea_policy.language.store import cache_folder, write_blob
from panacea_policy.language.syntax import File

_MARK = b"panacea tree 1\n"
_CHECK = 16
_DAY = 86_400.0
DEFAULT_SIZE = 256 * 1024 * 1024


class TreeCache:
    """The trees in one folder. Several processes may use the same folder at once.

    A folder that cannot be read or written makes everything slower and nothing wrong. The entries used
    longest ago are removed when the folder outgrows ``size`` bytes.
    """

    def __init__(self, folder: Path | None = None, size: int = DEFAULT_SIZE) -> None:
        self.folder = folder if folder is not None else cache_folder() / "trees"
        self._size = size
        self._used: int | None = None

    @cached_property
    def _decoder(self) -> msgspec.msgpack.Decoder[File]:
        return msgspec.msgpack.Decoder(File)

    def get(self, text: str) -> File | None:
        """The tree of a text, if it is here and sound."""
        try:
            with (self.folder / _name(text)).open("rb") as file:
                if time.time() - os.fstat(file.fileno()).st_mtime > _DAY:
                    with suppress(OSError):
                        os.utime(file.name)
                data = file.read()
        except OSError:
            return None
        payload = memoryview(data)[len(_MARK) + _CHECK :]
        if data[: len(_MARK)] != _MARK or data[len(_MARK) : len(_MARK) + _CHECK] != _check(payload):
            return None
        try:
            return self._decoder.decode(payload)
        except (msgspec.DecodeError, RecursionError):
            return None

    def put(self, text: str, file: File) -> None:
        """Keep the tree of a text."""
        payload = msgspec.msgpack.encode(file)
        data = _MARK + _check(payload) + payload
        name = _name(text)
        if write_blob(name, data, self.folder):
            self._make_room(name, len(data))

    def _make_room(self, name: str, added: int) -> None:
        """Count what was added; the folder is looked at once, and again whenever it has grown too big.

        Looking takes longer than all else that a process does here that adds one entry, so only one entry in
        sixteen, by its name, makes it look for the first time.
        """
        if self._used is not None:
            self._used += added
        if name[0] == "0" if self._used is None else self._used > self._size:
            self._used = self._prune()

    def _prune(self) -> int:
        """Remove the entries used longest ago, down to three quarters of the size; returns what is left."""
        entries: list[tuple[float, int, str]] = []
        with suppress(OSError), os.scandir(self.folder) as folder:
            for entry in folder:
                with suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    entries.append((status.st_mtime, status.st_size, entry.path))
        used = sum(size for _, size, _ in entries)
        if used <= self._size:
            return used
        for _, size, path in sorted(entries):
            if used <= self._size * 3 // 4:
                break
            with suppress(OSError):
                os.unlink(path)
            used -= size
        return used


def load_tree(source: Source, cache: TreeCache | None) -> ParseResult:
    """Parse a file, or take its tree from the cache. Only files without any diagnostic are kept there."""
    if cache is None:
        return parse(source)
    file = cache.get(source.text)
    if file is not None:
        return ParseResult(file, ())
    result = parse(source)
    if not result.diagnostics:
        cache.put(source.text, result.file)
    return result


def _name(text: str) -> str:
    return hashlib.sha256(f"{trees_digest()}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()


def _check(payload: bytes | memoryview) -> bytes:
    return hashlib.blake2b(payload, digest_size=_CHECK).digest()
