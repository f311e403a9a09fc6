"""The packs hipaa and csf as catalogues: whole, of one legal status each, and every rule with its tests."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from panacea_policy.compiler import Entity, Workspace
from panacea_policy.compliance import Clause, ClauseVerdict, assess

RULES = Path(__file__).resolve().parents[2] / "rules"
#: 45 CFR 164: ids that the usual lists count by section, and parts of theirs that rules of ours name.
HIPAA_IDS = {"308": 29, "310": 12, "312": 12, "314": 5, "316": 5}
HIPAA_PARTS = {
    "164.308(b)(2)",
    "164.308(b)(3)",
    "164.314(a)(2)(i)(A)",
    "164.314(a)(2)(i)(B)",
    "164.314(a)(2)(i)(C)",
    "164.314(a)(2)(iii)",
}


@cache
def pack(name: str) -> Workspace:
    return Workspace.open(RULES / name, cache=None)


@cache
def judged(name: str) -> tuple[Clause, ...]:
    return assess(pack(name)).clauses


def clauses(name: str) -> list[Entity]:
    return [each.requirement for each in judged(name)]


def value(name: str, requirement: Entity, attribute: str) -> object:
    return pack(name).model.value(requirement, attribute)


def test_hipaa_has_every_id_of_the_rule_in_force() -> None:
    in_force = [
        str(value("hipaa", each, "clause"))
        for each in clauses("hipaa")
        if value("hipaa", each, "status") == "in_force"
    ]
    assert len(in_force) == len(set(in_force))
    assert set(in_force) >= HIPAA_PARTS
    sections = Counter(each[4:7] for each in in_force if each not in HIPAA_PARTS)
    assert sections == HIPAA_IDS


def test_the_overlay_is_not_law_and_has_rules_of_its_own() -> None:
    proposed = {each.name for each in clauses("hipaa") if value("hipaa", each, "status") == "proposed"}
    assert len(proposed) == 69
    assert all(
        each.verdict is ClauseVerdict.NOT_APPLICABLE
        for each in judged("hipaa")
        if each.requirement.name in proposed
    )
    files = {each for each in (RULES / "hipaa").glob("*.panacea") if not each.name.startswith("tests_")}
    overlay = {each for each in files if each.name.startswith("proposed")}
    text = "\n".join(each.read_text() for each in sorted(overlay))
    rules = re.findall(r"^rule \w+.*?satisfies: \[([^\]]*)\]", text, re.DOTALL | re.MULTILINE)
    assert len(rules) == 38
    assert {f"hipaa.{each.strip()}" for rule in rules for each in rule.split(",")} <= proposed
    for path in files - overlay:
        assert not re.search(r"satisfies: \[[^\]]*\bp3\d\d_", path.read_text())


def test_csf_has_functions_categories_subcategories_and_goals() -> None:
    numbers = [str(value("csf", each, "clause")) for each in clauses("csf")]
    shapes = (r"[A-Z]{2}", r"[A-Z]{2}\.[A-Z]{2}", r"[A-Z]{2}\.[A-Z]{2}-\d\d", r"HPH CPG \w+ \d+")
    assert [sum(bool(re.fullmatch(shape, each)) for each in numbers) for shape in shapes] == [6, 22, 106, 20]
    assert {value("csf", each, "status") for each in clauses("csf")} == {"voluntary"}


@pytest.mark.parametrize("name", ["hipaa", "csf"])
def test_clauses_that_rules_decide_have_rules_or_parts(name: str) -> None:
    parents = {value(name, each, "parent") for each in clauses(name)}
    for clause in judged(name):
        decided = value(name, clause.requirement, "decided_by")
        assert bool(clause.rules) <= (decided in ("rules", "both")), clause.id
        if decided != "attestation":
            assert clause.rules or clause.requirement in parents, clause.id


@pytest.mark.parametrize("name", ["hipaa", "csf"])
def test_rules_are_complete(name: str) -> None:
    tests = "".join(path.read_text() for path in (RULES / name).glob("tests_*.panacea"))
    for path in sorted((RULES / name).glob("*.panacea")):
        for rule in re.findall(r"^rule (\w+) .*?^}", path.read_text(), re.DOTALL | re.MULTILINE):
            assert re.search(rf"expect {rule} on ", tests), rule
            assert re.search(rf"expect {rule} met on ", tests), rule
