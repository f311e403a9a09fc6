"""Readers of what the world says: advisories, catalogues, scans, inventories, events.

One module for each foreign format; :func:`read` finds out which it is from the content alone.
"""

from panacea_policy.formats.feeds.detect import read
from panacea_policy.formats.feeds.limits import Limits

__all__ = ["Limits", "read"]
