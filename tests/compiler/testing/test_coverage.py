"""Coverage: which conditions decided, by which value, and what no test exercises."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import Verdict
from panacea_policy.compiler.testing import run_tests
from panacea_policy.compiler.testing.coverage import ItemCoverage, cover
from tests.compiler.workspaces import good_model

RULE = 'rule r { for zone z applies when z.wireless where z.flat, z.trust < 3 report z "x" }\n'


def coverage(folder: Path, text: str) -> Sequence[ItemCoverage]:
    workspace = good_model(folder, text)
    results = run_tests(workspace)
    assert all(result.passed for result in results), results
    return cover(workspace, results)


def values(item: ItemCoverage) -> dict[str, tuple[bool | None, bool | None, bool]]:
    return {each.text: (each.true, each.false, each.unknown) for each in item.conditions}


@pytest.mark.parametrize(
    ("zone", "verdict", "expected"),
    [
        ("wireless: true  flat: true  trust: 1", "violated", ("true", "true", "true")),
        ("wireless: true  flat: false  trust: 1", "met", ("true", "false", "")),
        ("wireless: true  flat: false  trust: 5", "met", ("true", "", "")),
        ("wireless: false  flat: true  trust: 1", "not_applicable", ("false", "", "")),
        ("wireless: true  flat: true", "unknown", ("true", "true", "unknown")),
    ],
)
def test_what_a_single_zone_shows(
    tmp_path: Path, zone: str, verdict: str, expected: tuple[str, str, str]
) -> None:
    test = f'test "t" {{ given {{ zone z {{ {zone} }} }} expect r {verdict} on z }}'
    (item,) = coverage(tmp_path, RULE + test)
    shown = [
        " ".join(name for name in ("true", "false", "unknown") if getattr(each, name))
        for each in item.conditions
    ]
    assert tuple(shown) == expected
    assert item.exercised
    assert item.verdicts == {Verdict(verdict)}


def test_a_condition_that_never_decided_anything_is_idle(tmp_path: Path) -> None:
    test = 'test "t" { given { zone z { wireless: true  flat: false  trust: 5 } } expect r met on z }'
    (item,) = coverage(tmp_path, RULE + test)
    assert [each.text for each in item.idle] == ["z.flat", "z.trust < 3"]
    assert item.missing == ("no test makes it object",)


def test_a_rule_that_no_test_names_is_not_exercised(tmp_path: Path) -> None:
    other = 'rule other { for zone z where z.flat report z "y" }\n'
    test = (
        'test "t" { given { zone z { wireless: false } } expect r not_applicable on z  expect nothing else }'
    )
    found = {item.name: item for item in coverage(tmp_path, RULE + other + test)}
    assert found["r"].exercised
    assert not found["other"].exercised
    assert found["other"].verdicts == frozenset()


def test_relations_and_steps_are_covered_too(tmp_path: Path) -> None:
    text = """relation bad(zone)
bad(z) if z.flat, z.trust < 3
bad(z) if z.wireless
step spread { for zone z, zone y from bad(z), y.parent = z to bad(y) chance 5 % effort 1 h }
test "t" {
  given {
    zone a { flat: true  trust: 1  wireless: false }
    zone b { flat: true  trust: 9  wireless: false }
    zone c { flat: false  parent: a  wireless: false }
  }
  expect bad(a)
  expect bad(c)
}
"""
    first, second, step = coverage(tmp_path, text)
    assert (first.noun, first.exercised, step.noun, step.exercised) == ("relation", True, "step", True)
    assert not second.exercised
    assert values(first)["z.trust < 3"] == (True, True, False)
    assert [each.text for each in second.idle] == []
    assert step.idle == ()


VALUES = st.sampled_from([True, False, None])


@settings(max_examples=15)
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=4), st.booleans())
def test_decided_is_what_kleenes_tables_say(devices: list[tuple[bool | None, ...]], both: bool) -> None:
    """Of `a and b` and `a or b`, in Kleene's logic; in particular dropping never makes a violation met."""
    joined = "and" if both else "or"
    rule = f'rule r {{ for device d where d.works_offline {joined} d.removable_media report d "x" }}\n'
    parts, expectations = [], []
    for number, values in enumerate(devices):
        said = [
            f"{name}: {str(value).lower()}"
            for name, value in zip(("works_offline", "removable_media"), values, strict=True)
            if value is not None
        ]
        parts.append(f"device d{number} {{ {'  '.join(said)} }}")
        word = {True: "violated", False: "met", None: "unknown"}[kleene(both, *values)]
        expectations.append(f"expect r {word} on d{number}")
    test = f'test "t" {{ given {{ {"  ".join(parts)} }}\n {" ".join(expectations)} }}'
    with TemporaryDirectory() as folder:
        (item,) = coverage(Path(folder), rule + test)
    for position, condition in enumerate(item.conditions):
        seen = {"true": False, "false": False, "unknown": False}
        for values in devices:
            answer = kleene(both, *values)
            changes = {
                value: answer != kleene(both, *values[:position], value, *values[position + 1 :])
                for value in (True, False)
            }
            seen["false"] |= changes[True] and not changes[False]
            seen["true"] |= changes[False] and not changes[True]
            seen["unknown"] |= changes[True] and changes[False]
        assert seen == {name: getattr(condition, name) for name in seen}, (condition, devices)


def kleene(both: bool, *values: bool | None) -> bool | None:
    """The conjunction, or the disjunction, of values of which None is unknown."""
    if (not both) in values:
        return not both
    return None if None in values else both


def test_a_condition_that_gives_a_value_counts_where_something_came_out(tmp_path: Path) -> None:
    text = """relation needed(process, part: node)
needed(p, n) if p.needs = n
rule r { for process p, system s where needed(p, s) report p "x" }
test "t" { given { system s  process p { needs: s } } expect r on p }
"""
    found = {item.name: item for item in coverage(tmp_path, text)}
    assert found["needed"].exercised
    (condition,) = found["needed"].conditions
    assert (condition.true, condition.false, condition.decided) == (True, None, True)
