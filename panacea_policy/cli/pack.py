"""``panacea pack``: packs of rules that others publish: made, checked, built, signed, installed, listed."""

from __future__ import annotations

import os
from pathlib import Path

import click

from panacea_policy.cli import exits
from panacea_policy.cli.options import look_options
from panacea_policy.cli.output import Terminal, write_result
from panacea_policy.cli.session import evidence_extra, plural
from panacea_policy.errors import PanaceaError

PASSPHRASE = "PANACEA_KEY_PASSPHRASE"
#: No pack and no signature is larger.
_MOST_BYTES = 256 * 1024 * 1024
_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("pack")
def command() -> None:
    """Make, check, sign and install packs of rules.

    A pack is a folder with one `pack` declaration, clauses, rules, tests and a README. Ours go through the
    same door as those of others.
    """
    evidence_extra()


@command.command("new")
@click.argument("name")
@click.argument("folder", type=_FOLDER, required=False)
@look_options
def new(name: str, folder: Path | None, quiet: bool, no_color: bool) -> int:
    """Start a pack: one clause, one rule, its test and a README, in FOLDER [default: NAME]."""
    from panacea_policy.packs import scaffold

    written = scaffold(name, folder or Path(name))
    if not quiet:
        write_result("".join(f"{path}\n" for path in written), None)
    return exits.OK


@command.command("check")
@click.argument("folders", nargs=-1, required=True, type=_FOLDER)
@look_options
def check(folders: tuple[Path, ...], quiet: bool, no_color: bool) -> int:
    """Say whether packs may be published: clauses are whole and told apart, rules have tests, tests pass.

    Exit code 1: one may not; 2: one cannot be read.
    """
    from panacea_policy.language.diagnostics import visible
    from panacea_policy.packs import PackReport, open_project
    from panacea_policy.packs import check as checked

    terminal = Terminal.detect(no_color=no_color, to_file=False)
    reports: list[PackReport] = []
    lines: list[str] = []
    for folder in folders:
        project = open_project(folder)
        report = checked(project)
        reports.append(report)
        for fault in report.faults:
            told = visible(f"{project.name}: {fault.about}: {fault.message}")
            lines.append(f"{terminal.style('✗', fg='red')} {told}")
            lines += [f"    {visible(fault.help)}"] if fault.help else []
        if not quiet:
            notes = [visible(f"{project.name}: {told}") for told in report.notes]
            lines += [f"{terminal.style('–', fg='yellow')} {told}" for told in notes]
            mark = terminal.style("✓", fg="green") if report.ok else terminal.style("✗", fg="red")
            numbers = ((report.requirements, "clause"), (report.rules, "rule"), (report.tests, "test"))
            counts = ", ".join(plural(count, noun) for count, noun in numbers)
            told = "may be published" if report.ok else plural(len(report.faults), "fault")
            lines.append(f"{mark} {project.name}: {counts}: {told}")
    write_result("".join(f"{line}\n" for line in lines), None)
    return exits.OK if all(report.ok for report in reports) else exits.FOUND


@command.command("build")
@click.argument("folder", type=_FOLDER)
@click.option(
    "-o", "--output", type=_FOLDER, default=Path(), help="The folder to write into [default: this one]."
)
@look_options
def build(folder: Path, output: Path, quiet: bool, no_color: bool) -> int:
    """Check the pack in FOLDER and put it into one file, NAME-VERSION.zip."""
    from panacea_policy.packs import build as built
    from panacea_policy.packs import check as checked
    from panacea_policy.packs import open_project
    from panacea_policy.storage import write_atomically

    project = open_project(folder)
    report = checked(project)
    if not report.ok:
        fault = report.faults[0]
        raise PanaceaError(
            f"the pack `{project.name}` has faults, such as {fault.about}: {fault.message}",
            f"`panacea pack check {folder}` shows all",
        )
    name, data = built(project)
    output.mkdir(parents=True, exist_ok=True)
    write_atomically(output / name, data)
    if not quiet:
        write_result(f"{output / name}\n", None)
    return exits.OK


@command.command("sign")
@click.argument("file", type=_FILE)
@click.option(
    "--key", type=_FILE, required=True, help="The publisher's private key (`panacea evidence keygen`)."
)
@look_options
def sign(file: Path, key: Path, quiet: bool, no_color: bool) -> int:
    """Vouch for a built pack: the signature goes into FILE.dsse.json beside it."""
    from panacea_policy.evidence import read_signing_key
    from panacea_policy.packs import read_archive
    from panacea_policy.packs import sign as signed
    from panacea_policy.packs.signing import ENDING
    from panacea_policy.storage import write_atomically

    word = os.environ.get(PASSPHRASE)
    envelope = signed(read_archive(_read(file)), read_signing_key(key, word.encode() if word else None))
    target = file.with_name(file.name + ENDING)
    write_atomically(target, envelope.data)
    if not quiet:
        write_result(f"{target}: signed by key {envelope.signatures[0].keyid}\n", None)
    return exits.OK


@command.command("install")
@click.argument("file", type=_FILE)
@click.option("--model", type=_FOLDER, default=Path(), help="The model's folder [default: this one].")
@click.option(
    "--key", "keys", multiple=True, type=_FILE, help="A publisher's public key that you trust (PEM)."
)
@click.option("--unsigned", is_flag=True, help="Take a pack that nobody vouches for.")
@click.option("--older", is_flag=True, help="Go back to an older version.")
@look_options
def install(
    file: Path, model: Path, keys: tuple[Path, ...], unsigned: bool, older: bool, quiet: bool, no_color: bool
) -> int:
    """Check a pack's signature and put it into the model: `.panacea/packs`, and `panacea.lock`."""
    from panacea_policy.evidence import read_public_key
    from panacea_policy.packs import install as installed
    from panacea_policy.packs import read_archive
    from panacea_policy.packs.signing import ENDING

    beside = file.with_name(file.name + ENDING)
    signature = _read(beside) if beside.exists() else None
    trusted = [read_public_key(path) for path in keys]
    locked = installed(model, read_archive(_read(file)), signature, trusted, unsigned=unsigned, older=older)
    if not quiet:
        by = f"signed by key {locked.signed_by[:16]}…" if locked.signed_by else "UNSIGNED"
        write_result(f"{locked.name} {locked.version}, {by}: `use packs.{locked.name}`\n", None)
    return exits.OK


@command.command("remove")
@click.argument("name")
@click.option("--model", type=_FOLDER, default=Path(), help="The model's folder [default: this one].")
@look_options
def remove(name: str, model: Path, quiet: bool, no_color: bool) -> int:
    """Take an installed pack out of the model."""
    from panacea_policy.packs import removed

    locked = removed(model, name)
    if not quiet:
        write_result(f"{locked.name} {locked.version} is gone\n", None)
    return exits.OK


@command.command("list")
@click.option("--model", type=_FOLDER, default=Path(), help="The model's folder [default: this one].")
@look_options
def list_(model: Path, quiet: bool, no_color: bool) -> int:
    """List the packs that a model can use, and who vouches for them. Exit code 1: one was altered."""
    from panacea_policy.cli.text_table import Head, lines_of
    from panacea_policy.packs import listed

    found = listed(model)
    rows = [
        (each.name, each.version, each.state, f"key {each.signed_by[:16]}…" if each.signed_by else "")
        for each in found
    ]
    heads = [Head("pack", 16, left=True), Head("version", 10, left=True), Head("state", 22, left=True)]
    write_result("\n".join(lines_of([*heads, Head("signed by", 22, left=True)], rows)) + "\n", None)
    return exits.FOUND if any(each.state in ("altered", "missing") for each in found) else exits.OK


def _read(path: Path) -> bytes:
    from panacea_policy.storage import read_bounded

    try:
        return read_bounded(path, _MOST_BYTES)
    except OSError as error:
        raise PanaceaError(f"`{path}` cannot be read: {error.strerror}") from None
