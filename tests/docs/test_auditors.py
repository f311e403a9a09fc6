"""The commands on the page for auditors are run, against a bundle with proofs and time stamps."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from panacea_policy.cli.main import main
from panacea_policy.compiler import Workspace
from panacea_policy.evidence import Ledger, canonical, read_signing_key, seal
from panacea_policy.evidence.timestamps import request
from panacea_policy.formats.evidence_bundle import bundle_of
from panacea_policy.formats.model_json import model_document
from panacea_policy.formats.verdicts import statements
from tests.evidence.conftest import DAY, Authority

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "auditors.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)

MODEL = """\
use packs.nis2
organisation house { partner: false  country: IE  addressees: [hospital]  management_body: none }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as an auditor has it: the bundle, and what came by another way."""
    for tool in ("openssl", "unzip"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    there = tmp_path_factory.mktemp("auditor")
    house = tmp_path_factory.mktemp("house")
    (house / "model").mkdir()
    (house / "model" / "model.panacea").write_text(MODEL)
    assert main(["evidence", "keygen", str(house / "keys")]) == 0
    (house / "tsa").mkdir()
    authority = Authority(house / "tsa")
    key, log_key = (read_signing_key(house / "keys" / f"{name}.pem") for name in ("attester", "log"))
    run = _judged(house / "model")
    absent = house / "no_partner.json"
    prove = ["prove", "--absent", "organisation o where o.partner", str(house / "model")]
    assert main([*prove, "--certificate", str(absent), "--as-of", "2026-11-23"]) == 0
    shown = {"no_partner": absent.read_bytes()}
    model = canonical(model_document(run.check.workspace))
    with Ledger.open(house / "ledger.sqlite", create="house/evidence") as ledger:
        made = [seal(each, [key]) for each in statements(run, model, DAY, [*shown.values()]).values()]
        ledger.append(made)
        for each in made:
            ledger.stamp(each.digest, authority.answer(request(each.data)))
        note = ledger.checkpoint(log_key)
        bundle = bundle_of(ledger, model, note, [key.public], log_key.public, shown)
    (there / "bundle.zip").write_bytes(bundle.to_bytes())
    for name in ("attester.pub.pem", "log.pub.pem"):
        shutil.copy(house / "keys" / name, there / name)
    (there / "tsa-root.pem").write_bytes(authority.root)
    return there


def _judged(folder: Path):  # type: ignore[no-untyped-def]
    from panacea_policy.cli.comply import judged

    return judged(Workspace.open(folder, as_of=date(2026, 11, 23), cache=None), None, False, ())


#: What each block must print, in order.
TOLD = (
    "verified",
    "statement about the model",
    "Signature Verified Successfully",
    "Time stamp:",
    "",
    "closed: it is absent",
)


def test_every_block_of_the_page_does_what_it_says(folder: Path) -> None:
    assert len(BLOCKS) == len(TOLD)
    binaries = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    for block, told in zip(BLOCKS, TOLD, strict=True):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        assert told in done.stdout, block


def test_the_stock_tools_refuse_what_was_altered(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / "altered"
    shutil.copytree(folder / "bundle", there / "bundle")
    for name in ("attester.pub.pem", "tsa-root.pem", "log.pub.pem"):
        shutil.copy(folder / name, there / name)
    for name in ("signed.bin", "statements/verdicts.dsse.json", "entry.bin"):
        path = there / "bundle" / name
        data = bytearray(path.read_bytes())
        data[-3] ^= 1
        path.write_bytes(data)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for block in (BLOCKS[2], BLOCKS[3], BLOCKS[4].rpartition("END\n")[2]):
        command = block if block.startswith("cd bundle") else f"cd bundle\n{block}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=there,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode != 0, block
