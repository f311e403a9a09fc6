"""The page about hooks: its commands are run in a repository, and its configuration names what exists."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from ruamel.yaml import YAML

from panacea_policy.cli.main import panacea
from tests.cli.test_check_new import CALM, RULES
from tests.service.repository import Repository

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|text|yaml)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
HOOKS = {
    hook["id"]: hook
    for hook in YAML(typ="safe", pure=True).load((ROOT / ".pre-commit-hooks.yaml").read_text())
}


@pytest.mark.slow
def test_every_block_prints_what_stands_below_it(tmp_path: Path) -> None:
    house = Repository(tmp_path / "house")
    house.write(rules=RULES, zones=CALM)
    house.commit()
    shim = tmp_path / "bin" / "panacea"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m panacea_policy "$@"\n')
    shim.chmod(0o755)
    environment = {
        **{name: value for name, value in house.environment.items() if name != "PANACEA_LEDGER"},
        "PATH": f"{shim.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PANACEA_CACHE_DIR": str(tmp_path / "cache"),
        "PANACEA_STATE_DIR": str(tmp_path / "state"),
    }
    blocks = [block for block in BLOCKS if block[0] != "yaml"]
    assert [kind for kind, _ in blocks] == ["sh", "text"] * 3
    for (_, script), (_, told) in zip(blocks[::2], blocks[1::2], strict=True):
        done = subprocess.run(
            ["bash", "-c", script], cwd=house.top, env=environment, capture_output=True, text=True
        )
        assert told.rstrip("\n") in done.stdout, done.stdout + done.stderr


def test_the_configuration_names_hooks_and_options_that_exist() -> None:
    (text,) = [text for kind, text in BLOCKS if kind == "yaml"]
    (repository,) = YAML(typ="safe", pure=True).load(text)["repos"]
    assert len(repository["hooks"]) == 3
    for hook in repository["hooks"]:
        words = [*shlex.split(HOOKS[hook["id"]]["entry"])[1:], *hook.get("args", [])]
        command: click.Command = panacea
        while isinstance(command, click.Group):
            found = command.get_command(click.Context(command), words.pop(0))
            assert found is not None
            command = found
        known = {text for each in command.params for text in each.opts}
        assert {word for word in words if word.startswith("-")} <= known


def test_the_table_lists_every_hook() -> None:
    assert set(re.findall(r"^\| `(panacea-[a-z-]+)` \|", PAGE, re.MULTILINE)) == set(HOOKS)
