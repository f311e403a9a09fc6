"""The verification of a bundle or a single envelope: step by step, each step with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from panacea_policy.evidence.absences import closed, names_of, read_certificate
from panacea_policy.evidence.bundles import MODEL, Bundle
from panacea_policy.evidence.canonical import digest
from panacea_policy.evidence.envelopes import Envelope, read_envelope
from panacea_policy.evidence.errors import EvidenceError
from panacea_policy.evidence.inclusion import read_proof
from panacea_policy.evidence.keys import PublicKey
from panacea_policy.evidence.statements import NAMES, moment, subjects_of, written
from panacea_policy.evidence.timestamps import verify as verify_stamp

#: A statement's own time may lie after its time stamp by this much: two clocks.
_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Trust:
    """What the verifier trusts, from elsewhere than the bundle.

    ``keys`` of attesters; ``log_key`` of the log named ``origin``; ``roots`` of time-stamping authorities
    (PEM). ``model`` is the digest of the model that the evidence should be about. What was made before
    ``not_before`` is refused as replayed. ``knows`` gives what that model says of a certificate of absence:
    goal, rules and facts; it raises EvidenceError where the model does not bear out the claim. Who names a
    log or an authority demands its word: a proof or a time stamp that is not there may have been left out by
    a forger.
    """

    keys: Sequence[PublicKey] = ()
    log_key: PublicKey | None = None
    origin: str | None = None
    roots: Sequence[bytes] = ()
    model: str | None = None
    not_before: datetime | None = None
    knows: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One check: what was looked at, how it ended (None: it could not be made), and what that means."""

    about: str
    ok: bool | None
    told: str


@dataclass
class Verification:
    """All steps. ``ok`` only where nothing failed, and some trusted key signed every statement."""

    steps: list[Step] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the evidence may be believed as far as the verifier's trust reaches."""
        return bool(self.steps) and all(step.ok is not False for step in self.steps)

    def add(self, about: str, ok: bool | None, told: str) -> None:
        """Put down a step."""
        self.steps.append(Step(about, ok, told))


def verify_bundle(bundle: Bundle, trust: Trust) -> Verification:
    """Check everything in a bundle against what the verifier trusts."""
    found = Verification()
    found.add("manifest", True, f"{len(bundle.files)} files are what the manifest says")
    statements = bundle.named("statements")
    if not statements:
        found.add("statements", False, "the bundle holds no statement")
    model = bundle.files.get(MODEL)
    made: set[object] = set()
    claims: dict[str, str] = {}
    for name, data in statements.items():
        envelope = _envelope(name, data, trust, found)
        if envelope is None:
            continue
        made.add(_kind(name, envelope, found))
        _subject(name, envelope, digest(model) if model is not None else None, trust, found)
        _logged(name, envelope, bundle.named("proofs").get(name), trust, found)
        _stamped(name, envelope, bundle.named("stamps").get(name), trust, found)
        if envelope.signers(trust.keys):
            claims.update(names_of(envelope.statement()))
    for name in NAMES.values():
        if statements and name not in statements:
            found.add(name, None, "not in the bundle: somebody left it out")
    if len(made) > 1:
        found.add("statements", False, "they were not made together: one may be left from another judgement")
    _absences(bundle, claims, trust, found)
    strays = {*bundle.named("proofs"), *bundle.named("stamps")} - set(statements)
    for name in sorted(strays):
        found.add(name, False, "a proof or time stamp belongs to no statement of the bundle")
    return found


def verify_certificate(data: bytes, trust: Trust) -> Verification:
    """Check a single certificate of absence. Nobody has signed it: its rules and facts must be those of the
    model at hand.
    """
    found = Verification()
    _absence("certificate", data, trust, found)
    if trust.knows is None:
        found.add(
            "certificate",
            False,
            "UNSIGNED: nobody answers for its rules and facts, and no model was given to compare them with",
        )
    return found


def _absences(bundle: Bundle, claims: Mapping[str, str], trust: Trust, found: Verification) -> None:
    """The certificates of a bundle; ``claims``: those that trusted statements name, by digest."""
    certificates = bundle.named("absences")
    for name, data in certificates.items():
        if digest(data) not in claims:
            found.add(name, False, "no signed statement of the bundle names this certificate")
            continue
        found.add(name, True, "named by a signed statement of the bundle")
        _absence(name, data, trust, found)
        if trust.knows is None:
            told = "its rules and facts are the attester's word; given the model they are compared"
            found.add(name, None, told)
    for each in sorted(claims.keys() - set(map(digest, certificates.values()))):
        found.add("absence", None, f"its certificate is not in the bundle: {claims[each]}")


def _absence(name: str, data: bytes, trust: Trust, found: Verification) -> None:
    try:
        certificate = read_certificate(data)
        known = trust.knows(certificate) if trust.knows is not None else {}
        found.add(name, True, closed(certificate, known))
    except EvidenceError as error:
        found.add(name, False, error.message)
        return
    if known:
        found.add(name, True, "goal, rules and facts are those of the model at hand")


def verify_envelope(data: bytes, trust: Trust) -> Verification:
    """Check a single envelope: its signatures, its subject, its age."""
    found = Verification()
    envelope = _envelope("statement", data, trust, found)
    if envelope is not None:
        _subject("statement", envelope, None, trust, found)
        if trust.log_key is not None:
            _logged("statement", envelope, None, trust, found)
        if trust.roots:
            _stamped("statement", envelope, None, trust, found)
    return found


def _envelope(name: str, data: bytes, trust: Trust, found: Verification) -> Envelope | None:
    try:
        envelope = read_envelope(data)
        envelope.statement()
    except EvidenceError as error:
        found.add(name, False, error.message)
        return None
    if not envelope.signatures:
        found.add(name, False, "UNSIGNED: nobody answers for it")
    elif not trust.keys:
        found.add(name, False, "signed, but no key was given to check that with")
    else:
        signers = envelope.signers(trust.keys)
        if signers:
            found.add(name, True, f"signed by {', '.join(f'key {key.id[:16]}…' for key in signers)}")
        else:
            said = ", ".join(each.keyid[:16] or "unnamed" for each in envelope.signatures)
            found.add(
                name, False, f"not signed by a trusted key, or altered afterwards (it names key {said}…)"
            )
    return envelope


def _kind(name: str, envelope: Envelope, found: Verification) -> object:
    """Whether a statement is what it is called in the bundle; gives when it says that it was made."""
    statement = envelope.statement()
    kind = str(statement.get("predicateType"))
    if NAMES.get(kind) != name:
        found.add(name, False, f"it is called `{name}`, and is of another type: `{kind}`")
    predicate = statement.get("predicate")
    return str(predicate.get("timeCreated")) if isinstance(predicate, Mapping) else None


def _subject(name: str, envelope: Envelope, model: str | None, trust: Trust, found: Verification) -> None:
    statement = envelope.statement()
    try:
        subjects = subjects_of(statement)
        predicate = statement.get("predicate")
        made = moment(predicate.get("timeCreated") if isinstance(predicate, Mapping) else None)
    except EvidenceError as error:
        found.add(name, False, error.message)
        return
    about = subjects.get("model")
    if about is None:
        found.add(name, False, "it speaks of no model")
    elif model is not None and about != model:
        found.add(name, False, "it speaks of another model than the one in the bundle")
    elif trust.model is not None and about != trust.model:
        found.add(
            name, False, "it speaks of another model than the one at hand: replayed, or the model changed"
        )
    else:
        found.add(name, True, f"speaks of the model {about[:16]}…, judged at {written(made)}")
    if trust.not_before is not None and made < trust.not_before:
        wanted = written(trust.not_before)
        found.add(name, False, f"too old: made at {written(made)}, wanted not before {wanted}")


def _logged(name: str, envelope: Envelope, data: bytes | None, trust: Trust, found: Verification) -> None:
    if trust.log_key is None:
        lacking = "no proof that it is in a log"
        told = lacking if data is None else "a proof of a log is there, but no key of the log was given"
        found.add(name, None, told)
        return
    if data is None:
        found.add(name, False, "no proof that it is in the log whose key was given")
        return
    if trust.origin is None:
        found.add(name, False, "nobody names the log that it should be in")
        return
    try:
        proof = read_proof(data.decode("utf-8", "replace"))
        checkpoint = proof.verify(bytes.fromhex(envelope.digest), trust.origin, trust.log_key)
    except EvidenceError as error:
        found.add(name, False, error.message)
        return
    told = f"record {proof.index} of the log `{checkpoint.origin}`, which then had {checkpoint.size:,}"
    found.add(name, True, told)


def _stamped(name: str, envelope: Envelope, token: bytes | None, trust: Trust, found: Verification) -> None:
    if not trust.roots:
        lacking = "no time stamp"
        told = lacking if token is None else "a time stamp is there, but no root of an authority was given"
        found.add(name, None, told)
        return
    if token is None:
        found.add(name, False, "no time stamp of the authority whose root was given")
        return
    try:
        stamp = verify_stamp(token, envelope.data, trust.roots)
        predicate = envelope.statement().get("predicate")
        made = moment(predicate.get("timeCreated") if isinstance(predicate, Mapping) else None)
    except EvidenceError as error:
        found.add(name, False, error.message)
        return
    if made - stamp.time > _TOLERANCE:
        told = f"it says {written(made)}, but was stamped at {written(stamp.time)}: a clock was wrong"
        found.add(name, False, told)
        return
    found.add(name, True, f"stamped at {written(stamp.time)} by {stamp.authority}")
