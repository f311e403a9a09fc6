"""What an evaluation need not derive again: strata whose facts and premises are as they were before."""

from __future__ import annotations

from array import array
from collections.abc import Mapping

import numpy as np

from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.result import Result, RuleStats
from panacea_policy.engine.stratify import Stratum, dependencies
from panacea_policy.engine.values import Symbols


class Unchanged:
    """Takes the rows of strata over from an earlier result of the same program and symbols.

    The order of rows is part of what must be equal: what is taken over is what would be derived, row for row.
    """

    def __init__(self, since: Result, relations: dict[str, Relation], facts: Mapping[str, Relation]) -> None:
        self._since = since
        self._relations = relations
        self._facts = facts
        self._same: dict[str, bool] = {}

    @classmethod
    def of(
        cls,
        since: Result | None,
        compiled: Compiled,
        symbols: Symbols,
        relations: dict[str, Relation],
        facts: Mapping[str, Relation],
    ) -> Unchanged | None:
        """None where there is nothing to take over."""
        usable = since is not None and since.compiled is compiled and since.symbols is symbols
        return cls(since, relations, facts) if since is not None and usable and since.current else None

    def take(self, stratum: Stratum, stats: dict[int, RuleStats], rounds: dict[str, array[int]]) -> bool:
        """Takes a stratum's rows over, and the statistics of its rules, if all that it reads is as it was."""
        earlier = self._since
        own = stratum.relations
        if not all(name in earlier.relations and self._same_facts(name) for name in own):
            return False
        uses = dependencies(stratum.rules)
        if not all(self._is_same(name) for name in {n for each in uses.values() for n in each} - own):
            return False
        for name in own:
            self._relations[name] = earlier.relations[name]
            self._same[name] = True
            if name in earlier.rounds:
                rounds[name] = array("q", earlier.rounds[name])
        for checked in stratum.rules:
            if checked.position in earlier.stats:
                stats[checked.position] = earlier.stats[checked.position]
        return True

    def _is_same(self, name: str) -> bool:
        """Whether a relation of an earlier stratum, or one of facts alone, has the rows that it had."""
        known = self._same.get(name)
        if known is None:
            before = self._since.relations.get(name)
            known = self._same[name] = before is not None and equal(before, self._relations[name])
        return known

    def _same_facts(self, name: str) -> bool:
        before = self._since.facts.get(name)
        return before is not None and equal(before, self._facts[name])


def equal(one: Relation, other: Relation) -> bool:
    """Whether two relations hold the same rows in the same order, none of them retracted."""
    if one is other:
        return True
    if one.size != other.size or one.count != one.size or other.count != other.size:
        return False
    if not one.size:
        return True
    pairs = zip(one.columns(), other.columns(), strict=True)
    return one.arity == other.arity and all(np.array_equal(a, b) for a, b in pairs)
