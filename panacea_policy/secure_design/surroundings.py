"""A system with all that belongs to it or leads to it: end points, stores, flows, rights, ways in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from panacea_policy.compiler import UNKNOWN, Entity, Model

#: Kinds that speak of a system by an attribute, and what such a thing is to it.
_SPEAKING: tuple[tuple[str, str, str], ...] = (
    ("flow", "target", "flow to it"),
    ("flow", "source", "flow from it"),
    ("flow", "passes", "flow through it"),
    ("account", "systems", "account on it"),
    ("account", "holder", "account of its own"),
    ("grant", "targets", "right on it"),
    ("grant", "role", "right of its own"),
    ("break_glass", "targets", "emergency access to it"),
    ("remote_access", "targets", "remote access to it"),
    ("backup", "target", "copies kept on it"),
    ("workload", "runs_on", "program on it"),
    ("software", "asset", "software on it"),
)


def one(model: Model, entity: Entity, attribute: str) -> Entity | None:
    """The declaration that a single reference names, if it is known."""
    value = known(model, entity, attribute)
    return value if isinstance(value, Entity) else None


def many(model: Model, entity: Entity, attribute: str) -> tuple[Entity, ...]:
    """The declarations that a list of references names; empty where the list is unknown."""
    value = known(model, entity, attribute)
    if isinstance(value, tuple):
        return tuple(each for each in value if isinstance(each, Entity))
    return (value,) if isinstance(value, Entity) else ()


def known(model: Model, entity: Entity, attribute: str) -> object:
    """The value of an attribute; None where nobody set it, there is none, or the kind lacks it."""
    if attribute not in entity.kind.attributes:
        return None
    value = model.value(entity, attribute)
    return None if value is UNKNOWN else value


@dataclass(frozen=True)
class Surroundings:
    """One asset of a model and what is around it."""

    model: Model
    subject: Entity

    @cached_property
    def relations(self) -> dict[str, str]:
        """By qualified name, everything that the file looks at, and what it is to the system."""
        found = {self.subject.name: "itself"}
        for entity in self._parts():
            found.setdefault(entity.name, "part of it")
        for kind, attribute, relation in _SPEAKING:
            for entity in self.model.entities(kind):
                mentioned = {each.name for each in many(self.model, entity, attribute)}
                if mentioned & self._own:
                    found.setdefault(entity.name, relation)
        for zone in self.zones:
            found.setdefault(zone.name, "its zone")
        for conduit in self.conduits:
            found.setdefault(conduit.name, "border of its zone")
        return found

    def of(self, kind: str, *relations: str) -> tuple[Entity, ...]:
        """The things of a kind among them, in order of declaration; only with some relations where given."""
        return tuple(
            entity
            for entity in self.model.entities(kind)
            if entity.name in self.relations and (not relations or self.relations[entity.name] in relations)
        )

    @cached_property
    def zones(self) -> tuple[Entity, ...]:
        """The zones that it has an interface in."""
        found = [one(self.model, self.subject, "zone"), *many(self.model, self.subject, "also_in")]
        return tuple({zone.name: zone for zone in found if zone is not None}.values())

    @cached_property
    def conduits(self) -> tuple[Entity, ...]:
        """The conduits that begin or end at its zones."""
        names = {zone.name for zone in self.zones}
        return tuple(
            conduit
            for conduit in self.model.entities("conduit")
            if any(
                end is not None and end.name in names
                for end in (one(self.model, conduit, "source"), one(self.model, conduit, "target"))
            )
        )

    @property
    def surface_known(self) -> bool:
        """Whether it is stated on what it listens, or that it is never connected."""
        listens = bool(many(self.model, self.subject, "endpoints"))
        return listens or known(self.model, self.subject, "networked") is False

    @cached_property
    def flows(self) -> tuple[Entity, ...]:
        """The flows that begin, end or pass at it."""
        return self.of("flow")

    @cached_property
    def controls(self) -> tuple[Entity, ...]:
        """The controls that protect it, a part of it, or what it is in."""
        around = {*self._own, *(name for zone in self.zones for name in self._above(zone))}
        place = one(self.model, self.subject, "place")
        if place is not None:
            around.add(place.name)
        flows = {flow.name for flow in self.flows}
        return tuple(
            control
            for control in self.model.entities("control")
            if {each.name for each in many(self.model, control, "protects")} & (around | flows)
            or control in many(self.model, self.subject, "compensated_by")
        )

    @cached_property
    def processes(self) -> tuple[Entity, ...]:
        """The care processes that say that they need it or the zone that it stands in."""
        mine = self._own | {zone.name for zone in self.zones}
        return tuple(p for p in self.model.entities("process") if not mine.isdisjoint(self._needs(p)))

    @cached_property
    def siblings(self) -> tuple[Entity, ...]:
        """Other assets of its kind and class: what one and the same attack would fit."""
        family = [template.name for template in self.subject.lines()]
        if not family:
            return ()
        nearest = next((name for name in family if name.startswith("std.")), family[0])
        return tuple(
            other
            for other in self.model.entities(self.subject.kind.name)
            if other is not self.subject and any(t.name == nearest for t in other.lines())
        )

    @cached_property
    def _own(self) -> frozenset[str]:
        return frozenset({self.subject.name, *(entity.name for entity in self._parts())})

    def _parts(self) -> Iterator[Entity]:
        """What is declared inside it: end points, stores, software, backups, accounts, structures."""
        begins = f"{self.subject.name}."
        for entity in self.model.entities():
            if entity.name.startswith(begins) and self._inside(entity):
                yield entity

    def _inside(self, entity: Entity) -> bool:
        owner = entity.owner
        while owner is not None:
            if owner is self.subject or owner.name == self.subject.name:
                return True
            owner = owner.owner
        return False

    def _above(self, zone: Entity) -> Iterator[str]:
        seen: set[str] = set()
        at: Entity | None = zone
        while at is not None and at.name not in seen:
            seen.add(at.name)
            yield at.name
            at = one(self.model, at, "parent")

    def _needs(self, process: Entity) -> Iterator[str]:
        formula = self.model.formula(process, "needs")
        stack: list[object] = [formula]
        while stack:
            node = stack.pop()
            if node is None:
                continue
            if isinstance(node, Entity):
                yield node.name
            elif isinstance(node, str):
                yield str(node)
            else:
                stack += [getattr(node, "left", None), getattr(node, "right", None)]
