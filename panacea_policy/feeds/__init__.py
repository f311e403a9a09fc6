"""Feeds: what the world says about what we run: advisories, catalogues, scans, inventories, events, as facts
with time, origin and expiry.

Readers of foreign formats live in :mod:`panacea_policy.formats`; each gives :class:`Reading`, and nothing
here knows which format a record came from.
"""
