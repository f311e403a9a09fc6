"""The plain form of what is asked of a graph with its trials left aside: components, dominators, detours, the
cheapest derivations.
"""

from __future__ import annotations

import heapq
from itertools import pairwise

import numpy as np

from panacea_policy.risk.kernels.form import Bytes, Floats, Ints, Links, Shorts


def tarjan(
    facts: int, user_start: list[int], user: list[int], result_start: list[int], result: list[int]
) -> tuple[Shorts, Shorts]:
    """Tarjan's algorithm without recursion, as in the compiled form."""
    nodes = facts + len(result_start) - 1
    begin = [*user_start[:-1], *(len(user) + at for at in result_start)]
    follow = [*(facts + each for each in user), *result]
    component, finish = [-1] * nodes, [0] * nodes
    low, entered = [0] * nodes, [-1] * nodes
    path: list[int] = []
    clock = finished = found = 0
    for root in range(nodes):
        if entered[root] >= 0:
            continue
        entered[root] = low[root] = clock
        clock += 1
        path.append(root)
        call = [(root, iter(follow[begin[root] : begin[root + 1]]))]
        while call:
            node, rest = call[-1]
            for other in rest:
                if entered[other] < 0:
                    entered[other] = low[other] = clock
                    clock += 1
                    path.append(other)
                    call.append((other, iter(follow[begin[other] : begin[other + 1]])))
                    break
                if component[other] < 0:
                    low[node] = min(low[node], entered[other])
            else:
                finish[node] = finished
                finished += 1
                call.pop()
                if low[node] == entered[node]:
                    while component[node] < 0:
                        component[path.pop()] = found
                    found += 1
                if call:
                    above = call[-1][0]
                    low[above] = min(low[above], low[node])
    return np.array(component, np.int32), np.array(finish, np.int32)


def _lists(start: Shorts, index: Shorts) -> list[list[int]]:
    """Lists behind each other as lists."""
    return _cut(start.tolist(), index.tolist())


def _cut(places: list[int], entries: list[int]) -> list[list[int]]:
    return [entries[first:last] for first, last in pairwise(places)]


def _postorder(root: int, after: list[list[int]]) -> list[int]:
    """The nodes that ``root`` leads to, each behind those that are first entered by it."""
    entered, order = {root}, []
    call = [(root, iter(after[root]))]
    while call:
        node, rest = call[-1]
        for other in rest:
            if other not in entered:
                entered.add(other)
                call.append((other, iter(after[other])))
                break
        else:
            order.append(node)
            call.pop()
    return order


def _immediate(root: int, order: list[int], before: list[list[int]]) -> list[int]:
    """Immediate dominators by Cooper, Harvey and Kennedy, as in the compiled form."""
    place = {node: k for k, node in enumerate(order)}
    above = [-1] * len(before)
    above[root] = root
    changed = True
    while changed:
        changed = False
        for node in reversed(order[:-1]):
            found = -1
            for other in before[node]:
                if above[other] < 0:
                    continue
                while found >= 0 and found != other:
                    if place[found] < place[other]:
                        found = above[found]
                    else:
                        other = above[other]
                found = other
            if found != above[node]:
                above[node] = found
                changed = True
    return above


class Ahead:
    """Looks from instances to the goals, past what holds already; as in the compiled form."""

    def __init__(self, links: Links, above: Shorts, certain: Bytes, goal: Bytes, most: int) -> None:
        self._needs = _lists(links.premise_start, links.premise)
        self._gives = _lists(links.result_start, links.result)
        self._users = _lists(links.user_start, links.user)
        self._above, self._most = above.tolist(), most
        self._certain, self._goal = certain.tolist(), goal.tolist()

    def _held(self, i: int) -> set[int]:
        """What holds whenever an instance can be taken: facts and, behind them, instances."""
        held: set[int] = set()
        agenda: list[int] = []
        for node in self._needs[i]:
            while self._above[node] >= 0 and node not in held:
                held.add(node)
                if node < len(self._goal) and len(agenda) < self._most:
                    agenda.append(node)
                node = self._above[node]
        for fact in [] if self._certain[i] else agenda:
            if len(self._users[fact]) > self._most:
                continue
            for other in self._users[fact]:
                if self._certain[other] and len(self._needs[other]) == 1:
                    for follows in self._gives[other]:
                        if follows not in held and len(agenda) < self._most:
                            held.add(follows)
                            agenda.append(follows)
        return held

    def leads(self, i: int) -> bool:
        """Whether an instance may lead to a goal."""
        held = self._held(i)
        agenda = [fact for fact in dict.fromkeys(self._gives[i]) if fact not in held]
        seen = set(agenda)
        looked = 0
        while agenda:
            fact = agenda.pop()
            if self._goal[fact]:
                return True
            for other in self._users[fact]:
                if len(self._goal) + other in held:
                    continue
                for follows in self._gives[other]:
                    looked += 1
                    if follows not in held and follows not in seen:
                        seen.add(follows)
                        agenda.append(follows)
                if looked > self._most:
                    return True
        return False


def dominators(
    root: int, after_start: list[int], after: list[int], before_start: list[int], before: list[int]
) -> tuple[Shorts, Shorts, Shorts]:
    """See `Kernels`."""
    nexts, befores = _cut(after_start, after), _cut(before_start, before)
    order = _postorder(root, nexts)
    above = _immediate(root, order, befores)
    size = [0] * len(nexts)
    for node in order:
        size[node] += 1
        if node != root:
            size[above[node]] += size[node]
    first, last, free = [-1] * len(nexts), [-1] * len(nexts), [0] * len(nexts)
    for node in reversed(order):
        first[node] = 0 if node == root else free[above[node]]
        last[node] = first[node] + size[node] - 1
        if node != root:
            free[above[node]] += size[node]
        free[node] = first[node] + 1
    return np.array(above, np.int32), np.array(first, np.int32), np.array(last, np.int32)


def cheapest(
    links: Links, price: Floats, effort: Floats, start: Ints, cost: Floats, wanted: Ints
) -> tuple[Ints, Ints]:
    """See `Kernels`."""
    needs, gives = _lists(links.premise_start, links.premise), _lists(links.result_start, links.result)
    users = _lists(links.user_start, links.user)
    prices, efforts = price.tolist(), effort.tolist()
    possible = np.isfinite(price).tolist()
    missing = [len(each) for each in needs]
    settled: dict[int, tuple[float, float]] = {}
    agenda: list[tuple[float, float, int, int]] = [
        (dear, 0.0, -1, fact) for dear, fact in zip(cost.tolist(), start.tolist(), strict=True)
    ]

    def offer(i: int) -> None:
        if possible[i]:
            known = [settled[f] for f in needs[i]]
            total = prices[i] + sum([each[0] for each in known])
            time = efforts[i] + max([each[1] for each in known], default=0.0)
            for fact in gives[i]:
                if fact not in settled:
                    heapq.heappush(agenda, (total, time, i, fact))

    for i in [i for i, n in enumerate(missing) if n == 0]:
        offer(i)
    heapq.heapify(agenda)
    pending = set(wanted.tolist())
    maker = np.full(len(users), -2, np.int64)
    while agenda and pending:
        total, time, i, fact = heapq.heappop(agenda)
        if fact in settled:
            continue
        settled[fact] = (total, time)
        maker[fact] = i
        pending.discard(fact)
        for user in users[fact]:
            missing[user] -= 1
            if missing[user] == 0:
                offer(user)
    return maker, np.array(list(settled), np.int64)
