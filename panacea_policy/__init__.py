"""Hospital security as code: one model, from which checks, risk, plans and evidence follow.

>>> import panacea_policy as pp
>>> hospital = pp.load("models/riverside")       # doctest: +SKIP
>>> hospital.findings()                            # doctest: +SKIP
>>> result = pp.assess(hospital)                   # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from panacea_policy.version import __version__

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from panacea_policy.compiler import Workspace
    from panacea_policy.report import Assessment, AssessOptions

__all__ = ["__version__", "assess", "load"]


def load(*paths: str | Path, as_of: date | None = None) -> Workspace:
    """Open a model: one or more files or folders of ``*.panacea``.

    ``as_of`` is the day at which rules that speak of time are judged; today when not given. Mistakes in the
    model raise nothing: they are in ``Workspace.diagnostics()``.
    """
    from panacea_policy.compiler import Workspace

    return Workspace.open(*paths, as_of=as_of)


def assess(workspace: Workspace, options: AssessOptions | None = None) -> Assessment:
    """Findings, verdicts per clause, risk and scenarios of a model, with the report made from them.

    Raises PanaceaError when the model has errors; they are in ``workspace.diagnostics()``.
    """
    from panacea_policy.report import assess as assess_workspace

    return assess_workspace(workspace, options)
