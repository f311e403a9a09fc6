"""What a run of tests gave: the input of every format of `test`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from panacea_policy.compiler import TestResult, Workspace
from panacea_policy.compiler.testing.coverage import ItemCoverage
from panacea_policy.compiler.testing.mutation import MutationReport
from panacea_policy.formats.places import Place, Places
from panacea_policy.language import Span


@dataclass(frozen=True)
class Suite:
    """The tests of one package, run. ``coverage`` and ``mutation`` are None where nobody asked for them."""

    workspace: Workspace
    base: Path
    results: tuple[TestResult, ...]
    coverage: tuple[ItemCoverage, ...] | None = None
    mutation: MutationReport | None = None

    @property
    def name(self) -> str:
        """The name of the package's folder."""
        return self.workspace.root.name

    def place(self, span: Span) -> Place:
        """Where a span is, with its path relative to ``base``."""
        return self._places.place(span, self.workspace.sources)

    @cached_property
    def _places(self) -> Places:
        return Places(self.workspace.root, self.base)


def outcomes(suites: tuple[Suite, ...]) -> Counter[str]:
    """How many tests passed, failed, or are known misses."""
    return Counter(result.outcome for suite in suites for result in suite.results)


def mutated(suites: tuple[Suite, ...]) -> MutationReport | None:
    """The mutants of all packages together; None where nobody asked."""
    reports = [suite.mutation for suite in suites if suite.mutation is not None]
    if not reports:
        return None
    return MutationReport(
        tuple(mutant for report in reports for mutant in report.survivors),
        sum(report.killed for report in reports),
        sum(report.refused for report in reports),
        sum(report.left_out for report in reports),
    )
