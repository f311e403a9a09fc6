"""Packs of a model: put into its folder, written into its lock, taken out again."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import semver

from panacea_policy.caches import state_folder
from panacea_policy.compiler import Workspace
from panacea_policy.compiler.installed import (
    FOLDER,
    LOCK,
    Locked,
    LockError,
    content_digest,
    lock_text,
    read_lock,
)
from panacea_policy.compiler.places import builtin_folder
from panacea_policy.evidence import PublicKey
from panacea_policy.packs.archive import Archive
from panacea_policy.packs.checking import check
from panacea_policy.packs.project import PackError, open_project, read_requires
from panacea_policy.packs.signing import signer_of
from panacea_policy.storage import exclusive, write_atomically

#: An installation waits so long for another one.
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Installed:
    """A pack that a model can use. ``state``: where it comes from, or what is wrong with it."""

    name: str
    version: str
    state: str
    signed_by: str | None = None


def install(
    root: Path,
    archive: Archive,
    signature: bytes | None,
    keys: Sequence[PublicKey],
    *,
    unsigned: bool = False,
    older: bool = False,
) -> Locked:
    """Put a pack into the model's folder and its lock; what was there before stays where anything fails.

    The signature is checked first, then what is needed, then the pack itself as `pack check` does.
    ``unsigned`` takes one that nobody vouches for; ``older`` one that is older than the installed one. Raises
    PackError.
    """
    signer = _vouched(archive, signature, keys, unsigned)
    with _alone(root):
        locks = _locks(root)
        known = locks.get(archive.name)
        if known is not None and not older and _is_older(archive.version, known.version):
            raise PackError(
                f"`{archive.name}` {known.version} is installed, and this is {archive.version}",
                "--older goes back on purpose",
            )
        _require(archive, {**versions(), **{name: each.version for name, each in locks.items()}})
        return _placed(root, archive, signer, locks)


def _placed(root: Path, archive: Archive, signer: PublicKey | None, locks: Mapping[str, Locked]) -> Locked:
    """The pack unpacked beside its place, checked, and put there together with the lock."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
    new, place, old = staging / archive.name, folder / archive.name, staging / "old"
    try:
        _unpack(archive, new)
        _checked(archive, new)
        locked = Locked(
            archive.name,
            archive.version,
            content_digest(new),
            archive.digest,
            signer.id if signer is not None else None,
            archive.requires,
        )
        _swap(new, place, old)
        try:
            write_atomically(root / LOCK, lock_text({**locks, archive.name: locked}))
        except BaseException:
            if old.exists():
                _swap(old, place, new)
            else:
                os.rename(place, new)
            raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        for empty in (folder, folder.parent):
            with suppress(OSError):  # what is not empty stays
                empty.rmdir()
    return locked


def removed(root: Path, name: str) -> Locked:
    """Take a pack out of the lock and the folder. Raises PackError where it is not there or is needed."""
    with _alone(root):
        locks = dict(_locks(root))
        locked = locks.pop(name, None)
        if locked is None:
            raise PackError(f"the pack `{name}` is not installed here", "`panacea pack list` shows what is")
        needed = {
            each.name for each in locks.values() for r in each.requires if read_requires(r).name == name
        }
        if needed and name not in versions():
            raise PackError(f"`{name}` is needed by {', '.join(sorted(needed))}", "remove that first")
        write_atomically(root / LOCK, lock_text(locks))
        shutil.rmtree(root / FOLDER / name, ignore_errors=True)
        return locked


def listed(root: Path) -> tuple[Installed, ...]:
    """The packs that the model in ``root`` can use: those it installed, then those of the installation."""
    locks = _locks(root)
    own = [
        Installed(each.name, each.version, _state(root, each), each.signed_by)
        for each in sorted(locks.values(), key=lambda each: each.name)
    ]
    ours = [
        Installed(name, version, "of the installation")
        for name, version in versions().items()
        if name not in locks
    ]
    return (*own, *ours)


def _state(root: Path, locked: Locked) -> str:
    folder = root / FOLDER / locked.name
    if not folder.is_dir():
        return "missing"
    return "installed" if content_digest(folder) == locked.digest else "altered"


def versions() -> Mapping[str, str]:
    """The version of each pack of the installation, by name."""
    found: dict[str, str] = {}
    for folder in sorted((builtin_folder() / "rules").iterdir()):
        if folder.is_dir() and any(folder.glob("*.panacea")):
            found[folder.name] = _version(folder)
    return found


def _version(folder: Path) -> str:
    """What the pack's own declaration says; the rest of the pack is not read."""
    file = folder / "pack.panacea"
    model = Workspace.open(file if file.exists() else folder).model
    said = [each.value("version") for each in model.entities("pack") if each.short == folder.name]
    return said[0] if said and isinstance(said[0], str) else "0.0.0"


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """No other process changes the model's packs meanwhile: each writes the whole lock."""
    name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:32]
    try:
        with exclusive(state_folder() / "packs" / f"{name}.lock", _SECONDS):
            yield
    except TimeoutError:
        raise PackError("another process installs a pack here, and does not end", "try again later") from None


def _is_older(version: str, known: str) -> bool:
    return semver.Version.parse(version).compare(known) < 0


def _locks(root: Path) -> Mapping[str, Locked]:
    if not root.is_dir():
        raise PackError(f"there is no folder `{root}`", "--model names the model's folder")
    try:
        return read_lock(root)
    except LockError as error:
        raise PackError(str(error), f"restore {LOCK} from your repository") from None


def _vouched(
    archive: Archive, signature: bytes | None, keys: Sequence[PublicKey], unsigned: bool
) -> PublicKey | None:
    if signature is not None and (keys or not unsigned):
        return signer_of(archive, signature, keys)
    if unsigned:
        return None
    raise PackError(
        f"the pack `{archive.name}` is unsigned: no signature stands beside it",
        "ask the publisher for the .dsse.json file; --unsigned takes it all the same",
    )


def _require(archive: Archive, available: Mapping[str, str]) -> None:
    for text in archive.requires:
        needed = read_requires(text)
        version = available.get(needed.name)
        if version is None:
            raise PackError(f"`{archive.name}` needs `{needed}`: it is not installed", "install it first")
        if not needed.met_by(version):
            raise PackError(f"`{archive.name}` needs `{needed}`, and {version} is installed")


def _unpack(archive: Archive, folder: Path) -> None:
    for name, data in archive.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _checked(archive: Archive, folder: Path) -> None:
    project = open_project(folder)
    if (project.name, project.version) != (archive.name, archive.version):
        raise PackError(f"the manifest says `{archive.file_name}`, the pack {project.name} {project.version}")
    if tuple(map(str, project.requires)) != archive.requires:
        raise PackError(f"the manifest of `{archive.name}` does not name the packs that it needs")
    report = check(project)
    if not report.ok:
        fault = report.faults[0]
        raise PackError(
            f"`{archive.name}` has faults ({len(report.faults)}), such as {fault.about}: {fault.message}",
            "tell its publisher: `panacea pack check` shows all",
        )


def _swap(new: Path, place: Path, old: Path) -> None:
    """Put a folder in place of another one, which goes to ``old``."""
    if place.exists():
        os.rename(place, old)
    try:
        os.rename(new, place)
    except OSError:
        if old.exists():
            os.rename(old, place)
        raise
