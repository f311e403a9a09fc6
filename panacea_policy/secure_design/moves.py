"""The attack steps that touch a system: by which it falls, and what can be done from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from panacea_policy.compiler import UNKNOWN, AttackGraph, Entity, Model
from panacea_policy.secure_design.results import Move

#: Facts and texts that are listed with a step; more would be noise.
_LISTED = 6

Direction = Literal["entry", "next"]


@dataclass
class _Group:
    """The instances of one step in one direction."""

    instances: list[int] = field(default_factory=list)
    needs: dict[str, None] = field(default_factory=dict)
    gives: dict[str, None] = field(default_factory=dict)


def facts_about(attack: AttackGraph, names: Iterable[str]) -> frozenset[int]:
    """The positions of facts that speak of any of some declarations."""
    return frozenset(int(place) for name in names for place in attack.facts.about(name))


def moves(attack: AttackGraph, model: Model, names: Sequence[str]) -> tuple[Move, ...]:
    """The steps whose result speaks of the system (entry), and those that build on it and give more (next).

    What follows without doing anything is left out.
    """
    mine = facts_about(attack, names)
    if not mine:
        return ()
    touched = np.zeros(len(attack.facts), bool)
    touched[list(mine)] = True
    groups: dict[tuple[Direction, int], _Group] = {}
    for instance in np.flatnonzero(attack.present).tolist():
        premises = attack.premise[attack.premise_start[instance] : attack.premise_start[instance + 1]]
        results = attack.result[attack.result_start[instance] : attack.result_start[instance + 1]]
        to, out = touched[results].any(), touched[premises].any()
        if not (to or out) or attack.steps[int(attack.step[instance])].name == "derived":
            continue
        direction: Direction = "entry" if to else "next"
        group = groups.setdefault((direction, int(attack.step[instance])), _Group())
        group.instances.append(instance)
        group.needs.update(dict.fromkeys(_texts(attack, premises)))
        group.gives.update(dict.fromkeys(_texts(attack, results)))
    found = [_move(attack, model, step, direction, group) for (direction, step), group in groups.items()]
    return tuple(sorted(found, key=lambda m: (m.direction != "entry", -m.chance_high, m.step)))


def _texts(attack: AttackGraph, places: Iterable[int]) -> list[str]:
    return [attack.facts[int(place)].text for place in places]


def _move(attack: AttackGraph, model: Model, step: int, direction: Direction, group: _Group) -> Move:
    info = attack.steps[step]
    chances = attack.chance[group.instances]
    hindering = {
        int(c)
        for i in group.instances
        for c in attack.hinder[attack.hinder_start[i] : attack.hinder_start[i + 1]]
    }
    controls = [attack.controls[number] for number in sorted(hindering)]
    classes = {template.name for control in controls for template in control.lines()}
    entity = model.get(info.id)
    working = {c.name for c in controls if model.value(c, "status") == "in_place"}
    return Move(
        step=info.id,
        title=info.title,
        direction=direction,
        layer=info.layer,
        techniques=info.attack_ids,
        instances=len(group.instances),
        chance_low=float(chances.min()),
        chance_high=float(chances.max()),
        needs=tuple(list(group.needs)[:_LISTED]),
        gives=tuple(list(group.gives)[:_LISTED]),
        hindered_by=tuple(c.name for c in controls if c.name in working),
        hindered_later=tuple(c.name for c in controls if c.name not in working),
        could_hinder=tuple(name for name in info.hindered_by if name not in classes),
        test_idea=_idea(entity),
    )


def _idea(entity: Entity | None) -> str:
    value = entity.value("test_idea") if entity is not None else UNKNOWN
    return value if isinstance(value, str) else ""
