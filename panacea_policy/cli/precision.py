"""The option ``--precision``: how exactly the expected loss is to be known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from panacea_policy.cli.options import Command
from panacea_policy.cli.output import note

if TYPE_CHECKING:
    from panacea_policy.risk import RiskResult

#: The most trials that are run for a precision, where --trials does not say so.
MOST_TRIALS = 100_000


def _share(context: click.Context, option: click.Parameter, value: str | None) -> float | None:
    """A share in percent, with or without the sign: ``1%``, ``0.5 %``, ``2`` are 0.01, 0.005, 0.02."""
    if value is None:
        return None
    matched = re.fullmatch(r"\s*(\d{1,3}(?:\.\d{1,9})?)\s*%?\s*", value)
    share = float(matched[1]) / 100 if matched else 0.0
    if not 0 < share < 1:
        said = f"`{value}` is not a share such as 1% (more than 0 %, less than 100 %)"
        raise click.BadParameter(said, context, option)
    return share


def precision_option(command: Command) -> Command:
    """``--precision PERCENT``."""
    return click.option(
        "--precision",
        metavar="PERCENT",
        callback=_share,
        help="Stop as soon as the standard error of the expected loss is this share of it, such as 1%. "
        f"--trials is then the most that are run [default: {MOST_TRIALS:,}].",
    )(command)


def most_trials(trials: int, precision: float | None) -> int:
    """How many trials are run at most: those asked for, or, for a precision alone, :data:`MOST_TRIALS`."""
    context = click.get_current_context()
    said = context.get_parameter_source("trials") is not click.core.ParameterSource.DEFAULT
    return trials if said or precision is None else MOST_TRIALS


def tell_precision(risk: RiskResult) -> None:
    """Say on standard error where a precision that was asked for is not reached."""
    precision = risk.precision
    if precision is None or precision.asked is None or precision.reached:
        return
    found = "nothing happened" if precision.relative_error is None else f"{precision.relative_error:.2%}"
    note(
        f"precision of {precision.asked:.2%} not reached after {risk.trials:,} trials ({found}); "
        "raise --trials"
    )
