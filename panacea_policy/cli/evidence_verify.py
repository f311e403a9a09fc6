"""What `panacea evidence verify` does: it finds out what it was given, and verifies that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from panacea_policy.cli.evidence_text import audit_text, verification_text
from panacea_policy.cli.output import Terminal
from panacea_policy.cli.session import contents
from panacea_policy.errors import PanaceaError
from panacea_policy.evidence import (
    EvidenceError,
    Ledger,
    Trust,
    Verification,
    audit,
    read_bundle,
    verify_bundle,
    verify_certificate,
    verify_envelope,
)
from panacea_policy.evidence.absences import is_certificate
from panacea_policy.evidence.audit import SEEN
from panacea_policy.evidence.memory import recall, remember

_MOST_BYTES = 512 * 1024 * 1024


def verified(target: str, trust: Trust, seen: Sequence[str], terminal: Terminal) -> tuple[str, bool]:
    """The text of the verification, and whether the evidence may be believed."""
    if "://" in target or _begins(target, b"SQLite format 3"):
        return _ledger(target, trust, seen, terminal)
    if seen:
        raise PanaceaError("--checkpoint belongs to a ledger", f"`{target}` is a bundle or an envelope")
    data = contents(Path(target), _MOST_BYTES)
    found = Verification()
    if data[:2] == b"PK":
        try:
            bundle = read_bundle(data)
            found = verify_bundle(bundle, replace(trust, origin=trust.origin or bundle.origin or None))
        except EvidenceError as error:
            found.add("bundle", False, error.message)
    elif is_certificate(data):
        found = verify_certificate(data, trust)
    else:
        found = verify_envelope(data, trust)
    return verification_text(found, terminal), found.ok


def _ledger(target: str, trust: Trust, seen: Sequence[str], terminal: Terminal) -> tuple[str, bool]:
    if trust.model or trust.roots or trust.not_before:
        told = "--model, --not-before and --tsa-root belong to a bundle or an envelope"
        raise PanaceaError(told, "`panacea evidence bundle` makes one of a ledger")
    with Ledger.open(target) as ledger:
        kept = recall(ledger.origin, trust.log_key) if trust.log_key is not None else None
        found = audit(ledger, trust.keys, trust.log_key, [*seen, *([kept] if kept is not None else [])])
        if kept is not None and any(SEEN in fault for fault in found.faults):
            found.notices.append(
                "you verified a log of this name and key before, and its checkpoint is kept: if this is "
                "another ledger, it must have another name (`panacea evidence log --create NAME`) or key"
            )
        if trust.origin is not None and trust.origin != ledger.origin:
            found.fault(f"this is the ledger `{ledger.origin}`, not `{trust.origin}`")
        if found.ok and trust.log_key is not None:
            for note in ledger.checkpoints()[-1:]:
                remember(note, ledger.origin, trust.log_key)
        return audit_text(found, ledger.origin, terminal), found.ok


def _begins(target: str, magic: bytes) -> bool:
    try:
        # What was read of a pipe is gone; a ledger is a file.
        if not Path(target).is_file():
            return False
        with Path(target).open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError:
        return False
