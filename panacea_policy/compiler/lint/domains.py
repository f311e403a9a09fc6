"""Sets of values that an expression can have: words, or stretches of numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec


class Words(msgspec.Struct, frozen=True):
    """Symbols (words, texts, truth values, names of declarations): these, or all but these."""

    values: frozenset[object]
    excluded: bool = False

    @property
    def empty(self) -> bool:
        """Whether there is none."""
        return not self.excluded and not self.values

    def complement(self) -> Words:
        """All others."""
        return Words(self.values, not self.excluded)

    def meet(self, other: Words) -> Words:
        """What is in both."""
        if self.excluded and other.excluded:
            return Words(self.values | other.values, True)
        if self.excluded:
            return Words(other.values - self.values)
        if other.excluded:
            return Words(self.values - other.values)
        return Words(self.values & other.values)


class Stretch(msgspec.Struct, frozen=True):
    """The numbers from ``low`` to ``high``; a bound is left out where it is ``open``."""

    low: float
    low_open: bool
    high: float
    high_open: bool

    @property
    def empty(self) -> bool:
        """Whether no number lies in it."""
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))


class Numbers(msgspec.Struct, frozen=True):
    """Numbers as disjoint stretches in ascending order."""

    stretches: tuple[Stretch, ...]

    @property
    def empty(self) -> bool:
        """Whether there is none."""
        return not self.stretches

    def complement(self) -> Numbers:
        """All others."""
        found: list[Stretch] = []
        low, low_open = -math.inf, True
        for each in self.stretches:
            found.append(Stretch(low, low_open, each.low, not each.low_open))
            low, low_open = each.high, not each.high_open
        found.append(Stretch(low, low_open, math.inf, True))
        return Numbers(tuple(each for each in found if not each.empty))

    def meet(self, other: Numbers) -> Numbers:
        """What is in both."""
        found = []
        for a in self.stretches:
            for b in other.stretches:
                low, low_open = max((a.low, a.low_open), (b.low, b.low_open))
                high, high_closed = min((a.high, not a.high_open), (b.high, not b.high_open))
                both = Stretch(low, low_open, high, not high_closed)
                if not both.empty:
                    found.append(both)
        return Numbers(tuple(found))

    def whole(self) -> Numbers:
        """The integers among them, as closed stretches."""
        found = []
        for each in self.stretches:
            low = each.low if math.isinf(each.low) else math.ceil(each.low)
            high = each.high if math.isinf(each.high) else math.floor(each.high)
            low += 1 if each.low_open and low == each.low else 0
            high -= 1 if each.high_open and high == each.high else 0
            closed = Stretch(low, math.isinf(low), high, math.isinf(high))
            if not closed.empty:
                found.append(closed)
        return Numbers(tuple(found))

    @property
    def lowest(self) -> float:
        """The least bound; infinite for the empty set."""
        return self.stretches[0].low if self.stretches else math.inf

    @property
    def highest(self) -> float:
        """The greatest bound; minus infinity for the empty set."""
        return self.stretches[-1].high if self.stretches else -math.inf


Domain = Words | Numbers

ALL_NUMBERS = Numbers((Stretch(-math.inf, True, math.inf, True),))
ALL_WORDS = Words(frozenset(), True)


def between(low: float | None, high: float | None) -> Numbers:
    """The numbers from ``low`` to ``high``, both included; None: no bound."""
    bottom, top = -math.inf if low is None else low, math.inf if high is None else high
    return Numbers((Stretch(bottom, low is None, top, high is None),))


def compared(operator: str, value: float) -> Numbers:
    """The numbers n with ``n operator value``."""
    at = Numbers((Stretch(value, False, value, False),))
    below = Numbers((Stretch(-math.inf, True, value, True),))
    match operator:
        case "=":
            return at
        case "!=":
            return at.complement()
        case "<":
            return below
        case ">=":
            return below.complement()
        case "<=":
            return Numbers((Stretch(-math.inf, True, value, False),))
        case _:
            return Numbers((Stretch(value, True, math.inf, True),))


def these(values: Iterable[object]) -> Words:
    """Exactly these symbols."""
    return Words(frozenset(values))


def meet(one: Domain, other: Domain) -> Domain:
    """What is in both; sets of different sorts are not told apart, so the first stays as it is."""
    if isinstance(one, Words) and isinstance(other, Words):
        return one.meet(other)
    if isinstance(one, Numbers) and isinstance(other, Numbers):
        return one.meet(other)
    return one
