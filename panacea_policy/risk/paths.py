"""The most likely way to a goal: the derivation of greatest chance, by Knuth's generalisation of Dijkstra's
algorithm.

The cost of an instance is -log(chance), that of a derivation the sum over its tree, which grows along every
edge: a superior function, so that each fact is settled once (D. E. Knuth, "A generalization of Dijkstra's
algorithm", Information Processing Letters 6(1), 1977). A step that serves two premises counts twice in the
search and once in the chance that is reported.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from panacea_policy.risk.graph import Floats, Graph


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
    graph: Graph, goals: Sequence[int], start: Mapping[int, float], chance: Floats
) -> dict[int, Derivation]:
    """The most likely derivation of each goal that can be reached.

    ``start`` gives the facts that hold and their weight (the rate of attempts that a threat actor makes, for
    instance): a derivation from a fact of twice the weight is preferred as one of twice the chance. Among
    equally likely ones the search prefers the quicker, then the one whose instance comes first.
    """
    holds, _ = graph.reachable([fact for fact, weight in start.items() if weight > 0], chance)
    maker = _search(graph, start, chance, {goal for goal in goals if holds[goal]})
    order = {fact: n for n, fact in enumerate(maker)}
    return {goal: _extract(graph, goal, maker, order, chance) for goal in goals if goal in maker}


def _search(
    graph: Graph, start: Mapping[int, float], chance: Floats, pending: set[int]
) -> dict[int, int | None]:
    """For every fact the instance that derives it best, None for given facts; in the order of settling, until
    the goals ``pending`` are settled.
    """
    with np.errstate(divide="ignore"):
        price = (-np.log(chance)).tolist()
    possible = (chance > 0).tolist()
    # Plain lists: a row of an array is made anew each time that it is asked for, and this asks for each.
    need_start, need = graph.premises.start.tolist(), graph.premises.index.tolist()
    give_start, give = graph.results.start.tolist(), graph.results.index.tolist()
    user_start, user_of = graph.users.start.tolist(), graph.users.index.tolist()
    mean = graph.mean_effort.tolist()
    missing = np.diff(graph.premises.start).tolist()
    top = max(start.values(), default=1.0) or 1.0
    agenda: list[tuple[float, float, int, int]] = [
        (-math.log(weight / top), 0.0, -1, fact) for fact, weight in start.items() if weight > 0
    ]

    def offer(i: int) -> None:
        if possible[i]:
            known = [settled[f] for f in need[need_start[i] : need_start[i + 1]]]
            cost = price[i] + sum([each[0] for each in known])
            time = mean[i] + max([each[1] for each in known], default=0.0)
            for fact in give[give_start[i] : give_start[i + 1]]:
                if fact not in settled:
                    heapq.heappush(agenda, (cost, time, i, fact))

    settled: dict[int, tuple[float, float]] = {}
    maker: dict[int, int | None] = {}
    for i in np.flatnonzero(np.diff(graph.premises.start) == 0).tolist():
        offer(i)
    heapq.heapify(agenda)
    while agenda and pending:
        cost, time, i, fact = heapq.heappop(agenda)
        if fact in settled:
            continue
        settled[fact] = (cost, time)
        maker[fact] = None if i < 0 else i
        pending.discard(fact)
        for user in user_of[user_start[fact] : user_start[fact + 1]]:
            missing[user] -= 1
            if missing[user] == 0:
                offer(user)
    return maker


def _extract(
    graph: Graph, goal: int, maker: Mapping[int, int | None], order: Mapping[int, int], chance: Floats
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
        i = maker[fact]
        if i is None:
            given.add(fact)
            continue
        instances[i] = min(order[fact], instances.get(i, order[fact]))
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
        group = int(graph.group[i])
        lowest[group] = min(lowest.get(group, 1.0), float(chance[i]))
    return math.prod(lowest.values())
