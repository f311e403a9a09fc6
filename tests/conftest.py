"""Settings that all tests share."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

# Shared machines stall: a slow example is no failure. CI draws the same examples each time: red stays red.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("local"), derandomize=True, print_blob=True)
# A failure as it was found: making an example smaller may take many times as long as finding it.
settings.register_profile(
    "unshrunk",
    parent=settings.get_profile("ci" if os.environ.get("CI") else "local"),
    phases=[Phase.generate],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "local"))
