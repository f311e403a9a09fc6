"""The registry: what every kind must satisfy, and how kinds are added."""

from __future__ import annotations

from typing import Literal

import pytest

from panacea_policy.model import (
    RESERVED_WORDS,
    Dimension,
    EnumType,
    KindInfo,
    NumberType,
    ReferenceType,
    Registry,
    Structure,
    StructureType,
    VocabularyError,
    complete,
    required,
    unset,
    vocabulary,
)
from panacea_policy.model.fields import Duration, Ref
from panacea_policy.model.kinds import ALL_KINDS
from panacea_policy.model.kinds.architecture import System
from panacea_policy.model.kinds.core import Element

KINDS = list(vocabulary().kinds.values())
ATTRIBUTES = [a for k in KINDS for a in k.attributes.values() if a.declared_by == k.name]


class Sterilisation(Structure):
    """How instruments are sterilised."""

    KIND = KindInfo("sterilisation", structure=True)

    lasts: Duration = unset("How long one run takes.")


class Robot(System):
    """A surgical robot."""

    KIND = KindInfo("robot", nested={"arm": "arms"}, clauses={"for": "room"})

    room: Ref = required("Where it operates.", to="room")
    arms: list[Ref] = complete("Its arms.", to="arm")
    sterile: Sterilisation = unset("How it is sterilised.")
    grade: Literal["basic", "advanced"] = unset("What it can do.")


class Arm(Element):
    """One arm of a robot."""

    KIND = KindInfo("arm", owner="robot")

    robot: Ref = unset("The robot it belongs to.", to="robot")


class ExtendedSystem(System):
    """A server, application, appliance or service that is run."""

    KIND = KindInfo("system", clauses={"under": "contract"})

    contract: Ref = unset("The contract for it.", to="agreement")


def test_the_vocabulary_has_no_problem() -> None:
    assert Registry(ALL_KINDS).kinds.keys() == vocabulary().kinds.keys()


def test_every_attribute_is_documented_in_one_sentence() -> None:
    assert [a.name for a in ATTRIBUTES if not a.doc.endswith(".") or "\n" in a.doc or len(a.doc) > 160] == []


def test_no_attribute_and_no_word_of_an_enumeration_is_reserved() -> None:
    names = {a.name for a in ATTRIBUTES}
    words = {word for a in ATTRIBUTES if isinstance(a.type, EnumType) for word in a.type.values}
    assert names & RESERVED_WORDS == {"every"}
    assert words & RESERVED_WORDS == set()


def test_names_are_plain_words() -> None:
    for attribute in ATTRIBUTES:
        assert attribute.name.isidentifier(), attribute
        assert attribute.name == attribute.name.lower(), attribute
    for kind in KINDS:
        assert kind.name.isidentifier()
        assert kind.name == kind.name.lower()


def test_an_attribute_is_redeclared_by_no_descendant() -> None:
    registry = vocabulary()
    for kind in KINDS:
        for name in kind.attributes:
            declaring = [k for k in registry.ancestors(kind.name) if name in _own(k)]
            assert len(declaring) == 1, (kind.name, name, declaring)


def _own(kind: str) -> set[str]:
    return {a.name for a in vocabulary().kind(kind).attributes.values() if a.declared_by == kind}


def test_a_nested_kind_names_its_owner_in_a_reference_to_it() -> None:
    registry = vocabulary()
    for kind in KINDS:
        for nested, listed_in in kind.nested.items():
            owner = registry.kind(nested).owner
            assert owner is not None, (kind.name, nested)
            owner_type = registry.kind(nested).attributes[owner].type
            assert isinstance(owner_type, ReferenceType)
            assert any(registry.is_a(kind.name, each) for each in owner_type.kinds), (kind.name, nested)
            list_type = kind.attributes[listed_in].type
            assert isinstance(list_type, ReferenceType)
            assert nested in list_type.kinds


def test_dated_attributes_have_a_date() -> None:
    for kind in KINDS:
        for attribute in kind.attributes.values():
            if attribute.dated:
                assert isinstance(attribute.type, EnumType)
                assert type(kind.attributes[attribute.dated].type).__name__ == "DateType"


def test_relations_between_kinds() -> None:
    registry = vocabulary()
    assert registry.is_a("device", "asset")
    assert not registry.is_a("asset", "device")
    assert registry.ancestors("workload") == ("workload", "system", "asset", "element")
    assert "firewall" in registry.descendants("asset")
    assert {kind.name for kind in registry.roots} >= {"element", "cost", "entry"}
    assert registry.keywords["waive"].name == "waiver"


def test_parents_inherit_by_declaring_kind() -> None:
    device = vocabulary().kind("device")
    assert device.attributes["zone"].declared_by == "asset"
    assert device.attributes["udi"].declared_by == "device"
    assert device.clauses["in"] == "zone"
    assert device.nested["endpoint"] == "endpoints"


def test_a_new_kind_is_one_class() -> None:
    registry = vocabulary().with_kinds(Sterilisation, Robot, Arm)
    robot = registry.kind("robot")
    assert robot.parent == "system"
    assert robot.attributes["room"].required
    assert robot.attributes["arms"].complete
    assert robot.attributes["sterile"].type == StructureType("sterilisation")
    assert robot.attributes["grade"].type == EnumType(("basic", "advanced"))
    assert robot.nested["arm"] == "arms"
    assert robot.clauses == {"in": "zone", "at": "place", "for": "room"}
    assert registry.is_a("robot", "asset")
    assert "robot" not in vocabulary().kinds


def test_a_new_kind_is_in_schema_and_reference() -> None:
    registry = vocabulary().with_kinds(Sterilisation, Robot, Arm)
    definitions = registry.json_schema()["$defs"]
    assert isinstance(definitions, dict)
    assert "Robot" in definitions
    assert "### robot" in registry.reference()
    assert "`grade` | `basic`, `advanced`" in registry.reference()


def test_a_new_attribute_is_one_field() -> None:
    registry = vocabulary().with_kinds(ExtendedSystem)
    contract = registry.kind("system").attributes["contract"]
    assert contract.declared_by == "system"
    assert registry.kind("system").clauses["under"] == "contract"
    assert registry.kind("system").parent == "asset"
    assert registry.kind("device").attributes["contract"] == contract
    assert registry.kind("device").attributes["zone"].declared_by == "asset"
    assert "contract" not in vocabulary().kind("system").attributes
    assert "| `contract` |" in registry.reference()


def test_problems_are_collected() -> None:
    class Broken(Element):
        """A kind full of mistakes."""

        KIND = KindInfo("broken", nested={"nothing": "parts"}, clauses={"beside": "parts"}, owner="whole")

        none: Ref = unset("A reserved name.", to="zone")
        wrong: Ref = unset("An unknown kind.", to="zonne")
        silent: Duration = unset("")
        answer: Literal["some", "all"] = unset("A reserved word.")
        nowhere: Ref = unset("No kind.")

    with pytest.raises(VocabularyError) as caught:
        vocabulary().with_kinds(Broken)
    text = "\n".join(caught.value.problems)
    for expected in (
        "broken.none is a word of the language",
        "broken.wrong refers to the unknown kind zonne",
        "broken.silent has no documentation",
        "broken.answer: some is a reserved word",
        "broken.nowhere does not say",
        "broken speaks of the attribute parts",
        "broken speaks of the attribute whole",
        "broken nests the unknown kind nothing",
        "broken uses beside, which is no clause word",
    ):
        assert expected in text


def test_two_kinds_of_one_name_are_refused() -> None:
    with pytest.raises(VocabularyError, match="two kinds"):
        Registry([*ALL_KINDS, Arm, Arm])


def test_bounds_come_with_the_type() -> None:
    level = vocabulary().kind("security_levels").attributes["integrity"].type
    assert level == NumberType(Dimension.COUNT, minimum=0, maximum=4, integer=True)
