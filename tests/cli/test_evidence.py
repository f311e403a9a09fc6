"""``panacea evidence`` from keys to verification, as its users call it."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from panacea_policy.errors import PanaceaError

MODEL = """\
use packs.nis2
organisation house { partner: false  country: IE  addressees: [hospital]  management_body: none }
"""
TIME = ["--time", "2026-11-23T12:00:00Z", "--as-of", "2026-11-23"]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with a model, keys and a ledger with its statements."""
    monkeypatch.setenv("PANACEA_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("PANACEA_LEDGER", raising=False)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.panacea").write_text(MODEL)
    assert main(["evidence", "keygen", str(tmp_path / "keys")]) == exits.OK
    attest = ["evidence", "attest", str(tmp_path / "model"), "--key", str(tmp_path / "keys/attester.pem")]
    assert main([*attest, *TIME]) == exits.OK
    capsys.readouterr()
    return tmp_path


def bundle(house: Path, name: str = "bundle.zip") -> int:
    words = ["evidence", "bundle", str(house / "model"), "--as-of", "2026-11-23", "--log-key"]
    return main([*words, str(house / "keys/log.pem"), "-o", str(house / name)])


def trust(house: Path) -> list[str]:
    keys = house / "keys"
    return ["--key", str(keys / "attester.pub.pem"), "--log-key", str(keys / "log.pub.pem")]


def test_a_bundle_is_made_and_verified(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bundle(house) == exits.OK
    target = str(house / "bundle.zip")
    assert main(["evidence", "verify", target, *trust(house), "--model", str(house / "model")]) == exits.OK
    assert capsys.readouterr().out.endswith("\nverified\n")
    assert main(["evidence", "verify", target]) == exits.FOUND
    assert "NOT VERIFIED" in capsys.readouterr().out


def test_a_changed_model_has_no_evidence(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle(house)
    (house / "model" / "more.panacea").write_text("zone wards { }\n")
    assert bundle(house, "again.zip") == exits.WRONG
    assert "no statement about the model as it is now" in capsys.readouterr().err
    verify = ["evidence", "verify", str(house / "bundle.zip"), *trust(house), "--model", str(house / "model")]
    assert main(verify) == exits.FOUND
    assert "another model than the one at hand" in capsys.readouterr().out


def test_layout_and_comments_leave_no_trace(house: Path) -> None:
    text = MODEL.replace("{ partner", "{\n  # ours\n  partner").replace("  country", "\n  country")
    (house / "model" / "model.panacea").write_text(text)
    assert bundle(house) == exits.OK


def test_the_same_inputs_give_the_same_envelopes(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    again = ["evidence", "attest", str(house / "model"), "--key", str(house / "keys/attester.pem"), *TIME]
    assert main(again) == exits.WRONG
    assert "already, as record 0" in capsys.readouterr().err
    assert main([*again, "--ledger", str(house / "other.sqlite")]) == exits.OK
    from panacea_policy.evidence import Ledger

    places = (house / "model/.panacea/evidence.sqlite", house / "other.sqlite")
    found = []
    for place in places:
        with Ledger.open(place) as ledger:
            found.append([record.envelope for record in ledger.records()])
    assert found[0] == found[1]


def test_the_log_is_listed_signed_and_verified(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, ledger = str(house / "model"), str(house / "model/.panacea/evidence.sqlite")
    assert main(["evidence", "log", model]) == exits.OK
    told = capsys.readouterr().out
    assert told.startswith("model/evidence: 2 records, root ")
    assert "https://in-toto.io/attestation/svr/v0.2" in told
    sign = ["evidence", "log", model, "--checkpoint", str(house / "keys/log.pem")]
    assert main([*sign, "--tiles", str(house / "tiles"), "-o", str(house / "seen")]) == exits.OK
    assert (house / "tiles/checkpoint").read_text() == (house / "seen").read_text()
    assert len((house / "tiles/tile/0/000.p/2").read_bytes()) == 64
    verify = ["evidence", "verify", ledger, *trust(house), "--checkpoint", str(house / "seen")]
    assert main(verify) == exits.OK
    assert main([*verify, "--origin", "another/log"]) == exits.FOUND


def test_a_ledger_cut_short_is_noticed_the_next_time(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil

    ledger = house / "model/.panacea/evidence.sqlite"
    shutil.copy(ledger, house / "before.sqlite")
    again = ["evidence", "attest", str(house / "model"), "--key", str(house / "keys/attester.pem")]
    main([*again, "--as-of", "2026-11-23", "--accept-clock"])
    main(["evidence", "log", str(house / "model"), "--checkpoint", str(house / "keys/log.pem")])
    verify = ["evidence", "verify", str(ledger), *trust(house)]
    assert main(verify) == exits.OK
    for left in ledger.parent.glob("evidence.sqlite*"):
        left.unlink()
    shutil.copy(house / "before.sqlite", ledger)
    capsys.readouterr()
    assert main(verify) == exits.FOUND
    told = capsys.readouterr().out
    assert "the ledger was cut off" in told
    assert "if this is another ledger, it must have another name" in told


def test_a_ledger_keeps_its_name(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "log", str(house / "model"), "--create", "another/log"]) == exits.WRONG
    assert "there is a ledger already, and its name is `model/evidence`" in capsys.readouterr().err
    assert main(["evidence", "log", str(house / "model"), "--create", "model/evidence"]) == exits.OK


def test_every_verdict_is_in_the_statement(house: Path) -> None:
    from panacea_policy.evidence import Ledger, read_envelope

    with Ledger.open(house / "model/.panacea/evidence.sqlite") as ledger:
        result, verdicts = (read_envelope(record.envelope).statement() for record in ledger.records())
    said = verdicts["predicate"]
    clauses = {clause["id"]: clause for pack in said["packs"] for clause in pack["clauses"]}
    assert clauses["nis2.art20_1"]["verdict"] == "violated"
    assert {each["rule"] for each in said["findings"]} == {"nis2.nis2_01_body", "nis2.nis2_04_process"}
    assert {each["name"] for each in said["verifier"]["policies"]} >= {"packs.nis2", "packs.common"}
    assert said["limits"]["assets"] == {"declared": 0, "attested": 0, "measured": 0}
    assert all(each.startswith("PANACEA_nis2.") for each in result["predicate"]["properties"])
    assert json.dumps(said).count("PRIVATE") == 0


def test_a_key_under_a_passphrase_stays_secret(
    house: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PANACEA_KEY_PASSPHRASE", "open sesame")
    assert main(["evidence", "keygen", str(house / "locked")]) == exits.OK
    assert "ENCRYPTED" in (house / "locked/attester.pem").read_text()
    monkeypatch.setenv("PANACEA_KEY_PASSPHRASE", "open barley")
    code = main(["evidence", "attest", str(house / "model"), "--key", str(house / "locked/attester.pem")])
    told = capsys.readouterr()
    assert code == exits.WRONG
    assert "open barley" not in told.out + told.err


def test_what_is_no_evidence_is_a_plain_no(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "junk").write_bytes(b"PK\x03\x04 junk")
    assert main(["evidence", "verify", str(house / "junk"), *trust(house)]) == exits.FOUND
    assert "no sound zip" in capsys.readouterr().out
    assert main(["evidence", "verify", str(house / "absent"), *trust(house)]) == exits.WRONG
    assert main(["evidence", "log", str(house / "keys")]) == exits.WRONG
    assert main(["evidence", "log", str(house / "model"), "--tiles", str(house / "t")]) == exits.WRONG


def test_nothing_is_written_where_the_authority_does_not_answer(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    attest = ["evidence", "attest", str(house / "model"), "--key", str(house / "keys/attester.pem")]
    assert main([*attest, "--as-of", "2026-11-23", "--tsa", "http://127.0.0.1:1/"]) == exits.WRONG
    assert "cannot be reached" in capsys.readouterr().err
    assert main(["evidence", "log", str(house / "model")]) == exits.OK
    assert "2 records" in capsys.readouterr().out


def test_what_is_asked_for_is_never_passed_over(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bundle(house) == exits.OK
    ledger = ["evidence", "verify", str(house / "model/.panacea/evidence.sqlite"), *trust(house)]
    for words in (["--not-before", "2027-01-01T00:00:00Z"], ["--model", str(house / "model")]):
        assert main([*ledger, *words]) == exits.WRONG
        assert "belong to a bundle or an envelope" in capsys.readouterr().err
    (house / "seen").write_text("x")
    verify = ["evidence", "verify", str(house / "bundle.zip"), *trust(house), "--checkpoint"]
    assert main([*verify, str(house / "seen")]) == exits.WRONG
    assert "--checkpoint belongs to a ledger" in capsys.readouterr().err


CLAIM = "organisation o where o.partner"


def certificate(house: Path, claim: str = CLAIM) -> str:
    """The file of a certificate that a claim holds of the model."""
    target = str(house / "partners.json")
    prove = ["prove", "--absent", claim, str(house / "model"), "--certificate", target]
    assert main([*prove, "--as-of", "2026-11-23"]) == exits.OK
    return target


def attested(house: Path, *absences: str) -> int:
    words = ["evidence", "attest", str(house / "model"), "--key", str(house / "keys/attester.pem")]
    named = [word for each in absences for word in ("--absence", each)]
    return main([*words, "--time", "2026-11-23T13:00:00Z", "--as-of", "2026-11-23", *named])


def bundled(house: Path, *absences: str) -> int:
    words = ["evidence", "bundle", str(house / "model"), "--as-of", "2026-11-23", "--log-key"]
    named = [word for each in absences for word in ("--absence", each)]
    return main([*words, str(house / "keys/log.pem"), "-o", str(house / "bundle.zip"), *named])


def test_a_certificate_of_absence_is_verified_against_a_model(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = certificate(house)
    model = ["--model", str(house / "model")]
    assert main(["evidence", "verify", target, *model]) == exits.OK
    told = capsys.readouterr().out
    assert f"closed: absent: {CLAIM}" in told
    assert "goal, rules and facts are those of the model at hand" in told
    assert told.endswith("\nverified\n")
    assert main(["evidence", "verify", target]) == exits.FOUND
    assert "UNSIGNED" in capsys.readouterr().out
    (house / "model" / "more.panacea").write_text("organisation clinic { partner: false }\n")
    assert main(["evidence", "verify", target, *model]) == exits.FOUND
    assert "the facts are not those of the program" in capsys.readouterr().out
    (house / "model" / "more.panacea").write_text("organisation clinic { partner: true }\n")
    assert main(["evidence", "verify", target, *model]) == exits.FOUND
    assert "does not bear out the claim" in capsys.readouterr().out


def test_a_certificate_that_is_not_closed_is_refused(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = Path(certificate(house))
    told = json.loads(target.read_text())
    told["closed"] = {}
    target.write_text(json.dumps(told))
    assert main(["evidence", "verify", str(target), "--model", str(house / "model")]) == exits.FOUND
    assert "no closed set of" in capsys.readouterr().out
    target.write_text('{"schema": "panacea/absence/v1"}')
    assert main(["evidence", "verify", str(target), "--model", str(house / "model")]) == exits.FOUND
    assert "NOT VERIFIED" in capsys.readouterr().out


def test_a_bundle_carries_the_certificates_that_its_statement_names(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = certificate(house)
    assert attested(house, target) == exits.OK
    assert bundled(house, target) == exits.OK
    verify = ["evidence", "verify", str(house / "bundle.zip"), *trust(house)]
    assert main(verify) == exits.OK
    told = capsys.readouterr().out
    assert f"closed: absent: {CLAIM}" in told
    assert "named by a signed statement" in told
    assert main([*verify, "--model", str(house / "model")]) == exits.OK
    assert "goal, rules and facts are those of the model at hand" in capsys.readouterr().out
    assert bundled(house) == exits.OK
    assert "--absence" in capsys.readouterr().err
    assert main(verify) == exits.OK
    assert "its certificate is not in the bundle" in capsys.readouterr().out


def test_a_certificate_that_no_statement_names_does_not_get_in(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = certificate(house)
    assert bundled(house, target) == exits.WRONG
    assert "names no such certificate" in capsys.readouterr().err


def test_only_what_the_model_bears_out_is_attested(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = certificate(house)
    (house / "model" / "more.panacea").write_text("organisation clinic { partner: false }\n")
    assert attested(house, target) == exits.WRONG
    assert "the facts are not those of the program" in capsys.readouterr().err
    (house / "junk.json").write_text("[]")
    assert attested(house, str(house / "junk.json")) == exits.WRONG
    assert "no certificate of absence" in capsys.readouterr().err


def test_keygen_replaces_no_public_key_whose_private_one_was_put_away(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = house / "keys"
    before = (keys / "log.pub.pem").read_bytes()
    for name in ("attester.pem", "log.pem", "attester.pub.pem"):
        (keys / name).rename(house / name)
    assert main(["evidence", "keygen", str(keys)]) == exits.WRONG
    assert "log.pub.pem` exists already" in capsys.readouterr().err
    assert sorted(path.name for path in keys.iterdir()) == ["log.pub.pem"]
    assert (keys / "log.pub.pem").read_bytes() == before


@contextmanager
def piped(place: Path, data: bytes) -> Iterator[None]:
    """A pipe that gives some bytes to whoever opens it first."""

    def give() -> None:
        with suppress(BrokenPipeError), place.open("wb") as pipe:
            pipe.write(data)

    os.mkfifo(place)
    thread = threading.Thread(target=give, daemon=True)  # where nobody opens it, it waits
    thread.start()
    yield
    thread.join(5)


def test_evidence_may_come_through_a_pipe(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bundle(house) == exits.OK
    with piped(house / "pipe", (house / "bundle.zip").read_bytes()):
        assert main(["evidence", "verify", str(house / "pipe"), *trust(house)]) == exits.OK


def test_a_certificate_is_bounded_whatever_its_file_says_of_its_size(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from panacea_policy.cli.evidence_absences import certificates

    monkeypatch.setattr(sys.modules["panacea_policy.evidence.canonical"], "MOST_BYTES", 1000)
    too_large = pytest.raises(PanaceaError, match="cannot be read: File too large")
    with piped(house / "pipe", bytes(5000)), too_large:
        certificates([house / "pipe"])
