"""Packs that a model installed: what its lock file says, and whether what is in the folder is still that.

``panacea.lock`` stands beside the model and belongs into its repository; the packs themselves lie in
``.panacea/packs/NAME``. A pack whose content is not what the lock says is not used.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

LOCK = "panacea.lock"
FOLDER = Path(".panacea") / "packs"
SCHEMA = "panacea/lock/v1"
#: Names of packs: they stand behind `packs.` in the language.
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")

_MOST_BYTES = 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PART = r"(?:0|[1-9][0-9]{0,15})"
_TAG = rf"(?:{_PART}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
#: A semantic version (2.0.0): what orders versions is imported only where they are compared.
VERSION = re.compile(
    rf"{_PART}(?:\.{_PART}){{2}}(?:-{_TAG}(?:\.{_TAG})*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)


class LockError(Exception):
    """A lock file that cannot be read; the message says why."""


class Locked(msgspec.Struct, frozen=True, gc=False):
    """One pack of a lock file.

    ``digest`` is the `content_digest` of its folder; ``archive`` SHA-256 of the file it came from;
    ``signed_by`` the id of the key that vouches for it, None where nobody does.
    """

    name: str
    version: str
    digest: str
    archive: str
    signed_by: str | None
    requires: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """The entry in the lock file."""
        return {
            "version": self.version,
            "digest": self.digest,
            "archive": self.archive,
            "signedBy": self.signed_by,
            "requires": list(self.requires),
        }


def read_lock(root: Path) -> Mapping[str, Locked]:
    """The packs that the model in ``root`` installed; none where there is no lock file.

    Raises LockError for a file that is none.
    """
    path = root / LOCK
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise LockError(f"{LOCK} is too large")
        found = json.loads(path.read_text("utf-8"), object_pairs_hook=_once)
    except FileNotFoundError:
        return {}
    except NotADirectoryError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise LockError(f"{LOCK} cannot be read: {error}") from None
    if (
        not isinstance(found, dict)
        or found.get("schema") != SCHEMA
        or not isinstance(found.get("packs"), dict)
    ):
        raise LockError(f"{LOCK} is not of the form `{SCHEMA}`")
    return {name: _locked(name, each) for name, each in found["packs"].items()}


def _locked(name: str, said: object) -> Locked:
    if not NAME.fullmatch(name) or not isinstance(said, dict):
        raise LockError(f"{LOCK} names a pack `{name[:80]}`, which is no name of one")
    version, digest, archive, signed = (
        said.get(each) for each in ("version", "digest", "archive", "signedBy")
    )
    requires = said.get("requires", [])
    digests = [digest, archive] if signed is None else [digest, archive, signed]
    if not _is(VERSION, version) or not all(_is(_DIGEST, each) for each in digests):
        raise LockError(f"{LOCK} lacks the version or a digest of the pack `{name}`")
    if not isinstance(requires, list) or not all(_is(_REQUIRED, each) for each in requires):
        raise LockError(f"{LOCK} does not say what the pack `{name}` needs")
    return Locked(name, str(version), str(digest), str(archive), signed, tuple(requires))


#: Another pack and the bounds of its version; what they mean is read where packs are installed.
_REQUIRED = re.compile(r"[a-z][ -~]{0,199}")


def _is(form: re.Pattern[str], said: object) -> bool:
    return isinstance(said, str) and form.fullmatch(said) is not None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; two programs would believe different ones of two values of one name."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("it says a name twice in one object")
    return found


def lock_text(packs: Mapping[str, Locked]) -> str:
    """The lock file; the same packs give the same bytes."""
    document = {"schema": SCHEMA, "packs": {name: packs[name].record() for name in sorted(packs)}}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def content_digest(folder: Path) -> str:
    """SHA-256 of everything in a folder, in hex: of a line ``DIGEST  PATH`` for each file, in order of paths.

    Hidden files and links do not count. It is what
    ``find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum`` prints in that folder.
    """
    lines = []
    for path in sorted(folder.rglob("*"), key=lambda each: each.relative_to(folder).as_posix().encode()):
        name = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and not any(part.startswith(".") for part in name.parts):
            lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name.as_posix()}\n")
    return hashlib.sha256("".join(lines).encode()).hexdigest()
