"""The compiler: joins language, vocabulary and engine into the workspace that everything starts from."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from panacea_policy.compiler.attack import AttackFact, AttackGraph, StepInfo, share_stopped
    from panacea_policy.compiler.catalogue import CODES
    from panacea_policy.compiler.delta import Applied, Delta, DeltaError
    from panacea_policy.compiler.entities import UNKNOWN, Entity, Formula, Origin, Reference
    from panacea_policy.compiler.evaluation import WorkspaceError
    from panacea_policy.compiler.explain import Proved
    from panacea_policy.compiler.facts import Assumption
    from panacea_policy.compiler.model import Model
    from panacea_policy.compiler.query import QueryError, QueryResult
    from panacea_policy.compiler.testing import TestResult
    from panacea_policy.compiler.verdicts import (
        SEVERITIES,
        Finding,
        Findings,
        Question,
        RuleInfo,
        Tally,
        Verdict,
        fingerprint,
    )
    from panacea_policy.compiler.witness import Witness, WitnessLeaf
    from panacea_policy.compiler.words import Explanation, Mark
    from panacea_policy.compiler.workspace import ScenarioInfo, Workspace

__all__ = [
    "CODES",
    "SEVERITIES",
    "UNKNOWN",
    "Applied",
    "Assumption",
    "AttackFact",
    "AttackGraph",
    "Delta",
    "DeltaError",
    "Entity",
    "Explanation",
    "Finding",
    "Findings",
    "Formula",
    "Mark",
    "Model",
    "Origin",
    "Proved",
    "QueryError",
    "QueryResult",
    "Question",
    "Reference",
    "RuleInfo",
    "ScenarioInfo",
    "StepInfo",
    "Tally",
    "TestResult",
    "Verdict",
    "Witness",
    "WitnessLeaf",
    "Workspace",
    "WorkspaceError",
    "fingerprint",
    "share_stopped",
]

#: What a check may not need is imported when it is asked for. No name is that of a module, too.
_ON_DEMAND = {
    "attack": "AttackFact AttackGraph StepInfo share_stopped",
    "catalogue": "CODES",
    "delta": "Applied Delta DeltaError",
    "entities": "UNKNOWN Entity Formula Origin Reference",
    "evaluation": "WorkspaceError",
    "explain": "Proved",
    "facts": "Assumption",
    "model": "Model",
    "query": "QueryError QueryResult",
    "testing": "TestResult",
    "verdicts": "SEVERITIES Finding Findings Question RuleInfo Tally Verdict fingerprint",
    "witness": "Witness WitnessLeaf",
    "words": "Explanation Mark",
    "workspace": "ScenarioInfo Workspace",
}


def __getattr__(name: str) -> object:
    for home, names in _ON_DEMAND.items():
        if name in names.split():
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
