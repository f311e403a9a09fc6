"""The cache folder, by the name under which the readers of trees and answers know it."""

from __future__ import annotations

from panacea_policy.caches import VARIABLE, cache_folder, read_blob, write_blob

__all__ = ["VARIABLE", "cache_folder", "read_blob", "write_blob"]
