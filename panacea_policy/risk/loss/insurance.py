"""What insurance takes over: a share of what events cost above a deductible, up to a yearly limit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from panacea_policy.compiler import Entity
from panacea_policy.risk import inputs
from panacea_policy.risk.graph import Floats

if TYPE_CHECKING:
    from panacea_policy.compiler import Model


@dataclass(frozen=True)
class Policy:
    """One policy: money, a share, and seconds. ``covers`` are losses as the vocabulary calls them.

    ``in_force``: the share of the horizon in which it pays; an event falls on each day of it alike.
    """

    name: str
    limit: float
    deductible: float
    share: float
    waiting: float
    covers: frozenset[str]
    in_force: float = 1.0

    def per_event(self, covered: Floats) -> Floats:
        """What it pays for each event, the yearly limit aside."""
        return self.share * np.maximum(covered - self.deductible, 0.0)

    def per_year(self, paid: Floats) -> Floats:
        """What it pays in a year in which its payments for events add up to this."""
        return np.minimum(paid, self.limit)


def policy_of(
    model: Model, in_place: Collection[Entity], as_of: date, horizon_days: float
) -> tuple[Policy | None, tuple[str, ...]]:
    """The policy of a model, and why one pays nothing or not all along. Of several, the one with the highest
    limit counts.

    A policy that has expired by the day pays nothing, nor does one whose conditions (classes of controls) are
    not all in place. One that expires within the horizon pays for the days until then, its last one included.
    """
    found: list[Policy] = []
    notes: list[str] = []
    classes = {template.name for control in in_place for template in control.lines()}
    for entity in model.entities("insurance"):
        expires = inputs.known(model, entity, "expires")
        days = (expires - as_of).days + 1 if isinstance(expires, date) else horizon_days
        if days <= 0:
            notes.append(f"{entity.name} is taken to pay nothing: it expired on {expires}.")
            continue
        missing = [c for c in _names(entity.value("conditions")) if c not in classes]
        if missing:
            notes.append(f"{entity.name} is taken to pay nothing: {', '.join(missing)} is not in place.")
            continue
        if days < horizon_days:
            notes.append(
                f"{entity.name} expires on {expires}: it is taken to pay for what happens until then, "
                f"{days} of {horizon_days:g} days."
            )
        covers = inputs.known(model, entity, "covers")
        found.append(
            Policy(
                entity.name,
                _number(model, entity, "limit", float("inf")),
                _number(model, entity, "deductible", 0.0),
                _number(model, entity, "share", 1.0),
                _number(model, entity, "waiting", 0.0),
                frozenset(str(c) for c in covers) if isinstance(covers, tuple) else frozenset(),
                min(1.0, days / horizon_days),
            )
        )
    if len(found) > 1:
        notes.append("Of several insurances the one with the highest limit is counted.")
    return max(found, key=lambda p: (p.limit, p.in_force, p.name), default=None), tuple(notes)


def _names(value: object) -> list[str]:
    if not isinstance(value, tuple):
        return []
    return [str(each) for each in value]


def _number(model: Model, entity: Entity, attribute: str, otherwise: float) -> float:
    value = inputs.known(model, entity, attribute)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
