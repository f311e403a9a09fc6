"""The bytes of a feed file: a regular file, bounded, unpacked where it is a gzip or zip file of one."""

from __future__ import annotations

import gzip
import io
import os
import stat
import zipfile
import zlib
from pathlib import Path

from panacea_policy.formats.feeds.intake import Refused
from panacea_policy.formats.feeds.limits import Limits

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_AGAIN = "get the file anew from its source"


def content(path: str | os.PathLike[str], limits: Limits) -> bytes:
    """What the file holds. Raises :class:`Refused` for what is unreadable, too large, badly packed."""
    data = _bytes(Path(path), limits)
    if data.startswith(_GZIP):
        data = _gunzip(data, limits)
    elif data.startswith(_ZIP):
        data = _unzip(data, limits)
    if data.startswith((_GZIP, _ZIP)):
        raise Refused((), "packed twice", "unpack it first")
    return data


def _bytes(path: Path, limits: Limits) -> bytes:
    try:
        # Not blocking, or opening a named pipe would wait for its writer for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise Refused((), "no regular file")
            data = file.read(limits.file_bytes + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise Refused((), f"the file cannot be read: {reason}") from None
    if len(data) > limits.file_bytes:
        raise Refused((), f"larger than {limits.file_bytes:,} bytes", "split it, or raise the bound")
    return data


def _gunzip(data: bytes, limits: Limits) -> bytes:
    """All members of a gzip file."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            unpacked = file.read(limits.unpacked_bytes + 1)
    except (EOFError, zlib.error, OSError, ValueError):
        raise Refused((), "the gzip file is damaged or cut short", _AGAIN) from None
    _bound(len(unpacked), limits)
    return unpacked


def _unzip(data: bytes, limits: Limits) -> bytes:
    """The only file in a zip file."""
    if data.count(b"PK\1\2") > 1_000:  # each is an entry of the table of contents
        raise Refused((), "a zip file of many files", "unpack it and give its files")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) != 1:
                raise Refused((), f"a zip file of {len(members):,} files", "unpack it and give its files")
            if members[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise NotImplementedError  # other ways may ask for any amount of memory
            with archive.open(members[0]) as file:
                unpacked = file.read(limits.unpacked_bytes + 1)
    except (
        zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError,
        UnicodeError, OverflowError,
    ):  # fmt: skip
        raise Refused((), "the zip file is damaged, locked, or packed in an unknown way", _AGAIN) from None
    _bound(len(unpacked), limits)
    return unpacked


def _bound(size: int, limits: Limits) -> None:
    if size > limits.unpacked_bytes:
        raise Refused((), f"unpacks to more than {limits.unpacked_bytes:,} bytes", "raise the bound")
