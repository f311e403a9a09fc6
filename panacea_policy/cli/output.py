"""Where results go: the terminal with or without colour, a pipe, or a file that is replaced as a whole."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import click
import msgspec


class Terminal(msgspec.Struct, frozen=True, gc=False):
    """How texts for people are laid out."""

    colour: bool
    width: int

    @classmethod
    def detect(cls, *, no_color: bool, to_file: bool) -> Terminal:
        """Colour on a terminal or where FORCE_COLOR is set; NO_COLOR and ``--no-color`` switch it off."""
        forced = bool(os.environ.get("FORCE_COLOR"))
        refused = no_color or to_file or bool(os.environ.get("NO_COLOR"))
        interactive = sys.stdout.isatty()
        return cls(
            colour=not refused and (interactive or forced), width=_width_of_terminal() if interactive else 100
        )

    def style(self, text: str, **style: object) -> str:
        """The text in that click style, or as it is where there is no colour."""
        return click.style(text, **style) if self.colour else text  # type: ignore[arg-type]


def _width_of_terminal() -> int:
    import shutil  # it brings three libraries for compression, and a hook has no terminal

    return max(60, min(shutil.get_terminal_size((100, 24)).columns, 120))


def write_result(text: str, output: Path | None) -> None:
    """Write the result to ``output``, or to standard output when there is none or it is ``-``.

    A reader that went away (``panacea check | head``) is no error: the verdict of the run stands.
    """
    if not text.endswith("\n"):
        text += "\n"
    if output is not None and str(output) != "-":
        from panacea_policy.storage import write_atomically

        output.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(output, text)
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()


def deliver(text: str, output: Path | None, *, quiet: bool) -> None:
    """Write the result as :func:`write_result` does, and say on standard error which file it is in."""
    write_result(text, output)
    if output is not None and not quiet:
        note(f"written: {output}")


def note(text: str) -> None:
    """Say something to the person, on standard error, so that a pipe gets the result alone."""
    with contextlib.suppress(BrokenPipeError):
        click.echo(text, err=True)


def silence_stdout() -> None:
    """Send what is still to come nowhere: the reader of standard output has gone."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(descriptor, sys.stdout.fileno())
    finally:
        os.close(descriptor)
