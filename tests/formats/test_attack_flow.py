"""The likeliest attack as STIX 2.1 with the Attack Flow extension, as a STIX validator reads it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from stix2validator import ValidationOptions, validate_string

from panacea_policy.formats.attack_flow import EXTENSION, attack_flow
from panacea_policy.risk import GoalRisk, RiskOptions, assess_risk
from tests.risk.clinic import clinic

AS_OF = date(2026, 11, 1)


@pytest.fixture(scope="module")
def goals(tmp_path_factory: pytest.TempPathFactory) -> tuple[GoalRisk, ...]:
    workspace = clinic(tmp_path_factory.mktemp("clinic"))
    risk = assess_risk(workspace.attack(), workspace.model, RiskOptions(trials=100, ranked=False))
    return tuple(goal for goal in risk.goals if goal.path is not None)


def written(goal: GoalRisk) -> str:
    assert goal.path is not None
    return attack_flow("Small <Clinic>", goal, goal.path, AS_OF)


def objects(goal: GoalRisk) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in json.loads(written(goal))["objects"]}


def references(each: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for key, value in each.items():
        if key.endswith("_refs"):
            found += value
        elif key.endswith("_ref"):
            found.append(value)
    return found


@pytest.mark.filterwarnings("ignore")
def test_a_validator_finds_no_error(goals: tuple[GoalRisk, ...]) -> None:
    assert goals
    for goal in goals:
        results = validate_string(written(goal), ValidationOptions(version="2.1"))
        assert results.is_valid, [str(e) for r in results.object_results for e in r.errors]


def test_every_reference_has_its_object(goals: tuple[GoalRisk, ...]) -> None:
    for goal in goals:
        known = objects(goal)
        for each in known.values():
            assert set(references(each)) <= known.keys()


def test_one_flow_whose_starts_lead_to_the_goal(goals: tuple[GoalRisk, ...]) -> None:
    for goal in goals:
        known = objects(goal)
        [flow] = [each for each in known.values() if each["type"] == "attack-flow"]
        seen: set[str] = set()
        agenda = list(flow["start_refs"])
        while agenda:
            each = known[agenda.pop()]
            if each["id"] not in seen:
                seen.add(each["id"])
                agenda += [*each.get("effect_refs", ()), *each.get("on_true_refs", ())]
        assert any(goal.title in known[id_].get("description", "") for id_ in seen)
        nodes = {i for i, o in known.items() if EXTENSION in o.get("extensions", {})}
        assert {i for i in nodes if not i.startswith(("attack-flow", "attack-asset"))} == seen


def test_equal_results_give_equal_bytes_and_other_goals_other_ids(goals: tuple[GoalRisk, ...]) -> None:
    first, *others = goals
    assert written(first) == written(first)
    mine = {i for i in objects(first) if not i.startswith(("extension-definition", "identity--fb9c"))}
    for other in others:
        assert not mine & objects(other).keys()
