"""The version, alone in a module that every floor may import."""

from __future__ import annotations

__version__ = "0.1.0"
