"""How far a long piece of work is, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(what: str, *, quiet: bool) -> Iterator[Callable[[str, float], None]]:
    """Something to tell a stage and a share to: a bar on a terminal, nobody in a pipe."""
    if quiet or not sys.stderr.isatty():
        yield lambda stage, share: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as shown:
        bar = shown.add_task(what, total=1.0)
        yield lambda stage, share: shown.update(bar, description=stage, completed=share)
