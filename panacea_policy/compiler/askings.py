"""What undecided findings ask, as it was found out before: a proof each, which need not be made again while
what it rests on is as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from panacea_policy.engine import Result

#: The names of what a verdict is about.
Names = tuple[str, ...]
#: A declaration and an attribute of it that nobody set, by name.
Asking = tuple[str, str]


class RuleAskings(msgspec.Struct, array_like=True):
    """What the findings of one rule ask. ``looked``: the relations that were looked at to find out."""

    looked: set[str]
    found: dict[Names, tuple[Asking, ...]]


class Askings:
    """What was found out about findings, now and before; by the relation of a rule's possible verdicts."""

    def __init__(self, before: Mapping[str, RuleAskings] | None = None) -> None:
        self._before = dict(before or {})
        self._now: dict[str, RuleAskings] = {}

    def known(self, rule: str, names: Names, result: Result) -> tuple[Asking, ...] | None:
        """What a finding asks, if it is known and holds in a result that follows the earlier one; it is what
        would be found out now.
        """
        found = self._holding(rule, result)
        return None if found is None else found.found.get(names)

    def note(self, rule: str, names: Names, asked: Iterable[Asking], looked: Iterable[str]) -> None:
        """Take in what was found out about a finding."""
        of_rule = self._now.setdefault(rule, RuleAskings(set(), {}))
        of_rule.looked.update(looked)
        of_rule.found[names] = tuple(asked)

    def all(self, result: Result) -> dict[str, RuleAskings]:
        """What holds in a result: what was found out now, and what is known from before."""
        for rule in list(self._before):
            self._holding(rule, result)
        return self._now

    def _holding(self, rule: str, result: Result) -> RuleAskings | None:
        """What is known of a rule. What was known before is looked at once, and taken in where it holds."""
        before = self._before.pop(rule, None)
        if before is not None and _holds(before.looked, result):
            known = self._now.setdefault(rule, RuleAskings(set(), {}))
            known.looked |= before.looked
            known.found = {**before.found, **known.found}
        return self._now.get(rule)


def _holds(looked: set[str], result: Result) -> bool:
    """Whether all that was looked at is there, and derived in no other way than before."""
    differences = result.differences
    if differences is None or not differences.touched.isdisjoint(looked):
        return False
    return all(name in result.relations for name in looked)
