"""Answers about all models, held against many models through the engine itself."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import Verdict, Workspace
from panacea_policy.verification import Outcome, Settings, prove
from panacea_policy.verification.program import Subject
from panacea_policy.verification.run import Trial
from tests.compiler.workspaces import open_model
from tests.engine.programs import LONG
from tests.verification.models import AS_OF, subjects_and_text
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
        (found,), text = subjects_and_text(workspace, [rule], random, 4)
        assert not found, text


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
            (first, second), text = subjects_and_text(workspace, rules, random, 4)
            assert first <= second, text


@settings(max_examples=30)
@given(rule=rule_texts("one"), seed=st.integers(0, 2**16))
def test_random_models_are_models(folder: Path, rule: str, seed: int) -> None:
    """Answers are about the models that the compiler accepts: what they are held against must be such ones,
    and fire where `panacea check` says so.
    """
    workspace = workspace_of(folder, rule)
    if workspace is None:
        return
    one = Subject(workspace).rule("one")
    random = Random(seed)
    for _ in range(3):
        (found,), text = subjects_and_text(workspace, [one], random, 4)
        trial = Trial(workspace, f"use std.healthcare\n{rule}{text}", AS_OF)
        assert trial.errors == (), text
        assert trial.subjects("one", Verdict.VIOLATED) == {
            tuple(name for (name,) in subjects) for subjects in found
        }, text


#: It would fire where a zone lay in itself.
AROUND_ALL = """rule one "one" {
  for zone z
  where no zone y with (no device d with y.parent = z)
  report z "found"
}
"""


@settings(max_examples=30)
@given(rule=rule_texts("one"), seed=st.integers(0, 2**16))
@example(rule=AROUND_ALL, seed=1)
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
