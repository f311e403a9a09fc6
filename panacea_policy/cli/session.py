"""What most commands begin with: open the paths as a workspace, and show what is wrong with it."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import click

from panacea_policy.cli.exits import WRONG
from panacea_policy.cli.output import Terminal, note
from panacea_policy.errors import PanaceaError

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace
    from panacea_policy.language import Diagnostic, Source

SUFFIX = ".panacea"


def open_workspace(paths: Sequence[Path], as_of: datetime.date | None, *, cached: bool = True) -> Workspace:
    """The workspace of these files and folders. ``cached``: may be read from the disk cache, and kept there.

    Raises PanaceaError when one of them does not exist or is no model.
    """
    from panacea_policy.compiler import Workspace
    from panacea_policy.engine.kernels import announce_to

    announce_to(_compiling if sys.stderr.isatty() else None)
    chosen = list(paths) or [Path()]
    for path in chosen:
        require_exists(path)
        require_model(path)
    return Workspace.open(*chosen, as_of=as_of, cache=cached)


def _compiling() -> None:
    note("compiling kernels (once)…")


def require_exists(path: Path) -> None:
    """Raise PanaceaError, naming a near neighbour, when there is no such file or folder."""
    if path.exists():
        return
    from difflib import get_close_matches

    try:
        siblings = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        siblings = []
    near = get_close_matches(path.name, siblings, n=1)
    help = (
        f"did you mean `{path.parent / near[0]}`?"
        if near
        else "give a *.panacea file or a folder that holds some"
    )
    raise PanaceaError(f"there is no file or folder `{path}`", help)


def require_model(path: Path) -> None:
    """Raise PanaceaError when a file is no model file, or a folder holds none; those below it are named."""
    if path.is_file():
        if path.suffix != SUFFIX:
            raise PanaceaError(f"`{path}` is no *{SUFFIX} file", "give a file of a model, or its folder")
        return
    if any(entry.suffix == SUFFIX for entry in path.iterdir()):
        return
    below = [f"`{folder}`" for folder in _folders_below(path)]
    more = f" or one of {len(below) - 3} more" if len(below) > 3 else ""
    help = f"`panacea init {path}` starts a model there"
    if below:
        help = f"give the folder of one model: {', '.join(below[:3])}{more}"
    raise PanaceaError(f"there is no *{SUFFIX} file in `{path}`", help)


def _folders_below(path: Path) -> list[Path]:
    """The folders at or below the path that hold ``*.panacea`` files; hidden ones are passed over."""
    found: list[Path] = []
    for folder, below, files in os.walk(path):
        below[:] = sorted(name for name in below if not name.startswith("."))
        if any(file.endswith(SUFFIX) for file in files):
            found.append(Path(folder))
    return found


def render_diagnostics(
    sources: Mapping[str, Source],
    diagnostics: Sequence[Diagnostic],
    *,
    colour: bool,
    root: Path | None = None,
) -> str:
    """All of them as text for people, with a closing line that counts them.

    ``root`` is the folder of the workspace that they come from: their files are then named as seen from the
    current folder.
    """
    from panacea_policy.language import render

    shown: Sequence[Diagnostic] = diagnostics
    if root is not None:
        from panacea_policy.formats.places import Places

        shown, sources = Places(root, Path.cwd()).relocated(diagnostics, sources)
    parts = [render(diagnostic, sources, colour=colour) for diagnostic in shown]
    return "\n\n".join([*parts, count_diagnostics(diagnostics)]) + "\n"


def count_diagnostics(diagnostics: Sequence[Diagnostic]) -> str:
    """``3 errors, 1 warning``."""
    from panacea_policy.language import Severity

    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
    warnings = len(diagnostics) - errors
    parts = [plural(errors, "error")] if errors else []
    parts += [plural(warnings, "warning")] if warnings else []
    return ", ".join(parts) or "no errors"


def plural(count: int, noun: str, many: str | None = None) -> str:
    """``1 finding``, ``2 findings``, ``1,250 findings``."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def open_sound_workspace(
    paths: Sequence[Path], as_of: datetime.date | None, terminal: Terminal, packs: Sequence[str] = ()
) -> Workspace | None:
    """The workspace when it has no errors; else None, the errors having been shown on standard error.

    ``packs`` are in use as if the model said so.
    """
    workspace = open_workspace(paths, as_of)
    use_packs(workspace, packs)
    if workspace.ok:
        return workspace
    refuse(workspace.sources, workspace.diagnostics(), terminal, workspace.root)
    return None


def sound_workspace(
    paths: Sequence[Path], as_of: datetime.date | None, terminal: Terminal, packs: Sequence[str] = ()
) -> Workspace:
    """The same; a workspace with errors ends the command with exit code 2."""
    workspace = open_sound_workspace(paths, as_of, terminal, packs)
    if workspace is None:
        raise click.exceptions.Exit(WRONG)
    return workspace


def use_packs(workspace: Workspace, packs: Sequence[str]) -> None:
    """Put packs in use beside those that the model itself uses: of the installation, or that it installed.

    Raises PanaceaError for a pack that neither the installation nor the model has.
    """
    if not packs:
        return
    from panacea_policy.compiler.installed import LockError, read_lock
    from panacea_policy.compiler.packages import pack_names
    from panacea_policy.language.diagnostics import suggest

    try:
        installed = tuple(sorted({*pack_names(), *read_lock(workspace.root)}))
    except LockError:
        return  # the workspace has an error that says so
    asked = [name for name in packs if name in installed]
    if asked:
        words = ", ".join(f"packs.{name}" for name in asked)
        workspace.update(f"packs asked for{SUFFIX}", f"use {words}\n")
    for name in packs:
        if name not in installed and (not workspace.ok or not _declares(workspace, name)):
            near = suggest(name, installed)
            raise PanaceaError(
                f"there is no pack `{name}`",
                f"did you mean `{near}`?" if near else f"packs are {', '.join(installed)}",
            )


def _declares(workspace: Workspace, pack: str) -> bool:
    """Whether a pack of that name stands in the model itself, or in a package of its own folders."""
    return any(pack in (each.name, each.name.rpartition(".")[0]) for each in workspace.model.entities("pack"))


def refuse(
    sources: Mapping[str, Source],
    diagnostics: Sequence[Diagnostic],
    terminal: Terminal,
    root: Path | None = None,
) -> int:
    """Show what is wrong on standard error; gives the exit code for it."""
    note(render_diagnostics(sources, diagnostics, colour=terminal.colour, root=root).rstrip("\n"))
    return WRONG


def package_folders(paths: Sequence[Path]) -> list[Path]:
    """Every folder at or below the paths that holds ``*.panacea`` files; a file stands for its folder.

    Raises PanaceaError when a path does not exist or there is no such file. Hidden folders are passed over;
    symbolic links to folders are not followed.
    """
    found: dict[Path, None] = {}
    for path in list(paths) or [Path()]:
        require_exists(path)
        if path.is_file():
            require_model(path)
            found[path.parent] = None
            continue
        folders = _folders_below(path)
        if not folders:
            require_model(path)
        found.update(dict.fromkeys(folders))
    return list(found)


@contextmanager
def refusing(workspace: Workspace, terminal: Terminal) -> Iterator[None]:
    """Ends the command with exit code 2, and shows why, where a question or the model cannot be evaluated."""
    from panacea_policy.compiler import QueryError, WorkspaceError

    try:
        yield
    except QueryError as error:
        raise click.exceptions.Exit(
            refuse({error.source.name: error.source}, error.diagnostics, terminal)
        ) from error
    except WorkspaceError as error:
        code = refuse(workspace.sources, error.diagnostics, terminal, workspace.root)
        raise click.exceptions.Exit(code) from error


def evidence_extra() -> ModuleType:
    """The evidence package. Raises PanaceaError where something that it needs is not installed."""
    try:
        from panacea_policy import evidence
    except ImportError as error:
        raise PanaceaError(
            f"this needs the package `{error.name}`",
            "In the checkout: pip install '.[evidence]'",
        ) from None
    return evidence
