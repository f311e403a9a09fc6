"""Entry of the ``panacea`` command: parses the call, and turns every way of ending into an exit code.

Exit codes: 0 nothing at or above the threshold, 1 findings at or above it, 2 the input or the call is wrong,
3 an internal fault. An interrupt ends with 130, as shells expect.
"""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from panacea_policy.cli.commands import Commands
from panacea_policy.cli.exits import FAULT, INTERRUPTED, OK, WRONG
from panacea_policy.errors import PanaceaError
from panacea_policy.version import __version__


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="panacea %(version)s")
def panacea() -> None:
    """Hospital security as code: one model, from which checks, risk and plans follow.

    Each command takes one or more model files or folders (default: the current folder). Exit codes:
    0 nothing at or above the threshold, 1 findings at or above it, 2 the input or the call is wrong,
    3 an internal fault.
    """


#: What a group without a command raises; older versions of click print the help themselves.
_HELP_ASKED: tuple[type[Exception], ...] = tuple(
    error for error in (getattr(click.exceptions, "NoArgsIsHelpError", None),) if error is not None
)


def run() -> NoReturn:
    """The console script: runs the command line of this process and ends it with the command's exit code."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # replaced streams may lack it
    # A command makes many objects that live to its end: collecting cycles among them early only costs time.
    gc.set_threshold(1_000_000, 20, 100)
    code = main(sys.argv[1:])
    # All that is left goes with the process: looking for cycles in it once more takes longer than a check.
    gc.freeze()
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    sys.exit(code)


def main(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code; prints what went wrong, raises nothing."""
    try:
        result = panacea.main(args=list(arguments), prog_name="panacea", standalone_mode=False)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.UsageError as error:
        if error.ctx is not None and isinstance(error, _HELP_ASKED):
            click.echo(error.ctx.get_help(), err=True)
            return WRONG
        where = f" (see `{error.ctx.command_path} --help`)" if error.ctx is not None else ""
        return _complain(error.format_message(), None, suffix=where)
    except click.ClickException as error:
        return _complain(error.format_message(), None)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except PanaceaError as error:
        return _complain(error.message, error.help)
    except BrokenPipeError:
        return OK
    except OSError as error:
        return _complain(_describe(error), None)
    except Exception as error:
        from panacea_policy.cli.fault import report_fault

        click.echo(_shown(report_fault(error, arguments)), err=True)
        return FAULT
    return result if isinstance(result, int) else OK


def _complain(message: str, help: str | None, suffix: str = "") -> int:
    click.echo(_shown(f"panacea: {message[:1].lower()}{message[1:]}{suffix}"), err=True)
    if help:
        click.echo(_shown(f"  help: {help}"), err=True)
    return WRONG


def _shown(text: str) -> str:
    """Names in a message may come from strangers: what a terminal obeys is written out."""
    if "@" in text:
        from panacea_policy.cli.fault import without_secrets

        text = without_secrets(text)
    if all(line.isprintable() for line in text.split("\n")):
        return text  # to import what is below takes longer than to say what is wrong
    from panacea_policy.language.diagnostics import visible

    return "\n".join(map(visible, text.split("\n")))


def _describe(error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"{error.filename}: {reason}" if error.filename else reason
