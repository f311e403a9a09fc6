"""What a question comes to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from panacea_policy.verification.example import Example


class Outcome(StrEnum):
    """What came of a question."""

    HOLDS = "holds"
    FAILS = "fails"
    NOT_VERIFIED = "not_verified"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question.

    ``sentence``: the answer in words; ``reasons``: of what is not verified, why; ``examples``: models that
    were run and show it (a second one shows the other side of a difference); ``shows``: what to see in them;
    ``declarations``: how many the largest universe had.
    """

    question: str
    outcome: Outcome
    sentence: str
    reasons: tuple[str, ...]
    examples: tuple[Example, ...]
    shows: str
    declarations: int


__all__ = ["Answer", "Outcome"]
