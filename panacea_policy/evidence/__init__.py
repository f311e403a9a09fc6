"""Evidence that others can verify without trusting us: signed statements, a log, time stamps, bundles.

A model that was judged is named by the digest of its canonical form (RFC 8785). What was found is an in-toto
statement in a DSSE envelope under an Ed25519 key; the envelope is a leaf of a local transparency log (C2SP)
and may carry an RFC 3161 time stamp. A bundle holds all of that for an auditor.
"""

from __future__ import annotations

from panacea_policy.evidence.audit import Audit, audit
from panacea_policy.evidence.bundles import Bundle, read_bundle
from panacea_policy.evidence.canonical import canonical, digest
from panacea_policy.evidence.envelopes import Envelope, read_envelope, seal
from panacea_policy.evidence.errors import EvidenceError
from panacea_policy.evidence.inclusion import LogProof, read_proof
from panacea_policy.evidence.keys import PublicKey, SigningKey, read_public_key, read_signing_key
from panacea_policy.evidence.ledger import Ledger, Record
from panacea_policy.evidence.statements import Resource, full_verdicts, simple_result
from panacea_policy.evidence.verification import (
    Trust,
    Verification,
    verify_bundle,
    verify_certificate,
    verify_envelope,
)

__all__ = [
    "Audit",
    "Bundle",
    "Envelope",
    "EvidenceError",
    "Ledger",
    "LogProof",
    "PublicKey",
    "Record",
    "Resource",
    "SigningKey",
    "Trust",
    "Verification",
    "audit",
    "canonical",
    "digest",
    "full_verdicts",
    "read_bundle",
    "read_envelope",
    "read_proof",
    "read_public_key",
    "read_signing_key",
    "seal",
    "simple_result",
    "verify_bundle",
    "verify_certificate",
    "verify_envelope",
]
