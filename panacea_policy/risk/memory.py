"""What an assessment remembers for the next one of the same model, changed somewhat."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from panacea_policy.risk.follow import Following
from panacea_policy.risk.followed import FollowedStudy, Options
from panacea_policy.risk.graph import Floats, Ints
from panacea_policy.risk.paths import Derivation, extracted
from panacea_policy.risk.recall import Remembered, T
from panacea_policy.risk.study import Study

if TYPE_CHECKING:
    from panacea_policy.risk.case import Case, Setting


class Memory(Remembered):
    """Of a run that follows its graph: what its assessment rests on, and need not be worked out again."""

    def __init__(self, following: Following, before: Study) -> None:
        """``before``: the study that ``following`` is the run of."""
        self._following = following
        self._options = Options(before.horizon, before.seed, before.shift, before.most, before._compared)
        self._derivations: list[Mapping[int, Derivation]] = []
        super().__init__()
        sources = len(following.runs)
        self._falls, self._moves = [0] * sources, [0] * sources
        #: What goals' falls, and the times of these, are known by: how often they changed since the start.
        self._fell = [0] * len(following.scene.goals)
        self._timed = [0] * len(following.scene.goals)
        self._actors: Hashable = None
        #: The trials in which a goal fell anew the last time, and what `falls` was before.
        self._new: Ints = np.zeros(0, np.int64)
        self._before = tuple(self._falls)
        self._corrected: dict[Hashable, tuple[Any, tuple[int, ...]]] = {}

    def follow(self, found: Setting) -> bool:
        """Brings the run to what risk reads from the model now; False where it cannot follow."""
        moved = self._following.follow(found.scene)
        if moved is None:
            return False
        self.turn()
        self._before = tuple(self._falls)
        for k, each in enumerate(moved):
            self._falls[k] += int(len(each.new) > 0)
            self._moves[k] += int(len(each.goals) > 0)
            for goal in each.goals.tolist():
                self._timed[goal] += 1
            for goal in each.fell.tolist():
                self._fell[goal] += 1
        if any(each.spared for each in moved):
            self._corrected = {}
        self._new = np.unique(np.concatenate([np.zeros(0, np.int64), *(each.new for each in moved)]))
        return True

    def study(self, weights: Floats) -> Study:
        """The study of the graph as it is now."""
        made = FollowedStudy(self._options, self._following, weights, self)
        self._actors = tuple((s.name, s.title, s.rate, s.frequency, s.hostile) for s in made.sources)
        # How exact the run is, is told by what goals are thought to weigh before their losses are booked.
        assert made.stopping.trials == self._options.trials
        return made

    # ------------------------------------------------------------------------------------------ recall

    def falls(self, source: int) -> Hashable:
        return self._falls[source]

    def moves(self, source: int) -> Hashable:
        return self._moves[source]

    def goal(self, k: int) -> Hashable:
        return k, self._fell[k], self._actors

    def times(self, k: int) -> Hashable:
        return k, self._timed[k]

    def corrected(self, key: Hashable, make: Callable[[], T], correct: Callable[[T, Ints], None]) -> T:
        known, now = self._corrected.get(key), tuple(self._falls)
        if known is None or known[1] not in (now, self._before):
            self._corrected = {key: (make(), now)}
        elif known[1] != now:
            correct(known[0], self._new)
            self._corrected = {key: (known[0], now)}
        found: T = self._corrected[key][0]
        return found

    # ------------------------------------------------------------------------------------------ ways

    def derivations(self, case: Case) -> list[Mapping[int, Derivation]]:
        """For each source the most likely derivation of each goal that it can reach."""
        following = self._following
        changed = following.touched
        known = self._derivations

        def search(k: int) -> Mapping[int, Derivation]:
            if known and k not in changed:
                return known[k]
            goals = [g.fact for g in case.goals if following.runs[k].reach.now[g.fact]]
            maker, order, chance = following.search(k, np.array(goals, np.int64))
            return {goal: extracted(case.graph, goal, maker, order, chance) for goal in goals}

        self._derivations = list(following.in_threads(search, len(case.sources)))
        return self._derivations
