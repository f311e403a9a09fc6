"""The frame around the code: pins, hooks, snippets and pages that name commands."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from ruamel.yaml import YAML

from panacea_policy.cli.commands import COMMANDS

ROOT = Path(__file__).parents[2]
PINS = dict(
    line.split("==")
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if line and not line.startswith("#")
)


def plain(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_is_pinned_with_all_that_it_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    waiting = [(line, "") for line in (*project["dependencies"], *project["optional-dependencies"]["dev"])]
    pinned, seen = {plain(name) for name in PINS}, set[str]()
    done = set[tuple[str, str]]()
    while waiting:
        line, behind = waiting.pop()
        requirement = Requirement(line)
        name = plain(requirement.name)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": behind}):
            continue
        for extra in ("", *requirement.extras):
            if name == project["name"]:
                waiting += [(each, "") for each in project["optional-dependencies"].get(extra, ())]
            elif (name, extra) not in done:
                done.add((name, extra))
                seen.add(name)
                assert name in pinned, f"{name} is not in constraints.txt"
                waiting += [(each, extra) for each in requires(name) or []]
    assert pinned == seen, "constraints.txt pins what nothing needs"


@pytest.mark.parametrize(
    "path", ["integrations/github/panacea.yml", "integrations/gitlab/panacea.yml", ".pre-commit-hooks.yaml"]
)
def test_snippets_are_yaml_and_call_commands_that_exist(path: str) -> None:
    text = (ROOT / path).read_text()
    assert YAML(typ="safe", pure=True).load(text)
    called = re.findall(r"(?:run|entry|-): ?panacea ([a-z]+)|- panacea ([a-z]+)", text)
    names = {name for pair in called for name in pair if name}
    assert names
    assert names <= set(COMMANDS)


@pytest.mark.parametrize(
    "page", ["README.md", "docs/tutorial.md", "CONTRIBUTING.md", "integrations/README.md"]
)
def test_pages_name_commands_that_exist(page: str) -> None:
    called = set(re.findall(r"(?m)(?:^|[`$] ?)panacea ([a-z]+)\b(?!=)", (ROOT / page).read_text()))
    assert called <= set(COMMANDS)


@pytest.mark.parametrize(
    "page", sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*.md"))
)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text()):
        assert (folder / target).exists(), target
