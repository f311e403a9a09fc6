"""What of a graph can be left out, or drawn together, without changing when any of its goals falls.

Two reductions, both exact, trial by trial and to the last bit:

*Detours.* Where every way to an instance passes a fact f (f dominates it) and every way on from its results
to a goal passes f again (f postdominates them), no earliest derivation uses the instance: f held before it.
Leaving the instance out leaves every time of a goal as it was, for efforts are never negative. A device that
can be attacked from a zone and leads to nothing but that zone is one.

*What follows of itself.* A fact with a single maker that certainly succeeds, needs one other fact and takes
no time holds when that one does: it is another name for it. A fact that is only good for such an instance
is another name for the result of that instance.

The dominators are those of the flow graph in which an instance is entered by one of its premises: what
dominates that one is necessary for the instance, though not all that is. The algorithm is that of K. D.
Cooper, T. J. Harvey and K. Kennedy, "A simple, fast dominance algorithm" (Rice University, 2001).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from panacea_policy.risk.graph import Bools, Graph, Ints, Rows
from panacea_policy.risk.kernels import Kernels
from panacea_policy.risk.kernels.form import Shorts
from panacea_policy.risk.quantiles import table

#: So many results are looked at to find that an instance leads nowhere new.
AHEAD = 64


@dataclass(frozen=True)
class Core:
    """What is left of a graph. ``instances`` are the numbers there of those in ``graph``; ``place[fact]`` is
    the number here of a fact there, -1 for none.
    """

    graph: Graph
    instances: Ints
    place: Ints

    def facts(self, some: Iterable[int]) -> tuple[int, ...]:
        """The numbers here of facts there; several may have become one."""
        return tuple(self.place[list(some)].tolist())

    def only(self, instances: Bools) -> Core:
        """The same for some of the instances."""
        return Core(self.graph.only(instances), self.instances[instances], self.place)

    def followed(self, further: Core) -> Core:
        """What is left after a further reduction of ``graph``."""
        place = np.where(self.place >= 0, further.place[self.place], -1)
        return Core(further.graph, self.instances[further.instances], place)


def whole(graph: Graph) -> Core:
    """All of a graph."""
    return Core(graph, np.arange(len(graph)), np.arange(graph.facts))


def certain_of(graph: Graph) -> Bools:
    """The instances that always succeed, that no control hinders, and that take no time."""
    laws, law = graph.laws
    timeless = np.array([table(each)[-1] <= 0 for each in laws], bool)
    found: Bools = (graph.chance >= 1.0) & (np.diff(graph.hinders.start) == 0)
    return found & timeless[law] if len(laws) else found


def reduced(graph: Graph, starts: Ints, goals: Ints, certain: Bools | None, kernels: Kernels) -> Core:
    """The graph without detours on the way from any of ``starts`` to any of ``goals``; facts ``starts`` may
    hold at the start or not.

    ``certain``: the instances that succeed in every trial whatever is asked and take no time, which then may
    be drawn into their neighbours; None for no such drawing together.
    """
    starts, goals = (np.asarray(some, np.int64) for some in (starts, goals))
    alias = np.arange(graph.facts)
    kept = np.arange(len(graph))
    fixed = np.zeros(graph.facts, bool)
    fixed[starts] = True
    while True:
        before = len(kept)
        left = _relevant(graph, starts, goals, None if certain is None else certain[kept], kernels)
        kept, graph = kept[left], graph.only(left)
        if certain is not None:
            named, left = _renamed(graph, fixed, goals, certain[kept])
            graph = replace(
                graph,
                premises=Rows(graph.premises.start, named.before[graph.premises.index]),
                results=Rows(graph.results.start, named.after[graph.results.index]),
            ).only(left)
            kept = kept[left]
            alias, goals = named.before[alias], named.before[goals]
        if len(kept) == before:
            break
    return _compact(graph, kept, alias, starts, goals)


def _compact(graph: Graph, kept: Ints, alias: Ints, starts: Ints, goals: Ints) -> Core:
    """Facts that nothing speaks of any more are given no number."""
    spoken = np.zeros(graph.facts, bool)
    for some in (graph.premises.index, graph.results.index, starts, goals):
        spoken[some] = True
    place = np.where(spoken, np.cumsum(spoken) - 1, -1)
    made = replace(
        graph,
        facts=int(spoken.sum()),
        premises=Rows(graph.premises.start, place[graph.premises.index]),
        results=Rows(graph.results.start, place[graph.results.index]),
        initial=graph.initial[spoken],
        fact_key=graph.fact_key[spoken],
    )
    return Core(made, kept, place[alias])


# ---------------------------------------------------------------------------------------------- detours


def _relevant(graph: Graph, starts: Ints, goals: Ints, certain: Bools | None, kernels: Kernels) -> Bools:
    """The instances between ``starts`` and ``goals`` that are no detour."""
    facts, n = graph.facts, len(graph)
    root = sink = facts + n
    owners, needy = graph.premises.owners(), np.diff(graph.premises.start) > 0
    made = facts + graph.results.owners()
    entry = np.full(n, root)
    entry[needy] = graph.premises.index[graph.premises.start[:-1][needy]]
    ways = _Ways(
        np.concatenate([entry, made, np.full(len(starts), root)]),
        np.concatenate([facts + np.arange(n), graph.results.index, starts]),
        facts + n + 1,
    )
    on = _Ways(
        np.concatenate([graph.results.index, facts + owners, np.full(len(goals), sink)]),
        np.concatenate([made, graph.premises.index, goals]),
        facts + n + 1,
    )
    above, first, last = kernels.dominators(root, *ways.arrays)
    behind, reached, _ = kernels.dominators(sink, *on.arrays)
    mine = facts + np.arange(n)
    left: Bools = (first[mine] >= 0) & (reached[mine] >= 0)
    walking = np.flatnonzero(left)
    at = behind[facts + walking].astype(np.int64)
    while len(walking):
        place = first[facts + walking]
        # The nodes that the walk meets are facts or instances; either dominates as well.
        detour = (at != sink) & (first[at] <= place) & (place <= last[at]) & (first[at] >= 0)
        left[walking[detour]] = False
        going = ~detour & (at != sink)
        walking, at = walking[going], behind[at[going]].astype(np.int64)
    above[root] = -1
    asked = np.zeros(facts, np.uint8)
    asked[goals] = 1
    sure = np.zeros(n, np.uint8) if certain is None else certain.astype(np.uint8)
    left &= ~kernels.detours(graph.links, above, sure, asked, AHEAD)
    return left


class _Ways:
    """A graph of nodes by its edges: what each node leads to, and what leads to it."""

    def __init__(self, source: Ints, target: Ints, nodes: int) -> None:
        self.arrays: tuple[Shorts, Shorts, Shorts, Shorts] = (
            *_listed(source, target, nodes),
            *_listed(target, source, nodes),
        )


def _listed(owner: Ints, entry: Ints, owners: int) -> tuple[Shorts, Shorts]:
    start = np.zeros(owners + 1, np.int32)
    np.cumsum(np.bincount(owner, minlength=owners), out=start[1:])
    return start, entry[np.argsort(owner, kind="stable")].astype(np.int32)


# ---------------------------------------------------------------------------------------------- other names


@dataclass(frozen=True)
class _Names:
    """By which fact each stands as a premise, and as a result."""

    before: Ints
    after: Ints


def _renamed(graph: Graph, fixed: Bools, goals: Ints, certain: Bools) -> tuple[_Names, Bools]:
    """Other names for facts, and the instances that are still needed."""
    plain = certain & (np.diff(graph.premises.start) == 1) & (np.diff(graph.results.start) == 1)
    made = np.bincount(graph.results.index, minlength=graph.facts)
    needed = np.bincount(graph.premises.index, minlength=graph.facts)
    asked = fixed.copy()
    asked[goals] = True
    before, after = np.arange(graph.facts), np.arange(graph.facts)
    some = np.flatnonzero(plain)
    source = graph.premises.index[graph.premises.start[some]]
    result = graph.results.index[graph.results.start[some]]
    sole = (made[result] == 1) & ~fixed[result] & (source != result)
    before[result[sole]] = source[sole]
    renamed = np.zeros(graph.facts, bool)
    renamed[result[sole]] = True
    through = ~sole & (needed[source] == 1) & ~asked[source] & ~renamed[source] & (source != result)
    after[source[through]] = result[through]
    left = np.ones(len(graph), bool)
    left[some[sole | through]] = False
    # A fact may stand for one that stands for another; who makes what stands for another makes that.
    before = _followed(before)
    return _Names(before, before[_followed(after)]), left


def _followed(names: Ints) -> Ints:
    while not np.array_equal(names, further := names[names]):
        names = further
    return names
