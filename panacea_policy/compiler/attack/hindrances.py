"""Which controls hinder which instances: a control of a class that protects the entity, or what it is part
of.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from panacea_policy.compiler.attack.arrays import Indices, starts_of, taken
from panacea_policy.compiler.entities import UNKNOWN, Entity, Reference
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.reads import WHOLES
from panacea_policy.engine import Symbols
from panacea_policy.model import Distribution

_NONE = np.empty(0, np.int64)


class Protection:
    """The controls of one model, and what each protects. Controls are numbered in order of declaration."""

    def __init__(self, model: Model, symbols: Symbols) -> None:
        self._model = model
        self._symbols = symbols
        self.controls: Sequence[Entity] = list(model.entities("control"))
        self._of_class: dict[str, list[int]] = {}
        self._protecting: dict[str, list[int]] = {}
        for number, control in enumerate(self.controls):
            for template in control.lines():
                self._of_class.setdefault(template.name, []).append(number)
            protects = control.value("protects")
            for name in protects if isinstance(protects, tuple) else ():
                self._protecting.setdefault(str(name), []).append(number)
        #: Sets of controls that protect some entity, and of each symbol met so far which.
        self._sets: list[frozenset[int]] = [frozenset()]
        self._set_ids: dict[frozenset[int], int] = {frozenset(): 0}
        self._of_symbol: Indices = np.full(0, -1, np.int64)
        self._of_wholes: dict[tuple[str, ...], frozenset[int]] = {}
        self._inherited: dict[tuple[object, ...], tuple[tuple[str, object], ...]] = {}
        self._chosen: dict[tuple[tuple[str, ...], int], tuple[int, ...]] = {}

    def effectiveness(self) -> NDArray[np.float64]:
        """By how much each control lowers a chance, in [0, 1]: what it does not reach or fails at is off."""
        return np.array([share_stopped(each, self._model) for each in self.controls], np.float64)

    def protecting(self, ids: Indices) -> Indices:
        """Of each symbol, a number for the set of all controls that protect what it names."""
        if len(self._of_symbol) < len(self._symbols):
            more = np.full(len(self._symbols) - len(self._of_symbol), -1, np.int64)
            self._of_symbol = np.concatenate([self._of_symbol, more])
        asked = np.zeros(len(self._of_symbol), np.bool_)
        asked[ids] = True
        for symbol in np.flatnonzero(asked & (self._of_symbol < 0)).tolist():
            self._of_symbol[symbol] = self._set_of(symbol)
        return self._of_symbol[ids]

    def hindering(
        self, hindrances: Sequence[tuple[tuple[str, ...], int]], columns: Sequence[Indices], count: int
    ) -> tuple[Indices, Indices]:
        """The controls that hinder each instance of a step: how many, and their numbers behind each other.

        ``hindrances``: classes of controls, and the column of the entity that they must protect.
        """
        sets = [self.protecting(columns[column]) for _, column in hindrances]
        if not sets or not count:
            return np.zeros(count, np.int64), _NONE
        combined = sets[0]
        for other in sets[1:]:
            combined = combined * len(self._sets) + other
        _, first, inverse = np.unique(combined, return_index=True, return_inverse=True)
        found = []
        for place in first.tolist():
            numbers: set[int] = set()
            for (classes, _), of in zip(hindrances, sets, strict=True):
                numbers.update(self._of_classes(classes, int(of[place])))
            found.append(sorted(numbers))
        start = starts_of(np.array([len(each) for each in found], np.int64))
        index = np.array([each for numbers in found for each in numbers], np.int64)
        return taken(start, index, inverse)

    def _of_classes(self, classes: tuple[str, ...], number: int) -> tuple[int, ...]:
        """Those of a set of controls that belong to some of the classes."""
        known = self._chosen.get((classes, number))
        if known is None:
            members = {each for name in classes for each in self._of_class.get(name, ())}
            known = self._chosen[classes, number] = tuple(sorted(members & self._sets[number]))
        return known

    def _set_of(self, symbol: int) -> int:
        value = self._symbols.value(symbol)
        entity = self._model.get(value[0]) if isinstance(value, tuple) and len(value) == 1 else None
        found: frozenset[int] = frozenset()
        if entity is not None:
            wholes = self._wholes(entity)
            if wholes not in self._of_wholes:
                self._of_wholes[wholes] = self._around(wholes)
            found = self._of_wholes[wholes]
            own = self._protecting.get(entity.name)
            if own is not None:
                found = found.union(own)
        number = self._set_ids.get(found)
        if number is None:
            number = self._set_ids[found] = len(self._sets)
            self._sets.append(found)
        return number

    def _around(self, names: Sequence[str]) -> frozenset[int]:
        """The controls that protect some of the named, or what is around them."""
        seen: set[str] = set()
        queue = list(names)
        found: set[int] = set()
        while queue:
            name = queue.pop()
            entity = self._model.get(name)
            if entity is None or name in seen:
                continue
            seen.add(name)
            found.update(self._protecting.get(name, ()))
            queue.extend(self._wholes(entity))
        return frozenset(found)

    def _wholes(self, entity: Entity) -> tuple[str, ...]:
        """What an entity is directly in or belongs to: its owner, its zone, its site and the like."""
        key = (entity.kind.name, entity.templates)
        inherited = self._inherited.get(key)
        if inherited is None:
            bare = [each for each in WHOLES if each in entity.kind.attributes]
            values = [next((t.values[a] for t in entity.lines() if a in t.values), UNKNOWN) for a in bare]
            inherited = self._inherited[key] = tuple(zip(bare, values, strict=True))
        own = entity.own
        found = [str(v) for a, otherwise in inherited if isinstance(v := own.get(a, otherwise), Reference)]
        if entity.owner is not None:
            found.append(entity.owner.name)
        return tuple(found)


def share_stopped(control: Entity, model: Model, effectiveness: float | None = None) -> float:
    """By which share a control lowers the chance of what it hinders, in [0, 1]: its effectiveness (or the one
    given) on the part that it reaches (``coverage``), as long as it does not fail (``failure``).

    What the model does not state is taken from the priors; without one, a control has no effect, reaches all
    that it protects, and does not fail.
    """
    stops = _mean(control, model, "effectiveness", 0.0) if effectiveness is None else effectiveness
    share = stops * _mean(control, model, "coverage", 1.0) * (1.0 - _mean(control, model, "failure", 0.0))
    return min(max(share, 0.0), 1.0)


def _mean(control: Entity, model: Model, attribute: str, otherwise: float) -> float:
    value = control.value(attribute)
    if not isinstance(value, Distribution | float | int):
        prior = model.prior(control, attribute)
        value = prior.value if prior else otherwise
    return value.mean() if isinstance(value, Distribution) else float(value)  # type: ignore[arg-type]
