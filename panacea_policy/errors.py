"""The exceptions that callers of the package may catch.

Mistakes in a model are not exceptions but diagnostics: values with a place and a cure. What is raised here is
a wrong call: a path that does not exist, an unknown format, a query that cannot be read.
"""

from __future__ import annotations


class PanaceaError(Exception):
    """A wrong call or an unusable input. ``message`` says what is wrong, ``help`` what to do about it."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help

    def __str__(self) -> str:
        return f"{self.message} ({self.help})" if self.help else self.message
