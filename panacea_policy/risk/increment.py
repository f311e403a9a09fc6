"""A base run carried over to a changed graph: only what the change can touch is simulated again.

Facts and instances of the two graphs are matched by their keys. An instance that came, went, or succeeds or
lasts otherwise than before, has changed. Where a changed instance does not fire in a trial, neither before
nor after, that trial is as it was: its draws are, and nothing else can tell the runs apart. In the words of
trials in which an instance that went had fired, what may follow from it is taken back and derived anew;
elsewhere what came is only added. The result equals a fresh run, bit by bit.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from panacea_policy.risk.graph import Bools, Floats, Graph, Ints, Words, distinct
from panacea_policy.risk.kernels import Draws, Plan
from panacea_policy.risk.kernels.form import ALWAYS, DRAWN
from panacea_policy.risk.kernels.numbers import mix, world_lanes_below
from panacea_policy.risk.simulate import Matrix, Runner, unpacked

_EVERYTHING = np.array([0xFFFFFFFFFFFFFFFF], np.uint64)
#: Words of draws that are made at once.
_TOGETHER = 1 << 15


@dataclass(frozen=True)
class Run:
    """What is kept of a run: of each fact of the plan in which trials it falls, and when the goals do.

    ``facts`` are the numbers of the facts, ``rows[fact, word]`` their words of trials; ``times`` as in
    `Outcome`. ``rows`` is None where keeping them would take too much memory.
    """

    graph: Graph
    plan: Plan
    draws: Draws
    start: tuple[int, ...]
    facts: Ints
    rows: Words | None
    times: Matrix


def facts_of(plan: Plan, *more: Ints) -> Ints:
    """The facts that a plan speaks of, ascending."""
    spoken = np.zeros(plan.facts, bool)
    spoken[plan.premise] = spoken[plan.result] = True
    for facts in more:
        spoken[facts] = True
    return np.flatnonzero(spoken)


def successes(draws: Draws, some: Ints, words: Ints) -> Words:
    """The words of trials in which some instances succeed, shape (some, words)."""
    found = np.zeros((len(some), len(words)), np.uint64)
    found[draws.mode[some] == ALWAYS] = _EVERYTHING[0]
    for shift in np.unique(draws.shift[some]).tolist():
        rows = np.flatnonzero((draws.mode[some] == DRAWN) & (draws.shift[some] == shift))
        stream, threshold = draws.stream[some[rows], None], draws.threshold[some[rows], None]
        found[rows] = world_lanes_below(stream, words.astype(np.uint64), _EVERYTHING, threshold, shift)
    return found


def changed(before: Run, graph: Graph, plan: Plan, draws: Draws) -> tuple[Ints, Ints]:
    """The positions in the old plan of what went, and in the new one of what came; what changed is in
    both.
    """
    old, new = _identities(before.graph, before.plan, before.draws), _identities(graph, plan, draws)
    order = np.argsort(old)
    ordered = old[order]
    place = np.minimum(np.searchsorted(ordered, new), max(len(old) - 1, 0))
    same = ordered[place] == new if len(old) else np.zeros(len(new), bool)
    stays = np.zeros(len(old), bool)
    stays[order[place[same]]] = True
    return np.flatnonzero(~stays), np.flatnonzero(~same)


def _identities(graph: Graph, plan: Plan, draws: Draws) -> Words:
    """What each instance is and how it succeeds and lasts, in 64 bits."""
    some = plan.instances
    laws = np.array([_digest(each) for each in draws.tables], np.uint64)
    timeless = draws.law < 0
    columns = [
        graph.key[some],
        draws.stream,
        draws.threshold,
        draws.mode.astype(np.uint64) << np.uint64(8) | draws.shift.astype(np.uint64),
        np.where(timeless, np.uint64(0), laws[np.maximum(draws.law, 0)]),
        np.where(timeless, 0.0, draws.pace).view(np.uint64),
    ]
    found = np.zeros(len(some), np.uint64)
    for column in columns:
        found = mix(found + column)
    return found


def _digest(values: Floats) -> int:
    """64 bits that stand for a table of quantiles."""
    return int.from_bytes(hashlib.blake2b(values.tobytes(), digest_size=8).digest(), "little")


def resumed(
    before: Run, graph: Graph, plan: Plan, draws: Draws, start: tuple[int, ...], facts: Ints, runner: Runner
) -> tuple[Words, Bools] | None:
    """The words of trials of ``facts`` under the changed graph, and in which trials something changed.

    None where the runs have too little in common for this to pay.
    """
    if before.rows is None or _keys(before.graph, before.start) != _keys(graph, start):
        return None
    went, came = changed(before, graph, plan, draws)
    words = np.arange(before.rows.shape[1])
    state = _carried(before, graph, facts)
    local = np.full(graph.facts, -1, np.int64)
    local[facts] = np.arange(len(facts))
    state[local[list(start)]] = _EVERYTHING[0]
    fired = _fired(before.plan, before.draws, went, before.facts, before.rows, words)
    fires = _fired(plan, draws, came, facts, state, words)
    touched = np.flatnonzero((fired | fires) != 0)
    if len(touched):
        lost = _may_lose(before, graph, plan, went)
        _derive(plan, draws, local, state, words[touched], fired[touched] != 0, lost, start, came, runner)
    fires = _fired(plan, draws, came, facts, state, words)
    return state, unpacked(fired | fires, 64 * len(words))


def _keys(graph: Graph, facts: tuple[int, ...]) -> set[int]:
    return set(graph.fact_key[list(facts)].tolist())


def _carried(before: Run, graph: Graph, facts: Ints) -> Words:
    """The rows of the old run for the facts of the new graph; zero for what is new."""
    assert before.rows is not None
    state = np.zeros((len(facts), before.rows.shape[1]), np.uint64)
    old = before.graph.fact_key[before.facts]
    if np.array_equal(old, graph.fact_key[facts]):
        return before.rows.copy()
    if len(old) and len(facts):
        order = np.argsort(old)
        new = graph.fact_key[facts]
        place = np.minimum(np.searchsorted(old[order], new), len(old) - 1)
        known = np.flatnonzero(old[order][place] == new)
        state[known] = before.rows[order[place[known]]]
    return state


def _fired(plan: Plan, draws: Draws, some: Ints, facts: Ints, rows: Words, words: Ints) -> Words:
    """The words of trials in which any of some instances has all that it needs, and succeeds."""
    found = np.zeros(len(words), np.uint64)
    size = max(1, _TOGETHER // max(1, len(words)))
    for first in range(0, len(some), size):
        part = some[first : first + size]
        through = successes(draws, part, words)
        for n, i in enumerate(part.tolist()):
            needs = plan.premise[plan.premise_start[i] : plan.premise_start[i + 1]]
            if len(needs):
                through[n] &= np.bitwise_and.reduce(rows[np.searchsorted(facts, needs)], axis=0)
        found |= np.bitwise_or.reduce(through, axis=0)
    return found


def _may_lose(before: Run, graph: Graph, plan: Plan, went: Ints) -> Bools:
    """The facts of the new graph that may rest on instances that went, as far as its own instances tell."""
    old = before.plan
    gone = [old.result[old.result_start[i] : old.result_start[i + 1]] for i in went.tolist()]
    keys = before.graph.fact_key[np.unique(np.concatenate([np.zeros(0, np.int32), *gone]))]
    lost = np.isin(graph.fact_key, keys)
    new = np.flatnonzero(lost)
    while len(new):
        users, _ = distinct(_gathered(plan.user_start, plan.user, new))
        results, _ = distinct(_gathered(plan.result_start, plan.result, users))
        new = results[~lost[results]]
        lost[new] = True
    return lost


def _gathered(start: np.ndarray, index: np.ndarray, rows: np.ndarray) -> Ints:
    """The entries of some rows of lists behind each other."""
    sizes = (start[rows + 1] - start[rows]).astype(np.int64)
    ends = np.cumsum(sizes)
    places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(start[rows] - (ends - sizes), sizes)
    found: Ints = index[places].astype(np.int64)
    return found


def _derive(
    plan: Plan,
    draws: Draws,
    local: Ints,
    state: Words,
    words: Ints,
    backward: Bools,
    lost: Bools,
    start: tuple[int, ...],
    came: Ints,
    runner: Runner,
) -> None:
    """Bring the rows of the touched words up to date, in place. ``backward[word]``: an instance that went had
    fired there, so that what may rest on it is derived anew.
    """
    again = np.zeros(len(plan), np.uint8)
    again[np.repeat(np.arange(len(plan)), np.diff(plan.result_start))[lost[plan.result]]] = 1
    again[came] = 1
    forward = np.zeros(len(plan), np.uint8)
    forward[came] = 1
    held = np.flatnonzero(local >= 0)
    gone = np.flatnonzero(lost & (local >= 0))
    gone = gone[~np.isin(gone, list(start))]

    for some, dirty, reset in ((words[~backward], forward, gone[:0]), (words[backward], again, gone)):

        def part(chosen: slice, some: Ints = some, dirty: np.ndarray = dirty, reset: Ints = reset) -> None:
            block = some[chosen]
            width = runner.kernels.width if runner.kernels.exact_width else len(block)
            full = np.zeros((plan.facts, width), np.uint64)
            full[held, : len(block)] = state[local[held][:, None], block]
            full[reset] = 0
            runner.kernels.resume(plan, draws, np.resize(block, width), full, dirty.copy())
            state[local[held][:, None], block] = full[held, : len(block)]

        list(runner.in_parts(part, len(some), runner.kernels.width))
