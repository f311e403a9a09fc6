"""RFC 3161 time stamps: somebody else's word that an envelope existed at a moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from panacea_policy.evidence.errors import EvidenceError
from panacea_policy.evidence.exchange import Deadline, ask, named

_MOST_BYTES = 1024 * 1024
#: An authority has so many seconds for its whole answer, its name's look-up not counted.
_SECONDS = 30.0
_KIND = {"Content-Type": "application/timestamp-query"}
_CURE = "try again, name another authority (--tsa URL), or do without: nothing was written"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A verified time stamp: when, and by whom."""

    time: datetime
    authority: str


def request(data: bytes) -> bytes:
    """A time-stamp request (DER) over the SHA-256 of some bytes, with a nonce, asking for the certificate."""
    return _request(data).as_bytes()


def fetch(
    url: str, data: bytes, *, seconds: float = _SECONDS, clock: Callable[[], float] = time.monotonic
) -> bytes:
    """The answer (DER) of the time-stamping authority at ``url``, whole within ``seconds`` of ``clock``.

    The authority learns a digest and nothing else. Only http and https are spoken: the answer is signed, so
    that TLS is no need. Its signature is for `verify`; but it must be granted, and be about these bytes and
    this very request. Raises EvidenceError.
    """
    asked = _request(data)
    try:
        token = ask(url, asked.as_bytes(), _KIND, _MOST_BYTES, Deadline(seconds, clock))
    except EvidenceError as error:
        raise EvidenceError(f"there is no time stamp: {error.message}", error.help or _CURE) from None
    try:
        _require_about(asked, _decoded(token))
    except EvidenceError as error:
        raise EvidenceError(f"there is no time stamp: {named(url)}: {error.message}", _CURE) from None
    return token


def _request(data: bytes) -> TimeStampRequest:
    built = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256)
    return built.cert_request(cert_request=True).nonce(nonce=True).build()


def _require_about(asked: TimeStampRequest, response: TimeStampResponse) -> None:
    """Raise EvidenceError for an answer that is no grant, or one to another request (RFC 3161, 2.4.2)."""
    if response.status != PKIStatus.GRANTED:
        raise EvidenceError(f"the time-stamping authority refuses, with the status {response.status}")
    try:
        told = response.tst_info
    except ValueError:
        raise EvidenceError("the time-stamping authority grants, and gives no time stamp") from None
    if told.message_imprint.message != asked.message_imprint.message or told.nonce != asked.nonce:
        raise EvidenceError("the time-stamping authority answers another request than ours")


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
