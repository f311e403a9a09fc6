"""What the parts of one assessment share: the options, the graph, its sources, goals and simulated study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from panacea_policy.risk import inputs
from panacea_policy.risk.attempts import Source
from panacea_policy.risk.graph import Floats, Graph, from_attack
from panacea_policy.risk.human import members_met
from panacea_policy.risk.inputs import Goal, Locate
from panacea_policy.risk.recall import NOTHING, Recall
from panacea_policy.risk.scene import Scene
from panacea_policy.risk.simulate import BLOCK, generator
from panacea_policy.risk.study import Study

if TYPE_CHECKING:
    from panacea_policy.compiler import AttackGraph, Model
    from panacea_policy.model import Distribution


@dataclass(frozen=True)
class RiskOptions:
    """How to simulate. Equal options, seed included, on an equal model give an equal result.

    ``trials`` are run, or as many of them as it takes until the relative standard error of the mean annual
    loss (of the events, where nothing is priced) is down to ``precision``. ``attempts_per_world`` trials,
    a power of two up to 64, share what is common to many steps: whether a product's exploit exists, whether
    anyone of a group clicks. With 1 every attempt finds a world of its own; with more, what is common stays
    as it is from attempt to attempt of one year.

    ``compared``: trials used to rank controls and assumptions. ``tested``: how many assumptions are
    re-evaluated at most; those that the most likely paths rest on come first.
    """

    trials: int = 10_000
    seed: int = 1
    horizon_days: float = 365.0
    years: int = 20_000
    compared: int = 1024
    tested: int = 16
    ranked: bool = True
    precision: float | None = None
    attempts_per_world: int = 1

    def __post_init__(self) -> None:
        if self.trials < 1 or self.years < 1 or self.compared < 1:
            raise ValueError("at least one trial and one year are needed")
        if not (0 < self.horizon_days < float("inf")):
            raise ValueError("the horizon must be a positive number of days")
        if self.precision is not None and not 0 < self.precision < 1:
            raise ValueError("the precision must lie between 0 and 1")
        if self.attempts_per_world not in (1, 2, 4, 8, 16, 32, 64):
            raise ValueError("the attempts in one world must be 1, 2, 4, 8, 16, 32 or 64")


@dataclass(frozen=True)
class Case:
    """Everything about one assessment that its parts share."""

    attack: AttackGraph
    model: Model
    options: RiskOptions
    locate: Locate
    graph: Graph
    chance: Floats
    states: tuple[str, ...]
    sources: tuple[Source, ...]
    goals: tuple[Goal, ...]
    study: Study
    notes: tuple[str, ...]
    recall: Recall = NOTHING

    @property
    def years(self) -> float:
        """The horizon in years."""
        return self.options.horizon_days / 365.0

    @cached_property
    def markers(self) -> Mapping[str, int]:
        """By process the goal that tells whether it must be rebuilt without copies."""
        return {goal.entity.name: k for k, goal in enumerate(self.goals) if goal.kind == "rebuilt"}


def prepare(
    attack: AttackGraph,
    model: Model,
    options: RiskOptions,
    locate: Locate,
    *,
    before: Study | None = None,
    keep: bool = False,
) -> Case:
    """Read what risk needs from the model and set up the study; ``before`` and ``keep`` as there."""
    found = setting(attack, model)

    def study(keep: bool) -> Study:
        return Study(
            found.scene.graph,
            found.scene.chance,
            found.scene.sources,
            found.scene.goals,
            weights(found.goals),
            horizon=options.horizon_days * 86400.0,
            trials=options.trials,
            seed=options.seed,
            compared=options.compared,
            pace=found.scene.pace,
            precision=options.precision,
            shift=options.attempts_per_world.bit_length() - 1,
            before=before,
            keep=keep,
        )

    made = study(keep)
    if options.ranked and made.large:
        # Rankings try what would be otherwise, which a run that follows its graph cannot tell.
        made = study(False)
    return found.case(attack, model, options, locate, made)


@dataclass(frozen=True)
class Setting:
    """What risk reads from a model and its attack graph before anything is simulated."""

    scene: Scene
    states: tuple[str, ...]
    goals: tuple[Goal, ...]
    notes: tuple[str, ...]

    def case(
        self, attack: AttackGraph, model: Model, options: RiskOptions, locate: Locate, study: Study
    ) -> Case:
        """The case of a study of it."""
        study.counted = np.array([g.kind != "rebuilt" for g in self.goals], dtype=bool)
        scene = self.scene
        return Case(
            attack, model, options, locate, scene.graph, scene.chance, self.states, scene.sources, self.goals,
            study, self.notes,
        )  # fmt: skip


def setting(attack: AttackGraph, model: Model) -> Setting:
    """Read what risk needs from the model."""
    sources, notes = inputs.sources(attack, model)
    given = [fact for source in sources for fact in source.start]
    graph = from_attack(attack, given, inputs.slows(attack.controls, model), members_met(attack, model))
    states = inputs.statuses(attack.controls, model)
    active = inputs.in_place(states)
    goals = inputs.goals(attack, model)
    scene = Scene(
        graph, graph.controlled(active), graph.slowed(active), sources, tuple(g.fact for g in goals)
    )
    return Setting(scene, states, goals, notes)


def weights(goals: Sequence[Goal]) -> Floats:
    """What one event of each goal counts for when controls are ranked: its mean loss, or one each if none is
    priced.
    """
    means = np.array([g.severity.mean() for g in goals], dtype=np.float64)
    return means if means.any() else np.array([float(g.kind != "rebuilt") for g in goals])


def sampled(law: Distribution, case: Case, key: str) -> Floats:
    """One draw per trial. Equal keys share their randomness: one attack, one recovery."""
    blocks = range(-(-case.study.trials // BLOCK))
    drawn = [law.sample(generator(case.options.seed, key.encode(), block), BLOCK) for block in blocks]
    return np.concatenate(drawn)[: case.study.trials]


def event_losses(case: Case, goal: Goal) -> Floats:
    """What an event of this goal costs in each trial. Outages of one attack last equally long everywhere."""

    def draw(law: Distribution, what: str) -> Floats:
        return sampled(law, case, what if what == "outage" else f"{what} of {goal.entity.name}")

    return goal.severity.losses(draw, case.study.trials)
