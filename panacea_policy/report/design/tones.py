"""The tones of the words of a design file."""

from __future__ import annotations

from panacea_policy.report.html import Element, badge

_TONES = {
    "open": "violated",
    "unknown": "unknown",
    "waived": "waived",
    "met": "met",
    "planned": "planned",
    "candidate": "candidate",
    "acceptable": "good",
    "reduce further": "medium",
    "not acceptable": "high",
    "in_place": "in-place",
    "not declared": "quiet",
    "retired": "quiet",
    "yes": "good",
    "no": "low",
    "see note": "unknown",
    "n/a": "quiet",
}


def tone(word: str) -> Element:
    """A word as a label in its tone."""
    return badge(word.replace("_", " "), _TONES.get(word, word))
