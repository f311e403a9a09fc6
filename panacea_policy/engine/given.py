"""Which rows of the relations of a result are facts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.relation import Relation


class Given:
    """The facts among the rows of some relations; looked up when asked for, and kept."""

    def __init__(self, facts: Mapping[str, Relation], relations: Mapping[str, Relation]) -> None:
        self._facts = facts
        self._relations = relations
        self._masks: dict[str, NDArray[np.bool_]] = {}

    def any(self, name: str) -> bool:
        """Whether a relation has facts."""
        return self._facts[name].count > 0

    def all(self, name: str) -> bool:
        """Whether a relation has facts alone."""
        return self._facts[name] is self._relations[name] or not self._relations[name].count

    def rows(self, name: str) -> NDArray[np.bool_]:
        """Which rows, by number, are facts. Shape (the relation's size,)."""
        found = self._masks.get(name)
        if found is None:
            facts, relation = self._facts[name], self._relations[name]
            if facts is relation:
                found = np.ones(relation.size, np.bool_)
            elif not facts.count:
                found = np.zeros(relation.size, np.bool_)
            else:
                found = facts.find(relation.columns(), relation.size) >= 0
            self._masks[name] = found
        return found
