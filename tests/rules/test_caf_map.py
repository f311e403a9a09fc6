"""The map of the Cyber Assessment Framework: whole, without rules or levels, naming clauses that exist."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from panacea_policy.compiler import Entity, Workspace

RULES = Path(__file__).resolve().parents[2] / "rules"
#: Contributing outcomes of version 4.0 by principle, and those that the toolkit of the health service adds.
OUTCOMES = {
    "A1": "abc", "A2": "abc", "A3": "a", "A4": "ab",
    "B1": "ab", "B2": "abcd", "B3": "abcde", "B4": "abcd", "B5": "abc", "B6": "ab",
    "C1": "abcdef", "C2": "a",
    "D1": "abc", "D2": "ab",
    "E1": "a", "E2": "abc", "E3": "ab", "E4": "ab",
}  # fmt: skip


@cache
def workspace(pack: str) -> Workspace:
    return Workspace.open(RULES / pack, cache=None)


@cache
def requirements(pack: str) -> dict[str, Entity]:
    found = workspace(pack).model.entities("requirement")
    return {entity.name: entity for entity in found if entity.name.startswith(f"{pack}.")}


def test_every_outcome_is_there_and_no_other() -> None:
    model = workspace("dsp_caf").model
    clauses = [model.value(entity, "clause") for entity in requirements("dsp_caf").values()]
    assert sorted(map(str, clauses)) == sorted(f"{p}.{letter}" for p, ls in OUTCOMES.items() for letter in ls)
    assert len(clauses) == 41 + 8


def test_no_program_decides_an_outcome() -> None:
    compiled = workspace("dsp_caf")
    assert not [rule.id for rule in compiled.rules() if rule.id.startswith("dsp_caf.")]
    for entity in requirements("dsp_caf").values():
        assert compiled.model.value(entity, "decided_by") == "attestation"


def test_what_supports_an_outcome_is_there() -> None:
    model = workspace("dsp_caf").model
    silent = {name for name, each in requirements("dsp_caf").items() if not model.value(each, "tags")}
    # Culture, skills, hunting, notices and coding: a model has nothing to say.
    assert silent == {f"dsp_caf.{each}" for each in ("b6_a", "c1_e", "c2_a", "e1_a", "e4_b")}
    for entity in requirements("dsp_caf").values():
        for name in model.value(entity, "tags") or ():
            pack = str(name).partition(".")[0]
            assert str(name) in requirements(pack), (entity.name, name)
