"""The one small interface by which each domain adds its chapter to the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from panacea_policy.report.html import Child, Element

if TYPE_CHECKING:
    from panacea_policy.compiler import Finding, ScenarioInfo, Workspace
    from panacea_policy.compliance import Compliance
    from panacea_policy.feeds.store import Moment
    from panacea_policy.report.options import AssessOptions
    from panacea_policy.risk import RiskResult

Json = object


@dataclass(frozen=True)
class Scenario:
    """What one scenario of the model would change."""

    name: str
    info: ScenarioInfo
    risk: RiskResult
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Context:
    """All that a chapter may speak of. Results that do not exist are None or empty.

    ``unfit`` are scenarios that cannot be laid over the model, with the reason. ``moments`` are what the
    store of feeds remembers, oldest first.
    """

    workspace: Workspace
    options: AssessOptions
    findings: tuple[Finding, ...] = ()
    risk: RiskResult | None = None
    compliance: Compliance | None = None
    scenarios: tuple[Scenario, ...] = ()
    unfit: tuple[tuple[str, str], ...] = ()
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True)
class Section:
    """A headed part of a chapter; without a heading it opens the chapter."""

    heading: str
    blocks: Sequence[Child]


@dataclass(frozen=True)
class ChapterContent:
    """What a chapter says: sections for people, ``data`` for machines, further files (name to text)."""

    sections: tuple[Section, ...]
    data: Mapping[str, Json] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


class Chapter(Protocol):
    """A chapter. ``order`` places it (summary 0, risk 100, compliance 200, design 300, questions 800)."""

    @property
    def id(self) -> str:
        """A short name, for links and options."""

    @property
    def title(self) -> str:
        """The heading."""

    @property
    def order(self) -> int:
        """Its place in the report."""

    def build(self, context: Context) -> ChapterContent | None:
        """The content, or None where there is nothing to say."""


def section(heading: str, *blocks: Child | Element) -> Section:
    """A section from its blocks."""
    return Section(heading, blocks)
