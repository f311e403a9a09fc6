"""What a scenario takes away: declarations, what hangs on them, and every mention of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from panacea_policy.compiler.entities import UNKNOWN, Entity, Formula, Reference, Template

#: The types of values that refer to declarations.
_MENTIONING = (Reference, tuple, Formula)


def remove(
    names: Collection[str],
    entities: dict[str, Entity],
    templates: Iterable[Template],
    lower: Mapping[str, Entity] | None = None,
    lower_templates: Iterable[Template] = (),
) -> None:
    """Take declarations out of ``entities``, with their parts, and with the flows, conduits and backups that
    lose an end.

    Where others refer to one of them there is nothing afterwards: it leaves lists and formulas, and a single
    reference is none. ``lower``: entities of a layer that stays as it is; where one would change, a copy
    takes its place. ``lower_templates``: templates that stay as they are; what an entity inherits from them
    it then says itself.
    """
    gone = _closed(names, entities) if names else set()
    if not gone:
        return
    for name in gone:
        del entities[name]
    inherited = {id(each) for each in lower_templates if any(mentions(v, gone) for v in each.values.values())}
    for name, entity in entities.items():
        own = _without_mentions(_said(entity, inherited), gone)
        if own is entity.own:
            continue
        if lower is not None and lower.get(name) is entity:
            entities[name] = replace(entity, own=own)
        else:
            entity.own = own
    for template in templates:
        template.values = _without_mentions(template.values, gone)


def _said(entity: Entity, inherited: Collection[int]) -> dict[str, object]:
    """What was said of an entity, and what some templates, by identity, say for it."""
    if not inherited:
        return entity.own
    lines = [each for each in entity.lines() if id(each) in inherited]
    names = {name for each in lines for name in each.values if name not in entity.own}
    return {**entity.own, **{name: entity.value(name) for name in sorted(names)}} if names else entity.own


def mentions(value: object, gone: Collection[str]) -> bool:
    """Whether a value refers to something that is gone."""
    if isinstance(value, Reference):
        return value in gone
    if isinstance(value, tuple):
        return any(mentions(each, gone) for each in value)
    if isinstance(value, Formula):
        return mentions(value.left, gone) or mentions(value.right, gone)
    return False


def without(value: object, gone: Collection[str]) -> object:
    """A value without its references to what is gone; None where nothing remains of a single one."""
    if isinstance(value, Reference):
        return None if value in gone else value
    if isinstance(value, tuple):
        return tuple(each for each in value if not mentions(each, gone))
    if isinstance(value, Formula):
        left, right = without(value.left, gone), without(value.right, gone)
        if isinstance(left, Formula | Reference) and isinstance(right, Formula | Reference):
            return Formula(value.node, value.word, left, right)
        return left or right
    return value


def _without_mentions(values: dict[str, object], gone: Collection[str]) -> dict[str, object]:
    # Most values are no references; they are passed over without a call.
    changed = {
        name: without(value, gone)
        for name, value in values.items()
        if type(value) in _MENTIONING and mentions(value, gone)
    }
    return {**values, **changed} if changed else values


def _closed(names: Collection[str], entities: Mapping[str, Entity]) -> set[str]:
    """The names, their parts, the rows of an inventory, and whatever cannot be without one of them."""
    gone: set[str] = set()
    given = set(names)
    grew = True
    while grew:
        found = {
            name for name, entity in entities.items() if name not in gone and _goes(entity, given | gone)
        }
        gone |= found
        grew = bool(found)
    return gone


def _goes(entity: Entity, gone: Collection[str]) -> bool:
    if entity.name in gone or entity.name.partition("[")[0] in gone:
        return True
    if entity.owner is not None and entity.owner.name in gone:
        return True
    ends = [*(entity.kind.arrow or ()), *((entity.kind.owner,) if entity.kind.owner else ())]
    return any((value := entity.value(end)) is not UNKNOWN and mentions(value, gone) for end in ends)
