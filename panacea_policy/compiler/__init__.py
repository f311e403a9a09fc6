"""The compiler: joins language, vocabulary and engine into the workspace that everything starts from."""

from __future__ import annotations

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
