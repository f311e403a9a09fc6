"""``panacea check``: mistakes, design threats and violated clauses of a model."""

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
    output_option,
    paths_argument,
    violates,
)
from panacea_policy.cli.output import Terminal, write_result

if TYPE_CHECKING:
    from panacea_policy.formats.check_run import CheckRun


@click.command("check")
@paths_argument
@format_option("text", "json", "sarif", "junit", "github")
@click.option(
    "--sarif-profile",
    type=click.Choice(["github", "audit"]),
    default="github",
    show_default=True,
    help="github: open failures, for code scanning; audit: every verdict, waivers included.",
)
@click.option("--all", "everything", is_flag=True, help="List every subject and question, not the first few.")
@fail_on_option
@as_of_option
@output_option
@look_options
def command(
    paths: tuple[Path, ...],
    format_: str,
    sarif_profile: str,
    everything: bool,
    fail_on: str,
    as_of: datetime.date | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Find mistakes, design threats and violated clauses in a model.

    A check that waits for an attribute nobody set is unknown: it never passes, it becomes a question.
    Exit code 1: a violation at or above --fail-on; 2: the model has errors.
    """
    run = _run(paths, as_of)
    if format_ == "text":
        from panacea_policy.cli.check_text import check_text, failures_text

        terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
        text = failures_text(run, fail_on) if quiet else check_text(run, terminal, everything=everything)
    else:
        text = _machine_text(run, format_, sarif_profile)
    if text:
        write_result(text, output)
    return _exit_code(run, fail_on)


def _run(paths: tuple[Path, ...], as_of: datetime.date | None) -> CheckRun:
    from panacea_policy.cli.session import open_workspace
    from panacea_policy.compiler import WorkspaceError
    from panacea_policy.compliance import assess
    from panacea_policy.formats.check_run import CheckRun

    workspace = open_workspace(paths, as_of)
    diagnostics = workspace.diagnostics()
    compliance = None
    try:
        compliance = assess(workspace) if workspace.ok else None
    except WorkspaceError as error:
        diagnostics = (*diagnostics, *error.diagnostics)
    return CheckRun(workspace, Path.cwd(), diagnostics, compliance)


def _machine_text(run: CheckRun, format_: str, profile: str) -> str:
    if format_ == "json":
        from panacea_policy.formats.check_json import to_json

        return to_json(run)
    if format_ == "sarif":
        from panacea_policy.formats.sarif import to_sarif

        return to_sarif(run, "audit" if profile == "audit" else "github")
    if format_ == "junit":
        from panacea_policy.formats.junit import to_junit

        return to_junit(run)
    from panacea_policy.formats.github import to_github

    return to_github(run)


def _exit_code(run: CheckRun, threshold: str) -> int:
    if run.compliance is None:
        return exits.WRONG
    return exits.FOUND if violates(run.findings, threshold) else exits.OK
