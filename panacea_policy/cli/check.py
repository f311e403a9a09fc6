"""``panacea check``: mistakes, design threats and violated clauses of a model."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panacea_policy.cli import exits
from panacea_policy.cli.answers import Answers
from panacea_policy.cli.check_new import Comparison, ratchet_options, written
from panacea_policy.cli.options import (
    as_of_option,
    fail_on_option,
    format_option,
    look_options,
    output_option,
    paths_argument,
    violates,
)
from panacea_policy.cli.output import Terminal, note, write_result

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
@ratchet_options
@click.option("--no-cache", is_flag=True, help="Work everything out anew.")
@click.option("--all", "everything", is_flag=True, help="List every subject and question, not the first few.")
@fail_on_option
@as_of_option
@output_option
@look_options
def command(
    paths: tuple[Path, ...],
    format_: str,
    sarif_profile: str,
    no_cache: bool,
    everything: bool,
    fail_on: str,
    as_of: datetime.date | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
    new: bool,
    against: str | None,
    baseline: Path | None,
    write_baseline: Path | None,
    certified: Path | None,
    keys: tuple[Path, ...],
) -> int:
    """Find mistakes, design threats and violated clauses in a model.

    A check that waits for an attribute nobody set is unknown: it never passes, it becomes a question.
    Exit code 1: a violation at or above --fail-on; 2: the model has errors.
    """
    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    as_of = as_of or datetime.datetime.now().astimezone().date()
    chosen = [str(path.resolve()) for path in paths or (Path(),)]
    look = [format_, sarif_profile, str(everything), fail_on, str(quiet), repr(terminal), os.getcwd()]
    comparison = Comparison.asked(
        paths, new=new, against=against, baseline=baseline, certified=certified, keys=keys
    )
    question = ["check", as_of.isoformat(), *look, *(comparison.words() if comparison else ()), *chosen]
    answers = Answers()
    known = None if no_cache or write_baseline is not None else answers.get(question)
    if known is not None:
        text, code = known.text, known.code
    else:
        run = _run(paths, as_of)
        if comparison is not None:
            run = comparison.applied(run, None if no_cache else answers)
        if write_baseline is not None and run.compliance is not None:
            note(written(run, write_baseline))
            return exits.OK
        text = _text(run, format_, sarif_profile, terminal, quiet, everything, fail_on)
        code = _exit_code(run, fail_on)
        if code != exits.WRONG:
            files, folders = run.workspace.inputs()
            answers.put(question, text, code, {*files, *(comparison.files() if comparison else ())}, folders)
    if text:
        write_result(text, output)
    return code


def _text(
    run: CheckRun,
    format_: str,
    sarif_profile: str,
    terminal: Terminal,
    quiet: bool,
    everything: bool,
    fail_on: str,
) -> str:
    if format_ != "text":
        return _machine_text(run, format_, sarif_profile)
    from panacea_policy.cli.check_text import check_text, failures_text

    return failures_text(run, fail_on) if quiet else check_text(run, terminal, everything=everything)


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
    void = run.ratchet is not None and bool(run.ratchet.void) and threshold != "never"
    return exits.FOUND if void or violates(run.deciding, threshold) else exits.OK
