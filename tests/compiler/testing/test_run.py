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
        "expect low met on hall  expect low on ward",
        "expect owned unknown on ward  expect owned unknown on hall",
        "expect small(ward) expect no small(hall)",
        "expect low on ward  expect owned unknown on ward  expect owned unknown on hall  expect nothing else",
    ],
)
def test_of_the_model_itself(tmp_path: Path, expectations: str) -> None:
    result = run(tmp_path, f'test "t" {{ {expectations} }}')
    assert result.passed, result.failures


GIVEN = "given { zone z : tiny {}  zone y { trust: 3 }  zone x { trust: 3  owner: none } }"


@pytest.mark.parametrize(
    "expectations",
    [
        "expect low on z",
        "expect low met on y  expect low on z",
        "expect owned on x  expect owned unknown on z  expect owned unknown on y",
        "expect small(z)  expect no small(y)",
        "expect small(_)",
        "expect low on z  expect owned on x  expect nothing else  expect owned unknown on z"
        "  expect owned unknown on y",
        "expect low met on y  expect anything else",
        "expect no small(y)  expect anything else",
    ],
)
def test_of_a_model_of_its_own(tmp_path: Path, expectations: str) -> None:
    result = run(tmp_path, f'test "t" {{ {GIVEN} {expectations} }}')
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
    assert result.outcome == "failed"
    assert failure in result.failures


@pytest.mark.parametrize(
    ("expectations", "failure"),
    [
        ("expect low met on y", "unexpected: low on z: low"),
        ("expect owned on x", "unexpected: owned unknown on y: nobody's"),
        ("expect no small(y)", "unexpected: small(z) holds"),
        ("expect owned on x  expect nothing else", "unexpected: low on z: low"),
    ],
)
def test_nothing_else_may_be_found_of_what_a_test_names(
    tmp_path: Path, expectations: str, failure: str
) -> None:
    result = run(tmp_path, f'test "t" {{ {GIVEN} {expectations} }}')
    assert failure in result.failures


def test_other_rules_may_find_what_they_want(tmp_path: Path) -> None:
    result = run(tmp_path, f'test "t" {{ {GIVEN} expect low on z }}')
    assert result.passed, result.failures


def test_facts_that_the_test_states_need_not_be_expected(tmp_path: Path) -> None:
    given = "given { zone z { trust: 9 }  zone y { trust: 9 }  small(z) }"
    assert run(tmp_path, f'test "t" {{ {given} expect no small(y) }}').passed


def test_what_the_libraries_declare_is_not_the_tests_concern(tmp_path: Path) -> None:
    rule = 'rule secret { for protocol p where p.encrypted report p "is encrypted" }\n'
    test = (
        'test "t" { given { protocol mine { encrypted: true } } expect secret on mine  expect nothing else }'
    )
    (result,) = good_model(tmp_path, "use std.healthcare\n" + rule + test).run_tests()
    assert result.passed, result.failures


def test_a_fact_that_the_libraries_alone_make_true_shows_nothing(tmp_path: Path) -> None:
    relation = "relation coded(protocol)\ncoded(p) if p.encrypted\n"
    test = 'test "t" {{ given {{ protocol mine {{ encrypted: {} }} }} expect coded({}) }}'
    for value, name, passes in (("true", "mine", True), ("false", "https", False), ("true", "_", True)):
        text = "use std.healthcare\n" + relation + test.format(value, name)
        (result,) = good_model(tmp_path, text).run_tests()
        assert result.passed == passes, result.failures
        if not passes:
            assert "coded(https) holds without the test's own model" in result.failures[0]
    text = "use std.healthcare\n" + relation + 'test "t" { expect coded(https)  expect anything else }'
    (result,) = good_model(tmp_path, text).run_tests()
    assert result.passed, result.failures


@pytest.mark.parametrize(
    ("expectation", "failure"),
    [
        ("expect low not_applicable on nobody", "there is no `zone` called `nobody`"),
        ("expect low not_applicable on low", "`low` is a `rule`, but a `zone` is expected here"),
        ("expect no small(nobody)", "there is no declaration called `nobody`"),
        ("expect no smal(z)", "there is no relation or test called `smal` (did you mean `small`?)"),
        ("expect no small(z, y)", "`small` takes 1 arguments, not 2"),
        ("expect low on z, y", "low reports 1 at a time, but 2 are named"),
    ],
)
def test_a_claim_about_what_does_not_exist_fails(tmp_path: Path, expectation: str, failure: str) -> None:
    result = run(tmp_path, f'test "t" {{ {GIVEN} {expectation} }}')
    assert not result.passed
    assert failure in result.failures[0]


def test_a_name_that_several_rules_have_is_not_guessed(tmp_path: Path) -> None:
    rule = 'rule same { for zone z where z.trust < 2 report z "s" }'
    files = {
        "model.panacea": 'use a, b\nzone z { trust: 1 }\ntest "t" { expect same on z }',
        "a/a.panacea": rule,
        "b/b.panacea": rule,
    }
    (result,) = good_model(tmp_path, files).run_tests()
    assert result.failures == ("line 3: `same` could be several rules: `a.same`, `b.same`",)


def test_nothing_else_without_any_rule_claims_nothing(tmp_path: Path) -> None:
    (result,) = good_model(tmp_path, 'zone z\ntest "t" { expect nothing else }').run_tests()
    assert result.failures == ("line 2: there is no rule that could find anything",)


# ------------------------------------------------------------------------------------------ known misses


def test_a_known_miss_is_no_failure(tmp_path: Path) -> None:
    result = run(tmp_path, 'test "t" { todo "next year" expect low on hall  expect low on ward }')
    assert result.outcome == "todo"
    assert result.todo == ("low on hall: expected violated, got met (next year)",)


def test_a_known_miss_does_not_hide_a_failure(tmp_path: Path) -> None:
    result = run(tmp_path, 'test "t" { todo expect low on hall  expect low met on ward }')
    assert result.outcome == "failed"
    assert result.todo == ("low on hall: expected violated, got met",)


@pytest.mark.parametrize(
    "expectation",
    ["expect low on ward", "expect small(ward)", "expect no small(hall)", "expect nothing else"],
)
def test_a_known_miss_that_is_none_any_more_fails(tmp_path: Path, expectation: str) -> None:
    test = f'test "t" {{ todo {expectation}\n  expect low on ward  expect small(ward) }}'
    result = run(
        tmp_path, test.replace("expect small(ward)\n", "\n") if "small(ward)" in expectation else test
    )
    line = MODEL.count("\n") + 1
    reason = "nothing else is found" if "nothing" in expectation else "comes out as expected"
    assert f"line {line} is marked `todo`, but {reason}: remove the mark" in result.failures


def test_what_else_is_found_can_be_a_known_miss(tmp_path: Path) -> None:
    result = run(tmp_path, 'test "t" { todo expect nothing else }')
    assert (result.outcome, result.todo) == ("todo", ("unexpected: low on ward: low",))


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
        tmp_path, 'test "t" { given { zone z { trust: 4 } } expect low met on z  expect nothing else }'
    )
    assert result.passed, result.failures


@pytest.mark.parametrize(
    ("test", "code"),
    [
        ('test "t" {}', "P0116"),
        ('test "t" { expect anything else }', "P0116"),
        ('test "t" { expect low on ward  expect anything else  expect nothing else }', "P0123"),
        ('test "t" { asof: 2026-01-01  expect low on ward }', "P0302"),
        ('test "t" { as_of: 2026-02-31  expect low on ward }', "P0311"),
        ('test "t" { as_of: tomorrow  expect low on ward }', "P0303"),
    ],
)
def test_a_test_that_could_not_fail_is_a_mistake(tmp_path: Path, test: str, code: str) -> None:
    assert codes(open_model(tmp_path, MODEL + test)) == [code]


STEPS = """
relation at(zone)
relation won(zone)
step walk "Walk" { for zone z from at(z), z.trust < 4 to won(z) chance 50 % effort 1 h }
step climb "Climb" { for zone z from at(z), z.trust > 2 to won(z) chance 50 % effort 1 h }
relation own(zone)
own(z) if won(z)
"""
TWO = (
    "given { zone low_one { trust: 1 }  zone mid { trust: 3 }  zone top { trust: 5 } "
    " at(low_one)  at(mid)  at(top) }"
)


@pytest.mark.parametrize(
    ("expectations", "failures"),
    [
        ("expect won(low_one) by walk  expect won(mid) by walk", ()),
        ("expect won(mid) by climb  expect won(top) by climb  expect no won(low_one) by climb", ()),
        # What one step leads to is expected of the relation too.
        ("expect won(mid) by climb  expect won(top) by climb  expect won(low_one)", ()),
        ("expect won(low_one) by climb  expect anything else", ("won(low_one) by climb does not hold",)),
        ("expect no won(mid) by walk  expect anything else", ("won(mid) by walk holds, but must not",)),
        ("expect won(low_one) by walk", ("unexpected: won(mid) by walk holds",)),
        ("expect won(low_one) by own", ("line {line}: `own` is no step that leads to `won`",)),
        ("expect own(low_one) by walk", ("line {line}: `walk` is no step that leads to `own`",)),
        (
            "expect won(mid) by clim",
            ("line {line}: `clim` is no step that leads to `won` (did you mean `climb`?)",),
        ),
    ],
)
def test_the_step_by_which_a_fact_came_about(
    tmp_path: Path, expectations: str, failures: tuple[str, ...]
) -> None:
    line = (MODEL + STEPS).count("\n") + 1
    result = run(tmp_path, f'{STEPS}test "t" {{ {TWO} {expectations} }}')
    assert set(result.failures) >= {each.format(line=line) for each in failures}
    assert bool(result.failures) == bool(failures)
