"""A pack as its author has it: a folder with one `pack` declaration, rules, tests and a README."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import semver

from panacea_policy.compiler import UNKNOWN, Entity, Workspace
from panacea_policy.compiler.installed import NAME
from panacea_policy.errors import PanaceaError

#: ``nis2 >=1.0.0,<2.0.0``: a name, and what its version must be.
_REQUIRED = re.compile(r"(?P<name>[a-z][a-z0-9_]*)(?:\s+(?P<range>.+))?")
_BOUND = re.compile(r"\s*(?P<sign><=|>=|<|>|==|!=)\s*(?P<version>\S+)\s*")


class PackError(PanaceaError):
    """A pack that cannot be read, built or installed; the message says why."""


@dataclass(frozen=True, slots=True)
class Requires:
    """Another pack that a pack needs, and the bounds of its version: all must hold."""

    name: str
    bounds: tuple[str, ...]

    def met_by(self, version: str) -> bool:
        """Whether a version is within the bounds."""
        found = semver.Version.parse(version)
        return all(found.match(bound) for bound in self.bounds)

    def __str__(self) -> str:
        return f"{self.name} {','.join(self.bounds)}".strip()


def read_requires(text: str) -> Requires:
    """A requirement from its text. Raises PackError."""
    found = _REQUIRED.fullmatch(text.strip())
    if found is None:
        raise PackError(f"`{text}` names no pack", "write it like `nis2 >=1.0.0,<2.0.0`")
    bounds = []
    for part in (found["range"] or "").split(",") if found["range"] else ():
        bound = _BOUND.fullmatch(part)
        if bound is None or not semver.Version.is_valid(bound["version"]):
            raise PackError(f"`{part}` of `{text}` is no bound of a version", "write it like `>=1.0.0`")
        bounds.append(f"{bound['sign']}{bound['version']}")
    return Requires(found["name"], tuple(bounds))


@dataclass(frozen=True)
class PackProject:
    """A pack that was opened and has no language errors."""

    folder: Path
    workspace: Workspace
    pack: Entity

    @property
    def name(self) -> str:
        """The name by which models use it: that of the declaration."""
        return self.pack.short

    @property
    def version(self) -> str:
        """Its semantic version. Raises PackError where it has none."""
        version = self.pack.value("version")
        if not isinstance(version, str) or not semver.Version.is_valid(version):
            raise PackError(
                f"the pack `{self.name}` has no semantic version", 'say it in the pack: `version: "1.0.0"`'
            )
        return version

    @property
    def requires(self) -> tuple[Requires, ...]:
        """The packs that it needs. Raises PackError for one that cannot be read."""
        said = self.pack.value("requires")
        return tuple(read_requires(str(each)) for each in said) if isinstance(said, tuple) else ()

    @property
    def requirements(self) -> tuple[Entity, ...]:
        """The clauses that the pack itself declares."""
        package = self.pack.package
        return tuple(each for each in self.workspace.requirements() if each.package is package)

    @property
    def title(self) -> str:
        """What a person calls it."""
        return self.pack.label if self.pack.value("source") is UNKNOWN else str(self.pack.title or self.name)


def open_project(folder: Path, as_of: date | None = None) -> PackProject:
    """The pack in a folder.

    Raises PackError where the folder is none, its texts have errors, it declares no pack or several, or one
    of a name that nobody could use.
    """
    if not folder.is_dir():
        raise PackError(f"there is no folder `{folder}`", "a pack is a folder: `panacea pack new NAME`")
    workspace = Workspace.open(folder, as_of=as_of)
    errors = [d for d in workspace.diagnostics() if d.severity.value == "error"]
    if errors:
        first = errors[0]
        raise PackError(
            f"the pack has errors ({len(errors)}), such as {first.message} [{first.code}]",
            f"`panacea check {folder}` shows them",
        )
    packs = [each for each in workspace.model.entities("pack") if each.package is workspace.package]
    if len(packs) != 1:
        told = "declares no pack" if not packs else f"declares {len(packs)} packs"
        raise PackError(f"`{folder}` {told}", 'one `pack NAME "TITLE" { version: "1.0.0" }` is wanted')
    if not NAME.fullmatch(packs[0].short):
        raise PackError(
            f"`{packs[0].short}` cannot be the name of a pack",
            "small letters, digits and underscores, beginning with a letter",
        )
    return PackProject(folder, workspace, packs[0])
