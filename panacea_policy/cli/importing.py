"""``panacea import``: other tools' models and inventories become a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from panacea_policy.cli import exits
from panacea_policy.cli.output import note
from panacea_policy.errors import PanaceaError


@click.group("import")
def command() -> None:
    """Turn another tool's model or inventory into *.panacea files."""


@command.command("drmp")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The model folder to write.",
)
@click.option("--force", is_flag=True, help="Replace files that exist with other content.")
@click.option("-q", "--quiet", is_flag=True, help="Print only what could not be read.")
def drmp(folder: Path, output: Path, force: bool, quiet: bool) -> int:
    """Read the device, reachability and vulnerability inventories of the PANACEA DRMP.

    What could not be carried over is listed, and written to NOTES.md. Exit code 1: a part of the input could
    not be used.
    """
    from panacea_policy.cli.session import require_exists
    from panacea_policy.formats.drmp import convert
    from panacea_policy.formats.import_reading import ImportProblem

    require_exists(folder)
    try:
        conversion = convert(folder)
    except ImportProblem as error:
        for line in error.lines():
            note(line)
        raise
    _write(conversion.files, output, force=force, quiet=quiet)
    for diagnostic in conversion.diagnostics:
        note(str(diagnostic))
    if not quiet:
        for text in conversion.notes:
            note(f"note: {text}")
        note(f"next: panacea check {output}")
    return exits.FOUND if conversion.diagnostics else exits.OK


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else None


def _write(files: Mapping[str, str], output: Path, *, force: bool, quiet: bool) -> None:
    """Write the files, all or none: refused when one would replace another content."""
    from panacea_policy.storage import write_atomically

    changed = [name for name, text in files.items() if _content(output / name) != text]
    taken = [name for name in changed if (output / name).exists()]
    if taken and not force:
        raise PanaceaError(f"{output} already has {', '.join(taken)}", "--force replaces them")
    for name in changed:
        path = output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, files[name])
        if not quiet:
            note(f"  written  {path}")
