"""``panacea assess``: the main job, from the model to one report folder."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panacea_policy.cli import exits
from panacea_policy.cli.amounts import Money
from panacea_policy.cli.options import (
    as_of_option,
    fail_on_option,
    format_option,
    horizon_option,
    look_options,
    paths_argument,
    seed_option,
    trials_option,
    violates,
)
from panacea_policy.cli.output import Terminal, note, write_result
from panacea_policy.cli.precision import most_trials, precision_option, tell_precision
from panacea_policy.cli.progress import progress

if TYPE_CHECKING:
    from panacea_policy.feeds.store import Moment
    from panacea_policy.report import Assessment, Headline


@click.command("assess")
@paths_argument
@format_option("text", "json")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("panacea-report"),
    show_default=True,
    help="The folder that the report is written to.",
)
@trials_option()
@precision_option
@seed_option
@horizon_option
@click.option(
    "--feed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The store of `panacea feed watch`: the report then shows how the risk went under the feed.",
)
@click.option(
    "--budget",
    type=Money(),
    metavar="AMOUNT",
    help="Also say what to buy with it: a present value over five years (400k), or 90k per year.",
)
@click.option("--no-scenarios", is_flag=True, help="Leave out the comparison of the model's scenarios.")
@fail_on_option
@as_of_option
@look_options
def command(
    paths: tuple[Path, ...],
    format_: str,
    output: Path,
    trials: int,
    seed: int,
    horizon: float,
    precision: float | None,
    feed: Path | None,
    budget: tuple[float, str | None, bool] | None,
    no_scenarios: bool,
    fail_on: str,
    as_of: datetime.date | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Assess a model: findings, clauses and risk in one report folder.

    Exit code 1: a violation at or above --fail-on; 2: the model has errors.
    """
    from panacea_policy.cli.mitigate import present_budget
    from panacea_policy.cli.session import plural, refusing, sound_workspace
    from panacea_policy.report import AssessOptions, assess, write_folder

    terminal = Terminal.detect(no_color=no_color, to_file=False)
    workspace = sound_workspace(paths, as_of, terminal)
    count = 0 if no_scenarios else len(workspace.scenarios())
    if count and not quiet:
        note(f"assessing the model and {plural(count, 'scenario')} (--no-scenarios leaves them out)")
    with refusing(workspace, terminal), progress("assessing", quiet=quiet) as tell:
        result = assess(
            workspace,
            AssessOptions(
                trials=most_trials(trials, precision),
                seed=seed,
                horizon_days=horizon,
                precision=precision,
                scenarios=not no_scenarios,
                moments=_moments(feed),
                budget=present_budget(budget, workspace),
                progress=tell,
            ),
        )
    write_folder(result, output, extra=_more(result))
    if format_ == "json":
        write_result(result.to_json(), None)
    elif not quiet:
        write_result(_text(result.summary, terminal), None)
    if not quiet:
        tell_precision(result.risk)
        note(f"report: {output / 'report.html'}")
    return exits.FOUND if violates(result.findings, fail_on) else exits.OK


def _moments(feed: Path | None) -> Sequence[Moment]:
    """The timeline of a store of feeds; nothing without one."""
    if feed is None:
        return ()
    from panacea_policy.feeds.store import Store

    with Store(feed) as store:
        return store.timeline()


def _more(result: Assessment) -> dict[str, str]:
    """What the folder holds for other tools, next to the report."""
    from panacea_policy.formats.check_json import to_json
    from panacea_policy.formats.check_run import CheckRun
    from panacea_policy.formats.sarif import to_sarif

    workspace = result.context.workspace
    run = CheckRun(workspace, Path.cwd(), workspace.diagnostics(), result.compliance)
    return {"findings.sarif": to_sarif(run, "audit"), "findings.json": to_json(run)}


def _text(summary: Headline, terminal: Terminal) -> str:
    first, *rest = summary.lines()
    return "\n".join([terminal.style(first, bold=True), *rest]) + "\n"
