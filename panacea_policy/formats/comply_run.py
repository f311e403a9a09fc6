"""The clauses of some packs under the law of one day: the input of every format of `comply`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import msgspec

from panacea_policy.compiler import UNKNOWN, Entity, Finding, Findings, Model, Verdict
from panacea_policy.compliance import (
    Clause,
    ClauseVerdict,
    Compliance,
    Coverage,
    Line,
    Strength,
    statement,
    strength_of,
)
from panacea_policy.formats.check_run import CheckRun


@dataclass(frozen=True)
class PackView:
    """A pack and the verdicts on its clauses. ``entity`` is None for clauses of no pack."""

    name: str
    entity: Entity | None
    clauses: tuple[Clause, ...]
    model: Model

    @property
    def title(self) -> str:
        """What a person calls the law or standard."""
        return (self.entity.title if self.entity is not None else None) or self.name

    def says(self, attribute: str) -> object:
        """An attribute of the pack; None where nobody set it."""
        value = self.model.value(self.entity, attribute) if self.entity is not None else None
        return None if value is UNKNOWN else value

    def status_on(self, day: date) -> str:
        """The legal status as it is on a day, in words; empty where nobody set it."""
        status, first = self.says("status"), self.says("effective")
        if isinstance(first, date) and status in ("in_force", "adopted_not_applicable"):
            ahead = first > day
            status = "in_force" if not ahead else "not in force yet" if status == "in_force" else status
        return str(status).replace("_", " ") if status is not None else ""

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Statements of the pack that nobody could check yet."""
        said = self.says("unchecked")
        return tuple(map(str, said)) if isinstance(said, tuple) else ()

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many clauses have each verdict."""
        counts: dict[str, int] = {}
        for clause in self.clauses:
            counts[str(clause.verdict)] = counts.get(str(clause.verdict), 0) + 1
        return counts

    @property
    def coverage(self) -> Coverage:
        """How many of the clauses that apply are decided."""
        return Coverage.of(self.counts)


class ComplyRun(msgspec.Struct, frozen=True, dict=True):
    """The judgement of ``packs`` (all in use where empty) in one check, under the law of ``law_of``."""

    check: CheckRun
    compliance: Compliance
    law_of: date
    foreseen: bool = False
    chosen: tuple[str, ...] = ()

    @property
    def model(self) -> Model:
        """The model that was judged."""
        return self.check.workspace.model

    @cached_property
    def packs(self) -> tuple[PackView, ...]:
        """The packs that were asked for, in the order of the model."""
        entities = {
            entity.name.rpartition(".")[0] or entity.name: entity for entity in self.model.entities("pack")
        }
        return tuple(
            PackView(name, entities.get(name), clauses, self.model)
            for name, clauses in self.compliance.packs().items()
            if not self.chosen or name in self.chosen
        )

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """The clauses of those packs."""
        return tuple(clause for pack in self.packs for clause in pack.clauses)

    @cached_property
    def unbound(self) -> Findings:
        """What rules found about those clauses that do not bind then: it is not counted."""
        shown = {clause.id for clause in self.clauses}
        return self.compliance.unbound.only(lambda rule: any(name in shown for name in rule.satisfies))

    def strength(self, clause: Clause) -> Strength | None:
        """How well the verdict on a clause is known."""
        return strength_of(clause, self.compliance, self.model)

    def statement(self, pack: str) -> tuple[Line, ...]:
        """The statement of applicability of a pack."""
        return statement(self.compliance, self.model, pack)


def number(clause: Clause) -> str:
    """The clause's number in its law, or the short name of the requirement."""
    said = clause.requirement.value("clause")
    return said if isinstance(said, str) else clause.id.rpartition(".")[2]


_SETTLED = frozenset({ClauseVerdict.ATTESTED, ClauseVerdict.NOT_APPLICABLE})


def undecided(clause: Clause) -> tuple[Finding, ...]:
    """The checks of a clause that wait for an answer, whatever its verdict is.

    To mend what is violated answers none of them. Who attests a clause answers for them all.
    """
    return () if clause.verdict in _SETTLED else tuple(clause.findings.with_verdict(Verdict.UNKNOWN))


def open_questions(clause: Clause) -> tuple[str, ...]:
    """What would settle them, each once."""
    return () if clause.verdict in _SETTLED else tuple(dict.fromkeys(asked.text for asked in clause.asked))
