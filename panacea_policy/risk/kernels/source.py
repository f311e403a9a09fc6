"""The kernels' text for Numba: plain loops over raw memory, compiled by the engine's ``build`` and never run
as Python.

Arguments are the addresses of arrays' data, whose types and lengths the caller vouches for. No kernel
allocates, raises or calls back. What the arrays mean is said in `form`; `plain` says the same in NumPy.
"""

from __future__ import annotations

import numpy as np

from panacea_policy.risk.kernels import flow, timing
from panacea_policy.risk.kernels.drawing import (
    ALL,
    DELTA,
    GAMMA,
    ONE,
    S63,
    ZERO,
    chance_in,
    lanes_below,
    mixed,
    succeeding,
    threshold_of,
)
from panacea_policy.risk.kernels.heap import drop, push
from panacea_policy.risk.kernels.signature import BYTES, FLOATS, INT, KERNELS, LONGS, SHORTS, WORDS, kernel

#: The other modules note their kernels among `KERNELS` as well.
__all__ = ["INT", "KERNELS", "flow", "timing"]

_NEVER, _ALWAYS = 0, 1
#: Draws after which it is asked for the first time what the goals still wait for.
_LOOK = 512


@kernel(
    INT, SHORTS, BYTES, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS,
    WORDS, WORDS, BYTES, BYTES, WORDS, WORDS, BYTES, WORDS, WORDS,
)  # fmt: skip
def spread(  # type: ignore[no-untyped-def]
    segments, segment, cyclic, premise_start, premise, result_start, result, user_start, user,
    stream, threshold, mode, shift, number, state, dirty, all_, need,
):  # fmt: skip
    """Relaxes the dirty instances, and those that follow, until nothing more falls; 8 words of trials."""
    count = np.int64(0)
    for s in range(segments):
        first, last = np.int64(segment[s]), np.int64(segment[s + 1])
        again = True
        while again:
            again = False
            for i in range(first, last):
                if dirty[i] == 0:
                    continue
                dirty[i] = 0
                if mode[i] == _NEVER:
                    continue
                count += 1
                for k in range(8):
                    all_[k] = ALL
                    need[k] = ALL
                for e in range(premise_start[i], premise_start[i + 1]):
                    row = np.int64(premise[e]) * 8
                    for k in range(8):
                        all_[k] = all_[k] & state[row + k]
                for e in range(result_start[i], result_start[i + 1]):
                    row = np.int64(result[e]) * 8
                    for k in range(8):
                        need[k] = need[k] & state[row + k]
                any_ = ZERO
                for k in range(8):
                    need[k] = all_[k] & ~need[k]
                    any_ = any_ | need[k]
                if any_ == ZERO:
                    continue
                if mode[i] != _ALWAYS:
                    for k in range(8):
                        if need[k] != ZERO:
                            need[k] = succeeding(stream[i], number[k], need[k], threshold[i], shift[i])
                for e in range(result_start[i], result_start[i + 1]):
                    fact = np.int64(result[e])
                    grew = ZERO
                    for k in range(8):
                        grew = grew | (need[k] & ~state[fact * 8 + k])
                        state[fact * 8 + k] = state[fact * 8 + k] | need[k]
                    if grew != ZERO:
                        for u in range(user_start[fact], user_start[fact + 1]):
                            other = np.int64(user[u])
                            dirty[other] = 1
                            if cyclic[s] != 0 and first <= other and other <= i:
                                again = True
    return count


@kernel(
    INT, SHORTS, BYTES, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS,
    WORDS, WORDS, BYTES, BYTES, FLOATS, SHORTS, FLOATS, SHORTS, SHORTS, FLOATS, BYTES, INT, INT, INT,
    LONGS, WORDS, BYTES, WORDS, WORDS, WORDS,
)  # fmt: skip
def spread_columns(  # type: ignore[no-untyped-def]
    segments, segment, cyclic, premise_start, premise, result_start, result, user_start, user,
    stream, threshold, mode, shift, chance, tries, sure, hinder_start, hinder, factor, active, at, columns,
    count, trial, state, dirty, all_, need, bits,
):  # fmt: skip
    """The same for ``count`` up to 512 columns, each a trial with its own set of active controls.

    Columns of one word of trials, next to each other, share their random words.
    """
    done = np.int64(0)
    for s in range(segments):
        first, last = np.int64(segment[s]), np.int64(segment[s + 1])
        again = True
        while again:
            again = False
            for i in range(first, last):
                if dirty[i] == 0:
                    continue
                dirty[i] = 0
                if mode[i] == _NEVER:
                    continue
                done += 1
                for k in range(8):
                    all_[k] = ALL
                    need[k] = ALL
                for e in range(premise_start[i], premise_start[i + 1]):
                    row = np.int64(premise[e]) * 8
                    for k in range(8):
                        all_[k] = all_[k] & state[row + k]
                for e in range(result_start[i], result_start[i + 1]):
                    row = np.int64(result[e]) * 8
                    for k in range(8):
                        need[k] = need[k] & state[row + k]
                any_ = ZERO
                for k in range(8):
                    need[k] = all_[k] & ~need[k]
                    any_ = any_ | need[k]
                if any_ == ZERO:
                    continue
                h, end = np.int64(hinder_start[i]), np.int64(hinder_start[i + 1])
                if mode[i] != _ALWAYS or h < end:
                    held = np.int64(-1)
                    known = 0
                    base = ZERO
                    for k in range(8):
                        asked = need[k]
                        if asked == ZERO:
                            continue
                        found = ZERO
                        for lane in range(64):
                            if (asked >> np.uint64(lane)) & ONE == ZERO:
                                continue
                            column = k * 64 + lane
                            if column >= count:
                                break
                            limit = threshold[i]
                            if h < end:
                                p = chance_in(
                                    chance[i], tries[i], sure[i],
                                    h, end, hinder, factor, active, at + column, columns,
                                )  # fmt: skip
                                if p >= 1.0:
                                    found = found | (ONE << np.uint64(lane))
                                    continue
                                if p <= 0.0:
                                    continue
                                limit = threshold_of(p)
                            world = trial[column] >> np.int64(shift[i])
                            if world >> 6 != held:
                                held = world >> 6
                                known = 0
                                base = mixed(stream[i] + (np.uint64(held) + ONE) * DELTA)
                            place = np.uint64(world & 63)
                            j = 0
                            while limit != ZERO:
                                if j >= known:
                                    base = base + GAMMA
                                    bits[j] = mixed(base)
                                    known += 1
                                bit = (bits[j] >> place) & ONE
                                if bit != limit >> S63:
                                    if bit == ZERO:
                                        found = found | (ONE << np.uint64(lane))
                                    break
                                limit = limit << ONE
                                j += 1
                        need[k] = found
                for e in range(result_start[i], result_start[i + 1]):
                    fact = np.int64(result[e])
                    grew = ZERO
                    for k in range(8):
                        grew = grew | (need[k] & ~state[fact * 8 + k])
                        state[fact * 8 + k] = state[fact * 8 + k] | need[k]
                    if grew != ZERO:
                        for u in range(user_start[fact], user_start[fact + 1]):
                            other = np.int64(user[u])
                            dirty[other] = 1
                            if cyclic[s] != 0 and first <= other and other <= i:
                                again = True
    return done


@kernel(
    SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, SHORTS,
    WORDS, WORDS, BYTES, BYTES, FLOATS, SHORTS, FLOATS, SHORTS, SHORTS, FLOATS, FLOATS, BYTES, INT,
    WORDS, SHORTS, FLOATS, FLOATS, INT, LONGS, FLOATS, BYTES, BYTES, SHORTS, INT, SHORTS, INT, LONGS, INT,
    FLOATS, BYTES, SHORTS, SHORTS, FLOATS, SHORTS, SHORTS, SHORTS, FLOATS,
)  # fmt: skip
def settle(  # type: ignore[no-untyped-def]
    needs, premise_start, premise, result_start, result, user_start, user, maker_start, maker,
    stream, threshold, mode, shift, chance, tries, sure, hinder_start, hinder, factor, slow, active, columns,
    effort_stream, law, pace, tables, quantile_shift, trial, limit, fell, goal, start, starts, free,
    frees, wanted, wanteds, time, known, missing, order, heap_time, heap_fact, useful, stack, found,
):  # fmt: skip
    """The earliest time of the facts ``wanted`` within the limits, column by column.

    Facts are settled in the order of their times (Dijkstra's algorithm; an instance is ready with the last
    of its premises), so that each instance is drawn once at most, and a column ends with its last goal:
    ``fell[e, column]`` tells whether ``wanted[e]``, of which none is there twice, falls at all. Now and then,
    so that it costs less than it spares, the facts are marked that a goal still waits for, through what is
    not settled; the rest is let go. ``goal`` and ``known`` are zero, ``time`` is infinite, ``missing`` as
    ``needs`` and ``useful`` zero at first; all but ``useful`` again in the end.
    """
    done = np.int64(0)
    epoch = np.int32(0)
    for v in range(columns):
        marked = np.int32(0)
        wait = np.int64(_LOOK)
        left = np.int64(0)
        for e in range(wanteds):
            if fell[e * columns + v] != 0:
                goal[wanted[e]] = 1
                left += 1
        now = 0.0
        size, head, tail = np.int64(0), np.int64(0), np.int64(0)
        for e in range(starts):
            fact = np.int64(start[e])
            if known[fact] == 0:
                known[fact] = 1
                time[fact] = 0.0
                order[tail] = fact
                tail += 1
                left -= np.int64(goal[fact])
        at, end = np.int64(0), np.int64(frees)
        first = True
        while left > 0:
            if wait <= 0:
                epoch += 1
                marked = epoch
                height = np.int64(0)
                for e in range(wanteds):
                    fact = wanted[e]
                    if goal[fact] != 0 and known[fact] == 0:
                        useful[fact] = marked
                        stack[height] = fact
                        height += 1
                seen = np.int64(0)
                while height > 0:
                    height -= 1
                    fact = np.int64(stack[height])
                    for m in range(maker_start[fact], maker_start[fact + 1]):
                        i = np.int64(maker[m])
                        seen += 1
                        if missing[i] == 0 or mode[i] == _NEVER:
                            continue
                        for e in range(premise_start[i], premise_start[i + 1]):
                            need = np.int64(premise[e])
                            if known[need] == 0 and useful[need] != marked:
                                useful[need] = marked
                                stack[height] = need
                                height += 1
                wait = _LOOK + seen // 4
            if at >= end:
                first = False
                if head == tail:
                    fact = np.int64(-1)
                    while size > 0 and fact < 0:
                        now = heap_time[0]
                        if known[heap_fact[0]] == 0:
                            fact = np.int64(heap_fact[0])
                        size -= 1
                        drop(heap_time, heap_fact, size)
                        if fact >= 0 and marked != 0 and useful[fact] != marked:
                            time[fact] = np.inf
                            fact = np.int64(-1)
                    if fact < 0:
                        break
                    known[fact] = 1
                    order[tail] = fact
                    tail += 1
                    left -= np.int64(goal[fact])
                    if left <= 0:
                        break
                fact = np.int64(order[head])
                head += 1
                at, end = np.int64(user_start[fact]), np.int64(user_start[fact + 1])
                continue
            if first:
                i = np.int64(free[at])
                at += 1
            else:
                i = np.int64(user[at])
                at += 1
                missing[i] -= 1
                if missing[i] != 0:
                    continue
            if mode[i] == _NEVER:
                continue
            better = False
            for e in range(result_start[i], result_start[i + 1]):
                fact = np.int64(result[e])
                if now < time[fact] and (marked == 0 or useful[fact] == marked):
                    better = True
            if not better:
                continue
            done += 1
            wait -= 1
            h, last = np.int64(hinder_start[i]), np.int64(hinder_start[i + 1])
            if mode[i] != _ALWAYS or h < last:
                bound = threshold[i]
                certain = mode[i] == _ALWAYS
                if h < last:
                    p = chance_in(chance[i], tries[i], sure[i], h, last, hinder, factor, active, v, columns)
                    if p <= 0.0:
                        continue
                    certain = p >= 1.0
                    if not certain:
                        bound = threshold_of(p)
                if not certain:
                    world = trial[v] >> np.int64(shift[i])
                    lane = ONE << np.uint64(world & 63)
                    if lanes_below(stream[i], np.uint64(world >> 6), lane, bound) == ZERO:
                        continue
            spent = 0.0
            if law[i] >= 0:
                draw = mixed(effort_stream[i] + (np.uint64(trial[v]) + ONE) * GAMMA)
                place = (np.int64(law[i]) << quantile_shift) + np.int64(
                    draw >> np.uint64(64 - quantile_shift)
                )
                factor_ = pace[i]
                for e in range(h, last):
                    control = np.int64(hinder[e])
                    if active[control * columns + v] != 0:
                        factor_ = factor_ * slow[control]
                spent = tables[place] * factor_
            through = now + spent
            if not through <= limit[v]:
                continue
            for e in range(result_start[i], result_start[i + 1]):
                fact = np.int64(result[e])
                if not through < time[fact] or (marked != 0 and useful[fact] != marked):
                    continue
                time[fact] = through
                if through <= now:
                    known[fact] = 1
                    order[tail] = fact
                    tail += 1
                    left -= np.int64(goal[fact])
                    continue
                push(heap_time, heap_fact, size, through, fact)
                size += 1
        for e in range(wanteds):
            # What waits to be settled where the column ended is no goal that ever falls.
            fact = wanted[e]
            found[e * columns + v] = time[fact] if known[fact] != 0 else np.inf
        for e in range(wanteds):
            goal[wanted[e]] = 0
        for e in range(tail):
            fact = np.int64(order[e])
            time[fact] = np.inf
            known[fact] = 0
            for u in range(user_start[fact], user_start[fact + 1]):
                missing[np.int64(user[u])] = needs[np.int64(user[u])]
        for e in range(size):
            time[np.int64(heap_fact[e])] = np.inf
    return done
