"""Notes, checkpoints and proofs, against an independent verifier of C2SP logs."""

from __future__ import annotations

import proofbundle.tlogproof as independent
import pytest
from proofbundle.errors import ProofBundleError

from panacea_policy.evidence import EvidenceError, Ledger, LogProof, SigningKey, read_proof
from panacea_policy.evidence.notes import (
    Checkpoint,
    key_hash,
    open_note,
    read_checkpoint,
    sign_note,
    verifier_key,
)
from tests.evidence.conftest import ORIGIN, envelopes

#: The example of the specification of signed notes (C2SP): a text, a key, its hash.
NAME = "example.com/foo"


def test_a_checkpoint_says_name_size_and_root() -> None:
    checkpoint = Checkpoint(NAME, 20852163, b"\x01" * 32)
    assert checkpoint.text == f"{NAME}\n20852163\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"
    assert read_checkpoint(checkpoint.text) == checkpoint
    assert read_checkpoint(checkpoint.text + "an extension\n") == checkpoint


@pytest.mark.parametrize(
    "text",
    ["", "a\n1\n", "a\n01\nAQ==\n", "a\n1\nAQ==\n", "a\n-1\nAQ==\n", "a\n1\n%\n", "a\n\n1\nAQ==\n"],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError):
        read_checkpoint(text)


def test_a_note_is_opened_by_its_own_key_alone(log_key: SigningKey) -> None:
    note = sign_note("text\n", NAME, log_key)
    assert open_note(note, NAME, log_key.public) == "text\n"
    for name, key, reason in (
        (NAME, SigningKey.new().public, "not signed by the key"),
        ("example.com/bar", log_key.public, "not signed by the key"),
    ):
        with pytest.raises(EvidenceError, match=reason):
            open_note(note, name, key)
    with pytest.raises(EvidenceError, match="is wrong"):
        open_note(note.replace("text", "test"), NAME, log_key.public)
    with pytest.raises(EvidenceError, match="no signatures"):
        open_note("text\n", NAME, log_key.public)
    with pytest.raises(EvidenceError, match="malformed"):
        open_note(note.replace("— ", "- "), NAME, log_key.public)


def test_signatures_of_witnesses_are_passed_over(log_key: SigningKey) -> None:
    witness = SigningKey.new()
    both = sign_note("text\n", "witness", witness) + sign_note("text\n", NAME, log_key).rpartition("\n\n")[2]
    assert open_note(both, NAME, log_key.public) == "text\n"
    assert key_hash("witness", witness.public) != key_hash(NAME, witness.public)


@pytest.fixture
def proved(ledger: Ledger, key: SigningKey, log_key: SigningKey) -> tuple[list[bytes], list[LogProof]]:
    """Entries of a log of eleven, and their proofs."""
    made = envelopes(11, key)
    ledger.append(made)
    note, tree = ledger.checkpoint(log_key), ledger.tree()
    entries = [bytes.fromhex(each.digest) for each in made]
    return entries, [LogProof(n, tuple(tree.inclusion(n)), note) for n in range(11)]


def test_an_independent_verifier_accepts_every_proof(
    proved: tuple[list[bytes], list[LogProof]], log_key: SigningKey
) -> None:
    trusted = verifier_key(ORIGIN, log_key.public)
    for entry, proof in zip(*proved, strict=True):
        assert read_proof(proof.text) == proof
        assert proof.verify(entry, ORIGIN, log_key.public).size == 11
        found = independent.verify_tlog_proof(proof.text, entry, trusted)
        assert found["ok"] is True


def test_both_refuse_another_entry_and_another_log(
    proved: tuple[list[bytes], list[LogProof]], log_key: SigningKey
) -> None:
    entries, proofs = proved
    with pytest.raises(EvidenceError, match="does not lead to the signed root"):
        proofs[3].verify(entries[4], ORIGIN, log_key.public)
    with pytest.raises(EvidenceError, match="not signed by the key"):
        proofs[3].verify(entries[3], ORIGIN, SigningKey.new().public)
    try:
        found = independent.verify_tlog_proof(
            proofs[3].text, entries[4], verifier_key(ORIGIN, log_key.public)
        )
    except ProofBundleError:
        return
    assert found["ok"] is False


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v2\nindex 0\n\nnote",
        "c2sp.org/tlog-proof@v1\nindex 00\n\nnote",
        "c2sp.org/tlog-proof@v1\n\nnote",
        "c2sp.org/tlog-proof@v1\nindex 0\nAQ==\n\nnote",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + "x" * 100_000,
    ],
)
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError):
        read_proof(text)


def test_an_unauthenticated_extra_line_is_passed_over(proved: tuple[list[bytes], list[LogProof]]) -> None:
    head, _, rest = proved[1][2].text.partition("\n")
    assert read_proof(f"{head}\nextra AAAA\n{rest}") == proved[1][2]
