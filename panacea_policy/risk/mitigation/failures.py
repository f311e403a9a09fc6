"""Single points of failure: controls whose failure raises risk, assets whose loss stops care."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from panacea_policy.risk.graph import Bools
from panacea_policy.risk.mitigation.sample import Switches
from panacea_policy.risk.mitigation.trials import Bench, estimate_of_difference, less
from panacea_policy.risk.results import Estimate

#: Pairs are looked at among this many controls at most, those that raise risk most alone.
PAIRED = 16


@dataclass(frozen=True)
class Failed:
    """Controls that fail together (numbers in the graph), what that adds per year, and the goals it opens."""

    controls: tuple[int, ...]
    raises: Estimate
    opens: tuple[int, ...]


def failures(
    bench: Bench, standing: Sequence[int], counts: Sequence[int]
) -> tuple[list[Failed], list[Failed]]:
    """What one and what two failing controls of those ``standing`` change, worst first.

    A goal is opened where nothing led to it with all controls, and something does without these.
    """
    controls = len(bench.case.graph.effectiveness)
    turns = np.zeros((controls, len(standing)), dtype=bool)
    turns[list(standing), np.arange(len(standing))] = True
    sample = bench.sample(Switches(turns, np.zeros(controls, dtype=bool)), counts)
    opened = _Opened(bench, standing)
    base = sample.by_trial(sample.still(np.ones(len(standing), dtype=bool)))

    def failed(some: tuple[int, ...]) -> Failed:
        on = np.ones(len(standing), dtype=bool)
        on[list(some)] = False
        raised = less(sample.by_trial(sample.still(on)), base)
        numbers = tuple(standing[i] for i in some)
        return Failed(numbers, estimate_of_difference(raised), opened.by(numbers))

    singles = {(i,): failed((i,)) for i in range(len(standing))}
    worst = sorted(singles, key=lambda s: (-singles[s].raises.value, s))[:PAIRED]
    chosen = sorted(i for (i,) in worst if singles[(i,)].raises.value > 0)
    pairs = [failed(pair) for pair in combinations(chosen, 2)]
    return _ordered(list(singles.values())), _ordered(pairs)


def _ordered(found: list[Failed]) -> list[Failed]:
    return sorted(found, key=lambda f: (-len(f.opens), -f.raises.value, f.controls))


class _Opened:
    """Which goals can be reached at all with some controls failed, and could not before."""

    def __init__(self, bench: Bench, standing: Sequence[int]) -> None:
        self._case = bench.case
        self._standing = tuple(standing)
        self._before = self._reached(())

    def _reached(self, failed: tuple[int, ...]) -> Bools:
        graph = self._case.graph
        chance = graph.controlled([c for c in self._standing if c not in failed])
        goals = [g.fact for g in self._case.goals]
        found = np.zeros(len(goals), dtype=bool)
        for source in self._case.sources:
            holds, _ = graph.reachable(source.start, source.ability(graph).chances(chance))
            found |= holds[goals]
        return found

    def by(self, failed: tuple[int, ...]) -> tuple[int, ...]:
        if not any(self._case.graph.effectiveness[c] >= 1.0 for c in failed):
            return ()
        return tuple(np.flatnonzero(self._reached(failed) & ~self._before).tolist())


# ------------------------------------------------------------------------------------------------ assets


@dataclass(frozen=True)
class Stops:
    """Things that are lost, and the goals (by position) that follow from their loss alone."""

    lost: tuple[int, ...]
    goals: tuple[int, ...]


@dataclass(frozen=True)
class Needs:
    """What follows when things are lost: rules (all that is needed, result) over numbers below ``size``."""

    size: int
    rules: tuple[tuple[tuple[int, ...], int], ...]


def losses_that_stop(
    needs: Needs, lost: Sequence[int], goals: Sequence[int]
) -> tuple[list[Stops], list[Stops]]:
    """Which one, and which two, of the things ``lost`` bring about the loss of which goals.

    Pairs are those that together bring about a goal that neither does alone: minimal sets of two.
    """
    wanted, things = list(goals), np.array(lost, dtype=np.int64)
    columns = np.arange(len(things))
    holds = np.zeros((needs.size, len(things)), dtype=bool)
    holds[things, columns] = True
    alone = _closure(needs.rules, holds)
    singles = [
        Stops((thing,), tuple(np.flatnonzero(alone[wanted, k]).tolist())) for k, thing in enumerate(lost)
    ]
    doubles = []
    for k, thing in enumerate(lost):
        later = columns[k + 1 :]
        both = _closure(needs.rules, alone[:, later] | alone[:, [k]])
        new = both[wanted] & ~alone[wanted][:, later] & ~alone[wanted][:, [k]]
        doubles += [
            Stops((thing, lost[k + 1 + n]), tuple(np.flatnonzero(new[:, n]).tolist()))
            for n in np.flatnonzero(new.any(axis=0)).tolist()
        ]
    return sorted((s for s in singles if s.goals), key=_by_size), sorted(doubles, key=_by_size)


def _by_size(stops: Stops) -> tuple[int, tuple[int, ...]]:
    return -len(stops.goals), stops.lost


def _closure(rules: Sequence[tuple[tuple[int, ...], int]], holds: Bools) -> Bools:
    """Everything that follows, column by column."""
    holds = holds.copy()
    changed = True
    while changed:
        changed = False
        for needs, result in rules:
            fresh = holds[list(needs)].all(axis=0) & ~holds[result]
            if fresh.any():
                holds[result] |= fresh
                changed = True
    return holds
