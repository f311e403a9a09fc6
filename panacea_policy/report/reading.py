"""Reading a model for people: titles, kinds, groups of like things, places in the sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panacea_policy.compiler import Entity
from panacea_policy.language import Source, Span
from panacea_policy.risk import Place

if TYPE_CHECKING:
    from panacea_policy.compiler import Model, Workspace

#: From so many like devices on they are shown as one.
COLLAPSE_FROM = 3


def title(entity: Entity) -> str:
    """What people call it."""
    return entity.title or entity.name.rsplit(".", 1)[-1].replace("_", " ")


def kind(entity: Entity) -> str:
    """The name of its kind."""
    return entity.kind.name


def words(name: str) -> str:
    """A name of the language as words."""
    return name.rsplit(".", 1)[-1].replace("_", " ")


def one(model: Model, entity: Entity, attribute: str) -> Entity | None:
    """The entity that a single-valued reference names, if it is known."""
    value = model.value(entity, attribute)
    return value if isinstance(value, Entity) else None


def many(model: Model, entity: Entity, attribute: str) -> tuple[Entity, ...]:
    """The entities that a list of references names; empty where the list is unknown."""
    value = model.value(entity, attribute)
    if isinstance(value, tuple | list):
        return tuple(v for v in value if isinstance(v, Entity))
    return (value,) if isinstance(value, Entity) else ()


def text(model: Model, entity: Entity, attribute: str) -> str | None:
    """A text or enumerated value, if it is known."""
    value = model.value(entity, attribute)
    return value if isinstance(value, str) else None


def number(model: Model, entity: Entity, attribute: str) -> float | None:
    """A number in base units, if it is known."""
    value = model.value(entity, attribute)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


@dataclass(frozen=True)
class Group:
    """Things shown as one: a single one, or several of one class in one place."""

    id: str
    text: str
    members: tuple[Entity, ...]


def grouped(entities: Sequence[Entity], key: Callable[[Entity], object] | None = None) -> tuple[Group, ...]:
    """Like things as groups: rows of one inventory, or three and more of one class.

    ``key`` tells what else must be equal. Groups carry the id of their first member.
    """
    families: dict[tuple[str, object], list[Entity]] = {}
    for entity in entities:
        family = _family(entity)
        families.setdefault((family, key(entity) if key else None), []).append(entity)
    groups = []
    for (family, _), members in families.items():
        if len(members) >= COLLAPSE_FROM:
            groups.append(Group(members[0].name, f"{len(members)} {plural(words(family))}", tuple(members)))
        else:
            groups += [Group(m.name, title(m), (m,)) for m in members]
    return tuple(groups)


def _family(entity: Entity) -> str:
    """The class that an entity is shown under: that of the standard library, or else its own first one."""
    names = [template.name for template in entity.lines()]
    return next((name for name in names if name.startswith("std.")), names[0] if names else entity.name)


def with_siblings(model: Model, entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """The entities, and for each row of an inventory the other rows of its class in its zone."""
    chosen = {entity.name: entity for entity in entities}
    wanted = {_berth(model, entity) for entity in chosen.values() if entity.row is not None}
    for other in model.entities("asset") if wanted else ():
        if other.row is not None and _berth(model, other) in wanted:
            chosen.setdefault(other.name, other)
    return tuple(chosen.values())


def _berth(model: Model, entity: Entity) -> tuple[str, str]:
    """The class and the zone of an asset."""
    zone = one(model, entity, "zone") if "zone" in entity.kind.attributes else None
    return _family(entity), zone.name if zone else ""


def plural(noun: str) -> str:
    """The plural of an English noun phrase, by its last word."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else noun + "s"


def places(workspace: Workspace) -> Callable[[object], Place | None]:
    """A function from a span, or from anything that has one, to the place that people look up."""
    sources: Mapping[str, Source] = workspace.sources

    def locate(thing: object) -> Place | None:
        span = thing if isinstance(thing, Span) else getattr(thing, "span", None)
        if not isinstance(span, Span):
            return None
        source = sources.get(span.file)
        line = source.position(span.start)[0] if source is not None else 1
        row = getattr(thing, "row", None)
        return Place(file=span.file, line=line, row=row if isinstance(row, int) else None)

    return locate


def shown(place: Place | None) -> str:
    """A place as ``file:line``, with the row of an inventory."""
    if place is None:
        return ""
    return f"{place.file}:{place.line}" + (f", row {place.row}" if place.row else "")


def listed(names: Iterable[str], limit: int = 4) -> str:
    """Names as a phrase: the first few, and how many more."""
    every = list(names)
    if len(every) <= limit:
        return ", ".join(every)
    return f"{', '.join(every[:limit])} and {len(every) - limit} more"
