"""Secure design: the file of one system or device under development or in procurement.

Threats, attack steps, risks in the words of ISO 14971, controls, requirements to trace, the four security
views of a premarket file, a draft of its disclosure statement, and what risk is left.
"""

from __future__ import annotations

from panacea_policy.secure_design.assess import design
from panacea_policy.secure_design.residual import between, percent, with_error
from panacea_policy.secure_design.results import (
    Answer,
    BillCheck,
    BillComponent,
    ControlLine,
    DesignFile,
    Judged,
    KnownWeakness,
    Level,
    Move,
    Requirement,
    Risk,
    Subject,
    Table,
    Threat,
    View,
    ViewLink,
    ViewNode,
)
from panacea_policy.secure_design.subject import find

__all__ = [
    "Answer",
    "BillCheck",
    "BillComponent",
    "ControlLine",
    "DesignFile",
    "Judged",
    "KnownWeakness",
    "Level",
    "Move",
    "Requirement",
    "Risk",
    "Subject",
    "Table",
    "Threat",
    "View",
    "ViewLink",
    "ViewNode",
    "between",
    "design",
    "find",
    "percent",
    "with_error",
]
