"""The risk of a model that changes: the attack graph is carried along, and so is the simulation.

Every estimate uses the same seed, and what two models have in common is drawn alike (common random numbers),
so that a difference of two results is one of the models.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from panacea_policy.risk.assess import assessed
from panacea_policy.risk.case import RiskOptions, prepare, setting, weights
from panacea_policy.risk.inputs import Locate
from panacea_policy.risk.memory import Memory
from panacea_policy.risk.results import RiskResult
from panacea_policy.risk.study import Study

if TYPE_CHECKING:
    from panacea_policy.compiler import AttackGraph, Workspace


class LiveRisk:
    """The assessment of a workspace, brought up to date after each `Workspace.apply`.

    `result` equals that of a fresh `assess_risk` with the same options, at any time. Only the trials that a
    change can touch are simulated again: of a large model, as long as it grows or shrinks, only what falls
    at another time in them (see `follow`). All are where the options ask for a precision, or where there is
    no room to keep what it takes (`study.MOST_KEPT`).
    """

    def __init__(
        self, workspace: Workspace, options: RiskOptions | None = None, *, locate: Locate | None = None
    ) -> None:
        """Assesses nothing yet. Rankings take what only a run of their own gives: they are left out unless
        ``options`` asks for them.
        """
        self._workspace = workspace
        self._options = options or replace(RiskOptions(), ranked=False)
        self._locate: Locate = locate or (lambda _: None)
        self._study: Study | None = None
        self._memory: Memory | None = None
        self._result: RiskResult | None = None

    @property
    def result(self) -> RiskResult:
        """The assessment as of the latest `update`. Raises WorkspaceError for a model too large."""
        return self._result if self._result is not None else self.update()

    def update(self, workspace: Workspace | None = None) -> RiskResult:
        """Assesses the workspace as it is now; another one, if it is opened anew, takes its place.

        Raises WorkspaceError for a model too large; what was known before is kept then.
        """
        now = workspace or self._workspace
        attack = now.attack()
        found = self._followed(now, attack)
        if found is None:
            keep = self._options.precision is None
            case = prepare(attack, now.model, self._options, self._locate, before=self._study, keep=keep)
            self._study = self._memory = None
            following = None if self._options.ranked else case.study.following()
            memory = None if following is None else Memory(following, case.study)
            if memory is not None:
                case = replace(case, study=memory.study(case.study.weights), recall=memory)
            found = assessed(case, memory=memory)
            self._study, self._memory = (case.study if keep and memory is None else None), memory
        self._workspace, self._result = now, found
        return found

    def _followed(self, now: Workspace, attack: AttackGraph) -> RiskResult | None:
        """The assessment by a run that follows its graph; None where there is none that can."""
        memory, self._memory = self._memory, None
        if memory is None or now is not self._workspace:
            return None
        found = setting(attack, now.model)
        if not memory.follow(found):
            return None
        study = memory.study(weights(found.goals))
        case = replace(found.case(attack, now.model, self._options, self._locate, study), recall=memory)
        result = assessed(case, memory=memory)
        self._memory = memory
        return result


__all__ = ["LiveRisk"]
