"""The instances and facts of a graph that grows: lists behind each other, what leads where in both
directions, and how far something reaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from panacea_policy.risk.graph import Bools, Graph, Ints, Rows, distinct
from panacea_policy.risk.kernels.form import Shorts
from panacea_policy.risk.kernels.steps import Lists

_T = TypeVar("_T", bound=np.generic)


def extended(known: NDArray[_T], new: NDArray[Any]) -> NDArray[_T]:
    """An array with more behind it. There is room behind what was made here, and what was put there before
    is lost to others: only the latest of several that grew from one array holds what it says.
    """
    size, room = len(known) + len(new), known.base
    at_front = (
        isinstance(room, np.ndarray) and room.dtype == known.dtype and room.shape[1:] == known.shape[1:]
    )
    if not at_front or len(room) < size or room.ctypes.data != known.ctypes.data:  # type: ignore[union-attr,arg-type]
        room = np.empty((size + size // 8 + 1024, *known.shape[1:]), known.dtype)
        room[: len(known)] = known
    room[len(known) : size] = new  # type: ignore[index]
    found: NDArray[_T] = room[:size]  # type: ignore[index]
    return found


@dataclass(frozen=True)
class Chains:
    """For each of some numbers the rows that hold it: for the first of them as lists behind each other, and
    what came since as pairs, ascending by number.
    """

    rows: Rows
    number: Ints
    holder: Ints

    @classmethod
    def of(cls, lists: Rows, columns: int) -> Chains:
        nothing = np.zeros(0, np.int64)
        return cls(lists.turned(columns), nothing, nothing)

    def ordered(self, rank: Shorts) -> Chains:
        """The same, the rows that hold a number in the order of their ranks."""
        order = np.lexsort((rank[self.rows.index], self.rows.owners()))
        return Chains(Rows(self.rows.start, self.rows.index[order]), self.number, self.holder)

    def grown(self, lists: Rows, first: int) -> Chains:
        """With what is in the lists from ``first``, which are new."""
        number = np.concatenate([self.number, lists.index[lists.start[first] :]])
        sizes = np.diff(lists.start[first:])
        holder = np.concatenate([self.holder, np.repeat(np.arange(first, len(lists)), sizes)])
        order = np.argsort(number, kind="stable")
        return Chains(self.rows, number[order], holder[order])

    def of_each(self, numbers: Ints) -> tuple[Ints, Ints]:
        """The rows that hold some numbers: positions among ``numbers``, and the rows."""
        known = np.flatnonzero(numbers < len(self.rows))
        taken = self.rows.taken(numbers[known])
        first = np.searchsorted(self.number, numbers)
        count = np.searchsorted(self.number, numbers, side="right") - first
        more = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(int(count.sum()))
        owner = np.concatenate([known[taken.owners()], np.repeat(np.arange(len(numbers)), count)])
        return owner, np.concatenate([taken.index, self.holder[more]])

    def arrays(self, columns: int) -> tuple[Shorts, Shorts, Shorts]:
        """What came since as chains: of each number the first link, of each link the next and its row."""
        head = np.full(columns, -1, np.int32)
        places = np.arange(len(self.number), dtype=np.int32)
        starts = np.diff(self.number, prepend=-1) != 0
        head[self.number[starts]] = places[starts]
        following = np.where(np.append(~starts[1:], False), places + 1, -1).astype(np.int32)
        return head, following, self.holder.astype(np.int32)


@dataclass(frozen=True)
class Net:
    """A graph with its users and makers, those of what came since it was first looked at apart."""

    graph: Graph
    users: Chains
    makers: Chains

    @classmethod
    def of(cls, graph: Graph) -> Net:
        return cls(graph, Chains.of(graph.premises, graph.facts), Chains.of(graph.results, graph.facts))

    def grown(self, graph: Graph) -> Net:
        """The net of a graph that has further instances behind those of this one."""
        first = len(self.graph)
        return Net(graph, self.users.grown(graph.premises, first), self.makers.grown(graph.results, first))

    # ------------------------------------------------------------------------------------------ how far

    def wanted(self, wanted: Bools, used: Bools, came: Ints) -> Ints:
        """Mark what leads to ``wanted`` facts now that some instances came; gives the instances that are
        ``used`` since.
        """
        new: list[Ints] = []
        results = self.graph.results.taken(came)
        counts = np.bincount(results.owners()[wanted[results.index]], minlength=len(came))
        makers = came[(counts > 0) & ~used[came]]
        while len(makers):
            used[makers] = True
            new.append(makers)
            needs, _ = distinct(self.graph.premises.taken(makers).index)
            needs = needs[~wanted[needs]]
            wanted[needs] = True
            makers, _ = distinct(self.makers.of_each(needs)[1])
            makers = makers[~used[makers]]
        return np.concatenate([np.zeros(0, np.int64), *new])

    def reached(self, holds: Bools, possible: Bools, came: Ints) -> Ints:
        """Mark the facts that can come to hold now that some instances came, of those that are ``possible``;
        gives the instances that can come to be since, and some that could before.
        """
        new: list[Ints] = []
        ready = came
        while len(ready):
            ready = ready[possible[ready]]
            premises = self.graph.premises.taken(ready)
            lacks = np.bincount(premises.owners()[~holds[premises.index]], minlength=len(ready))
            ready = ready[lacks == 0]
            new.append(ready)
            results, _ = distinct(self.graph.results.taken(ready).index)
            results = results[~holds[results]]
            holds[results] = True
            ready, _ = distinct(self.users.of_each(results)[1])
        return np.concatenate([np.zeros(0, np.int64), *new])


@dataclass(frozen=True)
class Near:
    """What lies next to some instances, as pairs of a position among them and a fact; ``free``: positions of
    those that something leads to which needs nothing.
    """

    owner: Ints
    fact: Ints
    free: Ints


def near(net: Net, came: Ints, stops: Bools, alive: Bools, most: int, *, ahead: bool) -> Near | None:
    """The facts ``stops`` that lie next to instances that came, behind or ahead of them, with no other of
    them between; None where more than ``most`` pairs would have to be looked at.
    """
    onward, lists = (net.users, net.graph.results) if ahead else (net.makers, net.graph.premises)
    facts = net.graph.facts
    first = lists.taken(came)
    pairs, _ = distinct(first.owners() * facts + first.index)
    free = [np.flatnonzero(np.diff(first.start) == 0)]
    seen, found, total = pairs, [np.zeros(0, np.int64)], len(pairs)
    while len(pairs):
        halt = stops[pairs % facts]
        found.append(pairs[halt])
        pairs = pairs[~halt]
        owner, through = onward.of_each(pairs % facts)
        total += len(owner)
        if total > most:
            return None
        owner, through = (pairs // facts)[owner[alive[through]]], through[alive[through]]
        further = lists.taken(through)
        free.append(owner[np.diff(further.start) == 0])
        pairs, _ = distinct(owner[further.owners()] * facts + further.index)
        pairs = np.setdiff1d(pairs, seen, assume_unique=True)
        seen = np.concatenate([seen, pairs])
    every = np.concatenate(found)
    return Near(every // facts, every % facts, np.concatenate(free))


def short(rows: Rows) -> Lists:
    """The same in half the room."""
    return Lists(rows.start.astype(np.int32), rows.index.astype(np.int32))


def longer(known: Lists, rows: Rows) -> Lists:
    """Lists with the further ones of ``rows`` behind them."""
    first = len(known)
    return Lists(
        extended(known.start, rows.start[first + 1 :]), extended(known.index, rows.index[rows.start[first] :])
    )


def lists_of(owner: Ints, entry: Ints, owners: int) -> Lists:
    """Lists behind each other, of entries by their owners."""
    order = np.argsort(owner, kind="stable")
    start = np.zeros(owners + 1, np.int32)
    np.cumsum(np.bincount(owner, minlength=owners), out=start[1:])
    return Lists(start, entry[order].astype(np.int32))
