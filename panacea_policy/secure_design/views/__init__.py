"""The four security views of a premarket file: whole system, harm to many patients, updates, uses."""

from __future__ import annotations

from panacea_policy.compiler import AttackGraph
from panacea_policy.secure_design.results import View
from panacea_policy.secure_design.surroundings import Surroundings
from panacea_policy.secure_design.views.multi_patient import multi_patient_view
from panacea_policy.secure_design.views.system import system_view
from panacea_policy.secure_design.views.update import update_view
from panacea_policy.secure_design.views.use import use_view


def views(around: Surroundings, attack: AttackGraph | None) -> tuple[View, ...]:
    """All four, in the order in which premarket guidance names them."""
    return (system_view(around), multi_patient_view(around, attack), update_view(around), use_view(around))


__all__ = ["views"]
