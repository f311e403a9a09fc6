"""Which files make up a workspace: folders as packages, and `use` between them, never outside the root."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import msgspec

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.installed import FOLDER, LOCK, Locked, LockError, content_digest, read_lock
from panacea_policy.compiler.places import builtin_folder
from panacea_policy.language import Source, Span, TreeCache, load_tree, parse, read_source, suggest
from panacea_policy.language import syntax as tree

SUFFIX = ".panacea"
#: More files than any hospital needs; a folder of a stranger's pull request must not keep a hook busy.
MAX_FILES = 5_000


class FileUnit(msgspec.Struct):
    """One source file with its tree. ``name`` is what diagnostics call it; ``folder`` is where inventories
    are read.
    """

    name: str
    folder: Path
    source: Source
    tree: tree.File


class Package(msgspec.Struct):
    """A folder of files that share one scope. ``prefix`` begins the qualified names of its declarations."""

    label: str
    prefix: str
    folder: Path
    boundary: Path
    files: list[FileUnit] = msgspec.field(default_factory=list)
    uses: list[Package] = msgspec.field(default_factory=list)
    #: Files read for it: texts, and inventories that these name.
    inputs: set[Path] = msgspec.field(default_factory=set)
    #: It came with the installation, or the model installed it.
    library: bool = False

    def qualify(self, name: str) -> str:
        """The name by which everything outside the package knows this declaration."""
        return self.prefix + name


class Loader:
    """Reads packages on demand, each once; texts given as overlays win over the disk."""

    def __init__(
        self,
        builtin: Path,
        cache: TreeCache | None,
        overlays: dict[Path, str],
        parsed: dict[Path, FileUnit],
        shared: dict[Path, Package],
        report: Report,
    ) -> None:
        """``shared``: packages of the installation read before; those read now are added to it."""
        self._builtin = builtin
        self._cache = cache
        self._overlays = overlays
        self._parsed = parsed
        self._report = report
        self._packages: dict[Path, Package] = {}
        self._shared = shared
        self._root = builtin
        self._locked: Mapping[str, Locked] = {}
        self.sources: dict[str, Source] = {}

    @property
    def packages(self) -> list[Package]:
        """Every package read so far, in order of reading."""
        return list(self._packages.values())

    def load_root(self, folder: Path, files: list[Path] | None) -> Package:
        """The package that was asked for, and all it uses. ``files`` narrows it to some of the folder's
        files, and to texts that are no file at all.
        """
        self._root = folder
        self._read_lock(folder)
        package = self._own_pack(folder) or Package(folder.name, "", folder, folder)
        self._packages[folder] = package
        package.inputs.add(folder / LOCK)
        if files is None:
            chosen = self._files_of(folder, folder)
        else:
            chosen = [
                *files,
                *(each for each in self._overlays if each not in files and self._floats(each, folder)),
            ]
        self._fill(package, chosen, folder)
        return package

    # ------------------------------------------------------------------------------------------ internals

    def _floats(self, path: Path, folder: Path) -> bool:
        """Whether an overlay in a folder stands for no file there."""
        return path.parent == folder and not path.exists()

    def _own_pack(self, folder: Path) -> Package | None:
        """The package for a folder of the installation that is opened itself: its names stay what users
        know.
        """
        if folder == self._builtin / "models" / "std":
            return Package("std", "std.", folder, self._builtin, library=True)
        if folder.parent == self._builtin / "rules":
            return Package(folder.name, f"{folder.name}.", folder, self._builtin, library=True)
        return None

    def _read_lock(self, root: Path) -> None:
        """The packs that the model installed; a lock that cannot be read is a mistake, told once."""
        try:
            self._locked = read_lock(root)
        except LockError as problem:
            self.sources[LOCK] = Source(LOCK, "")
            self._report.error(
                "P0210", Span(LOCK, 0, 0), str(problem), help=f"restore {LOCK} from your repository"
            )

    def _files_of(self, folder: Path, boundary: Path) -> list[Path]:
        found = [path for path in folder.iterdir() if path.suffix == SUFFIX and path.is_file()]
        found = [path for path in found if not path.is_symlink() or self._stays_inside(path, boundary)]
        found += [path for path in self._overlays if path.parent == folder and path not in found]
        return sorted(found)

    def _stays_inside(self, link: Path, boundary: Path) -> bool:
        """Whether a symbolic link leads to a file of the workspace; another one is reported and not read."""
        if link.resolve().is_relative_to(boundary.resolve()):
            return True
        name = self._display_name(link, boundary)
        self.sources[name] = Source(name, "")
        self._report.error(
            "P0201",
            Span(name, 0, 0),
            "the file is a link that leads out of the workspace, so it is not read",
            help="copy the file here",
        )
        return False

    def _fill(self, package: Package, files: list[Path], boundary: Path) -> None:
        if len(files) > MAX_FILES:
            name = self._display_name(files[MAX_FILES], boundary)
            self._report.error(
                "P0208",
                Span(name, 0, 0),
                f"the folder has {len(files)} files; no more than {MAX_FILES} are read",
                help="split the model into folders, and `use` them",
            )
        for path in files[:MAX_FILES]:
            package.inputs.add(path)
            unit = self._unit(path, boundary)
            if unit is not None:
                package.files.append(unit)
        for unit in package.files:
            for item in unit.tree.items:
                if isinstance(item, tree.Use):
                    self._use(package, unit, item)

    def _unit(self, path: Path, boundary: Path) -> FileUnit | None:
        name = self._display_name(path, boundary)
        if path in self._overlays:
            source: Source | None = Source(name, self._overlays[path])
        else:
            read = read_source(path, name=name)
            if isinstance(read, Source):
                source = read
            else:
                self._report.add(read)
                return None
        assert source is not None
        self.sources[name] = source
        known = self._parsed.get(path)
        if known is not None and known.source.text == source.text and known.name == name:
            return known
        result = load_tree(source, self._cache)
        self._report.extend(result.diagnostics)
        unit = FileUnit(name, path.parent, source, result.file)
        if not result.diagnostics:
            self._parsed[path] = unit
        return unit

    def _display_name(self, path: Path, boundary: Path) -> str:
        base = self._builtin if path.is_relative_to(self._builtin) else boundary
        return str(PurePosixPath(path.relative_to(base))) if path.is_relative_to(base) else path.name

    def _use(self, package: Package, unit: FileUnit, item: tree.Use) -> None:
        span = Span(unit.name, item.package.start, item.package.end)
        if item.package.parts[0] == "packs" and not self._is_as_locked(item.package.parts, span):
            return
        used = self._find(package, item.package.parts)
        if used is None:
            near = suggest(item.package.name, self._known_packages(package))
            self._report.error(
                "P0200",
                span,
                f"there is no package `{item.package.name}`",
                help=f"did you mean `{near}`?"
                if near
                else "packages are std.…, packs.… and folders below the model",
            )
        elif used is not package and used not in package.uses:
            package.uses.append(used)

    def _find(self, package: Package, parts: tuple[str, ...]) -> Package | None:
        if parts[0] in ("std", "packs"):
            return self._builtin_package(list(parts))
        folder = package.boundary.joinpath(*parts)
        target = (
            folder if folder.is_dir() else folder.parent if folder.with_suffix(SUFFIX).is_file() else None
        )
        if target is None or not target.resolve().is_relative_to(package.boundary.resolve()):
            return None
        return self._package(target, ".".join(parts), f"{'.'.join(parts)}.", package.boundary)

    def _builtin_package(self, parts: list[str]) -> Package | None:
        if parts[0] == "std":
            return self._package(self._builtin / "models" / "std", "std", "std.", self._builtin)
        if len(parts) < 2:
            return None
        if parts[1] in self._locked:
            folder = self._installed(parts[1])
            return self._package(folder, parts[1], f"{parts[1]}.", folder)
        folder = self._builtin / "rules" / parts[1]
        return self._package(folder, parts[1], f"{parts[1]}.", self._builtin) if folder.is_dir() else None

    def _installed(self, name: str) -> Path:
        return self._root / FOLDER / name

    def _is_as_locked(self, parts: tuple[str, ...], span: Span) -> bool:
        """Whether a pack is what the lock says, if it names it; what is not is told and not used."""
        locked = self._locked.get(parts[1]) if len(parts) > 1 else None
        if locked is None:
            return True
        folder = self._installed(locked.name)
        if folder not in self._packages:
            found = content_digest(folder) if folder.is_dir() and not folder.is_symlink() else None
            if found != locked.digest:
                told = "is not there" if found is None else "is not what was installed"
                self._report.error(
                    "P0211",
                    span,
                    f"the pack `{locked.name}` {told}: {LOCK} names another content",
                    help=f"install it again: `panacea pack install {locked.name}-{locked.version}.zip`",
                )
                return False
        return True

    def _package(self, folder: Path, label: str, prefix: str, boundary: Path) -> Package:
        known = self._packages.get(folder) or self._shared.get(folder)
        if known is not None:
            self._register(known)
            return known
        package = Package(label, prefix, folder, boundary, library=boundary != self._root)
        self._packages[folder] = package
        self._fill(package, self._files_of(folder, boundary), boundary)
        if boundary == self._builtin:
            self._shared[folder] = package
        return package

    def _register(self, package: Package) -> None:
        """Count a package read before, and those it uses, among the packages of this run."""
        if self._packages.setdefault(package.folder, package) is package:
            for unit in package.files:
                self.sources.setdefault(unit.name, unit.source)
            for used in package.uses:
                if used.folder not in self._packages:
                    self._register(used)

    def _known_packages(self, package: Package) -> Iterator[str]:
        yield "std.healthcare"
        yield from (f"packs.{name}" for name in self._locked)
        rules = self._builtin / "rules"
        if rules.is_dir():
            yield from (f"packs.{folder.name}" for folder in sorted(rules.iterdir()) if folder.is_dir())
        yield from (path.name for path in sorted(package.boundary.iterdir()) if path.is_dir())


def pack_names() -> tuple[str, ...]:
    """The packs of the installation, by name."""
    rules = builtin_folder() / "rules"
    return tuple(sorted(each.name for each in rules.iterdir() if any(each.glob(f"*{SUFFIX}"))))


def parse_text(name: str, text: str, folder: Path, report: Report) -> FileUnit:
    """A unit from a text that is no file: the `given` part of a test, or a query."""
    source = Source(name, text)
    result = parse(source)
    report.extend(result.diagnostics)
    return FileUnit(name, folder, source, result.file)


def is_library(package: Package, root: Package) -> bool:
    """Whether a package belongs to the installation or was installed, and is not the one that was opened."""
    return package is not root and package.library


def root_of(paths: list[Path]) -> tuple[Path, list[Path] | None]:
    """The folder that is the workspace's boundary, and its files where not the whole folder is meant."""
    if len(paths) == 1 and paths[0].is_dir():
        return paths[0], None
    files = [
        file for path in paths for file in (sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path])
    ]
    folders = {file.parent for file in files} or {paths[0]}
    root = min(folders, key=lambda folder: len(folder.parts))
    while not all(folder.is_relative_to(root) for folder in folders):
        root = root.parent
    return root, files
