"""A large run carried over to a graph that grew: only what can fall earlier for what came is worked out.

Of a run the times are kept of some facts, the *border*: goals, and facts that many instances build on or
lead to (zones, domains). What lies between falls when what is kept behind it says, so that it can be worked
out for a trial when it is asked for. An instance that came matters in a trial only if something behind it
falls before something ahead of it; from there on whatever falls earlier than before is followed in the order
of its times, as in the run itself. An instance that went matters only where something that is kept fell just
when it, or what it brought about, led there. Every time is that of a fresh run, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from panacea_policy.risk.graph import Bools, Floats, Ints, distinct
from panacea_policy.risk.kernels.form import Bytes, Shorts
from panacea_policy.risk.kernels.steps import (
    BEFORE,
    CAME,
    HELD,
    LOCAL,
    STAYS,
    UNREACHED,
    Earlier,
    Figures,
    Kept,
    Links,
    Lists,
    Steps,
)
from panacea_policy.risk.leads import Leads, leading_to
from panacea_policy.risk.links import Near, Net, lists_of, longer, near, short
from panacea_policy.risk.scene import Reach, Scene, alike, has_cycles
from panacea_policy.risk.simulate import Matrix, Runner
from panacea_policy.risk.tempers import Tempers

_T = TypeVar("_T")

_NOTHING = Earlier(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, bool))

#: What lies ahead, see `Steps.follow`.
_Ahead = tuple[Shorts, Shorts, Lists]

#: Pairs of an instance and a fact near it that are looked at, at most.
_MOST_PAIRS = 1 << 22
#: Trials that one call of the kernels takes.
_TRIALS = 1024


@dataclass
class Carried:
    """What is kept of the run of one source: how far it gets, what it can do (``possible`` of all instances,
    and with the controls in place), how long each trial lasts, and when the facts of the border fall,
    ``times[trial, row[fact]]``. ``outcome[goal, trial]``: when the goals do, with the time that the actor
    waits in each trial (``waiting``); ``fallen``: whether.
    """

    reach: Reach
    possible: Reach
    limits: Floats
    waiting: Floats
    row: Shorts
    times: Floats
    fallen: Bools
    outcome: Matrix


@dataclass(frozen=True)
class Moved:
    """Goals of one source that fall at another time in some trials, those of them that ``fell`` in a trial
    in which they had not, or the other way round; ``new``: these trials. ``spared``: whether a goal does not
    fall any more in a trial in which it did.
    """

    goals: Ints
    fell: Ints
    new: Ints
    spared: bool


@dataclass(frozen=True)
class _Change:
    """What a graph has that the one before had not, and the other way round.

    ``came``: instances that matter now; ``gone``; ``twin``: of each of these the instance that takes its
    place with the same draws, or -1. ``groups``: what came by what lies next to it.
    """

    came: Ints
    gone: Shorts
    twin: Shorts
    groups: tuple[Lists, Near, Near]


class Following:
    """A run that follows its graph. Raises nothing; what it cannot follow it says so, and is as it was."""

    def __init__(
        self,
        scene: Scene,
        wanted: Bools,
        used: Bools,
        mask: Bools,
        border: Ints,
        reaches: Sequence[Reach],
        limits: Sequence[Floats],
        waiting: Sequence[Floats],
        times: Iterable[Matrix],
        steps: Steps,
        runner: Runner,
        *,
        seed: int,
        shift: int,
    ) -> None:
        """``wanted`` and ``used``: what some derivation of a goal may use; ``mask``: what of that can come
        to be. ``border``: the facts whose times are kept besides those of the goals, all that a source
        starts from among them. ``times`` of each source: of the goals and then of the border, by trial.
        """
        self._scene = scene
        self._net = Net.of(scene.graph)
        self._wanted, self._used, self._mask = wanted, used, mask
        self.steps, self._runner = steps, runner
        self._tempers = Tempers.of(scene.graph, scene.chance, scene.pace, scene.sources, seed, shift)
        kept = np.concatenate([np.array(scene.goals, np.int64), border])
        self._stops = np.zeros(scene.graph.facts, bool)
        self._stops[kept] = True
        alive = used.astype(np.uint8) * np.uint8(BEFORE | STAYS)
        self._leads = Leads.of(steps, _Lists.of(self._net).links(self._net, alive), self._stops, used)
        self._net = replace(self._net, users=self._net.users.ordered(self._leads.lead))
        self._lists = _Lists.of(self._net)
        #: The graph as the kernels read it, and what lies ahead of each entry of its users.
        self.links = self._lists.links(self._net, alive)
        self.user_lead = self._leads.lead[self.links.users[1]]
        self.runs = [
            self._carried(k, *each, kept)
            for k, each in enumerate(zip(reaches, limits, waiting, times, strict=True))
        ]
        #: The sources for which something came or went since the run before.
        self.touched: frozenset[int] = frozenset(range(len(self.runs)))
        self._cyclic: bool | None = None

    def _carried(
        self, k: int, reach: Reach, limits: Floats, waiting: Floats, times: Matrix, kept: Ints
    ) -> Carried:
        scene = self._scene
        outcome = times[: len(scene.goals)] + waiting
        row = np.full(scene.graph.facts, LOCAL, np.int32)
        row[self._stops] = UNREACHED
        facts, first = np.unique(kept, return_index=True)
        here = reach.now[facts]
        row[facts[here]] = np.arange(int(here.sum()))
        row[list(scene.sources[k].start)] = HELD
        mine = np.ascontiguousarray(times[first[here]].T)
        possible = Reach(self._tempers.chances(k, bare=True) > 0, self._tempers.chances(k, bare=False) > 0)
        return Carried(reach, possible, limits, waiting, row, mine, np.isfinite(outcome), outcome)

    @property
    def scene(self) -> Scene:
        """What the run is one of."""
        return self._scene

    @property
    def cyclic(self) -> bool:
        """Whether what matters of the graph has cycles."""
        if self._cyclic is None:
            self._cyclic = has_cycles(self._net.graph.only(self._mask), self._runner.kernels)
        return self._cyclic

    def in_threads(self, work: Callable[[int], _T], count: int) -> Iterable[_T]:
        """What ``work`` gives for each number below ``count``."""
        return self._runner.in_parts(lambda chosen: work(chosen.start), count, 1)

    def search(self, k: int, goals: Ints) -> tuple[Shorts, Shorts, Floats]:
        """For a source how each fact is derived most likely, as told by `Steps.search`, at least until the
        goals are; and the chances by which.
        """
        chance = np.where(self._used, self._tempers.every(k), 0.0)
        with np.errstate(divide="ignore"):
            price = -np.log(chance)
        held = np.array(self._scene.sources[k].start, np.int64)
        reached = self.runs[k].reach.now
        lead = np.where(reached[self._leads.lists.index], self._leads.lists.index, -1).astype(np.int32)
        ahead = self.user_lead, Lists(self._leads.lists.start, lead)
        effort = self._scene.graph.mean_effort
        return *self.steps.search(self.links, ahead, price, effort, held, goals), chance

    @property
    def possible(self) -> Bools:
        """The facts that can come to hold with the controls in place, to some source."""
        found = np.zeros(self._scene.graph.facts, bool)
        for run in self.runs:
            found |= run.reach.now
        return found

    @property
    def relevant(self) -> int:
        """How many instances matter and can come to be."""
        return int(np.count_nonzero(self._mask))

    # ------------------------------------------------------------------------------------------ following

    def follow(self, scene: Scene) -> list[Moved] | None:
        """Brings the run to a graph that has further instances behind those of the last one, some of which
        may have lost their chance. Tells which goals fall at other times; None where only a fresh run can
        tell, of which nothing is known then.
        """
        gone = self._gone(scene)
        if gone is None:
            return None
        first, facts = len(self._net.graph), scene.graph.facts
        net = self._net.grown(scene.graph)
        wanted, stops = _wider(self._wanted, facts), _wider(self._stops, facts)
        used = _wider(self._used, len(scene.graph))
        new = net.wanted(wanted, used, np.arange(first, len(scene.graph)))
        tempers = self._tempers.grown(scene.graph, scene.chance, scene.pace, scene.sources, first)
        alive = _wider(self._used, len(scene.graph)).astype(np.uint8) * np.uint8(BEFORE | STAYS)
        # What went may at the same time have come to matter.
        new = np.setdiff1d(new, gone)
        alive[gone] &= BEFORE
        alive[new] = CAME
        twin = tempers.twins(net.graph, gone, first)
        runs, fired, touched = [], [np.zeros(0, np.int64)], set()
        for k, run in enumerate(self.runs):
            made, ready = self._grown(k, run, net, tempers, used, new, gone, twin)
            runs.append(made)
            fired.append(ready)
            if len(ready) or run.possible.bare[gone].any():
                touched.add(k)
        mask = _wider(self._mask, len(scene.graph))
        mask[np.concatenate(fired)] = True
        if len(gone):
            mask = self._mask_of(net, used, runs)
        change = self._change(net, new, gone, twin, stops, alive)
        lists = self._lists.grown(net)
        links = lists.links(net, alive)
        some = leading_to(net, new, stops, (alive & (STAYS | CAME)) != 0)
        leads = self._leads.again(self.steps, links, stops, some)
        user_lead = leads.lead[links.users[1]]
        found = []
        for k, run in enumerate(runs):
            ahead = leads.lead, user_lead, Lists(leads.lists.start, run.row[leads.lists.index])
            figures = tempers.figures(k)
            earlier = self._earlier(links, figures, run, change, ahead)
            lost = np.flatnonzero(earlier.lost)
            again = self._again(net, links, figures, run, ahead, lost) if len(lost) else _NOTHING
            if again.lost.any():
                return None
            found.append((earlier, lost, again))
        tempers.forget(gone)
        self._lists, self.links, self._leads, self.user_lead = lists, links, leads, user_lead
        self.touched = frozenset(touched)
        self._cyclic = True if self._cyclic and not len(gone) else None
        self._scene, self._net, self._tempers, self.runs = scene, net, tempers, runs
        self._wanted, self._used, self._mask, self._stops = wanted, used, mask, stops
        return [self._moved(run, *each) for run, each in zip(runs, found, strict=True)]

    def _gone(self, scene: Scene) -> Ints | None:
        """The instances that lost their chance; None where the graph is not the last one grown, or changed
        otherwise.
        """
        last, now = self._scene, scene
        n, m = len(last.graph), last.graph.facts
        grown = len(now.graph) >= n and now.graph.facts >= m
        if not grown or now.goals != last.goals or not alike(last.sources, now.sources, n):
            return None
        same = (
            np.array_equal(now.graph.key[:n], last.graph.key)
            and np.array_equal(now.graph.fact_key[:m], last.graph.fact_key)
            and np.array_equal(now.pace[:n], last.pace)
        )
        lost = now.graph.chance[:n] != last.graph.chance
        same = same and not (now.graph.chance[:n][lost] > 0).any()
        return np.flatnonzero(lost) if same and not ((now.chance[:n] != last.chance) & ~lost).any() else None

    def _grown(
        self,
        k: int,
        run: Carried,
        net: Net,
        tempers: Tempers,
        used: Bools,
        new: Ints,
        gone: Ints,
        twin: Shorts,
    ) -> tuple[Carried, Ints]:
        """What is kept of a run, with room for what can fall now; and the instances that can come to be."""
        facts = net.graph.facts
        reached, possible, ready = [], [], new[:0]
        for bare in (True, False):
            before = run.possible.bare if bare else run.possible.now
            can = np.concatenate([before, tempers.chances(k, bare=bare) > 0])
            lost = gone[can[gone]]
            can[gone] = False
            holds = _wider(run.reach.bare if bare else run.reach.now, facts)
            # Where another with the same premises takes its place, everything that can be reached still can.
            if len(lost) and not (can[twin[np.isin(gone, lost)]] & (twin[np.isin(gone, lost)] >= 0)).all():
                holds, _ = net.graph.reachable(self._scene.sources[k].start, (can & used).astype(float))
            fired = net.reached(holds, can, new)
            ready = fired if bare else ready
            reached.append(holds)
            possible.append(can)
        row = np.full(facts, LOCAL, np.int32)
        row[: len(run.row)] = run.row
        more = np.flatnonzero((row == UNREACHED) & reached[1])
        times = run.times
        if len(more):
            row[more] = np.arange(times.shape[1], times.shape[1] + len(more))
            times = np.concatenate([times, np.full((len(times), len(more)), np.inf)], axis=1)
        return (
            replace(run, reach=Reach(*reached), possible=Reach(*possible), row=row, times=times),
            ready[used[ready]],
        )

    def _mask_of(self, net: Net, used: Bools, runs: Sequence[Carried]) -> Bools:
        """The instances that matter and can come to be."""
        premises = net.graph.premises
        owners, mask = premises.owners(), np.zeros(len(net.graph), bool)
        for run in runs:
            lacks = np.bincount(owners[~run.reach.bare[premises.index]], minlength=len(mask))
            mask |= used & run.possible.bare & (lacks == 0)
        return mask

    def _change(self, net: Net, new: Ints, gone: Ints, twin: Shorts, stops: Bools, alive: Bytes) -> _Change:
        stays = (alive & (STAYS | CAME)) != 0
        behind = near(net, new, stops, stays, _MOST_PAIRS, ahead=False)
        ahead = near(net, new, stops, stays, _MOST_PAIRS, ahead=True)
        nothing = np.zeros(0, np.int64)
        if behind is None or ahead is None:
            everybody = Near(nothing, nothing, np.arange(len(new)))
            behind = ahead = everybody
        else:
            ahead = replace(ahead, free=nothing)
        group = _alike_pairs(behind, ahead, len(new))
        lists = lists_of(group, new, int(group.max(initial=-1)) + 1)
        of_each = [Near(group[side.owner], side.fact, group[side.free]) for side in (behind, ahead)]
        return _Change(new, gone.astype(np.int32), twin, (lists, of_each[0], of_each[1]))

    def _earlier(
        self, links: Links, figures: Figures, run: Carried, change: _Change, ahead: _Ahead
    ) -> Earlier:
        """What of the border falls earlier to a source for what came."""
        groups = change.groups[0]
        behind, front = (_rows_of(side, run.row, len(groups)) for side in change.groups[1:])
        near_by = groups, behind, front
        kept = Kept(run.row, run.times)
        trials = np.arange(len(run.limits))
        can = run.possible.now
        idle = not can[change.came].any() or not len(behind.index)
        gone = change.gone[figures.mode[change.gone] != 0]
        twin = change.twin[figures.mode[change.gone] != 0]

        def part(chosen: slice) -> Earlier:
            mine, limits = trials[chosen], run.limits[chosen]
            lost = np.zeros(len(mine), bool)
            if len(gone):
                lost = self.steps.bereave(links, figures, kept, (gone, twin), mine, limits)
            if idle:
                return replace(_NOTHING, lost=lost)
            return self.steps.follow(links, figures, kept, ahead, near_by, mine, limits, lost)

        return _together(list(self._runner.in_parts(part, len(trials), _TRIALS)))

    def _again(
        self,
        net: Net,
        links: Links,
        figures: Figures,
        run: Carried,
        ahead: _Ahead,
        lost: Ints,
    ) -> Earlier:
        """Everything of the border anew, in the trials that are ``lost``: as if nothing had been known, and
        what is near the start had come.
        """
        run.times[lost] = np.inf
        stays = replace(links, alive=np.where(links.alive & (STAYS | CAME), STAYS, 0).astype(np.uint8))
        seeds = _next_to(net, run.row == HELD, run.row != LOCAL, stays.alive != 0)
        everything = Lists(np.array([0, 1], np.int32), np.array([-1], np.int32))
        group = Lists(np.array([0, len(seeds)], np.int32), seeds.astype(np.int32))
        kept = Kept(run.row, run.times)

        def part(chosen: slice) -> Earlier:
            trials = lost[chosen]
            groups = (group, everything, everything)
            return self.steps.follow(stays, figures, kept, ahead, groups, trials, run.limits[trials])

        return _together(list(self._runner.in_parts(part, len(lost), _TRIALS // 16)))

    def _moved(self, run: Carried, earlier: Earlier, lost: Ints, again: Earlier) -> Moved:
        """Writes down what falls at other times; tells which goals do."""
        for each in (earlier, again):
            run.times[each.trial, each.row] = each.time
        goal, trial, time = self._goals_in(run, earlier, lost)
        now = time + run.waiting[trial]
        before, fell, falls = run.outcome[goal, trial], run.fallen[goal, trial], np.isfinite(now)
        run.outcome[goal, trial], run.fallen[goal, trial] = now, falls
        other, anew = now != before, falls != fell
        return Moved(
            distinct(goal[other])[0],
            distinct(goal[anew])[0],
            distinct(trial[anew])[0],
            bool((fell & ~falls).any()),
        )

    def _goals_in(self, run: Carried, earlier: Earlier, lost: Ints) -> tuple[Ints, Ints, Floats]:
        """Goals, trials and times: of all goals in trials that were ``lost``, of what fell earlier in
        others.
        """
        rows = run.row[list(self._scene.goals)].astype(np.int64)
        order = np.argsort(rows, kind="stable")
        first = np.searchsorted(rows[order], earlier.row)
        count = np.searchsorted(rows[order], earlier.row, side="right") - first
        place = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(int(count.sum()))
        whole = np.where(rows == HELD, 0.0, np.inf)[:, None].repeat(len(lost), axis=1)
        whole[rows >= 0] = run.times[lost[:, None], rows[rows >= 0]].T
        return (
            np.concatenate([order[place], np.arange(len(rows)).repeat(len(lost))]),
            np.concatenate([np.repeat(earlier.trial, count), np.tile(lost, len(rows))]),
            np.concatenate([np.repeat(earlier.time, count), whole.ravel()]),
        )


def _together(parts: Sequence[Earlier]) -> Earlier:
    return Earlier(
        np.concatenate([each.row for each in parts]),
        np.concatenate([each.trial for each in parts]),
        np.concatenate([each.time for each in parts]),
        np.concatenate([each.lost for each in parts]),
    )


def _next_to(net: Net, held: Bools, stops: Bools, alive: Bools) -> Ints:
    """The instances that facts ``held`` lead to with no fact of the border between, and those that need
    nothing, with what these lead to.
    """
    free = np.flatnonzero((np.diff(net.graph.premises.start) == 0) & alive)
    some = np.unique(np.concatenate([net.users.of_each(np.flatnonzero(held))[1], free]))
    seen = np.zeros(len(net.graph), bool)
    while len(some):
        some = some[alive[some] & ~seen[some]]
        seen[some] = True
        facts = np.unique(net.graph.results.taken(some).index)
        facts = facts[~stops[facts]]
        some = np.unique(net.users.of_each(facts)[1])
    return np.flatnonzero(seen)


def _wider(marks: Bools, size: int) -> Bools:
    """A copy with further marks that are not set."""
    made = np.zeros(size, bool)
    made[: len(marks)] = marks
    return made


@dataclass(frozen=True)
class _Lists:
    """The lists of a net in half the room: premises, results, users and makers."""

    premises: Lists
    results: Lists
    users: Lists
    makers: Lists

    @classmethod
    def of(cls, net: Net) -> _Lists:
        rows = net.graph.premises, net.graph.results, net.users.rows, net.makers.rows
        return cls(*(short(each) for each in rows))

    def links(self, net: Net, alive: Bytes) -> Links:
        """For the kernels; those of a net that has grown since."""
        facts = net.graph.facts
        lists = (self.premises, self.results, self.users, self.makers)
        pairs = [(each.start, each.index) for each in lists]
        more = net.users.arrays(facts), net.makers.arrays(facts)
        return Links(len(self.users), pairs[0], pairs[1], pairs[2], pairs[3], more[0], more[1], alive)

    def grown(self, net: Net) -> _Lists:
        """With what came."""
        premises, results = net.graph.premises, net.graph.results
        return replace(self, premises=longer(self.premises, premises), results=longer(self.results, results))


def _alike_pairs(behind: Near, ahead: Near, count: int) -> Ints:
    """Numbers from 0 that are equal for those with the same facts behind and ahead of them."""
    told: list[list[int]] = [[] for _ in range(count)]
    for side, sign in ((behind, 1), (ahead, -1)):
        for owner, fact in zip(side.owner.tolist(), side.fact.tolist(), strict=True):
            told[owner].append(sign * (fact + 1))
        for owner in side.free.tolist():
            told[owner].append(0)
    numbers: dict[frozenset[int], int] = {}
    return np.array([numbers.setdefault(frozenset(each), len(numbers)) for each in told], np.int64)


def _rows_of(side: Near, row: Shorts, groups: int) -> Lists:
    """What lies next to each group as rows of what is kept; -1 for what holds from the start."""
    rows = row[side.fact]
    held = rows != UNREACHED
    entries = np.where(rows[held] == HELD, -1, rows[held])
    owner = np.concatenate([side.owner[held], side.free])
    return lists_of(owner, np.concatenate([entries, np.full(len(side.free), -1)]), groups)
