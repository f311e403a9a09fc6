"""Mitigation: which controls to buy under a budget, and what happens where they fail.

Exact over the simulated trials: a mixed-integer program whose cuts are learnt from the trials themselves,
judged on fresh trials.
"""

from __future__ import annotations

from panacea_policy.risk.mitigation.advise import MitigationOptions, mitigate
from panacea_policy.risk.mitigation.money import Horizon
from panacea_policy.risk.mitigation.portfolio import Wishes
from panacea_policy.risk.mitigation.results import MitigationResult

__all__ = ["Horizon", "MitigationOptions", "MitigationResult", "Wishes", "mitigate"]
