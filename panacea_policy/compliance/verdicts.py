"""The verdict on a clause: an ordered scale, in which the worst of several wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from panacea_policy.compiler import Verdict


class ClauseVerdict(StrEnum):
    """What can be said of a clause, worst first."""

    VIOLATED = "violated"
    UNKNOWN = "unknown"
    WAIVED = "waived"
    ATTESTED = "attested"
    MET = "met"
    NOT_APPLICABLE = "not_applicable"


_FROM_FINDING = {
    Verdict.VIOLATED: ClauseVerdict.VIOLATED,
    Verdict.UNKNOWN: ClauseVerdict.UNKNOWN,
    Verdict.WAIVED: ClauseVerdict.WAIVED,
    Verdict.MET: ClauseVerdict.MET,
    Verdict.NOT_APPLICABLE: ClauseVerdict.NOT_APPLICABLE,
}
_ORDER = list(ClauseVerdict)


def worst(verdicts: Iterable[Verdict]) -> ClauseVerdict:
    """The verdict on a clause from those of its findings: the worst. Not applicable when there is none."""
    return worst_clause(_FROM_FINDING[verdict] for verdict in set(verdicts))


def worst_clause(verdicts: Iterable[ClauseVerdict]) -> ClauseVerdict:
    """The worst of several verdicts on clauses. Not applicable when there is none."""
    found = set(verdicts)
    return next((verdict for verdict in _ORDER if verdict in found), ClauseVerdict.NOT_APPLICABLE)


class Coverage(msgspec.Struct, frozen=True):
    """How much of what applies has been decided. Unknown is the part that has not."""

    decided: int
    applicable: int

    @property
    def fraction(self) -> float:
        """``decided / applicable``; 1.0 where nothing applies, as nothing is open then."""
        return self.decided / self.applicable if self.applicable else 1.0

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Coverage:
        """The coverage behind a count of verdicts by name."""
        applicable = sum(count for verdict, count in counts.items() if verdict != "not_applicable")
        return cls(applicable - counts.get("unknown", 0), applicable)
