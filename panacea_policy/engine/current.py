"""What holds at one time, for those who ask about a few rows of many relations.

A table sorts all rows of its relation; this looks at those that are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.index import expand
from panacea_policy.engine.lookup import Lookups
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.table import sorted_rows
from panacea_policy.engine.values import Codes, decode, encode_scalar

Values = tuple[int | float, ...]
"""Values of a row: ids of symbols, and numbers."""


class Current:
    """The rows of relations as they are until the next change of them; use it no longer."""

    def __init__(self, compiled: Compiled, relations: Mapping[str, Relation]) -> None:
        self._decls = compiled.decls
        self._relations = relations
        self._lookups = Lookups(relations)

    def count(self, name: str) -> int:
        """How many rows a relation has. Raises KeyError for one that was not evaluated."""
        return self._relations[name].count

    def holds(self, name: str, row: Values) -> bool:
        """Whether a relation has a row."""
        if not self._relations[name].count:
            return False
        return bool(self._lookups[name].find(self._codes(name, range(len(row)), row), 1)[0] >= 0)

    def matching(self, name: str, positions: Sequence[int], values: Values) -> list[Values]:
        """The rows that have these values at these positions, in the order of tables."""
        if not self._relations[name].count:
            return []
        relation = self._lookups[name]
        found = relation.index(tuple(positions)).find(self._codes(name, positions, values), 1)
        rows = np.concatenate([expand(matches)[1] for matches in found])
        if not len(rows):
            return []
        _, columns = sorted_rows([column[rows] for column in relation.columns()], len(rows))
        types = self._decls[name].types
        return list(
            zip(*(decode(c, type).tolist() for c, type in zip(columns, types, strict=True)), strict=True)
        )

    def kept(self, name: str, positions: Sequence[int]) -> Callable[[], list[Values]]:
        """What gives the distinct values at some positions as they are now, in order, at any later time."""
        relation = self._relations[name]
        types = [self._decls[name].types[position] for position in positions]
        alive = relation.alive()
        # Columns are not written below their size, but rows are taken away in place.
        there = None if alive is None else alive.copy()
        columns = [relation.column(position) for position in positions]

        def give() -> list[Values]:
            held = columns if there is None else [column[there] for column in columns]
            _, ordered = sorted_rows(held, len(held[0]))
            decoded = (decode(column, type) for column, type in zip(ordered, types, strict=True))
            return list(dict.fromkeys(zip(*(column.tolist() for column in decoded), strict=True)))

        return give

    def _codes(self, name: str, positions: Sequence[int], values: Values) -> list[Codes]:
        types = self._decls[name].types
        return [
            np.array([encode_scalar(value, types[position])], np.int64)
            for position, value in zip(positions, values, strict=True)
        ]
