"""Options that commands share, spelled once."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from panacea_policy.compiler import Finding

Command = TypeVar("Command", bound=Callable[..., Any])

#: Worst first. `never` makes a run end with 0 whatever it found.
SEVERITIES = ("critical", "high", "medium", "low", "info")
THRESHOLDS = (*SEVERITIES, "never")


def date_of(text: str) -> datetime.date | None:
    """The date of a text such as 2026-11-01; ``today``; None for another text."""
    if text == "today":
        return datetime.datetime.now().astimezone().date()
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _date(context: click.Context, option: click.Parameter, value: str | None) -> datetime.date | None:
    found = date_of(value) if value is not None else None
    if value is not None and found is None:
        raise click.BadParameter(f"`{value}` is not a date such as 2026-11-01", context, option)
    return found


def paths_argument(command: Command) -> Command:
    """``[PATHS]…``: model files or folders; the current folder when none is given."""
    return click.argument("paths", nargs=-1, type=click.Path(path_type=Path))(command)


def as_of_option(command: Command) -> Command:
    """``--as-of DATE``."""
    return click.option(
        "--as-of",
        metavar="DATE",
        callback=_date,
        help="The day at which rules that speak of time are judged [default: today].",
    )(command)


def law_options(command: Command) -> Command:
    """``--law DATE`` and ``--foreseen``."""
    command = click.option(
        "--foreseen", is_flag=True, help="Count law that is proposed, or adopted for a later day."
    )(command)
    return click.option(
        "--law",
        metavar="DATE",
        callback=_date,
        help="The day whose law counts [default: that of --as-of].",
    )(command)


def output_option(command: Command) -> Command:
    """``-o/--output FILE``."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the result to this file instead of the terminal.",
    )(command)


def look_options(command: Command) -> Command:
    """``--quiet`` and ``--no-color``."""
    command = click.option("--no-color", is_flag=True, help="Never use colour.")(command)
    return click.option("-q", "--quiet", is_flag=True, help="Print only what matters for the exit code.")(
        command
    )


def format_option(*formats: str) -> Callable[[Command], Command]:
    """``--format``, the first being the default."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How the result is written.",
    )


def fail_on_option(command: Command) -> Command:
    """``--fail-on SEVERITY``."""
    return click.option(
        "--fail-on",
        type=click.Choice(THRESHOLDS),
        default="high",
        show_default=True,
        help="The lowest severity of a finding that makes the exit code 1.",
    )(command)


#: No call simulates more attacks of each threat actor.
MOST_TRIALS = 10_000_000


def trials_option(
    *, default: int = 10_000, least: int = 1, most: int = MOST_TRIALS
) -> Callable[[Command], Command]:
    """``--trials N``."""
    return click.option(
        "--trials",
        type=click.IntRange(least, most),
        default=default,
        show_default=True,
        help="Attacks simulated per threat actor.",
    )


def seed_option(command: Command) -> Command:
    """``--seed N``."""
    return click.option(
        "--seed", type=int, default=1, show_default=True, help="The same seed gives the same result."
    )(command)


def horizon_option(command: Command) -> Command:
    """``--horizon DAYS``, of the simulation."""
    return click.option(
        "--horizon",
        type=click.FloatRange(1, 3650),
        default=365.0,
        show_default=True,
        help="How many days of attack are simulated.",
    )(command)


def reaches(severity: str, threshold: str) -> bool:
    """Whether a finding of this severity is at or above the threshold."""
    return threshold != "never" and SEVERITIES.index(severity) <= SEVERITIES.index(threshold)


def violates(findings: Iterable[Finding], threshold: str) -> bool:
    """Whether some violation is at or above the threshold."""
    return any(f.verdict == "violated" and reaches(f.rule.severity, threshold) for f in findings)


def ratchet_options(command: Command) -> Command:
    """``--new``, ``--against``, ``--baseline``, ``--write-baseline``, ``--certified``, ``--key`` and
    ``--accept-key``.
    """
    file = click.Path(dir_okay=False, path_type=Path)
    for option in (
        click.option("--accept-key", "accepted", multiple=True, metavar="ID", envvar="PANACEA_ACCEPT_KEY",
                     show_envvar=True,
                     help="With --key: you answer for this key, which the change puts into the repository."),
        click.option("--key", "keys", multiple=True, type=file, metavar="FILE",
                     help="With --new: a public key (PEM), one of which must have signed what is certified."),
        click.option("--certified", type=file, metavar="FILE",
                     help="With --new: the signed `result` that a change must not make false "
                          "[default: .panacea/certified.dsse.json in the model's folder, and its ledger]."),
        click.option("--write-baseline", type=file, metavar="FILE",
                     help="Write what is found to FILE, for --baseline, and end with 0."),
        click.option("--baseline", type=file, metavar="FILE", help="--new against a file instead of git."),
        click.option("--against", metavar="REV",
                     help="--new against where the work since REV (as origin/main) began: the merge base."),
        click.option("--new", "new", is_flag=True,
                     help="Only violations that the last commit does not have decide; the rest is known. "
                          "A change that makes a certified claim false is refused."),
    ):  # fmt: skip
        command = option(command)
    return command
