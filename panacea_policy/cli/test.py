"""``panacea test``: run the tests written in the language, and put them to the test."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panacea_policy.cli import exits
from panacea_policy.cli.options import (
    as_of_option,
    format_option,
    look_options,
    output_option,
    paths_argument,
)
from panacea_policy.cli.output import Terminal, note, write_result

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace
    from panacea_policy.compiler.testing.lab import Progress
    from panacea_policy.formats.test_run import Suite

#: Mutants of one package. Our largest pack has about half of it.
LIMIT = 5_000


@click.command("test")
@paths_argument
@format_option("text", "json", "junit")
@click.option(
    "--coverage",
    is_flag=True,
    help="Show which rules no test exercises, and which conditions never decided anything.",
)
@click.option(
    "--mutate",
    is_flag=True,
    help="Change the rules in small ways, one at a time, and list the changes that no test notices.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=LIMIT,
    show_default=True,
    help="With --mutate: the most changes to try in one package.",
)
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="With --mutate: exit code 1 when fewer changes are noticed than this share.",
)
@as_of_option
@output_option
@look_options
def command(
    paths: tuple[Path, ...],
    format_: str,
    coverage: bool,
    mutate: bool,
    limit: int,
    fail_under: float | None,
    as_of: datetime.date | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Run the tests written in the language.

    Every folder with *.panacea files below PATHS is a package of its own. Exit code 1: a test fails, a known
    miss (`todo`) is none any more, or the share of --fail-under is missed; 2: a package has errors.
    """
    from panacea_policy.cli.session import open_sound_workspace, package_folders, refusing

    if fail_under is not None and not mutate:
        raise click.UsageError("--fail-under needs --mutate")
    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    suites: list[Suite] = []
    broken = False
    for folder in package_folders(paths):
        workspace = open_sound_workspace([folder], as_of, terminal)
        if workspace is None:
            broken = True
        else:
            with refusing(workspace, terminal):
                suites.append(_run(workspace, coverage, limit if mutate else None, quiet=quiet))
    write_result(_rendered(tuple(suites), format_, terminal, quiet=quiet), output)
    return _exit_code(tuple(suites), broken, fail_under)


def _run(workspace: Workspace, coverage: bool, limit: int | None, *, quiet: bool) -> Suite:
    """Run the tests of a package; mutants only where all of them pass."""
    from panacea_policy.compiler.testing.coverage import cover
    from panacea_policy.compiler.testing.mutation import mutate
    from panacea_policy.formats.test_run import Suite

    results = tuple(workspace.run_tests())
    covered = mutated = None
    if coverage:
        with _progress("coverage", quiet=quiet) as tell:
            covered = tuple(cover(workspace, results, tell))
    if limit is not None and all(result.passed for result in results):
        with _progress("mutants", quiet=quiet) as tell:
            mutated = mutate(workspace, limit, tell)
        if mutated.left_out:
            note(
                f"{workspace.root.name}: only the first {limit:,} changes were tried,"
                f" {mutated.left_out:,} were left out; --limit N tries more"
            )
    elif limit is not None:
        failed = sum(not result.passed for result in results)
        name, total = workspace.root.name, len(results)
        note(f"{name}: {failed} of {total} tests fail, so nothing was changed: mend these first")
    return Suite(workspace, Path.cwd(), results, covered, mutated)


def _rendered(suites: tuple[Suite, ...], format_: str, terminal: Terminal, *, quiet: bool) -> str:
    if format_ == "json":
        from panacea_policy.formats.test_json import tests_to_json

        return tests_to_json(suites)
    if format_ == "junit":
        from panacea_policy.formats.junit import tests_to_junit

        return tests_to_junit(suites)
    from panacea_policy.cli.test_text import TestText

    return TestText(suites, terminal, quiet=quiet).text()


def _exit_code(suites: tuple[Suite, ...], broken: bool, fail_under: float | None) -> int:
    from panacea_policy.formats.test_run import mutated, outcomes

    if broken:
        return exits.WRONG
    report = mutated(suites)
    short = (
        fail_under is not None
        and report is not None
        and report.score is not None
        and report.score * 100 < fail_under
    )
    return exits.FOUND if outcomes(suites)["failed"] or short else exits.OK


@contextmanager
def _progress(what: str, *, quiet: bool) -> Iterator[Progress | None]:
    """Something to tell the progress to: a bar on a terminal, nobody in a pipe."""
    import sys

    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what)
        yield lambda done, total: bar.update(task, completed=done, total=total)
