"""The simulation's inner loops in two forms behind one interface: NumPy's, and one compiled by Numba.

Both give equal results, bit by bit; see `Kernels`. The compiled form is taken for large runs; see `choice`.
"""

from __future__ import annotations

from panacea_policy.engine.kernels.choice import Form
from panacea_policy.risk.kernels.choice import kernels_for
from panacea_policy.risk.kernels.form import Controls, Draws, Kernels, Plan

__all__ = ["Controls", "Draws", "Form", "Kernels", "Plan", "kernels_for"]
