"""Which threat actors have nothing to do with a system: those who take data, and data that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from panacea_policy.compiler import Entity
from panacea_policy.secure_design.surroundings import Surroundings, known, many

#: Effects of whoever takes and goes. All others stop or change things wherever they get power.
_TAKES = frozenset(["theft", "disclosure"])
_DATA = ("data_class", "dataset")


@dataclass(frozen=True)
class Elsewhere:
    """A threat actor who is not counted, and what it wants."""

    actor: Entity
    aims: tuple[Entity, ...]

    @property
    def told(self) -> str:
        """Why it is not counted."""
        wanted = " and ".join(_title(each) for each in self.aims)
        return f"{_title(self.actor)}, who only takes things and aims at {wanted}, which is not here"


def elsewhere(around: Surroundings) -> tuple[Elsewhere, ...]:
    """The actors of a model who aim at data alone that the system neither keeps, shows nor passes on, and
    whose effects say that they stop and change nothing.

    Who aims at a system is always counted, for this one may be on the way there; so is whoever states no aim
    or no effect.
    """
    here = {each.name for each in _data_of(around)}
    found = []
    for actor in around.model.entities("threat_actor"):
        effects = known(around.model, actor, "effects")
        aims = tuple(many(around.model, actor, "aims_at"))
        if not isinstance(effects, tuple) or not effects or not set(map(str, effects)) <= _TAKES or not aims:
            continue
        if all(each.kind.name in _DATA for each in aims) and not any(_touches(around, e, here) for e in aims):
            found.append(Elsewhere(actor, aims))
    return tuple(found)


def _data_of(around: Surroundings) -> Iterator[Entity]:
    parts = (around.subject, *around.of("data_store", "part of it"))
    for holder in parts:
        for attribute in ("stores", "handles"):
            yield from many(around.model, holder, attribute)
    for flow in around.flows:
        yield from many(around.model, flow, "carries")


def _touches(around: Surroundings, aim: Entity, here: set[str]) -> bool:
    wanted = {aim.name} if aim.kind.name == "data_class" else _classes(around, aim)
    return bool(wanted & here) or not wanted


def _classes(around: Surroundings, dataset: Entity) -> set[str]:
    return {each.name for each in many(around.model, dataset, "classes")}


def _title(entity: Entity) -> str:
    return entity.title or entity.short.replace("_", " ")
