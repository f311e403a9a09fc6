"""Figures of an earlier assessment that rest on the very same things, taken again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from panacea_policy.risk.graph import Ints

T = TypeVar("T")


class Recall:
    """Remembers nothing: everything is made when it is asked for."""

    #: Whether anything is remembered, so that it pays to say what a figure rests on.
    keeps = False

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gives; or gave before, for an equal key. The key says all that it rests on."""
        return make()

    def corrected(self, key: Hashable, make: Callable[[], T], correct: Callable[[T, Ints], None]) -> T:
        """The same for what rests on what falls to whom as well: ``correct`` brings it up to date for some
        trials, in which other goals fall than before.
        """
        return make()

    def falls(self, source: int) -> Hashable:
        """What changes with the goals that fall to a source, in any trial."""
        return None

    def moves(self, source: int) -> Hashable:
        """What changes with the times at which they do."""
        return None

    def goal(self, k: int) -> Hashable:
        """What a goal's falls to all sources are known by."""
        return None

    def times(self, k: int) -> Hashable:
        """What the times of its falls are known by."""
        return None


class Remembered(Recall):
    """Remembers what was asked for in this assessment and the one before."""

    keeps = True

    def __init__(self) -> None:
        self._last: dict[Hashable, Any] = {}
        self._now: dict[Hashable, Any] = {}

    def turn(self) -> None:
        """Begins the next assessment: what the last one did not ask for is forgotten."""
        self._last, self._now = self._now, {}

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        if key not in self._now:
            self._now[key] = self._last[key] if key in self._last else make()
        found: T = self._now[key]
        return found


#: For those who need none.
NOTHING = Recall()
