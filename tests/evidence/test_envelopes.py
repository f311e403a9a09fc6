"""Canonical JSON, keys and envelopes, against openssl and the reference implementation of DSSE."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as Reference
from securesystemslib.signer import SSlibKey

from panacea_policy.evidence import (
    EvidenceError,
    SigningKey,
    canonical,
    read_envelope,
    read_public_key,
    read_signing_key,
    seal,
)
from panacea_policy.evidence.canonical import read_json
from panacea_policy.evidence.envelopes import pre_authentication
from tests.evidence.conftest import statement

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_canonical_json_is_read_back_as_it_was(document: object) -> None:
    data = canonical(document)
    assert read_json(data, "it") == document
    assert canonical(read_json(data, "it")) == data


def test_an_example_of_the_standard() -> None:
    # RFC 8785, section 3.2.2 and 3.2.3.
    data = {"numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 1e-27], "literals": [None, True, False]}
    text = '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}'
    assert canonical(data) == text.encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a": 1, "a": 2}', "says `a` twice"),
        (b'{"a": NaN}', "no number of JSON"),
        (b"[" * 100_000, "nested too deep"),
        (b"\xff", "is no JSON"),
        (b"", "is no JSON"),
    ],
)
def test_json_of_two_meanings_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(EvidenceError, match=reason):
        read_json(data, "it")


@given(st.text(max_size=20), st.binary(max_size=60))
def test_what_is_signed_is_the_protocol_s(kind: str, payload: bytes) -> None:
    assert pre_authentication(kind, payload) == Reference(payload, kind, {}).pae()


def test_the_reference_implementation_accepts_our_envelope(key: SigningKey) -> None:
    envelope = seal(statement(1), [key])
    read = Reference.from_dict(json.loads(envelope.data))
    theirs = SSlibKey(key.public.id, "ed25519", "ed25519", {"public": key.public.raw.hex()})
    accepted = read.verify([theirs], threshold=1)
    assert set(accepted) == {key.public.id}


def test_the_same_statement_and_key_give_the_same_bytes(key: SigningKey) -> None:
    assert seal(statement(1), [key]).data == seal(json.loads(json.dumps(statement(1))), [key]).data


def test_an_envelope_is_read_back(key: SigningKey) -> None:
    envelope = seal(statement(1), [key])
    read = read_envelope(envelope.data)
    assert read == envelope
    assert read.statement() == statement(1)
    assert read.signers([SigningKey.new().public, key.public]) == (key.public,)


def test_a_signature_speaks_of_payload_and_type(key: SigningKey) -> None:
    found = json.loads(seal(statement(1), [key]).data)
    for name, value in (
        ("payload", base64.b64encode(rfc8785.dumps(statement(2))).decode()),
        ("payloadType", "application/json"),
    ):
        assert read_envelope(canonical({**found, name: value})).signers([key.public]) == ()


def test_the_name_of_a_key_is_not_believed(key: SigningKey) -> None:
    other = SigningKey.new()
    found = json.loads(seal(statement(1), [other]).data)
    found["signatures"][0]["keyid"] = key.public.id
    assert read_envelope(canonical(found)).signers([key.public]) == ()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "is no object"),
        ({"payload": "", "payloadType": "x"}, "lacks"),
        ({"payload": "%%", "payloadType": "x", "signatures": []}, "no base64"),
        ({"payload": "", "payloadType": "x", "signatures": [{}]}, "lacks `sig`"),
        ({"payload": "", "payloadType": "x", "signatures": [{"sig": "", "keyid": 1}]}, "is no text"),
        ({"payload": "", "payloadType": "x", "signatures": [{"sig": ""}] * 33}, "33 signatures"),
        ({"payload": "", "payloadType": "\u00e9", "signatures": []}, "no media type"),
        ({"payload": "", "payloadType": "\ud800", "signatures": []}, "half of a character"),
    ],
)
def test_what_is_no_envelope_is_refused(document: object, reason: str) -> None:
    with pytest.raises(EvidenceError, match=reason):
        read_envelope(json.dumps(document).encode())


def test_openssl_verifies_our_signature(key: SigningKey, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    envelope = seal(statement(1), [key])
    (tmp_path / "key.pem").write_bytes(key.public.pem)
    (tmp_path / "signed").write_bytes(pre_authentication(envelope.payload_type, envelope.payload))
    (tmp_path / "signature").write_bytes(envelope.signatures[0].value)
    verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "signed"]
    done = subprocess.run([*verify, "-sigfile", "signature"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Signature Verified Successfully" in done.stdout


def test_keys_are_kept_for_their_owner_and_never_replaced(tmp_path: Path) -> None:
    made, path = SigningKey.new(), tmp_path / "key.pem"
    made.write(path, b"a good passphrase")
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_signing_key(path, b"a good passphrase").public.id == made.public.id
    with pytest.raises(EvidenceError, match="exists already"):
        SigningKey.new().write(path)
    with pytest.raises(EvidenceError, match="no passphrase was given"):
        read_signing_key(path)
    with pytest.raises(EvidenceError, match="not the right one") as refused:
        read_signing_key(path, b"a wrong one")
    assert "a wrong one" not in str(refused.value)
    assert path.read_text() not in repr(made)


def test_a_private_key_is_not_taken_for_a_public_one(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    SigningKey.new().write(path)
    with pytest.raises(EvidenceError, match="is a private key"):
        read_public_key(path)
    path.write_text("nonsense")
    with pytest.raises(EvidenceError, match="no public key"):
        read_public_key(path)
    with pytest.raises(EvidenceError, match="no private key"):
        read_signing_key(path)
    with pytest.raises(EvidenceError, match="cannot be read"):
        read_public_key(tmp_path / "absent.pem")


def test_half_of_a_character_is_refused_and_a_whole_one_is_not() -> None:
    from panacea_policy.evidence.canonical import read_json

    for half in (rb'{"a": "\ud83d"}', rb'{"\uDE00": 1}', rb'["\ude00\ud83d"]'):
        with pytest.raises(EvidenceError, match="holds half of a character"):
            read_json(half, "it")
    assert read_json(rb'["\ud83d\ude00", "\\ud83d", "\ud7ff"]', "it") == ["\U0001f600", "\\ud83d", "\ud7ff"]


def test_a_name_said_twice_is_found_in_one_look_at_each() -> None:
    """Among a million names, one look at each for each would take days."""
    from panacea_policy.evidence import canonical

    class Name(str):
        compared = 0

        def __eq__(self, other: object) -> bool:
            Name.compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    names = [Name(number) for number in range(1000)]
    with pytest.raises(Exception, match="999"):
        canonical.__globals__["_once"]([(name, 1) for name in [*names, Name(999)]])
    assert Name.compared < 10_000


def test_a_key_that_could_not_be_written_whole_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            SigningKey.new().write(tmp_path / "key.pem")
    assert not (tmp_path / "key.pem").exists()
