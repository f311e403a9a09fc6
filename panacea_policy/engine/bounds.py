"""Lower bounds of the heights of rows, from the rounds in which they were derived.

A row that is given has height 0. Any other has a height of at least

- one more than the least that some rule's relations allow (`_least`), and,
- in a recursive stratum, base + k if it was first derived in round k >= 1, where base is the least height
  that any row of the stratum can have.

Proof of the second: every row x of the stratum with height(x) <= base + k is there when round k ends. Rows of
height base rest on no row of the stratum, so they are there before the first round (k = 0). A row of height
base + k + 1 is there by then too, or has an instance whose premises all have heights of at most base + k;
those of the stratum are there when round k ends, and what has all its premises by then is derived by the end
of round k + 1, for a round leaves out no instance that joins new rows. So a row first derived in round k + 1
has no height of base + k or less.

Nothing is asked of a round but that: it may well see rows that it has derived itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.given import Given
from panacea_policy.engine.stratify import Stratum, needed_for
from panacea_policy.engine.terms import Atom
from panacea_policy.engine.values import Codes

#: Of a relation without rows.
_NEVER = 1 << 40


class Bounds:
    """At least how high the rows of a finished evaluation are.

    ``sizes`` and ``given``: of each relation how many rows it has, and those of them that are facts.
    ``rounds``: of each relation of a recursive stratum its size when each round began; of one that is not
    there, rounds are not known, and the bounds are weaker.
    """

    def __init__(
        self,
        compiled: Compiled,
        sizes: Mapping[str, int],
        given: Given,
        rounds: Mapping[str, Sequence[int]],
    ) -> None:
        self._compiled = compiled
        self._sizes = sizes
        self._given = given
        self._rounds = rounds
        self._relations: dict[str, int] = {}
        self._base: dict[str, int] = {}
        self._ends: dict[str, Codes] = {}
        self._exact: dict[str, NDArray[np.int32]] = {}

    def learn(self, heights: Mapping[str, NDArray[np.int32]]) -> None:
        """Takes the exact heights of all rows of some relations as their bounds from now on."""
        self._exact.update(heights)

    def of(self, relation: str, rows: Codes) -> Codes:
        """The bounds of some rows, by number; 0 for facts and nothing else. Shape (len(rows),)."""
        exact = self._exact.get(relation)
        if exact is not None:
            return exact[rows].astype(np.int64)
        least = self._least_of(relation)
        if self._given.all(relation):
            return np.zeros(len(rows), np.int64)
        bounds = np.full(len(rows), max(1, least))
        if relation in self._rounds:
            ends = self._ends.get(relation)
            if ends is None:
                ends = self._ends[relation] = np.array(self._rounds[relation], np.int64)
            rounds = np.searchsorted(ends, rows, side="right")
            np.maximum(bounds, np.where(rounds > 0, rounds + self._base[relation], 0), out=bounds)
        bounds[self._given.rows(relation)[rows]] = 0
        return bounds

    def _least_of(self, relation: str) -> int:
        """The least height that a row derived by a rule of this relation can have."""
        if relation not in self._relations:
            needed = needed_for([relation], self._compiled.uses)
            for stratum in self._compiled.strata:
                if stratum.relations <= needed and not stratum.relations <= self._relations.keys():
                    self._settle(stratum)
            self._relations.setdefault(relation, _NEVER)
        return self._relations[relation]

    def _settle(self, stratum: Stratum) -> None:
        names = sorted(stratum.relations)
        rules = [checked.rule for checked in stratum.rules]
        least = dict.fromkeys(names, _NEVER)
        changed = True
        while changed:
            changed = False
            for rule in rules:
                height = 1
                for literal in rule.body:
                    if isinstance(literal, Atom) and not literal.negated:
                        height = max(height, 1 + self._lowest(literal.relation, least))
                if height < least[rule.head.relation]:
                    least[rule.head.relation] = height
                    changed = True
        self._relations.update(least)
        base = min(self._lowest(name, least) for name in names)
        self._base.update(dict.fromkeys(names, base))

    def _lowest(self, relation: str, least: Mapping[str, int]) -> int:
        """The least height of any row of a relation, facts among them."""
        if self._given.any(relation):
            return 0
        if not self._sizes[relation]:
            return _NEVER
        return least[relation] if relation in least else self._relations.get(relation, _NEVER)
