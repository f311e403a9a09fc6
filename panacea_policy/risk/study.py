"""One attack graph under study: its sources, its goals, the base run, and what changes when a chance changes.

Changes are compared with common random numbers: every trial of the changed graph uses the draws of the same
trial of the base run. Lowering chances can only lose events, so only the trials in which something fell are
run again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from panacea_policy.model.distributions import Distribution
from panacea_policy.risk.comparison import Comparison, compare
from panacea_policy.risk.graph import Bools, Floats, Graph
from panacea_policy.risk.losses import rate_estimate
from panacea_policy.risk.results import Estimate
from panacea_policy.risk.simulate import BLOCK, Draws, Matrix, Outcome, Plan, draw, generator


@dataclass(frozen=True)
class Source:
    """Where attacks start: a threat actor, its attempts per year, and the facts it holds from the start.

    ``able[n]`` tells which instances are within its skill (None: all), ``patience`` how long it goes on
    working. An accident or mistake is not ``hostile``.
    """

    name: str
    title: str
    rate: float
    start: tuple[int, ...]
    able: Bools | None = None
    patience: Distribution | None = None
    hostile: bool = True

    def chances(self, chance: Floats) -> Floats:
        """The chances of this actor: zero for what is beyond its skill."""
        return chance if self.able is None else np.where(self.able, chance, 0.0)


class Study:
    """The part of a graph that matters to some goals, simulated.

    ``graph`` is as the compiler gave it, ``chance`` its chances with the controls in place, ``weights`` what
    one event of each goal counts for (mean loss, or one), ``horizon`` in seconds. Comparisons use the first
    ``compared`` trials, whose draws are kept.
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
    ) -> None:
        self.possible = np.zeros(graph.facts, dtype=bool)
        _, used = graph.relevant(goals)
        within = []
        for source in sources:
            holds, fires = graph.reachable(source.start, source.chances(chance))
            self.possible |= holds
            within.append(fires & used)
        self.mask: Bools = np.logical_or.reduce(within) if within else np.zeros(len(graph), dtype=bool)
        self.graph = graph.only(self.mask)
        self.chance = chance[self.mask]
        self._mine = tuple(mine[self.mask] for mine in within)
        self.plans = tuple(Plan.of(self.graph, mine) for mine in self._mine)
        self.sources = tuple(sources)
        self.goals = tuple(goals)
        self.weights = weights
        self.horizon = horizon
        self.trials = trials
        self.compared = min(compared, trials)
        self.seed = seed

    @cached_property
    def outcome(self) -> Outcome:
        """The base run. Collects the trials in which some goal fell, for the comparisons."""
        collected: list[list[Matrix]] = [[] for _ in self.sources]
        for block in range(-(-self.trials // BLOCK)):
            draws = draw(self.graph, self.chance, self.seed, block)
            for k in range(len(self.sources)):
                collected[k].append(self._times(draws, k, self._limits(k, block)))
        empty = np.full((len(self.goals), self.trials), np.inf)
        times = (np.concatenate(parts, axis=1)[:, : self.trials] if parts else empty for parts in collected)
        return Outcome(tuple(times), self.trials)

    def _times(self, draws: Draws, k: int, limits: Floats) -> Matrix:
        """When each goal falls to source k; never, where that is later than the source's limit."""
        time = self.plans[k].earliest(draws, self.sources[k].start)[list(self.goals)]
        return np.where(time <= limits, time, np.inf)

    def _limits(self, k: int, block: int) -> Floats:
        """How long each trial of a block lasts for source k: the horizon, or its patience where that ends
        sooner.
        """
        law = self.sources[k].patience
        if law is None:
            return np.full(BLOCK, self.horizon)
        rng = generator(self.seed, b"patience of " + self.sources[k].name.encode(), block)
        return np.minimum(law.sample(rng, BLOCK), self.horizon)

    def fallen(self) -> tuple[Bools, ...]:
        """Per source: which goals fell within the horizon, shape (goals, trials)."""
        return tuple(np.isfinite(time) for time in self.outcome.time)

    @property
    def rates(self) -> list[float]:
        return [source.rate for source in self.sources]

    @cached_property
    def _comparison(self) -> Comparison:
        blocks = range(-(-self.compared // BLOCK))
        return compare(
            self.graph,
            self.chance,
            [source.start for source in self.sources],
            self._mine,
            [[self._limits(k, block) for block in blocks] for k in range(len(self.sources))],
            [fell[:, : self.compared] for fell in self.fallen()],
            self.goals,
            self.seed,
        )

    def difference(self, chance: Floats) -> tuple[Estimate, Estimate]:
        """What goes away per year if the chances become ``chance`` (full length, nowhere above the base).

        Returns the reduction in weight and in events of any goal.
        """
        changed = chance[self.mask]
        if (changed > self.chance).any():
            raise ValueError("a comparison may only lower chances")
        comparison = self._comparison
        columns, lost = comparison.lost(self.chance, changed)
        weight = np.zeros((len(self.sources), self.compared))
        events = np.zeros((len(self.sources), self.compared))
        where = comparison.source[columns], comparison.trial[columns]
        weight[where] = self.weights @ lost
        events[where] = lost.sum(axis=0)
        possible = bool((changed < self.chance).any())
        return (
            rate_estimate(list(weight), self.rates, possible=possible),
            rate_estimate(list(events), self.rates, possible=possible),
        )

    def total(self) -> Estimate:
        """The expected weight per year, over the trials that comparisons use."""
        fallen = self.fallen()
        return rate_estimate([self.weights @ f[:, : self.compared] for f in fallen], self.rates)
