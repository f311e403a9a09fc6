"""Editing a pre-commit configuration keeps what people wrote."""

from __future__ import annotations

import pytest

from panacea_policy.errors import PanaceaError
from panacea_policy.formats.yaml_edit import add_hooks

LOCAL = {"repo": "local"}
HOOKS = [
    {"id": "panacea-fmt", "entry": "panacea fmt --check .", "language": "system", "pass_filenames": False},
    {"id": "panacea-check", "entry": "panacea check .", "language": "system", "pass_filenames": False},
]
WRITTEN = """\
# what we run before a commit
default_language_version:
  python: python3.12   # pinned
repos:
  - repo: https://git.example/tools/whitespace
    rev: 'v5.0.0'      # quoted on purpose
    hooks:
      - id: trailing-whitespace
      - id: end-of-file-fixer

  # ours
  - repo: local
    hooks:
      - id: ours   # keep me
        name: "Ours"
        entry: ./ours
        language: system
"""


def test_hooks_are_appended_and_nothing_else_changes() -> None:
    edited = add_hooks(WRITTEN, LOCAL, HOOKS)
    assert edited.startswith(WRITTEN.rstrip("\n"))
    assert edited[len(WRITTEN) :] == (
        "      - id: panacea-fmt\n"
        "        entry: panacea fmt --check .\n"
        "        language: system\n"
        "        pass_filenames: false\n"
        "      - id: panacea-check\n"
        "        entry: panacea check .\n"
        "        language: system\n"
        "        pass_filenames: false\n"
    )


def test_a_second_run_changes_nothing() -> None:
    once = add_hooks(WRITTEN, LOCAL, HOOKS)
    assert add_hooks(once, LOCAL, HOOKS) == once


def test_a_hook_that_is_there_is_left_as_it_is() -> None:
    text = "repos:\n- repo: local\n  hooks:\n  - id: panacea-check\n    entry: mine\n    language: system\n"
    edited = add_hooks(text, LOCAL, HOOKS)
    assert edited.startswith(text)
    assert edited.count("panacea-check") == 1
    assert edited.count("panacea-fmt") == 1


def test_hooks_spread_over_several_local_entries_are_all_known() -> None:
    text = (
        "repos:\n"
        "- repo: local\n  hooks:\n  - {id: a, entry: a, language: system}\n"
        "- repo: local\n  hooks:\n  - {id: panacea-fmt}\n  - {id: panacea-check}\n"
    )
    assert add_hooks(text, LOCAL, HOOKS) == text


def test_an_empty_text_becomes_a_configuration() -> None:
    edited = add_hooks("", LOCAL, HOOKS)
    assert edited.startswith("repos:\n- repo: local\n  hooks:\n  - id: panacea-fmt\n")


def test_a_missing_list_of_repositories_is_added() -> None:
    assert add_hooks("fail_fast: true  # quick\n", LOCAL, HOOKS[:1]) == (
        "fail_fast: true  # quick\n"
        "repos:\n- repo: local\n  hooks:\n"
        "  - id: panacea-fmt\n    entry: panacea fmt --check .\n"
        "    language: system\n    pass_filenames: false\n"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n- b\n", "no list `repos`"),
        ("repos: 3\n", "no list `repos`"),
        ("repos: [\n", "not valid YAML in line"),
        ("repos: *missing\n", "not valid YAML"),
        ("a: \x00\n", "not valid YAML"),
    ],
)
def test_what_is_no_configuration_is_refused(text: str, message: str) -> None:
    with pytest.raises(PanaceaError, match=message):
        add_hooks(text, LOCAL, HOOKS)
