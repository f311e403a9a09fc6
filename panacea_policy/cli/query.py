"""``panacea query``: ask the model a question in the words of a rule."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Sequence
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
from panacea_policy.cli.output import Terminal, note, write_result
from panacea_policy.cli.plan import passes as passes_of
from panacea_policy.cli.plan import plan_json, plan_options, plan_text, program_text
from panacea_policy.errors import PanaceaError


@click.command("query")
@click.argument("question", required=False)
@paths_argument
@click.option(
    "-i", "--interactive", is_flag=True, help="Ask one question after another, with completion and history."
)
@format_option("text", "json")
@as_of_option
@plan_options
@output_option
@look_options
def command(
    question: str | None,
    paths: tuple[Path, ...],
    interactive: bool,
    format_: str,
    as_of: datetime.date | None,
    plan: bool,
    print_pass: str | None,
    without: str,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Ask the model a question in the words of a rule.

    For instance: panacea query "device d, zone z where d.zone = z, z.trust < 2" my-hospital

    Without a question, on a terminal, or with -i, questions are read one after another.
    """
    from panacea_policy.cli.session import plural, refusing, sound_workspace

    if interactive or _wants_to_be_asked(question):
        if format_ != "text" or output is not None:
            raise PanaceaError(
                "an interactive session prints text to the terminal",
                "give the question with `--format` and `-o`",
            )
        from panacea_policy.cli.interactive import run_interactive

        chosen = (Path(question), *paths) if question else paths
        return run_interactive(chosen, as_of, Terminal.detect(no_color=no_color, to_file=False))
    if question is None or not question.strip():
        raise PanaceaError("the question is empty", 'ask something such as "zone z where z.trust < 2"')
    off = passes_of(without, print_pass)
    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    workspace = sound_workspace(paths, as_of, terminal)
    with refusing(workspace, terminal):
        result = workspace.query(question, without=off, plan=plan or print_pass is not None)
    if print_pass is not None and result.plan is not None:
        write_result(program_text(print_pass, result.plan), output)
        return exits.OK
    if plan:
        text = format_ == "text"
        shown = plan_text(result, workspace, terminal) if text else plan_json(question, result, workspace)
        write_result(shown, output)
        return exits.OK
    rows = [tuple(map(plain, row)) for row in result.rows]
    if format_ == "json":
        from panacea_policy.formats.documents import QueryDocument
        from panacea_policy.version import __version__

        document = QueryDocument(
            version=__version__, query=question, columns=result.columns, rows=tuple(rows)
        )
        write_result(document.to_json(), output)
        return exits.OK
    write_result(table(result.columns, rows, terminal), output)
    if not quiet:
        note(plural(len(rows), "row"))
    return exits.OK


def _wants_to_be_asked(question: str | None) -> bool:
    """Whether a person at a terminal gave no question, or only a folder or file."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or question == "":
        return False
    try:
        return question is None or Path(question).exists()
    except (OSError, ValueError):
        return False


def plain(value: object) -> str | float | bool | None:
    """A value as JSON has it: declarations by name, dates and whatever else as text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    name = getattr(value, "name", None)
    return name if isinstance(name, str) else str(value)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], terminal: Terminal) -> str:
    """Rows under their headings, each column as wide as its widest value."""
    from panacea_policy.language.diagnostics import visible

    cells = [[visible("none" if value is None else str(value)) for value in row] for row in rows]
    widths = [max([len(name), *(len(row[i]) for row in cells)]) for i, name in enumerate(columns)]
    head = "  ".join(name.ljust(width) for name, width in zip(columns, widths, strict=True)).rstrip()
    lines = [terminal.style(head, bold=True)]
    for row in cells:
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return "\n".join(lines) + "\n"
