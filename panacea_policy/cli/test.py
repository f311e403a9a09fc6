"""``panacea test``: run the tests written in the language."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from panacea_policy.cli.output import Terminal, write_result

if TYPE_CHECKING:
    from panacea_policy.compiler import TestResult, Verdict, Workspace

#: A rule is tested when some test saw it object and some test saw it not object.
_OBJECTS = frozenset({"violated"})
_ACCEPTS = frozenset({"met", "not_applicable"})


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests of one package, run."""

    workspace: Workspace
    results: tuple[TestResult, ...]


@click.command("test")
@paths_argument
@format_option("text", "json")
@click.option(
    "--coverage", is_flag=True, help="Name the rules that no test makes object, or none makes accept."
)
@as_of_option
@output_option
@look_options
def command(
    paths: tuple[Path, ...],
    format_: str,
    coverage: bool,
    as_of: datetime.date | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Run the tests written in the language.

    Every folder with *.panacea files below PATHS is a package of its own. Exit code 1: a test fails; 2: a
    package has errors.
    """
    from panacea_policy.cli.session import open_sound_workspace, package_folders, refusing

    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    suites: list[Suite] = []
    broken = False
    for folder in package_folders(paths):
        workspace = open_sound_workspace([folder], as_of, terminal)
        if workspace is None:
            broken = True
        else:
            with refusing(workspace, terminal):
                suites.append(Suite(workspace, tuple(workspace.run_tests())))
    failed = any(not result.passed for suite in suites for result in suite.results)
    covered = _coverage(suites) if coverage else None
    if format_ == "json":
        write_result(_json(suites, covered), output)
    else:
        write_result(_text(suites, covered, terminal, quiet=quiet), output)
    return exits.WRONG if broken else exits.FOUND if failed else exits.OK


def _coverage(suites: Iterable[Suite]) -> Mapping[str, set[Verdict]]:
    """The verdicts that the tests drew from each rule of the tested packages; rules without any included."""
    seen: dict[str, set[Verdict]] = {}
    for suite in suites:
        own = {rule.id for rule in suite.workspace.rules() if rule.span.file in _own_files(suite.workspace)}
        for rule in sorted(own):
            seen.setdefault(rule, set())
        for result in suite.results:
            for rule, verdicts in result.exercised.items():
                if rule in own:
                    seen[rule].update(verdicts)
    return dict(sorted(seen.items()))


def _own_files(workspace: Workspace) -> set[str]:
    """The files of the package itself, as spans name them; those of packages it uses are not its own."""
    return {name for name in workspace.sources if (workspace.root / Path(name).name).is_file()}


def _text(
    suites: Sequence[Suite], coverage: Mapping[str, set[Verdict]] | None, terminal: Terminal, *, quiet: bool
) -> str:
    from panacea_policy.cli.session import plural
    from panacea_policy.language.diagnostics import visible

    lines: list[str] = []
    for suite in suites:
        if suite.results and not quiet:
            lines.append(terminal.style(str(suite.workspace.root.name), bold=True))
        for result in suite.results:
            if not result.passed or not quiet:
                mark = terminal.style("✓", fg="green") if result.passed else terminal.style("✗", fg="red")
                place = "" if result.passed else terminal.style(f"  {_place(suite, result)}", dim=True)
                lines.append(f"  {mark} {visible(result.name)}{place}")
            lines += [f"      {visible(failure)}" for failure in result.failures]
    total = sum(len(suite.results) for suite in suites)
    failed = sum(not result.passed for suite in suites for result in suite.results)
    if coverage is not None:
        lines += _coverage_lines(coverage, terminal)
    closing = f"{plural(total, 'test')}, {failed} failed" if failed else f"{plural(total, 'test')} passed"
    lines.append(terminal.style(closing, fg="red" if failed else "green", bold=True))
    return "\n".join(lines) + "\n"


def _coverage_lines(coverage: Mapping[str, set[Verdict]], terminal: Terminal) -> list[str]:
    lines = []
    for rule, verdicts in coverage.items():
        missing = [
            *(["no test makes it object"] if not verdicts & _OBJECTS else []),
            *(["no test makes it accept"] if not verdicts & _ACCEPTS else []),
        ]
        if missing:
            lines.append(f"  {terminal.style('○', fg='yellow')} {rule}: {', '.join(missing)}")
    full = len(coverage) - len(lines)
    return [*lines, f"{full} of {len(coverage)} rules are seen to object and to accept"]


def _place(suite: Suite, result: TestResult) -> str:
    source = suite.workspace.sources[result.span.file]
    return f"{result.span.file}:{source.position(result.span.start)[0]}"


def _json(suites: Sequence[Suite], coverage: Mapping[str, set[Verdict]] | None) -> str:
    from panacea_policy.formats.check_json import location
    from panacea_policy.formats.check_run import CheckRun
    from panacea_policy.formats.documents import RuleCoverage, TestDocument, TestRecord
    from panacea_policy.version import __version__

    records = tuple(
        TestRecord(
            name=result.name,
            location=location(CheckRun(suite.workspace, Path.cwd(), (), None).place(result.span)),
            passed=result.passed,
            failures=result.failures,
        )
        for suite in suites
        for result in suite.results
    )
    document = TestDocument(
        version=__version__,
        passed=sum(record.passed for record in records),
        failed=sum(not record.passed for record in records),
        tests=records,
        coverage=tuple(RuleCoverage(rule=rule, verdicts=tuple(sorted(v))) for rule, v in coverage.items())
        if coverage is not None
        else None,
    )
    return document.to_json()
