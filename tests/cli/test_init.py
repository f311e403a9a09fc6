"""`panacea init` writes, extends and never overwrites silently."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import panacea_policy
from panacea_policy.cli import exits
from panacea_policy.cli.main import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty git repository, entered."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder: Path) -> dict[str, str]:
    """Every file below the folder, by its relative path."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_model_a_hook_and_a_snippet_are_written(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "models/our clinic"]) == exits.OK
    written = files(repository)
    assert sorted(written) == [
        ".github/workflows/panacea.yml",
        ".pre-commit-config.yaml",
        "models/our clinic/clinic.panacea",
        "models/our clinic/house_rules.panacea",
        "models/our clinic/inventory/pumps.csv",
    ]
    assert "entry: panacea check --new 'models/our clinic'" in written[".pre-commit-config.yaml"]
    workflow = written[".github/workflows/panacea.yml"]
    assert "- run: panacea check 'models/our clinic' --format github" in workflow
    assert f"pip install panacea-policy=={panacea_policy.__version__}" in workflow
    assert "MODEL" not in workflow
    assert "created  models/our clinic/clinic.panacea" in capsys.readouterr().err


def test_a_second_run_changes_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", "clinic"])
    before = files(repository)
    capsys.readouterr()
    assert main(["init", "clinic"]) == exits.OK
    assert files(repository) == before
    assert "created" not in capsys.readouterr().err


def test_a_file_with_other_content_is_kept_unless_forced(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = repository / "clinic" / "clinic.panacea"
    model.parent.mkdir()
    model.write_text("# mine\n")
    assert main(["init", "clinic"]) == exits.OK
    assert model.read_text() == "# mine\n"
    assert "kept     clinic/clinic.panacea" in capsys.readouterr().err
    assert main(["init", "clinic", "--force"]) == exits.OK
    assert model.read_text() != "# mine\n"
    assert "replaced clinic/clinic.panacea" in capsys.readouterr().err


def test_an_existing_hook_configuration_is_extended(repository: Path) -> None:
    before = "repos:\n  # ours\n  - repo: local\n    hooks:\n      - id: ours\n"
    configuration = repository / ".pre-commit-config.yaml"
    configuration.write_text(before)
    assert main(["init", "clinic", "--ci", "none", "--no-example"]) == exits.OK
    assert configuration.read_text().startswith(before + "      - id: panacea-fmt\n")
    assert sorted(files(repository)) == [".pre-commit-config.yaml"]


def test_a_hook_configuration_that_is_none_is_named_and_left_alone(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configuration = repository / ".pre-commit-config.yaml"
    configuration.write_text("- just\n- a list\n")
    assert main(["init", "clinic", "--no-example", "--ci", "none"]) == exits.WRONG
    assert configuration.read_text() == "- just\n- a list\n"
    assert ".pre-commit-config.yaml: the file has no list `repos`" in capsys.readouterr().err


def test_the_hooks_are_those_that_this_repository_offers(repository: Path) -> None:
    """The same names, commands and files; only the folder is added, and the panacea of the path is called."""
    load = YAML(typ="safe", pure=True).load
    offered = {hook["id"]: hook for hook in load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert main(["init", "our clinic", "--ci", "none", "--no-example"]) == exits.OK
    (local,) = load((repository / ".pre-commit-config.yaml").read_text())["repos"]
    assert [hook["id"] for hook in local["hooks"]] == ["panacea-fmt", "panacea-test", "panacea-check-new"]
    for hook in local["hooks"]:
        same = offered[hook["id"]]
        folder = "" if hook["id"] == "panacea-fmt" else " 'our clinic'"
        assert hook["entry"] == same["entry"] + folder
        assert hook["language"] == "system"
        for key in ("name", "require_serial"):
            assert hook[key] == same[key]
        assert hook.get("pass_filenames", True) == same.get("pass_filenames", True)
        assert hook.get("always_run", False) == same.get("always_run", False)
        if "files" not in same:
            assert "files" not in hook
            continue
        below = re.compile(hook["files"])
        names = ("a.panacea", "a.csv", "a.json", "a.yml", "a.txt", "panacea.lock", ".panacea/x.dsse.json")
        for name in names:
            wanted = re.search(same["files"], name) is not None
            assert (below.search(f"our clinic/{name}") is not None) == wanted, name
            assert below.search(f"other/{name}") is None


def test_gitlab_and_a_folder_outside_any_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--ci", "gitlab"]) == exits.OK
    assert ".gitlab-ci.yml says: include: [{ local: panacea.gitlab-ci.yml }]" in capsys.readouterr().err
    written = files(tmp_path)
    assert "panacea check . --format junit" in written["panacea.gitlab-ci.yml"]
    assert "clinic.panacea" in written
    assert "files: \\.panacea$" in written[".pre-commit-config.yaml"]
