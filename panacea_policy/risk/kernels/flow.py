"""The kernels' text for Numba: how the nodes of a graph lie to each other, its trials left aside."""

from __future__ import annotations

import numpy as np
from numba import njit

from panacea_policy.risk.kernels.signature import BYTES, FLOATS, INT, LONGS, SHORTS, kernel


@kernel(INT, INT, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS)
def components(  # type: ignore[no-untyped-def]
    facts, instances, user_start, user, result_start, result, component, finish, low, entered, path, call
):
    """Tarjan's strongly connected components; nodes are the facts, and behind them the instances.

    Gives each node its component, numbered against the order of dependence, and its place in the order of
    finishing. ``low``, ``entered`` and ``component`` are -1 at first; ``call`` has twice the room.
    """
    nodes = facts + instances
    clock, finished, found, height = 0, 0, 0, 0
    for root in range(nodes):
        if entered[root] >= 0:
            continue
        depth = 0
        call[0] = root
        call[nodes] = user_start[root] if root < facts else result_start[root - facts]
        entered[root] = clock
        low[root] = clock
        clock += 1
        path[height] = root
        height += 1
        while depth >= 0:
            node = np.int64(call[depth])
            at = np.int64(call[nodes + depth])
            end = np.int64(user_start[node + 1] if node < facts else result_start[node - facts + 1])
            if at < end:
                call[nodes + depth] = at + 1
                other = np.int64(user[at]) + facts if node < facts else np.int64(result[at])
                if entered[other] < 0:
                    entered[other] = clock
                    low[other] = clock
                    clock += 1
                    path[height] = other
                    height += 1
                    depth += 1
                    call[depth] = other
                    call[nodes + depth] = user_start[other] if other < facts else result_start[other - facts]
                elif component[other] < 0 and entered[other] < low[node]:
                    low[node] = entered[other]
                continue
            finish[node] = finished
            finished += 1
            if low[node] == entered[node]:
                while True:
                    height -= 1
                    member = path[height]
                    component[member] = found
                    if member == node:
                        break
                found += 1
            depth -= 1
            if depth >= 0:
                above = np.int64(call[depth])
                if low[node] < low[above]:
                    low[above] = low[node]
    return found


@kernel(INT, INT, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS)
def dominators(  # type: ignore[no-untyped-def]
    nodes, root, after_start, after, before_start, before, above, first, last, order, place, call
):
    """The immediate dominator ``above`` of each node that ``root`` leads to, and its interval in the tree of
    dominators, see `Kernels`; by Cooper, Harvey and Kennedy. ``above`` and ``first`` are -1 at first.
    ``last``, ``order`` and ``place`` have room for all nodes, ``call`` for twice as many.
    """
    for v in range(nodes):
        place[v] = -1
    depth, done = np.int64(1), np.int64(0)
    call[0] = root
    call[nodes] = after_start[root]
    place[root] = 0
    while depth > 0:
        node, at = np.int64(call[depth - 1]), np.int64(call[nodes + depth - 1])
        if at < after_start[node + 1]:
            call[nodes + depth - 1] = at + 1
            other = np.int64(after[at])
            if place[other] < 0:
                place[other] = 0
                call[depth] = other
                call[nodes + depth] = after_start[other]
                depth += 1
            continue
        order[done] = node
        place[node] = done
        done += 1
        depth -= 1
    above[root] = root
    changed = True
    while changed:
        changed = False
        for k in range(done - 2, -1, -1):
            node = np.int64(order[k])
            found = np.int64(-1)
            for e in range(before_start[node], before_start[node + 1]):
                other = np.int64(before[e])
                if above[other] < 0:
                    continue
                if found < 0:
                    found = other
                    continue
                while found != other:
                    while place[found] < place[other]:
                        found = np.int64(above[found])
                    while place[other] < place[found]:
                        other = np.int64(above[other])
            if found != above[node]:
                above[node] = found
                changed = True
    for v in range(nodes):
        last[v] = 0
    for k in range(done):
        node = np.int64(order[k])
        last[node] += 1
        if k < done - 1:
            last[above[node]] += last[node]
    first[root] = 0
    call[root] = 1
    for k in range(done - 2, -1, -1):
        node = np.int64(order[k])
        up = np.int64(above[node])
        first[node] = call[up]
        call[up] += last[node]
        call[node] = first[node] + 1
    for k in range(done):
        node = np.int64(order[k])
        last[node] += first[node] - 1
    return done


@kernel(
    INT, INT, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, BYTES, BYTES, INT,
    SHORTS, SHORTS, SHORTS, BYTES,
)  # fmt: skip
def detours(  # type: ignore[no-untyped-def]
    facts, instances, premise_start, premise, result_start, result, user_start, user, above, certain, goal,
    most, held, seen, agenda, found,
):  # fmt: skip
    """Which instances lead to no goal but by what holds already where they can be taken, see `Kernels`.

    ``held`` and ``seen`` are -1 at first, ``agenda`` has room for ``most`` and the results of an instance.
    """
    count = np.int64(0)
    for i in range(instances):
        found[i] = 0
        size = np.int64(0)
        for e in range(premise_start[i], premise_start[i + 1]):
            node = np.int64(premise[e])
            while above[node] >= 0 and held[node] != i:
                held[node] = i
                if node < facts and size < most:
                    agenda[size] = node
                    size += 1
                node = np.int64(above[node])
        at = np.int64(0)
        while certain[i] == 0 and at < size:
            fact = np.int64(agenda[at])
            at += 1
            if user_start[fact + 1] - user_start[fact] > most:
                continue
            for u in range(user_start[fact], user_start[fact + 1]):
                other = np.int64(user[u])
                if certain[other] == 0 or premise_start[other + 1] - premise_start[other] != 1:
                    continue
                for e in range(result_start[other], result_start[other + 1]):
                    follows = np.int64(result[e])
                    if held[follows] != i and size < most:
                        held[follows] = i
                        agenda[size] = follows
                        size += 1
        looked, top = np.int64(0), np.int64(0)
        leads = False
        for e in range(result_start[i], result_start[i + 1]):
            fact = np.int64(result[e])
            if held[fact] != i and seen[fact] != i:
                seen[fact] = i
                agenda[top] = fact
                top += 1
        while top > 0 and not leads:
            top -= 1
            fact = np.int64(agenda[top])
            if goal[fact] != 0:
                leads = True
                break
            for u in range(user_start[fact], user_start[fact + 1]):
                other = np.int64(user[u])
                if held[facts + other] == i:
                    continue
                for e in range(result_start[other], result_start[other + 1]):
                    follows = np.int64(result[e])
                    looked += 1
                    if held[follows] != i and seen[follows] != i and looked <= most:
                        seen[follows] = i
                        agenda[top] = follows
                        top += 1
                if looked > most:
                    leads = True
                    break
        if not leads:
            found[i] = 1
            count += 1
    return count


@njit(inline="always")
def _before(cost, time, maker, fact, cost_, time_, maker_, fact_):  # type: ignore[no-untyped-def]
    """Whether an entry of the heap stands before another."""
    earlier = (maker < maker_) | ((maker == maker_) & (fact < fact_))
    quicker = (time < time_) | ((time == time_) & earlier)
    return (cost < cost_) | ((cost == cost_) & quicker)


@kernel(
    INT, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, FLOATS, FLOATS, LONGS, FLOATS, INT, BYTES, INT,
    SHORTS, FLOATS, FLOATS, LONGS, LONGS, FLOATS, FLOATS, SHORTS, SHORTS,
)  # fmt: skip
def cheapest(  # type: ignore[no-untyped-def]
    instances, premise_start, premise, result_start, result, user_start, user, price, effort, start, given,
    starts, wanted, wanteds, missing, cost, time, maker, order, heap_cost, heap_time, heap_maker, heap_fact,
):  # fmt: skip
    """D. E. Knuth's generalisation of Dijkstra's algorithm, see `Kernels`; gives how many facts are settled.

    ``wanted`` marks the facts that are, ``wanteds`` of them. ``missing`` is how many premises instances have,
    ``maker`` is -2 at first. The heap has room for all results and ``starts``.
    """
    settled, size, left = np.int64(0), np.int64(0), np.int64(wanteds)
    # Offered in turn: what is given, what needs nothing, and what each settled fact makes ready.
    kind, at, end = np.int64(0), np.int64(0), np.int64(starts)
    while left > 0:
        if at >= end:
            if kind == 0:
                kind, at, end = np.int64(1), np.int64(0), np.int64(instances)
                continue
            fact = np.int64(-1)
            while size > 0 and fact < 0:
                if maker[heap_fact[0]] == -2:
                    fact = np.int64(heap_fact[0])
                    maker[fact] = heap_maker[0]
                    cost[fact], time[fact] = heap_cost[0], heap_time[0]
                size -= 1
                c, t, m, f = heap_cost[size], heap_time[size], heap_maker[size], heap_fact[size]
                hole = np.int64(0)
                while 2 * hole + 1 < size:
                    b = 2 * hole + 1
                    if b + 1 < size and _before(
                        heap_cost[b + 1], heap_time[b + 1], heap_maker[b + 1], heap_fact[b + 1],
                        heap_cost[b], heap_time[b], heap_maker[b], heap_fact[b],
                    ):  # fmt: skip
                        b += 1
                    if not _before(heap_cost[b], heap_time[b], heap_maker[b], heap_fact[b], c, t, m, f):
                        break
                    heap_cost[hole], heap_time[hole] = heap_cost[b], heap_time[b]
                    heap_maker[hole], heap_fact[hole] = heap_maker[b], heap_fact[b]
                    hole = b
                heap_cost[hole], heap_time[hole], heap_maker[hole], heap_fact[hole] = c, t, m, f
            if fact < 0:
                break
            order[settled] = fact
            settled += 1
            left -= np.int64(wanted[fact])
            kind, at, end = np.int64(2), np.int64(user_start[fact]), np.int64(user_start[fact + 1])
            continue
        i = np.int64(-1)
        if kind == 1:
            i = at
            at += 1
            if missing[i] != 0:
                continue
        elif kind == 2:
            i = np.int64(user[at])
            at += 1
            missing[i] -= 1
            if missing[i] != 0:
                continue
        total, when = 0.0, 0.0
        first, last = at, at + 1
        if kind == 0:
            total = given[at]
            at += 1
        else:
            if price[i] == np.inf:
                continue
            for e in range(premise_start[i], premise_start[i + 1]):
                total = total + cost[premise[e]]
                if time[premise[e]] > when:
                    when = time[premise[e]]
            total, when = price[i] + total, effort[i] + when
            first, last = np.int64(result_start[i]), np.int64(result_start[i + 1])
        for e in range(first, last):
            fact = np.int64(start[e]) if kind == 0 else np.int64(result[e])
            if maker[fact] != -2:
                continue
            hole = size
            size += 1
            while hole > 0:
                b = (hole - 1) >> 1
                if not _before(
                    total, when, i, fact, heap_cost[b], heap_time[b], np.int64(heap_maker[b]),
                    np.int64(heap_fact[b]),
                ):  # fmt: skip
                    break
                heap_cost[hole], heap_time[hole] = heap_cost[b], heap_time[b]
                heap_maker[hole], heap_fact[hole] = heap_maker[b], heap_fact[b]
                hole = b
            heap_cost[hole], heap_time[hole], heap_maker[hole], heap_fact[hole] = total, when, i, fact
    return settled
