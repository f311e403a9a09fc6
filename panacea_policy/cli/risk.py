"""``panacea risk``: what threatens which care process, how likely, how bad, by which way."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panacea_policy.cli import exits
from panacea_policy.cli.options import (
    as_of_option,
    horizon_option,
    look_options,
    output_option,
    paths_argument,
    seed_option,
    trials_option,
)
from panacea_policy.cli.output import Terminal, deliver
from panacea_policy.cli.precision import most_trials, precision_option, tell_precision
from panacea_policy.errors import PanaceaError

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace
    from panacea_policy.risk import GoalRisk, RiskOptions, RiskResult

#: How many names a message lists at most.
_SOME = 12
CHARTS = ("layers", "exceedance", "insurance", "forms", "tornado")
#: As in `formats.risk_tables`, which is not imported for a mere --help.
TABLES = (
    "goals",
    "loss",
    "exceedance",
    "actors",
    "controls",
    "assumptions",
    "sensitivity",
    "forms",
    "staff",
    "evidence",
    "events",
    "heat",
    "loss_assumptions",
    "paths",
)


@click.command("risk")
@paths_argument
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "csv", "svg"]),
    default="text",
    show_default=True,
    help="How the result is written.",
)
@click.option(
    "--table",
    type=click.Choice(TABLES),
    default="goals",
    show_default=True,
    help="The table that --format csv writes.",
)
@click.option(
    "--chart",
    type=click.Choice(CHARTS),
    default="layers",
    show_default=True,
    help="The picture that --format svg draws.",
)
@click.option(
    "--goal", "goals", multiple=True, metavar="NAME", help="Only this care process or class of data."
)
@click.option("--scenario", metavar="NAME", help="The model with this scenario, beside the model as it is.")
@trials_option()
@precision_option
@seed_option
@horizon_option
@click.option(
    "--years",
    type=click.IntRange(100, 10_000_000),
    default=20_000,
    show_default=True,
    help="Years simulated for the distribution of the annual loss.",
)
@click.option(
    "--attempts-per-world",
    type=click.Choice(["1", "2", "4", "8", "16", "32", "64"]),
    default="1",
    show_default=True,
    help="How many attempts share what is common to them, such as whether an exploit for a product exists.",
)
@click.option(
    "--exact",
    is_flag=True,
    help="Compare simulated with exact chances, where the graph is small enough (needs the extra `exact`).",
)
@click.option(
    "--fail-over",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit code 1 where a care process is disrupted with a higher probability than this.",
)
@as_of_option
@output_option
@look_options
def command(
    paths: tuple[Path, ...],
    format_: str,
    table: str,
    chart: str,
    goals: tuple[str, ...],
    scenario: str | None,
    trials: int,
    seed: int,
    horizon: float,
    precision: float | None,
    years: int,
    attempts_per_world: str,
    exact: bool,
    fail_over: float | None,
    as_of: datetime.date | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Simulate attacks: how likely, how bad, who, and by which way.

    Exit code 1: a care process is over --fail-over, or --exact finds the simulation far off; 2: the model has
    errors.
    """
    from panacea_policy.cli.session import refusing, sound_workspace
    from panacea_policy.risk import RiskOptions

    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    workspace = sound_workspace(paths, as_of, terminal)
    options = RiskOptions(
        trials=most_trials(trials, precision),
        seed=seed,
        horizon_days=horizon,
        years=years,
        precision=precision,
        attempts_per_world=int(attempts_per_world),
        ranked=format_ == "json"
        or (format_ == "text" and not quiet)
        or (format_ == "csv" and table in ("controls", "assumptions", "sensitivity"))
        or (format_ == "svg" and chart == "tornado"),
    )
    if exact:
        from panacea_policy.cli.risk_exact import compare

        with refusing(workspace, terminal):
            _require_goals(workspace, goals)
            shown = laid_over(workspace, scenario) if scenario is not None else workspace
            return compare(shown, options, format_, goals, output, terminal, quiet=quiet)
    with refusing(workspace, terminal):
        _require_goals(workspace, goals)
        shown_beside = []
        if scenario is not None:
            info = workspace.scenarios().get(scenario)
            shown_beside.append((info.title if info else scenario, laid_over(workspace, scenario)))
        models = [("as it is", workspace), *shown_beside]
        states = [(name, _only(_assessed(each, options), goals)) for name, each in models]
        last = states[-1][1]
        over = [] if fail_over is None else _over(last, fail_over)
        if quiet and format_ == "text":
            text = _failures(workspace, over, last, fail_over or 0.0)
        else:
            text = _written(workspace, states, format_, table, chart, goals, terminal)
    if text:
        deliver(text, output, quiet=quiet)
    if format_ != "text" and not quiet:
        tell_precision(last)
    return exits.FOUND if over else exits.OK


def _over(risk: RiskResult, percent: float) -> list[GoalRisk]:
    """The care processes that are disrupted with a higher probability than this."""
    return [goal for goal in risk.processes() if goal.probability.value * 100 > percent]


def _failures(workspace: Workspace, over: Sequence[GoalRisk], risk: RiskResult, percent: float) -> str:
    from panacea_policy.cli.risk_text import over_text
    from panacea_policy.formats.places import Places

    return over_text(over, risk, percent, Places(workspace.root, Path.cwd()).path)


def _assessed(workspace: Workspace, options: RiskOptions) -> RiskResult:
    from panacea_policy.report.reading import places
    from panacea_policy.risk import assess_risk

    return assess_risk(workspace.attack(), workspace.model, options, locate=places(workspace))


def laid_over(workspace: Workspace, name: str) -> Workspace:
    """The model with a scenario; PanaceaError where there is none of that name, or it does not fit."""
    from difflib import get_close_matches

    from panacea_policy.language import Severity

    known = workspace.scenarios()
    if name not in known:
        near = get_close_matches(name, known, n=1)
        help = f"did you mean `{near[0]}`?" if near else f"scenarios: {', '.join(known) or 'none'}"
        raise PanaceaError(f"there is no scenario `{name}`", help)
    changed = workspace.with_scenario(name)
    if not changed.ok:
        reason = next(d.message for d in changed.diagnostics() if d.severity is Severity.ERROR)
        raise PanaceaError(f"scenario `{name}` cannot be laid over the model: {reason}")
    return changed


def _require_goals(workspace: Workspace, names: Sequence[str]) -> None:
    """PanaceaError, before anything is simulated, for a name that is no care process and no class of data."""
    kinds = ("process", "data_class")
    known = [entity.name for kind in kinds for entity in workspace.model.entities(kind)]
    for name in names:
        if not any(_called(each, name) for each in known):
            from difflib import get_close_matches

            short = [each.rsplit(".", 1)[-1] for each in known]
            near = get_close_matches(name, [*known, *short], n=1)
            some = ", ".join(short[:_SOME]) + (", …" if len(short) > _SOME else "")
            help = f"did you mean `{near[0]}`?" if near else f"there are {some or 'none'}"
            raise PanaceaError(f"there is no care process or class of data `{name}`", help)


def _called(full: str, name: str) -> bool:
    return name in (full, full.rsplit(".", 1)[-1])


def _only(risk: RiskResult, names: Sequence[str]) -> RiskResult:
    """The result with the goals of these names alone, a class of data being disclosed as well as changed."""
    if not names:
        return risk
    chosen = tuple(goal for name in names for goal in risk.goals if _called(goal.name, name))
    # What one event is like is told of all goals together, so it is left out for some of them.
    return risk.model_copy(update={"goals": chosen, "event_summaries": (), "heat": ()})


def _written(
    workspace: Workspace,
    states: Sequence[tuple[str, RiskResult]],
    format_: str,
    table: str,
    chart: str,
    goals: Sequence[str],
    terminal: Terminal,
) -> str:
    risk = states[-1][1]
    if format_ == "json":
        return risk.to_json()
    if format_ == "csv":
        return _table(risk, table)
    if format_ == "svg":
        return _drawn(states, chart, goals)
    from panacea_policy.cli.risk_text import text
    from panacea_policy.report.assess import organisation

    return text(organisation(workspace), workspace.as_of, states, terminal)


def _table(risk: RiskResult, name: str) -> str:
    from panacea_policy.formats.risk_tables import tables

    for made in tables(risk):
        if made.name == name:
            return made.to_csv()
    raise PanaceaError(f"the result has nothing for table `{name}`")


def _drawn(states: Sequence[tuple[str, RiskResult]], chart: str, goals: Sequence[str]) -> str:
    from panacea_policy.report.pictures import PictureError, risk_picture

    try:
        return risk_picture(states if chart == "exceedance" else states[-1:], chart, goals)
    except PictureError as error:
        raise PanaceaError(error.message, error.help) from error
