"""The kernels' text for Numba: when goals fall, for words of trials whose falls are known.

What falls is known first, for all trials of a word at once. So is which instances fire, and, backwards from
the goals, which of these may lead there. Trial by trial only those are looked at.
"""

from __future__ import annotations

import numpy as np

from panacea_policy.risk.kernels.drawing import GAMMA, ONE, ZERO, mixed, succeeding
from panacea_policy.risk.kernels.heap import drop, push
from panacea_policy.risk.kernels.signature import BYTES, FLOATS, INT, LONGS, SHORTS, WORDS, kernel

_NEVER, _ALWAYS = 0, 1
#: Of so many instances that need a fact it is looked up whether they still lead anywhere.
_LOOK = 16
#: So many entries, and a share of all, are gone through before it is asked what the goals still wait for.
_WAIT = 16384


@kernel(
    INT, SHORTS, BYTES, SHORTS, SHORTS, SHORTS, SHORTS, WORDS, WORDS, BYTES, BYTES, WORDS, WORDS, WORDS,
    LONGS, INT, WORDS, WORDS, WORDS,
)  # fmt: skip
def leading(  # type: ignore[no-untyped-def]
    segments, segment, cyclic, premise_start, premise, result_start, result, stream, threshold, mode, shift,
    number, state, asked, wanted, wanteds, useful, fires, need,
):  # fmt: skip
    """In which trials of 8 words each instance fires and may lead to a fact ``wanted``: ``fires``.

    ``state`` is what falls; ``asked[word]`` the trials that matter; ``useful``, zero at first, gets the facts
    that may lead there.
    """
    for e in range(wanteds):
        for k in range(8):
            useful[wanted[e] * 8 + k] = state[wanted[e] * 8 + k] & asked[k]
    for j in range(segment[segments]):
        i = np.int64(j)
        for k in range(8):
            need[k] = asked[k] if mode[i] != _NEVER else ZERO
        for e in range(premise_start[i], premise_start[i + 1]):
            row = np.int64(premise[e]) * 8
            for k in range(8):
                need[k] = need[k] & state[row + k]
        for k in range(8):
            if mode[i] != _ALWAYS and need[k] != ZERO:
                need[k] = succeeding(stream[i], number[k], need[k], threshold[i], shift[i])
            fires[np.int64(i) * 8 + k] = need[k]
    rounds = np.int64(0)
    for back in range(segments):
        s = np.int64(segments - 1 - back)
        first, last = np.int64(segment[s]), np.int64(segment[s + 1])
        again = True
        while again:
            again = False
            rounds += 1
            for down in range(last - first):
                i = last - 1 - down
                for k in range(8):
                    need[k] = ZERO
                for e in range(result_start[i], result_start[i + 1]):
                    row = np.int64(result[e]) * 8
                    for k in range(8):
                        need[k] = need[k] | useful[row + k]
                for k in range(8):
                    need[k] = need[k] & fires[i * 8 + k]
                for e in range(premise_start[i], premise_start[i + 1]):
                    row = np.int64(premise[e]) * 8
                    grew = ZERO
                    for k in range(8):
                        grew = grew | (need[k] & ~useful[row + k])
                        useful[row + k] = useful[row + k] | need[k]
                    if grew != ZERO and cyclic[s] != 0:
                        again = True
    for j in range(segment[segments]):
        i = np.int64(j)
        for k in range(8):
            need[k] = ZERO
        for e in range(result_start[i], result_start[i + 1]):
            row = np.int64(result[e]) * 8
            for k in range(8):
                need[k] = need[k] | useful[row + k]
        for k in range(8):
            fires[np.int64(i) * 8 + k] = fires[np.int64(i) * 8 + k] & need[k]
    return rounds


@kernel(
    SHORTS, SHORTS, SHORTS, SHORTS, SHORTS, WORDS, WORDS, SHORTS, FLOATS, FLOATS, FLOATS, INT,
    LONGS, FLOATS, INT, BYTES, BYTES, SHORTS, INT, INT, INT, LONGS, INT,
    SHORTS, SHORTS, SHORTS, SHORTS, WORDS, SHORTS, SHORTS, INT,
    FLOATS, BYTES, SHORTS, SHORTS, FLOATS, SHORTS, SHORTS, SHORTS, FLOATS,
)  # fmt: skip
def settle_word(  # type: ignore[no-untyped-def]
    entry_start, after, result, join, needs, fires, effort_stream, law, pace, least, tables, quantile_shift,
    trial, limit, count, fell, goal, start, starts, free, frees, wanted, wanteds,
    maker_start, maker, premise_start, premise, going, useful, stack, epoch,
    time, known, missing, order, heap_time, heap_fact, touched, dropped, found,
):  # fmt: skip
    """The earliest time of the facts ``wanted`` within the limits, for ``count`` trials of one word.

    Facts are settled in the order of their times (Dijkstra's algorithm; an instance is ready with the last
    of its premises). What needs a fact stands in the entries from ``entry_start``, see `Entries`, as does in
    which trials of the word it matters, ``fires``. A fact that leads to nothing that is not settled yet is
    let go: its time is below zero. ``fell[e * count + v]`` tells whether ``wanted[e]``, of which none is
    there twice, falls at all. ``goal`` and ``known`` are zero, ``time`` is infinite, ``missing`` as ``needs``
    at first and again in the end.

    Now and then the facts are marked ``useful`` that a goal still waits for, through instances ``going``,
    which is ``fires`` by instance; the others are let go. Marks are numbers above ``epoch``; the last is
    given back.
    """
    mark = np.int32(epoch)
    # Asked early, nearly everything is still useful: an eighth of all entries is a good while.
    wait = np.int64(_WAIT) + ((np.int64(free) + np.int64(frees)) >> 3)
    for v in range(count):
        marked, work = np.int32(0), np.int64(0)
        lane = np.uint64(trial[v] & 63)
        counter = (np.uint64(trial[v]) + ONE) * GAMMA
        most = limit[v]
        left = np.int64(0)
        for e in range(wanteds):
            if fell[e * count + v] != 0:
                goal[wanted[e]] = 1
                left += 1
        now = 0.0
        size, head, tail = np.int64(0), np.int64(0), np.int64(0)
        joined, gone = np.int64(0), np.int64(0)
        for e in range(starts):
            fact = np.int64(start[e])
            if known[fact] == 0:
                known[fact] = 1
                time[fact] = 0.0
                order[tail] = fact
                tail += 1
                left -= np.int64(goal[fact])
        at, end = np.int64(free), np.int64(free + frees)
        while left > 0:
            if at >= end:
                if head == tail:
                    fact = np.int64(-1)
                    while size > 0 and fact < 0:
                        now = heap_time[0]
                        if now <= time[heap_fact[0]] and known[heap_fact[0]] == 0:
                            fact = np.int64(heap_fact[0])
                        size -= 1
                        drop(heap_time, heap_fact, size)
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
                at, end = np.int64(entry_start[fact]), np.int64(entry_start[fact + 1])
                work += end - at
                if work > wait:
                    mark += np.int32(1)
                    marked = mark
                    height = np.int64(0)
                    for e in range(wanteds):
                        pending = np.int64(wanted[e])
                        if goal[pending] != 0 and known[pending] == 0:
                            useful[pending] = marked
                            stack[height] = pending
                            height += 1
                    while height > 0:
                        height -= 1
                        pending = np.int64(stack[height])
                        for m in range(maker_start[pending], maker_start[pending + 1]):
                            i = np.int64(maker[m])
                            if (going[i] >> lane) & ONE == ZERO:
                                continue
                            for e in range(premise_start[i], premise_start[i + 1]):
                                need = np.int64(premise[e])
                                if useful[need] != marked:
                                    useful[need] = marked
                                    if known[need] == 0 and time[need] >= 0.0:
                                        stack[height] = need
                                        height += 1
                    work = np.int64(0)
                if marked != 0 and useful[fact] != marked:
                    at = end
                continue
            entry = at
            at = np.int64(after[entry])
            fact = np.int64(result[entry])
            if join[entry] < 0 and (not now < time[fact] or (marked != 0 and useful[fact] != marked)):
                continue
            while entry < at and (fires[entry] >> lane) & ONE == ZERO:
                entry += 1
            if entry == at:
                continue
            waits = np.int64(join[entry])
            if waits >= 0:
                if missing[waits] == needs[waits]:
                    touched[joined] = waits
                    joined += 1
                missing[waits] -= 1
                if missing[waits] != 0:
                    continue
            if not now < time[fact] or (marked != 0 and useful[fact] != marked):
                continue
            if goal[fact] == 0:
                first, last = np.int64(entry_start[fact]), np.int64(entry_start[fact + 1])
                leads = last - first > _LOOK
                while not leads and first < last:
                    leads = (fires[first] >> lane) & ONE != ZERO and now < time[np.int64(result[first])]
                    first += 1
                if not leads:
                    dropped[gone] = fact
                    gone += 1
                    time[fact] = -1.0
                    continue
            through = np.inf
            while entry < at:
                if (fires[entry] >> lane) & ONE != ZERO and now + least[entry] < through:
                    spent = 0.0
                    if law[entry] >= 0:
                        place = (np.int64(law[entry]) << quantile_shift) + np.int64(
                            mixed(effort_stream[entry] + counter) >> np.uint64(64 - quantile_shift)
                        )
                        spent = tables[place] * pace[entry]
                    if now + spent < through:
                        through = now + spent
                entry += 1
            if not (through <= most and through < time[fact]):
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
            fact = wanted[e]
            found[e * count + v] = time[fact] if known[fact] != 0 else np.inf
        for e in range(wanteds):
            goal[wanted[e]] = 0
        for e in range(tail):
            time[np.int64(order[e])] = np.inf
            known[np.int64(order[e])] = 0
        for e in range(size):
            time[np.int64(heap_fact[e])] = np.inf
        for e in range(gone):
            time[np.int64(dropped[e])] = np.inf
        for e in range(joined):
            missing[np.int64(touched[e])] = needs[np.int64(touched[e])]
    return np.int64(mark)
