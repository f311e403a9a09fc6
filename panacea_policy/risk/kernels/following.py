"""How a run follows a change of its graph, as text for Numba; see `steps` for what the arguments mean.

A library of its own, with the habits of `source`: it is only made where a large run is kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from panacea_policy.risk.kernels import tracing
from panacea_policy.risk.kernels.drawing import GAMMA, LANE, ONE, ZERO, lanes_below
from panacea_policy.risk.kernels.heap import drop, push
from panacea_policy.risk.kernels.tracing import (
    BEFORE,
    BYTES,
    CAME,
    FLOATS,
    INT,
    LONGS,
    SHORTS,
    STAYS,
    WORDS,
)

_NEVER, _ALWAYS, _DRAWN = 0, 1, 2

_LISTS = (INT, *(8 * (SHORTS,)), *(6 * (SHORTS,)), BYTES)
_DRAWS = (WORDS, WORDS, BYTES, BYTES, WORDS, SHORTS, FLOATS, FLOATS, INT)
_KEPT = (SHORTS, FLOATS, INT, LONGS, FLOATS, INT)
_SCRATCH = (SHORTS, FLOATS, SHORTS, SHORTS, FLOATS, INT)

#: The arguments that both kernels begin with.
SHARED = (*_LISTS, *_DRAWS, *_KEPT, *_SCRATCH)


@njit(inline="always")
def succeeds(i, trial, stream, threshold, mode, shift):  # type: ignore[no-untyped-def]
    """Whether an instance succeeds in a trial."""
    if mode[i] == _NEVER:
        return False
    if mode[i] == _ALWAYS:
        return True
    world = np.uint64(trial >> np.int64(shift[i]))
    lane = ONE << (world & LANE)
    return lanes_below(stream[i], world >> np.uint64(6), lane, threshold[i]) != ZERO


@njit(inline="always")
def effort_of(i, trial, effort_stream, law, pace, tables, bits):  # type: ignore[no-untyped-def]
    """The seconds that an instance takes in a trial."""
    if law[i] < 0:
        return 0.0
    z = effort_stream[i] + (np.uint64(trial) + ONE) * GAMMA
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return tables[(np.int64(law[i]) << bits) + np.int64(z >> np.uint64(64 - bits))] * pace[i]


@njit(inline="always")
def time_of(  # type: ignore[no-untyped-def]
    wanted, mask, lists, draws, row, kept, at, trial, limit, scratch, epoch
):
    """When a fact falls in a trial: what is kept of it, or else worked out from what is kept behind it. A
    negative number where that is too much work. ``seen[fact] == epoch``: ``old[fact]`` is known.
    """
    (
        facts, premise_start, premise, result_start, result, maker_start, maker, maker_head, maker_next,
        maker_of, alive,
    ) = lists  # fmt: skip
    stream, threshold, mode, shift, effort_stream, law, pace, tables, bits = draws
    seen, old, queue, instance, spent, most = scratch
    if row[wanted] >= 0:
        found = kept[at + np.int64(row[wanted])]
    elif row[wanted] < -1:
        found = 0.0 if row[wanted] == -2 else np.inf
    elif seen[wanted] == epoch:
        found = old[wanted]
    else:
        queue[0] = wanted
        seen[wanted] = epoch
        old[wanted] = np.inf
        head, tail, count = np.int64(0), np.int64(1), np.int64(0)
        while head < tail and count < most:
            fact = np.int64(queue[head])
            head += 1
            place = np.int64(maker_start[fact]) if fact < facts else np.int64(0)
            end = np.int64(maker_start[fact + 1]) if fact < facts else np.int64(0)
            link = np.int64(maker_head[fact])
            while (place < end or link >= 0) and count < most:
                if place < end:
                    i = np.int64(maker[place])
                    place += 1
                else:
                    i = np.int64(maker_of[link])
                    link = np.int64(maker_next[link])
                if alive[i] & mask == 0 or not succeeds(i, trial, stream, threshold, mode, shift):
                    continue
                instance[count] = i
                spent[count] = effort_of(i, trial, effort_stream, law, pace, tables, bits)
                count += 1
                for e in range(premise_start[i], premise_start[i + 1]):
                    need = np.int64(premise[e])
                    if row[need] == -1 and seen[need] != epoch:
                        seen[need] = epoch
                        old[need] = np.inf
                        if tail < most:
                            queue[tail] = need
                            tail += 1
                        else:
                            count = most
        if count >= most:
            for e in range(tail):
                seen[np.int64(queue[e])] = 0
            found = -1.0
        else:
            again = True
            while again:
                again = False
                for n in range(count - 1, -1, -1):
                    i = np.int64(instance[n])
                    when = 0.0
                    for e in range(premise_start[i], premise_start[i + 1]):
                        need = np.int64(premise[e])
                        if row[need] >= 0:
                            value = kept[at + np.int64(row[need])]
                        elif row[need] < -1:
                            value = 0.0 if row[need] == -2 else np.inf
                        else:
                            value = old[need]
                        if value > when:
                            when = value
                    when = when + spent[n]
                    if not when <= limit:
                        continue
                    for e in range(result_start[i], result_start[i + 1]):
                        fact = np.int64(result[e])
                        if row[fact] == -1 and seen[fact] == epoch and when < old[fact]:
                            old[fact] = when
                            again = True
            found = old[wanted]
    return found


@njit(inline="always")
def falls_later(which, when, lead_start, lead, over, epoch, kept, at):  # type: ignore[no-untyped-def]
    """Whether something of a list of leads (negative: any) falls later than a time, and was not found to
    fall earlier yet.
    """
    later = which < 0
    if not later:
        for e in range(lead_start[which], lead_start[which + 1]):
            to = np.int64(lead[e])
            if to >= 0 and over[to] != epoch and kept[at + to] > when:
                later = True
                break
    return later


@njit(inline="always")
def matters(fact, when, lists, users, leads, over, epoch, kept, at):  # type: ignore[no-untyped-def]
    """Whether something ahead of what builds on a fact falls later than a time."""
    facts, alive = lists[0], lists[10]
    user_start, user, user_head, user_next, user_of, user_lead = users
    lead_of, lead_start, lead = leads
    later = False
    dull = np.int64(-1)
    place = np.int64(user_start[fact]) if fact < facts else np.int64(0)
    end = np.int64(user_start[fact + 1]) if fact < facts else np.int64(0)
    link = np.int64(user_head[fact])
    while not later and (place < end or link >= 0):
        if place < end:
            i, which = np.int64(user[place]), np.int64(user_lead[place])
            place += 1
        else:
            i = np.int64(user_of[link])
            which = np.int64(lead_of[i])
            link = np.int64(user_next[link])
        if (which < 0 or which != dull) and alive[i] & (STAYS | CAME) != 0:
            later = falls_later(which, when, lead_start, lead, over, epoch, kept, at)
            dull = which
    return later


@njit(inline="always")
def leads_on(  # type: ignore[no-untyped-def]
    i, least, trial, limit, lists, draws, users, row, kept, at, walked, stamp, queue, most
):
    """Whether an instance that succeeds no sooner than ``least`` leads on to something of the border that
    falls later than it can get there; what it leads through is no sooner than ``least``, for all we ask.
    """
    facts, result_start, result, alive = lists[0], lists[3], lists[4], lists[10]
    stream, threshold, mode, shift, effort_stream, law, pace, tables, bits = draws
    user_start, user, user_head, user_next, user_of, _ = users
    height, lively = np.int64(0), False
    fact, link = np.int64(-1), np.int64(-1)
    place, end = np.int64(0), np.int64(1)
    while not lively and (place < end or link >= 0 or height > 0):
        if place < end:
            if fact >= 0:
                i = np.int64(user[place])
            place += 1
        elif link >= 0:
            i = np.int64(user_of[link])
            link = np.int64(user_next[link])
        else:
            height -= 1
            fact = np.int64(queue[height])
            place = np.int64(user_start[fact]) if fact < facts else np.int64(0)
            end = np.int64(user_start[fact + 1]) if fact < facts else np.int64(0)
            link = np.int64(user_head[fact])
            continue
        if alive[i] & (STAYS | CAME) == 0:
            continue
        on = False
        for e in range(result_start[i], result_start[i + 1]):
            other = np.int64(result[e])
            if row[other] == -1:
                on = on or walked[other] != stamp
            elif row[other] >= 0:
                on = on or kept[at + np.int64(row[other])] > least
        if not on or (fact >= 0 and not succeeds(i, trial, stream, threshold, mode, shift)):
            continue
        there = least
        if fact >= 0:
            there = least + effort_of(i, trial, effort_stream, law, pace, tables, bits)
        if not there <= limit:
            continue
        for e in range(result_start[i], result_start[i + 1]):
            other = np.int64(result[e])
            if row[other] >= 0:
                lively = lively or kept[at + np.int64(row[other])] > there
            elif row[other] == -1 and walked[other] != stamp:
                walked[other] = stamp
                if height < most:
                    queue[height] = other
                    height += 1
                else:
                    lively = True
    return lively


def follow(  # type: ignore[no-untyped-def]
    facts, premise_start, premise, result_start, result, user_start, user, maker_start, maker,
    user_head, user_next, user_of, maker_head, maker_next, maker_of, alive,
    stream, threshold, mode, shift, effort_stream, law, pace, tables, bits,
    row, kept, rows, trials, limits, columns,
    seen, old, queue, instance, spent, most,
    lead_of, user_lead, lead_start, lead,
    group_start, group, behind_start, behind, ahead_start, ahead, groups,
    walked, offered, cand, settled, over, heap_time, heap_number, room,
    lost, out_row, out_column, out_time, space,
):  # fmt: skip
    """What of the facts that are kept falls earlier for what came, column by column: rows, columns, times.

    What came is in groups; a group is looked at where something behind it falls before something ahead of
    it does. ``lead_of`` tells of each instance, ``user_lead`` of each entry of the lists of users, which list
    of ``lead`` has what lies ahead of it: it is looked at where some of that falls later than it can get
    there. ``lost[column]`` is set where it is too much work.
    Returns how much was found, or -1 where there is no space for it.
    """
    lists = (
        facts, premise_start, premise, result_start, result, maker_start, maker, maker_head, maker_next,
        maker_of, alive,
    )  # fmt: skip
    draws = stream, threshold, mode, shift, effort_stream, law, pace, tables, bits
    users = user_start, user, user_head, user_next, user_of, user_lead
    leads = lead_of, lead_start, lead
    scratch = seen, old, queue, instance, spent, most
    count = np.int64(0)
    epoch, stamp = np.int32(0), np.int32(0)
    for v in range(columns):
        if lost[v] != 0:
            continue
        epoch += 1
        trial, limit = trials[v], limits[v]
        at = np.int64(trial) * rows
        # On the agenda are instances that came, as -1 - i by the least time at which they can have succeeded,
        # and facts by the time at which they fall.
        size, before = np.int64(0), count
        same_draw, came, drawn, below_, step = False, False, ZERO, ZERO, np.uint8(0)
        for g in range(groups):
            soonest = np.inf
            for e in range(behind_start[g], behind_start[g + 1]):
                value = kept[at + np.int64(behind[e])] if behind[e] >= 0 else 0.0
                if value < soonest:
                    soonest = value
            latest = -1.0
            for e in range(ahead_start[g], ahead_start[g + 1]):
                value = kept[at + np.int64(ahead[e])] if ahead[e] >= 0 else np.inf
                if value > latest:
                    latest = value
            if soonest <= limit and soonest < latest:
                for n in range(group_start[g], group_start[g + 1]):
                    i = np.int64(group[n])
                    # Instances of one cause, which stand next to each other, succeed or fail together.
                    if not same_draw or stream[i] != drawn or threshold[i] != below_ or shift[i] != step:
                        drawn, below_, step = stream[i], threshold[i], shift[i]
                        came = succeeds(i, trial, stream, threshold, mode, shift)
                        same_draw = mode[i] == _DRAWN
                    elif mode[i] != _DRAWN:
                        came = succeeds(i, trial, stream, threshold, mode, shift)
                        same_draw = False
                    if not came:
                        continue
                    least = soonest + effort_of(i, trial, effort_stream, law, pace, tables, bits)
                    if not (least <= limit and least < latest):
                        continue
                    stamp += 1
                    if leads_on(
                        i, least, trial, limit, lists, draws, users, row, kept, at, walked, stamp, queue, most
                    ):
                        if size < room:
                            push(heap_time, heap_number, size, least, -1 - i)
                            size += 1
                        else:
                            lost[v] = 1
        while size > 0 and lost[v] == 0:
            now, number = heap_time[0], np.int64(heap_number[0])
            size -= 1
            drop(heap_time, heap_number, size)
            place, end, link, one = np.int64(0), np.int64(0), np.int64(-1), np.int64(-1)
            if number < 0:
                one = -1 - number
                if falls_later(np.int64(lead_of[one]), now, lead_start, lead, over, epoch, kept, at):
                    end = np.int64(1)
            elif settled[number] != epoch and now <= cand[number]:
                mine = np.int64(row[number])
                if mine >= 0 or matters(number, now, lists, users, leads, over, epoch, kept, at):
                    value = time_of(number, STAYS, lists, draws, row, kept, at, trial, limit, scratch, epoch)
                    if value < 0.0:
                        lost[v] = 1
                    elif now < value:
                        settled[number] = epoch
                        place = np.int64(user_start[number]) if number < facts else np.int64(0)
                        end = np.int64(user_start[number + 1]) if number < facts else np.int64(0)
                        link = np.int64(user_head[number])
                        if mine >= 0:
                            over[mine] = epoch
                            if count >= space:
                                return np.int64(-1)
                            out_row[count] = mine
                            out_column[count] = v
                            out_time[count] = now
                            count += 1
                    else:
                        cand[number] = -1.0
            dull = np.int64(-1)
            while place < end or link >= 0:
                if one >= 0:
                    i, which = one, np.int64(-1)
                    place += 1
                elif place < end:
                    i, which = np.int64(user[place]), np.int64(user_lead[place])
                    place += 1
                else:
                    i = np.int64(user_of[link])
                    which = np.int64(lead_of[i])
                    link = np.int64(user_next[link])
                if which >= 0:
                    if which == dull:
                        continue
                    if not falls_later(which, now, lead_start, lead, over, epoch, kept, at):
                        dull = which
                        continue
                if alive[i] & (STAYS | CAME) == 0 or mode[i] == _NEVER:
                    continue
                better = False
                for e in range(result_start[i], result_start[i + 1]):
                    other = np.int64(result[e])
                    if row[other] == -1 or (row[other] >= 0 and now < kept[at + np.int64(row[other])]):
                        better = better or offered[other] != epoch or now < cand[other]
                if not better or not succeeds(i, trial, stream, threshold, mode, shift):
                    continue
                effort = effort_of(i, trial, effort_stream, law, pace, tables, bits)
                least = now if one >= 0 else now + effort
                if not least <= limit or not falls_later(
                    which, least, lead_start, lead, over, epoch, kept, at
                ):
                    continue
                when = 0.0
                for e in range(premise_start[i], premise_start[i + 1]):
                    need = np.int64(premise[e])
                    if settled[need] == epoch:
                        value = cand[need]
                    else:
                        value = time_of(
                            need, STAYS, lists, draws, row, kept, at, trial, limit, scratch, epoch
                        )
                    if value < 0.0:
                        lost[v] = 1
                    if value > when:
                        when = value
                when = when + effort
                if not when <= limit:
                    continue
                for e in range(result_start[i], result_start[i + 1]):
                    other = np.int64(result[e])
                    if row[other] < -1 or (row[other] >= 0 and when >= kept[at + np.int64(row[other])]):
                        continue
                    if offered[other] == epoch and when >= cand[other]:
                        continue
                    if size >= room:
                        lost[v] = 1
                        break
                    offered[other] = epoch
                    cand[other] = when
                    push(heap_time, heap_number, size, when, other)
                    size += 1
        if lost[v] != 0:
            count = before
    return count


def bereave(  # type: ignore[no-untyped-def]
    facts, premise_start, premise, result_start, result, user_start, user, maker_start, maker,
    user_head, user_next, user_of, maker_head, maker_next, maker_of, alive,
    stream, threshold, mode, shift, effort_stream, law, pace, tables, bits,
    row, kept, rows, trials, limits, columns,
    seen, old, queue, instance, spent, most,
    gone, twin, gones, visited, stack, lost,
):  # fmt: skip
    """Marks the columns in which a fact that is kept may fall when it does for what went.

    ``gone`` went; ``twin`` has the same draws and takes its place, or is -1. From what fell just when an
    instance that went brought it about, what fell just when it leads there is followed to what is kept.
    """
    lists = (
        facts, premise_start, premise, result_start, result, maker_start, maker, maker_head, maker_next,
        maker_of, alive,
    )  # fmt: skip
    draws = stream, threshold, mode, shift, effort_stream, law, pace, tables, bits
    scratch = seen, old, queue, instance, spent, most
    found = np.int64(0)
    epoch = np.int32(0)
    for v in range(columns):
        if lost[v] != 0:
            continue
        epoch += 1
        trial, limit = trials[v], limits[v]
        at = np.int64(trial) * rows
        height = np.int64(0)
        n = np.int64(0)
        while lost[v] == 0 and (n < gones or height > 0):
            # From what is on the stack its users are followed; where it is empty, the next that went.
            fact = np.int64(-1)
            first, last, link = np.int64(0), np.int64(1), np.int64(-1)
            if height > 0:
                height -= 1
                fact = np.int64(stack[height])
                first = np.int64(user_start[fact]) if fact < facts else np.int64(0)
                last = np.int64(user_start[fact + 1]) if fact < facts else np.int64(0)
                link = np.int64(user_head[fact])
            while lost[v] == 0 and (first < last or link >= 0):
                if fact < 0:
                    i = np.int64(gone[n])
                    other = np.int64(twin[n])
                    n += 1
                    first += 1
                    if not succeeds(i, trial, stream, threshold, mode, shift):
                        continue
                    if other >= 0 and succeeds(other, trial, stream, threshold, mode, shift):
                        continue
                elif first < last:
                    i = np.int64(user[first])
                    first += 1
                else:
                    i = np.int64(user_of[link])
                    link = np.int64(user_next[link])
                if alive[i] & BEFORE == 0 or not succeeds(i, trial, stream, threshold, mode, shift):
                    continue
                when = 0.0
                for e in range(premise_start[i], premise_start[i + 1]):
                    value = time_of(
                        np.int64(premise[e]),
                        BEFORE,
                        lists,
                        draws,
                        row,
                        kept,
                        at,
                        trial,
                        limit,
                        scratch,
                        epoch,
                    )
                    if value < 0.0:
                        lost[v] = 1
                    if value > when:
                        when = value
                when = when + effort_of(i, trial, effort_stream, law, pace, tables, bits)
                if not when <= limit:
                    continue
                for e in range(result_start[i], result_start[i + 1]):
                    result_ = np.int64(result[e])
                    if row[result_] < -1 or visited[result_] == epoch:
                        continue
                    value = time_of(
                        result_, BEFORE, lists, draws, row, kept, at, trial, limit, scratch, epoch
                    )
                    if value < 0.0:
                        lost[v] = 1
                    elif when <= value:
                        if row[result_] >= 0:
                            lost[v] = 1
                        else:
                            visited[result_] = epoch
                            stack[height] = result_
                            height += 1
        found += np.int64(lost[v])
    return found


#: By name: the kernel and the types of its arguments.
KERNELS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    **tracing.KERNELS,
    "follow": (
        follow,
        (
            *SHARED,
            *(10 * (SHORTS,)),
            INT,
            *(SHORTS, SHORTS, FLOATS, SHORTS, SHORTS, FLOATS, SHORTS, INT),
            *(BYTES, SHORTS, SHORTS, FLOATS, INT),
        ),
    ),
    "bereave": (bereave, (*SHARED, SHORTS, SHORTS, INT, SHORTS, SHORTS, BYTES)),
}
