"""What a recogniser hands over: a mistake in words, and how to step over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from panacea_policy.language.diagnostics import Diagnostic, Label, Severity, Span
from panacea_policy.language.situation import (
    PART_WORDS,
    Edit,
    Situation,
)

# Behind these words a condition stands, behind others a value.
CONDITION_WORDS = PART_WORDS | {"IF", "WITH", "AND", "OR", "NOT", "FROM", "WHEN"}


class Finding(NamedTuple):
    """A mistake and the edits that step over it; None: leave out the entry around the place."""

    diagnostic: Diagnostic
    edits: tuple[Edit, ...] | None


class Writer:
    """Makes diagnostics about the tokens of one situation."""

    def __init__(self, situation: Situation, file: str) -> None:
        self.situation = situation
        self._file = file

    def span(self, index: int, last: int | None = None) -> Span:
        """The place of a token, or of the tokens from ``index`` to ``last``."""
        start, end = self.situation.span(index)
        return Span(self._file, start, end if last is None else self.situation.span(last)[1])

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        *labels: Label,
        cure: str | None = None,
        notes: tuple[str, ...] = (),
    ) -> Diagnostic:
        return Diagnostic(code, Severity.ERROR, message, span, labels, cure, notes)


Recogniser = Callable[[Situation, Writer], Finding | None]
