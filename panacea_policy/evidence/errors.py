"""What evidence is refused for."""

from __future__ import annotations

from panacea_policy.errors import PanaceaError


class EvidenceError(PanaceaError):
    """Evidence that cannot be made, read or believed; the message says why."""
