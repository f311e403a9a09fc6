"""The kinds that come with the program, one file per theme; parents stand before children."""

from __future__ import annotations

from panacea_policy.model.fields import Declaration
from panacea_policy.model.kinds import (
    architecture,
    core,
    data,
    devices,
    governance,
    identity,
    keys,
    people,
    privacy,
    resilience,
    risk,
    rules,
    secure_design,
    sharing,
)

ALL_KINDS: tuple[type[Declaration], ...] = (
    *core.KINDS,
    *resilience.KINDS,
    *architecture.KINDS,
    *devices.KINDS,
    *data.KINDS,
    *identity.KINDS,
    *keys.KINDS,
    *sharing.KINDS,
    *privacy.KINDS,
    *governance.KINDS,
    *risk.KINDS,
    *people.KINDS,
    *rules.KINDS,
    *secure_design.KINDS,
)
