"""What a check found, with places that other tools understand: the input of every format of `check`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from panacea_policy.compiler import Finding, Workspace
from panacea_policy.compliance import Compliance
from panacea_policy.language import Diagnostic, Severity, Span


@dataclass(frozen=True, slots=True)
class Place:
    """A range in a file. Lines and columns count characters from 1; the end is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True)
class CheckRun:
    """The result of one check. ``compliance`` is None when the model has errors: nothing was judged."""

    workspace: Workspace
    base: Path
    diagnostics: tuple[Diagnostic, ...]
    compliance: Compliance | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, whatever its verdict; none when nothing was judged."""
        return self.compliance.findings if self.compliance is not None else ()

    def place(self, span: Span) -> Place:
        """Where a span is, with its path relative to ``base`` (the folder the command ran in)."""
        source = self.workspace.sources.get(span.file)
        if source is None:  # an unreadable file has no text to point into
            return Place(self._path(span.file), 1, 1, 1, 1)
        return Place(self._path(span.file), *source.position(span.start), *source.position(span.end))

    def _path(self, name: str) -> str:
        path = (self.workspace.root / name).resolve()
        if path.is_relative_to(self.base) and path.exists():
            return str(PurePosixPath(path.relative_to(self.base)))
        return name


def names(finding: Finding) -> str:
    """The subjects of a finding, as it is spoken of."""
    return ", ".join(subject.name for subject in finding.subjects)


def sentence(finding: Finding) -> str:
    """What was found, beginning with the subjects where the message does not name them."""
    text = finding.message
    if all(subject.name in text or subject.short in text for subject in finding.subjects):
        return text
    return f"{names(finding)}: {text}"


DIAGNOSTIC_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
"""The levels of SARIF and of annotations for the severities of the compiler."""

LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
"""The same for the severities of rules."""
