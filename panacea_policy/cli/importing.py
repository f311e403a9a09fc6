"""``panacea import``: other tools' models and inventories become a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panacea_policy.cli import exits
from panacea_policy.cli.options import Command
from panacea_policy.cli.output import note
from panacea_policy.errors import PanaceaError

if TYPE_CHECKING:
    from panacea_policy.formats.import_writing import Conversion


@click.group("import")
def command() -> None:
    """Turn another tool's model or inventory into *.panacea files."""


def _output_options(command: Command) -> Command:
    """``-o``, ``--force`` and ``--quiet``."""
    for option in (
        click.option("-q", "--quiet", is_flag=True, help="Print only what could not be read."),
        click.option("--force", is_flag=True, help="Replace files that exist with other content."),
        click.option(
            "-o",
            "--output",
            type=click.Path(file_okay=False, path_type=Path),
            required=True,
            help="The model folder to write.",
        ),
    ):
        command = option(command)
    return command


@command.command("drmp")
@click.argument("folder", type=click.Path(path_type=Path))
@_output_options
def drmp(folder: Path, output: Path, force: bool, quiet: bool) -> int:
    """Read the device, reachability and vulnerability inventories of the PANACEA DRMP.

    What could not be carried over is listed, and written to NOTES.md. Exit code 1: a part of the input could
    not be used.
    """
    from panacea_policy.formats.drmp import convert

    return _converted(folder, lambda: convert(folder), output, force=force, quiet=quiet)


@command.command("otm")
@click.argument("file", type=click.Path(path_type=Path))
@_output_options
@click.option(
    "--ignore-files",
    is_flag=True,
    help="Read the elements, even where the document holds the files of a model that we exported.",
)
def otm(file: Path, output: Path, force: bool, quiet: bool, ignore_files: bool) -> int:
    """Read an Open Threat Model 0.2 (JSON) of IriusRisk and other tools.

    A document that `panacea export otm` wrote gives the same model again. What could not be carried over is
    listed, and written to NOTES.md. Exit code 1: a part of the input could not be used.
    """
    from panacea_policy.formats.otm_read import convert

    return _converted(
        file, lambda: convert(file, ignore_files=ignore_files), output, force=force, quiet=quiet
    )


@command.command("threagile")
@click.argument("file", type=click.Path(path_type=Path))
@_output_options
def threagile(file: Path, output: Path, force: bool, quiet: bool) -> int:
    """Read a Threagile model (YAML).

    What could not be carried over is listed, and written to NOTES.md. Exit code 1: a part of the input could
    not be used.
    """
    from panacea_policy.formats.threagile import convert

    return _converted(file, lambda: convert(file), output, force=force, quiet=quiet)


@command.command("nmap")
@click.argument("file", type=click.Path(path_type=Path))
@_output_options
@click.option(
    "--network",
    "networks",
    multiple=True,
    metavar="CIDR",
    help="A network of the site, such as 10.1.2.0/24: a zone of its own. May be given again.",
)
def nmap(file: Path, output: Path, force: bool, quiet: bool, networks: tuple[str, ...]) -> int:
    """Read a scan of nmap (-oX): networks become zones, hosts systems, open ports endpoints.

    What a scan cannot say is listed, and written to NOTES.md. Exit code 1: a part of the input could not be
    used.
    """
    from panacea_policy.formats.nmap_model import convert

    return _converted(file, lambda: convert(file, networks), output, force=force, quiet=quiet)


def _converted(
    source: Path, convert: Callable[[], Conversion], output: Path, *, force: bool, quiet: bool
) -> int:
    """Convert, write the files and say what was left out; gives the exit code."""
    from panacea_policy.cli.session import require_exists
    from panacea_policy.formats.import_reading import ImportProblem

    require_exists(source)
    try:
        conversion = convert()
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
