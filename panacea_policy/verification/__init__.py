"""Verification: questions about a policy over all models, decided by z3 where they can be, with examples that
were run.
"""

from __future__ import annotations

from panacea_policy.verification.answers import Answer, Outcome
from panacea_policy.verification.example import Example
from panacea_policy.verification.prove import prove
from panacea_policy.verification.questions import MEANINGS, Form
from panacea_policy.verification.solver import Settings

__all__ = ["MEANINGS", "Answer", "Example", "Form", "Outcome", "Settings", "prove"]
