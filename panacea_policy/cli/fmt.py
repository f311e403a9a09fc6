"""``panacea fmt``: put source files into their standard form."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panacea_policy.cli import exits
from panacea_policy.cli.options import look_options
from panacea_policy.cli.output import Terminal, note, write_result
from panacea_policy.cli.session import SUFFIX, package_folders, plural, require_model

if TYPE_CHECKING:
    from panacea_policy.language import Diagnostic, Source

STDIN = Path("-")


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text and its standard form, which is None when the text has errors."""

    path: Path
    source: Source | None
    text: str | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def differs(self) -> bool:
        """Whether it is not in its standard form."""
        return self.source is not None and self.text is not None and self.text != self.source.text


@click.command("fmt")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 if a file is not in standard form.")
@click.option(
    "--diff", is_flag=True, help="Change nothing; show what would change. Exit code as for --check."
)
@look_options
def command(paths: tuple[Path, ...], check: bool, diff: bool, quiet: bool, no_color: bool) -> int:
    """Put source files into their standard form.

    Folders are searched for *.panacea files. `-` reads standard input and writes the result to standard
    output. A file with syntax errors is left as it is, and ends the run with exit code 2.
    """
    terminal = Terminal.detect(no_color=no_color, to_file=False)
    results = [_format(path) for path in _files(paths)]
    for result in results:
        _show_errors(result, terminal)
        if result.path == STDIN and not (check or diff) and result.text is not None:
            write_result(result.text, None)
        elif result.differs and diff:
            write_result(_diff(result, terminal), None)
        elif result.differs and not check:
            _rewrite(result)
    differing = [result for result in results if result.differs and result.path != STDIN]
    if not quiet:
        _report(differing, len(results), looking=check or diff)
    if any(result.text is None for result in results):
        return exits.WRONG
    return exits.FOUND if (check or diff) and any(result.differs for result in results) else exits.OK


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    seen: set[Path] = set()
    for path in paths or [Path()]:
        if path == STDIN:
            candidates = [path]
        elif path.is_file():
            require_model(path)
            candidates = [path]
        else:
            candidates = [
                file for folder in package_folders([path]) for file in sorted(folder.glob(f"*{SUFFIX}"))
            ]
        for candidate in candidates:
            if candidate not in seen:
                seen.add(candidate)
                yield candidate


def _format(path: Path) -> Formatted:
    from panacea_policy.language import Severity, Source, format_text, read_source

    if path == STDIN:
        read: Source | Diagnostic = _read_stdin()
    else:
        read = read_source(path, name=str(path))
    if not isinstance(read, Source):
        return Formatted(path, None, None, (read,))
    text, diagnostics = format_text(read)
    broken = any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
    return Formatted(path, read, None if broken else text, diagnostics)


def _read_stdin() -> Source | Diagnostic:
    from panacea_policy.language import Diagnostic, Severity, Source, Span

    data = sys.stdin.buffer.read()
    try:
        return Source("<stdin>", data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        place = Span("<stdin>", 0, 0)
        return Diagnostic("P0003", Severity.ERROR, "standard input is not UTF-8 text", place)


def _show_errors(result: Formatted, terminal: Terminal) -> None:
    from panacea_policy.language import render

    sources = {result.source.name: result.source} if result.source is not None else {}
    for diagnostic in result.diagnostics:
        note(render(diagnostic, sources, colour=terminal.colour) + "\n")


def _rewrite(result: Formatted) -> None:
    from panacea_policy.storage import write_atomically

    if result.text is not None:
        write_atomically(result.path, result.text)


def _diff(result: Formatted, terminal: Terminal) -> str:
    from difflib import unified_diff

    assert result.source is not None
    assert result.text is not None
    name = result.source.name
    lines = unified_diff(
        result.source.text.splitlines(), result.text.splitlines(), name, f"{name} (formatted)", lineterm=""
    )
    colours = {"-": "red", "+": "green", "@": "cyan"}
    return "\n".join(terminal.style(line, fg=colours.get(line[:1])) for line in lines) + "\n"


def _report(differing: list[Formatted], total: int, *, looking: bool) -> None:
    for result in differing:
        note(f"{'would change' if looking else 'changed'} {result.path}")
    unchanged = total - len(differing)
    note(f"{plural(len(differing), 'file')} {'to format' if looking else 'formatted'}, {unchanged} in order")
