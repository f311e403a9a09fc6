"""Risk: what threatens which care process, how likely, how bad, by which way, and what would help most.

An exact semantics over the compiler's attack graph (AND/OR, cyclic), simulated with explicit seeds, with
closed forms and exact enumeration beside the simulation to check it.
"""

from __future__ import annotations

from panacea_policy.risk.assess import assess_risk
from panacea_policy.risk.case import RiskOptions
from panacea_policy.risk.falls import falls
from panacea_policy.risk.live import LiveRisk
from panacea_policy.risk.results import (
    ActorFall,
    ActorShare,
    AssumptionInfluence,
    AttackPath,
    ControlValue,
    Estimate,
    EventSummary,
    Evidence,
    Fall,
    FormLoss,
    GoalRisk,
    GroupOfStaff,
    LossAssumption,
    LossCurve,
    PathStep,
    Place,
    Precision,
    Premise,
    Quantiles,
    Rated,
    RiskResult,
    SecondMethod,
    Sensitivity,
    Using,
)

__all__ = [
    "ActorFall",
    "ActorShare",
    "AssumptionInfluence",
    "AttackPath",
    "ControlValue",
    "Estimate",
    "EventSummary",
    "Evidence",
    "Fall",
    "FormLoss",
    "GoalRisk",
    "GroupOfStaff",
    "LiveRisk",
    "LossAssumption",
    "LossCurve",
    "PathStep",
    "Place",
    "Precision",
    "Premise",
    "Quantiles",
    "Rated",
    "RiskOptions",
    "RiskResult",
    "SecondMethod",
    "Sensitivity",
    "Using",
    "assess_risk",
    "falls",
]
