"""The ratchet: new violations decide, known ones are shown, and no change makes a certified claim false."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from tests.service.repository import Repository

RULES = """\
organisation house { country: IE  currency: EUR }
requirement quiet { decided_by: rules }
rule radio "No radio" {
  severity: high
  satisfies: [quiet]
  for zone z
  where z.wireless
  report z "{z} is reached by radio"
}
rule trusted "No trust" {
  severity: high
  for zone z
  where z.trust < 2
  report z "{z} is not trusted"
}
"""
CALM = "zone ward { wireless: false  trust: 1 }\n"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A committed model with one violation, entered."""
    monkeypatch.setenv("PANACEA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("PANACEA_LEDGER", raising=False)
    made = Repository(tmp_path / "house")
    made.write(rules=RULES, zones=CALM)
    made.commit()
    monkeypatch.chdir(made.top)
    return made


def check(*words: str) -> int:
    return main(["check", "--as-of", "2026-11-23", *words])


def certify(house: Repository, keys: Path) -> None:
    """Keys, and the signed result of the model as it is, committed."""
    if not (keys / "attester.pem").exists():
        assert main(["evidence", "keygen", str(keys)]) == exits.OK
    attest = [
        "evidence",
        "attest",
        str(house.top),
        "--key",
        str(keys / "attester.pem"),
        "--as-of",
        "2026-11-23",
    ]
    ledger = keys / "ledger.sqlite"
    ledger.unlink(missing_ok=True)
    attest += ["--result", str(house.top / ".panacea/certified.dsse.json"), "--ledger", str(ledger)]
    assert main(attest) == exits.OK
    house.commit("certified")


def test_what_was_there_is_shown_and_does_not_block(
    house: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check() == exits.FOUND
    capsys.readouterr()
    assert check("--new") == exits.OK
    told = capsys.readouterr().out
    assert "KNOWN     1 violation as before, in HEAD (" in told
    assert "No trust: ward  trusted" in told
    assert "0 new, 1 known, 0 mended" in told
    assert "1 violated (1 high)" in told


def test_a_new_violation_blocks_also_of_a_known_rule(
    house: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    house.write(more="zone lab { wireless: false  trust: 0 }\n")
    assert check("--new") == exits.FOUND
    told = capsys.readouterr().out
    assert "lab is not trusted" in told
    assert "1 new, 1 known, 0 mended" in told
    assert check("--new", "--quiet") == exits.FOUND
    assert capsys.readouterr().out == "more.panacea:1:6: high: lab is not trusted [trusted]\n"
    house.commit()
    assert check("--new") == exits.OK


def test_mending_is_counted(house: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    house.write(zones=CALM.replace("trust: 1", "trust: 3"))
    assert check("--new") == exits.OK
    assert "0 new, 0 known, 1 mended" in capsys.readouterr().out


def test_moving_and_reformatting_make_nothing_new(house: Repository) -> None:
    house.write(zones="# moved away\n", elsewhere="\n\n" + CALM)
    assert check("--new") == exits.OK


def test_a_violation_whose_waiver_goes_is_new(house: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    waiver = 'role ciso { }\nwaive trusted on ward until 2026-12-31 because "soon" by ciso { }\n'
    house.write(waivers=waiver)
    house.commit()
    assert check("--new") == exits.OK
    assert "WAIVED" in capsys.readouterr().out
    (house.top / "waivers.panacea").unlink()
    assert check("--new") == exits.FOUND


def test_errors_of_the_model_block(house: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    house.write(zones="zone {\n")
    assert check("--new") == exits.WRONG
    house.commit()
    house.write(zones=CALM)
    assert check("--new") == exits.FOUND
    assert "every violation counts as new" in capsys.readouterr().out


def test_inventories_are_those_of_the_commit(house: Repository) -> None:
    (house.top / "zones.csv").write_text("id,trust\na,1\n")
    house.write(rows='zone z from inventory("zones.csv") { id: column("id")  trust: column("trust") }\n')
    house.commit()
    assert check("--new") == exits.OK
    (house.top / "zones.csv").write_text("id,trust\na,1\nb,1\n")
    assert check("--new") == exits.FOUND


def test_against_where_a_branch_began(house: Repository) -> None:
    house.git("checkout", "-q", "-b", "topic")
    house.write(more="zone lab { wireless: false  trust: 0 }\n")
    house.commit()
    assert check("--new") == exits.OK
    assert check("--against", "main") == exits.FOUND


def test_a_model_in_a_folder_and_single_files(house: Repository) -> None:
    house.write(deep__model__all=RULES + CALM, deep__model__other="zone apart { trust: 0 }\n")
    house.commit()
    assert check("--new", "deep/model") == exits.OK
    assert check("--new", "deep/model/all.panacea") == exits.OK
    house.write(deep__model__all=RULES + CALM + "zone third { trust: 0 }\n")
    assert check("--new", "deep/model/all.panacea") == exits.FOUND


@pytest.mark.parametrize("cached", [[], ["--no-cache"]])
def test_the_cache_changes_nothing(
    house: Repository, cached: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for text in (CALM, CALM + "zone a { trust: 0 }\n", CALM + "zone a { trust: 0 }\nzone b { trust: 1 }\n"):
        house.write(zones=text)
        for words in (cached, ["--no-cache"]):
            check("--new", *words)
            told.append(capsys.readouterr().out)
        assert told[-1] == told[-2]
        house.git("commit", "-q", "-a", "--allow-empty", "-m", "next")
    for blob in (tmp_path / "cache").rglob("*"):
        if blob.is_file():
            blob.write_bytes(blob.read_bytes()[:-3])
    assert check("--new", *cached) == exits.OK


def test_a_file_of_what_is_known(house: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--write-baseline", "known.json") == exits.OK
    assert "1 violations are known" in capsys.readouterr().err
    kept = json.loads((house.top / "known.json").read_text())
    assert list(kept["violated"].values()) == ["trusted ward"]
    assert check("--baseline", "known.json") == exits.OK
    house.write(more="zone lab { wireless: false  trust: 0 }\n")
    assert check("--baseline", "known.json") == exits.FOUND
    kept["violated"] = {}
    (house.top / "known.json").write_text(json.dumps(kept))
    assert check("--baseline", "known.json") == exits.FOUND
    capsys.readouterr()
    for broken in (
        "",
        "[]",
        '{"schema": "panacea/baseline/v1", "violated": 1, "clauses": {}}',
        "[" * 100_000,
    ):
        (house.top / "known.json").write_text(broken)
        assert check("--baseline", "known.json") == exits.WRONG
        assert "is no baseline" in capsys.readouterr().err


def test_outside_of_git_there_is_a_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "model.panacea").write_text(RULES + CALM)
    assert check("--new", str(tmp_path)) == exits.WRONG
    told = capsys.readouterr().err
    assert "is in no git repository" in told
    assert "--baseline FILE, which --write-baseline FILE makes" in told
    known = str(tmp_path / "known.json")
    assert check("--write-baseline", known, str(tmp_path)) == exits.OK
    assert check("--baseline", known, str(tmp_path)) == exits.OK


@pytest.mark.parametrize(
    "words",
    [["--against", "x", "--baseline", "y"], ["--key", "k"], ["--certified", "c"], ["--against", "nowhere"]],
)
def test_calls_that_make_no_sense(house: Repository, words: list[str]) -> None:
    assert check(*words) == exits.WRONG


# ------------------------------------------------------------------------------------------ certified claims


def test_a_change_that_voids_a_claim_is_refused_by_name(
    house: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certify(house, tmp_path / "keys")
    key = ["--key", str(tmp_path / "keys/attester.pub.pem")]
    assert check("--new", *key) == exits.OK
    house.write(zones=CALM.replace("wireless: false", "wireless: true"))
    capsys.readouterr()
    assert check("--new", *key) == exits.FOUND
    told = capsys.readouterr().out
    assert "VOID      1 certified claim would be false" in told
    assert "certificate `quiet` would be void: met in `.panacea/certified.dsse.json`, now violated" in told
    assert "- ward is reached by radio" in told
    assert "nobody checked who signed" not in told


def test_what_becomes_unknown_is_void_too_and_threshold_does_not_matter(
    house: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certify(house, tmp_path / "keys")
    house.write(zones="zone ward { trust: 1 }\n")
    assert check("--new", "--fail-on", "critical") == exits.FOUND
    told = capsys.readouterr().out
    assert "certificate `quiet` would be void" in told
    assert "nobody checked who signed `.panacea/certified.dsse.json`" in told
    assert check("--new", "--fail-on", "never") == exits.OK


def test_a_claim_that_was_false_before_is_told_and_does_not_block(
    house: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certify(house, tmp_path / "keys")
    house.write(zones=CALM.replace("wireless: false", "wireless: true"))
    house.commit("forced")
    assert check("--new") == exits.OK
    assert "1 certified claim false before this change already" in capsys.readouterr().out


def test_taking_the_certificate_away_does_not_help(house: Repository, tmp_path: Path) -> None:
    certify(house, tmp_path / "keys")
    (house.top / ".panacea/certified.dsse.json").unlink()
    assert check("--new") == exits.OK
    house.write(zones=CALM.replace("wireless: false", "wireless: true"))
    assert check("--new") == exits.FOUND


def test_a_newer_certificate_that_does_not_claim_it_any_more_is_told(
    house: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / "keys"
    certify(house, keys)
    before = (house.top / ".panacea/certified.dsse.json").read_bytes()
    house.write(zones=CALM.replace("wireless: false", "wireless: true"))
    attest = ["evidence", "attest", ".", "--key", str(keys / "attester.pem"), "--as-of", "2026-11-23"]
    attest += ["--time", "2126-01-01T00:00:00Z", "--ledger", str(keys / "new.sqlite")]
    assert main([*attest, "--result", ".panacea/certified.dsse.json"]) == exits.OK
    assert (house.top / ".panacea/certified.dsse.json").read_bytes() != before
    assert check("--new") == exits.FOUND  # by its severity
    capsys.readouterr()
    assert check("--new", "--fail-on", "critical") == exits.OK
    told = " ".join(capsys.readouterr().out.split())
    assert "and claims no longer: `quiet`" in told
    assert "nobody checked who signed `.panacea/certified.dsse.json`" in told
    key = ["--key", str(keys / "attester.pub.pem")]
    assert check("--new", "--fail-on", "critical", *key) == exits.OK
    told = " ".join(capsys.readouterr().out.split())
    assert "and claims no longer: `quiet`" in told
    assert "nobody checked" not in told


def test_the_ledger_holds_claims_as_well(
    house: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evidence", "keygen", str(tmp_path / "keys")]) == exits.OK
    attest = [
        "evidence",
        "attest",
        ".",
        "--key",
        str(tmp_path / "keys/attester.pem"),
        "--as-of",
        "2026-11-23",
    ]
    assert main(attest) == exits.OK
    house.write(zones="zone ward { trust: 1 }\n")
    assert check("--new") == exits.FOUND
    assert "met in record 0 of `house/evidence`" in capsys.readouterr().out


def test_a_certificate_that_cannot_be_believed_is_an_error(
    house: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certify(house, tmp_path / "keys")
    assert main(["evidence", "keygen", str(tmp_path / "others")]) == exits.OK
    assert check("--new", "--key", str(tmp_path / "others/attester.pub.pem")) == exits.WRONG
    assert "is signed by none of the keys" in capsys.readouterr().err
    file = house.top / ".panacea/certified.dsse.json"
    forged = json.loads(file.read_bytes())
    for payload in ("", "AAAA", forged["payload"][:-8], "W10=", "e30="):
        file.write_text(json.dumps({**forged, "payload": payload}))
        assert check("--new") == exits.WRONG
    file.write_text("[" * 50_000)
    assert check("--new") == exits.WRONG
    assert check("--new", "--certified", "nowhere.json") == exits.WRONG


@pytest.fixture
def keyed(house: Repository, tmp_path: Path) -> Repository:
    """The certified model with the attester's public key in the repository; a second pair of keys beside."""
    for name in ("keys", "others"):
        assert main(["evidence", "keygen", str(tmp_path / name)]) == exits.OK
    bring(house, tmp_path / "keys")
    certify(house, tmp_path / "keys")
    return house


def bring(house: Repository, keys: Path, name: str = "attester.pub.pem") -> None:
    """Put a public key into the repository, or another one in its place."""
    (house.top / name).write_bytes((keys / "attester.pub.pem").read_bytes())


def key_id(keys: Path) -> str:
    from panacea_policy.evidence import read_public_key

    return read_public_key(keys / "attester.pub.pem").id


def resigned(house: Repository, keys: Path) -> None:
    """Everything signed anew with other keys, not committed yet."""
    (house.top / "zones.panacea").write_text(CALM + "zone more { wireless: false  trust: 3 }\n")
    words = ["evidence", "attest", ".", "--key", str(keys / "attester.pem"), "--as-of", "2026-11-23"]
    words += ["--result", ".panacea/certified.dsse.json", "--ledger", str(keys / "new.sqlite")]
    assert main(words) == exits.OK


KEY = ["--key", "attester.pub.pem"]


@pytest.mark.parametrize("more", [[], ["--fail-on", "never"], ["--format", "sarif"], ["--no-cache"]])
def test_a_change_that_swaps_the_key_and_signs_everything_again_is_refused(
    keyed: Repository, tmp_path: Path, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check("--new", *KEY) == exits.OK
    bring(keyed, tmp_path / "others")
    resigned(keyed, tmp_path / "others")
    capsys.readouterr()
    assert check("--new", *KEY, *more) == exits.WRONG
    told = capsys.readouterr().err
    assert "`attester.pub.pem` is another key than that of HEAD" in told
    assert "panacea evidence endorse NEW.pub.pem --key OLD.pem" in told
    assert f"--accept-key {key_id(tmp_path / 'others')}" in told


def test_a_key_of_ones_own_beside_the_old_one_is_refused(
    keyed: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bring(keyed, tmp_path / "others", "second.pub.pem")
    resigned(keyed, tmp_path / "others")
    assert check("--new", *KEY, "--key", "second.pub.pem") == exits.WRONG
    assert "`second.pub.pem` is not in HEAD" in capsys.readouterr().err
    assert check("--new", "--key", "second.pub.pem") == exits.WRONG


def test_a_key_that_is_made_a_link_is_another_key(
    keyed: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (keyed.top / "attester.pub.pem").unlink()
    (keyed.top / "attester.pub.pem").symlink_to(tmp_path / "others/attester.pub.pem")
    resigned(keyed, tmp_path / "others")
    assert check("--new", *KEY) == exits.WRONG
    assert "is another key than that of HEAD" in capsys.readouterr().err


def test_the_old_key_may_endorse_a_new_one(
    keyed: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bring(keyed, tmp_path / "others")
    words = ["evidence", "endorse", "attester.pub.pem", "--key"]
    assert main([*words, str(tmp_path / "keys/attester.pem")]) == exits.OK
    assert (
        f"attester.pub.pem.endorsed.dsse.json: key {key_id(tmp_path / 'others')}" in capsys.readouterr().out
    )
    assert check("--new", *KEY) == exits.WRONG
    assert "attest again with the new one" in capsys.readouterr().err
    resigned(keyed, tmp_path / "others")
    assert check("--new", *KEY) == exits.OK
    told = " ".join(capsys.readouterr().out.split())
    assert "`attester.pub.pem` is another key than that of HEAD" in told
    assert "endorsed by the key before it" in told
    keyed.commit("another key")
    assert check("--new", *KEY) == exits.OK
    assert "another key" not in capsys.readouterr().out
    # The old key has no say any more.
    bring(keyed, tmp_path / "keys")
    assert check("--new", *KEY) == exits.WRONG


def test_an_endorsement_that_is_none_is_refused_with_the_reason(
    keyed: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bring(keyed, tmp_path / "others")
    resigned(keyed, tmp_path / "others")
    beside = keyed.top / "attester.pub.pem.endorsed.dsse.json"
    endorse = ["evidence", "endorse", "attester.pub.pem", "--key"]
    assert main([*endorse, str(tmp_path / "others/attester.pem")]) == exits.WRONG
    assert "a key is endorsed by another one" in capsys.readouterr().err
    assert main([*endorse, str(tmp_path / "others/log.pem")]) == exits.OK
    reasons = {beside.read_bytes(): "signed by none of the keys that were there before"}
    other = ["evidence", "endorse", str(tmp_path / "others/log.pub.pem"), "--key"]
    assert main([*other, str(tmp_path / "keys/attester.pem")]) == exits.OK
    of_another = tmp_path / "others/log.pub.pem.endorsed.dsse.json"
    reasons[of_another.read_bytes()] = "the endorsement is of another key"
    reasons[keyed.git("show", "HEAD:.panacea/certified.dsse.json").encode()] = "this is no endorsement"
    reasons[b"{}"] = "the envelope lacks"
    reasons[b" " * 100_000] = "cannot be read"
    capsys.readouterr()
    for data, reason in reasons.items():
        beside.write_bytes(data)
        assert check("--new", *KEY) == exits.WRONG
        assert reason in " ".join(capsys.readouterr().err.split())


def test_somebody_may_answer_for_a_new_key(
    keyed: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bring(keyed, tmp_path / "others")
    resigned(keyed, tmp_path / "others")
    accepted = key_id(tmp_path / "others")
    assert check("--new", *KEY, "--accept-key", accepted[:-1]) == exits.WRONG
    assert check("--new", *KEY, "--accept-key", key_id(tmp_path / "keys")) == exits.WRONG
    capsys.readouterr()
    assert check("--new", *KEY, "--accept-key", accepted) == exits.OK
    assert "accepted by --accept-key" in " ".join(capsys.readouterr().out.split())
    monkeypatch.setenv("PANACEA_ACCEPT_KEY", accepted)
    assert check("--new", *KEY) == exits.OK
    assert check() == exits.FOUND  # what is set for a session disturbs no other check


def test_commits_without_a_check_are_found_from_where_the_branch_began(
    keyed: Repository, tmp_path: Path
) -> None:
    keyed.git("checkout", "-q", "-b", "topic")
    bring(keyed, tmp_path / "others")
    resigned(keyed, tmp_path / "others")
    keyed.commit("unchecked")
    assert check("--new", *KEY) == exits.OK
    assert check("--against", "main", *KEY) == exits.WRONG


def test_the_first_key_may_come_with_the_first_result(
    house: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evidence", "keygen", str(tmp_path / "keys")]) == exits.OK
    resigned(house, tmp_path / "keys")
    bring(house, tmp_path / "keys")
    assert check("--new", *KEY) == exits.OK
    house.git("add", ".panacea", "zones.panacea")
    house.git("commit", "-q", "-m", "the result alone")
    assert check("--new", *KEY) == exits.OK
    assert "it signed what is certified there" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("key", [[], KEY])
def test_a_result_that_is_made_a_link_binds_all_the_same(
    keyed: Repository, key: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    file = keyed.top / ".panacea/certified.dsse.json"
    (keyed.top / "other.json").write_bytes(file.read_bytes())
    file.unlink()
    file.symlink_to(keyed.top / "other.json")
    assert check("--new", *key) == exits.OK
    (keyed.top / "other.json").unlink()
    keyed.write(zones=CALM.replace("wireless: false", "wireless: true"))
    capsys.readouterr()
    assert check("--new", *key) == exits.FOUND
    told = " ".join(capsys.readouterr().out.split())
    assert "1 certified claim would be false" in told
    assert "away: once it is committed, nothing guards its claims" in told


def test_the_clauses_of_a_pack_that_the_model_does_not_use(
    house: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import base64

    claims = {"predicateType": "https://in-toto.io/attestation/svr/v0.2", "predicate": {
        "timeCreated": "2026-11-23T12:00:00Z",
        "properties": ["PANACEA_nis2.art20_1:met", "PANACEA_gone.art1:attested", "OTHER_TOOL:met"],
    }}  # fmt: skip
    payload = base64.b64encode(json.dumps(claims).encode()).decode()
    (tmp_path / "c.json").write_text(json.dumps({"payload": payload, "payloadType": "x", "signatures": []}))
    check("--new", "--certified", str(tmp_path / "c.json"))
    # Lines break where the terminal ends, and that depends on how long the folder's name is.
    told = " ".join(capsys.readouterr().out.split())
    assert "certificate `gone.art1` would be void: attested in" in told
    assert "now not judged" in told
    assert "no pack here has this clause" in told
    assert "nis2.art20_1` is void" in told


# ------------------------------------------------------------------------------------------ machine formats


def test_every_format_tells_new_from_known(
    house: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certify(house, tmp_path / "keys")
    house.write(more="zone lab { wireless: true  trust: 3 }\n")
    capsys.readouterr()
    assert check("--new", "--format", "json") == exits.FOUND
    found = json.loads(capsys.readouterr().out)
    ages = {each["rule"]: each["age"] for each in found["findings"]}
    assert ages == {"radio": "new", "trusted": "known"}
    assert [each["clause"] for each in found["void"]] == ["quiet"]
    check("--new", "--format", "sarif")
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert {r["ruleId"]: r["baselineState"] for r in results} == {"radio": "new", "trusted": "unchanged"}
    check("--new", "--format", "junit")
    junit = capsys.readouterr().out
    assert '<skipped message="known since HEAD (' in junit
    assert 'classname="certified" name="quiet"' in junit
    check("--new", "--format", "github")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("::error title=certificate::certificate `quiet` would be void")
    assert [line.split()[0] for line in lines] == ["::error", "::error", "::notice"]


@pytest.mark.parametrize("committed", [True, False])
def test_packs_that_the_model_installed(
    house: Repository, tmp_path: Path, committed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their files may be in the repository or not; the lock is."""
    from panacea_policy.packs import build, install, open_project, read_archive, scaffold

    scaffold("house_law", tmp_path / "house_law")
    made = read_archive(build(open_project(tmp_path / "house_law"))[1])
    install(house.top, made, None, [], unsigned=True)
    if not committed:
        (house.top / ".gitignore").write_text(".panacea/packs/\n")
    house.write(zones="use packs.house_law\n\n" + CALM)
    house.commit()
    assert ("house_law" in house.git("ls-files")) == committed
    assert check("--new") == exits.OK
    assert "0 new" in capsys.readouterr().out
    assert check("--new", "--no-cache") == exits.OK
