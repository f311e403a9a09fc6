"""``panacea check``: mistakes, design threats and violated clauses of a model."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import click

from panacea_policy.cli import exits
from panacea_policy.cli.check_call import Call
from panacea_policy.cli.options import (
    as_of_option,
    fail_on_option,
    format_option,
    look_options,
    output_option,
    paths_argument,
    ratchet_options,
)
from panacea_policy.cli.output import Terminal, note, write_result


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
@click.option(
    "--warm",
    is_flag=True,
    help="Leave a process behind that answers the next check of this model at once; it ends when idle.",
)
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
    warm: bool,
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
    accepted: tuple[str, ...],
) -> int:
    """Find mistakes, design threats and violated clauses in a model.

    A check that waits for an attribute nobody set is unknown: it never passes, it becomes a question.
    Exit code 1: a violation at or above --fail-on; 2: the model has errors.
    """
    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    call = Call(
        paths=[str(path) for path in paths],
        folder=os.getcwd(),
        as_of=as_of or datetime.datetime.now().astimezone().date(),
        format=format_,
        profile=sarif_profile,
        colour=terminal.colour,
        width=terminal.width,
        quiet=quiet,
        everything=everything,
        fail_on=fail_on,
        new=new,
        against=against,
        baseline=str(baseline) if baseline is not None else None,
        certified=str(certified) if certified is not None else None,
        keys=[str(key) for key in keys],
        accepted=[*accepted],
        cached=not no_cache,
    )
    if write_baseline is not None:
        from panacea_policy.cli.check_new import written

        run = call.run(call.comparison(), None)
        if run.compliance is not None:
            note(written(run, write_baseline))
            return exits.OK
    text, code = call.answered(stay=warm)
    if text:
        write_result(text, output)
    return code
