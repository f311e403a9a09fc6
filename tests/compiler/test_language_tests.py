"""`test` items: what they see, what they compare, and what they say when it differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from panacea_policy.compiler import TestResult as Outcome
from panacea_policy.compiler import Verdict
from tests.compiler.workspaces import codes, good_model, open_model

MODEL = """
zone ward { trust: 1 }
zone hall { trust: 5 }
rule low { for zone z where z.trust < 2 report z "low" }
rule owned { for zone z require z.owner != none report z "nobody's" }
relation small(zone)
small(z) if z.trust < 2
template zone tiny { trust: 0 }
"""


def run(folder: Path, test: str) -> Outcome:
    (result,) = good_model(folder, MODEL + test).run_tests()
    return result


@pytest.mark.parametrize(
    "expectations",
    [
        "expect low on ward",
        "expect low met on hall",
        "expect owned unknown on ward",
        "expect small(ward) expect no small(hall)",
        "expect low on ward  expect owned unknown on ward  expect nothing else",
    ],
)
def test_of_the_model_itself(tmp_path: Path, expectations: str) -> None:
    result = run(tmp_path, f'test "t" {{ {expectations} }}')
    assert result.passed, result.failures


@pytest.mark.parametrize(
    "expectations",
    [
        "expect low on z  expect nothing else",
        "expect low met on y",
        "expect owned on x  expect owned unknown on z",
        "expect small(z)  expect no small(y)",
    ],
)
def test_of_a_model_of_its_own(tmp_path: Path, expectations: str) -> None:
    given = "zone z : tiny {}  zone y { trust: 3 }  zone x { trust: 3  owner: none }"
    if "nothing" in expectations:
        given = "zone z : tiny {}  zone y { trust: 3 }"
    result = run(tmp_path, f'test "t" {{ given {{ {given} }} {expectations} }}')
    assert result.passed, result.failures


@pytest.mark.parametrize(
    ("expectations", "failure"),
    [
        ("expect low on hall", "low on hall: expected violated, got met"),
        ("expect low met on ward", "low on ward: expected met, got violated: low"),
        ("expect small(hall)", "small(hall) does not hold"),
        ("expect no small(ward)", "small(ward) holds, but must not"),
        ("expect nothing else", "unexpected: low on ward: low"),
        ("expect low waived on ward", "low on ward: expected waived, got violated: low"),
    ],
)
def test_failures_say_what_came_instead(tmp_path: Path, expectations: str, failure: str) -> None:
    result = run(tmp_path, f'test "t" {{ {expectations} }}')
    assert not result.passed
    assert failure in result.failures


def test_a_day_of_its_own(tmp_path: Path) -> None:
    rule = 'rule ended { for zone z where z.reviewed_on < today - 1 y report z "old" }\n'
    test = """test "t" { as_of: 2030-01-01  given { zone z { reviewed_on: 2028-06-01 } } expect ended on z }
    test "u" { as_of: 2028-07-01  given { zone z { reviewed_on: 2028-06-01 } } expect ended met on z }"""
    results = good_model(tmp_path, MODEL + rule + test).run_tests()
    assert [result.passed for result in results] == [True, True]


def test_a_model_that_is_wrong_fails_its_test(tmp_path: Path) -> None:
    result = run(tmp_path, 'test "t" { given { zone z in nowhere {} } expect low met on z }')
    assert not result.passed
    assert "there is no `zone` called `nowhere`" in result.failures[0]


def test_an_unknown_rule_is_a_mistake(tmp_path: Path) -> None:
    assert codes(open_model(tmp_path, MODEL + 'test "t" { expect lw on ward }')) == ["P0202"]


def test_verdicts_that_were_seen_are_noted(tmp_path: Path) -> None:
    result = run(tmp_path, 'test "t" { expect low on ward  expect low met on hall }')
    assert result.exercised == {"low": frozenset({Verdict.VIOLATED, Verdict.MET})}


def test_the_instances_of_the_model_are_not_in_a_test_with_its_own(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        'test "t" { given { zone z { trust: 4 } } expect low not_applicable on ward  expect nothing else }',
    )
    assert result.passed, result.failures
