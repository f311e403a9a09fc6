"""What a check found, with places that other tools understand: the input of every format of `check`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec

from panacea_policy.compiler import Entity, Finding, Verdict, Workspace
from panacea_policy.compliance import Compliance
from panacea_policy.formats.places import Place, Places, Row
from panacea_policy.language import Diagnostic, Severity, Span


class Void(msgspec.Struct, frozen=True):
    """A claim that was certified and does not hold any more. ``was``: met or attested."""

    clause: str
    was: str
    certificate: str
    now: str
    reason: str
    findings: tuple[Finding, ...] = ()

    def __str__(self) -> str:
        return f"certificate `{self.clause}` would be void: {self.was} in {self.certificate}, now {self.now}"


class Ratchet(msgspec.Struct, frozen=True):
    """What was there before. ``known`` are fingerprints of violations then, ``before`` says when that was.

    ``void``: certified claims that this change makes false; ``void_before``: those that were false before it.
    ``gone`` counts the violations that are mended; ``notes`` are for people.
    """

    known: frozenset[str]
    before: str
    void: tuple[Void, ...] = ()
    void_before: tuple[Void, ...] = ()
    gone: int = 0
    notes: tuple[str, ...] = ()


class CheckRun(msgspec.Struct, frozen=True, dict=True):
    """The result of one check. ``compliance`` is None when the model has errors: nothing was judged.

    With a ``ratchet`` only findings that are new decide.
    """

    workspace: Workspace
    base: Path
    diagnostics: tuple[Diagnostic, ...]
    compliance: Compliance | None
    ratchet: Ratchet | None = None

    @property
    def findings(self) -> Sequence[Finding]:
        """Every finding, whatever its verdict; none when nothing was judged."""
        return self.compliance.findings if self.compliance is not None else ()

    @property
    def deciding(self) -> tuple[Finding, ...]:
        """The findings that we are held to: all but those of rules that only measure us, and those that are
        known from before.
        """
        held = self.compliance.deciding if self.compliance is not None else ()
        return tuple(finding for finding in held if not self.known(finding))

    def known(self, finding: Finding) -> bool:
        """Whether it was a violation before; never without a ratchet."""
        return self.ratchet is not None and finding.fingerprint in self.ratchet.known

    def age(self, finding: Finding) -> Literal["new", "known"] | None:
        """Whether a violation is new or known from before; None without a ratchet, and for other verdicts."""
        if self.ratchet is None or finding.verdict is not Verdict.VIOLATED:
            return None
        return "known" if self.known(finding) else "new"

    @cached_property
    def places(self) -> Places:
        """Paths relative to ``base``."""
        return Places(self.workspace.root, self.base)

    def place(self, span: Span) -> Place:
        """Where a span is, with its path relative to ``base`` (the folder the command ran in)."""
        return self.places.place(span, self.workspace.sources)

    def row(self, entity: Entity) -> Row | None:
        """The row of the inventory that a subject came from, if it came from one."""
        return self.places.row(entity.origin)

    def rows(self, finding: Finding) -> tuple[Row, ...]:
        """The rows of the inventories that the subjects of a finding came from."""
        found = map(self.row, finding.subjects)
        return tuple(row for row in found if row is not None)

    def where(self, finding: Finding) -> str:
        """Where the first subject was declared, and the rows of the inventories behind it."""
        return ", ".join(map(str, (self.place(finding.span), *self.rows(finding))))


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
