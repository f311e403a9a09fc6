"""Bundles: one zip that holds everything an auditor needs, in a form that stock tools read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from panacea_policy.evidence.archives import is_plain, packed, unpacked
from panacea_policy.evidence.canonical import canonical, digest, read_json
from panacea_policy.evidence.errors import EvidenceError

MANIFEST = "manifest.json"
MODEL = "model.json"
README = "README.txt"
SCHEMA = "panacea/bundle/v1"
#: Folders of a bundle and how the names in them end.
FOLDERS = {
    "statements": ".dsse.json",
    "proofs": ".tlog-proof",
    "stamps": ".tsr",
    "absences": ".json",
    "keys": ".pub.pem",
}


@dataclass(frozen=True)
class Bundle:
    """The files of a bundle by name; the manifest is made when it is written, and held when it was read."""

    files: Mapping[str, bytes]
    origin: str = ""

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
        return packed({MANIFEST: canonical(manifest), **self.files}, MANIFEST)


def read_bundle(data: bytes) -> Bundle:
    """A bundle from its zip.

    Raises EvidenceError, with the reason, for what `unpacked` refuses, and for what is not as its manifest
    says.
    """
    files = unpacked(data, _belongs, "bundle")
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


def _belongs(name: str) -> bool:
    folder, slash, rest = name.partition("/")
    if name in (MANIFEST, MODEL, README):
        return True
    return bool(slash) and folder in FOLDERS and rest.endswith(FOLDERS[folder]) and is_plain(rest)
