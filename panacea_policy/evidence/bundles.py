"""Bundles: one zip that holds everything an auditor needs, in a form that stock tools read."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from panacea_policy.evidence.canonical import canonical, digest, read_json
from panacea_policy.evidence.errors import EvidenceError

MANIFEST = "manifest.json"
MODEL = "model.json"
README = "README.txt"
SCHEMA = "panacea/bundle/v1"
#: Folders of a bundle and how the names in them end.
FOLDERS = {"statements": ".dsse.json", "proofs": ".tlog-proof", "stamps": ".tsr", "keys": ".pub.pem"}

_MOST_FILES = 1000
_MOST_FILE = 256 * 1024 * 1024
_MOST_IN_ALL = 512 * 1024 * 1024
_MOST_ZIP = 256 * 1024 * 1024
#: A file that shrinks more than that is a bomb. JSON of equal rows reaches about 60.
_MOST_RATIO = 200
#: Below so many bytes no ratio matters.
_SMALL = 1024 * 1024
#: The earliest date that a zip can say: bundles of equal content are equal.
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Bundle:
    """The files of a bundle by name; the manifest is made when it is written, and held when it was read."""

    files: Mapping[str, bytes]
    origin: str = ""
    log: Mapping[str, str] = field(default_factory=dict)

    def named(self, folder: str) -> dict[str, bytes]:
        """The files of a folder by their names without folder and ending."""
        ending = FOLDERS[folder]
        return {
            name.removeprefix(f"{folder}/").removesuffix(ending): data
            for name, data in self.files.items()
            if name.startswith(f"{folder}/") and name.endswith(ending)
        }

    def to_bytes(self) -> bytes:
        """The zip: the same files give the same bytes."""
        manifest = {
            "schema": SCHEMA,
            "origin": self.origin,
            "files": {name: digest(data) for name, data in sorted(self.files.items())},
        }
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, data in [(MANIFEST, canonical(manifest)), *sorted(self.files.items())]:
                info = zipfile.ZipInfo(name, _EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.create_system = 3
                info.external_attr = (stat.S_IFREG | 0o644) << 16
                archive.writestr(info, data)
        return out.getvalue()


def read_bundle(data: bytes) -> Bundle:
    """A bundle from its zip.

    Nothing is written to the disk. Raises EvidenceError, with the reason, for what is no zip, is too large,
    unpacks to too much, says a name twice, has a name that leads elsewhere or that no bundle has, holds a
    link, is damaged, or is not what its manifest says.
    """
    if len(data) > _MOST_ZIP:
        raise EvidenceError(f"the bundle has {len(data):,} bytes; no more than {_MOST_ZIP:,} are read")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = _unpacked(archive)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise EvidenceError(f"the bundle is no sound zip: {error}") from None
    except (zlib.error, UnicodeDecodeError, ValueError, OverflowError) as error:
        raise EvidenceError(f"the bundle is damaged: {error}") from None
    manifest = read_json(files.pop(MANIFEST, b""), "the manifest of the bundle")
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        raise EvidenceError(f"the bundle's manifest is not of the form `{SCHEMA}`")
    _compare(manifest.get("files"), files)
    return Bundle(files, str(manifest.get("origin", "")))


def _compare(said: object, files: Mapping[str, bytes]) -> None:
    wanted = said if isinstance(said, dict) else {}
    for name in sorted(wanted.keys() | files.keys()):
        if name not in files:
            raise EvidenceError(f"`{name}` is missing in the bundle")
        if name not in wanted:
            raise EvidenceError(f"`{name}` is in the bundle, but not in its manifest")
        if wanted[name] != digest(files[name]):
            raise EvidenceError(f"`{name}` was altered: it is not what the manifest says")


def _unpacked(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > _MOST_FILES:
        raise EvidenceError(f"the bundle has {len(entries):,} files; no more than {_MOST_FILES:,} are read")
    files: dict[str, bytes] = {}
    total = 0
    for entry in entries:
        _require_sound(entry)
        if entry.filename in files:
            raise EvidenceError(f"the bundle has two files `{entry.filename}`")
        found = _read(archive, entry)
        total += len(found)
        if total > _MOST_IN_ALL:
            raise EvidenceError(f"the bundle unpacks to more than {_MOST_IN_ALL:,} bytes")
        files[entry.filename] = found
    return files


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """A file, no further than its own header promises: whatever that says, memory is bounded."""
    with archive.open(entry) as file:
        found = file.read(min(entry.file_size, _MOST_FILE) + 1)
    if len(found) != entry.file_size:
        raise EvidenceError(f"`{entry.filename}` in the bundle has another length than it says")
    return found


def _require_sound(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    folder, slash, rest = name.partition("/")
    known = name in (MANIFEST, MODEL, README) or (
        slash and folder in FOLDERS and rest.endswith(FOLDERS[folder]) and _plain(rest)
    )
    if not known:
        raise EvidenceError(f"`{name[:100]!r}` has no place in a bundle")
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        raise EvidenceError(f"`{name}` in the bundle is no plain file")
    if entry.flag_bits & 0x1:
        raise EvidenceError(f"`{name}` in the bundle is encrypted")
    if entry.file_size > _MOST_FILE:
        raise EvidenceError(f"`{name}` in the bundle unpacks to {entry.file_size:,} bytes")
    if entry.file_size > _SMALL and entry.file_size > _MOST_RATIO * max(1, entry.compress_size):
        raise EvidenceError(f"`{name}` in the bundle unpacks to more than {_MOST_RATIO} times its size")


def _plain(name: str) -> bool:
    """Letters, digits, dots, dashes and underscores, beginning with a letter or digit."""
    return (
        name[:1].isalnum()
        and all(c.isascii() and (c.isalnum() or c in "._-") for c in name)
        and len(name) <= 120
    )
