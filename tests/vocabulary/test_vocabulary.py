"""The vocabulary says what hospitals need to say: each model here compiles without a diagnostic."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from panacea_policy.compiler import Workspace
from panacea_policy.model import KindInfo, complete, unset, vocabulary
from panacea_policy.model.fields import Duration, Ref
from panacea_policy.model.kinds.architecture import System
from panacea_policy.model.kinds.core import Element

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


class Robot(System):
    """A surgical robot."""

    KIND = KindInfo("robot", nested={"arm": "arms"}, clauses={"for": "room"})

    room: Ref = unset("Where it operates.", to="room")
    arms: list[Ref] = complete("Its arms.", to="arm")
    warm_up: Duration = unset("How long it takes to start.")


class Arm(Element):
    """One arm of a robot."""

    KIND = KindInfo("arm", owner="robot")

    robot: Ref = unset("The robot it belongs to.", to="robot")


def test_a_new_kind_is_one_class_for_the_language_too(tmp_path: Path) -> None:
    path = tmp_path / "theatre.panacea"
    path.write_text(
        """
        room theatre_1 {}
        zone theatres {}
        robot surgeon "Surgeon" for theatre_1 in theatres { warm_up: 20 min  arm left { owner: technician } }
        role technician {}
        rule slow_robot {
          severity: low
          for robot r
          where r.warm_up > 10 min, some arm a with a.robot = r
          report r "is slow"
        }
        test "slow" {
          given { robot z { warm_up: 1 h  arm one {} } }
          expect slow_robot on z
        }
        """
    )
    workspace = Workspace.open(path, as_of=AS_OF, cache=False, registry=vocabulary().with_kinds(Robot, Arm))
    assert workspace.diagnostics() == ()
    robot = workspace.model.get("surgeon")
    assert robot is not None
    assert workspace.model.value(robot, "warm_up") == 20 * 60
    assert [(f.rule.name, f.verdict) for f in workspace.findings()] == [("slow_robot", "violated")]
    assert [result.passed for result in workspace.run_tests()] == [True]
