"""The statement of applicability: of each clause whether it applies, why, and how far it is done."""

from __future__ import annotations

from dataclasses import dataclass

from panacea_policy.compiler import Entity, Model
from panacea_policy.compliance.assessment import Compliance
from panacea_policy.compliance.clauses import Clause
from panacea_policy.compliance.verdicts import ClauseVerdict


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the statement. ``applies`` and ``state`` are None where nobody said; ``agrees`` is False
    where what is stated and what was found contradict each other, and ``remark`` says how.
    """

    clause: Clause
    applies: bool | None
    reason: str
    state: str | None
    carried_out_by: tuple[str, ...]
    decided_by: str
    declared: Entity | None
    agrees: bool
    remark: str


def statement(compliance: Compliance, model: Model, pack: str) -> tuple[Line, ...]:
    """The statement of applicability of one pack: a line for each clause without sub-clauses, in order."""
    said: dict[str, Entity] = {}
    for entity in model.entities("applicability"):
        requirement = model.value(entity, "requirement")
        if isinstance(requirement, Entity):
            said.setdefault(requirement.name, entity)
    wholes = {
        parent.name
        for clause in compliance.clauses
        if isinstance(parent := model.value(clause.requirement, "parent"), Entity)
    }
    return tuple(
        _line(clause, said.get(clause.id), model)
        for clause in compliance.clauses
        if clause.pack == pack and clause.id not in wholes
    )


def _line(clause: Clause, declared: Entity | None, model: Model) -> Line:
    if declared is None:
        idle = False if not clause.standing.binds else None
        return Line(clause, idle, clause.standing.reason, None, (), "", None, True, "")
    applies, state = model.value(declared, "applies"), model.value(declared, "state")
    by, carried = model.value(declared, "decided_by"), model.value(declared, "carried_out_by")
    reason = model.value(declared, "reason")
    remark = _contradiction(clause, applies, state)
    return Line(
        clause,
        applies if isinstance(applies, bool) else None,
        reason if isinstance(reason, str) else "",
        state if isinstance(state, str) else None,
        _names(carried),
        by.name if isinstance(by, Entity) else "",
        declared,
        not remark,
        remark,
    )


def _names(said: object) -> tuple[str, ...]:
    return tuple(each.name for each in said if isinstance(each, Entity)) if isinstance(said, tuple) else ()


def _contradiction(clause: Clause, applies: object, state: object) -> str:
    if applies is False and clause.verdict in (ClauseVerdict.VIOLATED, ClauseVerdict.MET):
        return "stated as not applicable, but rules found what it speaks of"
    if applies is True and not clause.standing.binds:
        return f"stated as applicable, but {clause.standing.reason}"
    if state == "implemented" and clause.verdict is ClauseVerdict.VIOLATED:
        return "stated as implemented, but it is violated"
    if state == "absent" and clause.verdict is ClauseVerdict.MET:
        return "stated as absent, but every check is met"
    return ""
