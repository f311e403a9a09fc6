"""Exact probabilities of small graphs, by going through every combination of draws: an obvious oracle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from panacea_policy.risk.graph import Floats, Graph
from panacea_policy.risk.simulate import Draws, Plan

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
    chance = graph.chance if chance is None else chance
    _, reached = graph.reachable(start, chance)
    _, used = graph.relevant(goals)
    small = graph.only(reached & used)
    chance = chance[reached & used]
    levels = _levels(small, chance)
    combinations = int(np.prod([len(weights) for _, weights, _ in levels], dtype=np.float64))
    if combinations > MOST_COMBINATIONS:
        raise TooLarge(f"{combinations} combinations of draws")
    plan = Plan.of(small)
    total = np.zeros((2,) * len(goals))
    for first in range(0, combinations, _BLOCK):
        number = np.arange(first, min(first + _BLOCK, combinations))
        uniform, weight = _combination(levels, len(small), number)
        time = plan.earliest(Draws.given(uniform, np.zeros_like(uniform), chance), start)
        cells = tuple(np.isfinite(time[goal]).astype(int) for goal in goals)
        np.add.at(total, cells, weight)
    return total


def probability(graph: Graph, goal: int, start: Sequence[int], chance: Floats | None = None) -> float:
    """The probability that ``goal`` ever falls. Raises :class:`TooLarge`."""
    return float(joint(graph, [goal], start, chance)[1])


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
