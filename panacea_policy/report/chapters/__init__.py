"""The chapters of the report, each a domain's own."""

from __future__ import annotations

from panacea_policy.report.chapter import Chapter
from panacea_policy.report.chapters.actions import Actions
from panacea_policy.report.chapters.comparison import Scenarios
from panacea_policy.report.chapters.compliance import ComplianceChapter
from panacea_policy.report.chapters.design import DesignThreats
from panacea_policy.report.chapters.evidence import Sources
from panacea_policy.report.chapters.feed import FeedChapter
from panacea_policy.report.chapters.hospital import Hospital
from panacea_policy.report.chapters.losses import Losses
from panacea_policy.report.chapters.moves import Moves
from panacea_policy.report.chapters.paths import AttackPaths
from panacea_policy.report.chapters.people import People
from panacea_policy.report.chapters.purchase import WhatToBuy
from panacea_policy.report.chapters.summary import Summary
from panacea_policy.report.chapters.unknowns import Assumptions, OpenQuestions

#: All chapters, in the order of the report.
CHAPTERS: tuple[Chapter, ...] = (
    Summary(),
    Actions(),
    WhatToBuy(),
    Losses(),
    Moves(),
    AttackPaths(),
    FeedChapter(),
    People(),
    ComplianceChapter(),
    DesignThreats(),
    Scenarios(),
    Hospital(),
    OpenQuestions(),
    Assumptions(),
    Sources(),
)
