"""Answers about all models, held against many models through the engine itself."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import Workspace
from panacea_policy.verification import Outcome, Settings, prove
from panacea_policy.verification.program import Subject
from tests.compiler.workspaces import open_model
from tests.engine.programs import LONG
from tests.verification.models import AS_OF, subjects_in
from tests.verification.rule_texts import related_rules, rule_texts

BOUND = Settings(seconds=3.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rules")


def workspace_of(folder: Path, *rules: str) -> Workspace | None:
    """A workspace of random rules; None where the compiler refuses them, which is not the subject here."""
    workspace = open_model(folder, "use std.healthcare\n" + "".join(rules), AS_OF)
    return workspace if workspace.ok else None


def never_in_models(workspace: Workspace, seed: int) -> None:
    """No random model makes a rule fire that can never fire."""
    rule = Subject(workspace).rule("one")
    random = Random(seed)
    for _ in range(150):
        (found,) = subjects_in(workspace, [rule], random, 4)
        assert not found


def check_never(folder: Path, rule: str, seed: int, tally: Counter[Outcome] | None = None) -> None:
    workspace = workspace_of(folder, rule)
    if workspace is None:
        return
    answer = prove(workspace, "one never fires", BOUND)
    if tally is not None:
        tally[answer.outcome] += 1
    # That an example shows it was seen when it was run; that there is none must hold in every model.
    assert (answer.outcome is Outcome.FAILS) == bool(answer.examples)
    assert (answer.outcome is Outcome.NOT_VERIFIED) == bool(answer.reasons)
    if answer.outcome is Outcome.HOLDS:
        never_in_models(workspace, seed)


def check_implies(folder: Path, one: str, two: str, seed: int) -> None:
    workspace = workspace_of(folder, one, two)
    if workspace is None:
        return
    answer = prove(workspace, "one implies two", BOUND)
    if answer.outcome is Outcome.HOLDS:
        subject = Subject(workspace)
        rules = [subject.rule("one"), subject.rule("two")]
        random = Random(seed)
        for _ in range(150):
            first, second = subjects_in(workspace, rules, random, 4)
            assert first <= second


@settings(max_examples=30)
@given(rule=rule_texts("one"), seed=st.integers(0, 2**16))
def test_what_never_fires_fires_in_no_model(folder: Path, rule: str, seed: int) -> None:
    check_never(folder, rule, seed)


@settings(max_examples=20)
@given(rules=related_rules(), seed=st.integers(0, 2**16))
def test_what_is_implied_follows_in_every_model(folder: Path, rules: tuple[str, str], seed: int) -> None:
    check_implies(folder, *rules, seed)


@pytest.mark.slow
@settings(max_examples=LONG // 10)
@given(rules=related_rules(), seed=st.integers(0, 2**16))
def test_many_rules(folder: Path, rules: tuple[str, str], seed: int) -> None:
    check_never(folder, rules[0], seed)
    check_implies(folder, *rules, seed)
    check_implies(folder, rules[1].replace("two", "one"), rules[0].replace("one", "two"), seed)
