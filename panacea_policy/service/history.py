"""A folder as a commit of git has it: read from git's objects, never from the working tree.

Only `rev-parse`, `merge-base`, `ls-tree`, `ls-files` and `cat-file` are called: none of them runs filters,
hooks or anything else that a repository may configure. Links and submodules are passed over.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from panacea_policy.errors import PanaceaError

_SECONDS = 120
_MOST_FILES = 20_000
_MOST_BYTES = 512 * 1024 * 1024
_QUIET = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}
#: How far up a repository is looked for.
_CEILING = "GIT_CEILING_DIRECTORIES"
#: Where a model's installed packs are, seen from its folder.
_PACKS = (".panacea", "packs")
_REGULAR = (b"100644", b"100755")


class HistoryError(PanaceaError):
    """The committed state cannot be had; the message says why."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of the repository at ``top``. ``oid`` is None where there is no commit yet."""

    top: Path
    oid: str | None
    revision: str

    def __str__(self) -> str:
        if self.oid is None:
            return "nothing (there is no commit yet)"
        return f"{self.revision} ({self.oid[:10]})"

    def files(self, folder: Path, suffixes: Collection[str]) -> Mapping[str, bytes]:
        """The contents of the regular files at and below a folder of the repository whose names end so, by
        their paths relative to it. Hidden folders but that of installed packs are passed over.

        Raises HistoryError for more than a model can be.
        """
        if self.oid is None:
            return {}
        below = folder.relative_to(self.top).as_posix()
        tree = self.oid if below == "." else f"{self.oid}:{below}"
        listed = _listed(_asked(self.top, "ls-tree", "-r", "-z", tree) or b"")
        chosen = {path: oid for path, oid in listed if _wanted(path, suffixes)}
        if len(chosen) > _MOST_FILES:
            raise HistoryError(f"`{self}` has {len(chosen):,} files below `{folder}`: too many for a model")
        return dict(zip(chosen, _contents(self.top, list(chosen.values())), strict=True))

    def place(self, path: Path) -> Path | None:
        """Where a file is in the repository; None where it is elsewhere. A link in the repository is in it,
        wherever it leads: a change may have set it.
        """
        for found in (Path(os.path.abspath(path)), path.parent.resolve() / path.name, path.resolve()):
            if found.is_relative_to(self.top):
                return found
        return None

    def file(self, path: Path) -> bytes | None:
        """The content of one file; None where the commit does not have it."""
        if self.oid is None:
            return None
        found = _listed(
            _git(self.top, "ls-tree", "-z", self.oid, "--", path.relative_to(self.top).as_posix())
        )
        return next((data for _, oid in found for data in _contents(self.top, [oid])), None)


def commit_of(folder: Path, revision: str = "HEAD") -> Commit:
    """Where the work in the repository around a folder began: the best common ancestor of ``revision`` and
    what is checked out, which for HEAD is HEAD itself.

    Raises HistoryError where there is no git, no repository, or no such revision.
    """
    top = _asked(folder, "rev-parse", "--show-toplevel")
    if top is None:
        raise HistoryError(f"`{folder}` is in no git repository")
    root = Path(os.fsdecode(top.rstrip(b"\n"))).resolve()
    if revision.startswith("-"):
        raise HistoryError(f"`{revision}` is no revision")
    head = _commit(root, "HEAD")
    if revision == "HEAD" or head is None:
        return Commit(root, head, revision)
    named = _commit(root, revision)
    if named is None:
        help = "in CI, fetch the whole history (GitHub: `fetch-depth: 0`; GitLab: `GIT_DEPTH: 0`)"
        raise HistoryError(f"the repository has no revision `{revision}`", help)
    base = _asked(root, "merge-base", named, head)
    if base is None:
        help = "in CI, fetch the whole history (GitHub: `fetch-depth: 0`; GitLab: `GIT_DEPTH: 0`)"
        raise HistoryError(f"`{revision}` and what is checked out have no common ancestor", help)
    return Commit(root, base.decode("ascii").strip(), revision)


def working_files(folder: Path, suffixes: Collection[str]) -> Mapping[str, bytes]:
    """What :meth:`Commit.files` would give if everything that git sees in the working tree were committed."""
    listed = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    found: dict[str, bytes] = {}
    for name in sorted({os.fsdecode(each) for each in listed.split(b"\0") if each}):
        path = folder / name
        if _wanted(name, suffixes) and path.is_file() and not path.is_symlink():
            found[name] = path.read_bytes()
    return found


def installed_files(folder: Path) -> Mapping[str, bytes]:
    """The files of the packs that the model in a folder has installed, whether git sees them or not."""
    below = folder.joinpath(*_PACKS)
    found = sorted(path for path in below.rglob("*") if path.is_file() and not path.is_symlink())
    names = {path.relative_to(folder).as_posix(): path for path in found}
    return {name: path.read_bytes() for name, path in names.items() if _wanted(name, ())}


def _wanted(name: str, suffixes: Collection[str]) -> bool:
    """Whether a file may belong to a model: by its suffix, and all of the packs that it has installed."""
    path = PurePosixPath(name)
    packs = path.parts[:2] == _PACKS
    parts = path.parts[2:] if packs else path.parts
    if path.is_absolute() or "\\" in name or any(part.startswith(".") for part in parts):
        return False
    return packs or path.suffix.lower() in suffixes


def _commit(top: Path, revision: str) -> str | None:
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    found = _asked(top, *words)
    return found.decode("ascii").strip() if found else None


def _listed(listing: bytes) -> Iterator[tuple[str, str]]:
    """Path and object of the regular files in the output of `ls-tree -z`."""
    for line in listing.split(b"\0"):
        head, _, name = line.partition(b"\t")
        mode, _, rest = head.partition(b" ")
        if mode in _REGULAR:
            yield os.fsdecode(name), rest.rpartition(b" ")[2].decode("ascii")


def _contents(top: Path, oids: list[str]) -> Iterator[bytes]:
    """The contents of objects, in order. Raises HistoryError where they are too much or one is missing."""
    if not oids:
        return
    asked = "\n".join(oids).encode() + b"\n"
    sizes = _git(top, "cat-file", "--batch-check=%(objectsize)", given=asked).split(b"\n")
    total = sum(int(size) for size in sizes if size.isdigit())
    if total > _MOST_BYTES:
        raise HistoryError(f"the committed state has {total:,} bytes: too many for a model")
    data = _git(top, "cat-file", "--batch", given=asked)
    start = 0
    for oid in oids:
        end = data.index(b"\n", start)
        size = data[start:end].rpartition(b" ")[2]
        if not size.isdigit():
            raise HistoryError(f"git has lost the object {oid}", "`git fsck` tells more")
        start = end + 1 + int(size) + 1
        yield data[end + 1 : start - 1]


def _git(folder: Path, *words: str, given: bytes = b"") -> bytes:
    """What git prints. Raises HistoryError where it ends with an error."""
    found, said = _run(folder, words, given)
    if found is None:
        raise HistoryError(f"git cannot tell the committed state: {said or 'it says nothing'}")
    return found


def _asked(folder: Path, *words: str) -> bytes | None:
    """What git prints; None where it ends with an error."""
    return _run(folder, words, b"")[0]


def _run(folder: Path, words: Sequence[str], given: bytes) -> tuple[bytes | None, str]:
    """What git prints, None where it ends with an error, and the first line that it says.

    The variables that git sets for its hooks are left out: they name the repository that the hook runs in,
    with paths relative to where git was.
    """
    program = shutil.which("git")
    if program is None:
        raise HistoryError("there is no git on the path")
    kept = {n: v for n, v in os.environ.items() if not n.startswith("GIT_") or n == _CEILING}
    call = [program, "-C", str(folder), "--literal-pathspecs", *words]
    try:
        done = subprocess.run(
            call, input=given, capture_output=True, env={**kept, **_QUIET}, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HistoryError(f"git does not answer: {error}") from None
    said = next(iter(done.stderr.decode("utf-8", "replace").strip().splitlines()), "")
    if done.returncode == 0:
        return done.stdout, said
    if "dubious ownership" in said:
        raise HistoryError(f"git does not trust the repository of `{folder}`: {said}", "see safe.directory")
    return None, said
