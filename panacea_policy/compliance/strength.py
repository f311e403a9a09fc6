"""How well a verdict is known: the weakest thing that it rests on counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum

from panacea_policy.compiler import Entity, Model
from panacea_policy.compliance.assessment import Compliance
from panacea_policy.compliance.clauses import Clause
from panacea_policy.compliance.verdicts import ClauseVerdict


class Strength(IntEnum):
    """How what is stated is known; a greater one is better."""

    DECLARED = 1
    ATTESTED = 2
    MEASURED = 3

    def __str__(self) -> str:
        return self.name.lower()


def strength_of(clause: Clause, compliance: Compliance, model: Model) -> Strength | None:
    """How well the verdict on a clause is known; None where there is none: unknown, or not applicable.

    The subjects of all checks that it rests on say how they are known (`assurance`, `declared` where unset),
    and so do attestations and waivers, which are attested at best, and sub-clauses; the weakest counts. What
    rests on nothing of these is declared. What subjects refer to is not looked at: an upper bound.
    """
    if clause.verdict in (ClauseVerdict.UNKNOWN, ClauseVerdict.NOT_APPLICABLE):
        return None
    return min(_strengths(clause, compliance, model), default=Strength.DECLARED)


def _strengths(clause: Clause, compliance: Compliance, model: Model) -> Iterator[Strength]:
    """How each thing that a verdict rests on is known; it ends where nothing weaker can come."""
    if (clause.attestation is not None and clause.attestation.valid) or clause.waivers:
        yield Strength.ATTESTED
    for part in clause.parts:
        known = strength_of(part, compliance, model)
        if known is not None:
            yield known
    for subject in _subjects(clause, compliance, model):
        known = assurance(subject, model)
        yield known
        if known is Strength.DECLARED:
            return


def assurance(subject: Entity, model: Model) -> Strength:
    """How what is stated about a declaration is known."""
    said = model.value(subject, "assurance")
    return Strength[said.upper()] if isinstance(said, str) else Strength.DECLARED


def _subjects(clause: Clause, compliance: Compliance, model: Model) -> Iterable[Entity]:
    for finding in clause.findings:
        yield from finding.subjects
    for rule in clause.rules:
        tally = compliance.tally(rule.id)
        for names in tally.met if tally is not None else ():
            for name in names:
                entity = model.get(name)
                if entity is not None:
                    yield entity
