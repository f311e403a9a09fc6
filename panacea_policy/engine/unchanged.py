"""What an evaluation need not derive again: strata whose facts and premises are as they were before."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from weakref import ref

from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.relations import Relations
from panacea_policy.engine.result import Differences, Result, RuleStats
from panacea_policy.engine.stratify import Stratum
from panacea_policy.engine.values import Symbols


class Unchanged:
    """Takes the rows of strata over from an earlier result of the same program and symbols.

    The order of rows is part of what must be equal: what is taken over is what would be derived, row for row.
    """

    def __init__(
        self, since: Result, relations: Relations, facts: Mapping[str, Relation], differences: Differences
    ) -> None:
        #: What was found to differ so far.
        self.differences = differences
        self._since = since
        self._relations = relations
        self._uses = since.compiled.uses
        self._derived: list[str] = []
        differing = [name for name in facts if not self._same_facts(name, facts[name])]
        differences.changed.update(differing)
        differences.touched.update(differing)

    @classmethod
    def of(
        cls,
        since: Result | None,
        compiled: Compiled,
        symbols: Symbols,
        relations: Relations,
        facts: Mapping[str, Relation],
        base: Result | None,
    ) -> Unchanged | None:
        """None where there is nothing to take over. ``facts``: those that come in now; ``base``: what the
        evaluation goes on from.
        """
        if since is None or since.compiled is not compiled or since.symbols is not symbols:
            return None
        if not since.current:
            return None
        known = base.differences if base is not None else None
        if base is None:
            differences = Differences(ref(since), set(), set())
        elif known is not None and known.since() is since:
            differences = Differences(ref(since), set(known.changed), set(known.touched))
        else:
            differences = _between(since, base)
        return cls(since, relations, facts, differences)

    def take(self, stratum: Stratum, stats: dict[int, RuleStats], rounds: dict[str, array[int]]) -> bool:
        """Takes a stratum's rows over, and the statistics of its rules, if all that it reads is as it was."""
        earlier, own = self._since, stratum.relations
        if not self._rests_on(own, self.differences.touched):
            same = True
        else:
            self.differences.touched.update(own)
            same = not self._rests_on(own, self.differences.changed)
        if not same or not all(name in earlier.relations for name in own):
            return False
        self._relations.borrow(own, earlier.relations)
        for name in own:
            if name in earlier.rounds:
                rounds[name] = array("q", earlier.rounds[name])
        for checked in stratum.rules:
            found = earlier.stats.get(checked.position)
            if found is not None:
                stats[checked.position] = found
        return True

    def derived(self, stratum: Stratum) -> None:
        """A stratum was derived: what came out as it was before need not make others derive anything."""
        for name in stratum.relations:
            before = self._since.relations.get(name)
            if before is None:
                self.differences.touched.add(name)
            if before is not None and equal(before, self._relations[name]):
                self.differences.changed.discard(name)
            else:
                self.differences.changed.add(name)

    def _rests_on(self, own: Iterable[str], differing: set[str]) -> bool:
        uses = self._uses
        return any(name in differing or not differing.isdisjoint(uses.get(name, ())) for name in own)

    def _same_facts(self, name: str, facts: Relation) -> bool:
        before = self._since.facts.get(name)
        return before is not None and equal(before, facts)


def _between(since: Result, base: Result) -> Differences:
    """How a result that was not made by following another differs from it."""
    found = Differences(ref(since), set(), set())
    names = set(base.relations.keys())
    for name in names:
        before = since.relations.get(name)
        if before is None or not equal(before, base.relations[name]):
            found.changed.add(name)
    # Of what rests on the same rows nothing more is known here.
    found.touched.update(names)
    return found


def equal(one: Relation, other: Relation) -> bool:
    """Whether two relations hold the same rows in the same order, none of them retracted."""
    if one is other:
        return True
    return other.count == other.size and one.holds(other.columns(), other.size)
