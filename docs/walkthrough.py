"""Pages with examples that run: their files are written into an empty folder, their commands are run, and the
output they show is replaced by (or compared with) the true one.

In a page, a block opened with ``<language> file=PATH`` is a file (``add=PATH``: more lines for it), and one
of the language ``console`` shows commands behind ``$`` and what they print. Only commands of panacea are run.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from panacea_policy.cli.main import main as panacea

BLOCK = re.compile(
    r"^(?P<head>```(?P<language>\w+)(?: +(?P<how>file|add)=(?P<path>\S+))? *\n)(?P<body>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


#: The way from the current folder to the library of this installation, which is elsewhere for everybody else.
INSTALLATION = re.compile(r"(?:\.\./)+[^\s:]*?(?=(?:models/std|rules)/)")


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a page, what the page shows, and what it really prints and returns."""

    command: str
    shown: str
    printed: str
    code: int


def play(page: str, folder: Path) -> tuple[str, tuple[Step, ...]]:
    """The page with true outputs, and its steps. ``folder`` is where its files go: empty at the start."""
    steps: list[Step] = []

    def replace(block: re.Match[str]) -> str:
        if block["path"]:
            _write(folder / block["path"], block["body"], more=block["how"] == "add")
        if block["language"] != "console":
            return block[0]
        done = list(_run(block["body"], folder))
        steps.extend(done)
        return block["head"] + "\n".join(f"$ {step.command}\n{step.printed}" for step in done) + "```"

    return BLOCK.sub(replace, page), tuple(steps)


def _write(path: Path, text: str, *, more: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") + "\n" if more else ""
    path.write_text(before + text, encoding="utf-8")


def _run(body: str, folder: Path) -> Iterator[Step]:
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        program, *arguments = shlex.split(command, comments=True)
        if program != "panacea":
            raise ValueError(f"only panacea is run in a console block, not {program}")
        printed, code = run(arguments, folder)
        yield Step(command, shown.rstrip("\n") + "\n" if shown.strip() else "", printed, code)


def run(arguments: list[str], folder: Path) -> tuple[str, int]:
    """What the command prints, results and notes in their order, and its exit code."""
    said = io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
        _no_colour(),
    ):
        code = panacea(arguments)
    return INSTALLATION.sub("", said.getvalue()), code


@contextlib.contextmanager
def _no_colour() -> Iterator[None]:
    before = {name: os.environ.pop(name, None) for name in ("FORCE_COLOR", "NO_COLOR")}
    os.environ["NO_COLOR"] = "1"
    try:
        yield
    finally:
        del os.environ["NO_COLOR"]
        os.environ.update({name: value for name, value in before.items() if value is not None})
