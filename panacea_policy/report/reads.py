"""Attributes that pictures and reports read by name: ``KIND.ATTRIBUTE`` and what for.

INVARIANT: tests/project/test_reads.py holds this list against what is read.
"""

from __future__ import annotations

from collections.abc import Mapping

READS: Mapping[str, str] = {
    "asset.zone": "pictures: where it stands",
    "conduit.allow": "pictures: the label of a conduit",
    "conduit.any_traffic": "pictures: the label of a conduit",
    "conduit.both_ways": "pictures: the arrow of a conduit",
    "conduit.source": "pictures: where a conduit begins",
    "conduit.target": "pictures: where a conduit ends",
    "flow.carries": "pictures: the label of a flow",
    "flow.protocol": "pictures: the label of a flow",
    "flow.source": "pictures: where a flow begins",
    "flow.target": "pictures: where a flow ends",
    "organisation.partner": "reports: whose hospital it is",
    "process.needs": "pictures: what care needs",
    "zone.parent": "pictures: zones within zones",
    "zone.trust": "pictures: the order of zones",
    "zone.type": "pictures: the colour of a zone",
}
