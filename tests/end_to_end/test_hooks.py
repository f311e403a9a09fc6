"""The hooks under pre-commit itself, in a scratch repository: a commit refused, and one that passes."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from tests.service.repository import Repository

ROOT = Path(__file__).parents[2]
PANACEA = f"{shlex.quote(sys.executable)} -m panacea_policy"
MODEL = """\
organisation house { country: IE  currency: EUR }

requirement quiet { decided_by: rules }

rule radio "No radio" {
  severity: high
  satisfies: [quiet]
  for zone z
  where z.wireless
  report z "{z} is reached by radio"
  remedy "Use a wire."
}
"""
CALM = "zone ward { wireless: false }\n"
LOUD = "zone lab { wireless: true }\n"


def manifest() -> dict[str, dict[str, Any]]:
    """The hooks that this repository offers, by id."""
    found = YAML(typ="safe", pure=True).load((ROOT / ".pre-commit-hooks.yaml").read_text())
    return {hook["id"]: hook for hook in found}


def local(hook: dict[str, Any], args: list[str]) -> dict[str, Any]:
    """The same hook, run by this very Python in place of an environment that pre-commit builds."""
    kept = {
        k: v for k, v in hook.items() if k not in ("minimum_pre_commit_version", "additional_dependencies")
    }
    entry = re.sub(r"^panacea", lambda _: PANACEA, hook["entry"])
    return {**kept, "language": "system", "entry": entry, "args": args}


class House(Repository):
    """A scratch repository with hooks."""

    def __init__(self, top: Path, cache: Path, path: str = str(ROOT)) -> None:
        self._cache = cache
        self._path = path
        super().__init__(top)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            "PRE_COMMIT_HOME": str(self._cache / "pre-commit"),
            "PANACEA_CACHE_DIR": str(self._cache / "panacea"),
            "PANACEA_STATE_DIR": str(self._cache / "state"),
            "PYTHONPATH": self._path,
        }

    def configure(self, repositories: list[dict[str, Any]]) -> None:
        """Write the configuration and have pre-commit install itself into .git/hooks."""
        with (self.top / ".pre-commit-config.yaml").open("w") as file:
            YAML(typ="safe", pure=True).dump({"repos": repositories}, file)
        self.pre_commit("install", "--hook-type", "pre-commit", "--hook-type", "pre-push")

    def pre_commit(self, *words: str) -> str:
        call = [sys.executable, "-m", "pre_commit", *words]
        done = subprocess.run(
            call,
            cwd=self.top,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def try_commit(self) -> tuple[int, str]:
        """Commit everything, hooks and all."""
        self.git("add", "-A")
        return self.tried("commit", "-m", "a change")


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A committed model without a violation, under the hooks of this repository."""
    made = House(tmp_path / "house", tmp_path / "cache")
    made.write(model=MODEL, zones=CALM)
    args = {"panacea-check-new": ["--as-of", "2026-11-23"]}
    names = ("panacea-fmt", "panacea-check-new")
    made.configure([{"repo": "local", "hooks": [local(manifest()[n], args.get(n, [])) for n in names]}])
    assert passes(made).count("Passed") == 2
    return made


def certified(house: House, keys: Path, result: Path) -> None:
    """New keys, and the signed result of the model in a file; the ledger lies beside the keys."""
    assert main(["evidence", "keygen", str(keys)]) == exits.OK
    attest = ["evidence", "attest", str(house.top), "--key", str(keys / "attester.pem")]
    into = ["--ledger", str(keys / "l.sqlite"), "--result", str(result), "--as-of", "2026-11-23"]
    assert main([*attest, *into]) == exits.OK


def refused(house: House, why: str) -> str:
    """What is told of a commit that is refused, for a reason among others."""
    code, told = house.try_commit()
    assert code == 1, told
    assert why in told
    return told


def passes(house: House) -> str:
    """What is told of a commit that passes."""
    code, told = house.try_commit()
    assert code == 0, told
    return told


def test_the_manifest_is_one_that_pre_commit_takes() -> None:
    from pre_commit.clientlib import load_manifest

    hooks = {hook["id"]: hook for hook in load_manifest(ROOT / ".pre-commit-hooks.yaml")}
    assert set(hooks) >= {"panacea-fmt", "panacea-check", "panacea-check-new", "panacea-evidence-verify"}
    for name, hook in hooks.items():
        assert hook["language"] == "python"
        assert hook["require_serial"]
        assert hook["minimum_pre_commit_version"] == "3.2.0"
        assert hook["pass_filenames"] == (name == "panacea-fmt")
    assert hooks["panacea-evidence-verify"]["stages"] == ["pre-push"]


def test_a_commit_with_a_new_violation_is_refused_in_words(house: House) -> None:
    house.write(more=LOUD)
    told = refused(house, "panacea check (new violations and certified claims)")
    assert "Failed" in told
    assert "✗ lab is reached by radio" in told
    assert "more.panacea:1:6" in told
    assert "Use a wire." in told
    assert "1 new, 0 known" in told
    house.write(more=LOUD.replace("true", "false"))
    passes(house)


@pytest.mark.slow
def test_what_is_not_staged_does_not_count(house: House) -> None:
    house.write(more=LOUD.replace("true", "false"))
    house.git("add", "-A")
    house.write(more=LOUD)
    code, told = house.tried("commit", "-m", "the staged state is sound")
    assert code == 0, told
    assert (house.top / "more.panacea").read_text() == LOUD


@pytest.mark.slow
def test_a_file_out_of_form_is_put_into_form_and_the_commit_refused(house: House) -> None:
    house.write(more="zone lab {wireless:false}\n")
    refused(house, "files were modified by this hook")
    assert (house.top / "more.panacea").read_text() == "zone lab { wireless: false }\n"
    passes(house)


@pytest.mark.slow
def test_a_mistake_in_the_model_is_refused_with_its_place(house: House) -> None:
    house.write(more="zone lab { trust: nowhere }\n")
    assert re.search(r"error\[P\d+\]", refused(house, "more.panacea:1:19"))


@pytest.mark.slow
def test_other_files_do_not_start_the_formatter(house: House) -> None:
    (house.top / "readme.md").write_text("words\n")
    assert passes(house).count("(no files to check)Skipped") == 1


@pytest.mark.slow
def test_a_file_that_is_taken_away_counts_too(house: House) -> None:
    """Of a commit that only deletes, pre-commit says that it has no files."""
    waiver = 'role ciso { }\n\nwaive radio on lab until 2027-01-31 because "Ordered" by ciso\n'
    house.write(more=LOUD, waiver=waiver)
    house.try_commit()  # puts it into form
    code, told = house.try_commit()
    assert code == 0, told
    (house.top / "waiver.panacea").unlink()
    code, told = house.try_commit()
    assert code == 1, told
    assert "✗ lab is reached by radio" in told


@pytest.mark.slow
def test_a_commit_that_voids_a_certificate_is_refused_by_name(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PANACEA_LEDGER", raising=False)
    certified(house, tmp_path / "keys", house.top / ".panacea/certified.dsse.json")
    passes(house)
    house.write(zones="zone ward {}\n")
    refused(house, "certificate `quiet` would be void: met in `.panacea/certified.dsse.json`")


@pytest.mark.slow
def test_evidence_is_verified_before_a_push(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PANACEA_LEDGER", raising=False)
    keys, file = tmp_path / "keys", house.top / "certified.dsse.json"
    certified(house, keys, file)
    args = ["certified.dsse.json", "--key", str(keys / "attester.pub.pem")]
    house.configure([{"repo": "local", "hooks": [local(manifest()["panacea-evidence-verify"], args)]}])
    house.git("init", "-q", "--bare", str(tmp_path / "remote"))
    house.git("remote", "add", "origin", str(tmp_path / "remote"))
    passes(house)
    code, told = house.tried("push", "origin", "main")
    assert code == 0, told
    file.write_text(file.read_text().replace('"sig":"', '"sig":"AAAA'))
    house.try_commit()
    code, told = house.tried("push", "origin", "main")
    assert code != 0
    assert "NOT VERIFIED" in told


@pytest.mark.slow
def test_pre_commit_installs_the_hooks_from_this_repository(tmp_path: Path) -> None:
    """As users have it: pre-commit clones this repository and builds the environment with pip."""
    offered = Repository(tmp_path / "offered")
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=True,
    ).stdout
    for name in filter(None, os.fsdecode(listed).split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/", "benchmarks/")):
            (offered.top / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, offered.top / name)
    revision = offered.commit("as it is")
    made = House(tmp_path / "house", tmp_path / "cache", path="")
    made.write(model=MODEL, zones=CALM)
    hooks = [{"id": "panacea-fmt"}, {"id": "panacea-check"}, {"id": "panacea-check-new"}]
    made.configure([{"repo": str(offered.top), "rev": revision, "hooks": hooks}])
    code, told = made.try_commit()
    if code != 0 and re.search(r"No matching distribution|Could not find a version|connection", told):
        pytest.skip("pip reaches no package index here")
    assert code == 0, told
    assert told.count("Passed") == 3
    made.write(more=LOUD)
    refused(made, "lab is reached by radio")


@pytest.mark.slow
def test_the_hooks_that_init_writes_block_what_is_new_alone(tmp_path: Path) -> None:
    made = House(tmp_path / "house", tmp_path / "cache")
    made.write(model=MODEL, zones=LOUD)
    made.commit("as it was before there were hooks")
    assert main(["init", str(made.top), "--ci", "none", "--no-example"]) == exits.OK
    written = YAML(typ="safe", pure=True).load((made.top / ".pre-commit-config.yaml").read_text())
    for hook in written["repos"][0]["hooks"]:
        hook["entry"] = re.sub(r"^panacea", lambda _: PANACEA, hook["entry"])
    made.configure(written["repos"])
    made.write(more=CALM)
    assert passes(made).count("Passed") == 3
    made.write(more=CALM + LOUD.replace("lab", "roof"))
    told = refused(made, "✗ roof is reached by radio")
    assert "1 new, 1 known" in told
