"""Canonical JSON (RFC 8785): one sequence of bytes for one document, so that digests and signatures hold."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from typing import Any

import rfc8785

from panacea_policy.evidence.errors import EvidenceError

#: The largest document that is read; an envelope of a model of 100,000 assets is far below it.
MOST_BYTES = 256 * 1024 * 1024


def canonical(document: Any) -> bytes:
    """The document as JCS (RFC 8785) bytes. Raises EvidenceError for what JSON cannot hold exactly."""
    try:
        return rfc8785.dumps(document)
    except rfc8785.CanonicalizationError as error:
        raise EvidenceError(f"this cannot be written as canonical JSON: {error}") from error


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def read_json(data: bytes, what: str) -> Any:
    """The JSON document in some bytes, in strict form.

    Raises EvidenceError for what is too large or deep, is no JSON, says a name twice in one object (of two
    readers each would believe another one of the values), or holds half of a character, which has no bytes
    (RFC 8785, section 3.2.2.2).
    """
    if len(data) > MOST_BYTES:
        raise EvidenceError(f"{what} has {len(data):,} bytes; no more than {MOST_BYTES:,} are read")
    try:
        text = data.decode("utf-8")
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        if _SURROGATE.search(text):
            json.dumps(found, ensure_ascii=False).encode()
        return found
    except _Twice as error:
        raise EvidenceError(f"{what} says `{error}` twice in one object") from None
    except RecursionError:
        raise EvidenceError(f"{what} is nested too deep") from None
    except UnicodeEncodeError:
        raise EvidenceError(f"{what} holds half of a character") from None
    except (UnicodeDecodeError, ValueError) as error:
        raise EvidenceError(f"{what} is no JSON: {error}") from None


#: Half of a character beyond 65,536, as JSON escapes it; in pairs they are whole.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _Twice(Exception):
    """A name that an object says twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counted = Counter(name for name, _ in pairs)
        raise _Twice(next(name for name, count in counted.items() if count > 1))
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
