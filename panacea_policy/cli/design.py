"""``panacea design``: the secure design file of one system or device."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panacea_policy.cli import exits
from panacea_policy.cli.options import (
    as_of_option,
    fail_on_option,
    format_option,
    look_options,
    paths_argument,
    reaches,
)
from panacea_policy.cli.output import Terminal, write_result
from panacea_policy.cli.session import open_sound_workspace, refusing, require_exists
from panacea_policy.errors import PanaceaError

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace
    from panacea_policy.risk import RiskOptions
    from panacea_policy.secure_design import BillCheck, DesignFile

#: What a design file needs beside the packs that the model uses.
PACK = "secure_design"
#: Where `panacea feed` keeps what it read, seen from the model's folder.
STORE = Path(".panacea") / "feed.sqlite"


@click.command("design")
@click.argument("system")
@paths_argument
@click.option(
    "--pack",
    "packs",
    multiple=True,
    metavar="NAME",
    help="Also this pack, such as `design`; it need not be in use in the model. May be given again.",
)
@click.option(
    "--sbom",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A bill of materials (CycloneDX): its components are held against known weaknesses.",
)
@click.option(
    "--store",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"What `panacea feed` has read, for --sbom [default: {STORE} in the model's folder].",
)
@click.option(
    "--trials",
    type=click.IntRange(100, 10_000_000),
    default=10_000,
    show_default=True,
    help="Simulated attempts of each attacker.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Equal seeds give equal results.")
@click.option("--no-risk", is_flag=True, help="Do not simulate: exploitability is then ordinal.")
@format_option("text", "json", "markdown", "html", "csv", "reqif")
@fail_on_option
@as_of_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write to this file; a folder (or a name without an ending) gets every form.",
)
@look_options
def command(
    system: str,
    paths: tuple[Path, ...],
    packs: tuple[str, ...],
    sbom: Path | None,
    store: Path | None,
    trials: int,
    seed: int,
    no_risk: bool,
    format_: str,
    fail_on: str,
    as_of: datetime.date | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Make the secure design file of one system or device.

    SYSTEM is its name in the model. The file has its threats, the attack steps that touch it, risks in the
    words of ISO 14971, controls, requirements with
    stable ids, the four security views of a premarket file, a draft of its MDS2, and residual risk. Exit code
    1: a threat at or above --fail-on is open; 2: the model has errors, or there is no such system.
    """
    from panacea_policy.risk import RiskOptions

    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    workspace = open_sound_workspace(paths, as_of, terminal, packs=(PACK, *packs))
    if workspace is None:
        return exits.WRONG
    with refusing(workspace, terminal):
        made = _made(
            workspace, system, sbom, _store(store, paths), RiskOptions(trials=trials, seed=seed), not no_risk
        )
        text = _written(made, format_, output, terminal, quiet=quiet)
    if text:
        write_result(text, None if output is not None and _is_folder(output) else output)
    return exits.FOUND if _open_at(made, fail_on) else exits.OK


def _made(
    workspace: Workspace,
    system: str,
    sbom: Path | None,
    store: Path | None,
    options: RiskOptions,
    simulate: bool,
) -> DesignFile:
    from panacea_policy.report.reading import places
    from panacea_policy.secure_design import design

    bill = _bill(workspace, system, sbom, store) if sbom is not None else None
    return design(workspace, system, options=options, simulate=simulate, bill=bill, locate=places(workspace))


def _store(given: Path | None, paths: tuple[Path, ...]) -> Path | None:
    """The store that was asked for, or that of the model's folder where there is one."""
    if given is not None:
        require_exists(given)
        return given
    first = paths[0] if paths else Path()
    usual = (first if first.is_dir() else first.parent) / STORE
    return usual if usual.is_file() else None


def _bill(workspace: Workspace, system: str, sbom: Path, store: Path | None) -> BillCheck:
    from panacea_policy.feeds.store import Store
    from panacea_policy.formats.design_bill import check_bill
    from panacea_policy.secure_design import find

    if not sbom.is_file():
        raise PanaceaError(f"there is no file `{sbom}`", "give a bill of materials in CycloneDX")
    subject = find(workspace.model, system)
    if store is None:
        return check_bill(sbom, workspace.model, subject, None)
    with Store(store) as kept:
        return check_bill(sbom, workspace.model, subject, kept)


def _is_folder(output: Path) -> bool:
    return output.is_dir() or (not output.suffix and not output.is_file())


def _written(made: DesignFile, format_: str, output: Path | None, terminal: Terminal, *, quiet: bool) -> str:
    """The text for the terminal or the file; a folder is written here, and the text says so."""
    if output is not None and _is_folder(output):
        from panacea_policy.report.design import design_files
        from panacea_policy.report.folder import write_files

        written = write_files(design_files(made), output)
        return (
            "" if quiet else f"{len(written)} files written to {output}: begin with {output / 'design.html'}"
        )
    if format_ == "json":
        return made.to_json()
    if format_ == "markdown":
        from panacea_policy.formats.design_markdown import to_markdown

        return to_markdown(made)
    if format_ == "html":
        from panacea_policy.report.design import to_html

        return to_html(made)
    if format_ == "csv":
        from panacea_policy.formats.design_tables import requirement_table

        return requirement_table(made).to_csv()
    if format_ == "reqif":
        from panacea_policy.formats.reqif import to_reqif

        return to_reqif(made)
    from panacea_policy.cli.design_text import summary

    return summary(made, terminal, quiet=quiet)


def _open_at(made: DesignFile, threshold: str) -> bool:
    return any(t.state == "open" and reaches(t.severity, threshold) for t in made.threats)
