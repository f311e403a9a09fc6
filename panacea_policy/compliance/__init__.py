"""Verdicts per legal clause: what the rules found, what people attested, and what is still open."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from panacea_policy.compliance.crosswalk import Topic, crosswalk, related

if TYPE_CHECKING:
    from panacea_policy.compliance.applicability import Line, statement
    from panacea_policy.compliance.assessment import Compliance, assess
    from panacea_policy.compliance.changes import ClauseChange, LawChange, compare
    from panacea_policy.compliance.clauses import Clause
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
    "related",
    "statement",
    "strength_of",
    "worst",
]

#: What a check may not need is imported when it is asked for. No name is that of a module, too.
_ON_DEMAND = {
    "applicability": "Line statement",
    "assessment": "Compliance assess",
    "changes": "ClauseChange LawChange compare",
    "clauses": "Clause",
    "law": "Law Standing own_organisations",
    "questions": "OpenQuestion rank_questions",
    "statements": "Attestation Waiver read_waiver",
    "strength": "Strength strength_of",
    "verdicts": "ClauseVerdict Coverage worst",
}


def __getattr__(name: str) -> object:
    for home, names in _ON_DEMAND.items():
        if name in names.split():
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
