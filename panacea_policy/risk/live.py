"""The risk of a model that changes: the attack graph is carried along, and so is the simulation.

Every estimate uses the same seed, and what two models have in common is drawn alike (common random numbers),
so that a difference of two results is one of the models.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from panacea_policy.risk.assess import assessed
from panacea_policy.risk.case import RiskOptions, prepare
from panacea_policy.risk.inputs import Locate
from panacea_policy.risk.results import RiskResult
from panacea_policy.risk.study import Study

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace


class LiveRisk:
    """The assessment of a workspace, brought up to date after each `Workspace.apply`.

    `result` equals that of a fresh `assess_risk` with the same options, at any time. Only the trials that a
    change can touch are simulated again; all of them where the options ask for a precision, or where the
    words of trials would take more than `study.MOST_KEPT` bytes.
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
        keep = self._options.precision is None
        case = prepare(now.attack(), now.model, self._options, self._locate, before=self._study, keep=keep)
        found = assessed(case)
        self._workspace, self._study, self._result = now, case.study if keep else None, found
        return found


__all__ = ["LiveRisk"]
