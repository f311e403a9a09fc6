"""All figures by name. A module takes part by being listed here and having ``FIGURES``; one that is not there
is left out.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from benchmarks.risk.figure import Figure

MODULES = ("simulation", "scale", "graph", "fair", "mitigation")


def figures() -> dict[str, Figure]:
    """Every figure that this build has."""
    found: dict[str, Figure] = {}
    for module in MODULES:
        name = f"benchmarks.risk.{module}"
        if find_spec(name) is not None:
            found.update(import_module(name).FIGURES)
    return found
