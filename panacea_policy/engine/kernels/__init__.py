"""The engine's inner loops in two forms behind one interface: NumPy's, and one compiled by Numba.

Both give the same results in the same order; see `Kernels`. The compiled form is taken for large runs,
when Numba has compiled it before or can do so now; see `choice`.
"""

from __future__ import annotations

from panacea_policy.engine.kernels.choice import Form, announce_to, kernels_for, using
from panacea_policy.engine.kernels.form import (
    Chase,
    Chased,
    ChaseLimits,
    Kernels,
    Layout,
    Pairs,
    Place,
    Queue,
    Slots,
)

__all__ = [
    "Chase",
    "ChaseLimits",
    "Chased",
    "Form",
    "Kernels",
    "Layout",
    "Pairs",
    "Place",
    "Queue",
    "Slots",
    "announce_to",
    "kernels_for",
    "using",
]
