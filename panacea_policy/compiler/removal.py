"""What a scenario or change takes away: declarations, what hangs on them, and every mention of them."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping

import msgspec
from msgspec.structs import replace

from panacea_policy.compiler.entities import UNKNOWN, Entity, Formula, Reference, Template

#: The types of values that refer to declarations.
_COMPOSED = (tuple, Formula)
_MENTIONING = (Reference, *_COMPOSED)


class Mentions:
    """Which declarations speak of which, or hang on them, so that what goes need not be sought everywhere.

    Made when first asked, of all declarations, and then brought up to date with each change.
    """

    def __init__(self, entities: Mapping[str, Entity]) -> None:
        self._entities = entities
        self._made = False
        #: By name: those whose own values speak of it, its parts, and the rows of an inventory.
        self._by: dict[str, set[str]] = {}
        #: By name: lists of templates that speak of it. By list of templates that speak of anything: members.
        self._said: dict[str, set[tuple[Template, ...]]] = {}
        self._members: dict[tuple[Template, ...], set[str] | None] = {}

    def of(self, name: str) -> Iterator[str]:
        """The declarations that may speak of a name or hang on it; some of them may do so no more."""
        if not self._made:
            self._made = True
            for entity in self._entities.values():
                self._add(entity)
        yield from self._by.get(name, ())
        for templates in self._said.get(name, ()):
            yield from self._members[templates] or ()

    def follow(
        self, entities: Mapping[str, Entity], before: Mapping[str, Entity], after: Mapping[str, Entity]
    ) -> None:
        """Stand on changed declarations: ``before`` and ``after`` are those that differ, by name."""
        self._entities = entities
        if self._made:
            for entity in before.values():
                self._drop(entity)
            for entity in after.values():
                self._add(entity)

    def _add(self, entity: Entity) -> None:
        name, by = entity.name, self._by
        for each in _leads(entity):
            if each in by:
                by[each].add(name)
            else:
                by[each] = {name}
        templates = entity.templates
        if templates:
            if templates not in self._members:
                said = {each for line in entity.lines() for each in references(line.values.values())}
                self._members[templates] = set() if said else None
                for each in said:
                    self._said.setdefault(each, set()).add(templates)
            members = self._members[templates]
            if members is not None:
                members.add(name)

    def _drop(self, entity: Entity) -> None:
        for each in _leads(entity):
            known = self._by.get(each)
            if known is not None:
                known.discard(entity.name)
                if not known:
                    del self._by[each]
        members = self._members.get(entity.templates)
        if members is not None:
            members.discard(entity.name)


class Removal(msgspec.Struct, frozen=True):
    """What goes, by name, and the declarations that are others for it."""

    gone: frozenset[str]
    changed: Mapping[str, Entity]


def remove(
    names: Collection[str],
    entities: Mapping[str, Entity],
    own: Mapping[str, Entity],
    templates: Iterable[Template],
    known: Mentions,
) -> Removal:
    """What is left without some declarations: these go with their parts, and with the flows, conduits and
    backups that lose an end.

    Where others refer to one of them there is nothing afterwards: it leaves lists and formulas, and a single
    reference is none. ``entities``: all; ``own``: those of them that may be changed, of others copies are.
    ``templates``: those that may be changed; what an entity inherits from others it then says itself.
    ``known``: who speaks of whom, at least among those that are not in ``own``.
    """
    speaking = _Speaking(entities, own, known)
    gone = speaking.closed(names)
    if not gone:
        return Removal(gone, {})
    ours = set()
    for template in templates:
        ours.add(id(template))
        template.values = _without_mentions(template.values, gone)
    changed: dict[str, Entity] = {}
    for name in sorted({speaker for each in gone for speaker in speaking.of(each)} - gone):
        entity = entities.get(name)
        if entity is None:
            continue
        said = _without_mentions(_said(entity, gone, ours), gone)
        if said is entity.own:
            continue
        if name in own:
            entity.own = said
        else:
            changed[name] = replace(entity, own=said)
    return Removal(gone, changed)


class _Speaking:
    """Who speaks of whom in a layer: what is known of the one below, and what is said above."""

    def __init__(self, entities: Mapping[str, Entity], own: Mapping[str, Entity], known: Mentions) -> None:
        self._entities = entities
        self._known = known
        self._own = Mentions(own)

    def of(self, name: str) -> Iterator[str]:
        yield from self._known.of(name)
        yield from self._own.of(name)

    def closed(self, names: Collection[str]) -> frozenset[str]:
        """The names, their parts, the rows of an inventory, and whatever cannot be without one of them."""
        seen = set(names)
        queue = list(names)
        while queue:
            for each in self.of(queue.pop()):
                if each not in seen and (entity := self._entities.get(each)) and _goes(entity, seen):
                    seen.add(each)
                    queue.append(each)
        return frozenset(name for name in seen if name in self._entities)


def _leads(entity: Entity) -> list[str]:
    """What an entity goes or changes with, maybe with repeats, but for what its templates say."""
    # Most values are no references; they are passed over without a call.
    leads: list[str] = [value for value in entity.own.values() if type(value) is Reference]
    for value in entity.own.values():
        if value and type(value) in _COMPOSED:
            leads += references((value,))
    if entity.owner is not None:
        leads.append(entity.owner.name)
    if "[" in entity.name:
        leads.append(entity.name.partition("[")[0])
    return leads


def references(values: Iterable[object]) -> Iterator[str]:
    """The names that values refer to."""
    for value in values:
        kind = type(value)
        if kind is Reference:
            yield value  # type: ignore[misc]  # its type is known
        elif kind is tuple:
            yield from references(value)  # type: ignore[arg-type]
        elif kind is Formula:
            yield from references((value.left, value.right))  # type: ignore[attr-defined]


def _said(entity: Entity, gone: Collection[str], ours: Collection[int]) -> dict[str, object]:
    """What was said of an entity, and what templates that stay as they are say for it of what goes."""
    names = {
        name
        for each in entity.lines()
        if id(each) not in ours and any(mentions(value, gone) for value in each.values.values())
        for name in each.values
        if name not in entity.own
    }
    return {**entity.own, **{name: entity.value(name) for name in sorted(names)}} if names else entity.own


def mentions(value: object, gone: Container[str]) -> bool:
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
    changed = {
        name: without(value, gone)
        for name, value in values.items()
        if type(value) in _MENTIONING and mentions(value, gone)
    }
    return {**values, **changed} if changed else values


def _goes(entity: Entity, gone: Collection[str]) -> bool:
    """Whether an entity cannot be without some others, or is one of them."""
    if entity.name in gone or entity.name.partition("[")[0] in gone:
        return True
    if entity.owner is not None and entity.owner.name in gone:
        return True
    ends = [*(entity.kind.arrow or ()), *((entity.kind.owner,) if entity.kind.owner else ())]
    return any((value := entity.value(end)) is not UNKNOWN and mentions(value, gone) for end in ends)
