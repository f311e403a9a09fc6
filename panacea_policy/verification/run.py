"""The trial of an example: it is compiled and judged like any model, and must show what it is said to
show.
"""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from panacea_policy.compiler import Verdict, Workspace, WorkspaceError
from panacea_policy.language import Severity

FILE = "example.panacea"
#: A rule's subjects, by name.
Subjects = tuple[str, ...]


class Trial:
    """One example under its rules on one day. Nothing but its own text and the installed libraries is
    read.
    """

    def __init__(self, beside: Workspace, text: str, as_of: date) -> None:
        """``beside``: a workspace whose libraries can be shared."""
        with tempfile.TemporaryDirectory(prefix="panacea-") as folder:
            root = Path(folder).resolve()
            file = root / FILE
            workspace = beside.with_texts(root, [file], {file: text})
            workspace.as_of = as_of
            self.errors = tuple(
                each.message for each in workspace.diagnostics() if each.severity is Severity.ERROR
            )
            self._verdicts: dict[tuple[str, Verdict], set[Subjects]] = {}
            self._met: dict[str, set[Subjects]] = {}
            if not self.errors:
                self._judge(workspace)

    def subjects(self, rule: str, verdict: Verdict) -> frozenset[Subjects]:
        """Of whom a rule has this verdict; ``met`` too."""
        if verdict is Verdict.MET:
            return frozenset(self._met.get(rule, ()))
        return frozenset(self._verdicts.get((rule, verdict), ()))

    def _judge(self, workspace: Workspace) -> None:
        try:
            findings, tallies = workspace.findings(), workspace.tallies()
        except WorkspaceError as problem:
            self.errors = tuple(each.message for each in problem.diagnostics)
            return
        for finding in findings:
            names = tuple(each.name for each in finding.subjects)
            self._verdicts.setdefault((finding.rule.id, finding.verdict), set()).add(names)
        for tally in tallies:
            self._met.setdefault(tally.rule.id, set()).update(tally.met)


__all__ = ["FILE", "Trial"]
