"""The most likely ways through a graph and what lies ahead of its instances, as text for Numba; compiled with
`following`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types

from panacea_policy.risk.kernels.drawing import GAMMA, ZERO

INT = types.int64
_pointer: Any = types.CPointer
LONGS, SHORTS = _pointer(types.int64), _pointer(types.int32)
WORDS, BYTES, FLOATS = _pointer(types.uint64), _pointer(types.uint8), _pointer(types.float64)

#: What an instance is part of: the graph before, what stays of it, what came.
BEFORE, STAYS, CAME = 1, 2, 4


@njit(inline="always")
def before(cost, time, maker, fact, other_cost, other_time, other_maker, other_fact):  # type: ignore[no-untyped-def]
    """Whether an entry of the agenda comes before another."""
    if cost != other_cost:
        return cost < other_cost
    if time != other_time:
        return time < other_time
    if maker != other_maker:
        return maker < other_maker
    return fact < other_fact


def search(  # type: ignore[no-untyped-def]
    facts, premise_start, premise, result_start, result, user_start, user, user_head, user_next, user_of,
    user_lead, lead_start, lead, price, effort, held, helds, waiting, wanted, free, frees, missing,
    cost, time, maker, order, heap_cost, heap_time, heap_maker, heap_fact, room,
):  # fmt: skip
    """The derivation of least cost of every fact, by Knuth's generalisation of Dijkstra's algorithm, until
    ``wanted`` facts marked in ``waiting`` are settled.

    ``price[i]`` is infinite for what cannot happen; ``held`` are the facts that hold, ``maker`` is -2 for
    all others than what is settled and -1 for these. ``order`` numbers facts as they are settled. Returns
    how many were, or -1 where there is no room for what is offered.
    """
    size, settled = np.int64(0), np.int64(0)
    left = wanted
    place, end, link = np.int64(0), np.int64(frees), np.int64(-1)
    fact, begun = np.int64(-1), np.int64(0)
    while True:
        dull = np.int64(-1)
        while place < end or link >= 0 or begun < helds:
            if fact >= 0 and place < end and user_lead[place] >= 0:
                mine = np.int64(user_lead[place])
                if mine != dull:
                    dull = mine
                    for e in range(lead_start[mine], lead_start[mine + 1]):
                        if lead[e] >= 0 and maker[np.int64(lead[e])] == -2:
                            dull = np.int64(-1)
                            break
                if mine == dull:
                    place += 1
                    continue
            if begun < helds:
                # The facts that hold from the start come first, at no cost.
                i = np.int64(-1)
                first, last = begun, begun + 1
                whole, when = 0.0, 0.0
                begun += 1
            else:
                if place < end:
                    i = np.int64(free[place]) if fact < 0 else np.int64(user[place])
                    place += 1
                else:
                    i = np.int64(user_of[link])
                    link = np.int64(user_next[link])
                if fact >= 0:
                    missing[i] -= 1
                    if missing[i] != 0:
                        continue
                if price[i] == np.inf:
                    continue
                whole, when = 0.0, 0.0
                for e in range(premise_start[i], premise_start[i + 1]):
                    need = np.int64(premise[e])
                    whole = whole + cost[need]
                    if time[need] > when:
                        when = time[need]
                whole = price[i] + whole
                when = effort[i] + when
                first, last = np.int64(result_start[i]), np.int64(result_start[i + 1])
            for e in range(first, last):
                other = np.int64(result[e]) if i >= 0 else np.int64(held[e])
                if maker[other] != -2:
                    continue
                if size >= room:
                    return np.int64(-1)
                hole = size
                size += 1
                while hole > 0:
                    above = (hole - 1) >> 1
                    if not before(
                        whole, when, i, other,
                        heap_cost[above], heap_time[above], heap_maker[above], heap_fact[above],
                    ):  # fmt: skip
                        break
                    heap_cost[hole], heap_time[hole] = heap_cost[above], heap_time[above]
                    heap_maker[hole], heap_fact[hole] = heap_maker[above], heap_fact[above]
                    hole = above
                heap_cost[hole], heap_time[hole] = whole, when
                heap_maker[hole], heap_fact[hole] = i, other
        fact = np.int64(-1)
        while size > 0 and fact < 0:
            other = np.int64(heap_fact[0])
            if maker[other] == -2:
                fact = other
                cost[other], time[other] = heap_cost[0], heap_time[0]
                maker[other] = heap_maker[0]
            size -= 1
            whole, when = heap_cost[size], heap_time[size]
            i, other = heap_maker[size], heap_fact[size]
            hole = np.int64(0)
            while 2 * hole + 1 < size:
                below = 2 * hole + 1
                if below + 1 < size and before(
                    heap_cost[below + 1], heap_time[below + 1], heap_maker[below + 1], heap_fact[below + 1],
                    heap_cost[below], heap_time[below], heap_maker[below], heap_fact[below],
                ):  # fmt: skip
                    below += 1
                if not before(
                    heap_cost[below], heap_time[below], heap_maker[below], heap_fact[below],
                    whole, when, i, other,
                ):  # fmt: skip
                    break
                heap_cost[hole], heap_time[hole] = heap_cost[below], heap_time[below]
                heap_maker[hole], heap_fact[hole] = heap_maker[below], heap_fact[below]
                hole = below
            heap_cost[hole], heap_time[hole] = whole, when
            heap_maker[hole], heap_fact[hole] = i, other
        if fact < 0:
            break
        order[fact] = settled
        settled += 1
        left -= np.int64(waiting[fact])
        if left <= 0:
            break
        place = np.int64(user_start[fact]) if fact < facts else np.int64(0)
        end = np.int64(user_start[fact + 1]) if fact < facts else np.int64(0)
        link = np.int64(user_head[fact])
    return settled


def leads(  # type: ignore[no-untyped-def]
    facts, result_start, result, user_start, user, user_head, user_next, user_of, alive,
    stop, asked, count, seen, stack, start, found, space, sign,
):  # fmt: skip
    """The facts marked in ``stop`` that lie next ahead of some instances, as lists behind each other, and a
    number for each list that depends on what is in it. Returns the length of all, or -1 for no space.
    """
    total = np.int64(0)
    start[0] = 0
    for n in range(count):
        stamp = np.int32(n + 1)
        height = np.int64(0)
        i, link = np.int64(asked[n]), np.int64(-1)
        place, end = np.int64(0), np.int64(0)
        sum_ = ZERO
        while True:
            for e in range(result_start[i], result_start[i + 1]):
                fact = np.int64(result[e])
                if seen[fact] == stamp:
                    continue
                seen[fact] = stamp
                if stop[fact] == 0:
                    stack[height] = fact
                    height += 1
                    continue
                if total >= space:
                    return np.int64(-1)
                found[total] = fact
                total += 1
                z = np.uint64(fact + 1) * GAMMA
                z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                sum_ = sum_ + (z ^ (z >> np.uint64(31)))
            more = True
            while more:
                if place < end:
                    i = np.int64(user[place])
                    place += 1
                elif link >= 0:
                    i = np.int64(user_of[link])
                    link = np.int64(user_next[link])
                elif height > 0:
                    height -= 1
                    fact = np.int64(stack[height])
                    place = np.int64(user_start[fact]) if fact < facts else np.int64(0)
                    end = np.int64(user_start[fact + 1]) if fact < facts else np.int64(0)
                    link = np.int64(user_head[fact])
                    continue
                else:
                    i = np.int64(-1)
                    break
                more = alive[i] & (STAYS | CAME) == 0
            if i < 0:
                break
        start[n + 1] = total
        sign[n] = sum_
    return total


#: By name: the kernel and the types of its arguments.
KERNELS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "search": (
        search,
        (
            *(INT, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS),
            *(SHORTS, SHORTS, SHORTS, FLOATS, FLOATS, SHORTS, INT, BYTES, INT, SHORTS, INT, SHORTS),
            *(FLOATS, FLOATS, SHORTS, SHORTS, FLOATS, FLOATS, SHORTS, SHORTS, INT),
        ),
    ),
    "leads": (
        leads,
        (
            *(INT, *(7 * (SHORTS,)), BYTES, BYTES, SHORTS, INT, SHORTS, SHORTS),
            *(LONGS, SHORTS, INT, WORDS),
        ),
    ),
}
