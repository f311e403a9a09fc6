"""DSSE envelopes (version 1.0): a payload with its type, and signatures over both."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from panacea_policy.evidence.canonical import canonical, digest, read_json
from panacea_policy.evidence.errors import EvidenceError
from panacea_policy.evidence.keys import PublicKey, SigningKey

#: The payload type of in-toto statements.
IN_TOTO = "application/vnd.in-toto+json"
#: More signatures than that are nobody's evidence.
_MOST_SIGNATURES = 32


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature and the name of the key that is said to have made it: a hint, never a proof."""

    keyid: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed payload. ``data`` are the bytes that it was read from, or is written as."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]
    data: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the envelope's bytes in hex: what a log records and a time stamp speaks of."""
        return digest(self.data)

    def signers(self, keys: Iterable[PublicKey]) -> tuple[PublicKey, ...]:
        """Which of these keys made a signature on it. The key's name in the envelope is not believed."""
        message = pre_authentication(self.payload_type, self.payload)
        return tuple(
            key for key in keys if any(key.verifies(each.value, message) for each in self.signatures)
        )

    def statement(self) -> dict[str, Any]:
        """The payload as a JSON object. Raises EvidenceError for another type or no object."""
        if self.payload_type != IN_TOTO:
            raise EvidenceError(f"the envelope holds `{self.payload_type}`, no in-toto statement")
        found = read_json(self.payload, "the statement")
        if not isinstance(found, dict):
            raise EvidenceError("the statement is no object")
        return found


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """What is signed: ``PAE(type, body)`` of the DSSE protocol."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def seal(document: Any, keys: Iterable[SigningKey]) -> Envelope:
    """A statement in canonical form under signatures of ``keys``; without keys it is unsigned.

    Ed25519 signatures are deterministic: the same statement and keys give the same bytes.
    """
    payload = canonical(document)
    message = pre_authentication(IN_TOTO, payload)
    signatures = tuple(Signature(key.public.id, key.sign(message)) for key in keys)
    return Envelope(payload, IN_TOTO, signatures, _written(payload, IN_TOTO, signatures))


def read_envelope(data: bytes) -> Envelope:
    """An envelope from its JSON. Raises EvidenceError for anything that is none."""
    found = read_json(data, "the envelope")
    if not isinstance(found, dict):
        raise EvidenceError("the envelope is no object")
    payload, kind, signed = (found.get(name) for name in ("payload", "payloadType", "signatures"))
    if not isinstance(payload, str) or not isinstance(kind, str) or not isinstance(signed, list):
        raise EvidenceError("the envelope lacks `payload`, `payloadType` or `signatures`")
    if not kind.isascii():
        raise EvidenceError("the `payloadType` of the envelope is no media type")
    if len(signed) > _MOST_SIGNATURES:
        raise EvidenceError(f"the envelope has {len(signed)} signatures")
    return Envelope(_decoded(payload, "payload"), kind, tuple(map(_signature, signed)), data)


def _signature(found: Any) -> Signature:
    if not isinstance(found, dict) or not isinstance(found.get("sig"), str):
        raise EvidenceError("a signature of the envelope lacks `sig`")
    keyid = found.get("keyid", "")
    if not isinstance(keyid, str):
        raise EvidenceError("the `keyid` of a signature is no text")
    return Signature(keyid, _decoded(found["sig"], "sig"))


def _written(payload: bytes, payload_type: str, signatures: tuple[Signature, ...]) -> bytes:
    return canonical(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": payload_type,
            "signatures": [
                {"keyid": each.keyid, "sig": base64.b64encode(each.value).decode()} for each in signatures
            ],
        }
    )


def _decoded(text: str, what: str) -> bytes:
    """Base64, standard or URL-safe, as DSSE allows."""
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise EvidenceError(f"`{what}` of the envelope is no base64") from None
