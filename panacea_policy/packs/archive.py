"""A pack as one file: `NAME-VERSION.zip`, the same bytes for the same pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import semver

from panacea_policy.compiler.installed import NAME
from panacea_policy.evidence.archives import is_plain, packed, unpacked
from panacea_policy.evidence.canonical import canonical, digest, read_json
from panacea_policy.packs.project import PackError, PackProject, read_requires

MANIFEST = "panacea-pack.json"
SCHEMA = "panacea/pack/v1"
#: What a pack is made of; nothing else goes into the file.
ENDINGS = (".panacea", ".md", ".csv", ".json", ".yaml", ".yml", ".txt")
_NAMES = ("LICENSE", "LICENCE", "NOTICE", "README")


@dataclass(frozen=True)
class Archive:
    """A pack that was read from its file: who it is, what is in it, and the digest of the file."""

    name: str
    version: str
    requires: tuple[str, ...]
    files: Mapping[str, bytes]
    digest: str

    @property
    def file_name(self) -> str:
        """How the file is called."""
        return f"{self.name}-{self.version}.zip"


def build(project: PackProject) -> tuple[str, bytes]:
    """The name of the file, and the file. Raises PackError for files that cannot be in a pack."""
    files: dict[str, bytes] = {}
    for path in sorted(project.folder.rglob("*")):
        name = path.relative_to(project.folder)
        link = path.is_symlink()
        if (path.is_dir() and not link) or any(part.startswith(".") for part in name.parts):
            continue
        if name.as_posix() == MANIFEST:
            raise PackError(f"`{MANIFEST}` is written when a pack is built", "take that file out of the pack")
        if link or not _belongs(name.as_posix()):
            raise PackError(
                f"`{name}` cannot be in a pack",
                f"a pack holds plain files that end in {', '.join(ENDINGS)}: move it elsewhere",
            )
        files[name.as_posix()] = path.read_bytes()
    manifest = {
        "schema": SCHEMA,
        "name": project.name,
        "version": project.version,
        "requires": [str(each) for each in project.requires],
        "files": {name: digest(data) for name, data in files.items()},
    }
    made = packed({MANIFEST: canonical(manifest), **files}, MANIFEST)
    return f"{project.name}-{project.version}.zip", made


def read_archive(data: bytes) -> Archive:
    """A pack from its file. Raises EvidenceError or PackError for anything that is none; writes nothing."""
    files = unpacked(data, lambda name: name == MANIFEST or _belongs(name), "pack")
    manifest = read_json(files.pop(MANIFEST, b""), "the manifest of the pack")
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        raise PackError(f"the manifest of the pack is not of the form `{SCHEMA}`")
    name, version, requires = (manifest.get(each) for each in ("name", "version", "requires"))
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise PackError("the manifest names no pack")
    if not isinstance(version, str) or not semver.Version.is_valid(version):
        raise PackError(f"the pack `{name}` has no semantic version")
    if not isinstance(requires, list) or not all(isinstance(each, str) for each in requires):
        raise PackError(f"the pack `{name}` does not say what it needs")
    for each in requires:
        read_requires(each)
    for each in files:
        if any(other.startswith(f"{each}/") for other in files):
            raise PackError(f"the pack `{name}` has a file and a folder `{each}`")
    if manifest.get("files") != {each: digest(content) for each, content in files.items()}:
        raise PackError(f"the pack `{name}` was altered: its files are not those of the manifest")
    return Archive(name, version, tuple(requires), files, digest(data))


def _belongs(name: str) -> bool:
    parts = name.split("/")
    return len(parts) <= 8 and all(map(is_plain, parts)) and (name.endswith(ENDINGS) or parts[-1] in _NAMES)
