"""The report: what the board, the auditor and the architect read, and the pictures in it."""

from __future__ import annotations

from panacea_policy.report.assess import Assessment, AssessmentError, Headline, assess
from panacea_policy.report.chapter import Chapter, ChapterContent, Context, Section
from panacea_policy.report.chapters import CHAPTERS
from panacea_policy.report.folder import write_folder
from panacea_policy.report.options import AssessOptions

__all__ = [
    "CHAPTERS",
    "AssessOptions",
    "Assessment",
    "AssessmentError",
    "Chapter",
    "ChapterContent",
    "Context",
    "Headline",
    "Section",
    "assess",
    "write_folder",
]
