"""Endorsements: a key that is trusted says that another one may sign in its place from now on.

An endorsement is an in-toto statement about the new key in a DSSE envelope under the old one. It stands
beside the new key, so that whoever knew the old one can follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from panacea_policy.evidence.envelopes import Envelope, read_envelope, seal
from panacea_policy.evidence.errors import EvidenceError
from panacea_policy.evidence.keys import PublicKey, SigningKey
from panacea_policy.evidence.statements import Resource, statement_about, subjects_of, written

#: The type of the statement's predicate; its subject is the new key.
ENDORSEMENT = "urn:panacea-policy:key-endorsement:v1"
_SUBJECT = "key"


def endorse(key: PublicKey, by: Sequence[SigningKey], time: datetime) -> Envelope:
    """The statement that ``key`` may sign as the keys of ``by`` do. Raises EvidenceError for none of these,
    and for a key that endorses itself.
    """
    if not by or any(each.public.raw == key.raw for each in by):
        raise EvidenceError("a key is endorsed by another one", "give the private key that was used before")
    about = [Resource(_SUBJECT, key.id)]
    return seal(statement_about(about, ENDORSEMENT, {"timeCreated": written(time)}), by)


def require_endorsed(data: bytes, key: PublicKey, by: Iterable[PublicKey]) -> None:
    """Raise EvidenceError unless the envelope in ``data`` is an endorsement of ``key`` by one of ``by``."""
    envelope = read_envelope(data)
    if not envelope.signers(by):
        raise EvidenceError("the endorsement is signed by none of the keys that were there before")
    statement = envelope.statement()
    if statement.get("predicateType") != ENDORSEMENT:
        raise EvidenceError(f"this is no endorsement: `{str(statement.get('predicateType'))[:100]}`")
    if subjects_of(statement) != {_SUBJECT: key.id}:
        raise EvidenceError("the endorsement is of another key")
