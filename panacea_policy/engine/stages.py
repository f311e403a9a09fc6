"""When rows were derived, so that one can tell which rows a row may rest on."""

from __future__ import annotations

import numpy as np

from panacea_policy.engine.values import Codes


class Stages:
    """A number for each row, by the clock of one run over all of its relations.

    INVARIANT: a derived row was found by joining rows that were there before it was added, so it follows
    from rows of smaller stages. Rows are added in batches, and a batch has one stage: what is kept grows with
    the number of batches only.
    """

    def __init__(self) -> None:
        self._clock = 0
        #: By relation the first row of each batch, ascending, and its stage.
        self._batches: dict[str, tuple[list[int], list[int]]] = {}

    def note(self, name: str, start: int) -> None:
        """The rows of a relation from number ``start`` on have been added now."""
        self._clock += 1
        starts, stages = self._batches.setdefault(name, ([0], [0]))
        if starts[-1] == start:
            stages[-1] = self._clock
        else:
            starts.append(start)
            stages.append(self._clock)

    def of(self, name: str, rows: Codes) -> Codes:
        """The stage of each row; 0 for the facts that a run began with. Same shape as ``rows``."""
        if name not in self._batches:
            return np.zeros(len(rows), np.int64)
        starts, stages = self._batches[name]
        return np.array(stages, np.int64)[np.searchsorted(np.array(starts, np.int64), rows, "right") - 1]

    def renumber(self, name: str, kept: Codes) -> None:
        """Rows have been dropped from a relation: ``kept`` are the numbers of the others, ascending."""
        if name in self._batches:
            starts, stages = self._batches[name]
            self._batches[name] = (np.searchsorted(kept, starts).tolist(), stages)

    def forget(self, name: str) -> None:
        """All rows of a relation are facts again."""
        self._batches.pop(name, None)
