"""The bundle that an auditor gets: from a ledger, for one state of a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from panacea_policy.evidence import Bundle, EvidenceError, Ledger, LogProof, PublicKey, Record, read_envelope
from panacea_policy.evidence.absences import names_of
from panacea_policy.evidence.bundles import MODEL, README
from panacea_policy.evidence.canonical import digest
from panacea_policy.evidence.notes import open_note, read_checkpoint, verifier_key
from panacea_policy.evidence.statements import SIMPLE, VERDICTS, subjects_of

#: How statements are called in a bundle, by the type of their predicate.
NAMES = {SIMPLE: "result", VERDICTS: "verdicts"}


def bundle_of(
    ledger: Ledger,
    model: bytes,
    note: str,
    keys: Sequence[PublicKey],
    log_key: PublicKey,
    absences: Mapping[str, bytes] = MappingProxyType({}),
) -> Bundle:
    """The newest statements about a model, with their proofs under the checkpoint ``note`` and time stamps.

    ``absences``: certificates by name. Raises EvidenceError where the ledger has no statement about exactly
    this model, and where none of those in the bundle names a certificate.
    """
    checkpoint = read_checkpoint(open_note(note, ledger.origin, log_key))
    found = _newest(ledger, digest(model), checkpoint.size)
    if not found:
        raise EvidenceError(
            "the ledger has no statement about the model as it is now",
            "`panacea evidence attest` makes one",
        )
    tree = ledger.tree(checkpoint.size)
    files: dict[str, bytes] = {MODEL: model}
    for name, record in found.items():
        files[f"statements/{name}.dsse.json"] = record.envelope
        proof = LogProof(record.seq, tuple(tree.inclusion(record.seq, checkpoint.size)), note)
        files[f"proofs/{name}.tlog-proof"] = proof.text.encode()
        token = ledger.token(record.digest)
        if token is not None:
            files[f"stamps/{name}.tsr"] = token
    claims = _named_in(record.envelope for record in found.values())
    for name, certificate in absences.items():
        if digest(certificate) not in claims:
            raise EvidenceError(
                f"the newest statement about the model names no such certificate as `{name}`",
                "`panacea evidence attest --absence FILE` has it named",
            )
        files[f"absences/{name}.json"] = certificate
    for key in keys:
        files[f"keys/attester-{key.id[:16]}.pub.pem"] = key.pem
    files["keys/log.pub.pem"] = log_key.pem
    files[README] = _readme(ledger.origin, log_key).encode()
    return Bundle(files, ledger.origin)


def missing_claims(bundle: Bundle) -> list[str]:
    """The claims that the statements of a bundle name and of which it has no certificate."""
    there = set(map(digest, bundle.named("absences").values()))
    claims = _named_in(bundle.named("statements").values())
    return sorted(claim for each, claim in claims.items() if each not in there)


def _named_in(envelopes: Iterable[bytes]) -> dict[str, str]:
    """The claims of the certificates that some envelopes name, by digest."""
    found: dict[str, str] = {}
    for envelope in envelopes:
        found.update(names_of(read_envelope(envelope).statement()))
    return found


def _newest(ledger: Ledger, model: str, size: int) -> dict[str, Record]:
    """The last statement of each kind about the model of that digest."""
    found: dict[str, Record] = {}
    for record in ledger.records(0, size):
        statement = read_envelope(record.envelope).statement()
        name = NAMES.get(str(statement.get("predicateType")))
        if name is not None and subjects_of(statement).get("model") == model:
            found[name] = record
    return found


def _readme(origin: str, key: PublicKey) -> str:
    return f"""\
Evidence about a model of a hospital's security.

model.json               the model, in canonical form (RFC 8785); its SHA-256 is the subject of the statements
statements/*.dsse.json   in-toto statements in DSSE envelopes: `result` (SVR 0.2), `verdicts` (all of them)
proofs/*.tlog-proof      that an envelope is in the log `{origin}` (C2SP tlog-proof)
absences/*.json          certificates that something is absent, named by `verdicts`: panacea/absence/v1
stamps/*.tsr             RFC 3161 time stamps of the envelopes, where there are some
keys/*.pub.pem           the public keys, for convenience: get yours from a source that you trust
manifest.json            SHA-256 of every file

With panacea:  panacea evidence verify BUNDLE.zip --key ATTESTER.pub.pem --log-key LOG.pub.pem
With stock tools: see `docs/auditors.md` of Panacea Policy. The leaf of an envelope in the log is its SHA-256.
The log's key for tools that read notes: {verifier_key(origin, key)}
"""
