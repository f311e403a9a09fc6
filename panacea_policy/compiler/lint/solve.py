"""Whether several formulas exclude each other: a quick procedure that may miss a contradiction and never
invents one.

It knows equality (of terms, and of the same attribute of equal terms), the sets of values and kinds of each
class of equal terms, how pairs of terms are ordered, and what holds and does not hold as a whole. Numbers of
the same comparison are stretches, so `n > 5` and `n < 3` meet nowhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from panacea_policy.compiler.lint.domains import ALL_NUMBERS, ALL_WORDS, Domain, Numbers, Words, meet
from panacea_policy.compiler.lint.formulas import (
    LESS,
    MORE,
    NOTHING,
    SAME,
    Any,
    Choice,
    Formula,
    Held,
    Of,
    Pair,
    Test,
    Universe,
    negated,
    renamed_key,
)

#: Choices are looked into one by one, not in all their combinations; more of them than this are left alone.
MAX_CHOICES = 12
_MIRROR = {LESS: MORE, SAME: SAME, MORE: LESS}


def contradictory(formulas: Iterable[Formula], table: Mapping[str, Universe]) -> bool:
    """Whether the formulas certainly never hold together; ``table`` says what each term can be."""
    plain, choices = _sorted(formulas)
    if any(not choice.options for choice in choices) or _clash(plain, table):
        return True
    return any(
        all(contradictory([*plain, *option], table) for option in choice.options)
        for choice in choices[:MAX_CHOICES]
    )


def entails(formulas: Iterable[Formula], wanted: Formula, table: Mapping[str, Universe]) -> bool:
    """Whether ``wanted`` certainly holds wherever the formulas do."""
    return contradictory([*formulas, negated(wanted)], table)


def _sorted(formulas: Iterable[Formula]) -> tuple[list[Test | Pair | Held], list[Choice]]:
    """Plain formulas, those of choices with one option included, and real choices."""
    plain: list[Test | Pair | Held] = []
    choices: list[Choice] = []
    queue = list(formulas)
    for formula in queue:
        if not isinstance(formula, Choice):
            plain.append(formula)
        elif len(formula.options) == 1:
            queue.extend(formula.options[0])
        else:
            choices.append(formula)
    return plain, choices


class _Value(msgspec.Struct):
    """What a class of equal terms can be."""

    domain: Domain
    kinds: Words | None
    none: bool
    void: bool

    @property
    def possible(self) -> bool:
        """Whether it can have a value."""
        return not self.domain.empty and (self.kinds is None or not self.kinds.empty)

    @property
    def certain(self) -> bool:
        """Whether it must have one."""
        return not self.none and not self.void

    @property
    def refuted(self) -> bool:
        return self.certain and not self.possible


def _clash(formulas: list[Test | Pair | Held], table: Mapping[str, Universe]) -> bool:
    state = _State(table)
    pairs = [each for each in formulas if isinstance(each, Pair)]
    for formula in formulas:
        state.know(formula)
    for pair in pairs:
        if pair.strict and pair.signs == {SAME}:
            state.join(pair.left, pair.right)
    state.close()
    for pair in pairs:
        if pair.strict:
            state.restrict(Test(pair.left, None))
            state.restrict(Test(pair.right, None))
    for formula in formulas:
        if isinstance(formula, Test):
            state.restrict(formula)
    return state.propagate() or state.disordered(pairs) or state.denied(formulas)


class _State:
    """Classes of equal terms and what each can be."""

    def __init__(self, table: Mapping[str, Universe]) -> None:
        self._table = table
        self._leader: dict[str, str] = {}
        self._values: dict[str, _Value] = {}

    def know(self, formula: Test | Pair | Held) -> None:
        if isinstance(formula, Test):
            self._term(formula.term)
        elif isinstance(formula, Pair):
            self._term(formula.left)
            self._term(formula.right)
        else:
            for term in _terms(formula.key):
                self._term(term)

    def _term(self, term: str) -> None:
        if term not in self._leader:
            self._leader[term] = term
            universe = self._table.get(term)
            if universe is not None and universe.parent is not None:
                self._term(universe.parent)

    def find(self, term: str) -> str:
        """The term that stands for its class."""
        at = term
        while self._leader.get(at, at) != at:
            at = self._leader[at]
        return at

    def join(self, left: str, right: str) -> bool:
        one, other = sorted((self.find(left), self.find(right)))
        self._leader[other] = one
        return one != other

    def close(self) -> None:
        """The same attribute of equal terms is equal; then fill in what each class can be."""
        grew = True
        while grew:
            grew = False
            seen: dict[tuple[str, str], str] = {}
            for term in self._leader:
                universe = self._table.get(term)
                if universe is not None and universe.parent is not None:
                    key = (self.find(universe.parent), universe.last)
                    grew |= self.join(seen.setdefault(key, term), term)
        for term in self._leader:
            self._restrict_to(self.find(term), self._table.get(term))

    def _restrict_to(self, leader: str, universe: Universe | None) -> None:
        if universe is None:
            return
        known = self._values.get(leader)
        if known is None:
            self._values[leader] = _Value(universe.domain, universe.kinds, universe.none, universe.void)
            return
        known.domain = meet(known.domain, universe.domain)
        known.kinds = _both(known.kinds, universe.kinds)
        known.none &= universe.none
        known.void &= universe.void

    def value(self, term: str) -> _Value:
        """What the class of a term can be; anything where nothing is known of its type."""
        return self._values.setdefault(self.find(term), _Value(ALL_WORDS, None, True, True))

    def restrict(self, test: Test) -> None:
        value = self.value(test.term)
        if test.domain is not None:
            value.domain = meet(value.domain, test.domain) if not test.domain.empty else NOTHING
        value.kinds = _both(value.kinds, test.kinds)
        value.none &= test.none
        value.void &= test.void

    def propagate(self) -> bool:
        """Carry along paths what is there and what is not; True where something is refuted."""
        for term in self._leader:
            universe = self._table.get(term)
            value = self.value(term)
            if universe is not None and universe.whole and isinstance(value.domain, Numbers):
                value.domain = value.domain.whole()
        steps = [
            (self.value(term), self.value(universe.parent))
            for term in self._leader
            if (universe := self._table.get(term)) is not None and universe.parent is not None
        ]
        for _ in range(len(steps) + 1):
            for value, owner in steps:
                if not owner.possible:
                    value.domain, value.none = NOTHING, False
                if owner.certain:
                    value.void = False
                if not value.void:
                    owner.none = owner.void = False
        return any(value.refuted for value in self._values.values())

    def disordered(self, pairs: list[Pair]) -> bool:
        """Whether the order of some pair, or of a round of pairs, cannot be."""
        signs: dict[tuple[str, str], frozenset[str]] = {}
        for pair in pairs:
            left, right = self.find(pair.left), self.find(pair.right)
            one, other = self.value(left), self.value(right)
            if not pair.strict and not (one.certain and other.certain):
                continue
            wanted = pair.signs
            if left > right:
                left, right, one, other = right, left, other, one
                wanted = frozenset(_MIRROR[sign] for sign in wanted)
            known = signs.get((left, right))
            if known is None:
                known = frozenset({SAME}) if left == right else _feasible(one, other)
            signs[left, right] = known & wanted
            if not signs[left, right]:
                return True
        return _circular(signs)

    def denied(self, formulas: list[Test | Pair | Held]) -> bool:
        """Whether something both holds and does not hold as a whole."""
        held = [each for each in formulas if isinstance(each, Held)]
        stated = [renamed_key(each.key, self.find) for each in held if each.positive]
        return any(
            _covers(key, other)
            for each in held
            if not each.positive
            for key in [renamed_key(each.key, self.find)]
            for other in stated
        )


def _both(one: Words | None, other: Words | None) -> Words | None:
    if one is None or other is None:
        return one or other
    return one.meet(other)


def _feasible(one: _Value, other: _Value) -> frozenset[str]:
    """How two values can stand to each other, going by what each can be."""
    found = set()
    if isinstance(one.domain, Numbers) and isinstance(other.domain, Numbers):
        if one.domain.lowest < other.domain.highest:
            found.add(LESS)
        if one.domain.highest > other.domain.lowest:
            found.add(MORE)
        if not one.domain.meet(other.domain).empty:
            found.add(SAME)
        return frozenset(found)
    kinds = _both(one.kinds, other.kinds)
    if not meet(one.domain, other.domain).empty and (kinds is None or not kinds.empty):
        found.add(SAME)
    if not (_single(one.domain) and one.domain == other.domain):
        found |= {LESS, MORE}
    return frozenset(found)


def _single(domain: Domain) -> bool:
    return isinstance(domain, Words) and not domain.excluded and len(domain.values) == 1


def _circular(signs: Mapping[tuple[str, str], frozenset[str]]) -> bool:
    """Whether numbers are said to be less than themselves, by a round of comparisons."""
    far: dict[tuple[str, str], float] = {}
    names = sorted({name for pair in signs for name in pair})
    for (left, right), allowed in signs.items():
        if MORE not in allowed:
            far[left, right] = 0.0 if SAME in allowed else -1.0
        if LESS not in allowed:
            far[right, left] = 0.0 if SAME in allowed else -1.0
    if len(far) < 3:
        return False
    for middle in names:
        for left in names:
            for right in names:
                way = far.get((left, middle), math.inf) + far.get((middle, right), math.inf)
                if way < far.get((left, right), math.inf):
                    far[left, right] = max(way, -1.0)
    return any(far.get((name, name), 0.0) < 0 for name in names)


def _terms(key: tuple[object, ...]) -> Iterator[str]:
    for part in key:
        if isinstance(part, Of):
            yield part.term
        elif isinstance(part, tuple):
            yield from _terms(part)


def _covers(general: tuple[object, ...], special: tuple[object, ...]) -> bool:
    """Whether a key is another one, or has a place for anything where the other has something."""
    return len(general) == len(special) and all(
        isinstance(one, Any)
        or one == other
        or (isinstance(one, tuple) and isinstance(other, tuple) and _covers(one, other))
        for one, other in zip(general, special, strict=True)
    )


__all__ = ["ALL_NUMBERS", "contradictory", "entails"]
