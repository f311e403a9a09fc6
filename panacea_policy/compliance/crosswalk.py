"""One fact, many clauses: the clauses that mappings put together, with their verdicts."""

from __future__ import annotations

import msgspec

from panacea_policy.compiler import Entity, Model
from panacea_policy.compliance.assessment import Compliance
from panacea_policy.compliance.clauses import Clause


class Topic(msgspec.Struct, frozen=True):
    """What several clauses ask for. ``rules`` are those that speak of one of them at least, by id."""

    name: str
    title: str
    relation: str
    clauses: tuple[Clause, ...]
    rules: tuple[str, ...]


def crosswalk(compliance: Compliance, model: Model) -> tuple[Topic, ...]:
    """Every mapping of the model and its packs, in order of declaration."""
    known = {clause.id: clause for clause in compliance.clauses}
    return tuple(_topic(entity, known, model) for entity in model.entities("mapping"))


def related(clause: Clause, compliance: Compliance, model: Model) -> tuple[Clause, ...]:
    """The other clauses in use that ask for what a clause asks for, in their order.

    Told by `maps_to` of either, by mappings that name both, and by `tags` of this one that are ids of
    clauses: a map such as that of the CAF names so what supports it.
    """
    wanted = {*_named(clause, "maps_to", model), *_tags(clause, model)}
    wanted.update(each.id for each in compliance.clauses if clause.id in _named(each, "maps_to", model))
    for topic in crosswalk(compliance, model):
        ids = {each.id for each in topic.clauses}
        wanted.update(ids if clause.id in ids else ())
    return tuple(each for each in compliance.clauses if each.id in wanted and each.id != clause.id)


def _named(clause: Clause, attribute: str, model: Model) -> set[str]:
    said = model.value(clause.requirement, attribute)
    return {each.name for each in said if isinstance(each, Entity)} if isinstance(said, tuple) else set()


def _tags(clause: Clause, model: Model) -> set[str]:
    said = model.value(clause.requirement, "tags")
    return set(map(str, said)) if isinstance(said, tuple) else set()


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
