"""Zip files that come from strangers, and zip files of which equal content gives equal bytes."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Mapping

from panacea_policy.evidence.errors import EvidenceError

_MOST_FILES = 1000
_MOST_FILE = 256 * 1024 * 1024
_MOST_IN_ALL = 512 * 1024 * 1024
_MOST_ZIP = 256 * 1024 * 1024
#: A file that shrinks more than that is a bomb. JSON of equal rows reaches about 60.
_MOST_RATIO = 200
#: Below so many bytes no ratio matters.
_SMALL = 1024 * 1024
_ENTRY = b"PK\x01\x02"
#: The earliest date that a zip can say: archives of equal content are equal.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def packed(files: Mapping[str, bytes], first: str = "") -> bytes:
    """A zip of these files, ``first`` and then by name. The same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files, key=lambda each: (each != first, each)):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, files[name])
    return out.getvalue()


def unpacked(data: bytes, belongs: Callable[[str], bool], what: str) -> dict[str, bytes]:
    """The files of a zip by name. Nothing is written to the disk.

    ``belongs`` says which names may be in it, ``what`` how people call it. Raises EvidenceError, with the
    reason, for what is no zip, is too large, unpacks to too much, says a name twice, has a name that does not
    belong, holds a link, is encrypted or damaged.
    """
    if len(data) > _MOST_ZIP:
        raise EvidenceError(f"the {what} has {len(data):,} bytes; no more than {_MOST_ZIP:,} are read")
    # Before anything is made of them: each entry of a zip's directory begins so, and takes 20 times its room
    # in memory. Bytes of packed files may look like it, but not often.
    if data.count(_ENTRY) > 2 * _MOST_FILES:
        raise EvidenceError(f"the {what} has too many files; no more than {_MOST_FILES:,} are read")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _files(archive, belongs, what)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise EvidenceError(f"the {what} is no sound zip: {error}") from None
    except (zlib.error, UnicodeDecodeError, ValueError, OverflowError) as error:
        raise EvidenceError(f"the {what} is damaged: {error}") from None


def is_plain(name: str) -> bool:
    """Letters, digits, dots, dashes and underscores, beginning with a letter or digit."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}", name) is not None


def _files(archive: zipfile.ZipFile, belongs: Callable[[str], bool], what: str) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > _MOST_FILES:
        raise EvidenceError(f"the {what} has {len(entries):,} files; no more than {_MOST_FILES:,} are read")
    files: dict[str, bytes] = {}
    seen: set[str] = set()
    total = 0
    for entry in entries:
        _require_sound(entry, belongs, what)
        if entry.filename.lower() in seen:  # many disks do not tell A from a
            raise EvidenceError(f"the {what} has two files `{entry.filename}`")
        seen.add(entry.filename.lower())
        found = _read(archive, entry, what)
        total += len(found)
        if total > _MOST_IN_ALL:
            raise EvidenceError(f"the {what} unpacks to more than {_MOST_IN_ALL:,} bytes")
        files[entry.filename] = found
    return files


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, what: str) -> bytes:
    """A file, no further than its own header promises: whatever that says, memory is bounded."""
    with archive.open(entry) as file:
        found = file.read(min(entry.file_size, _MOST_FILE) + 1)
    if len(found) != entry.file_size:
        raise EvidenceError(f"`{entry.filename}` in the {what} has another length than it says")
    return found


def _require_sound(entry: zipfile.ZipInfo, belongs: Callable[[str], bool], what: str) -> None:
    name = entry.filename
    if not belongs(name):
        raise EvidenceError(f"{name[:100]!r} has no place in the {what}")
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        raise EvidenceError(f"`{name}` in the {what} is no plain file")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # Others take as much memory as the file says, before the first byte comes out.
        raise EvidenceError(f"`{name}` in the {what} is packed by another method than deflate")
    if entry.flag_bits & 0x1:
        raise EvidenceError(f"`{name}` in the {what} is encrypted")
    if entry.file_size > _MOST_FILE:
        raise EvidenceError(f"`{name}` in the {what} unpacks to {entry.file_size:,} bytes")
    if entry.file_size > _SMALL and entry.file_size > _MOST_RATIO * max(1, entry.compress_size):
        raise EvidenceError(f"`{name}` in the {what} unpacks to more than {_MOST_RATIO} times its size")
