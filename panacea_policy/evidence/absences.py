"""Certificates of absence as evidence: how statements name them, and what their own checker says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from panacea_policy.closurecheck import REFUSES, Check
from panacea_policy.evidence.canonical import digest, read_json
from panacea_policy.evidence.errors import EvidenceError

SCHEMA = "panacea/absence/v1"


def is_certificate(data: bytes) -> bool:
    """Whether some bytes call themselves a certificate of absence, whatever else they are."""
    try:
        told = read_json(data, "the file")
    except EvidenceError:
        return False
    return isinstance(told, dict) and told.get("schema") == SCHEMA


def read_certificate(data: bytes) -> Mapping[str, Any]:
    """The certificate in some bytes; nothing of it is checked but its form. Raises EvidenceError."""
    told = read_json(data, "the certificate")
    if not isinstance(told, dict) or told.get("schema") != SCHEMA or not isinstance(told.get("claim"), str):
        raise EvidenceError(
            f"this is no certificate of absence of the form `{SCHEMA}`",
            "`panacea prove --absent CLAIM --certificate FILE` writes one",
        )
    return told


def named(data: bytes) -> dict[str, Any]:
    """How a statement names a certificate: its claim and its digest. Raises EvidenceError."""
    return {"claim": read_certificate(data)["claim"], "digest": {"sha256": digest(data)}}


def names_of(statement: Mapping[str, Any]) -> dict[str, str]:
    """The claims of the certificates that a statement names, by digest."""
    predicate = statement.get("predicate")
    listed = predicate.get("absences") if isinstance(predicate, Mapping) else None
    found: dict[str, str] = {}
    for each in listed if isinstance(listed, list) else ():
        digests = each.get("digest") if isinstance(each, Mapping) else None
        value = digests.get("sha256") if isinstance(digests, Mapping) else None
        if isinstance(value, str):
            found[value] = str(each.get("claim"))
    return found


def closed(told: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    """What a certificate shows, after every step of it was worked out again.

    ``known``: goal, rules and facts of the model where they are at hand; they must be the same. Raises
    EvidenceError where it shows nothing.
    """
    try:
        Check(told, known)
        facts = sum(map(len, told["facts"].values()))
        rows = sum(map(len, told["closed"].values()))
    except REFUSES as error:
        raise EvidenceError(f"refused: {error}") from None
    size = f"{facts:,} facts, {len(told['rules']):,} rules, a closed set of {rows:,} rows"
    return f"closed: absent: {told['claim']} ({size})"
