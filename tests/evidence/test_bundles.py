"""Bundles: equal bytes for equal content, and nothing hostile gets through."""

from __future__ import annotations

import io
import json
import stat
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.evidence import (
    Bundle,
    EvidenceError,
    Ledger,
    SigningKey,
    Trust,
    Verification,
    canonical,
    digest,
    read_bundle,
    seal,
    verify_bundle,
    verify_envelope,
)
from panacea_policy.evidence.bundles import MANIFEST, SCHEMA
from panacea_policy.evidence.statements import Resource, full_verdicts
from panacea_policy.evidence.timestamps import Stamp, request
from panacea_policy.formats.evidence_bundle import bundle_of
from tests.evidence.conftest import DAY, ORIGIN, Authority, statement

MODEL = canonical({"schema": "panacea/model/v1", "declarations": []})


@pytest.fixture
def made(ledger: Ledger, key: SigningKey, log_key: SigningKey) -> Bundle:
    """A bundle with one statement about `MODEL`, and records about others around it."""
    ledger.append([seal(statement(0), [key]), seal(statement(1, model=digest(MODEL)), [key])])
    ledger.append([seal(statement(2), [key])])
    return bundle_of(ledger, MODEL, ledger.checkpoint(log_key), [key.public], log_key.public)


@pytest.fixture
def trust(key: SigningKey, log_key: SigningKey) -> Trust:
    """What an auditor trusts."""
    return Trust(keys=[key.public], log_key=log_key.public, origin=ORIGIN)


def zipped(files: Mapping[str, bytes], *, manifest: bool = True, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with these files, and a manifest that fits."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        if manifest:
            listed = {name: digest(data) for name, data in files.items()}
            archive.writestr(MANIFEST, canonical({"schema": SCHEMA, "origin": ORIGIN, "files": listed}))
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def failed(found: Verification) -> list[str]:
    return [step.told for step in found.steps if step.ok is False]


def test_a_bundle_is_read_back_and_verified(made: Bundle, trust: Trust) -> None:
    read = read_bundle(made.to_bytes())
    assert (read.files, read.origin) == (made.files, ORIGIN)
    found = verify_bundle(read, trust)
    assert (found.ok, failed(found)) == (True, [])
    told = [step.told for step in found.steps]
    assert f"record 1 of the log `{ORIGIN}`, which then had 3" in told


def test_equal_content_gives_equal_bytes(made: Bundle) -> None:
    other = Bundle(dict(reversed(list(made.files.items()))), made.origin)
    assert other.to_bytes() == made.to_bytes()


def test_there_is_no_bundle_about_another_model(ledger: Ledger, key: SigningKey, log_key: SigningKey) -> None:
    ledger.append([seal(statement(0), [key])])
    with pytest.raises(EvidenceError, match="no statement about the model as it is now"):
        bundle_of(ledger, MODEL, ledger.checkpoint(log_key), [], log_key.public)


NAME = "statements/result.dsse.json"


def changed(made: Bundle, **files: bytes | None) -> Bundle:
    kept = {**made.files, **files}
    return Bundle({name: data for name, data in kept.items() if data is not None}, made.origin)


def test_tampered_is_refused(made: Bundle) -> None:
    data = bytearray(made.to_bytes())
    files = {**made.files, NAME: made.files[NAME].replace(b"payload", b"Payload", 1)}
    manifest = zipfile.ZipFile(io.BytesIO(data)).read(MANIFEST)
    forged = zipped({MANIFEST: manifest, **files}, manifest=False)
    with pytest.raises(EvidenceError, match=r"`statements/result.dsse.json` was altered"):
        read_bundle(forged)


def test_tampered_and_hashed_again_is_refused(made: Bundle, trust: Trust, key: SigningKey) -> None:
    envelope = json.loads(made.files[NAME])
    envelope["payload"] = json.loads(seal(statement(5, model=digest(MODEL)), []).data)["payload"]
    found = verify_bundle(read_bundle(changed(made, **{NAME: canonical(envelope)}).to_bytes()), trust)
    assert any("altered afterwards" in told for told in failed(found))
    assert any("does not lead to the signed root" in told for told in failed(found))


def test_signed_again_by_another_key_is_refused(made: Bundle, trust: Trust) -> None:
    mallory = SigningKey.new()
    forged = seal(statement(5, model=digest(MODEL)), [mallory]).data
    files = {NAME: forged, "keys/attester-x.pub.pem": mallory.public.pem}
    found = verify_bundle(read_bundle(changed(made, **files).to_bytes()), trust)
    assert any("not signed by a trusted key" in told for told in failed(found))


def test_a_key_in_the_bundle_is_never_believed(made: Bundle) -> None:
    found = verify_bundle(made, Trust())
    assert failed(found) == ["signed, but no key was given to check that with"]


def test_unsigned_is_called_unsigned(made: Bundle, trust: Trust) -> None:
    bare = seal(statement(5, model=digest(MODEL)), []).data
    found = verify_bundle(changed(made, **{NAME: bare}), trust)
    assert "UNSIGNED: nobody answers for it" in failed(found)


def test_replayed_evidence_is_refused(made: Bundle, key: SigningKey, log_key: SigningKey) -> None:
    other = Trust([key.public], log_key.public, ORIGIN, model="00" * 32)
    assert any("replayed, or the model changed" in told for told in failed(verify_bundle(made, other)))
    late = Trust([key.public], log_key.public, ORIGIN, not_before=DAY + timedelta(days=1))
    assert any("too old" in told for told in failed(verify_bundle(made, late)))


def test_another_model_beside_a_true_statement_is_refused(made: Bundle, trust: Trust) -> None:
    found = verify_bundle(changed(made, **{"model.json": b"{}"}), trust)
    assert "it speaks of another model than the one in the bundle" in failed(found)


def test_a_proof_of_another_record_is_refused(made: Bundle, trust: Trust, ledger: Ledger) -> None:
    from panacea_policy.evidence import LogProof

    tree, note = ledger.tree(), ledger.checkpoints()[-1]
    wrong = LogProof(0, tuple(tree.inclusion(0)), note).text.encode()
    found = verify_bundle(changed(made, **{"proofs/result.tlog-proof": wrong}), trust)
    assert any("does not lead to the signed root" in told for told in failed(found))


def test_a_stray_proof_and_an_empty_bundle_are_refused(made: Bundle, trust: Trust) -> None:
    assert any(
        "belongs to no statement" in told
        for told in failed(verify_bundle(changed(made, **{NAME: None}), trust))
    )
    assert any("no statement" in told for told in failed(verify_bundle(Bundle({}, ORIGIN), trust)))


def test_statements_that_were_not_made_together_are_refused(
    made: Bundle, trust: Trust, key: SigningKey
) -> None:
    about = [Resource("model", digest(MODEL))]
    for time, told in (("2026-11-23T12:00:00Z", []), ("2026-11-22T12:00:00Z", ["not made together"])):
        other = seal(full_verdicts(about, {"timeCreated": time}), [key]).data
        whole = changed(made, **{"statements/verdicts.dsse.json": other})
        found = failed(verify_bundle(whole, Trust([key.public])))
        assert [word for word in told if not any(word in each for each in found)] == []
        assert len(found) == len(told)


def test_a_statement_is_what_it_is_called(made: Bundle, key: SigningKey) -> None:
    false = changed(made, **{NAME: None, "statements/verdicts.dsse.json": made.files[NAME]})
    found = failed(verify_bundle(false, Trust([key.public])))
    assert any("it is called `verdicts`, and is of another type" in each for each in found)


def test_what_the_log_and_the_authority_should_say_cannot_be_left_out(
    made: Bundle, trust: Trust, key: SigningKey, authority: Authority
) -> None:
    bare = changed(made, **{"proofs/result.tlog-proof": None})
    assert failed(verify_bundle(bare, trust)) == ["no proof that it is in the log whose key was given"]
    stamped = Trust([key.public], roots=[authority.root])
    assert failed(verify_bundle(made, stamped)) == ["no time stamp of the authority whose root was given"]
    nameless = Trust([key.public], trust.log_key)
    assert failed(verify_bundle(made, nameless)) == ["nobody names the log that it should be in"]
    assert len(failed(verify_envelope(made.files[NAME], replace(trust, roots=[authority.root])))) == 2
    assert verify_bundle(bare, Trust([key.public])).ok


def test_without_the_log_s_key_nothing_is_said_of_the_log(made: Bundle, key: SigningKey) -> None:
    found = verify_bundle(made, Trust(keys=[key.public]))
    assert found.ok
    assert any(step.ok is None and "no key of the log was given" in step.told for step in found.steps)


def test_time_stamps_are_verified(
    ledger: Ledger, key: SigningKey, log_key: SigningKey, authority: Authority
) -> None:
    envelope = seal(statement(1, model=digest(MODEL)), [key])
    ledger.append([envelope])
    ledger.stamp(envelope.digest, authority.answer(request(envelope.data)))
    made = bundle_of(ledger, MODEL, ledger.checkpoint(log_key), [], log_key.public)
    found = verify_bundle(made, Trust([key.public], log_key.public, ORIGIN, [authority.root]))
    assert found.ok
    assert any("stamped at" in step.told for step in found.steps)
    other = seal(statement(2, model=digest(MODEL)), [key])
    forged = changed(made, **{"stamps/result.tsr": authority.answer(request(other.data))})
    found = verify_bundle(forged, Trust([key.public], log_key.public, ORIGIN, [authority.root]))
    assert any("the time stamp does not hold" in told for told in failed(found))


def test_a_statement_from_the_future_of_its_stamp_is_refused(
    ledger: Ledger, key: SigningKey, log_key: SigningKey, authority: Authority
) -> None:
    late = seal(statement(1, model=digest(MODEL), time=DAY + timedelta(days=3650)), [key])
    ledger.append([late])
    ledger.stamp(late.digest, authority.answer(request(late.data)))
    made = bundle_of(ledger, MODEL, ledger.checkpoint(log_key), [], log_key.public)
    found = verify_bundle(made, Trust([key.public], log_key.public, ORIGIN, [authority.root]))
    assert any("a clock was wrong" in told for told in failed(found))


def test_a_single_envelope_is_verified(key: SigningKey) -> None:
    data = seal(statement(1), [key]).data
    assert verify_envelope(data, Trust(keys=[key.public])).ok
    assert not verify_envelope(data, Trust(keys=[SigningKey.new().public])).ok
    assert not verify_envelope(b"{}", Trust(keys=[key.public])).ok


# ------------------------------------------------------------------------------------------ hostile archives


@pytest.mark.parametrize(
    "name",
    ["../escape", "/etc/passwd", "statements/../../x.dsse.json", "statements/a/b.dsse.json", "C:\\x", "a.exe",
     "statements/.hidden.dsse.json", "statements/\x00.dsse.json", "statements/", "model.json/"],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(EvidenceError):
        read_bundle(zipped({name: b""}))


def bomb() -> bytes:
    return zipped({"model.json": b"0" * (64 * 1024 * 1024)})


def lying() -> bytes:
    """A zip whose file is longer than it says."""
    data = bytearray(zipped({"model.json": b"x" * 5000}))
    central = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, central + 24, 10)
    return bytes(data)


def link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("model.json")
        info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def twice() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("model.json", "1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("model.json", "2")
    return out.getvalue()


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (bomb, "200 times its size"),
        (lying, "another length|damaged|no sound zip"),
        (link, "no plain file"),
        (twice, "two files"),
        (lambda: zipped({"keys/log.pub.pem": b"", "keys/LOG.pub.pem": b""}), "two files"),
        (lambda: zipped({"model.json": b"{}"}, method=zipfile.ZIP_LZMA), "another method"),
        (lambda: zipped({"model.json": b"{}"}, method=zipfile.ZIP_BZIP2), "another method"),
        (lambda: zipped({f"statements/{n}.dsse.json": b"" for n in range(1001)}), "1,002 files"),
        (lambda: zipped({"model.json": b"{}"}, manifest=False), "manifest"),
        (lambda: b"PK\x03\x04nonsense", "no sound zip"),
        (lambda: b"", "no sound zip"),
    ],
)
def test_hostile_archives_are_refused(archive: Callable[[], bytes], reason: str) -> None:
    with pytest.raises(EvidenceError, match=reason):
        read_bundle(archive())


@given(st.data())
def test_a_damaged_bundle_never_passes_and_never_breaks_us(data: st.DataObject) -> None:
    files = {NAME: seal(statement(1, model=digest(MODEL)), []).data, "model.json": MODEL}
    whole = bytearray(Bundle(files, ORIGIN).to_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(0, len(whole)) | st.just(len(whole)))
    try:
        read = read_bundle(bytes(whole[:cut]))
    except EvidenceError:
        return
    # What a zip says beside its files (times, versions) may change; the files themselves may not.
    assert read.files == files


def test_a_directory_of_a_million_files_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = b"PK\x01\x02" + struct.pack("<HHHHHHIIIHHHHHII", 20, 20, *[0] * 7, 1, *[0] * 6) + b"a"
    body = entry * 100_000
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(body), 0, 0)
    monkeypatch.setattr(zipfile, "ZipFile", lambda _: pytest.fail("it was read"))
    with pytest.raises(EvidenceError, match="too many files; no more than 1,000 are read"):
        read_bundle(body + end)


def test_a_log_of_an_impossible_name_breaks_no_verification(made: Bundle, trust: Trust) -> None:
    listed = {name: digest(data) for name, data in made.files.items()}
    manifest = json.dumps({"schema": SCHEMA, "origin": "\ud800", "files": listed}).encode()
    with pytest.raises(EvidenceError, match="the manifest of the bundle holds half of a character"):
        read_bundle(zipped({MANIFEST: manifest, **made.files}, manifest=False))


def test_a_statement_that_is_not_there_is_told(made: Bundle, trust: Trust) -> None:
    steps = verify_bundle(made, trust).steps
    assert [(each.about, each.ok) for each in steps if "left it out" in each.told] == [("verdicts", None)]


def test_a_time_stamp_of_the_last_day_of_all_breaks_no_verification(
    made: Bundle, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = Stamp(datetime.max.replace(tzinfo=UTC), "an authority")
    monkeypatch.setattr("panacea_policy.evidence.verification.verify_stamp", lambda *_: last)
    stamped = changed(made, **{"stamps/result.tsr": b"x"})
    assert verify_bundle(stamped, replace(trust, roots=[b"root"])).ok
