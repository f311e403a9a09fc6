"""Mutation testing, held against the slow and obvious way: edit the file, and run the tests again."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import Workspace
from panacea_policy.compiler.testing import run_tests
from panacea_policy.compiler.testing.lab import targets_in
from panacea_policy.compiler.testing.mutants import Mutant, Words, mutants_of
from panacea_policy.compiler.testing.mutation import mutate
from tests.compiler.workspaces import AS_OF, good_model

RULES = """relation inside(zone, zone)
inside(z, y) if z.parent = y, y.trust >= 1
inside(z, y) if inside(z, x), x.parent = y

relation guarded(zone)
guarded(z) if z.flat = false or z.trust > 3

relation open_to(zone, zone)
open_to(z, y) if inside(z, y), not guarded(y)

relation touched(zone)
relation spoiled(zone)
step spread {
  for zone z, zone y
  from touched(z), y.parent = z, not y.flat
  to touched(y), spoiled(z)
  chance 5 %
  effort 1 h
}

rule crowded "C" {
  for zone z, zone y
  applies when z.type in [clinical, medical_device, server], inside(z, y)
  where y.type = guest or not guarded(y) and y.trust < 2
  report z "lies in {y}"
}
rule owned "O" {
  for zone z
  applies when z.trust != 2
  require z.owner != none, no zone y with open_to(y, z) and y.type = clinical
  report z "has no owner"
}
rule shared "S" {
  for zone z
  where (count of zone y with y.parent = z) >= 2, 6 / z.trust > 1
  report z "is shared"
}
"""
TESTS = (
    """test "a" {
  given {
    zone a { trust: 1  type: guest  flat: true  owner: none }
    zone b { trust: 3  type: clinical  flat: false  parent: a }
    zone c { trust: 4  type: server  flat: true  parent: b }
  }
  expect crowded on b
  expect crowded on c
  expect inside(b, a)
  expect inside(c, b)
  expect inside(c, a)
}
""",
    """test "b" {
  given {
    role r
    zone a { trust: 1  type: office  flat: true  owner: r }
    zone b { trust: 3  type: clinical  flat: true  parent: a  owner: none }
    zone c { trust: 2  type: office }
  }
  expect owned on a
  expect owned on b
  expect owned not_applicable on c
  expect nothing else
  expect crowded on b
}
""",
    """test "c" {
  given {
    zone a { trust: 1  flat: true }
    zone b { trust: 5  parent: a  flat: false }
    zone c { trust: 6  parent: a }
    zone d { trust: 2 }
  }
  expect shared on a
  expect shared met on b
  expect shared met on d
  expect guarded(b)
  expect guarded(c)
  expect open_to(b, a)
  expect open_to(c, a)
}
""",
    """test "s" {
  given {
    zone a { flat: true }
    zone b { flat: false  parent: a }
    zone c { flat: false  parent: b }
    zone d { flat: true  parent: a }
    zone e { flat: false  parent: d }
    touched(a)
  }
  expect touched(b)
  expect touched(c)
  expect spoiled(a)
  expect spoiled(b)
}
""",
    """test "d" {
  given {
    zone a { trust: 3  flat: true }
    zone b { trust: 3  type: clinical  parent: a }
  }
  expect no guarded(a)
  expect crowded unknown on b
  todo "the zone has no type" expect crowded on b
  expect owned unknown on b
  expect anything else
}
""",
)


def mutants_in(workspace: Workspace) -> list[Mutant]:
    words = Words(workspace.registry)
    return [mutant for target in targets_in(workspace) for mutant in mutants_of(target, words)]


def by_hand(folder: Path, text: str, mutant: Mutant) -> str:
    """What becomes of a mutant when its edit is made in the file."""
    edit = mutant.edit
    changed = Workspace.open(folder, as_of=AS_OF, cache=None)
    changed.update("model.panacea", text[: edit.start] + edit.text + text[edit.end :])
    if not changed.ok:
        return "refused"
    return "killed" if any(not result.passed for result in run_tests(changed)) else "survived"


def agrees(folder: Path, text: str) -> None:
    workspace = good_model(folder, text)
    assert all(result.passed for result in run_tests(workspace)), run_tests(workspace)
    mutants = mutants_in(workspace)
    expected = [by_hand(folder, text, mutant) for mutant in mutants]
    report = mutate(workspace, 10_000)
    survivors = {(each.operator, each.edit) for each in report.survivors}
    wanted = {
        (mutant.operator, mutant.edit)
        for mutant, fate in zip(mutants, expected, strict=True)
        if fate == "survived"
    }
    assert survivors == wanted
    assert report.killed == expected.count("killed")
    assert report.refused == expected.count("refused")


@pytest.mark.slow
@settings(max_examples=6)
@given(st.sets(st.sampled_from(range(len(TESTS))), min_size=1, max_size=3))
def test_every_mutant_ends_as_it_would_by_editing_the_file(chosen: set[int]) -> None:
    with TemporaryDirectory() as folder:
        agrees(Path(folder), RULES + "".join(TESTS[each] for each in sorted(chosen)))


def test_all_tests_together(tmp_path: Path) -> None:
    agrees(tmp_path, RULES + "".join(TESTS))
