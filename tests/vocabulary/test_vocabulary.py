"""The vocabulary says what hospitals need to say: each model here compiles without a diagnostic."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from panacea_policy.compiler import Workspace
from panacea_policy.model import vocabulary

FOLDER = Path(__file__).parent
MODELS = sorted(FOLDER.rglob("*.panacea"))
AS_OF = date(2026, 11, 23)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_model_compiles_without_a_diagnostic(path: Path) -> None:
    workspace = Workspace.open(path, as_of=AS_OF, cache=False)
    assert [(d.code, d.message) for d in workspace.diagnostics()] == []


@pytest.mark.parametrize("path", MODELS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_model_says_which_demands_it_states(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")


def test_all_scenarios_and_packs_are_there() -> None:
    scenarios = {path.stem[:2] for path in MODELS if path.parent.name == "identity_sharing"}
    assert scenarios == {f"{number:02}" for number in range(1, 16)}
    packs = {path.stem[:2] for path in MODELS if path.parent.name == "compliance"}
    assert packs == {f"P{number}" for number in range(1, 9)}


def test_every_kind_that_can_be_declared_is_used() -> None:
    used: set[str] = set()
    for path in MODELS:
        model = Workspace.open(path, as_of=AS_OF, cache=False).model
        used |= {entity.kind.name for entity in model.entities()}
    declarable = {k.name for k in vocabulary().kinds.values() if not k.abstract}
    assert declarable - used - {"rule", "step", "relation", "test"} == set()
