"""Open questions, the most useful answer first."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from panacea_policy.compiler import Entity, Finding, Verdict


class OpenQuestion(msgspec.Struct, frozen=True):
    """An attribute that nobody set, and the undecided findings that wait for it.

    ``settles`` counts the findings that this answer alone decides; ``concerns`` those in which it has a part.
    """

    entity: Entity
    attribute: str
    text: str
    settles: int
    concerns: int
    findings: tuple[Finding, ...]


def rank_questions(findings: Iterable[Finding]) -> tuple[OpenQuestion, ...]:
    """The questions of all unknown findings, each once: by what they settle alone, then by what they touch.

    Equal ones follow the names of the declarations, so that the list is stable.
    """
    waiting: dict[tuple[str, str], list[Finding]] = {}
    asked: dict[tuple[str, str], tuple[Entity, str]] = {}
    for finding in findings:
        if finding.verdict is not Verdict.UNKNOWN:
            continue
        for question in finding.questions:
            key = (question.entity.name, question.attribute)
            asked.setdefault(key, (question.entity, question.text))
            waiting.setdefault(key, []).append(finding)
    ranked = [
        OpenQuestion(
            entity=asked[key][0],
            attribute=key[1],
            text=asked[key][1],
            settles=sum(_attributes(finding) == {key} for finding in group),
            concerns=len(group),
            findings=tuple(group),
        )
        for key, group in waiting.items()
    ]
    return tuple(sorted(ranked, key=lambda q: (-q.settles, -q.concerns, q.entity.name, q.attribute)))


def _attributes(finding: Finding) -> set[tuple[str, str]]:
    return {(question.entity.name, question.attribute) for question in finding.questions}
