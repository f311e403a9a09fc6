"""``panacea export``: the model and its attack graph in other tools' formats."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from panacea_policy.cli import exits
from panacea_policy.cli.options import (
    as_of_option,
    look_options,
    output_option,
    paths_argument,
    seed_option,
    trials_option,
)
from panacea_policy.cli.output import Terminal, deliver
from panacea_policy.errors import PanaceaError


@click.group("export")
def command() -> None:
    """Write a model or its attack graph in another tool's format."""


@command.command("attack-flow")
@paths_argument
@click.option("--goal", help="The care process or class of data [default: the worst that can be reached].")
@trials_option(default=2000)
@seed_option
@as_of_option
@output_option
@look_options
def attack_flow(
    paths: tuple[Path, ...],
    goal: str | None,
    trials: int,
    seed: int,
    as_of: datetime.date | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Write the likeliest attack as STIX 2.1 with the Attack Flow extension."""
    from panacea_policy.cli.session import refusing, sound_workspace
    from panacea_policy.formats.attack_flow import attack_flow as written
    from panacea_policy.report.assess import organisation
    from panacea_policy.report.graphs.attack import goal_of
    from panacea_policy.report.graphs.picture import GraphError
    from panacea_policy.report.reading import places
    from panacea_policy.risk import RiskOptions, assess_risk

    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    workspace = sound_workspace(paths, as_of, terminal)
    with refusing(workspace, terminal):
        options = RiskOptions(trials=trials, seed=seed, ranked=False)
        risk = assess_risk(workspace.attack(), workspace.model, options, locate=places(workspace))
    try:
        found = goal_of(risk, goal)
    except GraphError as error:
        raise PanaceaError(error.message, error.help) from error
    path = found.attack or found.path
    if path is None:
        raise PanaceaError(f"no attack reaches {found.title}", "nothing in the model leads to it")
    deliver(written(organisation(workspace), found, path, workspace.as_of), output, quiet=quiet)
    return exits.OK


@command.command("otm")
@paths_argument
@click.option(
    "--bare",
    is_flag=True,
    help="Only what other tools read; importing it again does not give the same model.",
)
@as_of_option
@output_option
@look_options
def otm(
    paths: tuple[Path, ...],
    bare: bool,
    as_of: datetime.date | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Write the model as an Open Threat Model 0.2, with its own files inside unless --bare."""
    from panacea_policy.cli.session import sound_workspace
    from panacea_policy.formats.otm_write import to_otm

    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    workspace = sound_workspace(paths, as_of, terminal)
    deliver(to_otm(workspace, bare=bare), output, quiet=quiet)
    return exits.OK


@command.command("graphml")
@paths_argument
@as_of_option
@output_option
@look_options
def graphml(
    paths: tuple[Path, ...],
    as_of: datetime.date | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Write the whole attack graph as GraphML."""
    from panacea_policy.cli.session import refusing, sound_workspace
    from panacea_policy.formats.attack_graph_files import to_graphml

    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    workspace = sound_workspace(paths, as_of, terminal)
    with refusing(workspace, terminal):
        text = to_graphml(workspace.attack())
    deliver(text, output, quiet=quiet)
    return exits.OK


@command.command("csv")
@paths_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The folder to write nodes.csv and edges.csv to.",
)
@as_of_option
@look_options
def tables(
    paths: tuple[Path, ...],
    output: Path,
    as_of: datetime.date | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Write the whole attack graph as two tables: nodes.csv and edges.csv."""
    from panacea_policy.cli.session import refusing, sound_workspace
    from panacea_policy.formats.attack_graph_files import to_csv

    terminal = Terminal.detect(no_color=no_color, to_file=True)
    workspace = sound_workspace(paths, as_of, terminal)
    with refusing(workspace, terminal):
        made = to_csv(workspace.attack())
    for name, text in made.items():
        deliver(text, output / name, quiet=quiet)
    return exits.OK
