"""One attack graph under study: its sources, its goals, the base run, and what changes when controls or
chances change.

Changes are compared with common random numbers: every trial of the changed graph uses the draws of the same
trial of the base run, so that a difference is a difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from panacea_policy.risk.attempts import Attempts, Source
from panacea_policy.risk.follow import Following
from panacea_policy.risk.graph import Bools, Floats, Graph, Ints
from panacea_policy.risk.increment import Run
from panacea_policy.risk.kernels import Form
from panacea_policy.risk.kernels.steps import steps
from panacea_policy.risk.losses import rate_estimate
from panacea_policy.risk.reduce import Core, certain_of, reduced, whole
from panacea_policy.risk.results import Estimate
from panacea_policy.risk.scene import Reach, Scene, border, has_cycles
from panacea_policy.risk.simulate import Ability, Matrix, Outcome, Runner

#: Trials of the first round where a precision is asked for; each further round doubles them.
FIRST = 1024

#: The bytes that a study keeps for later ones, at most.
MOST_KEPT = 1 << 30

#: From so many instances times words of trials and sources on, a run is kept by the times of a border.
LARGE = 1 << 28


@dataclass(frozen=True)
class Stopping:
    """How the simulation ended: ``error`` is the relative standard error of the yearly weight (infinite for a
    weight of zero), ``reached`` whether it is as small as was asked for.
    """

    trials: int
    error: float
    asked: float | None
    reached: bool


class Study:
    """The part of a graph that matters to some goals, simulated.

    ``graph`` is as the compiler gave it, ``chance`` its chances with the controls in place and ``pace`` what
    these multiply efforts with, ``weights`` what one event of each goal counts for (mean loss, or one),
    ``horizon`` in seconds. At most ``trials`` are run; fewer where the relative standard error of the yearly
    weight falls to ``precision`` before. Comparisons use the first ``compared`` trials. 2**``shift`` trials
    that follow each other are attempts in one world: they share the draws of common causes.

    ``keep``: hold on to what a later study needs that is given this one as the one ``before``. That study,
    of a graph that differs somewhat, then simulates only what the difference touches, with the same result
    as if it had simulated everything. Both need the same seed, trials, horizon and worlds, and no precision.
    """

    def __init__(
        self,
        graph: Graph,
        chance: Floats,
        sources: Sequence[Source],
        goals: Sequence[int],
        weights: Floats,
        *,
        horizon: float,
        trials: int,
        seed: int,
        compared: int = 1024,
        pace: Floats | None = None,
        precision: float | None = None,
        shift: int = 0,
        before: Study | None = None,
        keep: bool = False,
        form: Form | None = None,
        threads: int | None = None,
    ) -> None:
        wanted, used = graph.relevant(goals)
        part = graph.only(used)
        now = chance[used]
        self.possible = np.zeros(graph.facts, dtype=bool)
        abilities = [source.ability(graph).only(used) for source in sources]
        within, reaches = [], []
        for source, ability in zip(sources, abilities, strict=True):
            bare, left = ability.chances(part.chance), ability.chances(now)
            holds, fires = part.reachable(source.start, bare)
            within.append(fires)
            at_all = holds
            if ((left > 0) != (bare > 0)).any():
                holds, _ = part.reachable(source.start, left)
            self.possible |= holds
            reaches.append(Reach(at_all, holds))
        some: Bools = np.logical_or.reduce(within) if within else np.zeros(len(part), dtype=bool)
        self.mask: Bools = used.copy()
        self.mask[used] = some
        self.graph = part.only(some)
        self.chance = now[some]
        self.sources = tuple(sources)
        self.goals = tuple(goals)
        self.weights = weights
        #: The goals that count as events of their own.
        self.counted: Bools = np.ones(len(self.goals), dtype=bool)
        self.horizon = horizon
        self.seed = seed
        self.shift = shift
        self.most = trials
        self.precision = precision
        self._before = before
        self._keep = keep
        self._compared = compared
        edges = sum(int(mine.sum()) for mine in within) * 3
        # NumPy's calls cost the same for few words as for eight, which the compiled form runs at once.
        self.runner = Runner.for_work(edges * max(8, -(-trials // 64)), form=form, threads=threads)
        slowed = np.ones(len(graph)) if pace is None else pace
        self._scene = Scene(graph, chance, slowed, tuple(sources), tuple(goals))
        self._far = (wanted, used, tuple(reaches)) if keep else None
        self._pace = slowed[self.mask]
        self._abilities = tuple(ability.only(some) for ability in abilities)
        self._within = tuple(fires[some] for fires in within)
        self._certain: Bools = certain_of(self.graph) & (self.chance >= 1.0)

    @cached_property
    def _attempts(self) -> tuple[Attempts, ...]:
        """The attempts on what is left of the graph; that of a run to be kept is not drawn together, as runs
        are compared fact by fact.
        """
        return self._made(None if self._keep and not self.large else self._certain)

    @cached_property
    def _apart(self) -> tuple[Attempts, ...]:
        """The same with nothing drawn together, for when what is certain becomes less so."""
        return self._attempts if self._keep and not self.large else self._made(None)

    @cached_property
    def large(self) -> bool:
        """Whether the run is kept by the times of a border, see `follow`, and not by its words."""
        if not self._keep or self.precision is not None or not self.runner.kernels.reduces:
            return False
        return len(self.graph) * len(self.sources) * -(-self.most // 64) >= LARGE and steps() is not None

    @cached_property
    def _border(self) -> Ints:
        """The facts whose times are kept besides those of the goals."""
        return border(self.graph, self.sources) if self.large else np.zeros(0, np.int64)

    def _made(self, certain: Bools | None) -> tuple[Attempts, ...]:
        kernels = self.runner.kernels
        common = whole(self.graph)
        if kernels.reduces:
            starts = np.unique(np.array([fact for source in self.sources for fact in source.start], np.int64))
            mine = None if certain is None else np.logical_and.reduce([certain, *self._able])
            common = reduced(self.graph, starts, self._asked, mine, kernels)
        return tuple(
            self.runner.each(
                lambda k: self._attempts_of(
                    self.sources[k], self._abilities[k], self._within[k], common, certain
                ),
                range(len(self.sources)),
            )
        )

    @property
    def _asked(self) -> Ints:
        return np.concatenate([np.array(self.goals, np.int64), self._border])

    @property
    def _able(self) -> list[Bools]:
        return [ability.able for ability in self._abilities]

    def _attempts_of(
        self, source: Source, ability: Ability, fires: Bools, common: Core, certain: Bools | None
    ) -> Attempts:
        """The attempts of one source on its own part of what the sources have in common."""
        own = common.only(fires[common.instances])
        if self.runner.kernels.reduces:
            mine = None if certain is None else (certain & ability.able)[own.instances]
            starts = np.unique(np.array(own.facts(source.start), np.int64))
            goals = np.array(own.facts(self._asked), np.int64)
            own = own.followed(reduced(own.graph, starts, goals, mine, self.runner.kernels))
        return Attempts(
            replace(source, start=own.facts(source.start)),
            own.graph,
            ability.only(own.instances),
            self.chance[own.instances],
            self._pace[own.instances],
            own.facts(self._asked),
            self.runner,
            seed=self.seed,
            horizon=self.horizon,
            shift=self.shift,
            numbers=own.instances,
        )

    # ------------------------------------------------------------------------------------------ the base run

    @cached_property
    def _times(self) -> tuple[Matrix, ...]:
        """When each goal falls to each source, by working time."""
        return self._run[0]

    @cached_property
    def stopping(self) -> Stopping:
        """How many trials were run, and why no more."""
        return self._run[1]

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Of each source the base run with all that a later study needs of it."""
        most = MOST_KEPT // max(1, len(self._attempts))
        before = self._before if self._before is not None and self._comparable(self._before) else None
        known = (
            {}
            if before is None
            else {s.name: run for s, run in zip(before.sources, before.runs, strict=True)}
        )
        self._before = None
        return tuple(self._followed(attempts, before, known, most) for attempts in self._attempts)

    def _comparable(self, other: Study) -> bool:
        mine, theirs = ((s.seed, s.most, s.horizon, s.shift, s.precision, s._keep) for s in (self, other))
        return mine == theirs and self.precision is None

    def _followed(self, attempts: Attempts, before: Study | None, known: Mapping[str, Run], most: int) -> Run:
        run = known.get(attempts.source.name)
        if before is not None and run is not None:
            earlier = before.sources[[s.name for s in before.sources].index(attempts.source.name)]
            if earlier.patience == attempts.source.patience:
                numbers = {int(before.graph.fact_key[g]): k for k, g in enumerate(before.goals)}
                goals = [numbers.get(int(self.graph.fact_key[g]), -1) for g in self.goals]
                carried = attempts.carried(run, np.array(goals, dtype=np.int64), self.most)
                if carried is not None:
                    return carried
        return attempts.kept(self.most, most)

    @cached_property
    def _run(self) -> tuple[tuple[Matrix, ...], Stopping]:
        if self._keep and self.precision is None and not self.large:
            times = tuple(run.times for run in self.runs)
            return times, Stopping(self.most, self._error([np.isfinite(t) for t in times]), None, False)
        if self.large:
            # Besides when the goals fall they tell when the facts of the border do.
            every = (attempts.times(0, self.most) for attempts in self._attempts)
            times = tuple(each[: len(self.goals)].copy() for each in every)
            return times, Stopping(self.most, self._error([np.isfinite(t) for t in times]), None, False)
        done = 0
        parts: list[list[Matrix]] = [[] for _ in self.sources]
        while True:
            target = self.most if self.precision is None else min(self.most, max(FIRST, 2 * done))
            for k, attempts in enumerate(self._attempts):
                parts[k].append(attempts.times(done, target))
            done = target
            error = self._error([np.concatenate([np.isfinite(t) for t in p], axis=1) for p in parts])
            reached = self.precision is not None and error <= self.precision
            if done == self.most or reached:
                times = tuple(each[0] if len(each) == 1 else np.concatenate(each, axis=1) for each in parts)
                return times, Stopping(done, error, self.precision, reached)

    def following(self) -> Following | None:
        """The run as one that follows its graph; None for one that is not `large`."""
        known = steps()
        if not self.large or known is None or self._far is None:
            return None
        wanted, used, reaches = self._far
        trials = np.arange(self.most)
        return Following(
            self._scene,
            wanted,
            used,
            self.mask,
            self._border,
            reaches,
            [attempts.limits(trials) for attempts in self._attempts],
            [attempts.hidden(trials) for attempts in self._attempts],
            (attempts.times(0, self.most) for attempts in self._attempts),
            known,
            self.runner,
            seed=self.seed,
            shift=self.shift,
        )

    def _error(self, fallen: Sequence[Bools]) -> float:
        """The relative standard error of the yearly weight; zero where nothing is possible at all."""
        if not self.possible[list(self.goals)].any():
            return 0.0
        yearly = self.estimate([self.weights @ f for f in fallen])
        return yearly.standard_error / yearly.value if yearly.value > 0 else float("inf")

    @property
    def trials(self) -> int:
        """How many trials each source has, numbered from 0."""
        return self.most if self.precision is None else self.stopping.trials

    @property
    def compared(self) -> int:
        """How many of them are compared."""
        return min(self._compared, self.trials)

    @cached_property
    def outcome(self) -> Outcome:
        """The base run: times from the start of an attempt to the goal, waiting included."""
        trials = np.arange(self.trials)
        return Outcome(
            tuple(
                t if attempts.source.hidden is None else t + attempts.hidden(trials)
                for t, attempts in zip(self._times, self._attempts, strict=True)
            ),
            self.trials,
        )

    def fallen(self) -> tuple[Bools, ...]:
        """Per source: which goals fell within the horizon and its patience, shape (goals, trials)."""
        return self._fallen

    @cached_property
    def _fallen(self) -> tuple[Bools, ...]:
        return tuple(np.isfinite(time) for time in self._times)

    def ever(self) -> tuple[Bools, ...]:
        """The same without any limit of time, for comparison with exact computation."""
        return tuple(attempts.ever(0, self.trials) for attempts in self._attempts)

    @property
    def rates(self) -> list[float]:
        """Attempts per year of each source."""
        return [source.rate for source in self.sources]

    @property
    def relevant(self) -> int:
        """How many instances matter."""
        return len(self.graph)

    @property
    def cyclic(self) -> bool:
        """Whether what matters of the graph has cycles."""
        return has_cycles(self.graph, self.runner.kernels)

    def estimate(self, per_attempt: Sequence[Floats], *, possible: bool = True) -> Estimate:
        """The rate per year of something of which each attempt of source s brings
        ``per_attempt[s][trial]``.
        """
        return rate_estimate(per_attempt, self.rates, possible=possible, together=1 << self.shift)

    def total(self) -> Estimate:
        """The expected weight per year, over the trials that comparisons use."""
        return self.estimate([self.weights @ f[:, : self.compared] for f in self.fallen()])

    # ------------------------------------------------------------------------------------------ what if

    def fallen_with(self, source: int, trials: Ints, active: Bools) -> Bools:
        """Which goals fall in trial ``trials[k]`` of a source with the controls ``active[:, k]`` in place.

        ``source`` is a position in ``sources``; ``trials`` has the shape (k,), any numbers from 0 in any
        order, repeated or not; ``active`` (controls, k), all controls of the graph counted, those in place
        today included where they are meant to stay. Returns the shape (goals, k). The random numbers are
        exactly those of the base run, limits of time hold, and controls may block as well as slow: with
        those of today the answer is that of ``fallen()``. With more controls a goal that held out still holds
        out. Raises ValueError for other shapes.
        """
        if trials.ndim != 1 or active.shape != (len(self.graph.effectiveness), len(trials)):
            raise ValueError("`active` needs a row for each control and a column for each of the trials")
        if len(trials) and int(trials.min()) < 0:
            raise ValueError("trials are numbered from 0")
        return self._attempts[source].fallen_with(trials, active)

    def difference(self, chance: Floats) -> tuple[Estimate, Estimate]:
        """What goes away per year if the chances become ``chance`` (full length, nowhere above the base).

        Returns the reduction in weight and in events of any goal.
        """
        changed = chance[self.mask]
        if (changed > self.chance).any():
            raise ValueError("a comparison may only lower chances")
        every = self._apart if (changed < self.chance)[self._certain].any() else self._attempts
        weight = [np.zeros(self.compared) for _ in self.sources]
        events = [np.zeros(self.compared) for _ in self.sources]
        for k, (attempts, fell) in enumerate(zip(every, self.fallen(), strict=True)):
            fateful = np.flatnonzero(fell[:, : self.compared].any(axis=0))
            some = attempts.numbers
            if not len(fateful) or not (changed[some] < self.chance[some]).any():
                continue
            touched, left = attempts.left(changed[some], fateful)
            lost = fell[:, touched] & ~left
            weight[k][touched] = self.weights @ lost
            events[k][touched] = lost[self.counted].sum(axis=0)
        possible = bool((changed < self.chance).any())
        return self.estimate(weight, possible=possible), self.estimate(events, possible=possible)
