"""Attributes that the judgement of clauses reads by name: ``KIND.ATTRIBUTE`` and what for.

INVARIANT: tests/project/test_reads.py holds this list against what is read.
"""

from __future__ import annotations

from collections.abc import Mapping

READS: Mapping[str, str] = {
    "attestation.attester": "clauses: who answers for it",
    "attestation.expires": "clauses: the last day on which it counts",
    "attestation.reason": "clauses: what it rests on",
    "attestation.requirement": "clauses: which one it answers",
    "attestation.result": "clauses: what it says",
    "attestation.starts": "clauses: the first day on which it counts",
    "attestation.subjects": "clauses: for what alone it counts",
    "mapping.clauses": "crosswalk: which clauses belong together",
    "mapping.relation": "crosswalk: how close they are",
    "organisation.addressees": "clauses: which parts of a law speak to us",
    "organisation.country": "clauses: whose law holds",
    "organisation.partner": "clauses: whether it is one of ours",
    "pack.effective": "clauses: from when the law holds",
    "pack.ends": "clauses: until when the law holds",
    "pack.jurisdiction": "clauses: where the law holds",
    "pack.level": "clauses: whether the law binds, or is a measure",
    "pack.status": "clauses: whether it is law yet",
    "requirement.addressees": "clauses: whom the clause speaks to",
    "requirement.benchmark_for": "clauses: whom the clause measures only",
    "requirement.basis": "clauses: whether it only says what others rest on",
    "requirement.decided_by": "clauses: whether rules, people or both decide it",
    "requirement.effective": "clauses: from when it holds",
    "requirement.ends": "clauses: until when it holds",
    "requirement.jurisdiction": "clauses: where it holds",
    "requirement.level": "clauses: whether it binds, or is a measure",
    "requirement.maps_to": "crosswalk: what asks for the same",
    "requirement.pack": "clauses: what holds for the whole law",
    "requirement.parent": "clauses: what it is part of",
    "requirement.status": "clauses: whether it is law yet",
    "requirement.superseded_by": "clauses: what takes its place",
    "requirement.tags": "crosswalk: clauses that support an outcome",
    "waiver.approver": "clauses: who accepted a violation",
    "waiver.expires": "clauses: until when",
    "waiver.reason": "clauses: why",
}
