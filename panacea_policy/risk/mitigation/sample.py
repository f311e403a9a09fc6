"""The sample: every event of the simulated trials, and what is known of the sets of switches that avoid it.

A switch is one decision: to buy a control, or to keep one that another would replace. An event is one goal
that falls in one trial of one source with all switches off. Whether it is avoided is a monotone function of
the set of switches that are on; that function is learnt clause by clause: a clause is the complement of a
maximal set under which the event still happens, so that at least one of its switches must be on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from panacea_policy.risk.graph import Bools, Floats, Ints
from panacea_policy.risk.mitigation.oracle import Oracle

#: Rounds in which clauses are gathered before anything is solved: later ones cost a solved program each.
ROUNDS = 6

#: Sources take trials this far apart: no two share one.
APART = 1 << 24

#: Answers about sets of switches that are kept, the latest ones: they say much about other sets.
REMEMBERED = 128

#: Columns asked at once.
_ASKED = 1 << 16

Family = tuple[int, ...]


@dataclass(frozen=True)
class Switches:
    """Which controls of the graph each switch turns on: shape (controls, switches); and those always on."""

    turns: Bools
    fixed: Bools

    def __len__(self) -> int:
        return int(self.turns.shape[1])

    def active(self, on: Bools) -> Bools:
        """The active controls, one column per column of ``on`` (switches, k)."""
        counted = self.turns.astype(np.int32) @ on.astype(np.int32)
        result: Bools = (counted > 0) | self.fixed[:, None]
        return result


class Sample:
    """The events of a simulation with their weights, asked for and learnt from.

    ``rates``: attempts per year of each source; ``counts``: how many trials of each are taken; ``weights``:
    what an event of each goal counts for. The expected yearly weight under a set of switches is the sum of
    the weights of the events that still happen. Sources take trials of their own, so that they are
    independent of each other. ``trial`` counts from 0 in each source.
    """

    def __init__(
        self,
        oracle: Oracle,
        switches: Switches,
        rates: Sequence[float],
        weights: Floats,
        *,
        counts: Sequence[int],
        seed: int = 1,
    ) -> None:
        self.oracle = oracle
        self.switches = switches
        self.rates = tuple(rates)
        self.weights = weights
        self.counts = tuple(counts)
        self.source, self.trial, self.goal = self._events()
        per_goal = np.asarray(weights, dtype=np.float64)
        per_trial = np.asarray(self.rates, dtype=np.float64) / np.maximum(np.asarray(self.counts), 1)
        self.weight: Floats = (
            per_trial[self.source] * per_goal[self.goal] if len(self.source) else np.zeros(0)
        )
        self._answers: dict[int, Bools] = {}
        self._families: list[Family] = [()]
        self._numbers: dict[Family, int] = {(): 0}
        self.family: Ints = np.zeros(len(self.source), dtype=np.int64)
        self.lasting: Bools = self.still(np.ones(len(self), dtype=bool)) if len(self) else self._none()
        self._random = np.random.default_rng(seed)

    def __len__(self) -> int:
        """The number of switches."""
        return len(self.switches)

    def _none(self) -> Bools:
        return np.ones(len(self.source), dtype=bool)

    def _events(self) -> tuple[Ints, Ints, Ints]:
        """Source, trial and goal of every event that happens with all switches off."""
        source, trial, goal = [], [], []
        off = np.zeros((len(self.switches), 1), dtype=bool)
        active = self.switches.active(off)
        for s, count in enumerate(self.counts):
            every = np.arange(count, dtype=np.int64)
            g, t = np.nonzero(self._fallen(s, every, np.repeat(active, count, axis=1)))
            source.append(np.full(len(t), s, dtype=np.int64))
            trial.append(t.astype(np.int64))
            goal.append(g.astype(np.int64))
        none = np.zeros(0, dtype=np.int64)
        return tuple(np.concatenate([*parts, none]) for parts in (source, trial, goal))  # type: ignore[return-value]

    # ------------------------------------------------------------------------------------------ asking

    def _fallen(self, source: int, trials: Ints, active: Bools) -> Bools:
        """Ask the oracle about trials of a source, counted from the first that is this source's own."""
        return self.oracle.fallen_with(source, trials + source * APART, active)

    def still(self, on: Bools) -> Bools:
        """Which events still happen with one and the same set of switches on.

        Only what earlier answers leave open is asked: an event that happens under more switches happens
        under fewer, and one that is avoided by fewer is avoided by more.
        """
        mask = _masks(on[:, None])[0]
        known = self._answers.get(mask)
        if known is not None:
            return known.copy()
        least, most = self._between(mask)
        answer, open_ = least, most & ~least
        active = self.switches.active(on[:, None])
        for s in range(len(self.rates)):
            mine = np.flatnonzero((self.source == s) & open_)
            trials, place = np.unique(self.trial[mine], return_inverse=True)
            if len(trials):
                fell = self._fallen(s, trials, np.repeat(active, len(trials), axis=1))
                answer[mine] = fell[self.goal[mine], place]
        if len(self._answers) >= REMEMBERED:
            self._answers.pop(next(iter(self._answers)))
        self._answers[mask] = answer
        return answer.copy()

    def _between(self, mask: int) -> tuple[Bools, Bools]:
        """Events that are known to happen under a set of switches, and those that may."""
        least = np.zeros(len(self.source), dtype=bool)
        most = np.ones(len(self.source), dtype=bool)
        for other, answer in self._answers.items():
            if mask & other == mask:
                least |= answer
            if mask & other == other:
                most &= answer
        return least, most

    def happen(self, events: Ints, on: Bools) -> Bools:
        """Which of some events still happen, each with its own set of switches ``on[:, k]``.

        Events of one trial that are asked about with the same set are one question.
        """
        answer = np.zeros(len(events), dtype=bool)
        packed = np.packbits(on, axis=0).T
        for s in range(len(self.rates)):
            mine = np.flatnonzero(self.source[events] == s)
            if not len(mine):
                continue
            chosen = events[mine]
            key = np.concatenate(
                [self.trial[chosen].astype(">i8").view(np.uint8).reshape(-1, 8), packed[mine]], 1
            )
            flat = np.ascontiguousarray(key).view(np.dtype((np.void, key.shape[1]))).ravel()
            _, first, place = np.unique(flat, return_index=True, return_inverse=True)
            fell = np.concatenate(
                [
                    self._fallen(s, self.trial[chosen[part]], self.switches.active(on[:, mine[part]]))
                    for part in np.array_split(first, -(-len(first) // _ASKED))
                ],
                axis=1,
            )
            answer[mine] = fell[self.goal[chosen], place]
        return answer

    def value(self, on: Bools) -> float:
        """The expected yearly weight with these switches on."""
        return float(self.weight[self.still(on)].sum())

    def by_trial(self, still: Bools) -> list[Floats]:
        """The yearly weight as each trial of each source puts it; the expected value is the sum of the
        sources' means.
        """
        found = []
        for s, count in enumerate(self.counts):
            mine = still & (self.source == s)
            found.append(
                np.bincount(self.trial[mine], weights=self.weight[mine] * count, minlength=count).astype(
                    np.float64
                )
            )
        return found

    # ------------------------------------------------------------------------------------------ learning

    def families(self) -> tuple[list[Family], Floats, Floats]:
        """The families of clauses that events have, the weight of each, and the weight of what lasts anyway.

        Family 0 is that of events of which nothing is known yet.
        """
        open_ = ~self.lasting
        weight = np.bincount(
            self.family[open_], weights=self.weight[open_], minlength=len(self._families)
        ).astype(np.float64)
        return self._families, weight, self.weight[self.lasting]

    def believed(self, on: int) -> Bools:
        """Which events the clauses known so far say are avoided by the switches in the mask ``on``."""
        hit = np.array([all(clause & on for clause in family) for family in self._families])
        avoided: Bools = hit[self.family] & ~self.lasting
        return avoided

    def gather(self, rounds: int = ROUNDS) -> None:
        """Ask every avoidable event a few times with a small set that meets its clauses, and learn."""
        for _ in range(rounds if len(self) else 0):
            order = self._random.permutation(len(self))
            rank = {int(c): n for n, c in enumerate(order)}
            used = np.unique(self.family[~self.lasting])
            sets = {int(f): _small_hit(self._families[f], rank) for f in used.tolist()}
            table = np.zeros(len(self._families), dtype=object)
            for f, mask in sets.items():
                table[f] = mask
            events = np.flatnonzero(~self.lasting)
            start = _columns([int(m) for m in table[self.family[events]]], len(self))
            falls = self.happen(events, start)
            if not falls.any():
                continue
            self._learn(events[falls], start[:, falls], order)

    def refute(self, on: int) -> bool:
        """Check what the clauses say of a set of switches; learn where they are wrong. True if they were."""
        believed = np.flatnonzero(self.believed(on))
        mask = _columns([on], len(self))[:, 0]
        wrong = believed[self.still(mask)[believed]]
        if not len(wrong):
            return False
        for order in (np.arange(len(self)), self._random.permutation(len(self))):
            self._learn(wrong, np.repeat(mask[:, None], len(wrong), axis=1), order)
        return True

    def complete(self, rounds: int = 200) -> bool:
        """Learn all clauses of all events, so that :meth:`known` answers without the oracle.

        An event is settled when every minimal set that meets its clauses is seen to avoid it. False if some
        event is not settled after so many rounds, or has more such sets than are worth asking about.
        """
        cleared: list[set[int]] = [set() for _ in self.source]
        ways: dict[int, list[int] | None] = {}
        open_ = np.flatnonzero(~self.lasting).tolist()
        order = np.arange(len(self))
        for _ in range(rounds):
            asked: list[tuple[int, int]] = []
            for event in open_:
                family = int(self.family[event])
                if family not in ways:
                    ways[family] = transversals(self._families[family])
                sets = ways[family]
                if sets is None:
                    return False
                mask = next((s for s in sets if s not in cleared[event]), None)
                if mask is not None:
                    asked.append((event, mask))
            if not asked:
                return True
            events = np.array([event for event, _ in asked], dtype=np.int64)
            start = _columns([mask for _, mask in asked], len(self))
            falls = self.happen(events, start)
            for (event, mask), fell in zip(asked, falls.tolist(), strict=True):
                if not fell:
                    cleared[event].add(mask)
            if falls.any():
                self._learn(events[falls], start[:, falls], order)
            open_ = [event for event, _ in asked]
        return False

    def known(self, on: int) -> Bools:
        """Which events still happen by the clauses alone: the truth after :meth:`complete`."""
        return ~self.believed(on)

    def _learn(self, events: Ints, start: Bools, order: Ints) -> None:
        """Enlarge sets under which events happen to maximal ones; what is left out of each is a clause."""
        grown = self._grow(events, start, order)
        clauses = _masks(~grown)
        for event, clause in zip(events.tolist(), clauses, strict=True):
            before = self._families[self.family[event]]
            if clause not in before:
                self.family[event] = self._number((*before, clause))

    def _number(self, family: Family) -> int:
        family = tuple(sorted(family))
        if family not in self._numbers:
            self._numbers[family] = len(self._families)
            self._families.append(family)
        return self._numbers[family]

    def _grow(self, events: Ints, start: Bools, order: Ints) -> Bools:
        """Maximal supersets, in one order for all, so that like events get like clauses.

        Switches are tried in runs: a run that leaves the event happening is taken whole and the next is twice
        as long; one that does not is halved, down to the single switch that must stay off.
        """
        on = start[order].copy()
        m, k = on.shape
        position = np.zeros(k, dtype=np.int64)
        length = np.full(k, max(1, m // 4), dtype=np.int64)
        row = np.arange(m)[:, None]
        while True:
            open_ = np.flatnonzero(position < m)
            if not len(open_):
                break
            at = position[open_]
            size = np.minimum(length[open_], m - at)
            added = on[:, open_] | ((row >= at) & (row < at + size))
            new = (added != on[:, open_]).any(axis=0)
            falls = np.ones(len(open_), dtype=bool)
            if new.any():
                falls[new] = self.happen(events[open_[new]], _unordered(added[:, new], order))
            kept = open_[falls]
            on[:, kept] = added[:, falls]
            position[kept] += size[falls]
            length[kept] = size[falls] * 2
            lost, single = open_[~falls], size[~falls] == 1
            position[lost] += single
            length[lost] = np.where(single, 1, size[~falls] // 2)
        return _unordered(on, order)


def _unordered(rows: Bools, order: Ints) -> Bools:
    result = np.empty_like(rows)
    result[order] = rows
    return result


def _small_hit(family: Family, rank: dict[int, int]) -> int:
    """A small set that meets every clause: switch by switch the one in most clauses left, by rank in ties."""
    chosen, left = 0, list(family)
    while left:
        counts: dict[int, int] = {}
        for clause in left:
            for c in members(clause):
                counts[c] = counts.get(c, 0) + 1
        best = min(counts, key=lambda c: (-counts[c], rank[c]))
        chosen |= 1 << best
        left = [clause for clause in left if not clause >> best & 1]
    return chosen


#: More minimal sets than this that meet a family of clauses are not gone through.
MOST_WAYS = 2000


def transversals(family: Family) -> list[int] | None:
    """The minimal sets that meet every clause (Berge's multiplication); None where there are too many."""
    found = [0]
    for clause in sorted(family, key=int.bit_count):
        met = [s for s in found if s & clause]
        grown = {s | 1 << c for s in found if not s & clause for c in members(clause)}
        fresh = [s for s in grown if not any(k & s == k for k in met)]
        fresh = [s for s in fresh if not any(k != s and k & s == k for k in fresh)]
        found = met + fresh
        if len(found) > MOST_WAYS:
            return None
    return sorted(found, key=lambda s: (s.bit_count(), s))


def members(mask: int) -> list[int]:
    """The positions of the bits of a mask."""
    return [c for c in range(mask.bit_length()) if mask >> c & 1]


def _columns(masks: Sequence[int], m: int) -> Bools:
    """Masks as columns, shape (m, len(masks))."""
    width = max(1, -(-m // 8))
    packed = np.frombuffer(b"".join(mask.to_bytes(width, "little") for mask in masks), dtype=np.uint8)
    bits = np.unpackbits(packed.reshape(len(masks), width), axis=1, bitorder="little")[:, :m]
    return bits.T.astype(bool)


def _masks(columns: Bools) -> list[int]:
    packed = np.packbits(columns.T, axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in packed]


def columns(masks: Sequence[int], m: int) -> Bools:
    """Masks as columns of truth values, shape (m, len(masks))."""
    return _columns(masks, m)
