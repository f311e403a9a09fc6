"""Runs many short rounds in one go, of a rule that joins its own newest rows with one fixed relation.

A kernel follows keys in the order in which the rounds would: the rows, their order, the counts of rounds and
what limits say are the same as round by round. A long round is faster by itself, step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np

from panacea_policy.engine.frame import Context
from panacea_policy.engine.heads import CHUNK, HeadSink
from panacea_policy.engine.index import Probing
from panacea_policy.engine.kernels import Chase, ChaseLimits, Layout, Queue, kernels_for
from panacea_policy.engine.packing import Packer
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.steps import DeltaScan, Join, Step
from panacea_policy.engine.values import Codes

#: Rounds at most between two looks at the limits.
_ROUNDS = 4096

#: Rounds of more rows are left to the steps; measured.
LONGEST = 8192


def chase(
    steps: Sequence[Step], sink: HeadSink, context: Context, note_rounds: Callable[[int], None]
) -> int | None:
    """Runs the rule with these steps on what is new in ``context``, until a round is long or nothing follows.

    ``note_rounds`` is told how many more rounds there were; it raises where that is too many. Returns the
    first row that is new then, or None when the rule is to be run by its steps, one round at least.
    """
    target = sink.relation
    start, stop = context.deltas[sink.rule.head.relation]
    kernels = kernels_for(stop - start)
    if not kernels.chases:
        return None
    found = _parts(steps, sink, context)
    if found is None:
        return None
    join, source, probing = found
    outputs = {name: position for position, name in join.pattern.outputs}
    scan = steps[0]
    assert isinstance(scan, DeltaScan)
    bound = {name: position for position, name in scan.pattern.outputs}
    sums = target.sums(_ranges(sink.codes, bound, outputs, source, target))
    if sums is None:
        return None
    packer, known = sums
    plan = _plan(packer, sink.codes, bound, outputs, join, source, probing)
    if plan is None:
        return None
    queue = Queue(packer.keys(target.columns(start, stop), stop - start), 0, stop - start, stop - start)
    while queue.first < queue.last:
        before = target.size
        known.require(before + CHUNK + source.size)
        limits = ChaseLimits(min(CHUNK, max(1024, before)), CHUNK, _ROUNDS, LONGEST)
        chased = kernels.chase(known, plan, queue, before, limits)
        context.count_matches(chased.seen)
        if len(chased.new):
            target.append_keys(chased.new)
        bounds = [0, *chased.marks.tolist(), len(chased.new)]
        for first, last in pairwise(bounds):
            if first < last:
                sink.note(before + first, last - first)
        note_rounds(len(chased.marks))
        if queue.last - queue.first == queue.round_end - queue.first > LONGEST:
            break
    return target.size - (queue.last - queue.first)


def _parts(steps: Sequence[Step], sink: HeadSink, context: Context) -> tuple[Join, Relation, Probing] | None:
    """The join, the relation it looks into and how, where everything is as a chase needs it."""
    if len(steps) != 2:
        return None
    scan, join = steps
    if not (isinstance(scan, DeltaScan) and isinstance(join, Join)):
        return None
    target = sink.relation
    source = context.relations[join.pattern.relation]
    plain = (
        not (scan.pattern.key or scan.pattern.same or scan.pattern.row_name)
        and not (join.pattern.same or join.pattern.row_name)
        and bool(join.pattern.key and join.pattern.outputs)
        and context.relations[scan.pattern.relation] is target
        and source is not target
        and not context.also
        and target.alive() is None
        and not target.stays_small(1)
    )
    probing = source.index(join.pattern.key).probing() if plain else None
    return None if probing is None else (join, source, probing)


def _ranges(
    codes: Sequence[str | int],
    bound: dict[str, int],
    outputs: dict[str, int],
    source: Relation,
    target: Relation,
) -> list[tuple[int, int]]:
    """Where the values of each column of the head lie, those of rows to come too."""
    ranges = [target.extent(position) for position in range(target.arity)]
    feeds: list[tuple[int, int]] = []
    for at, code in enumerate(codes):
        if isinstance(code, int):
            ranges[at] = _both(ranges[at], (code, code))
        elif code in outputs:
            ranges[at] = _both(ranges[at], source.extent(outputs[code]))
        else:
            feeds.append((bound[code], at))
    # A column's values may wander through all others.
    for _ in ranges:
        for start, end in feeds:
            ranges[end] = _both(ranges[end], ranges[start])
    return ranges


def _both(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return min(one[0], other[0]), max(one[1], other[1])


def _plan(
    packer: Packer,
    codes: Sequence[str | int],
    bound: dict[str, int],
    outputs: dict[str, int],
    join: Join,
    source: Relation,
    probing: Probing,
) -> Chase | None:
    """How keys lead to keys; None when a constant of the join is in no row."""
    lows, shifts = packer.layout.lows, packer.layout.shifts
    key = probing.layout
    key_base, variables = 0, []
    for at, term in enumerate(join.pattern.sources):
        if isinstance(term, str):
            variables.append(at)
            continue
        code = term - int(key.lows[at])
        if code < 0 or code >> int(key.bits[at]):
            return None
        key_base |= code << int(key.shifts[at])
    from_row = [at for at, code in enumerate(codes) if code in outputs]
    from_scan = [at for at, code in enumerate(codes) if isinstance(code, str) and code not in outputs]
    constants = [(at, code) for at, code in enumerate(codes) if isinstance(code, int)]
    return Chase(
        layout=packer.layout,
        sources=_positions(bound[str(join.pattern.sources[at])] for at in variables),
        key_layout=Layout(key.lows[variables], key.bits[variables], key.shifts[variables]),
        key_base=key_base,
        slots=probing.map,
        starts=probing.starts,
        ends=probing.ends,
        rows=probing.rows,
        bases=_positions(bound[str(codes[at])] for at in from_scan),
        base_lows=lows[from_scan],
        base_shifts=shifts[from_scan],
        base=sum((code - int(lows[at])) << int(shifts[at]) for at, code in constants),
        columns=tuple(source.column(outputs[str(codes[at])]) for at in from_row),
        lows=lows[from_row],
        shifts=shifts[from_row],
    )


def _positions(numbers: Iterable[int]) -> Codes:
    return np.array(list(numbers), np.int64)
