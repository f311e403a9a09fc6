"""The snippets for other tools: well formed, with commands and options that exist, and scripts that run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from panacea_policy.cli import exits
from panacea_policy.cli.main import panacea
from tests.cli.test_check_new import CALM, RULES
from tests.service.repository import Repository

ROOT = Path(__file__).parents[2]
PLACES = sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "integrations").rglob("*") if p.is_file())
FILES = [".pre-commit-hooks.yaml", *(place for place in PLACES if not place.endswith(".md"))]
CALL = re.compile(r"^(?:.*?(?:run|entry):|\s*-)?\s*(panacea [a-z].*)$", re.M)


def calls(text: str) -> list[list[str]]:
    """Every call of panacea in a file, as words."""
    return [shlex.split(found[1]) for found in CALL.finditer(text)]


def test_nothing_is_left_out() -> None:
    names = {Path(name).name for name in FILES}
    assert names >= {"action.yml", "panacea.yml", "pull-request.yml", "merge-request.yml", "Jenkinsfile"}


@pytest.mark.parametrize("name", FILES)
def test_commands_and_options_exist(name: str) -> None:
    found = calls((ROOT / name).read_text())
    assert found
    for words in found:
        command, group = panacea.get_command(click.Context(panacea), words[1]), panacea
        assert command is not None, words
        rest = words[2:]
        while isinstance(command, click.Group):
            group = command
            command = group.get_command(click.Context(group), rest.pop(0))
            assert command is not None, words
        known = {text for each in command.params for text in each.opts}
        given = {word for word in rest if re.match(r"--?[a-z]", word)}
        assert given <= known, words


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith((".yml", ".yaml"))])
def test_they_are_yaml(name: str) -> None:
    assert YAML(typ="safe", pure=True).load((ROOT / name).read_text())


def action() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(
        (ROOT / "integrations/github/action.yml").read_text()
    )
    return found


def test_the_action_names_inputs_that_it_has_and_no_script_holds_one() -> None:
    made = action()
    assert made["runs"]["using"] == "composite"
    named = set(re.findall(r"inputs\.([a-z-]+)", (ROOT / "integrations/github/action.yml").read_text()))
    assert named == set(made["inputs"])
    for step in made["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        if "run" in step:
            assert step["shell"] == "bash"
            checked = subprocess.run(["bash", "-n"], input=step["run"], text=True, capture_output=True)
            assert checked.returncode == 0, checked.stderr


def shim(folder: Path) -> Path:
    """A folder for PATH with a `panacea` that runs this project."""
    command = folder / "bin" / "panacea"
    command.parent.mkdir(exist_ok=True)
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m panacea_policy "$@"\n')
    command.chmod(0o755)
    return command.parent


def test_the_script_of_the_action_runs(tmp_path: Path) -> None:
    house = Repository(tmp_path / "house")
    house.write(model__rules=RULES, model__zones=CALM)
    house.commit()
    house.git("update-ref", "refs/remotes/origin/main", "HEAD")
    script = action()["runs"]["steps"][-1]
    inputs = {
        "MODEL": "model",
        "AGAINST": "",
        "BASE": "main",
        "FAIL_ON": "high",
        "KEY": "",
        "SARIF": "out.sarif",
    }
    assert set(script["env"]) == set(inputs)

    def run(**changed: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **house.environment,
            **inputs,
            **changed,
            "PATH": f"{shim(tmp_path)}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PANACEA_CACHE_DIR": str(tmp_path / "cache"),
        }
        call = ["bash", "-e", "-o", "pipefail", "-c", script["run"]]
        return subprocess.run(call, cwd=house.top, env=environment, capture_output=True, text=True)

    assert run().returncode == 0
    assert (house.top / "out.sarif").exists()
    assert run(AGAINST="none").returncode == 1
    house.write(model__more="zone lab { trust: 0 }\n")
    assert run().returncode == 1
    (house.top / "out.sarif").unlink()
    house.write(model__more="zone lab { trsut: 0 }\n")
    broken = run()
    assert broken.returncode == exits.WRONG
    assert "::error file=model/more.panacea,line=1" in broken.stdout
    assert "trsut" in (house.top / "out.sarif").read_text()


@pytest.mark.parametrize("name", ["panacea.yml", "pull-request.yml"])
def test_a_failed_check_is_uploaded_and_annotated(name: str) -> None:
    made = YAML(typ="safe", pure=True).load((ROOT / "integrations/github" / name).read_text())
    steps = made["jobs"]["check"]["steps"]
    (writes,) = (n for n, step in enumerate(steps) if "--format sarif" in step.get("run", ""))
    after = steps[writes + 1 :]
    assert len(after) == 4
    assert not any("panacea " in step.get("run", "") for step in steps[: writes - 1])
    for step in after:
        assert "!cancelled()" in step["if"]
        assert "hashFiles('panacea.sarif')" in step["if"]


@pytest.mark.parametrize(
    "name", [name for name in FILES if name.startswith("integrations/") and not name.endswith("action.yml")]
)
def test_every_snippet_looks_at_the_form_the_tests_and_the_findings(name: str) -> None:
    assert {words[1] for words in calls((ROOT / name).read_text())} == {"fmt", "test", "check"}


@pytest.mark.parametrize("name", ["gitlab/panacea.yml", "gitlab/merge-request.yml", "jenkins/Jenkinsfile"])
def test_a_model_with_errors_still_gives_a_report(name: str, tmp_path: Path) -> None:
    text = (ROOT / "integrations" / name).read_text()
    if name.endswith(".yml"):
        (job,) = YAML(typ="safe", pure=True).load(text).values()
        script = "set -e\n" + "\n".join(line for line in job["script"] if not line.startswith("pip "))
    else:
        (script,) = re.findall(r"sh '''(.*?)'''", text, re.S)
    house = Repository(tmp_path / "house")
    house.write(MODEL__zones=CALM)
    house.commit()
    house.write(MODEL__more="zone  lab { trsut: 0 }\n")
    environment = {
        **house.environment,
        "MODEL": "MODEL",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD",
        "PATH": f"{shim(tmp_path)}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(["sh", "-c", script], cwd=house.top, env=environment, capture_output=True)
    assert done.returncode == exits.WRONG
    assert "trsut" in (house.top / "panacea.xml").read_text()
    house.write(MODEL__more="zone lab { trust: 0 }\n")
    done = subprocess.run(["sh", "-c", script], cwd=house.top, env=environment, capture_output=True)
    assert done.returncode == exits.OK, done.stderr


def test_the_jenkinsfile_is_balanced_and_its_script_is_shell() -> None:
    text = (ROOT / "integrations/jenkins/Jenkinsfile").read_text()
    scripts = re.findall(r"sh '''(.*?)'''", text, re.S)
    assert len(scripts) == 1
    checked = subprocess.run(["sh", "-n"], input=scripts[0], text=True, capture_output=True)
    assert checked.returncode == 0, checked.stderr
    outside = re.sub(r"'''.*?'''|'[^'\n]*'|\"[^\"\n]*\"|//[^\n]*", "", text, flags=re.S)
    depth = 0
    for sign in re.findall(r"[{}]", outside):
        depth += 1 if sign == "{" else -1
        assert depth >= 0
    assert depth == 0
    for block in ("pipeline", "agent any", "stages", "post"):
        assert re.search(rf"^\s*{block}\b", outside, re.M)
