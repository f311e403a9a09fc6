"""``panacea mitigate``: which controls to buy under a budget, and what happens where they fail."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panacea_policy.cli import exits
from panacea_policy.cli.amounts import Money, Seconds, Share, Years
from panacea_policy.cli.options import (
    as_of_option,
    format_option,
    look_options,
    output_option,
    paths_argument,
    seed_option,
    trials_option,
)
from panacea_policy.cli.output import Terminal, deliver
from panacea_policy.cli.progress import progress
from panacea_policy.errors import PanaceaError

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace
    from panacea_policy.risk.mitigation import Horizon, MitigationOptions, MitigationResult


@click.command("mitigate")
@paths_argument
@click.option(
    "--budget",
    type=Money(),
    metavar="AMOUNT",
    help="What may be spent over the horizon, as a present value: 400k; or each year: 90k per year.",
)
@click.option(
    "--objective",
    type=click.Choice(["expected", "tail", "net", "net-tail"]),
    default="expected",
    show_default=True,
    help="Expected annual loss, mean loss of the worst 5 % of years, or either with the costs added.",
)
@click.option(
    "--front",
    is_flag=True,
    help="Also all portfolios that no other beats in cost and loss; as svg, a picture.",
)
@click.option("--require", metavar="NAMES", help="Controls that must be bought, separated by commas.")
@click.option("--exclude", metavar="NAMES", help="Controls that must not be bought.")
@click.option("--horizon", type=Years(), default=5.0, metavar="YEARS", help="Time planned for.  [default: 5]")
@click.option(
    "--discount", type=Share(), default=0.04, metavar="SHARE", help="Discount rate a year.  [default: 4%]"
)
@click.option(
    "--care-time",
    type=Seconds(),
    metavar="TIME",
    help="Most time taken from patients, per day in all: 30min.",
)
@click.option(
    "--cut-sets", "process", metavar="GOAL", help="The cheapest ways to cut off a care process or data class."
)
@click.option("--single-points", is_flag=True, help="What one or two failures of controls or assets do.")
@click.option(
    "--compare",
    nargs=2,
    metavar="SCENARIO SCENARIO",
    help="The difference between two scenarios, trial by trial; `today` is the model as it is.",
)
@trials_option(most=1_000_000)
@seed_option
@click.option(
    "--precision",
    type=Share(),
    metavar="SHARE",
    help="As many trials as the relative standard error of today's loss needs: 2%.",
)
@format_option("text", "json", "csv", "svg")
@as_of_option
@output_option
@look_options
def command(
    paths: tuple[Path, ...],
    budget: tuple[float, str | None, bool] | None,
    objective: str,
    front: bool,
    require: str | None,
    exclude: str | None,
    horizon: float,
    discount: float,
    care_time: float | None,
    process: str | None,
    single_points: bool,
    compare: tuple[str, str] | None,
    trials: int,
    seed: int,
    precision: float | None,
    format_: str,
    as_of: datetime.date | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Choose controls under a budget, and say what they bring.

    The choice is proven best for the simulated attacks and then judged by fresh ones. With --cut-sets,
    --single-points or --compare alone these are answered instead; with --budget they are added.
    """
    from panacea_policy.cli.session import refusing, sound_workspace
    from panacea_policy.risk.mitigation import Horizon, MitigationOptions, Wishes

    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    workspace = sound_workspace(paths, as_of, terminal)
    planned = Horizon(horizon, discount)
    with refusing(workspace, terminal), progress("choosing", quiet=quiet) as tell:
        options = MitigationOptions(
            trials=trials,
            seed=seed,
            objective=objective,  # type: ignore[arg-type]
            budget=present_budget(budget, workspace, planned),
            wishes=Wishes(_listed(require), _listed(exclude), care_time, planned),
            front=front or format_ == "svg",
            precision=precision,
        )
        asked = bool(process or single_points or compare)
        whole = budget is not None or front or format_ == "svg" or not asked
        result = _answered(workspace, options, process, single_points, compare, whole=whole, progress=tell)
        written = _written(result, workspace, format_, terminal)
    deliver(written, output, quiet=quiet)
    return exits.OK


def _listed(names: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (names or "").split(",") if name.strip())


def present_budget(
    amount: tuple[float, str | None, bool] | None, workspace: Workspace, horizon: Horizon | None = None
) -> float | None:
    """The budget as a present value over the horizon. Raises PanaceaError for another currency than the
    model's.
    """
    from panacea_policy.risk import inputs
    from panacea_policy.risk.mitigation import Horizon

    if amount is None:
        return None
    number, code, yearly = amount
    known = inputs.currency(workspace.model)
    if code is not None and code != known:
        raise PanaceaError(
            f"the model counts in {known or 'no currency'}, not in {code}",
            f"Give the budget in {known}." if known else "State `currency: EUR` on the organisation.",
        )
    return number * (horizon or Horizon()).annuity() if yearly else number


def _answered(
    workspace: Workspace,
    options: MitigationOptions,
    process: str | None,
    single_points: bool,
    compare: tuple[str, str] | None,
    *,
    whole: bool,
    progress: Callable[[str, float], None],
) -> MitigationResult:
    from panacea_policy.report.reading import places
    from panacea_policy.risk.mitigation.advise import answer

    return answer(
        workspace.attack(),
        workspace.model,
        options,
        locate=places(workspace),
        progress=progress,
        portfolio=whole,
        goal=process,
        single_points=single_points,
        scenarios=None if compare is None else tuple(_scenario(workspace, name) for name in compare),  # type: ignore[arg-type]
    )


def _scenario(workspace: Workspace, name: str) -> tuple[str, Workspace]:
    """A scenario by name, as (title, workspace); ``today`` is the model as it is."""
    from panacea_policy.cli.risk import laid_over

    if name == "today" and name not in workspace.scenarios():
        return "the model as it is", workspace
    changed = laid_over(workspace, name)
    return workspace.scenarios()[name].title or name, changed


def _written(result: MitigationResult, workspace: Workspace, format_: str, terminal: Terminal) -> str:
    if format_ == "json":
        return result.to_json()
    if format_ == "svg":
        from panacea_policy.report.portfolios import front_picture

        return front_picture(result)
    if format_ == "csv":
        from panacea_policy.formats.mitigation_table import to_csv

        return to_csv(result)
    from panacea_policy.cli.mitigate_text import text
    from panacea_policy.report.assess import organisation

    return text(organisation(workspace), workspace.as_of, result, terminal)
