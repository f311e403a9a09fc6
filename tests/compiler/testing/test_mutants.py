"""The edits that mutation testing makes: each kind of them, and what all have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from panacea_policy.compiler import Workspace
from panacea_policy.compiler.testing.lab import targets_in
from panacea_policy.compiler.testing.mutants import Mutant, Words, mutants_of
from panacea_policy.compiler.testing.sites import edited
from panacea_policy.model import vocabulary
from tests.compiler.workspaces import good_model

RULE = 'rule r {{ for zone z {} report z "x" }}'


def mutants(folder: Path, text: str) -> list[Mutant]:
    workspace = good_model(folder, text)
    words = Words(workspace.registry)
    return [mutant for target in targets_in(workspace) for mutant in mutants_of(target, words)]


def after(folder: Path, parts: str) -> set[tuple[str, str]]:
    """Operator and changed parts of a rule, for every mutant of it."""
    text = RULE.format(parts)
    start, end = text.index(parts), len(text) - len(parts) - text.index(parts)
    return {
        (
            mutant.operator,
            (text[: mutant.edit.start] + mutant.edit.text + text[mutant.edit.end :])[start:-end],
        )
        for mutant in mutants(folder, text)
    }


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ("where z.trust < 3", ("drop `where`", "where true")),
        ("require z.trust < 3", ("drop `require`", "require true")),
        (
            "applies when z.flat where z.trust < 3",
            ("drop `applies when`", "applies when true where z.trust < 3"),
        ),
        ("where z.trust < 3, z.flat", ("drop", "where z.trust < 3, true")),
        ("where z.trust < 3 or z.flat", ("drop", "where false or z.flat")),
        ("where not (z.trust < 3 or z.flat)", ("drop", "where not (z.trust < 3 or false)")),
        ("where some zone y with y.parent = z", ("drop", "where some zone y with true")),
        ("where z.trust < 3", ("negate", "where (z.trust >= 3)")),
        ("where z.flat", ("negate", "where not (z.flat)")),
        ("where not z.flat", ("negate", "where (z.flat)")),
        ("where z.type in [guest, office]", ("negate", "where (z.type not in [guest, office])")),
        ("where no zone y with y.parent = z", ("negate", "where some zone y with y.parent = z")),
        ("where z.trust < 3", ("bound", "where (z.trust <= 3)")),
        ("where z.trust >= 3", ("bound", "where (z.trust > 3)")),
        ("where z.trust < 3", ("constant", "where z.trust < 4")),
        ("where z.trust < 3", ("constant", "where z.trust < 2")),
        ("where z.reviewed_on < today - 10 d", ("constant", "where z.reviewed_on < today - 20 d")),
        ("where z.reviewed_on < today - 10 d", ("constant", "where z.reviewed_on < today - 5 d")),
        ("where z.type = internet", ("constant", "where z.type = dmz")),
        ("where z.type in [guest, office]", ("constant", "where z.type in [office]")),
        ("where z.flat, z.trust < 3", ("any instead of all", "where (z.flat) or (z.trust < 3)")),
        ("where z.flat and z.trust < 3", ("and for or", "where ((z.flat) or (z.trust < 3))")),
        ("where z.flat or z.trust < 3", ("and for or", "where ((z.flat) and (z.trust < 3))")),
    ],
)
def test_each_operator(tmp_path: Path, parts: str, expected: tuple[str, str]) -> None:
    assert expected in after(tmp_path, parts)


def test_a_derivation_and_a_step_may_never_hold(tmp_path: Path) -> None:
    text = """relation bad(zone)
    bad(z) if z.flat
    step s { for zone z from bad(z), z.trust < 3 to bad(z) chance 5 % effort 1 h }"""
    found = {(mutant.operator, mutant.target.noun, mutant.edit.text) for mutant in mutants(tmp_path, text)}
    assert ("never `if`", "relation", "false") in found
    assert ("never `from`", "step", "false") in found


def test_no_word_takes_the_place_of_a_variable(tmp_path: Path) -> None:
    text = 'rule r { for zone guest, zone z where guest.parent = z, z.type = guest.type report z "x" }'
    assert not [each for each in mutants(tmp_path, text) if each.operator == "constant"]


def test_one_word_leads_to_every_other_of_its_enumeration() -> None:
    words = Words(vocabulary())
    seen = ["disposed"]
    while (following := words.another(seen[-1], "state")) not in seen:
        assert following is not None
        seen.append(following)
    assert following == "disposed"
    assert len(seen) > 2


def test_a_word_of_several_enumerations_is_left_alone_where_the_attribute_does_not_tell() -> None:
    words = Words(vocabulary())
    assert words.another("internet", "type") == "dmz"
    assert words.another("planned", None) is None
    assert words.another("no_such_word", "type") is None


@pytest.mark.parametrize("pack", ["design", "nis2", "gdpr", "attack"])
def test_every_mutant_of_our_packs_reads_and_differs(pack: str) -> None:
    workspace = Workspace.open(Path(__file__).parents[3] / "rules" / pack)
    words = Words(workspace.registry)
    seen = set()
    for target in targets_in(workspace):
        for mutant in mutants_of(target, words):
            text = target.unit.source.text
            assert text[mutant.edit.start : mutant.edit.end] != mutant.edit.text
            assert (target, mutant.edit) not in seen
            seen.add((target, mutant.edit))
            item = edited(target, mutant.edit)
            assert item is not None
            assert item != target.item
            before, changed = mutant.lines
            assert before != changed
            assert mutant.hint
    assert len(seen) > 500
