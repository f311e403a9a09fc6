"""What was certified of a model: the clauses that the newest signed statement names as met.

The statement is the `result` of `panacea evidence attest`, kept in the model's ledger or, so that
everybody who clones the repository has it, as an envelope in ``.panacea/certified.dsse.json`` beside the
model.
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panacea_policy.errors import PanaceaError

if TYPE_CHECKING:
    from panacea_policy.evidence import PublicKey

#: Where the envelope is, seen from the model's folder.
FILE = Path(".panacea") / "certified.dsse.json"
LEDGER = Path(".panacea") / "evidence.sqlite"
_PREFIX = "PANACEA_"
#: How properties of statements name verdicts by which a clause counts as met.
HELD = frozenset({"met", "attested"})
#: The largest envelope that is read.
MOST_BYTES = 16 * 1024 * 1024
#: The newest result is looked for among so many of the last records.
_RECORDS = 1_000


@dataclass(frozen=True, slots=True)
class Certificate:
    """The clauses that were certified, by id, with their verdict then (met or attested).

    ``checked``: whether a key that is trusted signed it; None where no key was given to check it with.
    """

    claims: dict[str, str]
    time: datetime
    source: str
    checked: bool | None

    @property
    def packs(self) -> tuple[str, ...]:
        """The packages that the clauses belong to."""
        return tuple(sorted({clause.rpartition(".")[0] for clause in self.claims}))


def newest(found: Iterable[Certificate]) -> Certificate | None:
    """The one that was made last; of two of the same moment, the first."""
    return max(found, key=lambda each: each.time, default=None)


def read_certificate(data: bytes, source: str, keys: Sequence[PublicKey] = ()) -> Certificate:
    """The certificate in an envelope. With ``keys`` one of these must have signed it.

    Raises PanaceaError for anything else than a `result`: a claim is never passed over in silence.
    """
    if len(data) > MOST_BYTES:
        raise PanaceaError(f"{source} is too large to be a statement")
    statement = _checked(data, source, keys) if keys else _unchecked(data, source)
    predicate = statement.get("predicate")
    if statement.get("predicateType") != "https://in-toto.io/attestation/svr/v0.2" or not isinstance(
        predicate, dict
    ):
        help = "`panacea evidence attest --result FILE` writes the right one"
        raise PanaceaError(f"{source} is no statement of what is met (SVR 0.2)", help)
    listed = predicate.get("properties")
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise PanaceaError(f"{source} names no properties")
    claims = {}
    for name in listed:
        clause, _, verdict = name.removeprefix(_PREFIX).rpartition(":")
        if name.startswith(_PREFIX) and clause and verdict in HELD:
            claims[clause] = verdict
    return Certificate(claims, _moment(predicate.get("timeCreated"), source), source, True if keys else None)


def in_ledger(path: Path, keys: Sequence[PublicKey] = ()) -> Certificate | None:
    """The newest certificate in a ledger; None where there is no such file, or no result in it."""
    if not path.is_file():
        return None
    try:
        from panacea_policy.evidence import Ledger, read_envelope
        from panacea_policy.evidence.statements import SIMPLE
    except ImportError as error:
        help = "In the checkout: pip install '.[evidence]'"
        raise PanaceaError(f"to read the ledger `{path}` takes the package `{error.name}`", help) from None
    with Ledger.open(path) as ledger:
        size = ledger.size
        for seq in range(size - 1, max(size - _RECORDS, 0) - 1, -1):
            record = ledger.record(seq)
            if read_envelope(record.envelope).statement().get("predicateType") == SIMPLE:
                return read_certificate(record.envelope, f"record {seq} of `{ledger.origin}`", keys)
    return None


def _checked(data: bytes, source: str, keys: Sequence[PublicKey]) -> dict[str, Any]:
    from panacea_policy.evidence import read_envelope

    envelope = read_envelope(data)
    if not envelope.signers(keys):
        raise PanaceaError(
            f"{source} is signed by none of the keys that were given",
            "give the attester's public key; after a change of keys, attest again with the new one",
        )
    return envelope.statement()


def _unchecked(data: bytes, source: str) -> dict[str, Any]:
    """The statement, its signatures not being looked at: that takes none of the packages of `evidence`."""
    try:
        envelope = json.loads(data)
        statement = json.loads(b64decode(envelope["payload"], validate=True))
    except (ValueError, Base64Error, KeyError, TypeError, RecursionError):
        raise PanaceaError(f"{source} is no envelope with a statement (DSSE)") from None
    if not isinstance(statement, dict):
        raise PanaceaError(f"{source} holds no statement")
    return statement


def _moment(text: object, source: str) -> datetime:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        raise PanaceaError(f"{source} does not say when it was made") from None
    if found.tzinfo is None:
        raise PanaceaError(f"{source} says a time without a zone")
    return found
