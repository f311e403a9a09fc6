"""Heights of rows: 0 for facts, otherwise one more than the highest premise of the lowest derivation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.index import Matches, expand
from panacea_policy.engine.values import Codes

_UNKNOWN = -1
_EXPLORED = -2


class Heights:
    """The heights known so far, of all rows of some relations under one numbering."""

    def __init__(self, sizes: Mapping[str, int], given: Mapping[str, NDArray[np.bool_]]) -> None:
        """``given``: which rows of each relation are facts."""
        self._offset: dict[str, int] = {}
        total = 0
        for name, size in sizes.items():
            self._offset[name] = total
            total += size
        self._height = np.full(total, _UNKNOWN, np.int32)
        for name, facts in given.items():
            self._height[self._offset[name] + np.flatnonzero(facts)] = 0

    def of(self, relation: str, row: int) -> int:
        """The height of a row that has been settled."""
        return int(self._height[self._offset[relation] + row])

    def take_unexplored(self, relation: str, rows: Codes) -> Codes:
        """Those of the rows that were neither facts nor taken before; they count as taken from now on."""
        numbers = rows + self._offset[relation]
        fresh = self._height[numbers] == _UNKNOWN
        self._height[numbers[fresh]] = _EXPLORED
        taken: Codes = rows[fresh]
        return taken

    def settle(self, instances: Sequence[tuple[str, Codes, Sequence[tuple[str, Codes]]]]) -> None:
        """Gives every head its height; a batch is (head relation, head rows, premises by relation).

        Level by level: at each, the instances whose premises have all been settled derive their heads, which
        gives each head the smallest height it can have. Each premise is looked at once.
        """
        if not instances:
            return
        heads = np.concatenate([rows + self._offset[name] for name, rows, _ in instances])
        starts = np.cumsum([0, *(len(rows) for _, rows, _ in instances)])
        waits: list[Codes] = [np.empty(0, np.int64)]
        waiters: list[Codes] = [np.empty(0, np.int64)]
        for start, (_, rows, premises) in zip(starts.tolist(), instances, strict=False):
            for name, premise_rows in premises:
                waits.append(premise_rows + self._offset[name])
                waiters.append(np.arange(start, start + len(rows)))
        self._propagate(heads, np.concatenate(waits), np.concatenate(waiters))

    def _propagate(self, heads: Codes, waits: Codes, waiters: Codes) -> None:
        """Instance ``waiters[i]`` waits for row ``waits[i]``; instance j derives ``heads[j]``."""
        height = self._height
        order = np.argsort(waits, kind="stable")
        rows, first = np.unique(waits[order], return_index=True)
        ends = np.append(first[1:], len(waits))
        waiters = waiters[order]
        pending = np.bincount(waiters, minlength=len(heads))
        # Rows settled by an earlier proof are waited for at their own level, like those settled here.
        known = rows[height[rows] >= 0]
        levels = {level: [known[height[known] == level]] for level in np.unique(height[known]).tolist()}
        ready = np.flatnonzero(pending == 0)
        level = 0
        while True:
            fresh = np.unique(heads[ready])
            fresh = fresh[height[fresh] < 0]
            if len(fresh):
                height[fresh] = level + 1
                levels.setdefault(level + 1, []).append(np.intersect1d(fresh, rows, assume_unique=True))
            if not levels:
                return
            level = min(levels)
            place = np.searchsorted(rows, np.concatenate(levels.pop(level)))
            _, freed = expand(Matches(waiters, first[place], ends[place] - first[place]))
            np.subtract.at(pending, freed, 1)
            touched = np.unique(freed)
            ready = touched[pending[touched] == 0]
