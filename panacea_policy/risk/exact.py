"""Exact probabilities of small graphs, by going through every combination of draws: an obvious oracle.

It shares no code with the simulation. What is too large for it may do as a decision diagram, see `diagrams`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from panacea_policy.risk.graph import Bools, Floats, Graph
from panacea_policy.risk.simulate import Ability

#: Above this number of combinations enumeration is refused.
MOST_COMBINATIONS = 1 << 20

_BLOCK = 1 << 14


class TooLarge(ValueError):
    """The graph has more uncertain draws than can be gone through."""


def joint(graph: Graph, goals: Sequence[int], start: Sequence[int], chance: Floats | None = None) -> Floats:
    """The probability of every combination of ``goals`` ever falling: shape (2,) * len(goals), index 1 =
    falls.

    Timing is left aside: this is the chance within an unlimited horizon. Raises :class:`TooLarge`.
    """
    chance = Ability.all_of(graph).chances(graph.chance) if chance is None else chance
    _, reached = graph.reachable(start, chance)
    _, used = graph.relevant(goals)
    small = graph.only(reached & used)
    chance = chance[reached & used]
    levels = _levels(small, chance)
    combinations = int(np.prod([len(weights) for _, weights, _ in levels], dtype=np.float64))
    if combinations > MOST_COMBINATIONS:
        raise TooLarge(f"{combinations} combinations of draws")
    total = np.zeros((2,) * len(goals))
    for first in range(0, combinations, _BLOCK):
        number = np.arange(first, min(first + _BLOCK, combinations))
        uniform, weight = _combination(levels, len(small), number)
        holds = _least_fixpoint(small, uniform < chance[:, None], start)
        cells = tuple(holds[goal].astype(int) for goal in goals)
        np.add.at(total, cells, weight)
    return total


def probability(graph: Graph, goal: int, start: Sequence[int], chance: Floats | None = None) -> float:
    """The probability that ``goal`` ever falls. Raises :class:`TooLarge`."""
    return float(joint(graph, [goal], start, chance)[1])


def _least_fixpoint(graph: Graph, succeeds: Bools, start: Sequence[int]) -> Bools:
    """What holds in each combination, shape (facts, combinations): all instances are applied until nothing
    changes.
    """
    holds = np.zeros((graph.facts, succeeds.shape[1]), dtype=bool)
    holds[list(start)] = True
    before = -1
    while before != (before := int(holds.sum())):
        for i in range(len(graph)):
            through = succeeds[i] & holds[list(graph.premises.row(i))].all(axis=0)
            holds[list(graph.results.row(i))] |= through
    return holds


_Level = tuple[list[int], Floats, Floats]


def _levels(graph: Graph, chance: Floats) -> list[_Level]:
    """Per draw: its instances, the weights of the intervals between their chances, and a point in each
    interval.
    """
    members: dict[int, list[int]] = {}
    for i, group in enumerate(graph.group.tolist()):
        members.setdefault(group, []).append(i)
    levels = []
    for instances in members.values():
        edges = np.unique(np.concatenate([[0.0, 1.0], chance[instances]]))
        levels.append((instances, np.diff(edges), edges[:-1]))
    return levels


def _combination(levels: list[_Level], n: int, number: np.ndarray) -> tuple[Floats, Floats]:
    """The uniform draws and the weight of the combinations with these numbers (mixed radix)."""
    uniform = np.zeros((n, len(number)))
    weight = np.ones(len(number))
    rest = number
    for instances, weights, points in levels:
        rest, digit = np.divmod(rest, len(weights))
        uniform[instances] = points[digit]
        weight *= weights[digit]
    return uniform, weight
