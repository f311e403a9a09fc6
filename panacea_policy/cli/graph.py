"""``panacea graph``: pictures of a model."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from panacea_policy.cli import exits
from panacea_policy.cli.options import (
    as_of_option,
    format_option,
    look_options,
    output_option,
    paths_argument,
)
from panacea_policy.cli.output import Terminal, deliver
from panacea_policy.errors import PanaceaError


@click.command("graph")
@paths_argument
@click.option(
    "--kind",
    type=click.Choice(["zones", "flows", "attack", "layers", "processes"]),
    default="zones",
    show_default=True,
    help="What is drawn.",
)
@click.option("--goal", help="Only what leads to this care process or class of data.")
@format_option("svg", "html", "dot", "mermaid", "json")
@as_of_option
@output_option
@look_options
def command(
    paths: tuple[Path, ...],
    kind: str,
    goal: str | None,
    format_: str,
    as_of: datetime.date | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Draw zones, data flows, the likely attack or what care needs.

    The attack is drawn for the goal that is most likely to fall, or for --goal; `layers` draws the likeliest
    ways to the worst goals by layer: people, credentials, rooms, network, care.
    """
    from panacea_policy.cli.session import refusing, sound_workspace
    from panacea_policy.report.graphs import GraphError, draw

    terminal = Terminal.detect(no_color=no_color, to_file=False)
    workspace = sound_workspace(paths, as_of, terminal)
    try:
        with refusing(workspace, terminal):
            picture = draw(workspace, kind, format_, goal=goal)
    except GraphError as error:
        raise PanaceaError(error.message, error.help) from error
    deliver(picture, output, quiet=quiet)
    return exits.OK
