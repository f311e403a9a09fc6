"""One fact, many clauses: the clauses that mappings put together, with their verdicts."""

from __future__ import annotations

import msgspec

from panacea_policy.compiler import Entity, Model
from panacea_policy.compliance.assessment import Compliance
from panacea_policy.compliance.clauses import Clause


class Topic(msgspec.Struct, frozen=True):
    """What several clauses ask for. ``rules`` are those that speak of more than one of them, by id."""

    name: str
    title: str
    relation: str
    clauses: tuple[Clause, ...]
    rules: tuple[str, ...]


def crosswalk(compliance: Compliance, model: Model) -> tuple[Topic, ...]:
    """Every mapping of the model and its packs, in order of declaration."""
    known = {clause.id: clause for clause in compliance.clauses}
    return tuple(_topic(entity, known, model) for entity in model.entities("mapping"))


def _topic(entity: Entity, known: dict[str, Clause], model: Model) -> Topic:
    named, relation = model.value(entity, "clauses"), model.value(entity, "relation")
    clauses = tuple(
        known[each.name]
        for each in (named if isinstance(named, tuple) else ())
        if isinstance(each, Entity) and each.name in known
    )
    return Topic(
        entity.name,
        entity.label,
        relation if isinstance(relation, str) else "",
        clauses,
        tuple(sorted({rule.id for clause in clauses for rule in clause.rules})),
    )
