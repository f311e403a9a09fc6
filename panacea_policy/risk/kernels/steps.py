"""How a run follows a change of its graph: what the compiled kernels of `following` are called with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.kernels.build import CannotCompile, Library, compile_kernels
from panacea_policy.engine.kernels.native import CannotLoad, Native
from panacea_policy.risk.kernels.form import QUANTILE_BITS, Bools, Bytes, Floats, Ints, Shorts, Words

#: Of each kernel its arguments: an array's address (a) or a number (n), as in `following`.
_SHARED = "n" + 15 * "a" + 8 * "a" + "n" + 2 * "a" + "n" + 2 * "a" + "n" + 5 * "a" + "n"
ARGUMENTS = {
    "follow": _SHARED + 10 * "a" + "n" + 7 * "a" + "n" + 4 * "a" + "n",
    "search": "n" + 9 * "a" + 6 * "a" + "nana" + "na" + 8 * "a" + "n",
    "leads": "n" + 10 * "a" + "n" + 4 * "a" + "n" + "a",
    "bereave": _SHARED + 2 * "a" + "n" + 3 * "a",
}

#: What an instance is part of: the graph before the change, what stays of it, what came.
BEFORE, STAYS, CAME = 1, 2, 4
#: What stands for the row of a fact of which none is kept: it is worked out, holds from the start, never
#: falls.
LOCAL, HELD, UNREACHED = -1, -2, -3

#: Instances that are looked at, at most, to find when one fact falls of which nothing is kept.
MOST = 4096
#: Facts that may wait to be settled in one trial.
_ROOM = 1 << 18


@dataclass(frozen=True)
class Links:
    """The instances of a graph and its facts, as lists behind each other; ``users`` and ``makers`` of the
    first ``facts`` facts, and for what came since chains: of each fact the first link, of each link the next
    (-1 for none) and its instance. ``alive``: see `BEFORE`.
    """

    facts: int
    premises: tuple[Shorts, Shorts]
    results: tuple[Shorts, Shorts]
    users: tuple[Shorts, Shorts]
    makers: tuple[Shorts, Shorts]
    more_users: tuple[Shorts, Shorts, Shorts]
    more_makers: tuple[Shorts, Shorts, Shorts]
    alive: Bytes


@dataclass(frozen=True)
class Figures:
    """What the draws of all instances of a graph come from, as in `Draws`, in the order of the graph."""

    stream: Words
    threshold: Words
    mode: Bytes
    shift: Bytes
    effort_stream: Words
    law: Shorts
    pace: Floats
    tables: Floats


@dataclass(frozen=True)
class Lists:
    """Lists of numbers behind each other."""

    start: Shorts
    index: Shorts

    def __len__(self) -> int:
        return len(self.start) - 1


@dataclass(frozen=True)
class Kept:
    """When some facts fall: ``times[trial, row[fact]]``; see `LOCAL` for facts without a row."""

    row: Shorts
    times: Floats


@dataclass(frozen=True)
class Earlier:
    """What falls earlier: rows of what is kept, trials and times. ``lost[column]``: too much work."""

    row: Ints
    trial: Ints
    time: Floats
    lost: Bools


class Steps:
    """Calls the kernels; any number of threads may."""

    def __init__(self, library: Library) -> None:
        """Loads the code. Raises CannotLoad."""
        self._native = Native(library, ARGUMENTS)
        self._call = self._native.call

    def follow(
        self,
        links: Links,
        figures: Figures,
        kept: Kept,
        ahead: tuple[Shorts, Shorts, Lists],
        groups: tuple[Lists, Lists, Lists],
        trials: Ints,
        limits: Floats,
        given_up: Bools | None = None,
    ) -> Earlier:
        """What falls earlier in some trials for what came: in ``groups`` of instances, with the rows behind
        each and those ahead of it. ``ahead``: for each instance, and for each entry of the users in
        ``links``, a number of the lists of rows that lie ahead of it, or -1 for any. Trials that are
        ``given_up`` are left out.
        """
        facts = len(kept.row)
        known = np.zeros(len(trials), np.uint8) if given_up is None else given_up.astype(np.uint8)
        lost = known.copy()
        scratch = _scratch(facts)
        more = (
            *np.zeros((2, facts), np.int32), np.empty(facts),
            np.zeros(facts, np.int32), np.zeros(kept.times.shape[1], np.int32), np.empty(_ROOM),
            np.empty(_ROOM, np.int32),
        )  # fmt: skip
        lists = [_at(each) for group in groups for each in (group.start, group.index)]
        space = 1 << 16
        while True:
            row, column, time = np.empty(space, np.int32), np.empty(space, np.int32), np.empty(space)
            count = self._call["follow"](
                *_shared(links, figures, kept, trials, limits, scratch),
                *map(_at, ahead[:2]), _at(ahead[2].start), _at(ahead[2].index), *lists, len(groups[0]),
                *map(_at, more), _ROOM,
                _at(lost), _at(row), _at(column), _at(time), space,
            )  # fmt: skip
            if count >= 0:
                break
            space *= 8
            lost[:] = known
            for stamp in (scratch[0], more[0], more[1], more[3], more[4]):
                stamp[:] = 0
        found = row[:count].astype(np.int64), trials[column[:count]], time[:count].copy()
        return Earlier(*found, lost.astype(np.bool_))

    def bereave(
        self,
        links: Links,
        figures: Figures,
        kept: Kept,
        gone: tuple[Shorts, Shorts],
        trials: Ints,
        limits: Floats,
    ) -> Bools:
        """The trials in which something that is kept may fall when it does for instances that went; the
        second of ``gone``: the instance that takes the place of each, with equal draws, or -1.
        """
        lost = np.zeros(len(trials), np.uint8)
        facts = len(kept.row)
        scratch = _scratch(facts)
        visited, stack = np.zeros(facts, np.int32), np.empty(facts, np.int32)
        self._call["bereave"](
            *_shared(links, figures, kept, trials, limits, scratch),
            *map(_at, gone), len(gone[0]), _at(visited), _at(stack), _at(lost),
        )  # fmt: skip
        return lost.astype(np.bool_)

    def leads(self, links: Links, stops: Bools, some: Ints) -> tuple[Lists, Words]:
        """The facts ``stops`` that lie next ahead of some instances, and for each a number that depends on
        which these are.
        """
        facts = len(stops)
        asked, start = some.astype(np.int32), np.zeros(len(some) + 1, np.int64)
        sign, stop = np.zeros(len(some), np.uint64), stops.view(np.uint8)
        lists = *links.results, *links.users, *links.more_users
        space = 4 * len(some) + 1024
        while True:
            seen, stack, found = (
                np.zeros(facts, np.int32),
                np.empty(facts, np.int32),
                np.empty(space, np.int32),
            )
            count = self._call["leads"](
                links.facts, *map(_at, lists), _at(links.alive), _at(stop), _at(asked), len(some), _at(seen),
                _at(stack), _at(start), _at(found), space, _at(sign),
            )  # fmt: skip
            if count >= 0:
                return Lists(start.astype(np.int32), found[:count].copy()), sign
            space *= 4

    def search(
        self,
        links: Links,
        ahead: tuple[Shorts, Lists],
        price: Floats,
        effort: Floats,
        held: Ints,
        wanted: Ints,
    ) -> tuple[Shorts, Shorts]:
        """Of each fact the instance that derives it at least cost (-1 for one that holds, -2 for none, or
        none that was looked at before all ``wanted`` facts that can be derived were), and its place in the
        order of settling. ``price`` is infinite for what cannot happen. ``ahead``: as for `follow`, facts in
        place of rows; facts between those are left out where nothing ahead of them is still to be derived.
        """
        facts = len(links.more_users[0])
        waiting = np.zeros(facts, np.uint8)
        waiting[wanted] = 1
        missing = np.diff(links.premises[0])
        free = np.flatnonzero(missing == 0).astype(np.int32)
        start = np.unique(held).astype(np.int32)
        cost, time = np.zeros(facts), np.zeros(facts)
        maker, order = np.full(facts, -2, np.int32), np.zeros(facts, np.int32)
        room = len(links.results[1]) + len(start) + 1
        heap = np.empty(room), np.empty(room), np.empty(room, np.int32), np.empty(room, np.int32)
        lists = *links.premises, *links.results, *links.users, *links.more_users
        self._call["search"](
            links.facts, *map(_at, lists), _at(ahead[0]), _at(ahead[1].start), _at(ahead[1].index),
            _at(price), _at(effort), _at(start), len(start), _at(waiting),
            int(waiting.sum()), _at(free), len(free), _at(missing), _at(cost), _at(time), _at(maker),
            _at(order), *map(_at, heap), room,
        )  # fmt: skip
        return maker, order


@cache
def steps() -> Steps | None:
    """The compiled kernels, read from the cache or made now, which takes some twenty seconds; None where
    they cannot be had.
    """
    from panacea_policy.engine.kernels.store import read_library, write_library

    sources = tuple(
        Path(__file__).with_name(name) for name in ("following.py", "tracing.py", "heap.py", "drawing.py")
    )
    try:
        library = read_library(sources)
        if library is None:
            library = compile_kernels("panacea_policy.risk.kernels.following")
            write_library(library, sources)
        return Steps(library)
    except (ImportError, CannotCompile, CannotLoad):
        return None


def _scratch(facts: int) -> tuple[NDArray[Any], ...]:
    return (
        np.zeros(facts, np.int32), np.empty(facts), np.empty(MOST + 1, np.int32),
        np.empty(MOST + 1, np.int32), np.empty(MOST + 1),
    )  # fmt: skip


def _shared(
    links: Links,
    figures: Figures,
    kept: Kept,
    trials: Ints,
    limits: Floats,
    scratch: tuple[NDArray[Any], ...],
) -> tuple[int, ...]:
    lists = (
        *links.premises, *links.results, *links.users, *links.makers, *links.more_users, *links.more_makers,
        links.alive, figures.stream, figures.threshold, figures.mode, figures.shift, figures.effort_stream,
        figures.law, figures.pace, figures.tables,
    )  # fmt: skip
    return (
        links.facts, *map(_at, lists), QUANTILE_BITS,
        _at(kept.row), _at(kept.times), kept.times.shape[1], _at(trials), _at(limits), len(trials),
        *map(_at, scratch), MOST,
    )  # fmt: skip


def _at(array: Any) -> int:
    """Where the data of an array lie."""
    if not array.flags.c_contiguous:
        raise ValueError("the kernels need arrays in one piece")
    return int(array.ctypes.data)
