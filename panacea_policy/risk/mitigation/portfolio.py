"""From what a model says of its controls to switches and conditions: the problem that is solved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from panacea_policy.risk.graph import Floats
from panacea_policy.risk.mitigation.candidates import OPEN, Candidate, check_demands, check_needs, chosen
from panacea_policy.risk.mitigation.money import Horizon
from panacea_policy.risk.mitigation.program import Row
from panacea_policy.risk.mitigation.sample import Switches


@dataclass(frozen=True)
class Wishes:
    """What somebody wants of a portfolio. ``care_time``: seconds a day that may be taken from patients."""

    required: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    care_time: float | None = None
    horizon: Horizon = field(default_factory=Horizon)


@dataclass(frozen=True)
class Problem:
    """Switches over controls: first the ``open`` ones (on: bought), then the ``kept`` (on: not given up).

    ``cost[i]``: present value over the horizon of switch i being on. What is given up saves its running cost,
    so ``sunk`` (the running cost of all kept ones) is taken off the sum.
    """

    open: tuple[Candidate, ...]
    kept: tuple[Candidate, ...]
    switches: Switches
    cost: Floats
    rows: tuple[Row, ...]
    horizon: Horizon
    notes: tuple[str, ...]

    @property
    def sunk(self) -> float:
        """What all kept controls cost from now on, whether something is bought or not."""
        return float(self.cost[len(self.open) :].sum())

    @property
    def today(self) -> int:
        """The mask of doing nothing: nothing bought, everything kept."""
        return sum(1 << i for i in range(len(self.open), len(self)))

    def __len__(self) -> int:
        return len(self.open) + len(self.kept)

    def bought(self, on: int) -> tuple[int, ...]:
        """The numbers of the switches of controls that are bought."""
        return tuple(i for i in range(len(self.open)) if on >> i & 1)

    def given_up(self, on: int) -> tuple[int, ...]:
        """The numbers of the switches of controls in place that are given up."""
        return tuple(i for i in range(len(self.open), len(self)) if not on >> i & 1)


def pose(found: Sequence[Candidate], controls: int, wishes: Wishes) -> Problem:
    """The problem for these controls of a graph with ``controls`` controls.

    Raises PanaceaError for unknown names, needs in a circle, and demands that contradict each other.
    """
    required = [c.name for c in chosen(found, wishes.required, "--require")]
    excluded = [c.name for c in chosen(found, wishes.excluded, "--exclude")]
    check_needs(found)
    check_demands(found, required, excluded)
    open_ = [c for c in found if c.status in OPEN and c.name not in excluded]
    standing = [c for c in found if c.status == "in_place"]
    replaced = {name for c in open_ for name in c.replaces}
    kept = [c for c in standing if c.name in replaced]
    every = [*open_, *kept]
    turns = np.zeros((controls, len(every)), dtype=bool)
    for i, candidate in enumerate(every):
        if candidate.number is not None:
            turns[candidate.number, i] = True
    fixed = np.zeros(controls, dtype=bool)
    fixed[[c.number for c in standing if c.name not in replaced and c.number is not None]] = True
    conditions = _Conditions(found, open_, kept, set(required))
    cost = [c.price.present(wishes.horizon) for c in open_]
    cost += [wishes.horizon.present(0.0, c.price.yearly.mean()) for c in kept]
    rows = [*conditions.rows(), *_care(every, len(open_), wishes.care_time)]
    return Problem(
        tuple(open_),
        tuple(kept),
        Switches(turns, fixed),
        np.array(cost, dtype=np.float64),
        tuple(rows),
        wishes.horizon,
        (*conditions.notes, *_unpriced(open_)),
    )


def _care(every: Sequence[Candidate], open_: int, limit: float | None) -> Iterable[Row]:
    if limit is not None:
        times = np.array([c.care_time if i < open_ else 0.0 for i, c in enumerate(every)])
        yield Row(times / 60.0, high=limit / 60.0)


def _unpriced(open_: Sequence[Candidate]) -> Iterable[str]:
    free = [c.name for c in open_ if not c.price.stated]
    if free:
        yield f"No cost is stated for {', '.join(free)}: counted as free."


class _Conditions:
    """Prerequisites and exclusions as rows; what can never be bought is said."""

    def __init__(
        self,
        found: Sequence[Candidate],
        open_: Sequence[Candidate],
        kept: Sequence[Candidate],
        required: set[str],
    ) -> None:
        self._known = {c.name: c for c in found}
        self._every = [*open_, *kept]
        self._number = {c.name: i for i, c in enumerate(self._every)}
        self._open, self._kept, self._required = open_, kept, required
        self.notes: list[str] = []

    def rows(self) -> Iterable[Row]:
        for candidate in self._open:
            yield from self._needs(candidate)
            yield from self._excludes(candidate)
            if candidate.name in self._required:
                yield self._row({candidate.name: 1.0}, low=1.0)
        for control in self._kept:
            replacing = {c.name: 1.0 for c in self._open if control.name in c.replaces}
            yield self._row({control.name: 1.0, **replacing}, low=1.0)
            if self._needed_by_standing(control.name):
                yield self._row({control.name: 1.0}, low=1.0)

    def _needed_by_standing(self, name: str) -> bool:
        return any(
            name in c.needs for c in self._known.values() if c.status == "in_place" and c not in self._kept
        )

    def _needs(self, candidate: Candidate) -> Iterable[Row]:
        for name in candidate.needs:
            other = self._known.get(name)
            if name in self._number:
                yield self._row({candidate.name: 1.0, name: -1.0}, high=0.0)
            elif other is not None and other.status != "in_place":
                why = "is excluded" if other.status in OPEN else "is retired"
                self.notes.append(f"{candidate.name} cannot be bought: it needs {name}, which {why}.")
                yield self._row({candidate.name: 1.0}, high=0.0)

    def _excludes(self, candidate: Candidate) -> Iterable[Row]:
        mutual = [c.name for c in self._known.values() if candidate.name in c.excludes]
        for name in dict.fromkeys([*candidate.excludes, *mutual]):
            other = self._known.get(name)
            if name in self._number:
                yield self._row({candidate.name: 1.0, name: 1.0}, high=1.0)
            elif other is not None and other.status == "in_place":
                self.notes.append(f"{candidate.name} cannot be bought: {name} is in place and excludes it.")
                yield self._row({candidate.name: 1.0}, high=0.0)

    def _row(self, entries: dict[str, float], low: float = -np.inf, high: float = np.inf) -> Row:
        coefficients = np.zeros(len(self._every))
        for name, value in entries.items():
            coefficients[self._number[name]] += value
        return Row(coefficients, low, high)
