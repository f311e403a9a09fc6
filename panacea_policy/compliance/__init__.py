"""Verdicts per legal clause: what the rules found, what people attested, and what is still open."""

from __future__ import annotations

from panacea_policy.compliance.applicability import Line, statement
from panacea_policy.compliance.assessment import Compliance, assess
from panacea_policy.compliance.changes import ClauseChange, LawChange, compare
from panacea_policy.compliance.clauses import Clause
from panacea_policy.compliance.crosswalk import Topic, crosswalk
from panacea_policy.compliance.law import Law, Standing, own_organisations
from panacea_policy.compliance.questions import OpenQuestion, rank_questions
from panacea_policy.compliance.statements import Attestation, Waiver, read_waiver
from panacea_policy.compliance.strength import Strength, strength_of
from panacea_policy.compliance.verdicts import ClauseVerdict, Coverage, worst

__all__ = [
    "Attestation",
    "Clause",
    "ClauseChange",
    "ClauseVerdict",
    "Compliance",
    "Coverage",
    "Law",
    "LawChange",
    "Line",
    "OpenQuestion",
    "Standing",
    "Strength",
    "Topic",
    "Waiver",
    "assess",
    "compare",
    "crosswalk",
    "own_organisations",
    "rank_questions",
    "read_waiver",
    "statement",
    "strength_of",
    "worst",
]
