"""The risk of a model as it stands: one object that holds attack graph and estimate, and can be exchanged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace
    from panacea_policy.risk import AttackPath, LiveRisk, RiskOptions, RiskResult


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a path: the step's name, what it reaches, and the vulnerabilities that it uses."""

    step: str
    reached: tuple[str, ...]
    used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProcessRisk:
    """The risk of one care process: chance of a disruption within a year, its cost a year, the likeliest way
    of those who mean harm.
    """

    name: str
    title: str
    probability: float
    loss: float | None
    path: tuple[Hop, ...]


Estimate = Mapping[str, ProcessRisk]


class Estimator(Protocol):
    """What gives an estimate of a model's risk.

    Equal models give equal estimates, and what two models have in common is drawn alike (common random
    numbers), so that a difference is a difference of the models.
    """

    def estimate(self, workspace: Workspace) -> Estimate:
        """The risk of every care process, by name. Raises WorkspaceError for a model too large."""
        ...


class FullEstimator:
    """Builds the attack graph of the model and simulates all of it, with one seed for all estimates."""

    def __init__(self, options: RiskOptions | None = None) -> None:
        self._options = options

    def estimate(self, workspace: Workspace) -> Estimate:
        """As :meth:`Estimator.estimate`."""
        from panacea_policy.risk import RiskOptions, assess_risk

        options = self._options or RiskOptions(ranked=False)
        return estimate_of(assess_risk(workspace.attack(), workspace.model, options))


class LiveEstimator:
    """Carries attack graph and simulation along: an estimate after a change takes what the change touches.
    Equal to :class:`FullEstimator`.
    """

    def __init__(self, options: RiskOptions | None = None) -> None:
        self._options = options
        self._live: LiveRisk | None = None

    def estimate(self, workspace: Workspace) -> Estimate:
        """As :meth:`Estimator.estimate`."""
        from panacea_policy.risk import LiveRisk

        if self._live is None:
            self._live = LiveRisk(workspace, self._options)
        return estimate_of(self._live.update(workspace))


def estimate_of(result: RiskResult) -> Estimate:
    """What an assessment says of each care process."""
    return {
        each.name: ProcessRisk(
            name=each.name,
            title=each.title,
            probability=each.probability.value,
            loss=each.loss_per_year.value if each.loss_per_year else None,
            path=hops(each.attack or each.path),
        )
        for each in result.processes()
    }


#: Kinds of names in facts that are no place on the way: `controls(ehr, root)` is at `ehr`.
_NO_PLACE = ("std.",)


def hops(path: AttackPath | None) -> tuple[Hop, ...]:
    """A path as its deeds, without what merely follows from them."""
    if path is None:
        return ()
    found = []
    for step in path.steps:
        reached = tuple(name for name in step.subjects if not name.startswith(_NO_PLACE))
        used = tuple(each.name for each in step.using if each.kind == "vulnerability")
        if not step.certain or step.step != "derived":
            found.append(Hop(step.step.rsplit(".", 1)[-1], reached, used))
    return tuple(found)


class NoEstimator:
    """Estimates nothing: for those who ask only what feeds mean."""

    def estimate(self, workspace: Workspace) -> Estimate:
        """Nothing."""
        return {}
