"""RFC 3161 time stamps: somebody else's word that an envelope existed at a moment."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from panacea_policy.evidence.errors import EvidenceError

_MOST_BYTES = 1024 * 1024
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Stamp:
    """A verified time stamp: when, and by whom."""

    time: datetime
    authority: str


def request(data: bytes) -> bytes:
    """A time-stamp request (DER) over the SHA-256 of some bytes, with a nonce, asking for the certificate."""
    built = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256)
    return built.cert_request(cert_request=True).nonce(nonce=True).build().as_bytes()


def fetch(url: str, data: bytes) -> bytes:
    """The answer (DER) of the time-stamping authority at ``url``. Raises EvidenceError.

    The authority learns a digest and nothing else. Only http and https are spoken: the answer is signed, so
    that TLS is no need.
    """
    if re.match(r"https?://[^/]", url) is None:
        raise EvidenceError(f"`{url}` is no http or https address of a time-stamping authority")
    kind = {"Content-Type": "application/timestamp-query"}
    try:
        asked = urllib.request.Request(url, data=request(data), headers=kind, method="POST")
        with urllib.request.urlopen(asked, timeout=_SECONDS) as answer:
            token = bytes(answer.read(_MOST_BYTES + 1))
    except (OSError, urllib.error.URLError, http.client.HTTPException, ValueError) as error:
        told = str(error) or type(error).__name__
        raise EvidenceError(f"the time-stamping authority cannot be reached: {told}") from None
    if len(token) > _MOST_BYTES:
        raise EvidenceError("the answer of the time-stamping authority is too long")
    _decoded(token)
    return token


def verify(token: bytes, data: bytes, roots: Sequence[bytes]) -> Stamp:
    """When an authority under one of the root certificates (PEM) saw exactly these bytes.

    Raises EvidenceError where the token is of other bytes, damaged, or of an authority that is not trusted.
    """
    if len(token) > _MOST_BYTES:
        raise EvidenceError("the time stamp is too long")
    response = _decoded(token)
    reasons = []
    for pem in roots:
        try:
            verifier = VerifierBuilder().add_root_certificate(_certificate(pem)).build()
            verifier.verify_message(response, data)
        except (VerificationError, ValueError) as error:
            reasons.append(str(error))
            continue
        info = response.tst_info
        return Stamp(info.gen_time.astimezone(UTC), str(info.name))
    raise EvidenceError(
        f"the time stamp does not hold: {'; '.join(dict.fromkeys(reasons)) or 'no root is trusted'}"
    )


def _decoded(token: bytes) -> TimeStampResponse:
    try:
        return decode_timestamp_response(token)
    except ValueError:
        raise EvidenceError("this is no answer of a time-stamping authority (RFC 3161)") from None


def _certificate(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)
