"""In-toto statements (v1) about a model that was judged: the simple result, and the full verdicts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from panacea_policy.evidence.errors import EvidenceError

STATEMENT = "https://in-toto.io/Statement/v1"
#: Simple Verification Result, version 0.2: which requirements are met, and nothing else.
SIMPLE = "https://in-toto.io/attestation/svr/v0.2"
#: Our own predicate: every verdict, with what it rests on.
VERDICTS = "urn:panacea-policy:verdicts:v1"

#: How statements are called in a bundle, by the type of their predicate.
NAMES = {SIMPLE: "result", VERDICTS: "verdicts"}

_SHA256 = re.compile(r"[0-9a-f]{64}")
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Resource:
    """Something named by its content: a model, a source file, a pack. ``digest`` is SHA-256 in hex."""

    name: str
    digest: str
    uri: str | None = None

    def descriptor(self) -> dict[str, Any]:
        """The ResourceDescriptor of in-toto."""
        found: dict[str, Any] = {"name": self.name, "digest": {"sha256": self.digest}}
        return found if self.uri is None else {**found, "uri": self.uri}


def simple_result(
    subjects: Sequence[Resource],
    policies: Sequence[Resource],
    *,
    verifier: str,
    time: datetime,
    properties: Sequence[str],
) -> dict[str, Any]:
    """The statement that ``properties`` were found to hold of the subjects at ``time`` under ``policies``."""
    predicate = {
        "verifier": {"id": verifier, "policies": [policy.descriptor() for policy in policies]},
        "timeCreated": written(time),
        "properties": list(properties),
    }
    return statement_about(subjects, SIMPLE, predicate)


def full_verdicts(subjects: Sequence[Resource], predicate: Mapping[str, Any]) -> dict[str, Any]:
    """The statement that holds every verdict."""
    return statement_about(subjects, VERDICTS, dict(predicate))


def statement_about(subjects: Sequence[Resource], kind: str, predicate: dict[str, Any]) -> dict[str, Any]:
    """An in-toto statement with a predicate of some type. Raises EvidenceError where it has no subject."""
    if not subjects:
        raise EvidenceError("a statement speaks of something: it has no subject")
    return {
        "_type": STATEMENT,
        "subject": [subject.descriptor() for subject in subjects],
        "predicateType": kind,
        "predicate": predicate,
    }


def written(time: datetime) -> str:
    """A moment as RFC 3339 text in UTC, in whole seconds."""
    return time.astimezone(UTC).strftime(_TIME)


def moment(text: object) -> datetime:
    """The moment of such a text. Raises EvidenceError."""
    try:
        return datetime.strptime(str(text), _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise EvidenceError(f"`{text}` is no time such as 2026-11-23T12:00:00Z") from None


def subjects_of(statement: Mapping[str, Any]) -> dict[str, str]:
    """The digest (SHA-256) of each subject, by name. Raises EvidenceError where there are no sound ones."""
    if statement.get("_type") != STATEMENT:
        raise EvidenceError(f"this is no in-toto statement of version 1: `{statement.get('_type')}`")
    found: dict[str, str] = {}
    listed = statement.get("subject")
    for each in listed if isinstance(listed, list) else ():
        name = each.get("name") if isinstance(each, dict) else None
        digests = each.get("digest") if isinstance(each, dict) else None
        value = digests.get("sha256") if isinstance(digests, dict) else None
        if not isinstance(name, str) or not isinstance(value, str) or not _SHA256.fullmatch(value):
            raise EvidenceError("a subject of the statement lacks a name or its SHA-256")
        if name in found:
            raise EvidenceError(f"the statement names the subject `{name}` twice")
        found[name] = value
    if not found:
        raise EvidenceError("the statement has no subject")
    return found
