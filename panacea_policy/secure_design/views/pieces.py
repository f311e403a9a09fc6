"""What the views have in common: names for people, and what a flow or end point states."""

from __future__ import annotations

from panacea_policy.compiler import Entity, Model
from panacea_policy.model import EnumType
from panacea_policy.secure_design.results import ViewNode
from panacea_policy.secure_design.surroundings import known, many, one

UNSAID = "not stated"


def title(entity: Entity | None) -> str:
    """What people call it."""
    if entity is None:
        return UNSAID
    return entity.title or entity.short.replace("_", " ")


def titles(entities: tuple[Entity, ...], most: int = 6) -> str:
    """Names as a phrase: the first few, and how many more; a dash for none."""
    names = [title(each) for each in entities]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "–"


def yes(model: Model, entity: Entity, attribute: str) -> str:
    """``yes``, ``no``, or that nobody stated it."""
    value = known(model, entity, attribute)
    return UNSAID if not isinstance(value, bool) else "yes" if value else "no"


def text(model: Model, entity: Entity, attribute: str) -> str:
    """The value of an attribute as a sentence has it."""
    if attribute not in entity.kind.attributes:
        return UNSAID
    value = known(model, entity, attribute)
    if isinstance(value, Entity):
        return title(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and isinstance(entity.kind.attributes[attribute].type, EnumType):
        return value.replace("_", " ")
    if isinstance(value, tuple) and any(isinstance(each, Entity) for each in value):
        return titles(tuple(each for each in value if isinstance(each, Entity)))
    said = model.text(entity, attribute)
    return UNSAID if said == "unknown" else said


def protection(model: Model, entity: Entity) -> str:
    """How a flow or an end point is protected: its profile, else what it says of itself."""
    profile = one(model, entity, "security")
    if profile is not None:
        return title(profile)
    flags = [word for word in ("encrypted", "integrity") if known(model, entity, word) is True]
    return ", ".join(flags) or UNSAID


def unprotected(model: Model, entity: Entity) -> bool:
    """Whether a flow is stated to be legible on its way."""
    if known(model, entity, "encrypted") is False:
        return True
    profile = one(model, entity, "security")
    return profile is not None and known(model, profile, "encrypts") is False


def role_of(model: Model, entity: Entity) -> str:
    """The role of a box for a party or a thing."""
    kind = entity.kind.name
    if kind in ("device", "medium"):
        return "device"
    if kind in ("role", "person"):
        return "person"
    if kind in ("supplier", "organisation", "threat_actor"):
        return "outside"
    if kind == "process":
        return "care"
    zone = one(model, entity, "zone")
    outside = zone is not None and known(model, zone, "type") in ("internet", "partner", "vendor", "guest")
    return "outside" if outside else "system"


def box(model: Model, entity: Entity, *, subject: Entity | None = None, subtitle: str = "") -> ViewNode:
    """A box for a declaration."""
    role = "self" if entity is subject else role_of(model, entity)
    return ViewNode(id=entity.name, title=title(entity), subtitle=subtitle, role=role)  # type: ignore[arg-type]


def zone_of(model: Model, entity: Entity) -> str:
    """The zone of an asset as people call it."""
    zone = one(model, entity, "zone")
    return title(zone) if zone is not None else "outside any zone"


def carried(model: Model, flow: Entity) -> str:
    """What a flow carries."""
    return titles(many(model, flow, "carries"), 4)
