"""The most likely way to a goal: the derivation of greatest chance, by Knuth's generalisation of Dijkstra's
algorithm.

The cost of an instance is -log(chance), that of a derivation the sum over its tree, which grows along every
edge: a superior function, so that each fact is settled once (D. E. Knuth, "A generalization of Dijkstra's
algorithm", Information Processing Letters 6(1), 1977). A step that serves two premises counts twice in the
search and once in the chance that is reported.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from panacea_policy.risk.graph import Floats, Graph
from panacea_policy.risk.kernels import Kernels, kernels_for


@dataclass(frozen=True)
class Derivation:
    """The instances of one way to the goal, each after those it builds on. ``start`` are the given facts it
    uses.
    """

    goal: int
    instances: tuple[int, ...]
    start: tuple[int, ...]
    chance: float


def most_likely(
    graph: Graph,
    goals: Sequence[int],
    start: Mapping[int, float],
    chance: Floats,
    kernels: Kernels | None = None,
) -> dict[int, Derivation]:
    """The most likely derivation of each goal that can be reached.

    ``start`` gives the facts that hold and their weight (the rate of attempts that a threat actor makes, for
    instance): a derivation from a fact of twice the weight is preferred as one of twice the chance. Among
    equally likely ones the search prefers the quicker, then the one whose instance comes first.
    """
    held = np.array([fact for fact, weight in start.items() if weight > 0], dtype=np.int64)
    top = max(start.values(), default=1.0) or 1.0
    cost = np.array([-math.log(weight / top) for weight in start.values() if weight > 0])
    with np.errstate(divide="ignore"):
        price = -np.log(chance)
    wanted = np.unique(np.array(goals, dtype=np.int64))
    kernels = kernels or kernels_for(len(graph.premises.index) + len(graph))
    maker, settled = kernels.cheapest(graph.links, price, graph.mean_effort, held, cost, wanted)
    order = np.zeros(graph.facts, np.int64)
    order[settled] = np.arange(len(settled))
    return {goal: extracted(graph, goal, maker, order, chance) for goal in goals if maker[goal] != -2}


def extracted(
    graph: Graph,
    goal: int,
    maker: NDArray[np.signedinteger],
    order: NDArray[np.signedinteger],
    chance: Floats,
) -> Derivation:
    """Walk back from the goal. Facts settle after what they rest on, so the settling ``order`` is a good
    telling order.
    """
    instances: dict[int, int] = {}
    given: set[int] = set()
    agenda = [goal]
    seen = {goal}
    while agenda:
        fact = agenda.pop()
        i = int(maker[fact])
        if i < 0:
            given.add(fact)
            continue
        place = int(order[fact])
        instances[i] = min(place, instances.get(i, place))
        for premise in graph.premises.row(i):
            if premise not in seen:
                seen.add(premise)
                agenda.append(premise)
    told = tuple(sorted(instances, key=lambda i: (instances[i], i)))
    return Derivation(goal, told, tuple(sorted(given)), _chance(graph, told, chance))


def _chance(graph: Graph, instances: Sequence[int], chance: Floats) -> float:
    """The chance that all of the instances succeed; instances with a common cause share one draw."""
    lowest: dict[int, float] = {}
    for i in instances:
        group = int(graph.draw[i])
        lowest[group] = min(lowest.get(group, 1.0), float(chance[i]))
    return math.prod(lowest.values())
