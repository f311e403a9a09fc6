"""Who vouches for a pack: an in-toto statement about its file, in a DSSE envelope beside it."""

from __future__ import annotations

from collections.abc import Iterable

from panacea_policy.evidence import (
    Envelope,
    EvidenceError,
    PublicKey,
    Resource,
    SigningKey,
    read_envelope,
    seal,
)
from panacea_policy.evidence.statements import STATEMENT, subjects_of
from panacea_policy.packs.archive import Archive
from panacea_policy.packs.project import PackError

RELEASE = "urn:panacea-policy:pack:v1"
#: How the file with the signature ends: it stands beside the pack.
ENDING = ".dsse.json"


def sign(archive: Archive, key: SigningKey) -> Envelope:
    """The statement that this file is this version of this pack; equal input gives equal bytes."""
    document = {
        "_type": STATEMENT,
        "subject": [Resource(archive.file_name, archive.digest).descriptor()],
        "predicateType": RELEASE,
        "predicate": {
            "name": archive.name,
            "version": archive.version,
            "requires": list(archive.requires),
        },
    }
    return seal(document, [key])


def signer_of(archive: Archive, signature: bytes, keys: Iterable[PublicKey]) -> PublicKey:
    """The trusted key that vouches for exactly this file.

    Raises PackError where none does: another file was signed, another version, by another key, or it was
    altered afterwards.
    """
    try:
        envelope = read_envelope(signature)
        signers = envelope.signers(keys)
        statement = envelope.statement()
        subjects = subjects_of(statement)
    except EvidenceError as error:
        raise PackError(f"the signature of `{archive.name}` cannot be read: {error.message}") from None
    if not envelope.signatures:
        raise PackError(f"the pack `{archive.name}` is unsigned: its envelope holds no signature")
    if not signers:
        raise PackError(
            f"the pack `{archive.name}` is not signed by a key that you trust",
            "get the publisher's key from a source that you trust, and give it with --key",
        )
    said = statement.get("predicate")
    if statement.get("predicateType") != RELEASE or not isinstance(said, dict):
        raise PackError("what is signed is no release of a pack")
    if subjects.get(archive.file_name) != archive.digest:
        raise PackError(
            f"the signature is not of this file: `{archive.name}` was altered, or it is another one"
        )
    if (said.get("name"), said.get("version")) != (archive.name, archive.version):
        raise PackError("the signature is of another pack or version")
    return signers[0]
