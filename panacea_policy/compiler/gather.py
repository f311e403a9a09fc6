"""The values of one attribute of many entities, gathered without asking each of them.

Most values of an inventory's rows come from templates. So entities of a kind are held by the templates that
they are members of, and what was said of each itself is held by attribute.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from panacea_policy.compiler.entities import UNKNOWN, Entity, Template

Indices = NDArray[np.int64]
Column = NDArray[np.int64] | NDArray[np.float64]

_NOTHING: tuple[list[int], list[object]] = ([], [])


class Block:
    """The entities of one kind.

    ``own``: by attribute, the positions of entities of which it was said, in order, and what was said.
    ``groups``: the positions of the members of the same templates, in order.
    """

    def __init__(self, entities: Sequence[Entity]) -> None:
        self.entities = entities
        self.own: dict[str, tuple[list[int], list[object]]] = {}
        members: dict[tuple[Template, ...], list[int]] = {}
        for row, entity in enumerate(entities):
            members.setdefault(entity.templates, []).append(row)
            for name, value in entity.own.items():
                known = self.own.get(name)
                if known is None:
                    known = self.own[name] = ([], [])
                known[0].append(row)
                known[1].append(value)
        self.groups = [np.array(each, np.int64) for each in members.values()]

    def said(self, name: str) -> tuple[list[int], list[object]]:
        """Of which entities an attribute was said, and what."""
        return self.own.get(name, _NOTHING)

    def others(self, name: str) -> Sequence[Indices]:
        """The entities of which an attribute was not said, by their templates."""
        rows = self.said(name)[0]
        if not rows:
            return self.groups
        if len(rows) == len(self.entities):
            return ()
        free = np.ones(len(self.entities), np.bool_)
        free[rows] = False
        left = (each[free[each]] for each in self.groups)
        return [each for each in left if len(each)]


class Gathered:
    """Values of entities, given one by one or many at a time; lists give a row for each of their members."""

    def __init__(self, listed: bool) -> None:
        """``listed``: a tuple is a list of values, not a value."""
        self._listed = listed
        self.unset: list[Indices] = []
        self._rows: list[int] = []
        self._values: list[object] = []
        self._many: list[tuple[Indices, tuple[object, ...]]] = []

    def each(self, start: int, rows: Sequence[int], values: Sequence[object]) -> None:
        """What was said of single entities; positions ascend from call to call."""
        if not rows:
            return
        unset: list[int] = []
        for place, value in zip(rows, values, strict=True):
            row = start + place
            if value is UNKNOWN:
                unset.append(row)
            elif isinstance(value, tuple) and self._listed:
                self._rows.extend([row] * len(value))
                self._values.extend(value)
            elif value is not None:
                self._rows.append(row)
                self._values.append(value)
        self.unset.append(np.array(unset, np.int64))

    def many(self, rows: Indices, value: object) -> None:
        """What holds of many entities."""
        if value is UNKNOWN:
            self.unset.append(rows)
        elif isinstance(value, tuple) and self._listed:
            if value:
                self._many.append((rows, value))
        elif value is not None:
            self._many.append((rows, (value,)))

    def columns(self, encode: Callable[[list[object]], Column]) -> tuple[Indices, Column]:
        """The positions of the entities, ascending, and the values as ``encode`` makes them.

        Values are encoded in the order of the entities that have them, each of many once.
        """
        rows, values = self._rows, self._values
        places: list[Indices] = []
        codes: list[Column] = []
        done = 0
        for members, value in sorted(self._many, key=lambda each: int(each[0][0])):
            until = bisect_left(rows, int(members[0]), done)
            codes.append(encode(values[done:until]))
            places.append(np.array(rows[done:until], np.int64))
            done = until
            codes.append(cast(Column, np.tile(encode(list(value)), len(members))))
            places.append(np.repeat(members, len(value)))
        codes.append(encode(values[done:]))
        places.append(np.array(rows[done:], np.int64))
        if len(codes) == 1:
            return places[0], codes[0]
        every = np.concatenate(places)
        order = np.argsort(every, kind="stable")
        return every[order], cast(Column, np.concatenate(codes)[order])
