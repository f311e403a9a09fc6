"""Packs on devices, EHR systems, products and digital providers: complete, clean and tested."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from panacea_policy.compiler import Entity, TestResult, Verdict, Workspace
from panacea_policy.language import Source, parse
from panacea_policy.language import syntax as tree

RULES = Path(__file__).resolve().parents[2] / "rules"
PACKS = ("devices", "ehds", "ir2024_2690", "cra")
#: The same where a pack's own tests are run: those of the largest take seconds.
TESTED = ("devices", "ehds", "cra", pytest.param("ir2024_2690", marks=pytest.mark.slow))
#: Numbered points of the Annex of (EU) 2024/2690, such as 6.7.2 and 12.5.
NUMBERED = re.compile(r"\d+\.\d+(\.\d+)?")


@cache
def workspace(pack: str) -> Workspace:
    return Workspace.open(RULES / pack, cache=None)


@cache
def results(pack: str) -> tuple[TestResult, ...]:
    return tuple(workspace(pack).run_tests())


def rules(pack: str) -> Iterator[tree.RuleItem]:
    for path in sorted((RULES / pack).glob("*.panacea")):
        parsed = parse(Source(path.name, path.read_text()))
        assert not parsed.diagnostics
        yield from (item for item in parsed.file.items if isinstance(item, tree.RuleItem))


def clauses(pack: str) -> dict[str, Entity]:
    """The requirements of a pack by clause."""
    model = workspace(pack).model
    own = [each for each in model.entities("requirement") if each.name.startswith(f"{pack}.")]
    found = {str(model.value(each, "clause")): each for each in own}
    assert len(found) == len(own), "two requirements bear the same clause"
    return found


@pytest.mark.parametrize("pack", TESTED)
def test_a_pack_has_no_mistakes_and_its_tests_pass(pack: str) -> None:
    assert not workspace(pack).diagnostics()
    assert not [each.name for each in results(pack) if not each.passed]


@pytest.mark.parametrize("pack", TESTED)
def test_every_rule_objects_and_accepts_in_a_test_and_says_what_to_do(pack: str) -> None:
    seen: dict[str, set[Verdict]] = {}
    for each in results(pack):
        for rule, verdicts in each.exercised.items():
            seen.setdefault(rule, set()).update(verdicts)
    for item in rules(pack):
        assert {Verdict.VIOLATED, Verdict.MET} <= seen.get(f"{pack}.{item.name.name}", set()), item.name.name
        assert item.remedy is not None
        keys = {attribute.key for attribute in item.attributes}
        assert keys >= {"severity", "category", "satisfies", "references"}, item.name.name


@pytest.mark.parametrize("pack", PACKS)
def test_clauses_with_rules_are_those_that_say_so(pack: str) -> None:
    """``decided_by: rules`` needs a rule or sub-clauses; a clause out of reach has none."""
    model, wholes, ruled = workspace(pack).model, set(), set()
    for rule in workspace(pack).rules():
        ruled.update(rule.satisfies)
    for entity in clauses(pack).values():
        parent = model.value(entity, "parent")
        if isinstance(parent, Entity):
            wholes.add(parent.name)
    for entity in clauses(pack).values():
        decided = model.value(entity, "decided_by")
        judged = entity.name in ruled or entity.name in wholes
        assert judged == (decided == "rules"), (entity.name, decided)


def test_no_rule_speaks_of_a_hospital_as_bound_where_it_is_not() -> None:
    """Laws of makers and providers bind hospitals nowhere; a hospital is measured by them at most."""
    for pack in ("ir2024_2690", "cra"):
        model = workspace(pack).model
        for entity in clauses(pack).values():
            assert "hospital" not in (model.value(entity, "addressees") or ()), entity.name


def test_all_numbered_points_of_the_annex_are_there() -> None:
    numbered = [clause for clause in clauses("ir2024_2690") if NUMBERED.fullmatch(clause)]
    titles = {clause.partition(".")[0] for clause in numbered}
    assert len(numbered) == 161
    assert titles == {str(number) for number in range(1, 14)}


def test_points_of_the_other_laws_are_there() -> None:
    cra, ehds, devices = (set(clauses(pack)) for pack in ("cra", "ehds", "devices"))
    assert {f"Annex I, part I (2)({letter})" for letter in "abcdefghijklm"} | {"Annex I, part I (1)"} <= cra
    assert {f"Annex I, part II ({number})" for number in range(1, 9)} <= cra
    assert {f"Annex II ({number})" for number in range(1, 10)} <= cra
    assert {str(number) for number in range(3, 82) if number not in (23, 25)} <= ehds
    points = ("14.2(d)", "17.1", "17.2", "17.3", "17.4", "18.8", "23.4(ab)")
    assert {f"MDR Annex I {point}" for point in points} <= devices
    assert {f"IVDR Annex I {point}" for point in ("16.1", "16.2", "16.3", "16.4", "20.4.1(ah)")} <= devices
    assert {f"524B{part}" for part in ("(a)", "(b)(1)", "(b)(2)", "(b)(3)", "(b)(4)", "(c)")} <= devices
