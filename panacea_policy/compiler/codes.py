"""Collecting diagnostics: one list a run, each root cause once."""

from __future__ import annotations

from collections.abc import Iterable

from panacea_policy.language import Diagnostic, Label, Severity, Span


class Report:
    """The diagnostics of one run, in the order found, without repeats."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Span, str], Diagnostic] = {}

    def add(self, diagnostic: Diagnostic) -> None:
        """Take one in; the same message at the same place counts once."""
        self._found.setdefault((diagnostic.code, diagnostic.span, diagnostic.message), diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Take several in."""
        for diagnostic in diagnostics:
            self.add(diagnostic)

    def error(
        self,
        code: str,
        span: Span,
        message: str,
        *,
        help: str | None = None,
        labels: tuple[Label, ...] = (),
    ) -> None:
        """Take in an error with this place, reason and cure."""
        self.add(Diagnostic(code, Severity.ERROR, message, span, labels, help))

    def warning(
        self,
        code: str,
        span: Span,
        message: str,
        *,
        help: str | None = None,
        labels: tuple[Label, ...] = (),
    ) -> None:
        """Take in a warning: the model is usable, but somebody should look."""
        self.add(Diagnostic(code, Severity.WARNING, message, span, labels, help))

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All of them, in the order found."""
        return tuple(self._found.values())
